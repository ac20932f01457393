"""The local cloud: OSS, Tablestore, DashScope and Function Compute on one machine.

Never deployed. Nothing in ``functions/`` or ``shared/`` imports from here; the production code
reaches these emulators over their wire protocols, exactly as it reaches the real services.
"""
