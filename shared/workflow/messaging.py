"""Sends what is due to whoever wants to be told. Called by a tick after the work that is paid for.

:mod:`shared.domain.outboxes` has the theory. A pass is bounded in time and in messages, and a receiver that
does not answer twice is left alone until the next pass: a message that waits longer harms nobody, a training
that does would. Nothing here ever writes to a job's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.domain import outboxes
from shared.domain.blocked_queue import blocks_of_queue
from shared.domain.blocks import Block
from shared.domain.decide import Observed
from shared.domain.job import Job
from shared.domain.outboxes import HOUR_MS, OF_ITS_OWN, OPERATOR, Outbox, Told
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.delivery_record import (
    DELIVERED,
    DISABLED,
    FAILED,
    GIVEN_UP,
    DeliveryRecord,
    Try,
)
from shared.workflow.message_ports import Messages, Receiver, Reply
from shared.workflow.ports import World

OUTBOXES_A_PASS = 50
PASS_MS = 20_000
PASS_BESIDE_A_TRAINING_MS = 8_000
"""A slot that becomes free meanwhile waits for so long at most, and for one answer more."""
TIME_FOR_A_TRY_MS = 15_000
LONGEST_TRY_MS = 10_000
SHORTEST_TRY_MS = 2_000
FAILURES_A_PASS = 2
"""So many tries in a row without an answer, and a receiver is left alone for the rest of the pass."""
UNREADABLE_RESTS_MS = 600_000
NOTE_TRIES = 4


@dataclass
class _Pass:
    """One pass.

    Attributes:
        until: when it ends.
        blocks: what blocks the queue; ``accepted_at``: when it last moved.
        sent: how many messages, by receiver.
        silent: how many tries in a row have had no answer, by receiver.
    """

    until: int
    blocks: Sequence[Block]
    accepted_at: int
    sent: dict[str, int] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)

    def is_worth_trying(self, receiver: Receiver) -> bool:
        is_silent = self.silent.get(receiver.name, 0) >= FAILURES_A_PASS
        return not is_silent and self.sent.get(receiver.name, 0) < receiver.most_a_pass

    def note(self, receiver: Receiver, reply: Reply) -> None:
        self.sent[receiver.name] = self.sent.get(receiver.name, 0) + 1
        self.silent[receiver.name] = 0 if reply.status else self.silent.get(receiver.name, 0) + 1


def remind_and_tell(world: World, messages: Messages, seen: Observed) -> bool:
    """Write what the queue's state calls for, and send what is due; returns whether anything was sent.

    Raises:
        Trouble: the tables do not answer.
    """
    blocks = blocks_of_queue(seen, world.health.known or seen.health, world.rules)
    known = [block for block in blocks if block.since]
    if known and known[0].since <= seen.now - HOUR_MS:
        # Imported here: the queue is seldom blocked for an hour.
        from shared.workflow.reminding import remind

        remind(messages, known, seen.now)
    # A run that is about to stay for a training has little time for anything else.
    is_training = any(job.state is JobState.TRAINING for job in seen.running)
    within_ms = PASS_BESIDE_A_TRAINING_MS if is_training else PASS_MS
    turn = _Pass(world.clock.now() + within_ms, blocks, seen.slot.accepted_at)
    return _tell(world, messages, turn)


def _tell(world: World, messages: Messages, turn: _Pass) -> bool:
    """Send what is due; returns whether anything was sent."""
    now = world.clock.now()
    due = messages.outboxes.due(now, OUTBOXES_A_PASS)
    if not due:
        return False
    record = DeliveryRecord(world.control, messages.receivers)
    try:
        for key in due:
            if not _has_time(world, turn) or not any(map(turn.is_worth_trying, messages.receivers)):
                break
            _tell_of(world, messages, record, turn, key)
    finally:
        record.save()
    if record.is_read:
        note_gone(world, record)
    return bool(turn.sent)


def note_gone(world: World, record: DeliveryRecord) -> None:
    """Have the deployment's health say which receivers want no message any more: ``GET /readyz`` shows it."""
    gone, known = record.gone(), world.health.known
    if known is not None and dict(known.gone_receivers) != gone:
        world.health.note(lambda health: replace(health, gone_receivers=gone))


def _has_time(world: World, turn: _Pass) -> bool:
    return world.clock.now() < turn.until and world.has_time_for(TIME_FOR_A_TRY_MS)


def _tell_of(world: World, messages: Messages, record: DeliveryRecord, turn: _Pass, key: str) -> None:
    """Send what one outbox has; its trouble, and another run that was faster, are its own."""
    try:
        outbox = messages.outboxes.find(key)
        if not outbox.due_at or outbox.due_at > world.clock.now():
            # The index lags behind the table: another run has just been here.
            return
        if key == OPERATOR:
            # Imported here: the queue is seldom blocked for an hour.
            from shared.workflow.reminding import brought_up_to_date

            at = turn.accepted_at, world.clock.now()
            outbox = brought_up_to_date(messages, outbox, turn.blocks, *at)
        jobs = _jobs_of(world, outbox)
        if jobs is None:
            rests_until = world.clock.now() + UNREADABLE_RESTS_MS
            messages.outboxes.save(outbox, replace(outbox, due_at=rests_until))
            return
        _Teller(world, messages, record, turn, jobs).tell(outbox)
    except Conflict:
        log("overtaken", action="Tell", outbox=key)
    except Trouble as trouble:
        warn("outbox_left_alone", outbox=key, code=trouble.code, message=trouble.message)


