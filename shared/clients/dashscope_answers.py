"""Reads DashScope's answers: bodies field by field, and errors as the words of :mod:`shared.errors`.

Used by :mod:`shared.clients.dashscope`. Unknown fields are ignored and a missing one is rarely fatal. What an
error concerns stands in :mod:`shared.domain.trouble_kinds`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from shared.clients.answers import (
    ACCOUNT_DELAY_SECONDS,
    BUSY_DELAY_SECONDS,
    LONGEST_CODE,
    REQUEST_DELAY_SECONDS,
    UNKNOWN_DELAY_SECONDS,
    said,
    trouble_for,
)
from shared.domain.error_kinds import is_refusal
from shared.domain.fine_tunes import OUR_MODEL, FineTune
from shared.domain.stored_files import StoredFile
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.errors import AccountTrouble, OutcomeUnknown, Permanent, RequestTrouble, RetryLater, Trouble

CLOCKS_DIFFER_MS = 3_600_000
"""Our clocks and DashScope's, at most, where that only decides how much of the list is read."""
LONGEST_NAME = 200
"""In characters, of a stored file's name; ours have fewer."""
_QUERY_BEGINS = re.compile(r"\?|%3F", re.IGNORECASE)
BEIJING = timezone(timedelta(hours=8))
"""DashScope's times carry no zone and are Beijing's."""


class UnreadableAnswer(Exception):
    """A success whose body does not have the documented shape."""


def output_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the object that an answer is about; raises UnreadableAnswer."""
    output = body.get("output", body.get("data"))
    if not isinstance(output, dict):
        raise UnreadableAnswer("DashScope's answer has neither output nor data")
    return output


def list_in(output: dict[str, Any], name: str) -> list[Any]:
    """Return a list that must be there; raises UnreadableAnswer."""
    value = output.get(name)
    if not isinstance(value, list):
        raise UnreadableAnswer(f"DashScope's answer has no list {name}")
    return value


def entries_in(output: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in an optional list."""
    value = output.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def fine_tune_from(output: Any) -> FineTune:
    """Return the fine-tune that an object describes; raises UnreadableAnswer without an id."""
    fine_tune = listed_fine_tune(output)
    if fine_tune is None or not fine_tune.fine_tune_id:
        raise UnreadableAnswer("DashScope's answer has no job_id")
    return fine_tune


def listed_fine_tune(entry: Any) -> FineTune | None:
    """Return the fine-tune that an entry of the list describes; None for a foreign one without an id.

    The list is of all the models in the workspace. An entry of our model without an id has the id ``""``: it
    may be one of ours, and cannot be asked for.
    """
    if not isinstance(entry, dict):
        return None
    fine_tune_id, model = id_in(entry), entry.get("model") or entry.get("base_model")
    if not fine_tune_id and model != OUR_MODEL:
        return None
    files = entry.get("training_file_ids")
    return FineTune(
        fine_tune_id=fine_tune_id,
        status=said(entry.get("status"), LONGEST_CODE),
        files=tuple(map(_without_query, files)) if isinstance(files, list) else (),
        model=said(model, LONGEST_CODE),
        account=hashed(entry.get("user_identity") or entry.get("creator")),
        workspace=hashed(entry.get("workspace_id")),
        finetuned_output=str(entry.get("finetuned_output") or ""),
        created_at=time_from(entry.get("create_time")),
        ended_at=time_from(entry.get("end_time")),
        usage=integer_from(entry.get("usage")),
        code=said(entry.get("code"), LONGEST_CODE),
        message=said(entry.get("message")),
    )


def fine_tunes_in(entries: Iterable[object]) -> list[FineTune]:
    """Return the fine-tunes that entries of the list describe, without foreign ones that have no id."""
    listed = map(listed_fine_tune, entries)
    return [fine_tune for fine_tune in listed if fine_tune is not None]


def is_made_before(entry: object, since: int) -> bool:
    """Whether an entry of the list says that it was made well before ``since``."""
    made_at = time_from(entry.get("create_time")) if isinstance(entry, dict) else None
    return made_at is not None and made_at + CLOCKS_DIFFER_MS < since


def stored_file_from(entry: dict[str, Any]) -> StoredFile:
    """Return the stored file that an entry of the list describes."""
    name = said(entry.get("name"), LONGEST_NAME)
    return StoredFile(str(entry["file_id"]), name, time_from(entry.get("gmt_create")))


