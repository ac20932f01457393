"""The product on one machine and on its way to the cloud: ``make demo``, ``make up`` and ``make package``.

Never deployed. Nothing in ``functions/`` or ``shared/`` imports from here; the production code runs unchanged
on the emulators of :mod:`aliyun_local`.
"""
