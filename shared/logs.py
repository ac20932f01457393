"""Log lines: one JSON object each, without secrets.

Function Compute's root logger puts time and request id in front; ``event`` names what happened.
"""

from __future__ import annotations

import json
import logging
import re

_logger = logging.getLogger("facechain_autotrain")

_QUERY = re.compile(r"(https?://[^\s?]+)\?\S*", re.IGNORECASE)
_KEY = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{4,}")


def redact(text: str) -> str:
    """Cut the query strings (which hold signatures) off URLs and blot out API keys."""
    return _KEY.sub("sk-…", _QUERY.sub(r"\1?…", text))


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line. Every text in ``fields``, however deep, is redacted."""
    _logger.log(level, "%s", json.dumps(_redacted({"event": event, **fields}), ensure_ascii=False))


def warn(event: str, **fields: object) -> None:
    """Write one line that asks for attention."""
    log(event, level=logging.WARNING, **fields)


def _redacted(value: object) -> object:
    """Redact before the text becomes JSON, whose escapes would hide where words begin."""
    if isinstance(value, dict):
        return {redact(str(name)): _redacted(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(part) for part in value]
    return value if isinstance(value, (int, float, bool)) or value is None else redact(str(value))
