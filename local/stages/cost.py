"""``cost``: an estimate of a month for so many people, line by line, with the date of the prices."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from local.prices import Estimate, estimate
from local.stages.errors import NotStarted

MOST_PEOPLE = 10_000_000


def estimated(people: int) -> Estimate:
    """Return the estimate of a month.

    Raises:
        NotStarted: no month has so many people.
    """
    if not 0 <= people <= MOST_PEOPLE:
        raise NotStarted(f"--people is {people}; it is from 0 to {MOST_PEOPLE:,}")
    return estimate(people)


def document_of(month: Estimate) -> dict[str, Any]:
    """Return an estimate for programs."""
    return {**asdict(month), "cny": round(month.cny, 2), "cny_a_person": month.cny_a_person}


def lines_of(month: Estimate) -> list[str]:
    """Return an estimate for people."""
    width = max(len(item.name) for item in month.items)
    lines = [f"{month.people:,} people a month, list prices of {month.as_of}, in CNY"]
    for item in month.items:
        mark = " (assumed)" if item.is_assumed else ""
        lines.append(f"  {item.name:<{width}} {item.cny:>12,.2f}   {item.quantity:,.1f} {item.unit}{mark}")
    lines.append(f"  {'together':<{width}} {month.cny:>12,.2f}")
    if month.cny_a_person is not None:
        lines.append(f"  {'a person':<{width}} {month.cny_a_person:>12,.2f}")
    if month.slots > 1:
        lines.append(
            f"  So many people need ConcurrentTrainings={month.slots}, which DashScope has to agree to."
        )
    return [*lines, "  Where each figure is from, and what is assumed: docs/costs.md"]
