"""Reads DashScope's answers: bodies field by field, and errors as the words of :mod:`shared.errors`.

Used by :mod:`shared.clients.dashscope`. Unknown fields are ignored and a missing one is rarely fatal. The
meaning of an error's code is in :mod:`shared.domain.dashscope_errors`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from shared.domain.dashscope_errors import Meaning, meaning_of
from shared.domain.fine_tunes import FineTune
from shared.errors import (
    AccountTrouble,
    NotFound,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)
from shared.logs import redact

BUSY_DELAY_SECONDS = 20
ACCOUNT_DELAY_SECONDS = 120

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
    fine_tune_id = output.get("job_id") if isinstance(output, dict) else None
    if not isinstance(fine_tune_id, str) or not fine_tune_id:
        raise UnreadableAnswer("DashScope's answer has no job_id")
    files = output.get("training_file_ids")
    return FineTune(
        fine_tune_id=fine_tune_id,
        status=str(output.get("status") or ""),
        files=tuple(str(file).partition("?")[0] for file in files) if isinstance(files, list) else (),
        finetuned_output=str(output.get("finetuned_output") or ""),
        created_at=_time(output.get("create_time")),
        ended_at=_time(output.get("end_time")),
        usage=integer_from(output.get("usage")),
        code=str(output.get("code") or ""),
        message=redact(str(output.get("message") or "")),
    )


def _time(text: object) -> int | None:
    """Return a DashScope time as milliseconds since the epoch."""
    try:
        moment = datetime.strptime(str(text)[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
    return int(moment.timestamp() * 1000)


def integer_from(value: object) -> int:
    """Return ``value`` if it is a whole number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def trouble_from(status: int, body: dict[str, Any]) -> Trouble:
    """Return the error that an answer other than a success stands for."""
    code = str(body.get("code") or "")
    message = redact(str(body.get("message") or "")) or f"HTTP {status} without a reason"
    meaning = meaning_of(status, code, message)
    code = code or f"http_{status}"
    if meaning is Meaning.BUSY:
        return RetryLater(code, message, delay_seconds=BUSY_DELAY_SECONDS)
    if meaning is Meaning.ACCOUNT:
        return AccountTrouble(code, message, delay_seconds=ACCOUNT_DELAY_SECONDS)
    if meaning is Meaning.UNKNOWN:
        return OutcomeUnknown(code, message, delay_seconds=30)
    if meaning is Meaning.DOWNLOAD:
        return RequestTrouble(code, message, delay_seconds=BUSY_DELAY_SECONDS)
    if meaning is Meaning.GONE or "file not found" in message.lower():
        return NotFound(code, message)
    return Permanent(code, message)
