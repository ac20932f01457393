"""What may be paid: who asks for a training, what was allowed, and what has been ordered. Thread-safe.

The theory. A request for a training is never kept waiting: a run of the functions lives for a minute, a
person at a terminal may come back in an hour, and a request that is held while its sender dies would be sent
for nobody. So it is refused at once, as busy, with the words what it waits for. The product keeps the job in
its queue, has sent nothing, and asks again within a minute. Only a request that comes after the answer goes
out, and it takes the permission with it unless DashScope certainly refuses it.

Amounts are in hundredths of a CNY.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from local.real_dashscope.account import LIMIT_VARIABLE, in_cny
from local.real_dashscope.calls import Subject


@dataclass(frozen=True, kw_only=True)
class Held:
    """A training that is not passed on, and why, in a sentence for the status API."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """A training that is passed on: the money for it is set aside."""

    number: int
    subject: Subject
    by_name: bool


class Purse:
    """The money of one run. Nothing of it outlives the run: the next one asks again."""

    def __init__(self, *, price_fen: int, limit_fen: int | None, asks: bool) -> None:
        """Allow nothing yet where somebody is asked; else everything up to ``limit_fen``.

        Args:
            price_fen: the list price of a training.
            limit_fen: what may be paid in this run at most; None: no limit has been named.
            asks: whether somebody is there to be asked.
        """
        self.price_fen = price_fen
        self.limit_fen = limit_fen
        self.asks = asks
        self._all_up_to_fen = 0 if asks or limit_fen is None else limit_fen
        self._allowed: set[str] = set()
        self._declined: set[str] = set()
        self._held: dict[str, Subject] = {}
        self._orders: set[int] = set()
        self._count = 0
        self._lock = threading.Lock()

    def order(self, subject: Subject) -> Order | Held:
        """Set the price of a training aside, if it may be paid."""
        with self._lock:
            if self.limit_fen is not None and self._after_one_more() > self.limit_fen:
                self._held[subject.key] = subject
                return Held(reason=self._out_of_money())
            by_name = subject.key in self._allowed
            if not by_name and self._after_one_more() > self._all_up_to_fen:
                self._held[subject.key] = subject
                return Held(reason=self._waits(subject))
            self._allowed.discard(subject.key)
            self._held.pop(subject.key, None)
            self._count += 1
            self._orders.add(self._count)
            return Order(number=self._count, subject=subject, by_name=by_name)

    def take_back(self, order: Order) -> None:
        """Note that a training was certainly not made: its price, and a permission by name, are back."""
        with self._lock:
            self._orders.remove(order.number)
            if order.by_name:
                self._allowed.add(order.subject.key)

    def question(self) -> Subject | None:
        """Return the training that somebody should be asked about next; None when there is none."""
        with self._lock:
            if not self.asks or not self._has_money():
                return None
            open_ones = (one for one in self._held.values() if not self._is_answered(one.key))
            return next(open_ones, None)

    def allow(self, subject: Subject) -> None:
        """Allow this training, once."""
        with self._lock:
            self._declined.discard(subject.key)
            self._allowed.add(subject.key)

    def allow_all(self, up_to_fen: int) -> None:
        """Allow every training while all that is ordered in this run stays within ``up_to_fen``."""
        with self._lock:
            self._declined.clear()
            self._all_up_to_fen = up_to_fen

    def decline(self, subject: Subject) -> None:
        """Do not allow this training, and do not ask about it again."""
        with self._lock:
            self._allowed.discard(subject.key)
            self._declined.add(subject.key)

    @property
    def ordered_fen(self) -> int:
        """What has been ordered in this run, whatever became of it."""
        with self._lock:
            return len(self._orders) * self.price_fen

    @property
    def orders(self) -> int:
        """How many trainings have been ordered in this run."""
        with self._lock:
            return len(self._orders)

    @property
    def is_used_up(self) -> bool:
        """Whether a training waits that the limit of this run leaves no money for."""
        with self._lock:
            return bool(self._held) and not self._has_money()

    def _after_one_more(self) -> int:
        return len(self._orders) * self.price_fen + self.price_fen

    def _has_money(self) -> bool:
        return self.limit_fen is None or self._after_one_more() <= self.limit_fen

    def _is_answered(self, key: str) -> bool:
        return key in self._allowed or key in self._declined or self._after_one_more() <= self._all_up_to_fen

    def _waits(self, subject: Subject) -> str:
        price = in_cny(self.price_fen)
        if not self.asks:
            return (
                f"A paid training waits for a yes: it costs {price}. Start again with {LIMIT_VARIABLE}=<CNY>."
            )
        if subject.key in self._declined:
            return f"A paid training waits for a yes: {price} was declined. Type y in the terminal to pay it."
        return f"A paid training waits for a yes: answer in the terminal whether {price} may be paid."

    def _out_of_money(self) -> str:
        limit, ordered = in_cny(self.limit_fen or 0), in_cny(len(self._orders) * self.price_fen)
        return (
            f"A paid training waits for a yes: {ordered} of {limit} are ordered, which is all that this run"
            f" may pay. Start again with a higher {LIMIT_VARIABLE}."
        )
