"""Parameters of a request: its JSON object, its pages, its numbers and times. For the ``…_responses``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from aliyun_local.dashscope import errors
from aliyun_local.serving.wire import Request

MAX_JSON_BYTES = 10 * 1024**2
MAX_PAGE_SIZE = 100

Body = dict[str, Any]


def json_body(request: Request) -> Body:
    """Return the JSON object in the body.

    JSON that cannot be written again is refused too: NaN, infinity, halves of characters.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise errors.body_invalid()
    if len(request.body) > MAX_JSON_BYTES:
        raise errors.body_invalid()
    try:
        body = json.loads(request.body.decode("utf-8"), parse_int=_integer)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise errors.body_invalid() from None
    if not isinstance(body, dict):
        raise errors.body_invalid()
    return body


def is_optional(body: Body, name: str, kind: type) -> bool:
    """Return whether ``name`` is absent, null or of ``kind``."""
    return body.get(name) is None or isinstance(body[name], kind)


def is_strings(value: object) -> bool:
    """Return whether ``value`` is a list of strings, none of them empty."""
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def page(query: Mapping[str, str]) -> tuple[int, int]:
    """Return page number and page size; by default the first 10."""
    return (
        number(query, "page_no", default=1, least=1, most=10**9),
        number(query, "page_size", default=10, least=1, most=MAX_PAGE_SIZE),
    )


def number(query: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    """Return the number ``name`` of ``query``."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise errors.missing_or_invalid(name)
    return int(text)


def moment(query: Mapping[str, str], name: str, *, default: float) -> float:
    """Return the time ``name`` of ``query``, yyyyMMddHHmmss in UTC+8, in seconds since the epoch."""
    text = query.get(name)
    if not text:
        return default
    try:
        if not re.fullmatch(r"[0-9]{14}", text):
            raise ValueError(text)
        local = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=timezone(timedelta(hours=8)))
        return local.timestamp()
    except (ValueError, OverflowError):
        raise errors.missing_or_invalid(name) from None


def text_of(content: bytes) -> str:
    """Return the text of a form's field."""
    return content.decode("utf-8", "replace")


def _integer(digits: str) -> int:
    """Read a JSON integer of bounded length: reading takes time in the square of the digits."""
    if len(digits) > 100:
        raise ValueError("an integer of too many digits")
    return int(digits)
