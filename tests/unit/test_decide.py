"""Observed states of the account and the actions that they lead to, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.decide import (
    Action,
    Observed,
    Release,
    decide,
)
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from tests.unit.support import NOW, RULES, job_in

S = JobState
TWO = Rules(concurrent_trainings=2)


def words(actions: list[Action]) -> list[str]:
    """The actions as words: ``submit:li``."""
    named = []
    for action in actions:
        if isinstance(action, Release):
            named.append(f"release:{action.job_id}")
        else:
            named.append(f"{type(action).__name__.lower()}:{action.job.person_id}")
    return named


def observed(**parts: Any) -> Observed:
    """A state; ``holders`` maps names of people to their jobs, or job ids to None for those that are gone."""
    holders = {job.job_id if job else name: job for name, job in parts.pop("holders", {}).items()}
    slot = Slot(holders=tuple(holders), halted_until=parts.pop("halted_until", 0))
    return Observed(now=NOW, slot=slot, holders=holders, **parts)


def training(person: str, **changes: Any) -> Job:
    return job_in(S.TRAINING, person, **changes)


def queued(person: str, **changes: Any) -> Job:
    return job_in(S.QUEUED, person, **changes)


ALIVE = job_in(S.SUBMITTING, "alive", attempt_expires_at=NOW + 1)
EXPIRED = job_in(S.SUBMITTING, "expired", attempt_expires_at=NOW)
DONE = job_in(S.SUCCEEDED, "done")
FAILED = job_in(S.FAILED, "failed")
DELIVERED = job_in(S.SUCCEEDED, "delivered", delivered=True)

STATES: list[tuple[str, Observed, Rules, list[str]]] = [
    ("nothing to do", observed(), RULES, []),
    ("a queued job and a free slot", observed(queue=(queued("a"),)), RULES, ["submit:a"]),
    (
        "more queued jobs than the capacity: the first ones",
        observed(queue=(queued("a"), queued("b"), queued("c"))),
        TWO,
        ["submit:a", "submit:b"],
    ),
    (
        "the slot is held",
        observed(running=(training("r"),), holders={"r": training("r")}, queue=(queued("a"),)),
        RULES,
        ["poll:r"],
    ),
    (
        "one holder under a capacity of two",
        observed(running=(training("r"),), holders={"r": training("r")}, queue=(queued("a"), queued("b"))),
        TWO,
        ["poll:r", "submit:a"],
    ),
    (
        "a job that runs without the slot still uses it",
        observed(running=(training("runaway"),), queue=(queued("a"),)),
        RULES,
        ["poll:runaway"],
    ),
    (
        "one job runs without the slot, and one with it",
        observed(
            running=(training("runaway"), training("r")),
            holders={"r": training("r")},
            queue=(queued("a"),),
        ),
        TWO,
        ["poll:runaway", "poll:r"],
    ),
    (
        "more jobs run than the capacity allows",
        observed(
            running=(training("a"), training("b"), training("c")),
            queue=(queued("d"), queued("e"), queued("f")),
        ),
        RULES,
        ["poll:a", "poll:b", "poll:c"],
    ),
    (
        "an attempt is looked for in the list even while its sender may live",
        observed(running=(ALIVE,)),
        RULES,
        ["resolve:alive"],
    ),
    ("an attempt whose sender is dead is resolved", observed(running=(EXPIRED,)), RULES, ["resolve:expired"]),
    (
        "an attempt uses the slot whether its sender is alive or not",
        observed(running=(ALIVE, EXPIRED), queue=(queued("a"),)),
        TWO,
        ["resolve:alive", "resolve:expired"],
    ),
    (
        "an ended job is delivered",
        observed(running=(DONE, FAILED)),
        RULES,
        ["deliver:done", "deliver:failed"],
    ),
    (
        "an ended job gives the slot to the next one before its result is written",
        observed(running=(DONE,), holders={"done": DONE}, queue=(queued("a"),)),
        RULES,
        [f"release:{DONE.job_id}", "submit:a", "deliver:done"],
    ),
    (
        "an ended job without the slot does not keep the queue waiting",
        observed(running=(DONE,), queue=(queued("a"),)),
        RULES,
        ["submit:a", "deliver:done"],
    ),
    ("a delivered job in a lagging index leads to nothing", observed(running=(DELIVERED,)), RULES, []),
    (
        "a holder that is delivered loses the slot",
        observed(holders={"d": DELIVERED}, queue=(queued("a"),)),
        RULES,
        [f"release:{DELIVERED.job_id}", "submit:a"],
    ),
    ("a holder that is gone loses the slot", observed(holders={"gone-1": None}), RULES, ["release:gone-1"]),
    (
        "a holder that is collecting has no use for the slot",
        observed(holders={"c": job_in(S.COLLECTING, "c")}),
        RULES,
        [f"release:{job_in(S.COLLECTING, 'c').job_id}"],
    ),
    (
        "a holder that was rejected has no use for the slot",
        observed(holders={"c": job_in(S.REJECTED, "c")}),
        RULES,
        [f"release:{job_in(S.REJECTED, 'c').job_id}"],
    ),
    (
        "an ended holder loses the slot though the index does not show it any more",
        observed(holders={"d": DONE}),
        RULES,
        [f"release:{DONE.job_id}"],
    ),
    (
        "a holder that is still queued is submitted before the others",
        observed(holders={"h": queued("h")}, queue=(queued("a"), queued("h"))),
        RULES,
        ["submit:h"],
    ),
    (
        "a queued holder is submitted once, and another job beside it",
        observed(holders={"h": queued("h")}, queue=(queued("h"), queued("a"))),
        TWO,
        ["submit:h", "submit:a"],
    ),
    (
        "a queued holder waits while a job without the slot uses the account",
        observed(running=(training("runaway"),), holders={"h": queued("h")}),
        RULES,
        ["poll:runaway"],
    ),
    (
        "a queued holder is submitted beside a job without the slot when there is room for both",
        observed(running=(training("runaway"),), holders={"h": queued("h")}, queue=(queued("a"),)),
        TWO,
        ["poll:runaway", "submit:h"],
    ),
    (
        "queued holders beyond a lowered capacity are not submitted and keep the slot",
        observed(holders={"a": queued("a"), "b": queued("b")}, queue=(queued("a"), queued("c"))),
        RULES,
        ["submit:a"],
    ),
    (
        "under a lowered capacity a queued holder waits for the job that runs",
        observed(
            running=(training("r"),), holders={"h": queued("h"), "r": training("r")}, queue=(queued("h"),)
        ),
        RULES,
        ["poll:r"],
    ),
    (
        "more jobs run than a lowered capacity allows: no holder and no other job is submitted",
        observed(
            running=(training("r"), training("s")),
            holders={"r": training("r"), "s": training("s"), "h": queued("h")},
            queue=(queued("a"),),
        ),
        RULES,
        ["poll:r", "poll:s"],
    ),
    (
        "two queued holders go before all other jobs, in the order in which they took the slot",
        observed(holders={"b": queued("b"), "a": queued("a")}, queue=(queued("c"), queued("a"))),
        Rules(concurrent_trainings=3),
        ["submit:b", "submit:a", "submit:c"],
    ),
    (
        "the job of a released holder is replaced after a queued holder is submitted",
        observed(holders={"d": DELIVERED, "h": queued("h")}, queue=(queued("a"),)),
        TWO,
        [f"release:{DELIVERED.job_id}", "submit:h", "submit:a"],
    ),
    ("a halted queue waits", observed(queue=(queued("a"),), halted_until=NOW + 1), RULES, []),
    (
        "a queue that was halted until now goes on",
        observed(queue=(queued("a"),), halted_until=NOW),
        RULES,
        ["submit:a"],
    ),
    (
        "a holder waits like the others while the queue is halted",
        observed(holders={"h": queued("h")}, halted_until=NOW + 1),
        RULES,
        [],
    ),
    (
        "a halted queue keeps no job from being polled, resolved and delivered",
        observed(running=(training("r"), EXPIRED, DONE), halted_until=NOW + 1),
        RULES,
        ["poll:r", "resolve:expired", "deliver:done"],
    ),
    (
        "a set that is due is looked at",
        observed(due=(job_in(S.COLLECTING, "c", due_at=NOW),)),
        RULES,
        ["look:c"],
    ),
    (
        "a set that is not due yet is left alone",
        observed(due=(job_in(S.COLLECTING, "c", due_at=NOW + 1),)),
        RULES,
        [],
    ),
    (
        "a lagging index that still shows a closed set leads to nothing",
        observed(due=(queued("c", due_at=NOW),)),
        RULES,
        [],
    ),
    (
        "a lagging index that still shows a job in the queue leads to nothing",
        observed(queue=(training("a"), ALIVE, DELIVERED)),
        RULES,
        [],
    ),
    (
        "everything at once: the slot is freed and filled, and the work that can wait follows",
        observed(
            running=(DONE, training("r"), EXPIRED),
            due=(job_in(S.COLLECTING, "c", due_at=NOW),),
            queue=(queued("a"),),
            holders={"gone-1": None},
        ),
        Rules(concurrent_trainings=4),
        ["poll:r", "resolve:expired", "release:gone-1", "submit:a", "deliver:done", "look:c"],
    ),
]


@pytest.mark.parametrize(
    ("seen", "rules", "expected"), [row[1:] for row in STATES], ids=[row[0] for row in STATES]
)
def test_a_state_leads_to_these_actions_in_this_order(
    seen: Observed, rules: Rules, expected: list[str]
) -> None:
    assert words(decide(seen, rules)) == expected
