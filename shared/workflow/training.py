"""Follows a fine-tune to its end, delivers the outcome and releases the slot; called by a tick."""

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
from shared.workflow.training_files import forget_files

NEW_ID_DELAY_MS = 60_000
"""So long DashScope may answer 404 for a fine-tune that it has just created."""


def poll(world: World, job: Job) -> Job:
    """Ask how the job's fine-tune is doing and move the job accordingly."""
    try:
        fine_tune = world.dashscope.fine_tune(job.fine_tune_id)
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
    # A success without the model's name is of no use: the fine-tune is not done yet.
    if fine_tune.status == SUCCEEDED and fine_tune.finetuned_output:
        return job.succeeded(fine_tune, now)
    if fine_tune.status == FAILED:
        return _failed(job, fine_tune, world)
    is_overdue = now > job.submitted_at + world.rules.training_deadline_ms
    # A fine-tune that is cancelled past the deadline was cancelled by us, perhaps by a run that died.
    if fine_tune.status == CANCELED and not is_overdue:
        reason = Reason("canceled_at_dashscope", "The fine-tune was cancelled at DashScope.")
        return job.ended(JobState.CANCELED, reason, now, fine_tune)
    if is_overdue:
        return _give_up_overdue(job, fine_tune, world)
    return job if fine_tune.status == job.fine_tune_status else job.still_training(fine_tune, now)


def _failed(job: Job, fine_tune: FineTune, world: World) -> Job:
    now = world.clock.now()
    reason = Reason(
        fine_tune.code or "training_failed",
        fine_tune.message or "DashScope gave no reason; look at the photos and train again.",
    )
    if is_worth_another_training(fine_tune.code) and job.failures + 1 < world.rules.max_attempts:
        return job.retrying(fine_tune, reason, now)
    return job.ended(JobState.FAILED, reason, now, fine_tune)


def _give_up_overdue(job: Job, fine_tune: FineTune, world: World) -> Job:
    """Give a stuck fine-tune up, but only when DashScope does so too: else it would run beside the next."""
    try:
        world.dashscope.cancel_fine_tune(fine_tune.fine_tune_id)
    except Permanent as refusal:
        log("cancel_refused", fine_tune=fine_tune.fine_tune_id, code=refusal.code, message=refusal.message)
    hours = world.rules.training_deadline_ms / 3600_000
    reason = Reason("training_overdue", f"The training did not end within {hours:g} hours; train again.")
    return job.ended(JobState.FAILED, reason, world.clock.now(), fine_tune)


def _vanished(world: World, job: Job) -> Job:
    """Believe that a fine-tune is gone only when the complete list agrees."""
    now = world.clock.now()
    if now < job.changed_at + NEW_ID_DELAY_MS:
        return job
    ours = find_ours(
        world.dashscope.fine_tunes(), (*job.files, *job.file_ids), not_these=job.earlier_fine_tunes
    )
    if ours is not None:
        after = _after(job, ours, world)
        return world.jobs.save(job, after) if after != job else job
    warn("fine_tune_vanished", job=job.job_id, fine_tune=job.fine_tune_id)
    reason = Reason("fine_tune_vanished", "DashScope no longer knows the fine-tune; train again.")
    return world.jobs.save(job, job.ended(JobState.FAILED, reason, now))


def deliver(world: World, job: Job) -> Job:
    """Write the result object and take the job out of the work in hand; each step may be repeated."""
    forget_files(world, job)
    key = result_key(job.person_id, job.revision)
    world.bucket.write_json(key, job_as_json(job))
    delivered = world.jobs.save(job, job.with_delivery(world.clock.now()))
    log("delivered", job=job.job_id, result=key)
    return delivered


def release(world: World, job_id: str, job: Job | None) -> None:
    """Take the slot back from a job that has no use for it, and remember how long its training took.

    ``job`` is None when its row is gone; its fine-tune may still be there.
    """
    slot = world.control.slot()
    if slot.held_by(job_id):
        keeps = job is None or job.state is JobState.SUCCEEDED
        duration_ms = job.training_took_ms if job else None
        released = slot.released(job_id, duration_ms=duration_ms, keeps_fine_tune=keeps)
        world.control.save_slot(slot, released)
