"""Does what an administrator has asked for about messages: try the receivers, and send one once more.

Called by :mod:`shared.workflow.requests`, and as everything there it may be done twice: a message has the
same id each time. What a receiver has answered is the outcome, and stands among the deliveries.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.messages import Message, all_messages, job_of, trial_message
from shared.domain.requests import REDELIVER, TRY_RECEIVERS, Request
from shared.workflow.delivery_record import DELIVERED, DISABLED, FAILED, DeliveryRecord, Try
from shared.workflow.message_ports import Messages, Receiver, Reply
from shared.workflow.messaging import note_gone
from shared.workflow.ports import World

WITHIN_MS = 5_000
WEBHOOK = "webhook"
"""The receiver of everything; robots are told once and no more."""


def is_known(request: Request) -> bool:
    """Whether this version knows what is asked for."""
    return request.kind in (TRY_RECEIVERS, REDELIVER)


def carry_out(world: World, request: Request) -> str:
    """Do what ``request`` asks for; returns the outcome: a code, and more words behind a colon.

    Raises:
        Trouble: the tables did not answer; try again.
    """
    messages = world.messages
    if messages is None:
        return "no_receiver"
    if request.kind == TRY_RECEIVERS:
        return _sent(
            world, messages, messages.receivers, trial_message(request.request_id, request.asked_at), None
        )
    receivers = tuple(one for one in messages.receivers if one.name == WEBHOOK)
    name = job_of(request.subject)
    job = world.jobs.find([name])[name] if name else None
    if not receivers:
        return "no_receiver"
    found = [one for one in all_messages(job) if one.message_id == request.subject] if job else []
    if job is None or not found or _is_being_erased(world, job):
        return "message_unknown"
    return _sent(world, messages, receivers, found[0], job)


def _is_being_erased(world: World, job: Job) -> bool:
    """Whether the person is on the way out, which the newest of the rows says until the last has gone."""
    newest = world.jobs.latest(job.person_id)
    return newest is None or bool(newest.erasing_since)


def _sent(
    world: World, messages: Messages, receivers: tuple[Receiver, ...], message: Message, job: Job | None
) -> str:
    """Send ``message`` to each of ``receivers``; one that takes it is told of everything again."""
    record = DeliveryRecord(world.control, messages.receivers)
    told: list[str] = []
    is_taken = True
    for receiver in receivers:
        reply = receiver.send(message, job, world.clock.now(), WITHIN_MS)
        if reply.is_taken:
            record.enable(receiver)
        record.note(_tried(world, receiver, message, job, reply))
        is_taken &= reply.is_taken
        told.append(f"{receiver.name} {reply.code or reply.status}")
    record.save()
    note_gone(world, record)
    return f"{'message_taken' if is_taken else 'message_refused'}: {', '.join(told)}"


def _tried(world: World, receiver: Receiver, message: Message, job: Job | None, reply: Reply) -> Try:
    outcome = DELIVERED if reply.is_taken else DISABLED if reply.is_gone else FAILED
    return Try(
        message_id=message.message_id,
        kind=message.kind,
        job_id=job.job_id if job else "",
        receiver=receiver.name,
        at=world.clock.now(),
        status=reply.status,
        code=reply.code,
        tries=1,
        next_try_at=0,
        outcome=outcome,
    )
