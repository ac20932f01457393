"""The suite of portraits: the use of their slot, and the trainings' beside them, in virtual time.

Each model gets so many orders that some always wait: then an idle second of DashScope's one task at a time is
lost for good. The same workload without portraits is the peer of the trainings, a deployment whose runs do
not stay that of the portraits.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from shared.domain.portrait_styles import Wanted
from shared.domain.rules import Rules
from tests.benchmarks.harness import Benchmark, Sample
from tests.benchmarks.strategies.account import UNCAPPED, Account, simulating
from tests.benchmarks.strategies.campaign import in_parallel, play_out
from tests.benchmarks.strategies.figures import Figures, figures, slot_use
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.workloads import SPREAD, with_portraits

ORDERS = 6
"""Of a minute each, for a training of five: the queue of portraits is never empty."""
WORKLOAD = with_portraits(SPREAD)
ALONE = Rules(kept_fine_tunes=UNCAPPED)
BESIDE = Rules(
    kept_fine_tunes=UNCAPPED,
    portraits_allowed=True,
    portraits=(Wanted("f_idcard_female", 4),) * ORDERS,
)
STAYS_NEVER = Rules(kept_fine_tunes=UNCAPPED, portraits_allowed=True, portraits=BESIDE.portraits, linger_ms=0)


class Measured(NamedTuple):
    """One play: the figures of the trainings, percent of the portraits' slot, and their count."""

    trainings: Figures
    use: float | None
    portraits: int
    looks: int


def play(rules: Rules) -> Measured:
    """Play the workload."""
    account = Account(WORKLOAD, rules)
    with simulating(account):
        ours = Lingering(account)
        play_out(account, ours)
        tasks = account.studio.portraits.ledger()
        spans = [(task.submitted_at, task.ended_at) for task in tasks if task.ended_at is not None]
        looks = sum(call.operation == "GetTask" for call in account.gate.trace)
        use = slot_use(spans) if spans else None
        found = Measured(figures(account, ours.name), use, len(spans), looks)
    # An account's runs and callbacks are reference cycles.
    gc.collect()
    return found


@cache
def measured() -> dict[str, Measured]:
    """Return the three plays, each made once."""
    plays = {"alone": ALONE, "beside": BESIDE, "never": STAYS_NEVER}
    return dict(zip(plays, in_parallel(play, [(rules,) for rules in plays.values()]), strict=True))


@contextmanager
def portraits() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of portraits."""
    yield [
        _at_least("Slot use of portraits, 60 s ± 20 s", lambda: _use("beside"), 90),
        _figure("Slot use of portraits, 60 s ± 20 s, runs that never stay", "%", lambda: _use("never")),
        _at_least("Slot use of trainings beside portraits, sd 20 s", lambda: _slot_use("beside"), 99.2),
        _figure(
            "Slot use of trainings of the same people without portraits", "%", lambda: _slot_use("alone")
        ),
        _figure("End of a training until visible, lingering, p99, beside portraits", "s", _seen_late, 10),
        _figure("GETs a task of portraits", "GETs", _looks, 60),
        _figure("Function time a training, with its portraits", "s", lambda: _seconds("beside")),
        _figure("Function time a training, of the same people without", "s", lambda: _seconds("alone")),
    ]


def _at_least(name: str, measure: Sample, bar: float) -> Benchmark:
    return Benchmark(name=name, unit="%", measure=measure, bar=bar, at_least=True)


def _figure(name: str, unit: str, measure: Sample, bar: float | None = None) -> Benchmark:
    return Benchmark(name=name, unit=unit, measure=measure, bar=bar)


def _slot_use(name: str) -> float:
    return measured()[name].trainings.slot_use


def _seconds(name: str) -> float:
    return measured()[name].trainings.function_seconds


def _seen_late() -> float:
    return measured()["beside"].trainings.seen_lingering_p99 or 0.0


def _looks() -> float:
    return measured()["beside"].looks / measured()["beside"].portraits


def _use(name: str) -> float:
    use = measured()[name].use
    assert use is not None, "no portraits were made"
    return use
