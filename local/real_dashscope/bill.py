"""What was paid: the trainings that have ended, as DashScope's own answers tell it. Thread-safe.

DashScope, "Model customization API": ``usage`` is the number of trainings that are billed. Where an answer
lacks it, a succeeded training counts as one and any other as none ("请求失败不计费", price page). A fine-tune
is counted once, however often it is looked at. Amounts are in hundredths of a CNY.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from local.real_dashscope.bodies import output_in
from shared.domain.fine_tunes import CANCELED, FAILED, SUCCEEDED

_ENDED = (SUCCEEDED, FAILED, CANCELED)
_MOST_TRAININGS = 1000


@dataclass(frozen=True, kw_only=True)
class Item:
    """One training that has ended."""

    fine_tune_id: str
    status: str
    paid_fen: int


class Bill:
    """The trainings that were seen to end in this run."""

    def __init__(self, price_fen: int) -> None:
        """Begin at nothing; ``price_fen`` is the list price of a training."""
        self._price_fen = price_fen
        self._items: dict[str, Item] = {}
        self._lock = threading.Lock()

    def note(self, answer: bytes) -> None:
        """Take in an answer about one fine-tune; one that cannot be read says nothing."""
        output = output_in(answer)
        name, status = output.get("job_id"), output.get("status")
        if not isinstance(name, str) or not name or status not in _ENDED:
            return
        usage = output.get("usage")
        if not isinstance(usage, int) or isinstance(usage, bool) or not 0 <= usage <= _MOST_TRAININGS:
            usage = 1 if status == SUCCEEDED else 0
        item = Item(fine_tune_id=name, status=str(status), paid_fen=usage * self._price_fen)
        with self._lock:
            self._items.setdefault(name, item)

    @property
    def items(self) -> list[Item]:
        """The trainings, in the order in which they were seen to end."""
        with self._lock:
            return list(self._items.values())

    @property
    def paid_fen(self) -> int:
        """What they cost together, by list price."""
        return sum(item.paid_fen for item in self.items)
