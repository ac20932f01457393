"""Messages: try the receivers, see what has become of the latest tries, and send one once more.

Called by ``routes``. Like everything that an administrator asks for, sending is left to the next run of the
timer: ``status`` has neither the receivers' addresses nor their secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.control_rows import DELIVERIES
from shared.domain.job import Job
from shared.domain.requests import REDELIVER, TRY_RECEIVERS
from shared.domain.unread import Unread
from shared.http_api.administration import ask
from shared.http_api.conditional import Answer
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.http_api.webhook_types import DeliveriesDocument, DeliveryDocument, DisabledDocument

POLL_SECONDS = 15
_MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")


def try_receivers(request: RouteRequest) -> Answer:
    """``POST /webhooks/test``."""
    return ask(request, TRY_RECEIVERS, lambda _: None)


def redeliver(request: RouteRequest) -> Answer:
    """``POST /webhooks/deliveries/{message_id}/redeliver``."""
    message_id = request.parameters["message_id"]
    return ask(request, REDELIVER, lambda reader: _check(reader, message_id), subject=message_id)


def deliveries(request: RouteRequest) -> Answer:
    """``GET /webhooks/deliveries``."""
    reader = request.connect()
    value = reader.control.read_json(DELIVERIES).value
    tries = [one for one in _of_kind(value.get("tries"), list) if isinstance(one, dict)]
    people = _people(reader, tries)
    document: DeliveriesDocument = {
        "disabled": [
            _disabled(str(name), one)
            for name, one in _of_kind(value.get("disabled"), dict).items()
            if isinstance(one, dict)
        ],
        "deliveries": [_delivery(one, people) for one in reversed(tries)],
    }
    return Answer(document, POLL_SECONDS)


def _check(reader: Reader, message_id: str) -> None:
    from shared.domain.messages import all_messages, job_of

    name = job_of(message_id) if _MESSAGE_ID.fullmatch(message_id) else ""
    job = reader.jobs.find_each([name])[name] if name else None
    if isinstance(job, Unread):
        raise Problem("unreadable_row")
    if not isinstance(job, Job) or all(one.message_id != message_id for one in all_messages(job)):
        raise Problem("unknown_message")


def _people(reader: Reader, tries: list[dict[str, Any]]) -> Mapping[str, str]:
    """Return the people by the ids of their jobs: the row names nobody, so that nobody is left in it."""
    names = list(dict.fromkeys(str(one.get("job_id")) for one in tries if one.get("job_id")))
    found = reader.jobs.summaries(names) if names else []
    return {one.job_id: one.person_id for one in found if not isinstance(one, Unread)}


def _delivery(one: Mapping[str, Any], people: Mapping[str, str]) -> DeliveryDocument:
    name = str(one.get("job_id", ""))
    return {
        "message_id": str(one.get("message_id", "")),
        "type": str(one.get("kind", "")),
        "job_id": name or None,
        "person_id": people.get(name),
        "receiver": str(one.get("receiver", "")),
        "at": timestamp(_number(one, "at")),
        "outcome": str(one.get("outcome", "")),
        "http_status": _number(one, "status") or None,
        "error": str(one.get("code", "")) or None,
        "tries": _number(one, "tries"),
        "next_try_at": timestamp(_number(one, "next_try_at") if one.get("outcome") == "failed" else 0),
    }


def _disabled(name: str, one: Mapping[str, Any]) -> DisabledDocument:
    return {"receiver": name, "since": timestamp(_number(one, "at")), "error": str(one.get("code", ""))}


def _number(one: Mapping[str, Any], name: str) -> int:
    value = one.get(name)
    return value if type(value) is int and value >= 0 else 0


def _of_kind(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) else kind()
