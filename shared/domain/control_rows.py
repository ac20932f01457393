"""The rows that all functions share, as one read of them gives them to a tick.

:mod:`shared.clients.control_table` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    # For the types alone: whoever rings the bell loads neither the sweep nor the lingering.
    from shared.domain.health import Health
    from shared.domain.lingering import Lingering
    from shared.domain.slot import Slot
    from shared.domain.sweeping import SweepProgress

DELIVERIES = "messages"
"""The row of the latest tries to send a message, and of the receivers that want none any more."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A row whose value only its user understands: an object of JSON.

    ``version`` 0: none has been written yet.
    """

    value: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Doorbell:
    """Whether somebody waits for a tick: the one row by which a tick knows that there are requests.

    ``rings_at``: it rings by itself then, for a request that waits for its time; 0: it does not. ``unknown``
    is what newer code has added, which stays (:mod:`shared.domain.formats`).
    """

    is_rung: bool = False
    rings_at: int = 0
    version: int = 0
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def is_heard(self, now: int) -> bool:
        """Whether a tick has to look what is asked for."""
        return self.is_rung or 0 < self.rings_at <= now


class ControlRows(NamedTuple):
    """The shared rows; one that cannot be read now is None, and is to be left alone.

    Attributes:
        slot: who trains, and why the queue waits; without it there is no tick.
        sweep: how far the sweep has come.
        lingering: which run stays.
        health: what works and what does not.
        doorbell: whether there are requests.
        access: what was learnt of how DashScope gets photos.
    """

    slot: Slot
    sweep: SweepProgress | None
    lingering: Lingering | None
    health: Health | None
    doorbell: Doorbell | None
    access: Document | None
