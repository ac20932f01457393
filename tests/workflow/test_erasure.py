"""Erasing a person, in virtual time, over the emulated services."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.clients.job_rows import to_columns
from shared.domain.job import open_job
from shared.domain.object_keys import job_id, person_key
from shared.domain.person_hash import hash_of
from shared.domain.requests import ERASE, Request
from shared.domain.states import JobState
from shared.workflow.ports import World
from shared.workflow.requests import _carry_on
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.standing import Answer, Standing
from tests.simulation.stores import BUCKET
from tests.simulation.traces import traces_of
from tests.workflow.support import tick
from tests.workflow.test_administration import behave, newest, queued, trained

KEY = "simulated-erase-key"
SLOT = [("name", "slot")]


@pytest.fixture(autouse=True)
def with_a_key(cloud: SimulatedCloud) -> None:
    cloud.erase_key = KEY
    behave(cloud, delete_terminal="allow")


def erase(cloud: SimulatedCloud, person: str) -> None:
    # Whoever uploads and asks within the same ten seconds has meant both.
    cloud.advance(15_000)
    cloud.ask("erase", person)


def slot_row(cloud: SimulatedCloud) -> dict[str, Any]:
    """The slot's row as it is stored."""
    return dict(cloud._ots.mirrors["control"].columns(SLOT) or {})


def erasures(cloud: SimulatedCloud) -> list[dict[str, Any]]:
    """The rows of the erasures, with what each has done so far."""
    rows = [row for row in cloud.requests() if row["kind"] == "erase"]
    return [{**row, **json.loads(row["record"] or "{}")} for row in rows]


def test_nothing_is_left_of_an_erased_person_and_others_stay(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    trained(cloud, "Wu")
    erase(cloud, "Li")
    tick(cloud, 12)
    (row,) = erasures(cloud)
    assert (row["outcome"], row["subject"]) == ("erased", hash_of(KEY, "Li"))
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []
    assert newest(cloud, "Wu").state is JobState.SUCCEEDED
    assert traces_of(cloud, "Wu", [b"FACE Wu"])
    removed = row["removed"]
    assert (removed["people/"], removed["submissions/"], removed["results/"]) == (1, 1, 1)
    assert (removed["fine_tunes"], removed["rows"]) == (1, 1)


@pytest.mark.parametrize("minutes", range(6))
def test_a_training_is_stopped_first(cloud: SimulatedCloud, minutes: int) -> None:
    queued(cloud, "Li")
    tick(cloud, minutes)
    erase(cloud, "Li")
    tick(cloud, 15)
    assert [row["outcome"] for row in erasures(cloud)] == ["erased"]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []
    assert cloud.slot().holders == ()


def test_later_uploads_are_a_new_persons_with_numbers_of_their_own(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    cloud.advance(20_000)
    cloud.upload("Li", "1.jpg", b"FACE another")
    tick(cloud, 30)
    (job,) = [job for job in cloud.jobs() if job.person_id == "Li"]
    assert job.state is JobState.SUCCEEDED
    assert job.revision > 1
    assert {cloud.objects.get(BUCKET, file)[1] for file in job.files} == {b"FACE another"}
    # Of the one before only the name, which is the new one's too, and the key that is made of it.
    assert traces_of(cloud, "Li", [b"FACE Li"], own=(job.job_id,)) == []


def test_what_dashscope_does_not_delete_is_listed_and_tried_again(cloud: SimulatedCloud) -> None:
    behave(cloud, delete_terminal="refuse")
    trained(cloud, "Li")
    (entry,) = cloud.studio.ledger()
    erase(cloud, "Li")
    tick(cloud, 15)
    (row,) = erasures(cloud)
    assert (row["settled_at"], bool(row["done_at"])) == (0, True)
    assert row["subject"] == hash_of(KEY, "Li"), "to try again takes no name"
    assert row["remains"] == [["fine_tunes", entry.job_id, "UnsupportedOperation", 1]]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == ["dashscope fine-tune", "requests"]
    calls = len(cloud.gate.trace)
    tick(cloud, 3)
    assert not [call for call in cloud.gate.trace[calls:] if call.operation == "GetRange requests"]
    behave(cloud, delete_terminal="allow")
    cloud.advance(86_400_000)
    tick(cloud, 2)
    assert [row["outcome"] for row in erasures(cloud)] == ["erased"]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_without_a_key_nobody_is_erased_and_the_request_says_why(cloud: SimulatedCloud) -> None:
    cloud.erase_key = ""
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 3)
    (row,) = erasures(cloud)
    assert row["code"] == "erase_key_missing"
    assert newest(cloud, "Li").state is JobState.SUCCEEDED


def test_an_erasure_that_cannot_go_on_is_tried_ever_less_often_and_goes_on_by_itself(
    cloud: SimulatedCloud,
) -> None:
    trained(cloud, "Li")
    cloud.erase_key = ""
    erase(cloud, "Li")
    tick(cloud, 180)
    (row,) = erasures(cloud)
    assert (row["waits_for"], row["code"]) == ("trouble", "erase_key_missing")
    assert 7 <= row["held_up"] <= 9
    cloud.erase_key = KEY
    tick(cloud, 75)
    (row,) = erasures(cloud)
    assert (row["outcome"], row["held_up"]) == ("erased", 0)


def test_another_key_erases_nobody(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 12)
    trained(cloud, "Wu")
    cloud.erase_key = "another-key"
    erase(cloud, "Wu")
    tick(cloud, 3)
    assert erasures(cloud)[-1]["code"] == "erase_key_changed"
    assert newest(cloud, "Wu").state is JobState.SUCCEEDED


def test_a_late_event_brings_nothing_back(cloud: SimulatedCloud) -> None:
    cloud.upload("Li", "1.jpg", b"FACE Li", deliveries=(0, 400_000, 4_000_000))
    tick(cloud, 3)
    erase(cloud, "Li")
    tick(cloud, 80)
    assert cloud.jobs() == []
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_a_person_is_erased_twice(cloud: SimulatedCloud) -> None:
    for content in (b"FACE first", b"FACE second"):
        cloud.upload("Li", "1.jpg", content)
        tick(cloud, 12)
        erase(cloud, "Li")
        tick(cloud, 12)
    assert [row["outcome"] for row in erasures(cloud)] == ["erased", "erased"]
    assert traces_of(cloud, "Li", [b"FACE first", b"FACE second"]) == []


def test_of_two_erasures_at_once_the_later_knows_of_what_the_earlier_has_removed(
    cloud: SimulatedCloud,
) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 12)
    cloud.upload("Li", "1.jpg", b"FACE second")
    tick(cloud, 12)
    (second,) = [job for job in cloud.jobs() if job.person_id == "Li"]
    erase(cloud, "Li")
    tick(cloud, 1)
    assert [job for job in cloud.jobs() if job.person_id == "Li"] == []
    # The rows have gone that tell how far the revisions went, and the erasure is not done.
    erase(cloud, "Li")
    cloud.advance(15_000)
    cloud.upload("Li", "1.jpg", b"FACE third")
    tick(cloud, 20)
    (third,) = [job for job in cloud.jobs() if job.person_id == "Li"]
    assert third.revision > second.revision
    assert [row["outcome"] for row in erasures(cloud)] == ["erased"] * 3
    assert traces_of(cloud, "Li", [b"FACE second"], own=(third.job_id,)) == []


