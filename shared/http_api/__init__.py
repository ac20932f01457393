"""The HTTP API of ``status``: requests in, documents out, whatever the platform's calling convention."""
