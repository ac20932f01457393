"""``CONSENT=required`` in a whole deployment: who waits is told why, and goes on by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.domain.consent_ledger import ROW, ConsentLedger
from shared.domain.object_keys import CONSENT_NAME
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.consents import put_consent
from tests.simulation.faults import NoFaults
from tests.simulation.stores import BUCKET
from tests.simulation.traces import traces_of
from tests.workflow.support import tick
from tests.workflow.test_caps import FAST, block, states
from tests.workflow.test_erasure import KEY, erase, erasures

REQUIRED = Rules(quiet_ms=60_000, sweep_rest_ms=50_000, kept_fine_tunes=1000, consent_required=True)
LEAVING = ("DetectFaces", "UploadFiles", "CreateFineTune")


@pytest.fixture(params=["url", "file"])
def asking(request: pytest.FixtureRequest) -> Iterator[SimulatedCloud]:
    """A deployment that asks for consent, where photos go by URL or by file."""
    account = "old" if request.param == "url" else "today"
    cloud = SimulatedCloud(
        1, NoFaults(), rules=REQUIRED, behaviour=replace(FAST), photo_access=request.param, account=account
    )
    cloud.invariants.consents.is_required = True
    with simulated(cloud):
        yield cloud
    cloud.invariants.consents.check_end(cloud.jobs(), erases=bool(cloud.erase_key))
    cloud.close()


def with_key(cloud: SimulatedCloud) -> SimulatedCloud:
    """The deployment with a key, so that people can be erased, at a DashScope that deletes everything."""
    cloud.erase_key = KEY
    cloud.behaviour.delete_terminal = "allow"
    return cloud


def ledger_of(cloud: SimulatedCloud) -> ConsentLedger:
    """How many have consented."""
    row = cloud._ots.mirrors["control"].columns([("name", ROW)])
    return ConsentLedger.from_value(json.loads(row["value"]) if row else {})


def left(cloud: SimulatedCloud) -> int:
    """How many calls have brought anything to DashScope."""
    return sum(call.operation in LEAVING for call in cloud.gate.trace)


def test_who_waits_is_told_why_and_nobody_waits_for_them(asking: SimulatedCloud) -> None:
    asking.upload("li", "a.jpg", b"FACE li")
    put_consent(asking, "wu")
    asking.upload("wu", "a.jpg", b"FACE wu")
    li, wu = tick(asking, 8)
    assert (li.state, wu.state) == (JobState.COLLECTING, JobState.SUCCEEDED)
    assert block(asking, li) == ("waits_for_consent", None)
    calls = left(asking)
    tick(asking, 30)
    assert left(asking) == calls


def test_the_consent_that_comes_has_them_trained_and_stands_in_the_result(asking: SimulatedCloud) -> None:
    asking.upload("li", "a.jpg", b"FACE li")
    tick(asking, 3)
    assert left(asking) == 0
    put_consent(asking, "li")
    tick(asking, 6)
    assert states(asking) == ["SUCCEEDED"]
    result = json.loads(asking.objects.get(BUCKET, "results/li/1.json")[1])
    assert result["consent"]["means"] == "simulated"
    assert result["consent"]["text_version"] == "1"
    assert "people/li/_CONSENT.json" not in str(result["photos"])


def test_without_its_event_the_sweep_finds_it(asking: SimulatedCloud) -> None:
    asking.upload("li", "a.jpg", b"FACE li")
    tick(asking, 2)
    put_consent(asking, "li", deliveries=())
    tick(asking, 10)
    assert states(asking) == ["SUCCEEDED"]


def test_a_withdrawal_cancels_the_training_that_runs_and_is_counted(asking: SimulatedCloud) -> None:
    asking.behaviour.training_seconds = 3600.0
    put_consent(asking, "li")
    asking.upload("li", "a.jpg", b"FACE li")
    tick(asking, 3)
    assert states(asking) == ["TRAINING"]
    put_consent(asking, "li", withdrawn=True)
    tick(asking, 5)
    assert states(asking) == ["CANCELED"]
    result = json.loads(asking.objects.get(BUCKET, "results/li/1.json")[1])
    assert result["reason"]["code"] == "consent_withdrawn"
    assert result["consent"]["withdrawn_at"]
    assert asking.studio.files.page(offset=0, limit=10)[1] == []
    ledger = ledger_of(asking)
    assert (ledger.people, ledger.in_force(asking.kernel.now), ledger.withdrawals) == (1, 0, 1)


@pytest.mark.parametrize("minutes", [0, 1, 3, 8])
def test_whoever_withdraws_consent_is_erased_and_nothing_is_left(
    asking: SimulatedCloud, minutes: int
) -> None:
    with_key(asking)
    for person in ("Li", "Wu"):
        put_consent(asking, person)
        asking.upload(person, "a.jpg", b"FACE %s" % person.encode())
    tick(asking, minutes)
    asking.advance(15_000)
    put_consent(asking, "Li", withdrawn=True, guardian={"name": "Li Si", "relation": "mother"})
    tick(asking, 20)
    assert [(row["outcome"], row["asked_by"]) for row in erasures(asking)] == [("erased", "consent")]
    assert traces_of(asking, "Li", [b"FACE Li", b"Li Si"]) == []
    assert [(job.person_id, job.state) for job in asking.jobs()] == [("Wu", JobState.SUCCEEDED)]
    ledger = ledger_of(asking)
    assert (ledger.people, ledger.in_force(asking.kernel.now), ledger.withdrawals) == (2, 1, 1)


def test_a_withdrawal_without_photos_erases_the_document(asking: SimulatedCloud) -> None:
    with_key(asking)
    put_consent(asking, "Li", guardian={"name": "Li Si", "relation": "mother"})
    tick(asking, 2)
    put_consent(asking, "Li", deliveries=(), withdrawn=True)
    tick(asking, 20)
    assert [row["outcome"] for row in erasures(asking)] == ["erased"]
    assert traces_of(asking, "Li", [b"Li Si"]) == []


def test_after_the_erasure_photos_and_a_consent_are_the_next_persons(asking: SimulatedCloud) -> None:
    with_key(asking)
    put_consent(asking, "Li")
    asking.upload("Li", "a.jpg", b"FACE Li")
    tick(asking, 8)
    put_consent(asking, "Li", withdrawn=True)
    tick(asking, 20)
    asking.upload("Li", "a.jpg", b"FACE another")
    (job,) = tick(asking, 5)
    assert block(asking, job) == ("waits_for_consent", None), "the consent has gone with the one before"
    put_consent(asking, "Li")
    (job,) = tick(asking, 8)
    assert (job.state, job.revision > 1) == (JobState.SUCCEEDED, True)
    assert traces_of(asking, "Li", [b"FACE Li"], own=(job.job_id,)) == []


def test_whoever_is_erased_by_an_administrator_is_no_longer_counted(asking: SimulatedCloud) -> None:
    with_key(asking)
    for person in ("Li", "Wu"):
        put_consent(asking, person)
        asking.upload(person, "a.jpg", b"FACE %s" % person.encode())
    tick(asking, 10)
    erase(asking, "Li")
    tick(asking, 20)
    assert [row["outcome"] for row in erasures(asking)] == ["erased"]
    ledger = ledger_of(asking)
    assert (ledger.people, ledger.in_force(asking.kernel.now), ledger.withdrawals) == (2, 1, 0)
    assert [one.key for one in asking.uploads() if one.key.endswith(CONSENT_NAME)] == [
        f"people/Wu/{CONSENT_NAME}"
    ]


def test_photos_after_a_withdrawal_wait_and_a_later_consent_lets_them_go(asking: SimulatedCloud) -> None:
    put_consent(asking, "li", withdrawn=True)
    asking.upload("li", "a.jpg", b"FACE li")
    (job,) = tick(asking, 5)
    assert block(asking, job) == ("consent_withdrawn", None)
    asking.advance(5_000)
    put_consent(asking, "li")
    tick(asking, 6)
    assert states(asking) == ["SUCCEEDED"]


def test_a_consent_that_ends_holds_the_submit_and_the_next_one_lets_it_go(asking: SimulatedCloud) -> None:
    put_consent(asking, "li", ends=asking.kernel.now + 30_000)
    asking.upload("li", "a.jpg", b"FACE li")
    (job,) = tick(asking, 5)
    assert (job.state, block(asking, job)[0]) == (JobState.QUEUED, "waits_for_consent")
    assert asking.studio.ledger() == []
    put_consent(asking, "li")
    tick(asking, 5)
    assert states(asking) == ["SUCCEEDED"]


def test_a_setting_that_asks_no_more_lets_everybody_go_and_one_that_asks_holds_who_waits() -> None:
    plain = replace(REQUIRED, consent_required=False)
    cloud = SimulatedCloud(1, NoFaults(), rules=plain, behaviour=FAST)
    with simulated(cloud):
        cloud.upload("li", "a.jpg", b"FACE li")
        cloud.advance(5_000)
        cloud.change_rules(consent_required=True)
        (job,) = tick(cloud, 5)
        assert (job.state, block(cloud, job)[0]) == (JobState.QUEUED, "waits_for_consent")
        cloud.change_rules(consent_required=False)
        tick(cloud, 6)
        assert states(cloud) == ["SUCCEEDED"]
    cloud.close()
