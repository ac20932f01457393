"""The workloads: people's arrivals and the durations of trainings, the same for every strategy.

People come with six photos and the marker that closes their set. The n-th fine-tune that DashScope accepts
takes the n-th duration, whichever person it is for, so that no strategy is luckier than another. Random draws
have fixed seeds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

SECOND = 1_000
PEOPLE = 100
PHOTOS = 6
TRAINING = 302.0
"""Seconds from ``create_time`` to ``end_time`` in the sample of the facechain-finetune page."""
SHORTEST = 30.0
BURST_SPACING, PHOTO_SPACING = 2 * SECOND, SECOND
CHANGES_AT = PEOPLE // 2
"""The fine-tune with which the mean shifts."""
ROOM = 2 * PEOPLE
DRAWS = 5
"""The draws of durations where the product has a bar: the luck of one draw of 100 is half a point."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One workload.

    Attributes:
        name: its name, in words.
        arrivals: the time of each person's first photo, in milliseconds from the start.
        photos: the number of photos of each person.
        durations: seconds of each fine-tune from its acceptance to its end.
        failing: the fine-tunes that fail at their end, through DashScope's fault.
        unusable: the people who send no photo with a face.
        task_durations: seconds of each task of portraits, over and over.
        settles_at: the fine-tune from which on slot use is judged; the earlier ones teach the product.
    """

    name: str
    arrivals: tuple[int, ...]
    photos: int = PHOTOS
    durations: tuple[float, ...] = (TRAINING,) * ROOM
    failing: frozenset[int] = frozenset()
    unusable: frozenset[int] = frozenset()
    task_durations: tuple[float, ...] = ()
    settles_at: int = 0


def _burst(name: str, **rest: object) -> Workload:
    arrivals = tuple(number * BURST_SPACING for number in range(PEOPLE))
    return Workload(name=name, arrivals=arrivals, **rest)  # type: ignore[arg-type]  # field names are checked at run time


def _drawn(deviation: float, nth: int = 1) -> tuple[float, ...]:
    draw = random.Random(f"durations {deviation}" if nth == 1 else f"durations {deviation}, draw {nth}")
    return tuple(max(SHORTEST, draw.gauss(TRAINING, deviation)) for _ in range(ROOM))


def _other_draws(drawn: Workload, deviation: float) -> tuple[Workload, ...]:
    """Return the same workload with other durations of the same kind."""
    return tuple(
        replace(drawn, name=f"{drawn.name}, draw {nth}", durations=_drawn(deviation, nth))
        for nth in range(2, DRAWS + 1)
    )


def _shifted(factor: float) -> tuple[float, ...]:
    return tuple(TRAINING * (factor if number >= CHANGES_AT else 1) for number in range(ROOM))


def _some(name: str, count: int) -> frozenset[int]:
    """Return five in a hundred of ``count``."""
    return frozenset(random.Random(name).sample(range(count), count // 20))


def _poisson(percent: int) -> Workload:
    """Return random arrivals at ``percent`` of the slot's capacity."""
    draw, now, arrivals = random.Random(f"arrivals {percent}"), 0.0, []
    for _ in range(PEOPLE):
        now += draw.expovariate(percent / 100 / TRAINING)
        arrivals.append(int(now * SECOND))
    return Workload(name=f"Poisson arrivals at {percent} %", arrivals=tuple(arrivals), durations=_drawn(20.0))


STEADY, SPREAD, WIDE = (
    _burst("burst, fixed 302 s"),
    _burst("burst, sd 20 s", durations=_drawn(20.0)),
    _burst("burst, sd 60 s", durations=_drawn(60.0)),
)
PORTRAIT, PORTRAIT_DEVIATION, SHORTEST_PORTRAIT = 60.0, 20.0, 10.0
"""Seconds of a task of portraits: the mean, and how far they spread."""


def with_portraits(workload: Workload) -> Workload:
    """Return a workload with durations of tasks of portraits."""
    draw = random.Random(f"portraits of {workload.name}")
    drawn = (draw.gauss(PORTRAIT, PORTRAIT_DEVIATION) for _ in range(10 * PEOPLE))
    return replace(workload, task_durations=tuple(max(SHORTEST_PORTRAIT, one) for one in drawn))


OTHER_DRAWS = {SPREAD.name: _other_draws(SPREAD, 20.0), WIDE.name: _other_draws(WIDE, 60.0)}
SHIFTS = (
    _burst("burst, mean +50 % midway", durations=_shifted(1.5), settles_at=CHANGES_AT + 4),
    _burst("burst, mean -50 % midway", durations=_shifted(0.5), settles_at=CHANGES_AT + 4),
)
ARRIVING = tuple(_poisson(percent) for percent in (70, 90, 110))
TROUBLED = (
    _burst("burst, 5 % of trainings fail", durations=_drawn(20.0), failing=_some("failing", PEOPLE)),
    _burst("burst, 5 % send bad photos", durations=_drawn(20.0), unusable=_some("unusable", PEOPLE)),
)
WORKLOADS = (STEADY, SPREAD, WIDE, *SHIFTS, *ARRIVING, *TROUBLED)
