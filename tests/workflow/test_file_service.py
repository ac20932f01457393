"""Training files by way of DashScope's file service, and what becomes of those that it does not store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.blocks import cause_of_halt
from shared.domain.job import Job
from shared.domain.photos import Verdict
from shared.domain.remedies import explanation
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.workflow.snapshots import FRESH_MS
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import At, Fault, NoFaults
from tests.simulation.stores import BUCKET
from tests.workflow.support import tick

RULES = Rules(quiet_ms=20_000, kept_fine_tunes=1000)
UNCHECKED = Rules(quiet_ms=20_000, kept_fine_tunes=1000, face_check=False)


def files_at_dashscope(cloud: SimulatedCloud) -> list[str]:
    return [file.name for file in cloud.studio.files.page(offset=0, limit=1000)[1]]


@contextmanager
def trained(
    behaviour: Behaviour, faults: At | NoFaults | None = None, *, rules: Rules = RULES
) -> Iterator[tuple[SimulatedCloud, Job]]:
    """Train one person of three photos by way of the file service."""
    cloud = SimulatedCloud(
        1, faults or NoFaults(), rules=rules, behaviour=behaviour, photo_access="file", account="today"
    )
    with simulated(cloud):
        for number in range(3):
            cloud.upload("anna", f"{number}.jpg", b"FACE %d" % 10**number)
        tick(cloud, 12)
        (job,) = cloud.jobs()
        yield cloud, job
    cloud.close()


@contextmanager
def refused_beside_others(*contents: bytes) -> Iterator[tuple[SimulatedCloud, Job]]:
    """Let a service that takes files of seven bytes refuse anna's longer ones, and store bob's and carl's."""
    behaviour = Behaviour(training_seconds=30.0, fetch="start", max_file_bytes=7)
    cloud = SimulatedCloud(
        1, NoFaults(), rules=UNCHECKED, behaviour=behaviour, photo_access="file", account="today"
    )
    with simulated(cloud):
        for number, content in enumerate(contents):
            cloud.upload("anna", f"{number}.jpg", content)
        for minute in range(12):
            cloud.upload(f"other {minute}", "1.jpg", b"FACE %d" % minute)
            tick(cloud, 3)
        (job,) = [job for job in cloud.jobs() if job.person_id == "anna"]
        yield cloud, job
    cloud.close()


def test_a_file_that_the_service_does_not_store_is_left_out_and_its_verdict_says_so() -> None:
    with refused_beside_others(b"FACE A", b"FACE B", b"FACE too long") as (cloud, job):
        made = {entry.job_id: entry for entry in cloud.studio.ledger()}[job.fine_tune_id]
    assert (job.state, made.status) == (JobState.SUCCEEDED, "SUCCEEDED")
    verdicts = {photo.name: (photo.verdict, photo.detail) for photo in job.photo_set.photos}
    assert verdicts["2.jpg"] == (Verdict.UNREADABLE, "file_not_stored: BadRequest.TooLarge")
    assert made.training_file_ids == job.file_ids
    assert len(job.file_ids) == len(job.files) == 2


def test_a_set_of_which_no_file_is_stored_fails_and_says_so() -> None:
    with refused_beside_others(b"FACE far too long", b"FACE too long") as (cloud, job):
        assert len(cloud.studio.ledger()) == len(cloud.jobs()) - 1
    assert job.state is JobState.FAILED
    assert job.reason is not None
    assert job.reason.code == "files_not_stored"


def test_files_that_are_refused_to_everybody_cost_nobody_a_photo() -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start", max_file_bytes=5)
    with trained(behaviour, rules=UNCHECKED) as (cloud, job):
        tick(cloud, 200)
        assert job.state is JobState.QUEUED
        behaviour.max_file_bytes = 100
        tick(cloud, 130)
        (job,) = cloud.jobs()
        assert (job.state, len(job.files)) == (JobState.SUCCEEDED, 3)


@pytest.mark.parametrize(
    ("limits", "waits_in", "refused"),
    [
        ({"max_files": 2}, JobState.QUEUED, Api.TRAINING),
        ({"max_files": 0}, JobState.COLLECTING, Api.FACE_CHECK),
        ({"total_file_bytes": 13}, JobState.QUEUED, Api.TRAINING),
    ],
)
def test_a_store_that_is_full_blocks_until_there_is_room_and_costs_nobody_a_photo(
    limits: dict[str, Any], waits_in: JobState, refused: Api
) -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start", **limits)
    with trained(behaviour) as (cloud, job):
        assert job.state is waits_in
        halted = cause_of_halt(cloud.slot())
        breaker = cloud.health().breaker(Api.FACE_CHECK).cause
        cause = halted if refused is Api.TRAINING else breaker
        assert cause is not None
        assert (explanation(cause).name, cause.kind.is_of_all) == ("file_store_full", True)
        behaviour.max_files = behaviour.total_file_bytes = 100
        tick(cloud, 40)
        (job,) = cloud.jobs()
        assert job.state is JobState.SUCCEEDED
        assert len(job.file_ids) == 3
        assert files_at_dashscope(cloud) == []


