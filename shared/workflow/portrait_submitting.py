"""The submit protocol of portraits: intent, POST, record; and how an attempt without an answer is resolved.

The theory. As with trainings (:mod:`shared.workflow.submitting`) DashScope has no idempotency key, and every
accepted POST is paid for, 0.18 CNY a picture. So the slot is taken and the price reserved in one write; then
the intent is saved on top of the version of the job's row that was read, so that exactly one run may send the
attempt's POST; it is sent once, on a connection of its own; then its task is saved.

What is different is the proof: :mod:`shared.domain.portrait_tasks`. An attempt without an answer waits until
nobody can send its POST any more and the list of tasks has had time to show it. Then a single task that
nobody knows, of our API key and with as many pictures as were asked for, is taken for its own. Otherwise the
order is asked for once more, and never a third time: an order may cost twice its price, and no more than
that. While the slot is held nothing else is sent, so at most one task of ours is unknown at any time.

Called by :mod:`shared.workflow.portrait_run`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.caps import PICTURES, cap_of_person_for, in_words, what_holds_portraits
from shared.domain.job import Job, Reason
from shared.domain.money import DAY_MS
from shared.domain.portrait_slot import SUBMIT_SPACING_MS
from shared.domain.portrait_styles import TEMPLATES_PREFIX
from shared.domain.portrait_tasks import PortraitTask, keys_of, unknown_in_window, window_of
from shared.domain.portrait_work import MODEL_RELEASED, attempt_of, released, taken
from shared.domain.portraits import LOST_ALLOWED, OrderState, PortraitOrder
from shared.domain.retry_state import Cause
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, OutcomeUnknown, RetryLater, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.portrait_costs import spent_on
from shared.workflow.portrait_refusing import take_refusal
from shared.workflow.portrait_saving import save, save_outcome
from shared.workflow.ports import World

TIME_FOR_A_SUBMIT_MS = 40_000
TIME_FOR_THE_POST_MS = 27_000
LISTED_MS = DAY_MS - 3_600_000
"""So long a missing task was never made: DashScope keeps them for a day ("Asynchronous tasks")."""
TRIES_BEFORE_UNCLEAR = 3
NOT_TOLD = "task_not_told"

LOST = Reason("portraits_lost", "The order did not reach DashScope; it is asked for once more.")
LOST_TWICE = Reason(
    "portraits_lost_twice", "The order did not reach DashScope twice in a row; order the portraits again."
)
UNCLEAR = Reason(
    "portraits_unclear",
    "DashScope did not answer the order, and its list does not tell which task is ours: it may be billed.",
)


def submit(world: World, job: Job, order: PortraitOrder) -> None:
    """Ask DashScope for the portraits of a queued order, if it may be asked now.

    Raises:
        Conflict: another run took the slot or the job first, or the settings are against it.
        RetryLater: too little of this invocation is left.
        Trouble: the person's own consent, costs or template could not be read.
    """
    if not world.has_time_for(TIME_FOR_A_SUBMIT_MS):
        raise RetryLater("no_time", "too little of the invocation is left for a submit", delay_seconds=1)
    slot = world.control.slot()
    if not slot.keeps_books:
        # Imported here: once after a deployment.
        from shared.workflow.books import with_books

        slot = with_books(world, slot)
    _check(world, job, order, slot)
    if (cause := _held_by_person(world, job, order, slot)) is not None:
        held = order.held_up(cause, world.clock.now())
        save(world, job, held)
        return
    template_url = _template_url(world, order)
    if abs(world.clock.now() - slot.portraits.taken_at) < SUBMIT_SPACING_MS:
        world.clock.sleep(SUBMIT_SPACING_MS)
    now, price = world.clock.now(), world.rules.portrait_price_fen
    _check(world, job, order, slot)
    slot = world.control.save_slot(slot, taken(slot, attempt_of(job, order), order, price, now))
    intended = order.attempting(now, expires_at=world.dead_at, price_fen=price)
    job, order = _intend(world, job, order, intended, slot), intended
    log("portraits_submitting", job=job.job_id, order=order.number, attempt=order.attempt)
    if not world.has_time_for(TIME_FOR_THE_POST_MS):
        reason = Reason("no_time", "The function was too slow to send the order; it is sent next time.")
        save(world, job, order.requeued(reason, order.retry))
        return
    _post(world, job, order, slot, template_url)


def _intend(world: World, job: Job, order: PortraitOrder, intended: PortraitOrder, slot: Slot) -> Job:
    """Write down the intent to send the POST; an order for which that fails gives the slot back."""
    try:
        return save(world, job, intended)
    except Conflict:
        raise
    except Trouble:
        stored = world.jobs.find_each([job.job_id])[job.job_id]
        if isinstance(stored, Job) and stored.version == job.version:
            # Nothing has been sent: others go before its next try.
            world.control.save_slot(slot, released(slot, order))
        raise


def _check(world: World, job: Job, order: PortraitOrder, slot: Slot) -> None:
    now, portraits = world.clock.now(), slot.portraits
    held = what_holds_portraits(order, slot, world.rules, now)
    is_free = portraits.holder in ("", str(attempt_of(job, order)))
    if slot.paused is not None or held is not None or portraits.is_halted(now) or not is_free:
        code = held.cause.code if held is not None else "not_free"
        raise Conflict(f"no portraits may be asked for now: {code}")


def _held_by_person(world: World, job: Job, order: PortraitOrder, slot: Slot) -> Cause | None:
    """Return why this person's portraits may not be made now: the cap of a person, or no consent."""
    if world.rules.max_fen_per_person:
        price = world.rules.portrait_price_fen * order.wanted.pictures
        cap = cap_of_person_for(price, spent_on(world, job, slot), world.rules)
        if cap is not None:
            return Cause(cap.code, in_words(cap, price, PICTURES), Kind.PERSON)
    if world.rules.consent_required:
        # Imported here: most deployments ask for no consent.
        from shared.domain.consent import cause_of
        from shared.workflow.consenting import why_not

        if why := why_not(world, job):
            return cause_of(why)
    return None


