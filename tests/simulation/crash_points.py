"""Plays a scenario with a crash at chosen external calls, lets it recover, and checks its ending.

A crash after a call and one before the same run's next call are one moment, and so are those around a call
that only reads: the world is the same and the process is gone. Each such moment is played once and counted
for every point that it is; a lost reply, after which the run goes on, is played at every call.

Between two minutes in which nothing can happen no tick is run: fewer ticks are only harder on the recovery,
and the idle ones would be most of the calls.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aliyun_local.dashscope.account.models import LedgerEntry
from aliyun_local.oss.state.objects import StoredObject
from shared.domain.exports import folder_of
from shared.domain.job import Job
from shared.domain.lanes import KEPT_LANE, PORTRAIT_LANES
from shared.domain.object_keys import CONSENT_NAME, Ignored, Kind, parse_upload, person_key
from shared.domain.requests import EXPORT
from shared.domain.result_keys import result_key
from shared.domain.states import JobState
from tests.simulation.auditing import check_audit, is_all_on_record
from tests.simulation.cloud import TICK_MS, simulated
from tests.simulation.faults import Fault
from tests.simulation.gate import Call
from tests.simulation.invariants import GOING
from tests.simulation.kernel import Run, Violation
from tests.simulation.portraying import check_portraits
from tests.simulation.scenario_cloud import ScenarioCloud, Strikes
from tests.simulation.scenarios import MINUTE_MS, Ending, Scenario
from tests.simulation.stores import BUCKET
from tests.simulation.traces import traces_of

LATEST_REPETITION = 15 * MINUTE_MS
UPLOAD_LEFT_TO_ITS_EVENT = MINUTE_MS

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

PATH_AHEAD = 6
"""Calls of the submit path that a second crash may hit after the first: a whole second attempt."""

TIMED_LANES = (KEPT_LANE, *PORTRAIT_LANES)
READING = ("Get", "BatchGet", "Head", "List")


@dataclass(frozen=True)
class Played:
    """The calls of a play, the number of each one's run, and which lie on a submit's way to its record."""

    trace: list[Call]
    runs: list[int]
    submit_path: list[int]


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
            cloud.check_mirrors()
        except (AssertionError, Violation) as problem:
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
    numbers: dict[Run, int] = {}
    return Played(trace, [numbers.setdefault(run, len(numbers)) for run in cloud.struck.runs], path)


def play_every_crash(scenario: Scenario, *, each_for_itself: bool = False) -> Counter[str]:
    """Play ``scenario`` with every crash at every call; returns what was covered.

    ``each_for_itself`` plays also those crashes that are one moment.
    """
    undisturbed = play(scenario, {})
    covered = Counter(scenarios=1, calls=len(undisturbed.trace))
    for points in _moments(undisturbed, range(len(undisturbed.trace))):
        for index, crash in points if each_for_itself else points[:1]:
            play(scenario, {index: crash})
            covered["plays"] += 1
        covered["crash points"] += len(points)
    return covered


def cover_every_crash(scenario: Scenario, note: Callable[[str, object], None]) -> None:
    """Play ``scenario`` with every crash at every call, and ``note`` what was covered."""
    covered = play_every_crash(scenario)
    assert covered["crash points"] == covered["calls"] * len(CRASHES) > 0
    for name, count in covered.items():
        note(name, count)


def play_every_pair(scenario: Scenario) -> Counter[str]:
    """Play every crash on the submit path with one more at each of the path's next calls in what follows."""
    undisturbed = play(scenario, {})
    covered: Counter[str] = Counter()
    for points in _moments(undisturbed, undisturbed.submit_path):
        first = points[0][0]
        after_it = play(scenario, dict(points[:1]))
        following = [later for later in after_it.submit_path if later > first][:PATH_AHEAD]
        for more in _moments(after_it, following):
            play(scenario, dict([points[0], more[0]]))
            covered["plays"] += 1
            covered["pairs"] += len(points) * len(more)
    return covered


