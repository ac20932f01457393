"""A job as a row and back; :mod:`shared.clients.job_table` reads and writes the rows.

Scalars are columns of their own, so that the console shows them; lists are JSON. The job's photo set is
spread over columns of the same row. Unknown columns are ignored and missing ones take their defaults, so that
versions of the code can follow one another.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from shared.domain.job import Job, Reason
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.states import JobState
from shared.domain.unread import UNREADABLE_ROW
from shared.errors import Permanent

_PHOTO_SET_COLUMNS = {
    "photos": "photos",
    "earlier": "earlier",
    "ready_at": "ready",
    "last_photo_at": "last_photo_at",
}
"""The fields of a photo set and their columns."""
_JOB_COLUMNS = [field.name for field in fields(Job) if field.name not in ("version", "photo_set")]
_AS_JSON = {"photos", "earlier", "files", "file_ids", "earlier_fine_tunes", "reason"}
_KEY = "revision"
_PHOTO_FIELDS = {field.name for field in fields(Photo)}


def to_columns(job: Job) -> dict[str, Any]:
    """Return the attribute columns of ``job``, ``lane`` only while there is work in hand."""
    values = {name: getattr(job, name) for name in _JOB_COLUMNS if name != _KEY}
    values["state"] = job.state.value
    for name, column in _PHOTO_SET_COLUMNS.items():
        values[column] = getattr(job.photo_set, name)
    columns = {name: _to_json(name, value) if name in _AS_JSON else value for name, value in values.items()}
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
            UNREADABLE_ROW, f"a job's row cannot be read ({type(problem).__name__}); deploy newer code"
        ) from problem


def _from_columns(columns: dict[str, Any]) -> Job:
    values = {name: _from_json(name, value) if name in _AS_JSON else value for name, value in columns.items()}
    photo_set = PhotoSet(
        **{name: values[column] for name, column in _PHOTO_SET_COLUMNS.items() if column in values}
    )
    known = {name: values[name] for name in (*_JOB_COLUMNS, "version") if name in values}
    return Job(**{**known, "state": JobState(values["state"])}, photo_set=photo_set)


def _to_json(name: str, value: Any) -> str:
    if name == "photos":
        value = [{**vars(photo), "verdict": photo.verdict.value} for photo in value]
    elif name == "reason":
        value = None if value is None else vars(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _from_json(name: str, text: str) -> Any:
    value = json.loads(text)
    if name == "photos":
        return tuple(map(_photo, value))
    if name == "reason":
        return None if value is None else Reason(value["code"], value["message"])
    return value if name == "earlier" else tuple(value)


def _photo(stored: dict[str, Any]) -> Photo:
    known = {name: value for name, value in stored.items() if name in _PHOTO_FIELDS}
    return Photo(**{**known, "verdict": Verdict(stored["verdict"])})
