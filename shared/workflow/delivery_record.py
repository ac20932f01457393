"""What has become of the latest tries to send a message, and which receivers want none any more.

One bounded row of ``control``, read and written only by a pass that sends something. It names jobs and not
people; those of a person who is erased are taken out. Called by :mod:`shared.workflow.messaging`;
``status`` shows it (:mod:`shared.http_api.webhooks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.domain.control_rows import DELIVERIES, Document
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.access_record import Documents
from shared.workflow.message_ports import Receiver, Reply

KEPT = 60
"""Tries that the row remembers: some kilobytes."""
SAVE_TRIES = 3
DELIVERED, FAILED, GIVEN_UP, DISABLED = "delivered", "failed", "given_up", "disabled"


@dataclass(frozen=True, kw_only=True)
class Try:
    """One try. Names that end in ``_at`` are milliseconds since the epoch, 0 for never.

    Attributes:
        tries: how often this message has been sent to this receiver, this try included.
        status: the HTTP status; 0: no answer came.
        code: why it was not taken; empty: it was.
    """

    message_id: str
    kind: str
    job_id: str
    receiver: str
    at: int
    status: int
    code: str
    tries: int
    next_try_at: int
    outcome: str


class DeliveryRecord:
    """The row, as one pass reads it once and writes it once."""

    def __init__(self, control: Documents, receivers: Iterable[Receiver]) -> None:
        self._control = control
        self._fingerprints = {one.name: one.fingerprint for one in receivers}
        self._document: Document | None = None
        self._tries: list[Try] = []
        self._disabled: dict[str, dict[str, Any]] = {}
        self._enabled: set[str] = set()

    def is_disabled(self, receiver: Receiver) -> bool:
        """Whether ``receiver`` has said that it wants no message any more, at the address that is set now."""
        if receiver.name in self._disabled:
            return True
        if receiver.name in self._enabled:
            return False
        return is_disabled(self._read().value, receiver.name, receiver.fingerprint)

    def disable(self, receiver: Receiver, now: int, reply: Reply) -> None:
        """Send nothing more to ``receiver`` until its address or secret changes, or a test is taken."""
        warn("receiver_disabled", receiver=receiver.name, code=reply.code)
        self._disabled[receiver.name] = {"at": now, "code": reply.code, "endpoint": receiver.fingerprint}

    def enable(self, receiver: Receiver) -> None:
        """Send to ``receiver`` again: it has just taken a message."""
        if self.is_disabled(receiver):
            log("receiver_enabled", receiver=receiver.name)
            self._disabled.pop(receiver.name, None)
            self._enabled.add(receiver.name)

    def note(self, one: Try) -> None:
        """Remember a try, and tell the log of it."""
        name, receiver, kind, tries = one.message_id, one.receiver, one.kind, one.tries
        if one.outcome == DELIVERED:
            log("message_delivered", message_id=name, receiver=receiver, kind=kind, tries=tries)
        else:
            warn(
                "message_not_delivered",
                message_id=name,
                receiver=receiver,
                kind=kind,
                tries=tries,
                code=one.code,
                outcome=one.outcome,
            )
        self._tries.append(one)

    def save(self) -> None:
        """Write down what this pass has learnt; raises nothing, since no message depends on it."""
        if not self._tries and not self._disabled and not self._enabled:
            return
        for _ in range(SAVE_TRIES):
            try:
                document = self._read()
                self._document = self._control.save_json(DELIVERIES, document, self._merged(document.value))
                self._tries.clear()
                return
            except Conflict:
                self._document = None
            except Trouble as trouble:
                warn("deliveries_not_noted", code=trouble.code, message=trouble.message)
                return

    @property
    def is_read(self) -> bool:
        """Whether this pass has had to look at the row."""
        return self._document is not None

    def gone(self) -> dict[str, int]:
        """Return the receivers that want no message at the address that is set now, and since when.

        Raises:
            Trouble: the row cannot be read.
        """
        found = self._merged(self._read().value)["disabled"]
        return {name: int(one.get("at", 0)) for name, one in found.items()}

    def _read(self) -> Document:
        if self._document is None:
            self._document = self._control.read_json(DELIVERIES)
        return self._document

    def _merged(self, value: Mapping[str, Any]) -> dict[str, Any]:
        # What was said at another address is over.
        kept = {
            name: one
            for name, one in value.get("disabled", {}).items()
            if name not in self._enabled and is_disabled(value, name, self._fingerprints.get(name, ""))
        }
        tries = [*value.get("tries", []), *map(asdict, self._tries)][-KEPT:]
        return {"disabled": {**kept, **self._disabled}, "tries": tries}


def is_disabled(value: Mapping[str, Any], name: str, fingerprint: str) -> bool:
    """Whether the row says that the receiver ``name`` wants no message at the address that is set now."""
    found = value.get("disabled", {}).get(name)
    return isinstance(found, dict) and found.get("endpoint") == fingerprint
