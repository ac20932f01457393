"""A month in lines for people, and as JSON for the tables in the documentation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from local.prices import estimate
from local.prices.estimating import Use
from local.prices.table import AS_OF, OSS_REQUEST, READ_UNIT, TRAINING, WRITE_UNIT
from tests.simulation.month.play import Month

MINUTE_MS = 60_000
FUNCTIONS = ("collect", "reconcile")


def report(month: Month) -> str:
    """Return what the month came to, what it took, and what it costs."""
    return "\n".join([*_outcome(month), *_use(month), *_cost(month)])


def use_of(month: Month) -> Use:
    """Return the month's use, as :mod:`local.prices` counts it."""
    seconds = {name: sum(hour.seconds for hour in month.hours.get(name, ())) for name in FUNCTIONS}
    runs = {name: sum(hour.invocations for hour in month.hours.get(name, ())) for name in FUNCTIONS}
    return Use(
        trainings=month.billed,
        collects=runs["collect"],
        collect_seconds=seconds["collect"],
        ticks=runs["reconcile"],
        tick_seconds=seconds["reconcile"],
        read_units=month.read_units.total(),
        write_units=month.write_units.total(),
        table_bytes=month.table_bytes,
        oss_requests=month.calls_of("oss"),
        photos=month.uploads,
        fetched_photos=month.fetched_photos,
        log_bytes=month.log_bytes,
    )


def measured_cny(month: Month) -> float:
    """Return what the month costs that the simulation measures: all but storage, traffic and logs."""
    use = use_of(month)
    return (
        use.trainings * TRAINING.cny
        + sum(hour.cny for name in FUNCTIONS for hour in month.hours.get(name, ()))
        + use.read_units * READ_UNIT.cny
        + use.write_units * WRITE_UNIT.cny
        + use.oss_requests * OSS_REQUEST.cny
    )


def as_json(month: Month) -> str:
    """Return the figures; waits as quantiles in seconds."""
    shown = {name: value for name, value in vars(month).items() if name not in ("waits_ms", "hours", "calls")}
    return json.dumps(
        {
            **shown,
            "waits_seconds": {
                str(share): _quantile(month.waits_ms, share) / 1000 for share in (0.5, 0.9, 0.99, 1)
            },
            "calls": {" ".join(of): count for of, count in month.calls.most_common()},
            "use": vars(use_of(month)),
            "called_hours": {name: len(hours) for name, hours in month.hours.items()},
            "measured_cny": measured_cny(month),
        },
        indent=1,
    )


def _outcome(month: Month) -> Iterator[str]:
    waits = ", ".join(
        f"{name} {_quantile(month.waits_ms, share) / MINUTE_MS:.1f}"
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("longest", 1.0))
    )
    yield f"{month.people} people in {month.days:.1f} days, {month.slots} slots"
    yield f"  trained             {month.trained}, and {month.rejected} sent no photo that can be used"
    yield f"  jobs                {_counts(month.states)}"
    yield f"  fine-tunes          {month.trainings} made, {month.billed} billed; each set paid for once"
    yield f"  wait for the slot   {waits} minutes"
    yield f"  slot use            {month.slot_use:.0%}"
    yield f"  overtaken           {month.overtaken} sets, by one that had closed more than two minutes later"
    yield f"  odd                 {_counts(month.odd)}"
    yield f"  faults              {_counts(month.faults)}"


def _use(month: Month) -> Iterator[str]:
    use, each = use_of(month), max(1, month.people)
    yield "Used                            in all   a person"
    rows: Sequence[tuple[str, float, Callable[[float], str]]] = (
        ("calls of Tablestore", month.calls_of("ots"), _whole),
        ("  read units", use.read_units, _whole),
        ("  write units", use.write_units, _whole),
        ("calls of OSS", use.oss_requests, _whole),
        ("calls of DashScope", month.calls_of("dashscope"), _whole),
        ("runs of collect", use.collects, _whole),
        ("  seconds", use.collect_seconds, _whole),
        ("runs of reconcile", use.ticks, _whole),
        ("  seconds", use.tick_seconds, _whole),
        ("uploads", use.photos, _whole),
        ("log lines, KB", use.log_bytes / 1000, _whole),
    )
    for name, quantity, shown in rows:
        yield f"  {name:<24}{shown(quantity):>13}{quantity / each:>11.1f}"


def _cost(month: Month) -> Iterator[str]:
    expected = estimate(month.people)
    yield f"Cost in CNY, list prices of {AS_OF}"
    yield f"  measured: trainings, functions, Tablestore and OSS requests  {measured_cny(month):12.2f}"
    for item in expected.items:
        yield f"  estimated: {item.name:<40}{item.cny:12.2f}{'  (price assumed)' if item.is_assumed else ''}"
    yield f"  the month                                          {expected.cny:12.2f}"
    if expected.cny_a_person is not None:
        yield f"  a person                                           {expected.cny_a_person:12.4f}"
    yield f"Played in {month.wall_seconds:.0f} s"


def _whole(quantity: float) -> str:
    return f"{quantity:,.0f}"


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items())) or "none"


def _quantile(ordered: Sequence[int], share: float) -> int:
    """Return the smallest value that at least ``share`` of all do not exceed; 0 of none."""
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)] if ordered else 0
