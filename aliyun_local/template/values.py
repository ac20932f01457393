"""Values as ROS writes them where a string is wanted; for every module that reads one."""

from __future__ import annotations

import json
from typing import Any


def as_text(value: Any) -> str:
    """Write a value as ROS does where a string is wanted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
