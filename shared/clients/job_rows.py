"""A job as a row and back; :mod:`shared.clients.job_table` reads and writes the rows.

Scalars are columns of their own, so that the console shows them; lists are JSON. The job's photo set is
spread over columns of the same row. Versions of the code follow one another, and back: unknown columns are
ignored and missing ones take their defaults. A row that means something which this version does not know, by
its ``format``, its state or a verdict, is not read at all: half understood, it would be written over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from shared.domain.job import Job, Reason
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_json import retry_from_json, retry_to_json
from shared.domain.row_size import photos_as_json
from shared.domain.states import JobState
from shared.domain.unread import UNREADABLE_ROW
from shared.errors import Permanent

FORMAT = 1
"""The format of the rows that this version writes; rows without one have 1. It is raised when older code
would misunderstand a row, not for a column more."""

MAX_REASON_CHARACTERS = 4000

_COLUMN_NAMES = {"ready_at": "ready"}
"""Fields of a photo set whose column has another name: rows outlive names."""
_PHOTO_SET_COLUMNS = {
    field.name: _COLUMN_NAMES.get(field.name, field.name)
    for field in fields(PhotoSet)
    if field.name != "dropped"
}
_KEY = "revision"
_JOB_COLUMNS = [field.name for field in fields(Job) if field.name not in ("version", "photo_set")]
_LISTS = ("photos", "files", "earlier_files", "file_ids", "earlier_fine_tunes", "trainings_at")
_AS_JSON = {**dict.fromkeys(_LISTS, list), "retry": dict}
_SCALARS = {"int": int, "str": str, "bool": bool}
_JOB_SCALARS = {field.name: _SCALARS[str(field.type)] for field in fields(Job) if field.type in _SCALARS}
_JOB_SCALARS |= {
    _PHOTO_SET_COLUMNS[field.name]: _SCALARS[str(field.type)]
    for field in fields(PhotoSet)
    if field.type in _SCALARS and field.name in _PHOTO_SET_COLUMNS
}
_PHOTO_SCALARS = {field.name: _SCALARS[str(field.type)] for field in fields(Photo) if field.type in _SCALARS}
_PHOTO_FIELDS = {field.name for field in fields(Photo)}

_COUNTS = ("photo_count", "usable_count")
SUMMARY_COLUMNS = (
    "format",
    "version",
    *(name for name in _JOB_COLUMNS if name not in _AS_JSON and name != _KEY),
    *_COUNTS,
    "verdicts",
)
"""What :func:`summary_from_columns` reads: everything but the lists."""


def to_columns(job: Job) -> dict[str, Any]:
    """Return the attribute columns of ``job``, ``lane`` only while there is work in hand."""
    values = {name: getattr(job, name) for name in _JOB_COLUMNS if name != _KEY}
    values["state"] = job.state.value
    values |= {column: getattr(job.photo_set, name) for name, column in _PHOTO_SET_COLUMNS.items()}
    values["retry"] = retry_to_json(job.retry)
    columns = {
        name: _stored(name, value) for name, value in values.items() if value is not None or name != "retry"
    }
    photos, usable = job.photo_set.photos, job.photo_set.usable
    columns |= {"format": FORMAT, "photo_count": len(photos), "usable_count": len(usable)}
    if job.state is JobState.REJECTED:
        columns["verdicts"] = json.dumps(sorted({photo.verdict.value for photo in photos if photo.is_new}))
    if job.lane is not None:
        columns["lane"] = job.lane
    return columns


def from_columns(columns: dict[str, Any]) -> Job:
    """Return the job that a row holds.

    Raises:
        Permanent: the row is not one that this version of the code can read.
    """
    try:
        return _job(columns)
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise _unreadable(problem) from problem


def has_summary(columns: Mapping[str, Any]) -> bool:
    """Whether a row has its summary in columns of its own; a row of an earlier version needs its photos."""
    return "photo_count" in columns


def summary_from_columns(columns: dict[str, Any]) -> JobSummary:
    """Return the summary of the job whose row has ``SUMMARY_COLUMNS``, or the photos.

    Raises:
        Permanent: the row is not one that this version of the code can read.
    """
    try:
        summary = summary_of(_job(columns))
        if not has_summary(columns):
            return summary
        verdicts = frozenset(map(Verdict, json.loads(columns["verdicts"]))) if "verdicts" in columns else None
        photo_count, usable_count = (_checked(name, columns[name], int) for name in _COUNTS)
        return replace(summary, photo_count=photo_count, usable_count=usable_count, verdicts=verdicts)
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise _unreadable(problem) from problem


def _unreadable(problem: Exception) -> Permanent:
    return Permanent(
        UNREADABLE_ROW,
        f"the row of this job cannot be read by this version of the code ({type(problem).__name__}); "
        "deploy newer code",
    )


def _job(columns: dict[str, Any]) -> Job:
    if not 1 <= _checked("format", columns.get("format", 1), int) <= FORMAT:
        raise ValueError("format")
    values = {name: _loaded(name, value) for name, value in columns.items()}
    for name, kind in _JOB_SCALARS.items():
        _checked(name, values.get(name, kind()), kind)
    photo_set = PhotoSet(
        **{name: values[column] for name, column in _PHOTO_SET_COLUMNS.items() if column in values}
    )
    known = {name: values[name] for name in (*_JOB_COLUMNS, "version") if name in values}
    return Job(**{**known, "state": JobState(values["state"])}, photo_set=photo_set)


def _stored(name: str, value: Any) -> Any:
    if name == "photos":
        return photos_as_json(value)
    if name == "reason":
        value = value and {"code": value.code, "message": value.message[:MAX_REASON_CHARACTERS]}
    elif name not in _AS_JSON:
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _loaded(name: str, stored: Any) -> Any:
    if name == "reason":
        value = json.loads(stored)
        return None if value is None else Reason(value["code"], value["message"])
    if name not in _AS_JSON:
        return stored
    value = _checked(name, json.loads(stored), _AS_JSON[name])
    if name == "photos":
        return tuple(map(_photo, value))
    return retry_from_json(value) if name == "retry" else tuple(value)


def _photo(stored: Any) -> Photo:
    known = {name: value for name, value in _checked("photo", stored, dict).items() if name in _PHOTO_FIELDS}
    for name, kind in _PHOTO_SCALARS.items():
        _checked(name, known.get(name, kind()), kind)
    retry = retry_from_json(known.get("retry"))
    return Photo(**{**known, "verdict": Verdict(stored["verdict"]), "retry": retry})


def _checked(name: str, value: Any, kind: type) -> Any:
    """Return ``value``, which has to be of exactly this ``kind``: a truth value is no number here."""
    if type(value) is not kind:
        raise TypeError(name)
    return value
