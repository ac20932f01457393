"""Portraits in the seeds: which are asked for, what other programs ask for, and what holds in the end.

The dice are their own, so that all other stories stay as they are.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import replace
from functools import partial

from aliyun_local.dashscope.account.task_ledger import TABLE
from aliyun_local.dashscope.account.tasks import Task
from shared.domain.portrait_styles import STYLES, Wanted
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.stores import BUCKET

MINUTE_MS = 60_000
OTHERS_KEY = "100077"
"""The id of an API key that is not the deployment's: one of its own is what the documentation asks for."""
FAILURES = (
    ("InternalError.Algo", None),
    ("InternalError.Timeout", None),
    ("InvalidParameter.DataInspection", None),
    ("InternalError.Algo", 1),
)
"""Codes of tasks that fail, and of how many pictures (None: of all)."""


def begin_portraits(cloud: SimulatedCloud, seed: int, lasts_ms: int) -> None:
    """Have portraits made of every model, and let other programs ask for some."""
    chance = random.Random(f"portraits {seed}")
    wanted = tuple(
        Wanted(chance.choice(STYLES), chance.randint(1, 4)) for _ in range(chance.choice((1, 1, 2, 3)))
    )
    cloud.change_rules(portraits_allowed=True, portraits=wanted, label_portraits=chance.random() < 0.2)
    cloud.invariants.portraits.asked_of_each = len(wanted)
    seconds = chance.choice((2.0, 15.0, 60.0))
    # What is behind the object that all of the emulator share.
    behaviour = replace(cloud.behaviour, task_seconds=seconds, generations_per_second=1_000)
    cloud.behaviour = cloud.studio.portraits._behaviour = behaviour
    for _ in range(chance.choice((0, 0, 1, 2))):
        code, images = chance.choice(FAILURES)
        when = cloud.kernel.start + chance.randint(0, lasts_ms)
        cloud.kernel.at(when, partial(cloud.studio.portraits.fail_next, code, "simulated", images=images))
    for _ in range(chance.choice((0, 0, 1, 3))):
        when = cloud.kernel.start + chance.randint(3 * MINUTE_MS, lasts_ms)
        cloud.kernel.at(when, partial(ask_for_others, cloud, chance.randint(1, 4)))


def ask_for_others(cloud: SimulatedCloud, count: int) -> None:
    """Another program asks for portraits of a model of its own."""
    studio, now = cloud.studio.portraits, cloud.kernel.now / 1000
    with studio._advanced() as (connection, _):
        TABLE.insert(
            connection,
            Task(
                task_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{now} {count}")),
                request_id="others",
                api_key_id=OTHERS_KEY,
                model="facechain-generation",
                subject="a model of others",
                style=STYLES[0],
                width=768,
                height=1024,
                images=count,
                failed_images=0,
                failure=None,
                submitted_at=now,
                entered_at=now,
                run_seconds=20.0,
            ),
        )


def check_portraits(cloud: SimulatedCloud) -> None:
    """Check at rest what the rows, the results and the bucket say of portraits."""
    page = cloud.objects.list_objects(BUCKET, prefix="results/", marker="", limit=10_000)
    stored = {found.key for found in page.rows}
    results = {}
    for job in cloud.jobs():
        key = f"results/{job.person_id}/{job.revision}.json"
        if key in stored:
            results[job.job_id] = json.loads(cloud.objects.get(BUCKET, key)[1])
    cloud.invariants.portraits.check_at_rest(results, stored)
