"""The submit protocol: intent, POST, record; and what to do when the answer is missing.

The API has no idempotency key and every accepted POST is a bill. So the intent, naming the snapshot paths
that no other job ever uses, is saved before the POST; only the run that saved it sends it; and an attempt
whose answer is missing is settled by reading the complete list of fine-tunes, never by sending again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.domain.fine_tunes import FineTune, find_ours
from shared.domain.job import Job, Reason
from shared.domain.slot import SUBMIT_SPACING, Slot
from shared.domain.states import JobState
from shared.errors import (
    AccountTrouble,
    Conflict,
    NotFound,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)
from shared.logs import log, warn
from shared.workflow.account import account_is_full, make_room
from shared.workflow.ports import World

TIME_FOR_A_SUBMIT = 40_000
TIME_FOR_THE_POST = 27_000
LONGEST_ACCOUNT_PAUSE = 3_600_000
LONGEST_PAUSE = 60_000
"""Milliseconds. A busy account is probed every minute: a place may fall free at any time."""


def submit(world: World, job: Job, slot: Slot) -> Job:
    """Carry a queued job to DashScope if a place in the slot can be had.

    Returns:
        The job as it stands afterwards: TRAINING, or SUBMITTING with the outcome still unknown, or QUEUED
        again with the reason, or FAILED when DashScope refuses these photos for good.

    Raises:
        Conflict: another run took the place or the job first.
        RetryLater: too little of this invocation is left to send anything, or the account is full.
    """
    if not world.has_time_for(TIME_FOR_A_SUBMIT):
        raise RetryLater("no_time", "too little of the invocation is left for a submit", delay=1)
    if slot.closed_until > world.clock.now():
        raise Conflict("the queue has been closed meanwhile")
    if not (slot.held_by(job.job_id) or slot.is_free(world.rules.concurrent_trainings, world.clock.now())):
        raise Conflict("no place in the training slot is free")
    account = _survey(world, slot)
    kept = _check_for_a_place(world, job, slot, account)
    file_ids = _file_ids(world, job, slot)
    if slot.was_just_taken(world.clock.now()):
        # Clocks differ; but whoever takes a place while we wait makes our write fail, by whatever clock.
        world.clock.sleep(SUBMIT_SPACING)
    taken = world.clock.monotonic()
    slot = world.control.save_slot(slot, slot.taken(job.job_id, world.clock.now(), kept=kept))
    intent = world.jobs.save(
        job, job.attempting(world.clock.now(), expires_at=world.dead_at, file_ids=file_ids)
    )
    landed = _ours(intent, account)
    if landed is not None:
        return _adopted(world, intent, landed)
    files = _sendable(world, intent)
    log("submitting", job=intent.job_id, attempt=intent.attempt, photos=len(files))
    late = world.clock.monotonic() - taken > SUBMIT_SPACING
    if late or not world.has_time_for(TIME_FOR_THE_POST):
        # The job keeps its place: the next run goes on for it.
        reason = Reason("no_time", "The function was too slow to send the submit; it is sent next time.")
        return world.jobs.save(intent, intent.requeued(reason, world.clock.now()))
    try:
        fine_tune = world.trainer.create_fine_tune(files)
    except OutcomeUnknown as lost:
        warn("submit_outcome_unknown", job=intent.job_id, code=lost.code, message=lost.message)
        return resolve(world, world.jobs.save(intent, intent.sent(world.clock.now())))
    except RetryLater as trouble:
        if isinstance(trouble, RequestTrouble) and intent.failures + 1 >= world.rules.max_attempts:
            return _given_up(world, intent, trouble)
        return _put_back(world, intent, slot, trouble)
    except Permanent as refusal:
        return _given_up(world, intent, refusal)
    return _own(world, intent, fine_tune, slot)


def resolve(world: World, job: Job) -> Job:
    """Settle an attempt whose answer is missing: adopt what the list shows, or queue again.

    Queueing again waits until nobody can send the attempt's POST any more and the list has had time to
    settle; until then the job stays as it is.
    """
    ours = _ours(job, world.trainer.fine_tunes())
    if ours is not None:
        return _adopted(world, job, ours)
    now = world.clock.now()
    if now < job.attempt_expires_at + world.rules.list_settles:
        return job
    warn("submit_lost", job=job.job_id, attempt=job.attempt)
    reason = Reason("submit_lost", "The last submit did not reach DashScope; it is sent again.")
    return world.jobs.save(job, job.requeued(reason, now))


def _ours(job: Job, fine_tunes: Iterable[FineTune]) -> FineTune | None:
    return find_ours(fine_tunes, (*job.files, *job.file_ids), not_these=job.earlier_fine_tunes)


def _adopted(world: World, job: Job, fine_tune: FineTune) -> Job:
    owned = _own(world, job, fine_tune, None)
    log("fine_tune_adopted", job=job.job_id, fine_tune=fine_tune.fine_tune_id)
    return owned


def _survey(world: World, slot: Slot) -> list[FineTune]:
    """Read what the account has; trouble with the account as a whole closes the queue."""
    try:
        return list(world.trainer.fine_tunes())
    except AccountTrouble as trouble:
        _close_queue(world, slot, trouble)
        raise


def _check_for_a_place(world: World, job: Job, slot: Slot, account: list[FineTune]) -> int:
    """Return how many fine-tunes the account keeps, if there is a place for the job."""
    kept = sum(fine_tune.counts_against_the_cap for fine_tune in account)
    if slot.held_by(job.job_id):
        return kept
    if kept >= world.rules.kept_fine_tunes and not make_room(world, account):
        full = account_is_full(kept, world.rules)
        _close_queue(world, replace(slot, kept=kept), full)
        raise full
    return kept


def _file_ids(world: World, job: Job, slot: Slot) -> tuple[str, ...]:
    """Upload the snapshots to DashScope's file service when that is the way chosen.

    A name stands for one snapshot of one job, so what an earlier try has uploaded is found again by name. A
    snapshot that the service will not store has no file id (``""``) and is sent as a URL beside the others.
    """
    if world.training_files != "file_id" or job.file_ids:
        return job.file_ids
    try:
        stored = world.trainer.files()
        names = stored_names(job)
        return tuple(
            stored.get(name) or _stored_with_dashscope(world, name, key)
            for name, key in zip(names, job.files, strict=True)
        )
    except AccountTrouble as trouble:
        _close_queue(world, slot, trouble)
        raise


def _stored_with_dashscope(world: World, name: str, key: str) -> str:
    try:
        return world.trainer.upload_file(name, world.bucket.read(key))
    except NotFound:
        raise
    except Permanent as refusal:
        warn("file_not_stored", file=name, code=refusal.code, message=refusal.message)
        return ""


def _sendable(world: World, job: Job) -> tuple[str, ...]:
    """The files as DashScope is given them; signed now, so that the URLs live as long as they can."""
    ids = job.file_ids or ("",) * len(job.files)
    return tuple(file_id or world.bucket.signed_url(key) for file_id, key in zip(ids, job.files, strict=True))


def stored_names(job: Job) -> list[str]:
    """The names under which a job's snapshots are stored with DashScope."""
    return [f"{job.job_id}-{key.rpartition('/')[2]}" for key in job.files]


