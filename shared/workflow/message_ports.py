"""Whom messages are sent to, and the outboxes, as protocols; the clients fulfil them.

Imported only where somebody wants to be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.messages import Message
    from shared.domain.outboxes import Outbox


class Reply(NamedTuple):
    """What became of a try.

    Attributes:
        code: why the message was not taken; empty: it was.
        message: the same in words.
        status: the HTTP status; 0: no answer came.
        retry_after_ms: how long the receiver wants to be left alone.
        is_gone: the receiver wants no message ever again.
    """

    code: str = ""
    message: str = ""
    status: int = 0
    retry_after_ms: int = 0
    is_gone: bool = False

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the message."""
        return not self.code


class Receiver(Protocol):
    """Somebody who wants to be told: a webhook, or the robot of a group chat."""

    @property
    def name(self) -> str:
        """The receiver's name, which stays the same when its address changes."""

    @property
    def fingerprint(self) -> str:
        """Stands for its address and its secret, and tells neither."""

    @property
    def most_a_pass(self) -> int:
        """How many messages it is sent in one pass at most."""

    def wants(self, kind: str) -> bool:
        """Whether it is told of what is of this kind."""

    def send(self, message: Message, job: Job | None, now: int, within_ms: int) -> Reply:
        """Send ``message``, once, and wait for the answer at most ``within_ms``; raises nothing."""


class Outboxes(Protocol):
    """What is to be told of each person."""

    def due(self, now: int, count: int) -> list[str]:
        """Return the keys of outboxes that are due; may lag behind the table by moments."""

    def find(self, key: str) -> Outbox:
        """Return an outbox; an empty one when none has been written yet."""

    def save(self, before: Outbox, after: Outbox) -> Outbox:
        """Write ``after`` on top of ``before``; raises Conflict if it is outdated."""

    def forget(self, key: str, last_revision: int) -> bool:
        """Delete the outbox of an erased person, unless it is that of the next one; returns whether it was.

        Raises:
            Conflict: another run has written it meanwhile.
            Permanent: its row cannot be read.
        """

    def announce(self, key: str, revision: int, until: int, now: int) -> None:
        """List an outbox before a message is saved, by a run that is dead by ``until``; raises nothing."""


class Messages(NamedTuple):
    """The outboxes, and whoever wants to be told."""

    outboxes: Outboxes
    receivers: tuple[Receiver, ...]
