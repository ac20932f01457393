"""A job as a row and back; :mod:`shared.clients.job_table` reads and writes the rows.

Scalars are columns of their own, so that the console shows them; lists are JSON. The job's photo set is
spread over columns of the same row. Versions of the code follow one another, and back
(:mod:`shared.domain.formats`): unknown columns, and unknown fields of photos, are kept, and missing ones take
their defaults. A row that means something which this version does not know, by its ``format``, its state or a
verdict, is not read at all: half understood, it would be written over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from shared.clients.stored_values import (
    UNREADABLE,
    check_format,
    check_scalars,
    checked,
    scalars_of,
    unknown_in,
    unreadable,
)
from shared.domain import formats
from shared.domain.job import Job, Reason
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.object_keys import search_name
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_json import retry_from_json, retry_to_json
from shared.domain.row_size import as_json, photos_as_json
from shared.domain.states import JobState
from shared.domain.timeline import Move

MAX_REASON_CHARACTERS = 4000

_COLUMN_NAMES = {"ready_at": "ready"}
"""Fields of a photo set whose column has another name: rows outlive names."""
_PHOTO_SET_COLUMNS = {
    field.name: _COLUMN_NAMES.get(field.name, field.name)
    for field in fields(PhotoSet)
    if field.name != "dropped"
}
_KEY = "revision"
_JOB_COLUMNS = [field.name for field in fields(Job) if field.name not in ("version", "photo_set", "unknown")]
_LISTS = (
    "photos",
    "marker_names",
    "files",
    "earlier_files",
    "file_ids",
    "earlier_fine_tunes",
    "folders",
    "trainings_at",
    "moves",
    "answered",
    "messages",
    "portraits",
)
_LEFT_OUT_WHEN_EMPTY = ("retry", "messages", "consent", "portraits", "portrait_fen", "result_due_at")
_AS_JSON = {**dict.fromkeys(_LISTS, list), "retry": dict, "consent": dict}
_JOB_SCALARS = scalars_of(Job) | {
    _PHOTO_SET_COLUMNS[name]: kind
    for name, kind in scalars_of(PhotoSet).items()
    if name in _PHOTO_SET_COLUMNS
}
_PHOTO_SCALARS = scalars_of(Photo)
_PHOTO_FIELDS = {field.name for field in fields(Photo)} - {"unknown"}

_COUNTS = ("photo_count", "usable_count")
SUMMARY_COLUMNS = (
    "format",
    "version",
    *(name for name in _JOB_COLUMNS if name not in _AS_JSON and name != _KEY),
    *_COUNTS,
    "verdicts",
)
"""What :func:`summary_from_columns` reads: everything but the lists."""
_KNOWN_COLUMNS = {
    *(*SUMMARY_COLUMNS, *_JOB_COLUMNS, *_PHOTO_SET_COLUMNS.values()),
    *("person_key", "search_name", "lane", "write_token"),
}
"""All that this version writes, and the key."""


def to_columns(job: Job) -> dict[str, Any]:
    """Return the attribute columns of ``job``, ``lane`` only while there is work in hand."""
    values = {name: getattr(job, name) for name in _JOB_COLUMNS if name != _KEY}
    values["state"] = job.state.value
    values |= {column: getattr(job.photo_set, name) for name, column in _PHOTO_SET_COLUMNS.items()}
    values["retry"] = retry_to_json(job.retry) if job.retry is not None else None
    values["consent"] = job.consent.as_value() if job.consent is not None else None
    values["messages"] = list(map(vars, job.messages)) or None
    values |= _portraits(job)
    written = {
        name: _stored(name, value)
        for name, value in values.items()
        if value is not None or name not in _LEFT_OUT_WHEN_EMPTY
    }
    columns = {**job.unknown, **written}
    photos, usable = job.photo_set.photos, job.photo_set.usable
    columns["search_name"] = search_name(job.person_id)
    columns |= {"format": formats.JOBS.number, "photo_count": len(photos), "usable_count": len(usable)}
    if job.state is JobState.REJECTED:
        columns["verdicts"] = json.dumps(sorted({photo.verdict.value for photo in photos if photo.is_new}))
    if job.lane is not None:
        columns["lane"] = job.lane
    return columns


def _portraits(job: Job) -> dict[str, Any]:
    if not job.portraits:
        return dict.fromkeys(("portraits", "portrait_fen", "result_due_at"))
    # Imported here, as below: most jobs have none.
    from shared.domain.portrait_json import order_to_json

    return {"portraits": [order_to_json(order) for order in job.portraits]}


def from_columns(columns: dict[str, Any]) -> Job:
    """Return the job that a row holds.

    Raises:
        Permanent: the row is not one that this version of the code can read.
    """
    try:
        return _job(columns)
    except UNREADABLE as problem:
        raise unreadable("the row of this job", problem) from problem


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
        photo_count, usable_count = (checked(name, columns[name], int) for name in _COUNTS)
        return replace(summary, photo_count=photo_count, usable_count=usable_count, verdicts=verdicts)
    except UNREADABLE as problem:
        raise unreadable("the row of this job", problem) from problem


def _job(columns: dict[str, Any]) -> Job:
    check_format(columns, formats.JOBS)
    values = {name: _loaded(name, value) for name, value in columns.items()}
    check_scalars(values, _JOB_SCALARS)
    photo_set = PhotoSet(
        **{name: values[column] for name, column in _PHOTO_SET_COLUMNS.items() if column in values}
    )
    known = {name: values[name] for name in (*_JOB_COLUMNS, "version") if name in values}
    unknown = unknown_in(columns, _KNOWN_COLUMNS)
    return Job(**{**known, "state": JobState(values["state"])}, photo_set=photo_set, unknown=unknown)


def _stored(name: str, value: Any) -> Any:
    if name == "photos":
        return photos_as_json(value)
    if name == "reason":
        value = value and {"code": value.code, "message": value.message[:MAX_REASON_CHARACTERS]}
    elif name not in _AS_JSON:
        return value
    return as_json(value)


def _loaded(name: str, stored: Any) -> Any:
    if name == "reason":
        value = json.loads(stored)
        return None if value is None else Reason(value["code"], value["message"])
    if name not in _AS_JSON:
        return stored
    value = checked(name, json.loads(stored), _AS_JSON[name])
    if name == "photos":
        return tuple(map(_photo, value))
    if name == "moves":
        return tuple(map(_move, value))
    if name == "messages":
        # Imported here: only where somebody wants to be told are there any.
        from shared.clients.stored_messages import message_from

        return tuple(map(message_from, value))
    if name == "consent":
        # Imported here: only where consent is asked for is there one.
        from shared.domain.consent import consent_from

        return consent_from(value)
    if name == "portraits":
        from shared.domain.portrait_json import order_from_json

        return tuple(order_from_json(checked("order", one, dict)) for one in value)
    return retry_from_json(value) if name == "retry" else tuple(value)


def _move(stored: Any) -> Move:
    state, at, *behind = checked("move", stored, list)
    return Move(checked("state", state, str), *(checked("move", number, int) for number in (at, *behind)))


def _photo(stored: Any) -> Photo:
    known = {name: value for name, value in checked("photo", stored, dict).items() if name in _PHOTO_FIELDS}
    check_scalars(known, _PHOTO_SCALARS)
    retry = retry_from_json(known["retry"]) if "retry" in known else None
    unknown = as_json(unknown_in(stored, _PHOTO_FIELDS)) if len(known) < len(stored) else ""
    return Photo(**{**known, "verdict": Verdict(stored["verdict"]), "retry": retry, "unknown": unknown})