def _own(world: World, job: Job, fine_tune: FineTune, slot: Slot | None) -> Job:
    owned = world.jobs.save(job, job.submitted(fine_tune, world.clock.now()))
    log("submitted", job=owned.job_id, fine_tune=owned.fine_tune_id)
    if slot is not None and slot.has_trouble:
        try:
            world.control.save_slot(slot, slot.accepted())
        except Conflict:
            log("slot_changed_meanwhile", job=owned.job_id)
    return owned


def _put_back(world: World, intent: Job, slot: Slot, trouble: RetryLater) -> Job:
    """Queue the job again at its old place and close the queue for a while."""
    reason = Reason(trouble.code, trouble.message)
    counted = 1 if isinstance(trouble, RequestTrouble) else 0
    queued = world.jobs.save(intent, intent.requeued(reason, world.clock.now(), failures=counted))
    _close_queue(world, slot, trouble, leaves=intent.job_id)
    return queued


def _close_queue(world: World, slot: Slot, trouble: RetryLater, *, leaves: str = "") -> None:
    """Let the queue wait, with the reason for all to see; ``leaves`` gives its place back."""
    warn("queue_closed", code=trouble.code, message=trouble.message)
    longest = LONGEST_ACCOUNT_PAUSE if isinstance(trouble, AccountTrouble) else LONGEST_PAUSE
    delay = world.with_jitter(int(trouble.delay * 1000))
    reason = Reason(trouble.code, trouble.message)
    closed = slot.released(leaves).refused(reason, delay, world.clock.now(), longest=longest)
    world.control.save_slot(slot, closed)


def _given_up(world: World, intent: Job, trouble: Trouble) -> Job:
    """End the job: these photos are refused for good."""
    warn("submit_refused", job=intent.job_id, code=trouble.code, message=trouble.message)
    reason = Reason(trouble.code, trouble.message)
    return world.jobs.save(intent, intent.ended(JobState.FAILED, reason, world.clock.now()))
