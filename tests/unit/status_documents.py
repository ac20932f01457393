"""Documents of the status API and a terminal to draw on, made up for tests of the live view."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

NOW = 1_800_000_000.0
AT = "2027-01-15T08:00:00.000Z"  # the same moment


def job(person: str = "anna", state: str = "COLLECTING", **fields: Any) -> dict[str, Any]:
    return {
        "job_id": f"{person}-{fields.get('revision', 1)}",
        "person_id": person,
        "revision": 1,
        "state": state,
        "reason": None,
        "fine_tune_id": None,
        "finetuned_output": None,
        "photo_count": 3,
        "usable_count": 2,
        "changed_at": AT,
        "closed_at": AT,
        "submitted_at": AT,
        **fields,
    }


def terminal(columns: int, lines: int) -> Console:
    return Console(file=io.StringIO(), width=columns, height=lines, markup=False, highlight=False)