def test_a_lost_answer_to_a_submit_of_file_ids_is_adopted() -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start")
    with trained(behaviour) as (undisturbed, _):
        (post,) = [call.index for call in undisturbed.gate.trace if call.operation == "CreateFineTune"]
    with trained(behaviour, At({post: Fault.LOST})) as (cloud, job):
        assert job.state is JobState.SUCCEEDED
        assert [entry.job_id for entry in cloud.studio.ledger()] == [job.fine_tune_id]


def test_the_stored_files_are_deleted_when_the_training_is_done() -> None:
    with trained(Behaviour(training_seconds=30.0, fetch="start", max_files=3)) as (cloud, job):
        assert job.delivered
        deleted = [call for call in cloud.gate.trace if call.operation == "DeleteFile"]
        # Three for the training, and one or more for each check.
        assert len(deleted) >= 6
        assert files_at_dashscope(cloud) == []


def test_a_snapshot_that_is_gone_is_made_again_before_its_job_is_submitted() -> None:
    behaviour = Behaviour(training_seconds=FRESH_MS / 1000, fetch="start")
    cloud = SimulatedCloud(1, NoFaults(), rules=RULES, behaviour=behaviour, photo_access="file")
    with simulated(cloud):
        for person in ("anna", "bob", "carl"):
            for number in range(3):
                cloud.upload(person, f"{number}.jpg", f"FACE {person} {number}".encode())
        while not (queue := [job for job in cloud.jobs() if job.state is JobState.QUEUED]):
            cloud.invoke_reconcile()
            cloud.advance(TICK_MS // 4)
        head = min(queue, key=lambda job: job.closed_at)
        cloud.objects.delete(BUCKET, head.files[0])
        for _ in range(60):
            cloud.invoke_reconcile()
            cloud.advance(TICK_MS)
    jobs = {job.job_id: job for job in cloud.jobs()}
    paid = len(cloud.studio.ledger())
    cloud.close()
    assert [job.state for job in jobs.values()] == [JobState.SUCCEEDED] * 3
    assert head.files[0] not in jobs[head.job_id].files
    assert (len(jobs[head.job_id].files), paid) == (3, 3)


REFUSED = {"CreateFineTune": "AccessDenied"}


def test_a_job_whose_stored_files_are_gone_stores_them_again_and_is_trained() -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start", refused=REFUSED)
    with trained(behaviour) as (cloud, job):
        assert (job.state, len(job.file_ids)) == (JobState.QUEUED, 3)
        cloud.studio.files.delete(job.file_ids[0])
        behaviour.refused = {}
        tick(cloud, 130)
        (after,) = cloud.jobs()
        (made,) = cloud.studio.ledger()
        assert (after.state, after.failures, len(after.files)) == (JobState.SUCCEEDED, 0, 3)
        assert (made.training_file_ids, len(after.file_ids)) == (after.file_ids, 3)
        # What is there still is not stored a second time.
        assert set(job.file_ids[1:]) < set(after.file_ids)
        assert files_at_dashscope(cloud) == []


def test_jobs_that_wait_out_a_long_refusal_leave_room_in_the_store_for_face_checks() -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start", max_files=6, refused=REFUSED)
    with trained(behaviour) as (cloud, _):
        for person in ("bob", "carl"):
            for number in range(3):
                cloud.upload(person, f"{number}.jpg", f"FACE {person} {number}".encode())
        tick(cloud, 300)
        assert 0 < len(files_at_dashscope(cloud)) <= 6
        cloud.upload("dora", "1.jpg", b"FACE dora")
        tick(cloud, 10)
        assert {job.person_id: job.state for job in cloud.jobs()}["dora"] is JobState.QUEUED
        behaviour.refused = {}
        tick(cloud, 200)
        assert {job.state for job in cloud.jobs()} == {JobState.SUCCEEDED}
        assert len(cloud.studio.ledger()) == 4
        assert files_at_dashscope(cloud) == []
