"""What becomes of a job whose POST was refused: it is tried again, the queue waits, or the job ends.

The theory. A refusal may be meant for this set or for everybody, and its words do not tell for certain. So
nobody is failed on a refusal alone. The job steps aside, and the next one shows: if its submit is accepted,
the refusal was the first one's own, and after some tries that job ends; if it is refused as well, the queue
waits as a whole, both are back at their places, one POST at growing intervals probes the queue, and no try is
counted. What is said to be of all is believed at once, and not again to a job that is told so once more after
others were accepted: then it is the job's own, and it does not speak for the others.

Called by :mod:`shared.workflow.submitting`.
"""

from __future__ import annotations

from dataclasses import replace

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
_OF_MORE_THAN_A_SET = (Kind.API, Kind.ACCOUNT, Kind.PERSON)


def take_refusal(world: World, intent: Job, slot: Slot, refusal: Trouble) -> Job:
    """Record that DashScope has refused the submit of ``intent``: no fine-tune was made."""
    cause, now = refusal.cause, world.clock.now()
    warn("submit_refused", job=intent.job_id, code=cause.code, message=cause.message, kind=cause.kind.value)
    if cause.kind is Kind.PASSING:
        # Busy: the job keeps its place and its tries.
        return _wait_with_all(world, intent, slot, refusal, intent.retry)
    before = _last_refusal(intent)
    if before is not None and before.is_contradicted(cause, passed_at=slot.accepted_at, now=now):
        cause = cause._replace(kind=Kind.UNKNOWN)
    if cause.kind.is_of_all and before is not None and _is_alone_with(before, cause, intent, slot):
        return _step_aside(world, intent, slot, cause, _without_a_try(before, now))
    if cause.kind.is_of_all:
        return _wait_with_all(world, intent, slot, refusal, failed_again(before, cause, now))
    retry = failed_again(tries_of_submit(intent), cause, now)
    after = tried_in_vain(intent, retry, slot, cause, now)
    slot = slot.with_refused(intent.job_id)
    is_alone = len(slot.refused_jobs) < JOBS_THAT_SPEAK_FOR_ALL or _are_others_accepted(before, slot, now)
    if not is_alone and not after.state.is_terminal:
        of_all = cause._replace(kind=Kind.API)
        return _wait_with_all(world, intent, slot, refusal, failed_again(before, of_all, now))
    saved = world.jobs.save(intent, after)
    _save_slot(world, slot, slot.released(intent.job_id))
    return saved


def _step_aside(world: World, intent: Job, slot: Slot, cause: Cause, retry: RetryState) -> Job:
    saved = world.jobs.save(intent, intent.requeued(_reason(cause), world.clock.now(), retry=retry))
    slot = slot.with_refused(intent.job_id)
    _save_slot(world, slot, slot.released(intent.job_id))
    return saved


def _wait_with_all(world: World, intent: Job, slot: Slot, refusal: Trouble, retry: RetryState | None) -> Job:
    """Put the job back at its place, and let the queue wait as a whole."""
    now = world.clock.now()
    queued = world.jobs.save(intent, intent.requeued(_reason(refusal.cause), now, retry=retry, at_once=True))
    if refusal.kind is not Kind.PASSING and not slot.refusals:
        _put_others_back(world, slot, intent)
    if slot.refusals:
        # Refused again: the next probe is another job's, if one waits, and shows whether everybody is.
        slot = slot.with_refused(intent.job_id)
    halt_queue(world, slot.released(intent.job_id), refusal)
    return queued


def _put_others_back(world: World, slot: Slot, refused: Job) -> None:
    """Give those back their places that were refused just before: it was everybody's trouble, and no try."""
    names = [name for name in slot.refused_jobs if name != refused.job_id]
    found = world.jobs.find_each(names).values() if names else ()
    for job in found:
        retry = tries_of_submit(job) if isinstance(job, Job) and job.state is JobState.QUEUED else None
        if retry is None or not isinstance(job, Job):
            continue
        of_all = replace(retry, tries=1, cause=retry.cause._replace(kind=Kind.API))
        reason = job.reason or _reason(retry.cause)
        try:
            world.jobs.save(job, job.requeued(reason, world.clock.now(), retry=of_all, at_once=True))
        except Trouble as trouble:
            # It is tried again all the same, at the end of its pause.
            log("not_put_back", job=job.job_id, code=trouble.code, message=trouble.message)


def _last_refusal(job: Job) -> RetryState | None:
    """Return how the job was last refused, for its own sake or for everybody's."""
    return job.retry if job.retry is not None and job.retry.cause.api is Api.TRAINING else None


def _is_alone_with(before: RetryState, cause: Cause, job: Job, slot: Slot) -> bool:
    """Whether words of all were the job's own before, and nobody else has been told them since.

    That nobody was accepted since may be for want of others: the queue does not wait, and no try is counted.
    """
    is_said_again = tries_of_submit(job) is not None and before.cause.code == cause.code
    return is_said_again and not slot.refusals and set(slot.refused_jobs) <= {job.job_id}


def _without_a_try(before: RetryState, now: int) -> RetryState:
    """Return the tries as they are, with the next one after a pause that doubles the time that has passed."""
    pause_ms = min(max(now - before.since, LONGEST_PAUSE_MS), LONGEST_HALT_MS)
    return replace(before, tried_at=now, next_try_at=now + pause_ms)


def _are_others_accepted(before: RetryState | None, slot: Slot, now: int) -> bool:
    """Whether others were accepted since the job was refused last: then it does not speak for them."""
    return before is not None and 0 < before.tried_at < slot.accepted_at <= now


def tries_of_submit(job: Job) -> RetryState | None:
    """Return the tries of the job's submit: trouble of another step, or of all, or of the person is none."""
    retry = job.retry
    if retry is None or retry.cause.api is not Api.TRAINING or retry.cause.kind in _OF_MORE_THAN_A_SET:
        return None
    return retry


def tried_in_vain(job: Job, retry: RetryState, slot: Slot, cause: Cause, now: int) -> Job:
    """Return ``job`` back in the queue, behind the others, or at its end when only its own submits fail."""
    # A moment that has not come was written by a clock that ran ahead.
    others_pass = retry.since < slot.accepted_at <= now
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
