"""The wire of Simple Log Service: signatures, GetLogs, and errors as JSON."""