def test_a_fine_tune_that_dashscope_does_not_find_and_lists_is_not_said_to_be_deleted(
    cloud: SimulatedCloud,
) -> None:
    trained(cloud, "Li")
    (entry,) = cloud.studio.ledger()
    denied = Standing(
        service="dashscope",
        operation="DeleteFineTune",
        answer=Answer(404, "NotFound"),
    )
    cloud.gate.standings.troubles.append(denied)
    erase(cloud, "Li")
    tick(cloud, 60)
    (row,) = erasures(cloud)
    assert row["remains"] == [["fine_tunes", entry.job_id, "not_found_and_listed", 1]]
    cloud.gate.standings.troubles.clear()
    cloud.advance(86_400_000)
    tick(cloud, 2)
    assert [row["outcome"] for row in erasures(cloud)] == ["erased"]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_all_spellings_of_a_name_are_erased(cloud: SimulatedCloud) -> None:
    for folder in ("Zoë", "Zoe\u0308"):
        cloud.upload("Zoë", f"/{folder}/1.jpg" if folder != "Zoë" else "1.jpg", f"FACE {folder}".encode())
    tick(cloud, 12)
    erase(cloud, "Zoë")
    tick(cloud, 12)
    assert traces_of(cloud, "Zoë", ["FACE Zoë".encode(), "FACE Zoe\u0308".encode()]) == []
    assert cloud.uploads() == []


def test_other_requests_about_an_erased_person_are_refused_meanwhile(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 1)
    cloud.ask("release", job_id("Li", 1))
    cloud.ask("train", "Li")
    tick(cloud, 12)
    outcomes = [row["outcome"] for row in cloud.requests() if row["kind"] != "erase"]
    assert set(outcomes) <= {"being_erased", "job_unknown", "person_unknown"}


