"""How far each receiver has been told, and when the next try is due: an outbox for each person.

The theory. The messages stand in the jobs' rows (:mod:`shared.domain.messages`). Before a job is saved with a
new one, its person's outbox is listed as due: whoever dies in between leaves an outbox with nothing in it. It
stays listed while somebody who has announced a save may be alive, so no message is overlooked.

A try is written down before it is made, so that two runs do not make it at once, and one that dies in the
middle is repeated by the schedule, with the same id. A person's messages go out one after the other: the
first that is neither delivered nor given up holds the others back, for that receiver and that person alone.

Pure: each function returns another value. Names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.domain.job import Job
from shared.domain.messages import Message, all_messages
from shared.domain.states import JobState

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
SCHEDULE_MS = (
    0,
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    *(hours * HOUR_MS for hours in (2, 5, 10, 14, 20, 24)),
)
"""Pauses before each try (Standard Webhooks 1.0.0, "Deliverability and reliability"): three days in all."""
A_TRY_TAKES_MS = 20 * SECOND_MS
"""No other run makes the same try within this time."""
A_LOOK_MS = 30 * SECOND_MS
LONGEST_WISH_MS = 24 * HOUR_MS
"""A receiver that asks to be left alone for longer is asked again by then."""
LOOKS_AGAIN_MS = {JobState.SUBMITTING: 10 * MINUTE_MS, JobState.TRAINING: 10 * MINUTE_MS}
LOOKS_AGAIN_ELSE_MS = 24 * HOUR_MS
"""An outbox is looked at again while a job goes on: older code announces nothing when it ends one."""
REMEMBERED_REVISIONS = 8
OF_ITS_OWN = 0
"""The revision under which messages of the outbox itself are counted; jobs begin with 1."""
OPERATOR = "operator"
"""The key of the outbox that tells of the queue."""


class Told(NamedTuple):
    """A message with the revision that it is of."""

    revision: int
    message: Message


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one receiver has come.

    Attributes:
        told: the number of the last message that is done with, by revision.
        message_id: the message that is being tried; empty: none has been yet.
        tries: how often it has been.
        next_try_at: when it is tried again.
    """

    told: Mapping[int, int] = field(default_factory=dict, hash=False)
    message_id: str = ""
    tries: int = 0
    next_try_at: int = 0


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """What is to be told of one person, or of the queue.

    Attributes:
        key: the person's partition, or ``OPERATOR``.
        revisions: jobs that may have something to tell.
        own: messages of no job.
        receivers: how far each receiver has come, by its name.
        written_until: by then every run is dead for certain that has announced a save.
        due_at: when it is next to be looked at; 0: never, nothing is left.
        memory: what else is remembered, by :mod:`shared.workflow.reminding` of the blocked queue.
        unknown: what newer code has added, which stays (:mod:`shared.domain.formats`).
    """

    key: str
    revisions: tuple[int, ...] = ()
    own: tuple[Message, ...] = ()
    receivers: Mapping[str, Progress] = field(default_factory=dict, hash=False)
    written_until: int = 0
    due_at: int = 0
    memory: Mapping[str, Any] = field(default_factory=dict, hash=False)
    version: int = 0
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def progress(self, receiver: str) -> Progress:
        """Return how far ``receiver`` has come."""
        return self.receivers.get(receiver) or Progress()


def announced(outbox: Outbox, revision: int, until: int, now: int) -> Outbox:
    """Note that a run, which is dead by ``until``, is about to save a message of ``revision``."""
    revisions = tuple(sorted({*outbox.revisions, revision}))
    return replace(outbox, revisions=revisions, written_until=max(outbox.written_until, until), due_at=now)


def is_of_before(outbox: Outbox, last_revision: int) -> bool:
    """Whether an outbox knows of no job behind ``last_revision``: it goes with whoever is erased."""
    told = (revision for progress in outbox.receivers.values() for revision in progress.told)
    return max((*outbox.revisions, *told), default=0) <= last_revision


def untold(outbox: Outbox, receiver: str, jobs: Iterable[Job]) -> list[Told]:
    """Return what ``receiver`` has not been told yet, in the order in which it is to be told."""
    told = outbox.progress(receiver).told
    found: list[tuple[int, Told]] = []
    groups = [(OF_ITS_OWN, outbox.own), *((job.revision, all_messages(job)) for job in jobs)]
    for revision, messages in groups:
        latest = 0
        for message in messages:
            # Within a job the numbers decide, whatever a clock said.
            latest = max(latest, message.at)
            if message.number > told.get(revision, 0):
                found.append((latest, Told(revision, message)))
    found.sort(key=lambda one: (one[0], one[1].revision, one[1].message.number))
    return [one for _, one in found]