def _moments(played: Played, wanted: Iterable[int]) -> list[list[tuple[int, Fault]]]:
    """The points at the ``wanted`` calls, those that are one moment together."""
    wanted = set(wanted)
    moments: list[list[tuple[int, Fault]]] = []
    of_run: dict[int, list[tuple[int, Fault]]] = {}
    for call, run in zip(played.trace, played.runs, strict=True):
        moment = of_run.get(run)
        if moment is None:
            moments.append(moment := [])
        before, after, lost = ((call.index, crash) for crash in CRASHES)
        if call.index in wanted:
            moment.append(before)
        if not call.operation.startswith(READING):
            moments.append(moment := [])
        of_run[run] = moment
        if call.index in wanted:
            moment.append(after)
            moments.append([lost])
    return [moment for moment in moments if moment]


def _come_to_rest(cloud: ScenarioCloud) -> None:
    steps = list(cloud.scenario.steps)
    patience = cloud.scenario.patience
    for _ in range(patience):
        while steps and steps[0].moment(cloud):
            steps.pop(0).act(cloud)
        jobs = cloud.jobs()
        if not steps and _is_at_rest(cloud, jobs):
            break
        if _has_something_to_do(cloud, jobs):
            cloud.invoke_reconcile()
        cloud.advance(TICK_MS)
        cloud.invariants.check_ledger()
    else:
        states = [f"{job.person_id}-{job.revision} {job.state.value}" for job in cloud.jobs()]
        raise Violation(f"not at rest after {patience} minutes: {states}, slot {cloud.slot()}")
    # Events that the platform repeats find a world at rest, and so does one more tick.
    cloud.advance(LATEST_REPETITION)
    if cloud.scenario.ends_with_a_tick:
        cloud.invoke_reconcile()
        cloud.advance(2 * TICK_MS)
    if not _is_at_rest(cloud, cloud.jobs()):
        raise Violation("what had come to rest moved again")


def _is_at_rest(cloud: ScenarioCloud, jobs: list[Job]) -> bool:
    if cloud.receiver is not None and not cloud.receiver.is_told_everything():
        return False
    if cloud.logs is not None and not is_all_on_record(cloud):
        return False
    expected = {person for person, endings in cloud.scenario.endings.items() if endings}
    everybody = {job.person_id for job in jobs} == expected
    ended = all(job.delivered or job.state is JobState.REJECTED for job in jobs)
    erasures = cloud.invariants.administration.erasures
    is_quiet = not cloud.kernel.runs and not cloud.is_rung() and not erasures.open_ones()
    is_quiet &= bool(erasures.rows) or not cloud.scenario.erased
    is_quiet &= not any(job.lane in PORTRAIT_LANES for job in jobs)
    is_kept = any(job.lane == KEPT_LANE and _goes_in_time(cloud, job) for job in jobs)
    left = (*_unrecorded(cloud, jobs), *_withdrawn(cloud), *_exports_going(cloud))
    return everybody and ended and is_quiet and not is_kept and not any(left)


def _goes_in_time(cloud: ScenarioCloud, job: Job) -> bool:
    """Whether something of the job is to go before the scenario is over: a usual one keeps all for a week."""
    return job.due_at < cloud.kernel.start + cloud.scenario.patience * MINUTE_MS


def _exports_going(cloud: ScenarioCloud) -> list[str]:
    """The exports that are neither there nor given up."""
    rows = (row for row in cloud.requests() if row["kind"] == EXPORT and not row["settled_at"])
    return [row["name"] for row in rows if not json.loads(row["record"] or "{}").get("ready_at")]


def _unrecorded(cloud: ScenarioCloud, jobs: list[Job]) -> Iterator[float]:
    """When the uploads were made that stand in no set of their person."""
    for stored in cloud.uploads():
        upload = parse_upload(stored.key)
        if isinstance(upload, Ignored) or upload.kind in (Kind.MARKER, Kind.CONSENT):
            continue
        theirs = [job for job in jobs if job.person_id == upload.person_id]
        if not any(_knows(job, upload.name, stored) for job in theirs):
            yield stored.modified_at * 1000


