"""Follows a fine-tune to its end, delivers the outcome and releases the slot; called by a tick."""

from __future__ import annotations

from shared.domain.failed_trainings import is_worth_another_training
from shared.domain.fine_tunes import CANCELED, FAILED, SUCCEEDED, FineTune, derived_output
from shared.domain.job import NOT_YET_RUNNING, Job, Reason
from shared.domain.queue import needs_slot
from shared.domain.result_keys import result_key
from shared.domain.retry_state import DEATHS_ALLOWED, Cause
from shared.domain.slot import Slot
from shared.domain.spending import Billed
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import Conflict, NotFound, Trouble, unforeseen
from shared.logs import log, warn
from shared.views import job_as_json
from shared.workflow.account import remember_owner
from shared.workflow.owning import find_own, read_whole_list
from shared.workflow.photo_access import doubt_urls
from shared.workflow.ports import World
from shared.workflow.resolving import OTHER_ACCOUNT, UNCLEAR
from shared.workflow.saving import hold_up_briefly
from shared.workflow.training_files import forget_files

NEW_ID_DELAY_MS = 60_000
"""So long DashScope may answer 404 for a fine-tune that it has just created."""
TRIES_BEFORE_THE_LIST = 3
"""Failed polls after which the list of fine-tunes is believed in the place of the fine-tune's own answer."""
MAY_QUEUE_MS = 48 * 3_600_000
"""Behind other programs' trainings a fine-tune may queue for hours; waiting is not training."""
TRIES_TO_FORGET = 6


def poll(world: World, job: Job) -> Job:
    """Ask how the job's fine-tune is doing and move the job accordingly.

    A poll that fails is the trouble of this job alone: it is made again after a pause, and after some tries
    the list of fine-tunes is asked in its place.
    """
    try:
        fine_tune = _fine_tune(world, job)
    except Trouble as trouble:
        if isinstance(trouble, NotFound):
            return _vanished(world, job)
        return _held_up(world, job, trouble.cause)
    world.health.passed(Api.TRAINING)
    if fine_tune is None:
        return _vanished(world, job)
    after = _after(job, fine_tune, world)
    if after == job:
        return job
    saved = _save(world, job, after)
    if saved.state is not job.state:
        log(
            "training_ended" if saved.state.is_terminal else "training_retried",
            job=saved.job_id,
            person=saved.person_id,
            fine_tune=fine_tune.fine_tune_id,
            state=saved.state.value,
            output=saved.finetuned_output,
            reason=saved.reason.code if saved.reason else "",
        )
    doubt_urls(world, fine_tune.code)
    return saved


def _save(world: World, job: Job, after: Job) -> Job:
    """Save what became of a training; one that has ended gives the slot back even so."""
    try:
        return world.jobs.save(job, after)
    except Conflict:
        raise
    except Trouble:
        if after.state is not JobState.TRAINING:
            _note_end(world, job, after)
        raise


def _note_end(world: World, job: Job, after: Job) -> None:
    """Have the slot know that the fine-tune has ended, while the job's row says that it goes on.

    Where another run has written the row, the job may have the slot for its next fine-tune.
    """
    slot = world.control.slot()
    stored = world.jobs.find_each([job.job_id])[job.job_id]
    if not isinstance(stored, Job) or stored.version != job.version:
        return
    if slot.held_by(job.job_id):
        _release(world, slot, job.job_id, after)
    elif job.fine_tune_id not in slot.ended_fine_tunes:
        # Others have ended since, and only the latest are remembered.
        made = (job.fine_tune_id,)
        world.control.save_slot(slot, slot.released(job.job_id, fine_tunes=made, billed=after.billed))


def _fine_tune(world: World, job: Job) -> FineTune | None:
    """Return the job's fine-tune by its own answer, or by the list when that fails, or kills, each time."""
    tries = job.retry.tries if job.retry is not None else 0
    deaths = world.health.has_killed(f"{job.job_id} Poll")
    if tries < TRIES_BEFORE_THE_LIST and deaths < DEATHS_ALLOWED:
        return world.dashscope.fine_tune(job.fine_tune_id)
    listed = read_whole_list(world)
    return next((one for one in listed if one.fine_tune_id == job.fine_tune_id), None)


