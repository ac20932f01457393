"""``Idempotency-Key``: by what a request is known that is sent again. Called by ``administration``.

IETF, "The Idempotency-Key HTTP Header Field" (draft 07): one key, one request; the same key with another
request is refused. The draft leaves the form of keys and how long they are known to the server: here 1 to 255
visible ASCII characters, for a day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from shared.http_api.messages import HttpRequest
from shared.http_api.problems import Problem

HEADER = "idempotency-key"
KEY = re.compile(r"[!-~]{1,255}")


def key_of(headers: Mapping[str, str], who: str) -> str:
    """Return the hash that stands for the key that ``who`` has sent, "" without one.

    Raises:
        Problem: it is no key.
    """
    sent = headers.get(HEADER)
    if sent is None:
        return ""
    if not KEY.fullmatch(sent):
        raise Problem("invalid_idempotency_key")
    return hashlib.sha256(f"{who} {sent}".encode()).hexdigest()


def fingerprint_of(request: HttpRequest) -> str:
    """Return what tells two requests apart: method, path and content."""
    parts = (request.method, "/".join(request.segments), "")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace") + request.content).hexdigest()
