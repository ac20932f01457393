"""Function Compute on one machine: instances, invocations, triggers and the invoke APIs.

``models`` holds state and rules, ``responses`` the wire. Production handlers run unchanged, each in a
process of its own that sees nothing of the emulators.
"""