def _template_url(world: World, order: PortraitOrder) -> str:
    """Return the URL of the order's template; a signed one is neither kept nor logged."""
    template = order.wanted.template
    return world.bucket.signed_url(template) if template.startswith(TEMPLATES_PREFIX) else template


def _post(world: World, job: Job, order: PortraitOrder, slot: Slot, template_url: str) -> None:
    try:
        task_id = world.dashscope.portraits.create(job.finetuned_output, order.wanted, template_url)
    except OutcomeUnknown as lost:
        warn("portraits_unanswered", job=job.job_id, order=order.number, code=lost.code, message=lost.message)
        why, now = Reason(lost.code, lost.message), world.clock.now()
        save_outcome(world, job, order, lambda one: one.sent(why, now))
        return
    except Trouble as refusal:
        take_refusal(world, job, order, slot, refusal)
        return
    own(world, job, order, task_id)
    if slot.portraits.refusals:
        well = replace(slot, portraits=slot.portraits.accepted(world.clock.now()))
        try:
            world.control.save_slot(slot, well)
        except Conflict:
            log("slot_changed_meanwhile", job=job.job_id)


def own(world: World, job: Job, order: PortraitOrder, task_id: str) -> None:
    """Record that a task is the order's; another change of the row does not lose it."""
    save_outcome(world, job, order, lambda one: one.submitted(task_id))
    log("portraits_submitted", job=job.job_id, order=order.number, task=task_id)


def resolve(world: World, job: Job, order: PortraitOrder) -> None:
    """Find out from the list of tasks what became of an attempt whose answer is missing.

    Raises:
        Trouble: the list cannot be read, and may yet tell.
    """
    if world.clock.now() - order.submitted_at > LISTED_MS:
        # Whatever was made may be forgotten: an empty list proves nothing any more.
        _give_up(world, job, order, may_be_paid=True)
        return
    since, until = window_of(order)
    known = world.control.slot().portraits.tasks
    portraits = world.dashscope.portraits
    unknown = unknown_in_window(portraits.tasks(since, until), known, since, until)
    keys = keys_of(portraits.newest(until), known) if unknown else frozenset()
    # Those of other keys are of other programs.
    unknown = [task for task in unknown if not keys or not task.key or task.key in keys]
    if len(unknown) == 1 and unknown[0].key in keys and _is_as_asked(world, unknown[0], order):
        own(world, job, order, unknown[0].task_id)
        log("portraits_adopted", job=job.job_id, order=order.number, task=unknown[0].task_id)
        return
    _give_up(world, job, order, may_be_paid=bool(unknown))


def _give_up(world: World, job: Job, order: PortraitOrder, *, may_be_paid: bool) -> None:
    """Give up finding out; what may have been paid counts as paid."""
    is_last = order.lost + 1 >= LOST_ALLOWED
    reason = UNCLEAR if may_be_paid else LOST_TWICE if is_last else LOST
    billed = order.wanted.pictures if may_be_paid else 0
    warn("portraits_lost", job=job.job_id, order=order.number, code=reason.code, billed=billed)
    save(world, job, order.unanswered(billed=billed, reason=reason, now=world.clock.now()))


def _is_as_asked(world: World, listed: PortraitTask, order: PortraitOrder) -> bool:
    try:
        task = world.dashscope.portraits.task(listed.task_id)
    except Exception as problem:
        trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
        retry = order.retry
        tries = retry.tries if retry is not None and retry.cause.code == NOT_TOLD else 0
        if tries >= TRIES_BEFORE_UNCLEAR:
            # The slot is everybody's.
            return False
        message = f"DashScope lists a task, and does not tell what it was asked for ({trouble.message})"
        raise RetryLater(NOT_TOLD, message, delay_seconds=20, api=Api.PORTRAITS) from problem
    return not task.total or task.total == order.wanted.pictures


def drop(world: World, job: Job, order: PortraitOrder) -> None:
    """End a queued order whose model is gone."""
    save(world, job, order.ended(OrderState.CANCELED, world.clock.now(), reason=MODEL_RELEASED))