def _held_up(world: World, job: Job, cause: Cause) -> Job:
    cause = world.health.failed(cause, job.retry)
    warn("poll_failed", job=job.job_id, code=cause.code, message=cause.message)
    return hold_up_briefly(world, job, cause)


def _after(job: Job, fine_tune: FineTune, world: World) -> Job:
    now = world.clock.now()
    if fine_tune.status == SUCCEEDED:
        return _succeeded(job, fine_tune, now)
    if fine_tune.status == FAILED:
        return _failed(job, fine_tune, world)
    is_overdue = now > _deadline(job, world)
    if fine_tune.status == CANCELED:
        return _canceled(job, fine_tune, is_overdue, world)
    if is_overdue or job.cancel_asked_at:
        # Imported here and below: few fine-tunes are cancelled.
        from shared.workflow.canceling import cancel, give_up

        return give_up(job, fine_tune, world) if is_overdue else cancel(job, fine_tune, world)
    is_same = fine_tune.status == job.fine_tune_status and not _begins_to_run(job, fine_tune)
    noted = job if is_same else job.still_training(fine_tune, now)
    return noted.cleared(world.rules, now)


def _canceled(job: Job, fine_tune: FineTune, is_overdue: bool, world: World) -> Job:
    """A fine-tune that is cancelled past the deadline was cancelled by us, perhaps by a run that died."""
    from shared.workflow.canceling import overdue, wanted

    if is_overdue:
        return job.ended(JobState.FAILED, overdue(world), world.clock.now(), fine_tune)
    if job.cancel_asked_at:
        return job.ended(JobState.CANCELED, wanted(job, fine_tune), world.clock.now(), fine_tune)
    reason = Reason("canceled_at_dashscope", "The fine-tune was cancelled at DashScope.")
    return job.ended(JobState.CANCELED, reason, world.clock.now(), fine_tune)


def _begins_to_run(job: Job, fine_tune: FineTune) -> bool:
    return not job.running_since and fine_tune.status not in NOT_YET_RUNNING


def _succeeded(job: Job, fine_tune: FineTune, now: int) -> Job:
    """Keep the model's name; a success that does not tell it is asked for again, then it is derived."""
    if fine_tune.finetuned_output:
        return job.succeeded(fine_tune, now)
    if job.retry is not None and job.retry.tries > TRIES_BEFORE_THE_LIST:
        return job.succeeded(derived_output(fine_tune), now)
    message = "DashScope says that the training succeeded, and not yet what its model is called."
    return job.held_up(Cause("no_output", message, Kind.PASSING, Api.TRAINING), now, until=now)


def _deadline(job: Job, world: World) -> int:
    """Return until when it may train, or queue: longer than that nobody would wait."""
    if not job.running_since:
        # It has not been seen to train: the deadline is for training, not for waiting.
        return job.submitted_at + MAY_QUEUE_MS
    return job.running_since + world.rules.training_deadline_ms


def _failed(job: Job, fine_tune: FineTune, world: World) -> Job:
    now = world.clock.now()
    reason = Reason(
        fine_tune.code or "training_failed",
        fine_tune.message or "DashScope gave no reason; look at the photos and train again.",
    )
    may_try_again = is_worth_another_training(fine_tune.code) and not job.cancel_asked_at
    if may_try_again and job.failures + 1 < world.rules.max_attempts:
        return job.retrying(fine_tune, reason, now)
    return job.ended(JobState.FAILED, reason, now, fine_tune)


def _vanished(world: World, job: Job) -> Job:
    """Believe that a fine-tune is gone only when the complete list of the same account agrees."""
    now = world.clock.now()
    if now < min(job.changed_at, now) + NEW_ID_DELAY_MS:
        return job
    listed = read_whole_list(world)
    mine = next((one for one in listed if one.fine_tune_id == job.fine_tune_id), None) or find_own(
        job, listed
    )
    if mine is not None:
        after = _after(job, mine, world)
        return _save(world, job, after) if after != job else job
    has_other_key = bool(job.key_id) and job.key_id != world.dashscope.key_id
    if has_other_key and not any(one.account == job.account for one in listed if job.account):
        return _held_up(world, job, OTHER_ACCOUNT)
    warn("fine_tune_vanished", job=job.job_id, fine_tune=job.fine_tune_id)
    reason = Reason("fine_tune_vanished", "DashScope no longer knows the fine-tune; train again.")
    return _save(world, job, job.ended(JobState.FAILED, reason, now))


