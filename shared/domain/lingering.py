"""When a timer run stays for a fine-tune that is about to end, and when it looks.

A slot that falls free between two ticks idles until the next. So a run weighs what it may save by staying,
the time from the likely end to the next tick, against the function time that it spends, and between two looks
it waits for as long as the idling that it risks is worth less than the look. How likely an end is, and when,
is learned from the durations of the account's own latest trainings, each of which stands for others like it:
a change of regime is seen with the first training of the new kind. A training that outlasts them all is
looked at ever less often, and only until its budget of function time is spent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

STEP = 1_000
PRICE_OF_STAYING = 0.11
"""Milliseconds of an idle slot that are worth one of function time."""
PRICE_OF_A_LOOK = 120
"""Milliseconds of an idle slot that are worth one call of DashScope."""
LONGEST_WAIT = 9_000
"""Milliseconds. However unlikely an end: where a run stays for it, it is seen within ten seconds."""
NARROWEST, UNTAUGHT = 1_500, 30_000
NEIGHBOURS = 5


@dataclass(frozen=True, kw_only=True)
class Lingering:
    """The row by which no two runs linger at once, and none for longer than its budget. Milliseconds.

    Attributes:
        until: until then a run may be there.
        stayed: how long runs have stayed for each fine-tune that is going, as far as they planned.
    """

    version: int = 0
    until: int = 0
    stayed: Mapping[str, int] = field(default_factory=dict)

    def begun(self, until: int, stayed: Mapping[str, int]) -> Lingering:
        """Note that a run stays, and how long all will have stayed by then for each that is going."""
        return replace(self, until=until, stayed=dict(stayed))


class Plan(NamedTuple):
    """What to do next about a training: look again ``look_in`` from now, and leave ``leave_in`` from now."""

    look_in: int
    leave_in: int


def plan(durations: Sequence[int], elapsed: int, horizon: int, at_most: int | None = None) -> Plan | None:
    """Plan a stay, or return None when leaving is better. Milliseconds.

    Args:
        durations: how long the latest trainings took.
        elapsed: how long the one in question has been going.
        horizon: the time until the next tick, which is what an end that is missed costs.
        at_most: the longest stay that is possible, if that is shorter.
    """
    longest = horizon if at_most is None else min(horizon, at_most)
    ends = _ends(durations, elapsed, longest // STEP)
    gain = best = 0.0
    survives, leave_in = 1.0, 0
    for step, chance in enumerate(ends):
        gain += chance * (horizon - step * STEP) - survives * STEP * PRICE_OF_STAYING
        survives -= chance
        if gain > best:
            best, leave_in = gain, (step + 1) * STEP
    if not leave_in:
        return None
    return Plan(look_in=min(_look_in(ends), LONGEST_WAIT, leave_in), leave_in=leave_in)


def _look_in(ends: Sequence[float]) -> int:
    """When the idling since the last look is likely to be worth the next: sooner, the likelier an end."""
    ended = idled = 0.0
    for step, chance in enumerate(ends):
        idled += (ended + chance / 2) * STEP
        ended += chance
        if idled >= PRICE_OF_A_LOOK:
            return (step + 1) * STEP
    return len(ends) * STEP


def _ends(durations: Sequence[int], elapsed: int, steps: int) -> list[float]:
    """The chances that a training that goes on ``elapsed`` after its start ends in each step from then on."""
    # The longer one outlasts all others, the less they tell about it.
    width = max(_width(durations), (elapsed - max(durations)) / 4)
    lasts = [
        sum(
            1 / (1 + math.exp(min((elapsed + step * STEP - duration) / width, 700))) for duration in durations
        )
        for step in range(steps + 1)
    ]
    return [(before - after) / lasts[0] if lasts[0] else 0.0 for before, after in itertools.pairwise(lasts)]


def _width(durations: Sequence[int]) -> float:
    """How far one duration speaks for its like: two thirds of the way to its fifth nearest neighbour.

    Not the spread of them all, which two regimes side by side would blow up.
    """
    if len(durations) < 2:
        return UNTAUGHT
    reach = min(NEIGHBOURS, len(durations) - 1)
    distances = sorted(sorted(abs(one - other) for other in durations)[reach] for one in durations)
    return max(NARROWEST, distances[len(distances) // 2] / 1.5)
