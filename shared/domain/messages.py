"""The messages that a job's life causes: one for each state that a customer cares for.

The theory. A message is made by the very save that moves the job, and stands in the job's row: whoever reads
the state reads what is to be told of it, and no crash can part the two (a transactional outbox). It is a
snapshot: what is told hours later is what was so then. Nothing is taken out of the row when it has been told;
:mod:`shared.domain.outboxes` remembers in a row of its own how far each receiver has come, so that telling
never writes to a row that somebody works on.

:mod:`shared.workflow.telling` adds the messages, :mod:`shared.workflow.messaging` sends them. Names that end
in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from shared.domain.object_keys import parse_job_id
from shared.domain.portraits import OrderState, PortraitOrder
from shared.domain.states import JobState

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.words import Words

FORMAT = 1
"""Of what is sent; raised when a receiver would misunderstand the new form."""
KEPT = 12
"""Messages that a row has room for; a set that opens and closes again and again tells of its latest moves."""
MAX_REASON_CHARACTERS = 300

QUEUED = "training.queued"
STARTED = "training.started"
SUCCEEDED = "training.succeeded"
FAILED = "training.failed"
CANCELED = "training.canceled"
REJECTED = "photos.rejected"
PORTRAITS_MADE = "portraits.succeeded"
PORTRAITS_FAILED = "portraits.failed"
PORTRAITS_CANCELED = "portraits.canceled"
BLOCKED = "queue.blocked"
RESUMED = "queue.resumed"
TEST = "webhook.test"

TYPES = {
    JobState.QUEUED: QUEUED,
    JobState.TRAINING: STARTED,
    JobState.SUCCEEDED: SUCCEEDED,
    JobState.FAILED: FAILED,
    JobState.CANCELED: CANCELED,
    JobState.REJECTED: REJECTED,
}
"""The states that are told of. A set that opens, or whose submit is on its way, is no news to anybody."""
OF_PORTRAITS = {
    OrderState.SUCCEEDED: PORTRAITS_MADE,
    OrderState.FAILED: PORTRAITS_FAILED,
    OrderState.CANCELED: PORTRAITS_CANCELED,
}
"""The ends of an order of portraits, each of which is told of."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message.

    Attributes:
        message_id: stays the same however often it is sent: a receiver tells repetitions by it.
        kind: what it tells of, in the form ``training.succeeded``.
        at: when that happened.
        number: 1, 2, 3… of its job.
        data: what is told beside the person and the job; small, and without secrets and signed URLs.
    """

    message_id: str
    kind: str
    at: int
    number: int
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)


def with_news(before: Job | None, after: Job) -> Job:
    """Return ``after`` with the message of its move from ``before``, if it has made one that is told of.

    A job that has ended is told of also when older code, which knows no messages, has made the move. Of
    whoever is being erased nothing is told any more.
    """
    return _with_portraits(before, _with_move(before, after))


def _with_move(before: Job | None, after: Job) -> Job:
    kind = None if after.erasing_since else TYPES.get(after.state)
    if kind is None or not after.moves or _was_only_refused(before, after):
        return after
    is_untold_end = after.state.is_terminal and not (before or after).delivered and not _tells_the_end(after)
    if not _has_moved(before, after) and not is_untold_end:
        return after
    return replace(after, messages=_kept(after, _message(after, kind)))


def _with_portraits(before: Job | None, after: Job) -> Job:
    """Return ``after`` with a message for each of its orders of portraits that has come to its end."""
    if before is None or after.erasing_since:
        return after
    ended = {order.number for order in before.portraits if order.state.is_terminal}
    for order in after.portraits:
        if order.state.is_terminal and order.number not in ended:
            made = _message(after, OF_PORTRAITS[order.state])
            told = replace(made, at=order.ended_at, data=_data_of_portraits(order))
            after = replace(after, messages=_kept(after, told))
    return after


def _kept(job: Job, message: Message) -> tuple[Message, ...]:
    """Return the messages of ``job`` with one more; of many the latest, and that of the training's end."""
    told = (*job.messages, message)
    end = [one for one in told[:-KEPT] if job.state.is_terminal and one.kind == TYPES[job.state]]
    return (*end[-1:], *told[-KEPT:])


