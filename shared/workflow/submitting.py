"""The submit protocol: intent, POST, record; and how an attempt whose answer is missing is resolved.

The theory. DashScope has no idempotency key, and every accepted POST is paid for. A POST whose answer is lost
may have created a fine-tune or not, and the process may die between any two lines. So:

1. Intent. The job is saved as SUBMITTING before the POST, with the snapshot paths that no other job ever
   uses. The save is conditional on the version that was read, so exactly one run may send this attempt's
   POST.
2. POST. It is sent once, on a connection of its own, and never repeated by any layer. It leaves within
   ``LATEST_POST_MS`` of the moment when its job took the slot, or not at all.
3. Record. The answer's id is saved: TRAINING. A refusal is saved too (:mod:`shared.workflow.refusing`).
4. Resolve. An attempt without an answer (lost, or the run died) is resolved from the complete list of
   fine-tunes (:mod:`shared.workflow.resolving`).

The list is also read before every intent: it counts the account's fine-tunes, and a fine-tune of an attempt
that was given up too early is adopted instead of being paid for again.

:func:`submit` is called by :mod:`shared.workflow.submit_next` and by a tick.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.approval import NOT_APPROVED
from shared.domain.caps import in_words, may_go, price_of, what_holds
from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job, Reason
from shared.domain.retry_state import Cause
from shared.domain.slot import LATEST_POST_MS, SUBMIT_SPACING_MS, Slot
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, OutcomeUnknown, RetryLater, Trouble
from shared.logs import log, warn
from shared.workflow.account import account_is_full, counted, make_room
from shared.workflow.owning import adopt, find_own, own
from shared.workflow.photo_access import doubt_urls
from shared.workflow.ports import World
from shared.workflow.refusing import halt_queue, take_refusal
from shared.workflow.resolving import resolve
from shared.workflow.snapshots import with_snapshots
from shared.workflow.training_files import TrainingFiles, prepare_files

TIME_FOR_A_SUBMIT_MS = 40_000
TIME_FOR_THE_POST_MS = 27_000
RESERVE_TRIES = 5
ASKED_AGAIN_MS = 3_000_000
"""A person who has had as many trainings as one day allows is looked at again within the hour."""


def submit(world: World, job: Job, slot: Slot) -> Job:
    """Submit a queued job to DashScope if it can have the slot.

    Args:
        world: the services.
        job: the job, in state QUEUED.
        slot: the slot as it was read.

    Returns:
        The job as it is afterwards: TRAINING, or SUBMITTING with the outcome still unknown, or QUEUED again
        with the reason, or FAILED when none of its photos is left.

    Raises:
        Conflict: another run took the slot or the job first.
        RetryLater: too little of this invocation is left, or the queue waits as a whole.
        Trouble: the job's own files could not be read.
    """
    if not slot.keeps_books:
        # Imported here, as below: once after a deployment.
        from shared.workflow.books import with_books

        slot = with_books(world, slot)
    read = slot
    _check_that_it_may_go(world, job, slot)
    held_up, job = _by_its_person(world, job, slot)
    if held_up is not None:
        return held_up
    job = with_snapshots(world, job)
    if job.state.is_terminal:
        return job
    slot, account = _with_room_for_one(world, job, slot)
    job, prepared = _with_files(world, job, slot)
    if prepared is None:
        return job
    if slot.was_just_taken(world.clock.now()):
        # Clocks differ; but a run that takes the slot while we wait makes our write fail, by whatever clock.
        world.clock.sleep(SUBMIT_SPACING_MS)
    landed = find_own(job, account)
    taken_at = world.clock.monotonic()
    is_counted = landed is not None and landed.counts_against_the_cap
    slot = _reserve(world, job, slot, read, adds=not is_counted)
    intent = _intend(world, job, prepared, slot)
    if landed is not None:
        return adopt(world, intent, landed)
    is_late = world.clock.monotonic() - taken_at > LATEST_POST_MS
    if is_late or not world.has_time_for(TIME_FOR_THE_POST_MS):
        # The job keeps the slot: the next run continues with it.
        reason = Reason("no_time", "The function was too slow to send the submit; it is sent next time.")
        return world.jobs.save(intent, intent.requeued(reason, world.clock.now(), retry=intent.retry))
    return _post(world, intent, prepared.sendable, slot)


def _reserve(world: World, job: Job, slot: Slot, read: Slot, *, adds: bool) -> Slot:
    """Give the slot to the job, with the price of its training, if that fits under every cap.

    The caps are looked at on the row that the write replaces: whoever has reserved meanwhile makes it fail.
    ``read``: the slot as it was read, without what this submit has learnt since.
    """
    for tries_left in reversed(range(RESERVE_TRIES)):
        now = world.clock.now()
        _check_settings(world, job, slot, now)
        price = price_of(job, world.rules)
        taken = slot.taken_by(job.job_id, now, adds=adds, price_fen=price, billed=job.billed)
        try:
            return world.control.save_slot(slot, taken)
        except Conflict:
            # Portraits stand in the same row, for the sake of the caps, and make no training wait.
            after = world.control.slot() if slot.portraits.taken_at else slot
            is_new = after.version > slot.version
            if not tries_left or not is_new or not after.differs_by_portraits(read):
                raise
            slot, read = slot.with_portraits_of(after), after
    raise AssertionError("unreachable: the last try ends with an error")


def _check_settings(world: World, job: Job, slot: Slot, now: int) -> None:
    if not may_go(job, slot, world.rules, now):
        held = what_holds(job, slot, world.rules, now)
        raise Conflict(
            f"by the settings no training may begin: {(held.cause if held else NOT_APPROVED).code}"
        )


def _with_files(world: World, job: Job, slot: Slot) -> tuple[Job, TrainingFiles | None]:
    """Return the job with the files that DashScope is given; None when it is not to be submitted now."""
    try:
        job, prepared = prepare_files(world, job, slot)
    except Trouble as trouble:
        if trouble.api is not Api.TRAINING:
            raise
        # The file service refuses this job's files, or everybody's: as with a submit, the next job shows.
        return take_refusal(world, job, slot, trouble), None
    if job.state.is_terminal:
        return job, None
    # Files may have taken a minute.
    held_up, job = _by_consent(world, job)
    return (held_up, None) if held_up is not None else (job, prepared)


def _give_way(world: World, job: Job, slot: Slot) -> None:
    """Give the slot back for a job whose row cannot be written; others go before its next try.

    Nothing has been sent. Where the row was written all the same, the job keeps the slot and is resolved.
    """
    stored = world.jobs.find_each([job.job_id])[job.job_id]
    if isinstance(stored, Job) and stored.version == job.version:
        world.control.save_slot(slot, slot.with_refused(job.job_id).released(job.job_id))


def _with_room_for_one(world: World, job: Job, slot: Slot) -> tuple[Slot, list[FineTune]]:
    """Count the account's fine-tunes, and make room for one; a trouble of DashScope's halts the queue."""
    try:
        slot, account = counted(world, job, slot)
        world.health.passed(Api.TRAINING)
        if not slot.held_by(job.job_id):
            slot = _with_room(world, slot, account)
        return slot, account
    except Conflict:
        raise
    except Trouble as trouble:
        if trouble.api is not Api.TRAINING:
            raise
        halt_queue(world, slot, trouble)
        # Told by the slot: the job is not at fault.
        raise RetryLater("queue_halted", trouble.message, delay_seconds=1, api=trouble.api) from trouble


def _intend(world: World, job: Job, prepared: TrainingFiles, slot: Slot) -> Job:
    """Write down the intent to send the POST; a job for which that fails gives the slot back."""
    intended = replace(job, price_fen=price_of(job, world.rules)).attempting(
        world.clock.now(),
        expires_at=world.dead_at,
        file_ids=prepared.file_ids,
        key_id=world.dashscope.key_id,
        behind=slot.ends_since(job.closed_at),
    )
    try:
        intent = world.jobs.save(job, intended)
    except Conflict:
        raise
    except Trouble:
        _give_way(world, job, slot)
        raise
    log("submitting", job=intent.job_id, attempt=intent.attempt, photos=len(prepared.sendable))
    return intent


def _check_that_it_may_go(world: World, job: Job, slot: Slot) -> None:
    if not world.has_time_for(TIME_FOR_A_SUBMIT_MS):
        raise RetryLater("no_time", "too little of the invocation is left for a submit", delay_seconds=1)
    now = world.clock.now()
    if slot.paused is not None:
        raise Conflict("the queue has been paused meanwhile")
    if job.cancel_asked_at:
        raise Conflict("an administrator has cancelled the job")
    if slot.is_halted(now):
        raise Conflict("the queue has been halted meanwhile")
    if not (slot.held_by(job.job_id) or slot.is_free(world.rules.concurrent_trainings, now)):
        raise Conflict("the training slot is not free")
    _check_settings(world, job, slot, now)


def _by_its_person(world: World, job: Job, slot: Slot) -> tuple[Job | None, Job]:
    """Return the job set aside or ended, saved, if its person may not be trained now; and as it goes on."""
    held_up, job = _by_its_share(world, job, slot)
    return _by_consent(world, job) if held_up is None else (held_up, job)


def _by_its_share(world: World, job: Job, slot: Slot) -> tuple[Job | None, Job]:
    """Return the job set aside, saved, if its person has had enough; and the job as it is to go on."""
    now, allowed = world.clock.now(), world.rules.max_trainings_per_person_per_day
    if allowed and job.trainings_today(now) >= allowed:
        return world.jobs.save(job, _postponed(world, job)), job
    if not world.rules.max_fen_per_person:
        return None, job
    from shared.workflow.books import with_costs_before

    job, cap = with_costs_before(world, job, slot)
    if cap is None:
        return None, job
    cause = Cause(cap.code, in_words(cap, price_of(job, world.rules)), Kind.PERSON)
    return world.jobs.save(job, job.held_up(cause, now, until=now + ASKED_AGAIN_MS)), job


def _by_consent(world: World, job: Job) -> tuple[Job | None, Job]:
    """Return the job set aside or ended, saved, if its photos may not leave; and the job as it goes on."""
    if not world.rules.consent_required:
        return None, job
    # Imported here: most deployments ask for no consent.
    from shared.workflow.consenting import held_without_consent

    return held_without_consent(world, job)


def _postponed(world: World, job: Job) -> Job:
    now = world.clock.now()
    allowed = world.rules.max_trainings_per_person_per_day
    message = (
        f"The person has had {allowed} training{'s' if allowed > 1 else ''} today, as many as "
        "MAX_TRAININGS_PER_PERSON_PER_DAY allows; the next begins tomorrow, Beijing time."
    )
    return job.held_up(Cause("daily_limit", message, Kind.PERSON), now, until=now + ASKED_AGAIN_MS)


def _post(world: World, intent: Job, files: tuple[str, ...], slot: Slot) -> Job:
    try:
        fine_tune = world.dashscope.create_fine_tune(files)
    except OutcomeUnknown as lost:
        warn("submit_outcome_unknown", job=intent.job_id, code=lost.code, message=lost.message)
        return resolve(
            world, world.jobs.save(intent, intent.sent(Reason(lost.code, lost.message), world.clock.now()))
        )
    except Trouble as refusal:
        refused = take_refusal(world, intent, slot, refusal)
        doubt_urls(world, refusal.code)
        return refused
    return own(world, intent, fine_tune, slot)


def _with_room(world: World, slot: Slot, account: list[FineTune]) -> Slot:
    """Return the slot once the account has room for another fine-tune; raises AccountTrouble without room."""
    if slot.kept is None or slot.kept < world.rules.kept_fine_tunes:
        return slot
    if not make_room(world, account):
        raise account_is_full(slot.kept, world.rules)
    return replace(slot, kept=slot.kept - 1)
