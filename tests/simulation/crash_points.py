"""Plays a scenario with a crash at chosen external calls, lets it recover, and checks its ending.

Between two minutes in which nothing can happen no tick is run: fewer ticks are only harder on the recovery,
and the idle ones would be most of the calls.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests

from local.dashscope.responses import DashScopeService
from local.wire import Headers, Request
from shared.domain.job import Job
from shared.domain.object_keys import result_key
from shared.domain.states import JobState
from shared.workflow.ports import World
from tests.simulation.cloud import TICK, Seconds, SimulatedCloud, simulated
from tests.simulation.faults import Fault
from tests.simulation.gate import Call
from tests.simulation.invariants import GOING, Violation
from tests.simulation.kernel import Run
from tests.simulation.scenarios import MINUTE, Ending, Scenario
from tests.simulation.stores import API_KEY, BUCKET, DASHSCOPE, INSTANCE

SEED = 1
PATIENCE = 40
"""Minutes in which a scenario must come to rest, whatever has happened in it."""
LATEST_REPETITION = 15 * MINUTE
UPLOAD_LEFT_TO_ITS_EVENT = MINUTE

CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST)
SUBMITTING = {
    ("ots", "PutRow control"),
    ("ots", "PutRow jobs"),
    ("oss", "GetObject"),
    ("dashscope", "UploadFiles"),
    ("dashscope", "CreateFineTune"),
    ("dashscope", "ListFineTunes"),
}
"""Calls of the submit path; the reads that every tick begins with are not among them."""

PATH_AHEAD = 8
"""Calls of the submit path that a second crash may hit after the first: enough for a whole second attempt."""

Strikes = Mapping[int, Fault]


@dataclass
class Struck:
    """The scenario's own troubles, and the crashes at calls by number."""

    crashes: Strikes
    troubles: Mapping[str, tuple[Fault, ...]]
    met: Counter[str] = field(default_factory=Counter)

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        if index in self.crashes:
            return self.crashes[index]
        own = self.troubles.get(operation, ())
        number = self.met[operation]
        self.met[operation] += 1
        return own[number] if number < len(own) else None


@dataclass(frozen=True)
class Played:
    """The calls of a play, and which of them lie on the way of a submit to its record."""

    trace: list[Call]
    submit_path: list[int]


