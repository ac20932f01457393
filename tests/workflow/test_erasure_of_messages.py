"""Erasing a person of whom somebody is told: no outbox is left, and nothing is told afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.clients.outbox_table import PREFIX
from shared.domain.control_rows import DELIVERIES as ROW
from shared.domain.erasure import RUNS_ARE_DEAD_MS
from shared.domain.job import Job
from shared.domain.lanes import MESSAGE_LANE
from shared.domain.messages import Message
from shared.domain.object_keys import job_id, person_key
from shared.domain.states import JobState
from shared.workflow.message_ports import Reply
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.traces import traces_of
from tests.workflow.support import tick
from tests.workflow.test_administration import behave, newest, queued, trained
from tests.workflow.test_erasure import KEY, erase, erasures

OUTBOX = [("person_key", PREFIX + person_key("Li")), ("revision", 0)]


class Listener:
    """A receiver that takes what it is sent, or not, and does something meanwhile."""

    name, fingerprint, most_a_pass = "webhook", "a print", 60

    def __init__(self, cloud: SimulatedCloud) -> None:
        self._cloud = cloud
        self.heard: list[tuple[int, str, str]] = []
        self.is_down = False
        self.meanwhile: Callable[[], None] = lambda: None

    def wants(self, _: str) -> bool:
        return True

    def send(self, message: Message, job: Job | None, now: int, within_ms: int) -> Reply:
        self.meanwhile()
        self.heard.append((self._cloud.kernel.now, message.kind, job.job_id if job else ""))
        return Reply("http_503", "", 503) if self.is_down else Reply(status=204)


@pytest.fixture
def there(cloud: SimulatedCloud) -> Iterator[Listener]:
    cloud.erase_key = KEY
    behave(cloud, delete_terminal="allow")
    listener = Listener(cloud)
    cloud.receivers = (listener,)
    yield listener
    assert [row["outcome"] for row in erasures(cloud)] == ["erased"]
    done_at = erasures(cloud)[0]["done_at"]
    told_of_li = [one for one in listener.heard if one[2] == job_id("Li", 1)]
    assert all(at < done_at for at, _, _ in told_of_li)


def outbox_of(cloud: SimulatedCloud) -> dict[str, Any] | None:
    return cloud._ots.mirrors["jobs"].columns(OUTBOX)


def test_what_nobody_was_told_yet_goes_with_the_person(cloud: SimulatedCloud, there: Listener) -> None:
    there.is_down = True
    trained(cloud, "Li")
    assert (outbox_of(cloud) or {})["due_at"]
    assert traces_of(cloud, "Li", [b"FACE Li"]).count("control")
    erase(cloud, "Li")
    tick(cloud, 1)
    tried = len(there.heard)
    there.is_down = False
    tick(cloud, 30)
    assert len(there.heard) == tried
    assert erasures(cloud)[0]["removed"]["outboxes"] == 1
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_deliveries_of_others_stay_on_record(cloud: SimulatedCloud, there: Listener) -> None:
    trained(cloud, "Wu")
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 12)
    record = str(cloud._ots.mirrors["control"].columns([("name", ROW)]))
    assert record.count('"training.succeeded"') == 1
    assert person_key("Wu") in record
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_from_the_first_run_on_nothing_is_told_of_the_person(cloud: SimulatedCloud, there: Listener) -> None:
    queued(cloud, "Li")
    tick(cloud, 2)
    assert newest(cloud, "Li").state is JobState.TRAINING
    erase(cloud, "Li")
    tick(cloud, 15)
    assert [kind for _, kind, _ in there.heard] == ["training.queued", "training.started"]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_nothing_is_told_of_a_row_that_is_marked(cloud: SimulatedCloud, there: Listener) -> None:
    queued(cloud, "Li")
    tick(cloud, 2)
    columns = dict(outbox_of(cloud) or {})
    for name, _ in OUTBOX:
        del columns[name]
    erase(cloud, "Li")
    there.heard.clear()
    cloud.invoke_reconcile()
    cloud.advance(5_000)
    assert newest(cloud, "Li").erasing_since
    # By a run that had read the job before it was marked: it knows of nothing that has been told.
    late = {"lane": MESSAGE_LANE, "due_at": cloud.kernel.now, "receivers": "{}", "revisions": "[1]"}
    cloud._ots.write_beside("jobs", OUTBOX, {**columns, **late, "version": 1, "write_token": "late"})
    cloud.invoke_reconcile()
    cloud.advance(5_000)
    assert not there.heard
    tick(cloud, 15)
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_a_message_that_is_on_its_way_writes_no_outbox_anew(cloud: SimulatedCloud, there: Listener) -> None:
    there.is_down = True
    trained(cloud, "Li")
    cloud.advance(15_000)

    def erased_meanwhile() -> None:
        there.meanwhile = lambda: None
        cloud.ask("erase", "Li")
        cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
        cloud.kernel.pause(9_000)
        assert outbox_of(cloud) is None

    there.meanwhile = erased_meanwhile
    while not erasures(cloud):
        tick(cloud, 1)
    assert outbox_of(cloud) is None
    tick(cloud, 15)
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_an_outbox_goes_also_where_nobody_is_told_any_more(cloud: SimulatedCloud, there: Listener) -> None:
    trained(cloud, "Li")
    assert outbox_of(cloud) is not None
    cloud.receivers = ()
    erase(cloud, "Li")
    tick(cloud, 12)
    assert outbox_of(cloud) is None
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_an_outbox_that_comes_late_is_outlived(cloud: SimulatedCloud, there: Listener) -> None:
    there.is_down = True
    trained(cloud, "Li")
    columns = dict(outbox_of(cloud) or {})
    for name, _ in OUTBOX:
        del columns[name]
    erase(cloud, "Li")
    tick(cloud, 3)
    assert outbox_of(cloud) is None
    # By a run that had read the job before it was marked.
    cloud._ots.write_beside("jobs", OUTBOX, {**columns, "version": 1, "write_token": "late"})
    tried = len(there.heard)
    while outbox_of(cloud) is not None:
        cloud.advance(1_000)
        cloud.invoke_reconcile()
    gone_at = cloud.kernel.now
    tick(cloud, 12)
    assert erasures(cloud)[0]["done_at"] >= gone_at + RUNS_ARE_DEAD_MS - 2_000
    assert len(there.heard) == tried
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_no_message_of_somebody_who_is_being_erased_is_sent_once_more(
    cloud: SimulatedCloud, there: Listener
) -> None:
    trained(cloud, "Li")
    message = newest(cloud, "Li").messages[-1]
    cloud.upload("Li", "2.jpg", b"FACE Li again")
    cloud.upload("Li", "_READY", b"")
    tick(cloud, 2)
    assert newest(cloud, "Li").state is JobState.TRAINING
    erase(cloud, "Li")
    tick(cloud, 1)
    tried = len(there.heard)
    cloud.ask("redeliver", message.message_id)
    tick(cloud, 1)
    assert [row["outcome"] for row in cloud.requests() if row["kind"] == "redeliver"] in (
        ["message_unknown"],
        [],
    )
    tick(cloud, 15)
    assert len(there.heard) == tried
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_of_the_next_person_of_the_name_everything_is_told(cloud: SimulatedCloud, there: Listener) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    cloud.advance(20_000)
    cloud.upload("Li", "1.jpg", b"FACE another")
    tick(cloud, 30)
    job = newest(cloud, "Li")
    told = [kind for _, kind, name in there.heard if name == job.job_id]
    assert told == ["training.queued", "training.started", "training.succeeded"]
    assert traces_of(cloud, "Li", [b"FACE Li"], own=(job.job_id,)) == []
