"""What administrators ask for, carried out by the next tick: in virtual time, over the emulated services."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from aliyun_local.dashscope.errors import ServiceError
from shared.domain.job import Job
from shared.domain.object_keys import job_id, snapshot_folder
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.stores import BUCKET
from tests.workflow.support import tick

LI, WU, ZHAO = (job_id(person, 1) for person in ("Li", "Wu", "Zhao"))


class LosingOneSubmit:
    """The first submit never arrives; nothing else goes wrong."""

    def __init__(self) -> None:
        self.has_struck = False

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        if operation != "CreateFineTune" or self.has_struck:
            return None
        self.has_struck = True
        return Fault.TIMEOUT


def behave(cloud: SimulatedCloud, **switches: Any) -> None:
    for name, value in switches.items():
        setattr(cloud.studio.behaviour, name, value)


def outcomes(cloud: SimulatedCloud) -> list[str]:
    """What became of each request, oldest first: its code."""
    rows = cloud.requests()
    return [row["outcome"].partition(":")[0] for row in rows]


def newest(cloud: SimulatedCloud, person: str) -> Job:
    return [job for job in cloud.jobs() if job.person_id == person][-1]


def trained(cloud: SimulatedCloud, person: str) -> None:
    cloud.upload(person, "1.jpg", f"FACE {person}".encode())
    tick(cloud, 12)


def queued(cloud: SimulatedCloud, *people: str) -> None:
    """Let the first of ``people`` be trained and the others queue behind."""
    behave(cloud, training_seconds=1200.0)
    for person in people:
        cloud.upload(person, "1.jpg", f"FACE {person}".encode())
        cloud.upload(person, "_READY", b"")
        tick(cloud, 2)


def submitted(cloud: SimulatedCloud) -> list[str]:
    """The jobs of DashScope's fine-tunes, in the order of their submits."""
    return [cloud.invariants.owner_of(entry.training_file_ids[0]) for entry in cloud.studio.ledger()]


# -- cancelling ------------------------------------------------------------------------------------------


