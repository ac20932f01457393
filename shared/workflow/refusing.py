"""What becomes of a job whose POST was refused: it is tried again, the queue waits, or the job ends.

The theory. A refusal may be meant for this set or for everybody, and its words do not tell for certain. So
nobody is failed on a refusal alone. The job steps aside, and the next one shows: if its submit is accepted,
the refusal was the first one's own, and after some tries that job ends; if it is refused as well, the queue
waits as a whole, one POST at growing intervals probes it, and no try is counted.

Called by :mod:`shared.workflow.submitting`.
"""

from __future__ import annotations

from shared.domain.job import Job, Reason
from shared.domain.retry_state import Cause, RetryState, failed_again
from shared.domain.slot import LONGEST_HALT_MS, Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World

LONGEST_PAUSE_MS = 60_000
"""A busy account is probed every minute: its slot may become free at any time."""
SHORTEST_HALT_SECONDS = 20
TRIES_BESIDE_OTHERS = 3
JOBS_THAT_SPEAK_FOR_ALL = 2
REFUSALS_OF_ALL = 5
"""After so many refusals in a row that are said to be of all, another job shows whether they are."""
_OF_MORE_THAN_A_SET = (Kind.API, Kind.ACCOUNT, Kind.PERSON)


def take_refusal(world: World, intent: Job, slot: Slot, refusal: Trouble) -> Job:
    """Record that DashScope has refused the submit of ``intent``: no fine-tune was made."""
    cause, now = refusal.cause, world.clock.now()
    warn("submit_refused", job=intent.job_id, code=cause.code, message=cause.message, kind=cause.kind.value)
    if cause.kind.is_of_all or cause.kind is Kind.PASSING:
        # Busy or refused as a whole: the job keeps its place and its tries.
        queued = world.jobs.save(intent, intent.requeued(_reason(cause), now, retry=intent.retry))
        if slot.refusals >= REFUSALS_OF_ALL:
            slot = slot.with_refused(intent.job_id)
        halt_queue(world, slot.released(intent.job_id), refusal)
        return queued
    slot = slot.with_refused(intent.job_id)
    if len(slot.refused_jobs) >= JOBS_THAT_SPEAK_FOR_ALL:
        queued = world.jobs.save(intent, intent.requeued(_reason(cause), now, retry=intent.retry))
        halt_queue(world, slot.released(intent.job_id), refusal)
        return queued
    retry = failed_again(tries_of_submit(intent), cause, now)
    after = tried_in_vain(intent, retry, slot, cause, now)
    saved = world.jobs.save(intent, after)
    _save_slot(world, slot, slot.released(intent.job_id))
    return saved


def tries_of_submit(job: Job) -> RetryState | None:
    """Return the tries of the job's submit: trouble of another step, or of all, or of the person is none."""
    retry = job.retry
    if retry is None or retry.cause.api is not Api.TRAINING or retry.cause.kind in _OF_MORE_THAN_A_SET:
        return None
    return retry


def tried_in_vain(job: Job, retry: RetryState, slot: Slot, cause: Cause, now: int) -> Job:
    """Return ``job`` back in the queue, behind the others, or at its end when only its own submits fail."""
    others_pass = slot.accepted_at > retry.since
    if others_pass and retry.tries >= TRIES_BESIDE_OTHERS:
        why = job.reason or _reason(cause)
        message = (
            f"DashScope did not take this set in {retry.tries} tries, while it took others': {why.message}"
        )
        return job.ended(JobState.FAILED, Reason(why.code, message), now)
    return job.requeued(_reason(cause), now, retry=retry)


def halt_queue(world: World, slot: Slot, trouble: Trouble) -> None:
    """Let the queue wait, with the reason for all to see; the caller has released the slot if it held it."""
    warn("queue_halted", code=trouble.code, message=trouble.message)
    is_brief = trouble.kind is Kind.PASSING
    seconds = max(getattr(trouble, "delay_seconds", 0), SHORTEST_HALT_SECONDS)
    halted = slot.refused(
        _reason(trouble.cause),
        world.with_jitter(int(seconds * 1000)),
        world.clock.now(),
        longest_ms=LONGEST_PAUSE_MS if is_brief else LONGEST_HALT_MS,
    )
    world.control.save_slot(slot, halted)


def _reason(cause: Cause) -> Reason:
    return Reason(cause.code, cause.message)


def _save_slot(world: World, before: Slot, after: Slot) -> None:
    try:
        world.control.save_slot(before, after)
    except Conflict:
        # A tick releases the slot of a job that has no use for it.
        log("slot_changed_meanwhile")
