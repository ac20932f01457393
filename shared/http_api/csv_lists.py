"""``format=csv``: the lists of people and of jobs for a spreadsheet (RFC 4180). Called by ``resources``.

A list is followed page by page, up to :data:`MAX_ROWS`; behind them a ``Link`` names the next one (RFC 8288).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from shared.http_api.conditional import Answer
from shared.http_api.parameters import FORMAT
from shared.http_api.resources import RouteRequest

MAX_ROWS = 1000
PERSON_COLUMNS = (
    *("person_id", "state", "job_id", "revision", "photo_count", "usable_count", "opened_at", "changed_at"),
    *("finetuned_output", "reason"),
)
JOB_COLUMNS = (
    *("job_id", "person_id", "revision", "state", "reason", "fine_tune_id", "fine_tune_status"),
    *("finetuned_output", "model_released_at", "snapshots_removed_at", "photos_removed_at", "attempt"),
    *("closed_by", "photo_count", "usable_count"),
    *("trainings_billed", "cost_cny", "portraits_cny"),
    *("opened_at", "changed_at", "closed_at", "submitted_at", "ended_at"),
)
_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads Chinese names in the code page of the machine."""
_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

Page = Callable[[RouteRequest], Answer]
Rows = Sequence[Mapping[str, Any]]


def people_csv(request: RouteRequest, page: Page) -> Answer:
    """Return the people that are asked for, a line each."""
    return _csv(request, page, "people", PERSON_COLUMNS)


def jobs_csv(request: RouteRequest, page: Page) -> Answer:
    """Return the jobs that are asked for, a line each."""
    return _csv(request, page, "jobs", JOB_COLUMNS)


def _csv(request: RouteRequest, page: Page, name: str, columns: Sequence[str]) -> Answer:
    asked = {key: value for key, value in request.query.items() if key != FORMAT.name}
    rows: list[Mapping[str, Any]] = []
    while True:
        document: Mapping[str, Any] = page(request._replace(query=asked)).document
        rows.extend(document[name])
        following = document["next"]
        if following is None or "limit" in asked or len(rows) >= MAX_ROWS:
            break
        asked = {**asked, "cursor": following}
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
    }
    if following is not None:
        query = urlencode({**asked, "cursor": following, FORMAT.name: "csv"})
        headers["Link"] = f'</{name}?{query}>; rel="next"'
    return Answer({}, headers=headers, text=_table(rows, columns))


def _table(rows: Rows, columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return _BYTE_ORDER_MARK + text.getvalue()


def _cell(value: Any) -> str:
    """Return what stands in a cell; a name that a spreadsheet would take for a formula stays a text.

    OWASP, "CSV Injection": an apostrophe in front of it.
    """
    if isinstance(value, Mapping):
        value = value["message"]
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_BEGIN_FORMULAS) else text
