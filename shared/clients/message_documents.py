"""Messages in JSON, as they are sent: the form that ``docs/schemas/message-1.json`` describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shared.domain import messages
from shared.domain.messages import Message
from shared.domain.money import cny
from shared.domain.result_keys import result_key
from shared.domain.states import JobState
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.message_types import MessageDocument, PortraitNews, QueueNews, TrainingNews


def message_document(message: Message, job: Job | None) -> MessageDocument:
    """Return ``message``, which is of ``job``, or of the queue, or a test."""
    data: Any = {}
    if job is not None and message.kind in messages.OF_PORTRAITS.values():
        data = _of_portraits(message, job)
    elif job is not None:
        data = _of_a_training(message, job)
    elif message.kind in (messages.BLOCKED, messages.RESUMED):
        data = _of_the_queue(message)
    return {
        "type": message.kind,
        "timestamp": timestamp(message.at) or "",
        "format": messages.FORMAT,
        "data": data,
    }


def message_as_bytes(message: Message, job: Job | None) -> bytes:
    """Return the very bytes that are signed and sent; the same for each try."""
    document = message_document(message, job)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", "replace")


def _of_a_training(message: Message, job: Job) -> TrainingNews:
    data = message.data
    reason = data.get("reason")
    billed = int(data.get("trainings_billed", 0))
    state = JobState(data["state"])
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "state": state.value,
        "reason": {"code": str(reason[0]), "message": str(reason[1])} if reason else None,
        "attempt": int(data.get("attempt", 0)),
        "photo_count": int(data.get("photo_count", 0)),
        "usable_count": int(data.get("usable_count", 0)),
        "verdicts": {str(code): int(count) for code, count in data.get("verdicts", {}).items()},
        "fine_tune_id": str(data["fine_tune_id"]) if "fine_tune_id" in data else None,
        "finetuned_output": str(data["finetuned_output"]) if "finetuned_output" in data else None,
        "trainings_billed": billed,
        "cost_cny": cny(job.cost_of(billed)),
        "result_key": result_key(job.person_id, job.revision) if state.is_terminal else None,
    }


def _of_portraits(message: Message, job: Job) -> PortraitNews:
    data = message.data
    reason = data.get("reason")
    return {
        "job_id": job.job_id,
        "person_id": job.person_id,
        "revision": job.revision,
        "order": int(data["order"]),
        "style": str(data["style"]),
        "template": str(data["template"]) if "template" in data else None,
        "count": int(data["count"]),
        "state": str(data["state"]),
        "reason": {"code": str(reason[0]), "message": str(reason[1])} if reason else None,
        "pictures": [str(key) for key in data.get("pictures", [])],
        "cost_cny": cny(int(data.get("cost_fen", 0))),
        "result_key": result_key(job.person_id, job.revision),
    }


def _of_the_queue(message: Message) -> QueueNews:
    code, text = message.data.get("reason") or ("", "")
    remedy = message.data.get("remedy")
    return {
        "blocked_by": {"code": str(code), "message": str(text), "remedy": str(remedy) if remedy else None},
        "since": timestamp(int(message.data.get("since", 0))) or "",
    }
