"""Training files by way of DashScope's file service, and by URL where the service will not store one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.workflow.snapshots import FRESH_MS
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import At, Fault, NoFaults
from tests.simulation.stores import BUCKET

RULES = Rules(quiet_ms=20_000, kept_fine_tunes=1000)


@contextmanager
def trained(
    behaviour: Behaviour, faults: At | NoFaults | None = None
) -> Iterator[tuple[SimulatedCloud, Job]]:
    """Train one person of three photos by way of the file service."""
    cloud = SimulatedCloud(
        1, faults or NoFaults(), rules=RULES, behaviour=behaviour, training_files="file_id"
    )
    with simulated(cloud):
        for number in range(3):
            cloud.upload("anna", f"{number}.jpg", b"FACE %d" % number)
        for _ in range(12):
            cloud.invoke_reconcile()
            cloud.advance(TICK_MS)
    (job,) = cloud.jobs()
    yield cloud, job
    cloud.close()


@pytest.mark.parametrize(
    ("limits", "ids"),
    [
        ({}, 3),
        ({"max_files": 2}, 2),
        ({"max_files": 0}, 0),
        ({"max_file_bytes": 5}, 0),
        ({"total_file_bytes": 13}, 2),
    ],
)
def test_a_file_that_the_service_does_not_store_goes_by_url_beside_the_others(
    limits: dict[str, Any], ids: int
) -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start", **limits)
    with trained(behaviour) as (cloud, job):
        (made,) = cloud.studio.ledger()
    assert (job.state, made.status) == (JobState.SUCCEEDED, "SUCCEEDED")
    urls = [file for file in made.training_file_ids if file.startswith("https://")]
    assert (len(made.training_file_ids), len(urls)) == (3, 3 - ids)
    assert {url.partition("?")[0].partition("/submissions/")[2] for url in urls} <= {
        key.removeprefix("submissions/") for key in job.files
    }


def test_a_lost_answer_to_a_submit_of_urls_and_file_ids_is_adopted() -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch="start", max_files=1)
    with trained(behaviour) as (undisturbed, _):
        (post,) = [call.index for call in undisturbed.gate.trace if call.operation == "CreateFineTune"]
    with trained(behaviour, At({post: Fault.LOST})) as (cloud, job):
        assert job.state is JobState.SUCCEEDED
        assert [entry.job_id for entry in cloud.studio.ledger()] == [job.fine_tune_id]


def test_the_stored_files_are_deleted_when_the_training_is_done() -> None:
    with trained(Behaviour(training_seconds=30.0, fetch="start", max_files=2)) as (cloud, job):
        assert job.delivered
        deleted = [call for call in cloud.gate.trace if call.operation == "DeleteFile"]
        assert len(deleted) == 2


def test_a_snapshot_that_is_gone_is_made_again_before_its_job_is_submitted() -> None:
    behaviour = Behaviour(training_seconds=FRESH_MS / 1000, fetch="start")
    cloud = SimulatedCloud(1, NoFaults(), rules=RULES, behaviour=behaviour, training_files="file_id")
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
