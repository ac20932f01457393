"""The suite of abuse: what the worst uploader costs in a day, and how long others wait for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from tests.benchmarks.harness import Benchmark, Sample
from tests.benchmarks.strategies.campaign import in_parallel
from tests.benchmarks.worst_uploader import Day, play_day

TICK_SECONDS = 60
TRAININGS_A_DAY, BEIJING_DAYS = 3, 2
"""``MAX_TRAININGS_PER_PERSON_PER_DAY``; 24 hours touch two days in Beijing."""
CNY_WITHOUT_TRAININGS, UNITS_OF_A_TICK, SECONDS_OF_A_TICK = 5.0, 10_000, 60.0


@contextmanager
def abuse() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of abuse; both days are played with the first of them."""
    days = _Days()
    yield [
        _of("CNY a day, without trainings", "CNY", CNY_WITHOUT_TRAININGS, lambda: days.cny),
        _of("trainings", "trainings", TRAININGS_A_DAY * BEIJING_DAYS, lambda: days.abused.trainings),
        _of("capacity units of a tick", "CU", UNITS_OF_A_TICK, lambda: days.abused.tick_units),
        _of("seconds of a tick", "s", SECONDS_OF_A_TICK, lambda: days.abused.tick_seconds),
        _of(
            "how much later an honest person is submitted, slot free",
            "s",
            2 * TICK_SECONDS,
            lambda: days.abused.latest_beside(days.quiet),
        ),
    ]


class _Days:
    """The day with the uploader and the day without."""

    @cached_property
    def _both(self) -> list[Day]:
        return in_parallel(play_day, [(True,), (False,)])

    @property
    def abused(self) -> Day:
        return self._both[0]

    @property
    def quiet(self) -> Day:
        return self._both[1]

    @property
    def cny(self) -> float:
        return self.abused.use.cny - self.quiet.use.cny


def _of(name: str, unit: str, bar: float, measure: Sample) -> Benchmark:
    return Benchmark(name=f"The worst uploader: {name}", unit=unit, measure=measure, bar=bar)
