"""A job as a row and back.

Scalars are columns of their own, so that the console shows them; lists are JSON. Unknown columns are
ignored and missing ones take the job's defaults, so that versions of the code can follow one another.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from shared.domain.job import Job, Reason
from shared.domain.photos import Photo, Verdict
from shared.domain.states import JobState
from shared.errors import Permanent

_AS_JSON = {"photos", "earlier", "files", "file_ids", "earlier_fine_tunes", "reason"}
_KEY = {"revision"}
_PHOTO_FIELDS = {field.name for field in fields(Photo)}


def to_columns(job: Job) -> dict[str, Any]:
    """Return the attribute columns of ``job``, ``lane`` only while there is work in hand."""
    columns: dict[str, Any] = {}
    for field in fields(Job):
        value = getattr(job, field.name)
        if field.name in _KEY or field.name == "version":
            continue
        if field.name in _AS_JSON:
            columns[field.name] = _to_json(field.name, value)
        else:
            columns[field.name] = value.value if isinstance(value, JobState) else value
    if job.lane is not None:
        columns["lane"] = job.lane
    return columns


def from_columns(columns: dict[str, Any]) -> Job:
    """Return the job that a row holds.

    Raises:
        Permanent: the row is not one that this version of the code can read.
    """
    try:
        return _from_columns(columns)
    except (KeyError, TypeError, ValueError) as problem:
        raise Permanent(
            "unreadable_row", f"a job's row cannot be read ({type(problem).__name__}); deploy newer code"
        ) from problem


def _from_columns(columns: dict[str, Any]) -> Job:
    values: dict[str, Any] = {}
    for field in fields(Job):
        if field.name not in columns:
            continue
        value = columns[field.name]
        values[field.name] = _from_json(field.name, value) if field.name in _AS_JSON else value
    values["state"] = JobState(values["state"])
    return Job(**values)


def _to_json(name: str, value: Any) -> str:
    if name == "photos":
        value = [{**vars(photo), "verdict": photo.verdict.value} for photo in value]
    elif name == "reason":
        value = None if value is None else vars(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _from_json(name: str, text: str) -> Any:
    value = json.loads(text)
    if name == "photos":
        return tuple(
            Photo(
                **{
                    **{k: v for k, v in photo.items() if k in _PHOTO_FIELDS},
                    "verdict": Verdict(photo["verdict"]),
                }
            )
            for photo in value
        )
    if name == "reason":
        return None if value is None else Reason(value["code"], value["message"])
    return value if name == "earlier" else tuple(value)
