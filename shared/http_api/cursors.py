"""Cursors of ``GET /jobs``: the position behind a page's last job, as an opaque text.

Called by ``parameters`` and ``resources``.
"""

from __future__ import annotations

import base64
import json

from shared.domain.object_keys import parse_job_id
from shared.http_api.problems import Problem

MAX_LENGTH = 200


def encode_cursor(opened_at: int, job_id: str) -> str:
    """Return the cursor of the page that follows a job."""
    text = json.dumps([opened_at, job_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def decode_cursor(cursor: str) -> tuple[int, str, int]:
    """Return ``(opened_at, person_key, revision)`` of a cursor.

    Raises:
        Problem: this API did not make it.
    """
    problem = Problem("invalid_cursor")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        value = json.loads(base64.urlsafe_b64decode(padded)) if len(cursor) <= MAX_LENGTH else None
    except (ValueError, RecursionError):
        raise problem from None
    if not isinstance(value, list) or len(value) != 2:
        raise problem
    opened_at, job_id = value
    parsed = parse_job_id(job_id) if isinstance(job_id, str) else None
    if (
        not isinstance(opened_at, int)
        or isinstance(opened_at, bool)
        or not 0 <= opened_at < 2**62
        or not parsed
    ):
        raise problem
    return opened_at, *parsed
