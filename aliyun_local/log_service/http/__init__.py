"""The wire of Simple Log Service: signatures, PutLogs, GetLogs, and errors as JSON."""
