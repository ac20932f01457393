"""Follows a fine-tune to its end and writes the outcome out."""

from __future__ import annotations

from shared.domain.dashscope_errors import is_worth_another_training
from shared.domain.fine_tunes import CANCELED, FAILED, SUCCEEDED, FineTune, find_ours
from shared.domain.job import Job, Reason
from shared.domain.object_keys import result_key
from shared.domain.states import JobState
from shared.errors import NotFound, Permanent
from shared.logs import log, warn
from shared.views import job_as_json
from shared.workflow.ports import World
from shared.workflow.submitting import stored_names

NEW_ID_SETTLES = 60_000


def poll(world: World, job: Job) -> Job:
    """Ask how the job's fine-tune is doing and move the job accordingly."""
    try:
        fine_tune = world.trainer.fine_tune(job.fine_tune_id)
    except NotFound:
        return _vanished(world, job)
    after = _after(job, fine_tune, world)
    if after == job:
        return job
    saved = world.jobs.save(job, after)
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
    return saved


def _after(job: Job, fine_tune: FineTune, world: World) -> Job:
    now = world.clock.now()
    # The model's name is all that a success is good for: without it the fine-tune is not done yet.
    if fine_tune.status == SUCCEEDED and fine_tune.finetuned_output:
        return job.succeeded(fine_tune, now)
    if fine_tune.status == FAILED:
        reason = Reason(
            fine_tune.code or "training_failed",
            fine_tune.message or "DashScope gave no reason; look at the photos and train again.",
        )
        if is_worth_another_training(fine_tune.code) and job.failures + 1 < world.rules.max_attempts:
            return job.retrying(fine_tune, reason, now)
        return job.ended(JobState.FAILED, reason, now, fine_tune)
    overdue = now > job.submitted_at + world.rules.training_deadline
    # Past the deadline a cancelled fine-tune is one that we gave up ourselves, and perhaps died over.
    if fine_tune.status == CANCELED and not overdue:
        reason = Reason("canceled_at_dashscope", "The fine-tune was cancelled at DashScope.")
        return job.ended(JobState.CANCELED, reason, now, fine_tune)
    if overdue:
        return _overdue(job, fine_tune, world)
    return job if fine_tune.status == job.fine_tune_status else job.still_training(fine_tune, now)


def _overdue(job: Job, fine_tune: FineTune, world: World) -> Job:
    """Give a stuck fine-tune up, but only when DashScope does so too: else it would run beside the next."""
    try:
        world.trainer.cancel_fine_tune(fine_tune.fine_tune_id)
    except Permanent as refusal:
        log("cancel_refused", fine_tune=fine_tune.fine_tune_id, code=refusal.code, message=refusal.message)
    hours = world.rules.training_deadline / 3600_000
    reason = Reason("training_overdue", f"The training did not end within {hours:g} hours; train again.")
    return job.ended(JobState.FAILED, reason, world.clock.now(), fine_tune)


def _vanished(world: World, job: Job) -> Job:
    """Believe that a fine-tune is gone only when the complete list agrees."""
    now = world.clock.now()
    if now < job.changed_at + NEW_ID_SETTLES:
        return job
    ours = find_ours(
        world.trainer.fine_tunes(), (*job.files, *job.file_ids), not_these=job.earlier_fine_tunes
    )
    if ours is not None:
        after = _after(job, ours, world)
        return world.jobs.save(job, after) if after != job else job
    warn("fine_tune_vanished", job=job.job_id, fine_tune=job.fine_tune_id)
    reason = Reason("fine_tune_vanished", "DashScope no longer knows the fine-tune; train again.")
    return world.jobs.save(job, job.ended(JobState.FAILED, reason, now))


def deliver(world: World, job: Job) -> Job:
    """Write the result object and take the job out of the work in hand; each step may be repeated."""
    _forget_files(world, job)
    result = job_as_json(job)
    world.bucket.write_json(result_key(job.person_id, job.revision), result)
    delivered = world.jobs.save(job, job.with_delivery(world.clock.now()))
    log("delivered", job=job.job_id, result=result_key(job.person_id, job.revision))
    return delivered


def _forget_files(world: World, job: Job) -> None:
    """Delete what the job stored with DashScope's file service, which holds 100 files in all."""
    if not job.file_ids:
        return
    names = set(stored_names(job))
    mine = {file_id for name, file_id in world.trainer.files().items() if name in names}
    for file_id in sorted(mine | set(job.file_ids) - {""}):
        try:
            world.trainer.delete_file(file_id)
        except Permanent as refusal:
            log("file_not_deleted", file=file_id, code=refusal.code)


def release(world: World, job_id: str, duration: int | None) -> None:
    """Take the job's place in the slot back, if it holds one, and remember how long its training took."""
    slot = world.control.slot()
    if slot.held_by(job_id):
        world.control.save_slot(slot, slot.released(job_id, duration=duration))
