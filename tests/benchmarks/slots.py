"""The suites of the training slot: its use and its costs, beside the peers', in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import mean

from shared.domain.lingering import LOOK_SPACING_MS
from tests.benchmarks.harness import Benchmark, Sample
from tests.benchmarks.strategies.campaign import Campaign
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.workloads import (
    ARRIVING,
    DRAWS,
    OTHER_DRAWS,
    SHIFTS,
    SPREAD,
    STEADY,
    TROUBLED,
    WIDE,
    Workload,
)
from tests.benchmarks.ticks import (
    HISTORIES,
    Ticks,
    calls_of_a_sweep,
    heartbeats_of_an_hour,
    writes_of_a_life,
)

CAMPAIGN, TICKS = Campaign(), Ticks()
SLOT_USE = {STEADY: 99.3, SPREAD: 99.2, WIDE: 99.0}
AFTER_A_SHIFT = SLOT_USE[STEADY] - 1
GETS, GET_SPACING_SECONDS, FUNCTION_SHARE = 60, LOOK_SPACING_MS / 1000, 0.6
OfDraws = Callable[[Sequence[float]], float]
JUDGED = (*SLOT_USE, *SHIFTS)


@contextmanager
def slots() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of the slot; a workload is run with the first of its figures."""
    yield [
        *(_at_least(f"Slot use, {_called(one)}", one, "slot_use", bar) for one, bar in SLOT_USE.items()),
        *(
            _at_least(f"Slot use, {one.name}, from the fifth on", one, "settled_slot_use", AFTER_A_SHIFT)
            for one in SHIFTS
        ),
        *(_figure(f"GETs a job, {_called(one)}", one, "settled_gets", "GETs", GETS) for one in JUDGED),
        *(
            _figure(f"GETs of one job at most, {_called(one)}", one, "most_gets", "GETs", of_draws=max)
            for one in JUDGED
        ),
        *(
            _at_least(
                f"Between two GETs of a fine-tune, {_called(one)}",
                one,
                "get_spacing",
                GET_SPACING_SECONDS,
                unit="s",
                of_draws=min,
            )
            for one in (*JUDGED, *ARRIVING, *TROUBLED)
        ),
        *(
            _figure(f"Function time a job, {_called(one)}", one, "settled_function_seconds", "s")
            for one in JUDGED
        ),
        *(
            _figure(
                f"Functions, of the price of a training, {_called(one)}",
                one,
                "function_share",
                "%",
                FUNCTION_SHARE,
            )
            for one in (*JUDGED, *ARRIVING)
        ),
        _figure(
            f"Closed until submitted, slot free, p50, {ARRIVING[0].name}",
            ARRIVING[0],
            "closed_free_p50",
            "s",
            1,
        ),
        *(
            _figure(
                f"End until visible, lingering, {share}, {_called(one)}",
                one,
                f"seen_lingering_{share}",
                "s",
                bar,
            )
            for one in SLOT_USE
            for share, bar in (("p50", 3), ("p99", 10))
        ),
        *(
            _figure(f"Jobs an hour, {one.name}", one, "jobs_an_hour", "jobs")
            for one in (*ARRIVING, *TROUBLED)
        ),
    ]


@contextmanager
def ticks() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of a minute without work, and of the writes of one job."""
    yield [
        # Two of them say that a tick begins to work and has worked, so that what kills runs is found. Two say
        # that a run stays, in the two minutes in which a first training may end; by the second of its submit
        # it may be one.
        _writes("A job of one photo, all its life: writes of Tablestore", 15, writes_of_a_life),
        _writes(
            "A job of six photos and a marker, beside its uploads' own: writes",
            13,
            lambda: writes_of_a_life(photos=6, beside_uploads=True),
        ),
        _writes(
            "A job of six photos and a marker, all its life: writes",
            None,
            lambda: writes_of_a_life(photos=6),
        ),
        _tick("Idle tick: reads of Tablestore", "calls", "reads", 3),
        _tick("Idle tick: writes of Tablestore", "calls", "writes", 0),
        _tick("Idle tick: calls of DashScope", "calls", "dashscope_calls", 0),
        _writes("An hour without work: heartbeats written", 30, heartbeats_of_an_hour),
        Benchmark(
            name="A tick that has only a page of the bucket to look through: calls in all",
            unit="calls",
            measure=calls_of_a_sweep,
            bar=None,
        ),
        Benchmark(
            name="Idle tick: capacity units more after a million jobs than after none",
            unit="CU",
            measure=lambda: _units(HISTORIES[-1]) - _units(HISTORIES[0]),
            bar=0,
        ),
    ]


def _writes(name: str, bar: float | None, measure: Sample) -> Benchmark:
    return Benchmark(name=name, unit="calls", measure=measure, bar=bar)


def _units(history: int) -> float:
    return TICKS.of(Lingering, history).units


def _tick(name: str, unit: str, field: str, bar: float) -> Benchmark:
    """The highest value at any history."""

    def measure() -> float:
        return max(float(getattr(TICKS.of(Lingering, history), field)) for history in HISTORIES)

    return Benchmark(name=name, unit=unit, measure=measure, bar=bar)


def _called(workload: Workload) -> str:
    return f"{workload.name}, {DRAWS} draws" if workload.name in OTHER_DRAWS else workload.name


def _figure(
    name: str, workload: Workload, field: str, unit: str, bar: float | None = None, of_draws: OfDraws = mean
) -> Benchmark:
    return Benchmark(name=name, unit=unit, measure=_of_ours(workload, field, of_draws), bar=bar)


def _at_least(
    name: str, workload: Workload, field: str, bar: float, unit: str = "%", of_draws: OfDraws = mean
) -> Benchmark:
    measure = _of_ours(workload, field, of_draws)
    return Benchmark(name=name, unit=unit, measure=measure, bar=bar, at_least=True)


def _of_ours(workload: Workload, field: str, of_draws: OfDraws) -> Sample:
    def measure() -> float:
        values: list[float] = []
        for found in CAMPAIGN.of_ours(workload):
            value: float | None = getattr(found, field)
            assert value is not None, f"{workload.name} has no fine-tune that counts for {field}"
            values.append(value)
        return of_draws(values)

    return measure
