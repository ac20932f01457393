"""The trace that the present work belongs to, as W3C "Trace Context" writes it; each log line names it.

A trace begins with an upload's event or with a request over HTTP, which may bring its own ``traceparent``.
The row of a job and the row of a request keep it, so that what a tick does for either is logged under the
trace of whoever began it. Set by the functions and by :mod:`shared.workflow.actions`, read by
:mod:`shared.logs`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("traceparent", default="")

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def current() -> str:
    """Return the ``traceparent`` of the present work, "" where nobody has begun one."""
    return _current.get()


def begin(context: object, sent: str = "") -> None:
    """Begin the work of an invocation under the trace that came with it, or under one of its own.

    Its own is made from Function Compute's id of the request, so that each is found from the other. Without
    that id there is no trace.
    """
    request_id = str(getattr(context, "request_id", "") or "")
    _current.set(_usable(sent) or _of_request(request_id))


@contextmanager
def following(traceparent: str) -> Iterator[None]:
    """Do what belongs to another trace; with "" it belongs to the present one."""
    if not _usable(traceparent):
        yield
        return
    before = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(before)


def _usable(traceparent: str) -> str:
    """Return a ``traceparent`` in the one form that there is, "" for anything else."""
    return traceparent if _TRACEPARENT.fullmatch(traceparent) else ""


def _of_request(request_id: str) -> str:
    if not request_id:
        return ""
    digits = hashlib.sha256(request_id.encode("utf-8", "replace")).hexdigest()
    return f"00-{digits[:32]}-{digits[32:48]}-01"