def _withdrawn(cloud: ScenarioCloud) -> Iterator[float]:
    """When the withdrawals were put that lie there yet: they go with their person."""
    for stored in cloud.uploads():
        if stored.key.endswith(f"/{CONSENT_NAME}"):
            content = cloud.objects.get(BUCKET, stored.key)[1]
            if b"withdrawn_at" in content:
                yield stored.modified_at * 1000


def _unnoted(cloud: ScenarioCloud, jobs: list[Job]) -> Iterator[float]:
    """When the consents were put that the newest job of their person does not know."""
    newest = {job.person_id: job for job in jobs}
    for stored in cloud.uploads():
        upload = parse_upload(stored.key)
        job = newest.get(upload.person_id) if not isinstance(upload, Ignored) else None
        if isinstance(upload, Ignored) or upload.kind is not Kind.CONSENT or job is None:
            continue
        if job.consent is None or job.consent.etag != stored.etag:
            yield stored.modified_at * 1000


def _knows(job: Job, name: str, stored: StoredObject) -> bool:
    """Whether the upload stands in the set as it is now; no scenario has more than a row can hold."""
    recorded = job.photo_set.photo(name)
    if recorded is None:
        return False
    is_same_content = (recorded.crc64, recorded.size) == (str(stored.crc), stored.size)
    return recorded.etag == stored.etag or is_same_content


def _has_something_to_do(cloud: ScenarioCloud, jobs: list[Job]) -> bool:
    """Whether a tick could find anything to do now."""
    now = cloud.kernel.now
    if cloud.receiver is not None and not cloud.receiver.is_told_everything():
        return True
    if cloud.is_heard() or any(job.cancel_asked_at and not job.state.is_terminal for job in jobs):
        return True
    if any(job.lane in TIMED_LANES and job.due_at <= now for job in jobs):
        return True
    news = (*_unrecorded(cloud, jobs), *_unnoted(cloud, jobs), *_withdrawn(cloud))
    if any(uploaded <= now - UPLOAD_LEFT_TO_ITS_EVENT for uploaded in news):
        return True
    going = {entry.job_id for entry in cloud.studio.ledger() if entry.status in GOING}
    running = [job for job in jobs if job.state in (JobState.SUBMITTING, JobState.TRAINING)]
    closed_until = cloud.slot().halted_until
    for job in jobs:
        if job.state is JobState.COLLECTING:
            ripe = job.due_at <= now
        elif job.state is JobState.QUEUED:
            ripe = not running and closed_until <= now
        elif job.state is JobState.SUBMITTING:
            ripe = job.attempt_expires_at <= now
        elif job.state is JobState.TRAINING:
            overdue = now > job.submitted_at + cloud.rules.training_deadline_ms
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
        names = [name for name in (*job.earlier_fine_tunes, job.fine_tune_id) if name]
        if not entries.keys() >= set(names):
            raise Violation(f"{job.job_id} owns {names}, of which only {sorted(entries)} are left to own")
        owned = [entries.pop(name) for name in names]
        failed = sum(entry.status == "FAILED" for entry in owned)
        reason = job.reason.code if job.reason else ""
        found.setdefault(job.person_id, []).append(Ending(job.state, len(owned) - failed, failed, reason))
        _check_job(cloud, job)
    entries = {name: entry for name, entry in entries.items() if not _went_with_its_person(cloud, entry)}
    _check_erased(cloud)
    cloud.invariants.administration.retention.check_gone(cloud)
    _check_exported(cloud)
    expected = {person: list(endings) for person, endings in cloud.scenario.endings.items() if endings}
    if found != expected:
        raise Violation(f"it ended with {found} and not with {expected}")
    for person, contents in (cloud.scenario.trained_on or {}).items():
        (latest,) = [job for job in cloud.jobs() if job.person_id == person][-1:]
        trained_on = {cloud.objects.get(BUCKET, file)[1] for file in latest.files}
        if trained_on != contents:
            raise Violation(f"{latest.job_id} is trained on {trained_on} and not on {set(contents)}")
    if entries:
        raise Violation(f"no job owns {sorted(entries)}")
    if cloud.receiver is not None:
        cloud.receiver.check_end()
    if cloud.logs is not None:
        everybody = sorted({*cloud.scenario.endings, *cloud.scenario.erased})
        check_audit(cloud, everybody, cloud.onlookers)
    _check_portraits(cloud)
    if cloud.slot().holders:
        raise Violation(f"the slot is still held: {cloud.slot()}")
    if cloud.abandoned:
        raise Violation(f"{cloud.abandoned} events were given up")


