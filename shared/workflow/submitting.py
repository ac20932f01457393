"""The submit protocol: intent, POST, record; and how an attempt whose answer is missing is resolved.

The theory. DashScope has no idempotency key, and every accepted POST is paid for. A POST whose answer is lost
may have created a fine-tune or not, and the process may die between any two lines. So:

1. Intent. The job is saved as SUBMITTING before the POST, with the snapshot paths that no other job ever
   uses. The save is conditional on the version that was read, so exactly one run may send this attempt's
   POST.
2. POST. It is sent once, on a connection of its own, and never repeated by any layer. It leaves within
   ``SUBMIT_SPACING_MS`` of the moment when its job took the slot, or not at all.
3. Record. The answer's id is saved: TRAINING. A refusal is saved too: QUEUED again, or FAILED.
4. Resolve. An attempt without an answer (lost, or the run died) is resolved from the complete list of
   fine-tunes: a fine-tune with one of the job's paths is ours and is adopted. Without one the job is queued
   again, but only when no run can send the POST any more (``attempt_expires_at``) and the list has had time
   to show it (``listing_delay_ms``).

The list is also read before every intent: it counts the account's fine-tunes, and a fine-tune of an attempt
that was given up too early is adopted instead of being paid for again.

:func:`submit` is called by :mod:`shared.workflow.submit_next` and by a tick, :func:`resolve` by a tick.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.domain.fine_tunes import FineTune, find_ours
from shared.domain.job import Job, Reason
from shared.domain.slot import SUBMIT_SPACING_MS, Slot
from shared.domain.states import JobState
from shared.errors import (
    AccountTrouble,
    Conflict,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)
from shared.logs import log, warn
from shared.workflow.account import account_is_full, make_room
from shared.workflow.ports import World
from shared.workflow.training_files import prepare_files

TIME_FOR_A_SUBMIT_MS = 40_000
TIME_FOR_THE_POST_MS = 27_000
LONGEST_ACCOUNT_PAUSE_MS = 3_600_000
LONGEST_PAUSE_MS = 60_000
"""A busy account is probed every minute: its slot may become free at any time."""


def submit(world: World, job: Job, slot: Slot) -> Job:
    """Submit a queued job to DashScope if it can have the slot.

    Args:
        world: the services.
        job: the job, in state QUEUED.
        slot: the slot as it was read.

    Returns:
        The job as it is afterwards: TRAINING, or SUBMITTING with the outcome still unknown, or QUEUED again
        with the reason, or FAILED when DashScope refuses these photos for good.

    Raises:
        Conflict: another run took the slot or the job first.
        RetryLater: too little of this invocation is left to send anything, or the account is full.
    """
    _check_that_it_may_go(world, job, slot)
    try:
        account = list(world.dashscope.fine_tunes())
        kept = sum(fine_tune.counts_against_the_cap for fine_tune in account)
        slot = replace(slot, kept=kept)
        if not slot.held_by(job.job_id):
            slot = _with_room(world, slot, kept, account)
        file_ids, files = prepare_files(world, job)
    except AccountTrouble as trouble:
        _halt_queue(world, slot, trouble)
        raise
    if slot.was_just_taken(world.clock.now()):
        # Clocks differ; but a run that takes the slot while we wait makes our write fail, by whatever clock.
        world.clock.sleep(SUBMIT_SPACING_MS)
    landed = _ours(job, account)
    taken_at = world.clock.monotonic()
    is_counted = landed is not None and landed.counts_against_the_cap
    slot = world.control.save_slot(slot, slot.taken_by(job.job_id, world.clock.now(), adds=not is_counted))
    intent = world.jobs.save(
        job, job.attempting(world.clock.now(), expires_at=world.dead_at, file_ids=file_ids)
    )
    if landed is not None:
        return _adopt(world, intent, landed)
    log("submitting", job=intent.job_id, attempt=intent.attempt, photos=len(files))
    is_late = world.clock.monotonic() - taken_at > SUBMIT_SPACING_MS
    if is_late or not world.has_time_for(TIME_FOR_THE_POST_MS):
        # The job keeps the slot: the next run continues with it.
        reason = Reason("no_time", "The function was too slow to send the submit; it is sent next time.")
        return world.jobs.save(intent, intent.requeued(reason, world.clock.now()))
    return _post(world, intent, files, slot)


def _check_that_it_may_go(world: World, job: Job, slot: Slot) -> None:
    if not world.has_time_for(TIME_FOR_A_SUBMIT_MS):
        raise RetryLater("no_time", "too little of the invocation is left for a submit", delay_seconds=1)
    now = world.clock.now()
    if slot.halted_until > now:
        raise Conflict("the queue has been halted meanwhile")
    if not (slot.held_by(job.job_id) or slot.is_free(world.rules.concurrent_trainings, now)):
        raise Conflict("the training slot is not free")


def _post(world: World, intent: Job, files: tuple[str, ...], slot: Slot) -> Job:
    try:
        fine_tune = world.dashscope.create_fine_tune(files)
    except OutcomeUnknown as lost:
        warn("submit_outcome_unknown", job=intent.job_id, code=lost.code, message=lost.message)
        return resolve(world, world.jobs.save(intent, intent.sent(world.clock.now())))
    except RetryLater as trouble:
        if isinstance(trouble, RequestTrouble) and intent.failures + 1 >= world.rules.max_attempts:
            return _give_up(world, intent, trouble)
        return _put_back(world, intent, slot, trouble)
    except Permanent as refusal:
        return _give_up(world, intent, refusal)
    return _own(world, intent, fine_tune, slot)


def resolve(world: World, job: Job) -> Job:
    """Resolve an attempt whose answer is missing: adopt the fine-tune that the list shows, or queue again.

    Queueing again waits until no run can send the attempt's POST any more and the list has had time to show
    it; until then the job stays as it is.
    """
    ours = _ours(job, world.dashscope.fine_tunes())
    if ours is not None:
        return _adopt(world, job, ours)
    now = world.clock.now()
    if now < job.attempt_expires_at + world.rules.listing_delay_ms:
        return job
    warn("submit_lost", job=job.job_id, attempt=job.attempt)
    reason = Reason("submit_lost", "The last submit did not reach DashScope; it is sent again.")
    return world.jobs.save(job, job.requeued(reason, now))


def _ours(job: Job, fine_tunes: Iterable[FineTune]) -> FineTune | None:
    return find_ours(fine_tunes, (*job.files, *job.file_ids), not_these=job.earlier_fine_tunes)


def _adopt(world: World, job: Job, fine_tune: FineTune) -> Job:
    owned = _own(world, job, fine_tune, None)
    log("fine_tune_adopted", job=job.job_id, fine_tune=fine_tune.fine_tune_id)
    return owned


def _with_room(world: World, slot: Slot, kept: int, account: list[FineTune]) -> Slot:
    """Return the slot once the account has room for another fine-tune; raises AccountTrouble without room."""
    if kept < world.rules.kept_fine_tunes:
        return slot
    if not make_room(world, account):
        raise account_is_full(kept, world.rules)
    return replace(slot, kept=kept - 1)


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
    """Queue the job again at its old place and halt the queue for a while."""
    reason = Reason(trouble.code, trouble.message)
    counted = 1 if isinstance(trouble, RequestTrouble) else 0
    queued = world.jobs.save(intent, intent.requeued(reason, world.clock.now(), failures=counted))
    _halt_queue(world, slot.released(intent.job_id), trouble)
    return queued


def _halt_queue(world: World, slot: Slot, trouble: RetryLater) -> None:
    """Let the queue wait, with the reason for all to see."""
    warn("queue_halted", code=trouble.code, message=trouble.message)
    longest_ms = LONGEST_ACCOUNT_PAUSE_MS if isinstance(trouble, AccountTrouble) else LONGEST_PAUSE_MS
    delay_ms = world.with_jitter(int(trouble.delay_seconds * 1000))
    reason = Reason(trouble.code, trouble.message)
    halted = slot.refused(reason, delay_ms, world.clock.now(), longest_ms=longest_ms)
    world.control.save_slot(slot, halted)


def _give_up(world: World, intent: Job, trouble: Trouble) -> Job:
    """End the job: these photos are refused for good."""
    warn("submit_refused", job=intent.job_id, code=trouble.code, message=trouble.message)
    reason = Reason(trouble.code, trouble.message)
    return world.jobs.save(intent, intent.ended(JobState.FAILED, reason, world.clock.now()))
