"""What rows hold, as somebody can read it who has never seen the code: times as times. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from enum import Enum
from typing import Any

_TIME = re.compile(r"(.*_)?(at|until|since|before|after|through|began)")
_FIRST, _LAST = 10**12, 4 * 10**12
"""Milliseconds of the years 2001 to 2096: what is smaller is none, and what is larger means never."""


def readable(value: Any, name: str = "") -> Any:
    """Return a value of JSON; a number whose ``name`` says that it is a time, as one in UTC."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(readable(key)): readable(one, str(readable(key))) for key, one in value.items()}
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.hex()
    if isinstance(value, (Sequence, set, frozenset)):
        return [readable(one, name) for one in value]
    is_time = isinstance(value, int) and not isinstance(value, bool) and _TIME.fullmatch(name)
    if is_time and _FIRST <= value < _LAST:
        moment = datetime.fromtimestamp(value / 1000, tz=timezone.utc)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def taken_out(before: Any, after: Any) -> Any:
    """Return what is in ``before`` and not in ``after``: of lists and mappings the missing parts, else all.

    Both are values of JSON. None: nothing is missing.
    """
    if before == after:
        return None
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        missing = {
            name: one if name not in after else taken_out(one, after[name]) for name, one in before.items()
        }
        return {name: one for name, one in missing.items() if one not in (None, [], {})} or None
    if isinstance(before, list) and isinstance(after, list):
        return [one for one in before if one not in after] or None
    return before