def deliver(world: World, job: Job) -> Job:
    """Write the result object, and take the job out of the work in hand; each step may be repeated.

    The result comes first: files that DashScope does not forget are no reason to keep it back.
    """
    key = result_key(job.person_id, job.revision)
    now = world.clock.now()
    if not job.result_at:
        world.bucket.write_json(key, job_as_json(job))
        world.health.passed(Api.WRITING)
        log("delivered", job=job.job_id, result=key)
        # A trouble of the write is over; that of the files has tries of its own.
        after = job.with_result(now)
    else:
        after = job
    try:
        remember_owner(world, job)
        forget_files(world, job)
    except Exception as problem:
        trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
        cause = world.health.failed(trouble.cause, job.retry)
        after = after.held_up(cause, now)
        if after.retry is None or after.retry.tries < TRIES_TO_FORGET:
            return world.jobs.save(job, after)
        warn("files_left_behind", job=job.job_id, code=cause.code, message=cause.message)
    _count(world, job)
    # Imported here: most ticks deliver nothing.
    from shared.domain.retention import scheduled

    return world.jobs.save(job, scheduled(_with_portraits(world, after.with_delivery(now)), world.rules))


def _with_portraits(world: World, job: Job) -> Job:
    """Return a job that has just been delivered with the portraits that the settings ask for."""
    if job.state is not JobState.SUCCEEDED or not world.rules.portraits or job.erasing_since:
        return job
    # Imported here: most deployments make no portraits.
    from shared.domain.portrait_work import with_wanted

    return with_wanted(job, world.rules.portraits, world.clock.now())


def _count(world: World, job: Job) -> None:
    # Imported here: most ticks deliver nothing.
    from shared.workflow.counting import count

    count(world, job)


def release_unused(world: World, job_id: str) -> bool:
    """Take the slot back from a holder that has no use for it; returns whether it has none.

    The row is read after the slot. Another run may have taken the slot for the job once more since it was
    seen to have no use for it: then the row shows the use, or the slot has changed when it is written.
    """
    slot = world.control.slot()
    held = world.jobs.find_each([job_id])[job_id]
    is_used = isinstance(held, Unread) or (held is not None and needs_slot(held, world.clock.now()))
    if is_used:
        return False
    _release(world, slot, job_id, held if isinstance(held, Job) else None)
    return True


def _release(world: World, slot: Slot, job_id: str, job: Job | None) -> None:
    """Take the slot back and remember how long the training took.

    ``job`` is None when its row is gone; its fine-tune may still be there, and counts as paid.
    """
    if not slot.held_by(job_id) and job_id not in slot.to_settle:
        return
    keeps = job is None or job.state is JobState.SUCCEEDED
    made = (*job.earlier_fine_tunes, job.fine_tune_id) if job else ()
    released = slot.released(
        job_id,
        duration_ms=job.training_took_ms if job else None,
        keeps_fine_tune=keeps,
        accepted_at=job.submitted_at if job and job.fine_tune_id else 0,
        fine_tunes=tuple(filter(None, made)),
        ended_at=world.clock.now() if slot.held_by(job_id) else 0,
        billed=_billed(job),
    )
    world.control.save_slot(slot, released)


def _billed(job: Job | None) -> Billed:
    """What was billed for a job; what nobody can ever tell counts as a training."""
    is_unclear = job is not None and job.reason is not None and job.reason.code == UNCLEAR
    if job is None:
        return Billed(None)
    # As a sum of all its trainings, so that a run that has been slow leads to no other one.
    return Billed(job.usage + 1) if job.state is JobState.FAILED and is_unclear else job.billed
