"""Resolves an attempt whose answer is missing: adopts the fine-tune that the list shows, or queues again.

The theory. A fine-tune with one of the job's paths is the job's, by whatever attempt. Without one, the job
is queued again, but only when no run can send the attempt's POST any more (``attempt_expires_at``) and the
list has had time to show it (``LIST_GRACE_SECONDS``). Until then nothing is to be proved, and the
newest part of the list is looked through at each tick, since the fine-tune is there if anywhere. After that
the whole list is read, in as much time as the run has, because the job keeps its slot until there is a proof.
A list that is too long for that keeps this job and no other. Two more things can be in the way of the proof:

- The list shows fine-tunes of the time in question whose files say nothing (DashScope has stored them
  elsewhere, or does not tell). One of these may be the job's. It is neither adopted, since it may be another
  person's model, nor is the POST repeated while one of them is going. Once they have ended the job ends too,
  and says so: whoever looks decides.
- The API key has been changed to one of another account, as far as can be told. Its list proves nothing.

Called by a tick, and by :mod:`shared.workflow.submitting` right after an answer was lost.
"""

from __future__ import annotations

from shared.domain.caps import price_of
from shared.domain.fine_tunes import FineTune, unclear
from shared.domain.job import Job, Reason
from shared.domain.retry_state import Cause, failed_again
from shared.domain.spending import Reserved
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, RetryLater, Trouble
from shared.logs import warn
from shared.workflow.owning import TIME_FOR_THE_LIST_MS, adopt, find_own, read_whole_list
from shared.workflow.ports import World
from shared.workflow.refusing import tried_in_vain, tries_of_submit
from shared.workflow.saving import hold_up_briefly

TRIES_AT_ITS_PLACE = 2
"""A lost answer or two say nothing about the job: it goes again from its old place."""
UNCLEAR = "submit_unclear"
"""Why a job ends of which nobody can tell whether it was paid for."""
GOES_ON = ("", "PENDING", "QUEUING", "RUNNING", "CANCELING")

LOST = Cause(
    "submit_lost",
    "The last submit did not reach DashScope; it is sent again.",
    Kind.PASSING,
    Api.TRAINING,
)
OTHER_ACCOUNT = Cause(
    "other_account",
    "The API key has been changed, and whether it is of the same account cannot be told: set the earlier key "
    "again until this training has ended.",
    Kind.PERSON,
    Api.TRAINING,
)


def resolve(world: World, job: Job) -> Job:
    """Find out what became of the attempt of ``job``, which is SUBMITTING; returns the job afterwards.

    Raises:
        RetryLater: too little of this invocation is left to read the whole list.
    """
    is_early = _is_too_early(world, job, world.clock.now())
    if not is_early and not world.has_time_for(TIME_FOR_THE_LIST_MS):
        raise RetryLater("no_time", "too little of the invocation is left to read the list", delay_seconds=1)
    try:
        if is_early:
            fine_tunes = world.dashscope.newest_fine_tunes(job.submitted_at).fine_tunes
        else:
            fine_tunes = read_whole_list(world)
    except Trouble as trouble:
        return _without_the_list(world, job, trouble)
    world.health.passed(Api.TRAINING)
    mine = find_own(job, fine_tunes)
    if mine is not None:
        return adopt(world, job, mine)
    _hold(world, job)
    if is_early:
        return job
    now = world.clock.now()
    if not _is_same_account(world, job, fine_tunes):
        return hold_up_briefly(world, job, OTHER_ACCOUNT)
    doubtful = _doubtful(job, fine_tunes, world.rules.listing_delay_ms, known_fine_tunes(world))
    if doubtful:
        return _in_doubt(world, job, doubtful)
    warn("submit_lost", job=job.job_id, attempt=job.attempt)
    # Of an attempt that nobody heard of again, the words of the one before say more.
    before = tries_of_submit(job)
    cause = before.cause if before is not None and job.reason is None else LOST
    retry = failed_again(before, cause, now)
    if retry.tries <= TRIES_AT_ITS_PLACE:
        return world.jobs.save(
            job, job.requeued(Reason(cause.code, cause.message), now, retry=retry, at_once=True)
        )
    return world.jobs.save(job, tried_in_vain(job, retry, world.control.slot(), cause, now))


def _hold(world: World, job: Job) -> None:
    """Have the job hold the slot, which it has lost when its intent was written late, by a run held for dead.

    No other is sent beside it in any case; with its place taken those who wait are told for what.
    """
    slot = world.control.slot()
    reserved = Reserved(at=job.submitted_at, fen=price_of(job, world.rules), before=job.usage)
    held = slot.also_held_by(job.job_id, reserved)
    if held == slot:
        return
    # Read after the slot: a run that has stood still may know the job as it was long ago.
    stored = world.jobs.find_each([job.job_id])[job.job_id]
    if isinstance(stored, Job) and stored.version != job.version:
        raise Conflict("the attempt has been resolved meanwhile")
    world.control.save_slot(slot, held)


def _without_the_list(world: World, job: Job, trouble: Trouble) -> Job:
    """Wait for a list that cannot be read: that is DashScope's trouble, and no try of the submit."""
    cause, now = world.health.failed(trouble.cause), world.clock.now()
    warn("list_not_read", job=job.job_id, code=cause.code, message=cause.message, kind=cause.kind.value)
    if _is_too_early(world, job, now):
        return job
    return hold_up_briefly(world, job, cause if cause.kind is Kind.PERSON else cause._replace(kind=Kind.API))


def _is_too_early(world: World, job: Job, now: int) -> bool:
    """Whether the attempt may yet be sent, or be missing in the list for being so new."""
    return now < job.attempt_expires_at + world.rules.listing_delay_ms


def _is_same_account(world: World, job: Job, fine_tunes: list[FineTune]) -> bool:
    """Whether the list is of the account that the attempt was sent to, as far as can be told."""
    if not job.key_id or job.key_id == world.dashscope.key_id:
        return True
    account = job.account or world.control.slot().account
    return bool(account) and any(one.account == account for one in fine_tunes)


def known_fine_tunes(world: World) -> set[str]:
    """Return the fine-tunes of the other jobs that hold the slot, or held it lately."""
    slot = world.control.slot()
    jobs = world.jobs.find_each(slot.holders).values() if slot.holders else ()
    made = [(*job.earlier_fine_tunes, job.fine_tune_id) for job in jobs if isinstance(job, Job)]
    return {*slot.ended_fine_tunes, *(name for names in made for name in names)}


def _doubtful(job: Job, fine_tunes: list[FineTune], grace_ms: int, known: set[str]) -> list[FineTune]:
    """The fine-tunes of the attempt's time that may be the job's and that no job is known to own."""
    return unclear(
        fine_tunes,
        since=job.submitted_at,
        until=job.attempt_expires_at + grace_ms,
        count=len(job.files),
        not_these=job.earlier_fine_tunes,
        known=known,
    )


def _in_doubt(world: World, job: Job, doubtful: list[FineTune]) -> Job:
    now = world.clock.now()
    names = ", ".join(one.fine_tune_id for one in doubtful[:5])
    message = (
        f"DashScope did not answer the submit, and {names} may be its training: its files do not tell. "
        "Nothing is paid for again. Compare it with the console; upload another photo to train again."
    )
    cause = Cause(UNCLEAR, message, Kind.PERSON, Api.TRAINING)
    if any(one.status in GOES_ON for one in doubtful):
        return hold_up_briefly(world, job, cause)
    warn(UNCLEAR, job=job.job_id, fine_tunes=names)
    return world.jobs.save(job, job.ended(JobState.FAILED, Reason(cause.code, cause.message), now))