class ScenarioCloud(SimulatedCloud):
    """A simulated account that plays ``scenario``."""

    def __init__(self, scenario: Scenario, crashes: Strikes) -> None:
        super().__init__(
            SEED,
            Struck(crashes, scenario.troubles),
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


def play(scenario: Scenario, crashes: Strikes) -> Played:
    """Play ``scenario`` with ``crashes`` to its end.

    Raises:
        Violation: a promise was broken, or it ended otherwise than it should; the message replays it.
    """
    cloud = ScenarioCloud(scenario, crashes)
    with simulated(cloud):
        try:
            _come_to_rest(cloud)
            _check_struck(cloud, crashes)
            _check_ending(cloud)
        except AssertionError as problem:
            told = [f"{fault.value} {cloud.gate.trace[index]}" for index, fault in crashes.items()]
            raise Violation(f"{scenario.name!r} with {told}: {problem}") from problem
        finally:
            cloud.close()
    trace = cloud.gate.trace
    starts = next((call.index for call in trace if call.operation == "PutRow control"), len(trace))
    path = [
        call.index
        for call in trace[starts : cloud.recorded_until]
        if (call.service, call.operation) in SUBMITTING
    ]
    return Played(trace, path)


def single_crashes(played: Played) -> Iterator[Strikes]:
    """Each crash at each call of an undisturbed play."""
    for call in played.trace:
        for crash in CRASHES:
            yield {call.index: crash}


def pairs_of_crashes(scenario: Scenario, played: Played) -> Iterator[Strikes]:
    """A crash on the submit path, and one more at each of the path's next calls in what then happens."""
    for index in played.submit_path:
        for crash in CRASHES:
            single = {index: crash}
            after_it = [later for later in play(scenario, single).submit_path if later > index]
            for later in after_it[:PATH_AHEAD]:
                for second in CRASHES:
                    yield {**single, later: second}


def _come_to_rest(cloud: ScenarioCloud) -> None:
    steps = list(cloud.scenario.steps)
    for _ in range(PATIENCE):
        while steps and steps[0].moment(cloud):
            steps.pop(0).act(cloud)
        if not steps and _is_at_rest(cloud):
            break
        if _has_something_to_do(cloud):
            cloud.invoke_reconcile()
        cloud.advance(TICK)
        cloud.invariants.check_ledger()
    else:
        states = [f"{job.person_id}-{job.revision} {job.state.value}" for job in cloud.jobs()]
        raise Violation(f"not at rest after {PATIENCE} minutes: {states}, slot {cloud.slot()}")
    # Events that the platform repeats find a world at rest, and so does one more tick.
    cloud.advance(LATEST_REPETITION)
    if cloud.scenario.ends_with_a_tick:
        cloud.invoke_reconcile()
        cloud.advance(2 * TICK)
    if not _is_at_rest(cloud):
        raise Violation("what had come to rest moved again")


def _is_at_rest(cloud: ScenarioCloud) -> bool:
    jobs = cloud.jobs()
    everybody = {job.person_id for job in jobs} == set(cloud.scenario.endings)
    return everybody and cloud.is_settled() and not any(_unrecorded(cloud, jobs))


def _unrecorded(cloud: ScenarioCloud, jobs: list[Job]) -> Iterator[float]:
    """When the uploads were made that stand in no set."""
    newest = {job.person_id: job for job in jobs}
    for stored in cloud.uploads():
        _, person, name = stored.key.split("/")
        if name != "_READY" and not (person in newest and newest[person].knows(name, stored.etag)):
            yield stored.modified * 1000


def _has_something_to_do(cloud: ScenarioCloud) -> bool:
    """Whether a tick could find anything to do now."""
    now, jobs = cloud.kernel.now, cloud.jobs()
    if any(uploaded <= now - UPLOAD_LEFT_TO_ITS_EVENT for uploaded in _unrecorded(cloud, jobs)):
        return True
    going = {entry.job_id for entry in cloud.studio.ledger() if entry.status in GOING}
    running = [job for job in jobs if job.state in (JobState.SUBMITTING, JobState.TRAINING)]
    closed_until = cloud.slot().get("closed_until", 0)
    for job in jobs:
        if job.state is JobState.COLLECTING:
            ripe = job.due_at <= now
        elif job.state is JobState.QUEUED:
            ripe = not running and closed_until <= now
        elif job.state is JobState.SUBMITTING:
            ripe = job.attempt_expires_at <= now
        elif job.state is JobState.TRAINING:
            overdue = now > job.submitted_at + cloud.rules.training_deadline
            ripe = overdue or job.fine_tune_id not in going
        else:
            ripe = job.state.is_terminal and not job.delivered
        if ripe:
            return True
    return False


def _check_struck(cloud: ScenarioCloud, crashes: Strikes) -> None:
    struck = {call.index: fault for call, fault in cloud.gate.struck if call.index in crashes}
    if struck != dict(crashes):
        raise Violation(f"of the crashes only {struck} happened")


def _check_ending(cloud: ScenarioCloud) -> None:
    """Everybody ended as expected, every fine-tune is somebody's, nothing holds a place, nothing is lost."""
    entries = {entry.job_id: entry for entry in cloud.studio.ledger()}
    found: dict[str, list[Ending]] = {}
    for job in cloud.jobs():
        owned = [entries.pop(name) for name in (*job.earlier_fine_tunes, job.fine_tune_id) if name]
        failed = sum(entry.status == "FAILED" for entry in owned)
        reason = job.reason.code if job.reason else ""
        found.setdefault(job.person_id, []).append(Ending(job.state, len(owned) - failed, failed, reason))
        _check_job(cloud, job)
    expected = {person: list(endings) for person, endings in cloud.scenario.endings.items()}
    if found != expected:
        raise Violation(f"it ended with {found} and not with {expected}")
    if entries:
        raise Violation(f"nobody owns {sorted(entries)}")
    if cloud.slot().get("holders"):
        raise Violation(f"the slot is still held: {cloud.slot()}")
    if cloud.abandoned:
        raise Violation(f"{cloud.abandoned} events were given up")


def _check_job(cloud: ScenarioCloud, job: Job) -> None:
    if (job.state is JobState.SUCCEEDED) != bool(job.finetuned_output):
        raise Violation(f"{job.job_id} is {job.state.value} with output {job.finetuned_output!r}")
    if job.state.is_terminal:
        result = json.loads(cloud.objects.get(BUCKET, result_key(job.person_id, job.revision))[1])
        if result["state"] != job.state.value:
            raise Violation(f"the result of {job.job_id} says {result['state']}")
