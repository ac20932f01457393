"""How many jobs a page of ``GET /jobs`` holds, and how many revisions a person's document."""

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_REVISIONS = 20
