"""Simple Log Service (SLS): what the functions log, as its clients search for it.

:mod:`.entries` keeps the entries, :mod:`.queries` reads search statements, :mod:`.http` speaks the wire.
Function Compute writes here what functions print; nobody else does, so there is no PutLogs.
"""
