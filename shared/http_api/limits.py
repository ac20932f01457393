"""How many jobs a page of ``GET /jobs`` holds."""

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