def test_share_links_open_nothing_any_more(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    told = json.dumps({"link_id": "0123456789abcdef", "expires_at": cloud.kernel.now + 86_400_000})
    cloud.ask("link_made", "Li", reason=told)
    tick(cloud, 1)
    erase(cloud, "Li")
    tick(cloud, 12)
    names = [row["name"] for row in cloud._ots.mirrors["requests"].everything()]
    assert "revoked/0123456789abcdef" in names
    assert f"links/{person_key('Li')}" not in [
        row["name"] for row in cloud._ots.mirrors["control"].everything()
    ]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_a_photo_that_is_never_trained_on_is_erased_too(cloud: SimulatedCloud) -> None:
    cloud.upload("Li", "1.jpg", b"VIEW of a house")
    cloud.upload("Li", "what/is\x07this.jpg", b"anything")
    tick(cloud, 10)
    erase(cloud, "Li")
    tick(cloud, 12)
    assert traces_of(cloud, "Li", [b"VIEW of a house", b"anything"]) == []


def test_what_a_run_writes_that_did_not_know_of_the_erasure_goes_too(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 3)
    assert [job for job in cloud.jobs() if job.person_id == "Li"] == []
    # It read the rows before they were marked, and is alive for two minutes.
    late = open_job("Li", 2, cloud.kernel.now)
    key = [("person_key", late.person_key), ("revision", 2)]
    cloud._ots.write_beside("jobs", key, {**to_columns(late), "version": 1, "write_token": "late"})
    cloud.place(f"submissions/{job_id('Li', 2)}/late.jpg", b"FACE Li")
    cloud.place("results/Li/1.json", b"{}")
    tick(cloud, 20)
    assert [row["outcome"] for row in erasures(cloud)] == ["erased"]
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


@pytest.mark.parametrize("minutes", [2, 4, 20])
def test_the_sums_of_the_ledger_stay_and_no_job_in_it(cloud: SimulatedCloud, minutes: int) -> None:
    queued(cloud, "Li")
    tick(cloud, minutes)
    erase(cloud, "Li")
    tick(cloud, 15)
    ledger = json.loads(slot_row(cloud)["value"])["spending"]
    billed = sum(entry.billed_trainings for entry in cloud.studio.ledger())
    assert (ledger["trainings"], ledger["fen"], ledger["reserved"]) == (billed, 250 * billed, {})
    assert (billed > 0) == (minutes == 20)


def test_what_is_reserved_without_a_row_is_counted_and_goes(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    erase(cloud, "Li")
    tick(cloud, 5)
    # Code that keeps no ledger has given the slot back for a job, and its row has gone.
    slot = slot_row(cloud)
    value = json.loads(slot["value"])
    value["spending"]["reserved"] = {job_id("Li", 2): {"at": value["taken_at"], "fen": 250, "before": 0}}
    del slot["name"]
    cloud._ots.write_beside("control", SLOT, {**slot, "value": json.dumps(value)})
    tick(cloud, 1)
    ledger = json.loads(slot_row(cloud)["value"])["spending"]
    assert (ledger["trainings"], ledger["fen"], ledger["reserved"]) == (2, 500, {})


def test_the_next_person_of_the_name_has_cost_nothing_yet(cloud: SimulatedCloud) -> None:
    cloud.change_rules(max_fen_per_person=250)
    trained(cloud, "Li")
    erase(cloud, "Li")
    cloud.advance(20_000)
    cloud.upload("Li", "1.jpg", b"FACE another")
    tick(cloud, 30)
    job = newest(cloud, "Li")
    assert (job.state, job.spent_before_fen, job.spent_through) == (JobState.SUCCEEDED, 0, job.revision - 1)


class _Health:
    """Notes what is taken in hand."""

    def __init__(self) -> None:
        self.in_hand = ""
        self.seen: list[str] = []

    def left_alone_until(self, piece: str) -> int:
        return 7 if piece.startswith("killer") else 0

    def take_in_hand(self, piece: str) -> None:
        self.in_hand = piece

    def put_down(self) -> None:
        self.in_hand = ""


def test_a_death_counts_against_an_erasure_only_while_it_is_carried_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    health = _Health()

    def carried_on(_: object, request: Request) -> int:
        health.seen.append(health.in_hand)
        return 5

    monkeypatch.setattr("shared.workflow.erasing.carry_on", carried_on)
    world = cast("World", SimpleNamespace(health=health))
    asked = Request(request_id="one", kind=ERASE, asked_at=0, asked_by="admin", subject="Li")
    assert _carry_on(world, asked) == 5
    assert (health.seen, health.in_hand) == (["one Erase"], "")
    # Of one that has killed runs nothing is done before its time.
    assert _carry_on(world, replace(asked, request_id="killer")) == 7
    assert health.seen == ["one Erase"]