def _has_moved(before: Job | None, after: Job) -> bool:
    """Whether there is a new move, also one away and back; times that are set right only become earlier."""
    if before is None or before.state is not after.state:
        return True
    return len(after.moves) > len(before.moves) or after.moves[-1].at > before.moves[-1].at


def _was_only_refused(before: Job | None, after: Job) -> bool:
    """Whether a job is back in the queue because its submit was refused: it had been queued all the time."""
    return before is not None and before.state is JobState.SUBMITTING and after.state is JobState.QUEUED


def _tells_the_end(job: Job) -> bool:
    return any(message.kind == TYPES[job.state] for message in job.messages)


def all_messages(job: Job) -> tuple[Message, ...]:
    """Return the messages of ``job``, oldest first.

    The end of a job is among them also if older code has made that move and nobody has saved the row since;
    nobody will, so the message is the same whenever it is made.
    """
    if job.messages and job.state.is_terminal and not _tells_the_end(job):
        return (*job.messages, _message(job, TYPES[job.state]))
    return job.messages


def _message(job: Job, kind: str) -> Message:
    number = job.messages[-1].number + 1 if job.messages else 1
    at = job.moves[-1].at if job.moves else job.changed_at
    return Message(
        # No full stop may be in it: what is signed is ``id.timestamp.body`` (Standard Webhooks).
        message_id=f"msg_{job.job_id}_{job.opened_at:x}_{number}",
        kind=kind,
        at=at,
        number=number,
        data=_data(job),
    )


def _data(job: Job) -> dict[str, Any]:
    photos = job.photo_set.photos
    reason = job.reason
    data: dict[str, Any] = {
        "state": job.state.value,
        "reason": [reason.code, reason.message[:MAX_REASON_CHARACTERS]] if reason else None,
        "attempt": job.attempt,
        "photo_count": len(photos),
        "usable_count": len(job.photo_set.usable),
        "fine_tune_id": job.fine_tune_id,
        "finetuned_output": job.finetuned_output,
        "trainings_billed": job.usage,
        "verdicts": dict(sorted(Counter(one.verdict.value for one in photos if one.is_new).items())),
    }
    return {name: value for name, value in data.items() if value}


def _data_of_portraits(order: PortraitOrder) -> dict[str, Any]:
    reason = order.reason
    data: dict[str, Any] = {
        "order": order.number,
        "style": order.wanted.style,
        "template": order.wanted.template,
        "count": order.wanted.pictures,
        "state": order.state.value,
        "reason": [reason.code, reason.message[:MAX_REASON_CHARACTERS]] if reason else None,
        "pictures": [picture.key for picture in order.pictures],
        "cost_fen": order.cost_fen,
    }
    return {name: value for name, value in data.items() if value}


def job_of(message_id: str) -> str:
    """Return the id of the job that a message is of, or ``""`` when it cannot be of one."""
    parts = message_id.split("_")
    is_one = len(parts) == 4 and parts[0] == "msg" and parse_job_id(parts[1]) is not None
    return parts[1] if is_one else ""


def trial_message(request_id: str, at: int) -> Message:
    """Return the message by which an administrator tries whether the receiver takes any."""
    return Message(message_id=f"msg_test_{request_id}", kind=TEST, at=at, number=0)


def queue_message(
    kind: str, since: int, number: int, at: int, code: str, told: Words, remedy: Words | None = None
) -> Message:
    """Return the ``number``-th message of the queue: it has been blocked ``since``, or goes on.

    ``told`` and ``remedy`` are kept in both languages: programs get English, robots say it in Chinese.
    """
    word = kind.rpartition(".")[2]
    data: dict[str, Any] = {"reason": [code, told.english[:MAX_REASON_CHARACTERS]], "since": since}
    if remedy is not None:
        data["remedy"] = remedy.english[:MAX_REASON_CHARACTERS]
        data["chinese"] = [text[:MAX_REASON_CHARACTERS] for text in (told.chinese, remedy.chinese)]
    return Message(
        message_id=f"msg_queue_{since:x}_{word}_{number}", kind=kind, at=at, number=number, data=data
    )
