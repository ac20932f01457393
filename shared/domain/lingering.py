"""When a timer run stays for a fine-tune that is about to end, and when it looks.

The theory. A slot that becomes free between two ticks is idle until the next tick. A run that stays can see
the end at once, and pays for it with function time. So it compares two amounts, both in milliseconds of an
idle slot: the idle time that staying is expected to save (from the likely end to the next tick), and the
price of the function time (``PRICE_OF_STAYING`` for each millisecond). It stays as long as the expected gain
grows. While it stays it polls: it waits until the idle time that is expected since the last poll costs more
than a poll (``PRICE_OF_A_LOOK_MS``).

The chance of an end in each second comes from the durations of the account's own latest trainings: a training
that has gone on for ``elapsed`` ends like one of those that lasted longer. Each known duration stands for
others near it, with a logistic curve as wide as the distance to its neighbours, so that a change of regime is
seen with the first training of the new kind. A training that outlasts all known ones is polled ever less
often, and only until its budget of function time is spent.

:class:`shared.workflow.linger.Lingerer` carries it out. All numbers are milliseconds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

STEP_MS = 1_000
PRICE_OF_STAYING = 0.11
"""Milliseconds of an idle slot that cost as much as one of function time."""
PRICE_OF_A_LOOK_MS = 120
"""Milliseconds of an idle slot that cost as much as one call of DashScope."""
LONGEST_WAIT_MS = 9_000
"""However unlikely an end: where a run stays for it, it is seen within ten seconds."""
NARROWEST_MS, UNTAUGHT_MS = 1_500, 30_000
NEIGHBOURS = 5


@dataclass(frozen=True, kw_only=True)
class Lingering:
    """The row by which no two runs linger at once, and none for longer than its budget.

    Attributes:
        until: until then a run may be there; milliseconds since the epoch.
        stayed_ms: how long runs have stayed for each fine-tune that is going, as far as they planned.
        unknown: what newer code has added, which stays (:mod:`shared.domain.formats`).
    """

    version: int = 0
    until: int = 0
    stayed_ms: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def begun(self, until: int, stayed_ms: Mapping[str, int]) -> Lingering:
        """Note that a run stays, and how long all runs will have stayed by then for each that is going."""
        return replace(self, until=until, stayed_ms=dict(stayed_ms))


class Plan(NamedTuple):
    """The next steps for a training: look again after ``look_in_ms``, and leave after ``leave_in_ms``."""

    look_in_ms: int
    leave_in_ms: int


def plan(
    durations_ms: Sequence[int], elapsed_ms: int, horizon_ms: int, at_most_ms: int | None = None
) -> Plan | None:
    """Plan a stay, or return None when leaving is better.

    Args:
        durations_ms: how long the latest trainings took.
        elapsed_ms: how long the training in question has been going.
        horizon_ms: the time until the next tick, which is the idle time that a missed end costs.
        at_most_ms: the longest stay that is possible, if that is shorter.
    """
    longest_ms = horizon_ms if at_most_ms is None else min(horizon_ms, at_most_ms)
    ends = _ends(durations_ms, elapsed_ms, longest_ms // STEP_MS)
    gain = best = 0.0
    survives, leave_in_ms = 1.0, 0
    for step, chance in enumerate(ends):
        gain += chance * (horizon_ms - step * STEP_MS) - survives * STEP_MS * PRICE_OF_STAYING
        survives -= chance
        if gain > best:
            best, leave_in_ms = gain, (step + 1) * STEP_MS
    if not leave_in_ms:
        return None
    look_in_ms = min(_look_in_ms(ends), LONGEST_WAIT_MS, leave_in_ms)
    return Plan(look_in_ms=look_in_ms, leave_in_ms=leave_in_ms)


def _look_in_ms(ends: Sequence[float]) -> int:
    """When the idle time to expect since the last poll costs as much as a poll."""
    ended = idled_ms = 0.0
    for step, chance in enumerate(ends):
        idled_ms += (ended + chance / 2) * STEP_MS
        ended += chance
        if idled_ms >= PRICE_OF_A_LOOK_MS:
            return (step + 1) * STEP_MS
    return len(ends) * STEP_MS


def _ends(durations_ms: Sequence[int], elapsed_ms: int, steps: int) -> list[float]:
    """The chances that a training ends in each step from ``elapsed_ms`` after its start on."""
    # The longer it outlasts all others, the less they tell about it.
    width_ms = max(_width_ms(durations_ms), (elapsed_ms - max(durations_ms)) / 4)
    # One power for each duration, and not one for each of its steps: a run that stays asks at each poll.
    growth = math.exp(STEP_MS / width_ms)
    odds = [math.exp(min((elapsed_ms - duration_ms) / width_ms, 700)) for duration_ms in durations_ms]
    lasts = []
    for _ in range(steps + 1):
        lasts.append(sum([1 / (1 + one) for one in odds]))
        odds = [one * growth for one in odds]
    return [(before - after) / lasts[0] if lasts[0] else 0.0 for before, after in itertools.pairwise(lasts)]


def _width_ms(durations_ms: Sequence[int]) -> float:
    """How far one duration speaks for others: two thirds of the way to its fifth nearest neighbour.

    The spread of all durations would be too wide where two regimes lie side by side.
    """
    if len(durations_ms) < 2:
        return UNTAUGHT_MS
    reach = min(NEIGHBOURS, len(durations_ms) - 1)
    distances = sorted(sorted(abs(one - other) for other in durations_ms)[reach] for one in durations_ms)
    return max(NARROWEST_MS, distances[len(distances) // 2] / 1.5)