def is_due(outbox: Outbox, receiver: str, head: Told, now: int) -> bool:
    """Whether ``head``, the first message that is untold, may be tried now.

    A moment further ahead than the schedule has any is of a clock that was wrong.
    """
    progress = outbox.progress(receiver)
    if progress.message_id != head.message.message_id:
        return True
    return not now < progress.next_try_at <= now + 2 * LONGEST_WISH_MS


def tried(outbox: Outbox, receiver: str, head: Told, now: int, jitter: float) -> Outbox:
    """Write down a try that is about to be made, and when the one after it is due if it fails.

    ``jitter``: from 0.8 to 1.2, so that those who failed together do not come back together.
    """
    progress = outbox.progress(receiver)
    is_same = progress.message_id == head.message.message_id
    tries = progress.tries + 1 if is_same else 1
    pause_ms = int(SCHEDULE_MS[min(tries, len(SCHEDULE_MS) - 1)] * jitter)
    after = replace(
        progress,
        message_id=head.message.message_id,
        tries=tries,
        next_try_at=now + max(pause_ms, A_TRY_TAKES_MS),
    )
    return _with(outbox, receiver, after)


def answered_no(outbox: Outbox, receiver: str, now: int, *, wish_ms: int, jitter: float) -> Outbox:
    """Set the moment of the next try by the answer: after the usual pause, or as long as was asked for."""
    progress = outbox.progress(receiver)
    usual_ms = int(SCHEDULE_MS[min(progress.tries, len(SCHEDULE_MS) - 1)] * jitter)
    pause_ms = max(usual_ms, min(wish_ms, LONGEST_WISH_MS))
    return _with(outbox, receiver, replace(progress, next_try_at=now + pause_ms))


def is_given_up(outbox: Outbox, receiver: str) -> bool:
    """Whether the message that is being tried has had all its tries."""
    return outbox.progress(receiver).tries >= len(SCHEDULE_MS)


def done_with(outbox: Outbox, receiver: str, told: Told) -> Outbox:
    """Note that ``told`` is delivered or given up: the next message may go."""
    progress = outbox.progress(receiver)
    number = max(told.message.number, progress.told.get(told.revision, 0))
    newest = sorted({**progress.told, told.revision: number}.items())[-REMEMBERED_REVISIONS:]
    return _with(outbox, receiver, Progress(told=dict(newest)))


def looked_at(outbox: Outbox, receivers: Collection[str], jobs: Mapping[int, Job | None], now: int) -> Outbox:
    """Return ``outbox`` with the moment of its next look; what has nothing more to tell leaves it.

    Args:
        outbox: as it is after all tries.
        receivers: the names of those that are to be told.
        jobs: the outbox's jobs as they were read, None for those that are gone.
        now: the present moment.
    """
    there = [job for job in jobs.values() if job is not None]
    heads = [(name, untold(outbox, name, there)) for name in receivers]
    moments = [_moment(outbox, name, waiting[0], now) for name, waiting in heads if waiting]
    if outbox.memory.get("since"):
        # The queue is blocked: each tick looks whether it goes on.
        moments.append(now + A_LOOK_MS)
    own = tuple(one for one in outbox.own if any(told.message == one for _, all_ in heads for told in all_))
    outbox = replace(outbox, own=own)
    if now < outbox.written_until <= now + LONGEST_WISH_MS:
        # Whoever has announced a save may make it at any moment: the next tick looks again.
        return replace(outbox, due_at=min([*moments, now + A_LOOK_MS]))
    waiting_of = {told.revision for _, all_ in heads for told in all_}
    left = tuple(
        revision
        for revision in outbox.revisions
        if revision in waiting_of
        or revision not in jobs
        or not ((job := jobs[revision]) is None or job.state.is_terminal)
    )
    going = [job for job in there if not job.state.is_terminal and job.state is not JobState.REJECTED]
    moments += [now + LOOKS_AGAIN_MS.get(job.state, LOOKS_AGAIN_ELSE_MS) for job in going]
    return replace(outbox, revisions=left, due_at=min(moments, default=0))


def _moment(outbox: Outbox, receiver: str, head: Told, now: int) -> int:
    progress = outbox.progress(receiver)
    return progress.next_try_at if progress.message_id == head.message.message_id else now


def _with(outbox: Outbox, receiver: str, progress: Progress) -> Outbox:
    return replace(outbox, receivers={**outbox.receivers, receiver: progress})
