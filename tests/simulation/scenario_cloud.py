"""The simulated account of a scenario: its troubles, its refusals, and crashes at chosen calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.auditing import Onlookers
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.kernel import Run
from tests.simulation.scenarios import Scenario

SEED = 1

Strikes = Mapping[int, Fault]


@dataclass
class Struck:
    """The scenario's own troubles, and the crashes at calls by number."""

    crashes: Strikes
    troubles: Mapping[str, tuple[Fault, ...]]
    run: Callable[[], Run]
    runs: list[Run] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        self.runs.append(self.run())
        if index in self.crashes:
            return self.crashes[index]
        own = self.troubles.get(operation, ())
        number = self.met[operation]
        self.met[operation] += 1
        return own[number] if number < len(own) else None


class ScenarioCloud(SimulatedCloud):
    """A simulated account that plays ``scenario``."""

    def __init__(self, scenario: Scenario, crashes: Strikes) -> None:
        self.struck = Struck(crashes, scenario.troubles, lambda: self.kernel.current)
        super().__init__(
            SEED,
            self.struck,
            rules=scenario.rules,
            behaviour=scenario.new_behaviour(),
            photo_access=scenario.photo_access,
            account=scenario.account,
            emulated_tables=not crashes,
            tells=scenario.tells,
            audit=scenario.audited,
        )
        self.scenario = scenario
        if scenario.erased:
            self.erase_key = self.erase_key or "the erase key of a scenario"
        self.onlookers = Onlookers(self, ())
        self.gate.standings.troubles.extend(scenario.standing)
        self.recorded_until = 0
        for method, refuse in scenario.refusals.items():
            setattr(self.studio, method, _refusing(getattr(self.studio, method), refuse))

    def _row_written(self, table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        super()._row_written(table, before, after)
        if before and (before.get("state"), after.get("state")) == ("SUBMITTING", "TRAINING"):
            self.recorded_until = len(self.gate.trace)


def _refusing(usual: Callable[..., Any], refuse: Callable[[int], Exception | None]) -> Callable[..., Any]:
    numbers = iter(range(10**9))

    def answer(*args: Any, **named: Any) -> Any:
        refusal = refuse(next(numbers))
        if refusal is not None:
            raise refusal
        return usual(*args, **named)

    return answer