def _check_portraits(cloud: ScenarioCloud) -> None:
    """The orders of portraits have ended as they should, with their pictures in the bucket and the result."""
    check_portraits(cloud)
    found: dict[str, list[tuple[str, int]]] = {}
    for job in cloud.jobs():
        for order in job.portraits:
            found.setdefault(job.person_id, []).append((order.state.value, len(order.pictures)))
    expected = {person: list(orders) for person, orders in cloud.scenario.portraits.items() if orders}
    if found != expected:
        raise Violation(f"the portraits ended with {found} and not with {expected}")
    if cloud.slot().portraits.holder:
        raise Violation(f"the slot of portraits is still held: {cloud.slot().portraits}")


def _went_with_its_person(cloud: ScenarioCloud, entry: LedgerEntry) -> bool:
    owner = cloud.invariants.owner_of(entry.training_file_ids[0])
    return cloud.invariants.administration.erasures.is_of_erased(owner) and entry.deleted_at is not None


def _check_erased(cloud: ScenarioCloud) -> None:
    """Nothing is left anywhere of whoever was erased."""
    for person, pictures in cloud.scenario.erased.items():
        own = [job.job_id for job in cloud.jobs() if job.person_id == person]
        if found := traces_of(cloud, person, pictures, own):
            raise Violation(f"of {person}, who was erased, there is left: {found}")


def _check_exported(cloud: ScenarioCloud) -> None:
    """Of each who was to be exported there is one whole zip, and of nobody what is not made to its end."""
    rows = cloud.objects.list_objects(BUCKET, prefix="exports/", limit=1000).rows
    zips = {row.key: cloud.objects.get(BUCKET, row.key)[1] for row in rows if row.key.endswith(".zip")}
    begun = cloud.objects.uploads.list_uploads(BUCKET, prefix="exports/").rows
    if len(zips) != len(cloud.scenario.exported) or begun:
        raise Violation(f"there are {sorted(zips)}, and {len(begun)} are begun")
    for person, contents in cloud.scenario.exported.items():
        (content,) = (zips[key] for key in zips if key.startswith(folder_of(person_key(person))))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if damaged := archive.testzip():
                raise Violation(f"{damaged} is damaged in the zip of {person}")
            names = [name for name in archive.namelist() if name.startswith("uploads/")]
            found = {archive.read(name) for name in names} - {b""}
            left_out = json.loads(archive.read("manifest.json"))["left_out"]
        if found != contents or left_out:
            raise Violation(f"the zip of {person} has {found} and not {set(contents)}; left out: {left_out}")


def _check_job(cloud: ScenarioCloud, job: Job) -> None:
    if (job.state is JobState.SUCCEEDED) != bool(job.finetuned_output):
        raise Violation(f"{job.job_id} is {job.state.value} with output {job.finetuned_output!r}")
    if job.state.is_terminal:
        result = json.loads(cloud.objects.get(BUCKET, result_key(job.person_id, job.revision))[1])
        if result["state"] != job.state.value:
            raise Violation(f"the result of {job.job_id} says {result['state']}")