def _without_query(file: object) -> str:
    """Cut off what follows the path, even of a URL that is percent-encoded as a whole."""
    text = str(file)
    # Most are ids, or URLs that are cut already. A list has thousands, and a pattern takes its time.
    return _QUERY_BEGINS.split(text, maxsplit=1)[0] if "?" in text or "%" in text else text


def id_in(entry: object) -> str:
    """Return the id of an entry of the list of fine-tunes, or ``""``."""
    name = entry.get("job_id") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else ""


def hashed(value: object, *, salt: str = "") -> str:
    """Return 12 hex digits that stand for ``value``, ``""`` for none: enough to tell two apart, no more."""
    text = "" if value is None else str(value)
    return hashlib.sha256(f"{salt}{text}".encode("utf-8", "replace")).hexdigest()[:12] if text else ""


def time_from(text: object) -> int | None:
    """Return a DashScope time (``2025-09-02 09:51:02``) as milliseconds since the epoch."""
    return _moment(str(text)[:19])


@lru_cache(maxsize=1024)
def _moment(to_the_second: str) -> int | None:
    # Remembered: each tick reads the newest part of the list again, and each poll the same creation.
    if to_the_second[10:11] != " ":
        return None
    try:
        # A tenth of strptime's time, for each entry of a list of thousands.
        moment = datetime.fromisoformat(to_the_second).replace(tzinfo=BEIJING)
    except ValueError:
        return None
    return int(moment.timestamp() * 1000)


def integer_from(value: object) -> int:
    """Return ``value`` if it is a whole number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def total_from(value: object) -> int | None:
    """Return how many entries a list says that it has, as a number or as text; None if it does not say."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def trouble_from(api: Api, status: int, body: dict[str, Any]) -> Trouble:
    """Return the error that an answer other than a success stands for."""
    code, message = (str(body.get(name) or "") for name in ("code", "message"))
    return trouble_for(Service.DASHSCOPE, api, status, code, message)


def trouble_of_create(status: int, body: dict[str, Any], api: Api = Api.TRAINING) -> Trouble:
    """Return the error that the answer to a create stands for: a create is paid for, so doubt counts as done.

    Anything but a certain refusal leaves the outcome unknown. And a create asks for nothing that could be
    gone or in the wrong state: what is "not found" is its path or its model (unless it is a file: then
    :class:`~shared.errors.NotFound` says so).
    """
    code, message = (str(body.get(name) or "") for name in ("code", "message"))
    trouble = trouble_for(Service.DASHSCOPE, api, status, code, message)
    words = (trouble.code, trouble.message)
    if not is_refusal(Service.DASHSCOPE, api, status, code, message):
        return OutcomeUnknown(*words, delay_seconds=UNKNOWN_DELAY_SECONDS, kind=trouble.kind, api=api)
    if code.partition(".")[0] == "NotFound":
        return AccountTrouble(*words, delay_seconds=ACCOUNT_DELAY_SECONDS, kind=Kind.API, api=api)
    if trouble.kind is Kind.OBJECT:
        return RequestTrouble(*words, delay_seconds=REQUEST_DELAY_SECONDS, kind=Kind.UNKNOWN, api=api)
    return trouble


def trouble_of_upload(name: str, failed: dict[str, Any], api: Api) -> Trouble:
    """Return the error of a file that the file service names as not stored, in an answer that is a success.

    The API works: what the table of kinds does not know is this file's.
    """
    code, message = str(failed.get("code") or "upload_failed"), str(failed.get("message") or "")
    message = f"DashScope did not store {name}: {message}"
    trouble = trouble_for(Service.DASHSCOPE, api, 200, code, message)
    if trouble.kind is Kind.UNKNOWN:
        return Permanent(trouble.code, trouble.message, kind=Kind.OBJECT, api=api)
    return trouble


def silence(error: Exception, api: Api) -> RetryLater:
    """Return the error of a request without an answer: it may have left, unless no connection was made."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    before_sending = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError")
    if type(error).__name__ == "ConnectTimeout" or type(reason).__name__ in before_sending:
        delay = BUSY_DELAY_SECONDS[Service.DASHSCOPE]
        return RetryLater("unreachable", "DashScope could not be reached", delay_seconds=delay, api=api)
    return OutcomeUnknown(
        "no_answer",
        f"DashScope's answer did not arrive ({type(error).__name__})",
        delay_seconds=UNKNOWN_DELAY_SECONDS,
        api=api,
    )
