"""The money that a run may spend: every paid call asks here before it is made.

Prices are the list prices ("Model prices", 2026-02): a free allowance of the account makes it cheaper, never
dearer. A training that fails or is canceled is counted all the same, as only a bill could tell.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from enum import Enum

MOST_CNY = Decimal(10)
"""No run is given more."""
DEFAULT_CNY = Decimal(8)
SMALL_CHANGE_CNY = Decimal("0.05")
"""What all unpaid questions cost together: requests, a few megabytes, an hour of three functions."""


class Paid(Enum):
    """A step that is paid, with its price in CNY."""

    FAILING_TRAINING = ("a training that should fail", "2.5")
    TRAINING = ("a training", "2.5")
    SECOND_TRAINING = ("a second training, canceled at once if it is accepted", "2.5")
    PORTRAIT = ("one portrait", "0.18")

    @property
    def words(self) -> str:
        """The step in words."""
        return self.value[0]

    @property
    def cny(self) -> Decimal:
        """The list price."""
        return Decimal(self.value[1])


class BudgetError(ValueError):
    """The budget is no amount, or above :data:`MOST_CNY`."""


class OverBudget(Exception):
    """A step costs more than the rest of the budget, or is paid already; the text says which."""


class Budget:
    """What is left of an amount; each step is paid once."""

    def __init__(self, cny: Decimal) -> None:
        """Begin with ``cny``, of which :data:`SMALL_CHANGE_CNY` is taken as spent.

        Raises:
            BudgetError: it is not between the small change and :data:`MOST_CNY`.
        """
        if not cny.is_finite() or not SMALL_CHANGE_CNY <= cny <= MOST_CNY:
            raise BudgetError(f"LIVE_BUDGET_CNY must be from {SMALL_CHANGE_CNY} to {MOST_CNY}, not {cny}")
        self.cny = cny
        self._steps: set[Paid] = set()

    @property
    def spent(self) -> Decimal:
        """What is spent at most."""
        return most(self._steps)

    @property
    def rest(self) -> Decimal:
        """What is left."""
        return self.cny - self.spent

    def spend(self, step: Paid) -> None:
        """Count ``step`` as paid, before it is taken.

        Raises:
            OverBudget: the rest does not suffice, or the step is paid already; nothing is counted.
        """
        if step in self._steps:
            raise OverBudget(f"{step.words} is paid already, and none is paid twice")
        if step.cny > self.rest:
            raise OverBudget(
                f"{step.words} costs up to {step.cny} CNY, and {self.rest} CNY of the budget are left"
            )
        self._steps.add(step)

    def give_back(self, step: Paid) -> None:
        """Count ``step`` as not paid: the service has refused it ("failed requests are not billed")."""
        self._steps.discard(step)


def most(steps: Collection[Paid]) -> Decimal:
    """Return what a run with ``steps`` costs at most."""
    return sum((step.cny for step in steps), SMALL_CHANGE_CNY)
