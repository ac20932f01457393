"""The way of photos to DashScope changes while a job is on its way: nobody is lost, or trained twice."""

from __future__ import annotations

import random
from typing import Literal

import pytest

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import Drawn, NoFaults
from tests.workflow.support import tick

WAYS_THAT_WORK = [
    ("auto", "old"),
    ("auto", "today"),
    ("auto", "domain"),
    ("url", "old"),
    ("file", "today"),
    ("file", "old"),
]


@pytest.mark.parametrize("fetch", ["submit", "start"])
def test_an_account_whose_urls_stop_working_after_the_check_is_trained_by_file(
    fetch: Literal["submit", "start"],
) -> None:
    behaviour = Behaviour(training_seconds=30.0, fetch=fetch)
    cloud = SimulatedCloud(
        1, NoFaults(), rules=Rules(quiet_ms=20_000), behaviour=behaviour, photo_access="auto"
    )
    with simulated(cloud):
        cloud.upload("anna", "1.jpg", b"FACE anna")
        cloud.advance(5_000)
        cloud.account = "today"
        (job, *_) = tick(cloud, 30)
        made = [entry.status for entry in cloud.studio.ledger()]
        left = cloud.studio.files.page(offset=0, limit=100)[0]
    cloud.close()
    assert job.state is JobState.SUCCEEDED
    assert made == (["SUCCEEDED"] if fetch == "submit" else ["FAILED", "SUCCEEDED"])
    assert left == 0


@pytest.mark.parametrize("seed", range(8))
def test_whatever_way_is_set_or_works_meanwhile_each_person_has_one_model_and_no_file_is_left(
    seed: int,
) -> None:
    chance = random.Random(f"ways {seed}")
    behaviour = Behaviour(
        training_seconds=90.0,
        fetch=chance.choice(["submit", "start", "both"]),
        max_files=chance.choice([100, 6]),
    )
    faults, rules = Drawn.for_seed(seed), Rules(quiet_ms=20_000, max_attempts=5)
    cloud = SimulatedCloud(seed, faults, rules=rules, behaviour=behaviour)
    with simulated(cloud):
        for minute in range(40):
            if minute % 5 == 0 and minute < 20:
                for number in range(2):
                    cloud.upload(f"p{minute}", f"{number}.jpg", b"FACE %d %d" % (minute, number))
            cloud.photo_access, cloud.account = chance.choice(WAYS_THAT_WORK)
            behaviour.refused = {"CreateFineTune": "Throttling"} if chance.random() < 0.3 else {}
            tick(cloud, 1)
        cloud.photo_access, cloud.account = "file", "today"
        behaviour.refused, faults.active = {}, False
        jobs = tick(cloud, 120)
        models = [entry.job_id for entry in cloud.studio.ledger() if entry.status == "SUCCEEDED"]
        left = cloud.studio.files.page(offset=0, limit=100)[0]
    cloud.close()
    assert [job.state for job in jobs] == [JobState.SUCCEEDED] * 4
    assert sorted(models) == sorted(job.fine_tune_id for job in jobs)
    assert left == 0
