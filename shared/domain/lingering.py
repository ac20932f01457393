"""When a timer run stays for a fine-tune that is about to end, and when it looks.

**What a stay saves.** A slot that becomes free between two ticks is idle until the next tick. A run that
stays sees the end at once. While somebody waits in the queue, an idle second is lost for good: it delays
everybody in it. A slot earns the price of a training in the time of one, so a second of it is worth 2.50 CNY
/ 302 = 0.0083 CNY. Where nobody waits, an idle second is lost only if somebody comes while the end goes
unseen. With a queue that stays empty at most one comes in the time of a training, and on average in the
middle of the wait: of ``x`` seconds until the next tick, ``x * x / (2 * 302)`` are lost, a tenth at most.

**What a stay costs.** Function time, 0.00005 CNY a second: 0.006 of a second of the slot. So a whole training
of staying costs 0.6 % of its price. The least that Function Compute bills for an hour is paid anyway and
would make the first minutes free; it is left out, which errs towards leaving. A run stays as long as the
expected gain grows.

**When to look.** To a run that stays, a look costs next to nothing; what it takes is DashScope's patience.
So there are two rules: no two looks at a fine-tune within ``LOOK_SPACING_MS``, and about
``LOOKS_A_TRAINING`` for each. A look gets the price at which so many are taken: with the chance ``f`` of an
end at a moment and ``S`` of none before, the square of the integral of ``sqrt(S * f)``, divided by twice the
square of their number (Keller, "Optimum checking schedules for systems subject to random failure", 1974).
Of all ways to look until the end of the stay, the run takes the one that loses least at that price.

**The chance of an end** in each second comes from the durations of the account's own latest trainings: a
training that has gone on for ``elapsed`` ends like one of those that lasted longer. Each known duration
stands for others near it, with a logistic curve as wide as the distance to its neighbours, so that a change
of regime is seen with the first training of the new kind. A training that outlasts all known ones ends like
ever more distant ones: it is polled ever less often, and only until its budget of function time is spent.

:class:`shared.workflow.linger.Lingerer` carries it out. All numbers are milliseconds, and prices CNY.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from shared.domain.function_time import CNY_A_SECOND

STEP_MS = 1_000
LOOK_SPACING_MS = 2_000
"""No two looks at a fine-tune are closer. DashScope documents no limit for them; submits have 1 a second."""
LOOKS_A_TRAINING = 55
"""With the five ticks of a training of 302 s, which look too, 60: so many are planned for, on average."""
LONGEST_WAIT_MS = 9_000
"""However unlikely an end: where a run stays for it, it is seen within ten seconds."""
NARROWEST_MS, UNTAUGHT_MS = 1_000, 30_000
"""DashScope tells an end in whole seconds."""
NEIGHBOURS = 5
QUANTILES = tuple((number + 0.5) / 10 for number in range(10))


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
    """A stay for a training: when to look at it, from now on, and when to leave.

    It needs no second thought on the way: of the best way to look, each part is the best from there on.
    """

    looks_in_ms: tuple[int, ...]
    leave_in_ms: int


def plan(
    durations_ms: Sequence[int],
    elapsed_ms: int,
    horizon_ms: int,
    at_most_ms: int | None = None,
    *,
    training_cny: float,
    is_awaited: bool,
) -> Plan | None:
    """Plan a stay, or return None when leaving is better.

    Args:
        durations_ms: how long the latest trainings took.
        elapsed_ms: how long the training in question has been going.
        horizon_ms: the time until the next tick, which is the idle time that a missed end costs.
        at_most_ms: the longest stay that is possible, if that is shorter.
        training_cny: the price of a training.
        is_awaited: whether somebody would be submitted if the training ended now.
    """
    longest_ms = horizon_ms if at_most_ms is None else min(horizon_ms, at_most_ms)
    if longest_ms < LOOK_SPACING_MS:
        return None
    known_width_ms = _width_ms(tuple(durations_ms))
    # The longer it outlasts all others, the less they tell about it.
    width_ms = max(known_width_ms, (elapsed_ms - max(durations_ms)) / 4)
    ends = _ends(durations_ms, elapsed_ms, longest_ms // STEP_MS, width_ms)
    leave_in_ms = _leave_in_ms(ends, horizon_ms, _mean(durations_ms), training_cny, is_awaited=is_awaited)
    if leave_in_ms < LOOK_SPACING_MS:
        return None
    # And the more of its looks are spent.
    price_ms = price_of_a_look_ms(tuple(durations_ms)) * (width_ms / known_width_ms) ** 2
    missed_ms = horizon_ms - leave_in_ms + LOOK_SPACING_MS
    looks_in_ms = _looks_in_ms(ends[: leave_in_ms // STEP_MS], price_ms, missed_ms)
    return Plan(looks_in_ms=looks_in_ms, leave_in_ms=leave_in_ms)


def price_of_staying(duration_ms: float, training_cny: float) -> float:
    """How much of an idle slot costs as much as function time of the same length."""
    return CNY_A_SECOND * duration_ms / 1000 / training_cny if training_cny else math.inf


@lru_cache(maxsize=8)
def price_of_a_look_ms(durations_ms: tuple[int, ...]) -> float:
    """How much idle time may be expected between two looks, so that the looks of a training suffice.

    The integral of ``sqrt(S * f)`` is the mean of ``sqrt(S / f)`` over the ends that are to be expected.
    """
    width_ms = _width_ms(durations_ms)
    # One power for each pair, and not one for each quantile of it.
    odds_at = [[math.exp(min((at - one) / width_ms, 700)) for one in durations_ms] for at in durations_ms]
    around = [share / (1 - share) for share in QUANTILES]
    whole = math.sqrt(width_ms) * _mean([_root_of_last_by_end(odds, by) for odds in odds_at for by in around])
    return whole * whole / (2 * LOOKS_A_TRAINING**2)


def _leave_in_ms(
    ends: Sequence[float], horizon_ms: int, duration_ms: float, training_cny: float, *, is_awaited: bool
) -> int:
    """When the gain that is to be expected has grown to its most; 0: there is none."""
    price = STEP_MS * price_of_staying(duration_ms, training_cny)
    gain = best = 0.0
    survives, leave_in_ms = 1.0, 0
    for step, chance in enumerate(ends):
        idle_ms = horizon_ms - step * STEP_MS
        lost = 1.0 if is_awaited else min(1.0, idle_ms / (2 * max(duration_ms, STEP_MS)))
        gain += chance * idle_ms * lost - survives * price
        survives -= chance
        if gain > best:
            best, leave_in_ms = gain, (step + 1) * STEP_MS
    return leave_in_ms


def _looks_in_ms(ends: Sequence[float], price_ms: float, missed_ms: int) -> tuple[int, ...]:
    """When to look, by the way of looking from now on that loses least, in idle time and in looks.

    It is found backwards: ``losses`` are those from a look at a step on that has seen no end. The last look
    is at the end of the stay; what ends after the last one is seen by the next tick, ``missed_ms`` later.
    """
    count, late_ms = len(ends), 0.0
    survives = [1.0, *(1.0 - ended for ended in itertools.accumulate(ends))]
    losses, best_waits = [0.0] * (count + 1), [0] * (count + 1)
    for step in reversed(range(count)):
        ended = idled_ms = 0.0
        loses_least = math.inf
        for wait, chance in enumerate(ends[step : step + LONGEST_WAIT_MS // STEP_MS], 1):
            idled_ms += (ended + chance / 2) * STEP_MS
            ended += chance
            loses = idled_ms + survives[step] * price_ms + losses[step + wait]
            is_possible = wait * STEP_MS >= LOOK_SPACING_MS
            if loses < loses_least and is_possible:
                loses_least, best_waits[step] = loses, wait
        late_ms += ends[step] * ((count - step - 0.5) * STEP_MS + missed_ms)
        losses[step] = min(loses_least, late_ms)
    looks, step = list[int](), 0
    while step < count and best_waits[step]:
        step += best_waits[step]
        looks.append(step * STEP_MS)
    return tuple(looks)


def _ends(durations_ms: Sequence[int], elapsed_ms: int, steps: int, width_ms: float) -> list[float]:
    """The chances that a training ends in each step from ``elapsed_ms`` after its start on."""
    # One power for each duration, and not one for each of its steps.
    growth = math.exp(STEP_MS / width_ms)
    odds = [math.exp(min((elapsed_ms - duration_ms) / width_ms, 700)) for duration_ms in durations_ms]
    lasts = []
    for _ in range(steps + 1):
        lasts.append(sum([1 / (1 + one) for one in odds]))
        odds = [one * growth for one in odds]
    return [(before - after) / lasts[0] if lasts[0] else 0.0 for before, after in itertools.pairwise(lasts)]


def _root_of_last_by_end(odds: Sequence[float], by: float) -> float:
    """The root of ``S / f`` at a moment, in widths: the chance to last longer, by that to end in a width.

    ``odds`` times ``by`` are those of each duration to be over by then.
    """
    lasts = [1 / (1 + one * by) for one in odds]
    return math.sqrt(sum(lasts) / sum([share * (1 - share) for share in lasts]))


@lru_cache(maxsize=8)
def _width_ms(durations_ms: tuple[int, ...]) -> float:
    """How far one duration speaks for others: two thirds of the way to its fifth nearest neighbour.

    The spread of all durations would be too wide where two regimes lie side by side.
    """
    if len(durations_ms) < 2:
        return UNTAUGHT_MS
    reach = min(NEIGHBOURS, len(durations_ms) - 1)
    distances = sorted(sorted(abs(one - other) for other in durations_ms)[reach] for one in durations_ms)
    return max(NARROWEST_MS, distances[len(distances) // 2] / 1.5)


def _mean(values: Sequence[float]) -> float:
    """The arithmetic mean. The library's own module would load much that no function needs."""
    return sum(values) / len(values)
