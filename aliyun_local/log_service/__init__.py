"""Simple Log Service (SLS): what functions log and clients append, as its clients search for it.

:mod:`.entries` keeps the entries, :mod:`.queries` reads search statements, :mod:`.http` speaks the wire.
Function Compute writes here what functions print, and clients append entries of their own by PutLogs.
"""
