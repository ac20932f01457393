"""Erasures: a crash at each call, and everything else that happens to a person in the midst of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.object_keys import job_id
from tests.simulation.crash_points import cover_every_crash, play
from tests.simulation.faults import Fault
from tests.simulation.kernel import Violation
from tests.simulation.scenario_cloud import ScenarioCloud, Struck
from tests.simulation.scenarios import MINUTE_MS, TRAINED, Ending, Scenario
from tests.simulation.scenarios_of_erasures import SCENARIOS_OF_ERASURES
from tests.simulation.standing import SILENCE, Standing

pytestmark = pytest.mark.timeout(1200)


@pytest.mark.parametrize("scenario", SCENARIOS_OF_ERASURES, ids=lambda scenario: scenario.name)
def test_no_crash_at_any_call_leaves_anything_of_whoever_is_erased(
    scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    cover_every_crash(scenario, record_property)


def _upload(cloud: ScenarioCloud) -> None:
    cloud.upload("Li", "beside.jpg", b"FACE of the next")


def _tick(cloud: ScenarioCloud) -> None:
    cloud.invoke_reconcile()


def _end(cloud: ScenarioCloud) -> None:
    for entry in cloud.studio.ledger():
        if entry.status == "RUNNING":
            cloud.studio.cancel_fine_tune(entry.job_id)


def _second_erasure(cloud: ScenarioCloud) -> None:
    cloud.ask("erase", "Li")


def _other_request(cloud: ScenarioCloud) -> None:
    # Of a job that is not there ``status`` takes no request.
    if any(job.job_id == job_id("Li", 1) for job in cloud.jobs()):
        cloud.ask("cancel", job_id("Li", 1))


def _receiver_down(cloud: ScenarioCloud) -> None:
    """Whoever is told of what happens answers nothing for a while."""
    receiver = cloud.receiver
    assert receiver is not None
    receiver.is_down = True
    cloud.kernel.at(cloud.kernel.now + 4 * MINUTE_MS, lambda: setattr(receiver, "is_down", False))


def _look(cloud: ScenarioCloud) -> None:
    """Somebody opens the person's page."""
    cloud.onlookers.look_at("Li")


def _log_store_down(cloud: ScenarioCloud) -> None:
    """The audit's log store answers nothing for a while, and somebody asks for something."""
    now = cloud.kernel.now
    down = Standing(
        service="sls",
        operation="PutLogs",
        answer=SILENCE,
        begins_at=now,
        ends_at=now + 4 * MINUTE_MS,
    )
    cloud.gate.standings.troubles.append(down)
    _other_request(cloud)


STRIDE = 7
"""One call in so many has something beside it; the seeds draw any."""
BESIDE: list[Callable[[ScenarioCloud], None]] = [
    *(_upload, _tick, _end, _second_erasure, _other_request),
    *(_receiver_down, _look, _log_store_down),
]


@pytest.mark.parametrize("beside", BESIDE, ids=lambda beside: beside.__name__.strip("_"))
def test_whatever_happens_at_any_call_of_an_erasure_brings_nothing_back(
    beside: Callable[[ScenarioCloud], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each call of the story, from the first upload to the last look of the erasure, something happens."""
    # Somebody is told of it all, and an audit is kept.
    by_file = next(one for one in SCENARIOS_OF_ERASURES if "by file" in one.name)
    scenario = replace(by_file, tells=True, audited=True)
    calls = len(play(scenario, {}).trace)
    at, strike = -1, Struck.strike

    def struck(self: Struck, index: int, service: str, operation: str) -> Fault | None:
        if index == at:
            cloud = clouds[-1]
            cloud.kernel.at(cloud.kernel.now, lambda: beside(cloud))
        return strike(self, index, service, operation)

    clouds: list[ScenarioCloud] = []
    make = ScenarioCloud.__init__

    def made(self: ScenarioCloud, *given: object) -> None:
        clouds.append(self)
        make(self, *given)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(Struck, "strike", struck)
    monkeypatch.setattr(ScenarioCloud, "__init__", made)
    for at in range(BESIDE.index(beside) % STRIDE, calls, STRIDE):
        clouds.clear()
        _play_either_way(scenario, at)


def _play_either_way(scenario: Scenario, at: int) -> None:
    """Play it; an upload beside the erasure may be of either person, and ends accordingly."""
    endings: list[dict[str, tuple[Ending, ...]]] = [{"Li": ()}, {"Li": (TRAINED,)}]
    problems = []
    for ending in endings:
        try:
            play(replace(scenario, endings=ending), {})
        except Violation as problem:
            problems.append(str(problem))
            if "it ended with" not in str(problem) and "not at rest" not in str(problem):
                raise AssertionError(f"at call {at}: {problem}") from problem
        else:
            return
    raise AssertionError(f"at call {at}: {problems}")
