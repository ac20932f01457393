"""The JSON object in a request's or an answer's body; whoever reads one trusts nothing in it."""

from __future__ import annotations

import json
from typing import Any


def object_in(body: bytes) -> dict[str, Any]:
    """Return the object that ``body`` holds; an empty one where it holds none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def output_in(body: bytes) -> dict[str, Any]:
    """Return what an answer of DashScope is about; an empty object where it does not say."""
    output = object_in(body).get("output")
    return output if isinstance(output, dict) else {}
