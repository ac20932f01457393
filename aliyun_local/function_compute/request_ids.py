"""Request ids of the form that Function Compute gives out; the wire and the timers need new ones."""

from __future__ import annotations

import secrets


def new_request_id(now: float) -> str:
    """Return a request id that begins with the time ``now``, in seconds since the epoch."""
    return f"1-{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"
