"""Log lines: one JSON object each, without secrets.

Function Compute's root logger puts time and request id in front; ``event`` names what happened.
"""

from __future__ import annotations

import json
import logging
import re

_logger = logging.getLogger("facechain_autotrain")

_QUERY = re.compile(r"(https?://[^\s\"'?]+)\?[^\s\"']*")
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{4,}")


def redact(text: str) -> str:
    """Cut the query strings (which hold signatures) off URLs and blot out API keys."""
    return _KEY.sub("sk-…", _QUERY.sub(r"\1?…", text))


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line. Every string in ``fields`` is redacted."""
    line = json.dumps({"event": event, **fields}, ensure_ascii=False, default=str)
    _logger.log(level, "%s", redact(line))


def warn(event: str, **fields: object) -> None:
    """Write one line that somebody should look at."""
    log(event, level=logging.WARNING, **fields)
