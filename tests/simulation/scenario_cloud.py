"""The simulated account as a scenario wants it: its troubles, its refusals, crashes at chosen calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests

from local.dashscope.responses import DashScopeService
from local.wire import Headers, Request
from shared.domain.states import JobState
from shared.workflow.ports import World
from tests.simulation.cloud import Seconds, SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.invariants import Violation
from tests.simulation.kernel import Run
from tests.simulation.scenarios import Scenario
from tests.simulation.stores import API_KEY, DASHSCOPE, INSTANCE

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
        )
        self.scenario = scenario
        self.recorded_until = 0
        self._session = _WithUploads(self)
        for method, refuse in scenario.refusals.items():
            setattr(self.studio, method, _refusing(getattr(self.studio, method), refuse))

    def world(self, run: Run) -> World:
        return replace(super().world(run), training_files=self.scenario.training_files)

    def _submit_sent(self, body: dict[str, Any]) -> None:
        if self.scenario.training_files == "url":
            super()._submit_sent(body)
        elif not any(
            job.state is JobState.SUBMITTING and list(job.file_ids) == body["training_file_ids"]
            for job in self.jobs()
        ):
            raise Violation("a POST was sent before its intent was saved")

    def _row_written(self, table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        super()._row_written(table, before, after)
        if before and (before.get("state"), after.get("state")) == ("SUBMITTING", "TRAINING"):
            self.recorded_until = len(self.gate.trace)

    def slot(self) -> dict[str, Any]:
        """The slot's row, or nothing before it is first taken."""
        found = self.tables.get_row(INSTANCE, "control", [("name", "slot")]).row
        return json.loads({cell.name: cell.value for cell in found.cells}["value"]) if found else {}


class _WithUploads:
    """The simulated session, which sends no forms, and uploads of files beside it."""

    def __init__(self, cloud: ScenarioCloud) -> None:
        self._gate = cloud.gate
        self._service = DashScopeService(cloud.studio, Seconds(cloud.kernel), api_keys=[API_KEY])
        self._other = cloud._session

    def request(self, method: str, url: str, **options: Any) -> Any:
        if "files" not in options:
            return self._other.request(method, url, **options)
        form = requests.Request(method, url, headers=options["headers"], files=options["files"]).prepare()
        parts = urlsplit(url)
        request = Request(
            method=method,
            host=parts.netloc,
            raw_path=parts.path,
            headers=Headers(dict(form.headers)),
            body=form.body,
        )
        return self._gate("dashscope", "UploadFiles", lambda: self._answer(request), DASHSCOPE)

    def _answer(self, request: Request) -> Any:
        response = self._service.handle(request)
        answer = requests.Response()
        answer.status_code, answer._content = response.status, response.body
        return answer

    def close(self) -> None:
        """Nothing is open."""


def _refusing(usual: Callable[..., Any], refuse: Callable[[int], Exception | None]) -> Callable[..., Any]:
    numbers = iter(range(10**9))

    def answer(*args: Any, **named: Any) -> Any:
        refusal = refuse(next(numbers))
        if refusal is not None:
            raise refusal
        return usual(*args, **named)

    return answer
