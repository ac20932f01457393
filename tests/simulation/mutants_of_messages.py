"""Breakages of what is told, as mutants: each takes back one promise to whoever listens."""

from __future__ import annotations

from tests.simulation.mutants import one

_MESSAGES, _OUTBOXES = "shared.domain.messages", "shared.domain.outboxes"
_MESSAGING, _TABLE = "shared.workflow.messaging", "shared.clients.outbox_table"

MUTANTS_OF_MESSAGES = (
    one(
        "a message that was not taken is done with",
        _MESSAGING,
        "            if reply.is_taken or reply.is_gone or is_last:\n",
        "            if True:\n",
    ),
    one(
        "the next message goes although the one before was not taken",
        _OUTBOXES,
        "    found.sort(key=lambda one: (one[0], one[1].revision, one[1].message.number))\n",
        "    found.sort(key=lambda one: (-one[0], -one[1].revision, -one[1].message.number))\n",
    ),
    one(
        "two messages of a job have one id",
        _MESSAGES,
        'message_id=f"msg_{job.job_id}_{job.opened_at:x}_{number}"',
        'message_id=f"msg_{job.job_id}_{job.opened_at:x}_1"',
    ),
    one(
        "a submit that is refused is told as another place in the queue",
        _MESSAGES,
        "kind is None or not after.moves or _was_only_refused(before, after)",
        "kind is None or not after.moves",
    ),
    one(
        "an outbox leaves the index though a message was refused",
        _OUTBOXES,
        "    moments = [_moment(outbox, name, waiting[0], now) for name, waiting in heads if waiting]\n",
        "    moments: list[int] = []\n",
    ),
    one(
        "an outbox is not listed before the save",
        _TABLE,
        "self._announced(key, lambda outbox: announced(outbox, revision, until, now))",
        "self.find(key)",
    ),
    one(
        "what is delivered is not remembered",
        _OUTBOXES,
        "    number = max(told.message.number, progress.told.get(told.revision, 0))\n",
        "    number = progress.told.get(told.revision, 0)\n",
    ),
)
