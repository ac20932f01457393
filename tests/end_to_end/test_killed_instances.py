"""The function processes are killed at random moments while people upload; the promises hold all the same."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import defaultdict
from itertools import pairwise

import pytest

from .support import SETTLED, LocalStudio, eventually, jobs_of

ROUNDS = 20
PEOPLE = 10


@pytest.mark.timeout(900)
def test_twenty_rounds_of_sigkill_cost_no_person_and_pay_nothing_twice(fresh_studio: LocalStudio) -> None:
    chance = random.Random(7)
    people = [f"person {number}" for number in range(PEOPLE)]
    killed = 0
    for turn in range(ROUNDS):
        if turn % 2 == 0:
            person = people[turn // 2]
            fresh_studio.upload_portraits(
                person, *(4000 + 10 * turn + n for n in range(chance.randint(1, 2)))
            )
        time.sleep(chance.uniform(0.05, 0.6))  # the moment of the kill is what is drawn
        killed += _kill_instances(fresh_studio)
    assert killed >= ROUNDS // 2, "too few processes were there to be killed"

    def all_trained() -> bool:
        return all(fresh_studio.state(person) in SETTLED for person in people)

    # A submit that was killed before it was sent waits for its sender's certain death and a settled list.
    eventually(all_trained, 330.0, lambda: {person: fresh_studio.state(person) for person in people})
    assert {person: fresh_studio.state(person) for person in people} == dict.fromkeys(people, "SUCCEEDED")
    _check_ledger(fresh_studio)


def _kill_instances(studio: LocalStudio) -> int:
    """SIGKILL every function process that there is; returns how many there were."""
    compute = studio.cloud.compute
    processes = [
        instance.process_id
        for function in studio.cloud.resources.functions
        for instance in compute.instances(function)
    ]
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return len(processes)


def _check_ledger(studio: LocalStudio) -> None:
    ledger = studio.cloud.studio.ledger()
    paid: dict[str, list[str]] = defaultdict(list)
    for entry in studio.ledger():
        paid["".join(jobs_of(entry))].append(entry["job_id"])
    assert {path: ids for path, ids in paid.items() if len(ids) > 1} == {}
    assert len(ledger) == PEOPLE
    spans = sorted((entry.created_at, entry.ended_at or entry.created_at) for entry in ledger)
    overlapping = [(a, b) for a, b in pairwise(spans) if b[0] < a[1]]
    assert overlapping == [], "two fine-tunes ran at once"
