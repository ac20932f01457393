"""Reminds the operator when the queue has been blocked for an hour, and says when it goes on.

The messages stand in an outbox of their own, so that they are tried, logged and given up like all others.
While the queue is blocked the outbox stays listed, and each tick looks whether it goes on. Called by a tick
(:mod:`shared.workflow.reconciling`) and by :mod:`shared.workflow.messaging`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.blocks import Block
from shared.domain.messages import BLOCKED, RESUMED, Message, queue_message
from shared.domain.outboxes import HOUR_MS, OPERATOR, Outbox
from shared.domain.remedies import explanation
from shared.domain.words import Words
from shared.errors import Conflict
from shared.workflow.message_ports import Messages

ACCEPTED_WITHIN_MS = 120_000
"""A submit that is accepted so long after the last one took the slot is that one's."""
GOES_ON = Words("The queue goes on.", "队列已恢复。")


def remind(messages: Messages, blocks: Sequence[Block], now: int) -> None:
    """Write a reminder when the queue has been blocked for another hour; at 1, 2, 4, 8… hours.

    Costs a read each tick while the queue is blocked for longer than an hour.
    """
    outbox = messages.outboxes.find(OPERATOR)
    after = reminded(outbox, blocks, now)
    if after != outbox:
        try:
            messages.outboxes.save(outbox, after)
        except Conflict:
            # Another tick has just seen the same.
            return


def reminded(outbox: Outbox, blocks: Sequence[Block], now: int) -> Outbox:
    """Return the outbox with the reminder that is due."""
    block = blocks[0]
    since = int(outbox.memory.get("since", 0)) or block.since
    hours = (now - since) // HOUR_MS
    told_at = int(outbox.memory.get("told_hours", 0))
    if hours < max(1, 2 * told_at):
        return outbox
    number = _number(outbox)
    cause = block.cause._replace(kind=block.scope) if block.scope.is_of_all else block.cause
    told = explanation(cause)
    message = queue_message(BLOCKED, since, number, now, cause.code, told.message, told.remedy)
    memory = {"since": since, "told_hours": hours, "code": cause.code, "number": number}
    return _with(outbox, message, memory, now)


def brought_up_to_date(
    messages: Messages, outbox: Outbox, blocks: Sequence[Block], accepted_at: int, now: int
) -> Outbox:
    """Return the outbox as it is stored, with the word that the queue goes on unless ``blocks`` keep it.

    ``accepted_at``: when DashScope last accepted a submit. The cap of a day may let somebody through and hold
    the next one in the same moment; that one waits for another reason, and begins to wait then.
    """
    since = int(outbox.memory.get("since", 0))
    has_moved = accepted_at > since + ACCEPTED_WITHIN_MS
    if not since or (blocks and not (has_moved and all(block.since > since for block in blocks))):
        return outbox
    number, code = _number(outbox), str(outbox.memory.get("code", ""))
    message = queue_message(RESUMED, since, number, now, code, GOES_ON)
    return messages.outboxes.save(outbox, _with(outbox, message, {"number": number}, now))


def _number(outbox: Outbox) -> int:
    return int(outbox.memory.get("number", 0)) + 1


def _with(outbox: Outbox, message: Message, memory: dict[str, object], now: int) -> Outbox:
    return replace(outbox, own=(*outbox.own, message)[-8:], memory=memory, due_at=now)
