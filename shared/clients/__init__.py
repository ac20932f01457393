"""Clients of OSS, Tablestore and DashScope: they act and decide nothing.

Each turns its service's errors into the two words of :mod:`shared.errors` and bounds every call in time and
count, so that no call outlives the function that makes it.
"""