def _jobs_of(world: World, outbox: Outbox) -> dict[int, Job | None] | None:
    """Return the jobs by revision; None while nothing may be told of them.

    One cannot be read, and nothing is to overtake what it tells; or the person is being erased.
    """
    names = {job_id_in(outbox.key, revision): revision for revision in outbox.revisions}
    found = world.jobs.find_each(names) if names else {}
    if any(isinstance(one, Unread) or (one and one.erasing_since) for one in found.values()):
        return None
    return {names[name]: one for name, one in found.items() if not isinstance(one, Unread)}


class _Teller:
    """Tells one outbox's messages to every receiver, each of them as far as it takes them."""

    def __init__(
        self,
        world: World,
        messages: Messages,
        record: DeliveryRecord,
        turn: _Pass,
        jobs: Mapping[int, Job | None],
    ) -> None:
        self._world = world
        self._messages = messages
        self._record = record
        self._turn = turn
        self._jobs = jobs
        self._there = [job for job in jobs.values() if job is not None]

    def tell(self, outbox: Outbox) -> None:
        """Send what is due, and set the moment of the next look."""
        for receiver in self._messages.receivers:
            outbox = self._tell_receiver(outbox, receiver)
        after = self._looked_at(outbox)
        if after != outbox:
            self._messages.outboxes.save(outbox, after)

    def _tell_receiver(self, outbox: Outbox, receiver: Receiver) -> Outbox:
        while head := self._head(outbox, receiver):
            if not receiver.wants(head.message.kind) or self._record.is_disabled(receiver):
                # In memory alone: it is skipped again by whoever comes before this is saved.
                outbox = outboxes.done_with(outbox, receiver.name, head)
                continue
            now = self._world.clock.now()
            is_due = outboxes.is_due(outbox, receiver.name, head, now)
            if (
                not is_due
                or not self._turn.is_worth_trying(receiver)
                or not _has_time(self._world, self._turn)
            ):
                break
            jitter = self._jitter()
            trying = outboxes.tried(outbox, receiver.name, head, now, jitter)
            outbox = self._messages.outboxes.save(outbox, trying)
            reply = self._send(receiver, head)
            outbox = self._noted(outbox, receiver, head, reply, jitter)
            if not reply.is_taken:
                break
        return outbox

    def _head(self, outbox: Outbox, receiver: Receiver) -> Told | None:
        return next(iter(outboxes.untold(outbox, receiver.name, self._there)), None)

    def _jitter(self) -> float:
        return 0.8 + 0.4 * self._world.random()

    def _send(self, receiver: Receiver, head: Told) -> Reply:
        now = self._world.clock.now()
        within_ms = max(SHORTEST_TRY_MS, min(LONGEST_TRY_MS, self._turn.until - now))
        job = None if head.revision == OF_ITS_OWN else self._jobs.get(head.revision)
        reply = receiver.send(head.message, job, now, within_ms)
        self._turn.note(receiver, reply)
        return reply

    def _noted(self, outbox: Outbox, receiver: Receiver, head: Told, reply: Reply, jitter: float) -> Outbox:
        """Write down what has become of a try; an outbox that others have announced to meanwhile as well."""
        now = self._world.clock.now()
        is_last = outboxes.is_given_up(outbox, receiver.name)
        wish_ms = reply.retry_after_ms

        def after(latest: Outbox) -> Outbox:
            if reply.is_taken or reply.is_gone or is_last:
                done = outboxes.done_with(latest, receiver.name, head)
            else:
                done = outboxes.answered_no(latest, receiver.name, now, wish_ms=wish_ms, jitter=jitter)
            return self._looked_at(done)

        progress = outbox.progress(receiver.name)
        for attempt in range(NOTE_TRIES):
            try:
                outbox = self._messages.outboxes.save(outbox, after(outbox))
                break
            except Conflict:
                outbox = self._messages.outboxes.find(outbox.key)
                # One that is there no more has gone with its person, and stays away.
                if attempt + 1 == NOTE_TRIES or not outbox.version:
                    raise
        if reply.is_gone:
            self._record.disable(receiver, now, reply)
        next_try_at = outbox.progress(receiver.name).next_try_at if not reply.is_taken else 0
        self._record.note(
            Try(
                message_id=head.message.message_id,
                kind=head.message.kind,
                job_id=job_id_in(outbox.key, head.revision) if head.revision != OF_ITS_OWN else "",
                receiver=receiver.name,
                at=now,
                status=reply.status,
                code=reply.code,
                tries=progress.tries,
                next_try_at=next_try_at,
                outcome=_outcome(reply, is_last=is_last),
            )
        )
        return outbox

    def _looked_at(self, outbox: Outbox) -> Outbox:
        names = [one.name for one in self._messages.receivers]
        return outboxes.looked_at(outbox, names, self._jobs, self._world.clock.now())


def _outcome(reply: Reply, *, is_last: bool) -> str:
    if reply.is_taken:
        return DELIVERED
    if reply.is_gone:
        return DISABLED
    return GIVEN_UP if is_last else FAILED


def job_id_in(key: str, revision: int) -> str:
    """Return the id of the job of the partition ``key``."""
    return f"{key}-{revision}"