def test_a_queued_job_that_is_cancelled_is_never_sent_and_costs_nothing(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu")
    cloud.ask("cancel", WU)
    tick(cloud, 30)
    job = newest(cloud, "Wu")
    assert (job.state, job.reason and job.reason.code) == (JobState.CANCELED, "canceled_before_submit")
    assert (job.usage, submitted(cloud), outcomes(cloud)) == (0, [LI], ["canceled"])
    assert job.delivered, "its result says so in the bucket as well"


def test_a_training_that_is_cancelled_ends_at_dashscope_and_frees_the_slot(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu")
    cloud.ask("cancel", LI)
    tick(cloud, 3)
    (first, _) = cloud.studio.ledger()
    assert first.status == "CANCELED"
    assert newest(cloud, "Li").state is JobState.CANCELED
    assert newest(cloud, "Wu").state is JobState.TRAINING
    assert outcomes(cloud) == ["cancel_asked"]


def test_a_cancel_that_comes_too_late_says_so_and_the_model_is_kept(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    cloud.ask("cancel", LI)
    tick(cloud, 2)
    assert outcomes(cloud) == ["ended_already"]
    assert newest(cloud, "Li").finetuned_output


def test_a_training_that_ends_before_it_is_cancelled_has_succeeded(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise ServiceError(400, "UnsupportedOperation", "it is succeeded,failed or canceled")

    queued(cloud, "Li")
    behave(cloud, training_seconds=30.0)
    monkeypatch.setattr(cloud.studio, "cancel_fine_tune", refuse)
    cloud.ask("cancel", LI)
    tick(cloud, 1)
    assert newest(cloud, "Li").cancel_asked_at
    tick(cloud, 25)
    assert newest(cloud, "Li").state is JobState.SUCCEEDED
    assert newest(cloud, "Li").usage == 1


def test_a_cancel_that_dashscope_refuses_is_shown_and_asked_for_once_a_minute(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refuse(_: str) -> None:
        asked.append(cloud.kernel.now)
        raise ServiceError(500, "InternalError", "simulated")

    queued(cloud, "Li")
    monkeypatch.setattr(cloud.studio, "cancel_fine_tune", refuse)
    cloud.ask("cancel", LI)
    tick(cloud, 5)
    job = newest(cloud, "Li")
    assert (job.state, job.retry and job.retry.cause.code) == (JobState.TRAINING, "cancel_failed")
    assert all(later - earlier >= 60_000 for earlier, later in pairwise(asked))
    monkeypatch.undo()
    tick(cloud, 4)
    assert newest(cloud, "Li").state is JobState.CANCELED


def test_a_submit_that_never_arrived_is_not_sent_again_once_it_is_cancelled(cloud: SimulatedCloud) -> None:
    cloud.gate.faults = LosingOneSubmit()
    cloud.upload("Li", "1.jpg", b"FACE Li")
    tick(cloud, 1)
    while newest(cloud, "Li").state is not JobState.SUBMITTING:
        tick(cloud, 1)
    cloud.ask("cancel", LI)
    tick(cloud, 1)
    assert newest(cloud, "Li").state is JobState.SUBMITTING, "nobody knows yet whether it was created"
    tick(cloud, 30)
    job = newest(cloud, "Li")
    assert (job.state, job.reason and job.reason.code) == (JobState.CANCELED, "canceled_before_submit")
    assert cloud.studio.ledger() == []


def test_a_cancelled_training_that_fails_is_not_made_again(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li")
    cloud.studio.fail_next("InternalError.Algo", "simulated", times=1)
    cloud.ask("cancel", LI)
    tick(cloud, 30)
    assert newest(cloud, "Li").state in (JobState.CANCELED, JobState.FAILED)
    assert len(cloud.studio.ledger()) == 1


def test_a_set_with_a_photo_after_a_cancel_is_the_next_revision(cloud: SimulatedCloud) -> None:
    cloud.upload("Li", "1.jpg", b"FACE 1")
    cloud.advance(5_000)
    cloud.ask("cancel", LI)
    tick(cloud, 3)
    assert newest(cloud, "Li").state is JobState.CANCELED
    tick(cloud, 10)
    assert [job.revision for job in cloud.jobs()] == [1], "what was cancelled does not come back by itself"
    cloud.upload("Li", "2.jpg", b"FACE 2")
    assert tick(cloud, 12)[-1].state is JobState.SUCCEEDED
    assert submitted(cloud) == [job_id("Li", 2)]


# -- the queue -------------------------------------------------------------------------------------------


def test_whoever_is_put_first_is_trained_next(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu", "Zhao")
    cloud.ask("first", ZHAO)
    tick(cloud, 70)
    assert submitted(cloud) == [LI, ZHAO, WU]
    assert outcomes(cloud) == ["moved_first"]


def test_whoever_is_put_first_last_comes_before_those_put_first_earlier(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu", "Zhao", "Qian")
    for job in (ZHAO, job_id("Qian", 1)):
        cloud.ask("first", job)
        tick(cloud, 1)
    tick(cloud, 90)
    assert submitted(cloud) == [LI, job_id("Qian", 1), ZHAO, WU]


def test_a_place_at_the_head_is_kept_when_photos_join_the_set(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu", "Zhao")
    cloud.ask("first", ZHAO)
    tick(cloud, 1)
    cloud.upload("Zhao", "2.jpg", b"FACE more")
    tick(cloud, 70)
    assert submitted(cloud) == [LI, ZHAO, WU]
    assert len(newest(cloud, "Zhao").files) == 2


def test_a_paused_queue_submits_nothing_and_what_is_trained_goes_on(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu")
    cloud.ask("pause", reason="moving house")
    tick(cloud, 30)
    assert newest(cloud, "Li").state is JobState.SUCCEEDED
    assert newest(cloud, "Wu").state is JobState.QUEUED
    pause = cloud.slot().paused
    assert pause is not None
    assert (pause.because, pause.by) == ("moving house", "admin")
    cloud.upload("Zhao", "1.jpg", b"FACE Zhao")
    tick(cloud, 5)
    assert submitted(cloud) == [LI], "the set that closes meanwhile waits as well"
    cloud.ask("resume")
    tick(cloud, 60)
    assert submitted(cloud) == [LI, WU, ZHAO]
    assert outcomes(cloud) == ["paused", "resumed"]


# -- sets and photos -------------------------------------------------------------------------------------


def test_an_open_set_is_trained_now_with_what_is_there(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=7_200_000, min_photos=5)
    cloud.upload("Li", "1.jpg", b"FACE 1")
    tick(cloud, 2)
    cloud.ask("train", "Li")
    tick(cloud, 10)
    job = newest(cloud, "Li")
    assert (job.state, job.closed_by) == (JobState.SUCCEEDED, "administrator")
    assert outcomes(cloud) == ["closing"]


def test_a_retry_trains_the_same_pictures_once_more_and_leaves_the_failed_job_as_it_is(
    cloud: SimulatedCloud,
) -> None:
    cloud.studio.fail_next("InvalidFile.NoHuman", "simulated", times=1)
    cloud.upload("Li", "1.jpg", b"FACE 1")
    cloud.upload("Li", "2.jpg", b"FACE 2")
    (failed,) = tick(cloud, 12)
    assert failed.state is JobState.FAILED
    cloud.ask("retry", LI)
    first, again = tick(cloud, 12)
    assert first == failed
    assert (again.state, again.revision, again.closed_by) == (JobState.SUCCEEDED, 2, "administrator")
    assert all(file.startswith(snapshot_folder(again.job_id)) for file in again.files)
    assert {cloud.objects.get(BUCKET, file)[1] for file in again.files} == {b"FACE 1", b"FACE 2"}
    assert len(cloud.studio.ledger()) == 2


def test_a_retry_prepares_pictures_again_whose_snapshots_are_gone(cloud: SimulatedCloud) -> None:
    cloud.studio.fail_next("InvalidFile.NoHuman", "simulated", times=1)
    cloud.upload("Li", "1.jpg", b"FACE 1")
    (failed,) = tick(cloud, 12)
    for file in failed.files:
        cloud.objects.delete(BUCKET, file)
    cloud.ask("retry", LI)
    assert tick(cloud, 12)[-1].state is JobState.SUCCEEDED


def test_an_overruled_photo_is_used_and_not_checked_again(cloud: SimulatedCloud) -> None:
    cloud.upload("Li", "1.jpg", b"VIEW 1")
    tick(cloud, 4)
    checks = [call for call in cloud.gate.trace if call.operation == "DetectFaces"]
    cloud.ask("photo_use", "Li", photo="1.jpg")
    tick(cloud, 12)
    (photo,) = newest(cloud, "Li").photo_set.photos
    assert (photo.verdict, photo.overruled) == (Verdict.USABLE, "no_face")
    assert [call for call in cloud.gate.trace if call.operation == "DetectFaces"] == checks
    assert len(cloud.studio.ledger()) == 1


def test_a_deleted_photo_is_gone_from_the_bucket_with_its_snapshot(cloud: SimulatedCloud) -> None:
    cloud.upload("Li", "1.jpg", b"FACE 1")
    cloud.upload("Li", "2.jpg", b"FACE 2")
    tick(cloud, 1)
    gone = newest(cloud, "Li").photo_set.photo("2.jpg")
    assert gone is not None
    cloud.ask("photo_delete", "Li", photo="2.jpg")
    (job,) = tick(cloud, 12)
    assert len(job.files) == 1
    left = {stored.key for stored in cloud.uploads()}
    assert left == {"people/Li/1.jpg"}
    with pytest.raises(Exception, match="NoSuchKey"):
        cloud.objects.get(BUCKET, gone.snapshot)


def test_a_photo_that_is_deleted_while_its_set_is_queued_is_not_trained_on(cloud: SimulatedCloud) -> None:
    queued(cloud, "Li", "Wu")
    cloud.upload("Wu", "2.jpg", b"FACE second")
    tick(cloud, 3)
    cloud.ask("photo_delete", "Wu", photo="1.jpg")
    tick(cloud, 60)
    job = newest(cloud, "Wu")
    assert job.state is JobState.SUCCEEDED
    assert {cloud.objects.get(BUCKET, file)[1] for file in job.files} == {b"FACE second"}


# -- models ----------------------------------------------------------------------------------------------


def test_a_model_that_is_released_is_gone_at_dashscope_and_counted_no_more(cloud: SimulatedCloud) -> None:
    behave(cloud, delete_terminal="allow")
    trained(cloud, "Li")
    kept = cloud.slot().kept
    cloud.ask("release", LI)
    tick(cloud, 2)
    (entry,) = cloud.studio.ledger()
    assert entry.deleted_at is not None
    assert newest(cloud, "Li").model_released_at
    assert cloud.slot().kept == (kept or 0) - 1
    cloud.ask("release", LI)
    tick(cloud, 1)
    assert outcomes(cloud) == ["released", "released_already"]


def test_a_model_that_dashscope_does_not_delete_stays_and_the_answer_says_so(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    cloud.ask("release", LI)
    tick(cloud, 1)
    assert outcomes(cloud) == ["release_refused"]
    assert not newest(cloud, "Li").model_released_at


# -- what cannot be done ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "subject", "photo", "outcome"),
    [
        ("cancel", job_id("Nobody", 1), "", "job_unknown"),
        ("cancel", "no id", "", "job_unknown"),
        ("cancel", LI, "", "ended_already"),
        ("first", LI, "", "not_queued"),
        ("retry", LI, "", "not_failed"),
        ("train", "Li", "", "not_collecting"),
        ("train", "Nobody", "", "person_unknown"),
        ("train", ".", "", "person_unknown"),
        ("photo_use", "Li", "1.jpg", "set_submitted"),
        ("photo_use", "Li", "2.jpg", "photo_unknown"),
        ("photo_delete", "Li", "2.jpg", "photo_unknown"),
        ("release", job_id("Li", 2), "", "job_unknown"),
        ("resume", "", "", "not_paused"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_is_answered(
    cloud: SimulatedCloud, kind: str, subject: str, photo: str, outcome: str
) -> None:
    trained(cloud, "Li")
    before = (cloud.jobs(), without_notes(cloud.slot()), cloud.studio.ledger())
    cloud.ask(kind, subject, photo=photo)
    tick(cloud, 2)
    assert outcomes(cloud) == [outcome]
    assert (cloud.jobs(), without_notes(cloud.slot()), cloud.studio.ledger()) == before


def without_notes(slot: Slot) -> Slot:
    """The slot without its note of which requests it has heard."""
    return replace(slot, switched_by=(), version=0)


# -- the job's own life ----------------------------------------------------------------------------------


def behind(job: Job) -> list[int]:
    return [move.behind for move in job.moves if move.state == "SUBMITTING"]


def test_each_job_keeps_how_many_trainings_it_has_waited_behind(cloud: SimulatedCloud) -> None:
    people = ("Li", "Wu", "Zhao")
    queued(cloud, *people)
    tick(cloud, 80)
    jobs = [newest(cloud, person) for person in people]
    assert [job.state for job in jobs] == [JobState.SUCCEEDED] * 3
    assert [behind(job) for job in jobs] == [[0], [1], [2]]
    cloud.upload("Li", "2.jpg", b"FACE Li again")
    tick(cloud, 12)
    assert behind(newest(cloud, "Li")) == [0], "what ended before the set closed is not counted"
