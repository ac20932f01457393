"""A local Aliyun: wire-level emulators of OSS, Tablestore, DashScope and Function Compute.

Each service is state without a wire and a wire without state. ``mocking`` runs them inside a test;
``cloud`` runs them as servers on loopback.
"""
