"""Observed states of the account and the actions that they lead to, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.decide import (
    Action,
    Observed,
    Reclaim,
    Release,
    decide,
    is_awaited,
)
from shared.domain.job import Job
from shared.domain.photos import Verdict
from shared.domain.rules import Rules, Trainings
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from tests.unit.support import NOW, RULES, collecting, job_in, photo, trouble

S = JobState
TWO = Rules(concurrent_trainings=2)


def words(actions: list[Action]) -> list[str]:
    """The actions as words: ``submit:li``."""
    named = []
    for action in actions:
        if isinstance(action, (Release, Reclaim)):
            named.append(f"{type(action).__name__.lower()}:{action.job_id}")
        else:
            named.append(f"{type(action).__name__.lower()}:{action.job.person_id}")
    return named


def observed(**parts: Any) -> Observed:
    """A state; ``holders`` maps names of people to their jobs, or job ids to None for those that are gone."""
    found = parts.pop("holders", {})
    holders = {job.job_id if isinstance(job, Job) else name: job for name, job in found.items()}
    slot = Slot(holders=tuple(holders), halted_until=parts.pop("halted_until", 0))
    return Observed(now=NOW, slot=slot, holders=holders, **parts)


def training(person: str, **changes: Any) -> Job:
    return job_in(S.TRAINING, person, **changes)


def queued(person: str, **changes: Any) -> Job:
    return job_in(S.QUEUED, person, **changes)


def held_up(state: JobState, person: str, next_try_at: int, *, tries: int = 1, **changes: Any) -> Job:
    """A job in trouble of its own, whose next try is at ``next_try_at``."""
    retry = trouble(tries=tries, next_try_at=next_try_at)
    return job_in(state, person, retry=retry, due_at=next_try_at, closed_first_at=NOW - 9, **changes)


def waiting(state: JobState, person: str) -> Job:
    """A job that has waited for an API that was refused, and whose pause is not over."""
    retry = trouble(Kind.ACCOUNT, Api.READING, next_try_at=NOW + 10**6)
    return job_in(state, person, retry=retry, due_at=NOW + 10**6)


def unread(name: str, kind: Kind = Kind.OBJECT) -> Unread:
    return Unread(name, "unreadable_row", "deploy newer code", kind)


TOMORROW = NOW + 86_400_000
FAST_CLOCK = NOW + CLOCKS_DIFFER_MS + 1
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
        "a poll that failed waits for the end of its pause",
        observed(running=(held_up(S.TRAINING, "r", NOW + 1),)),
        RULES,
        [],
    ),
    (
        "a poll is made again after its pause, behind the others",
        observed(running=(held_up(S.TRAINING, "r", NOW), training("s"))),
        RULES,
        ["poll:s", "poll:r"],
    ),
    (
        "a lost answer is resolved again after its pause",
        observed(running=(held_up(S.SUBMITTING, "a", NOW), held_up(S.SUBMITTING, "b", NOW + 1))),
        RULES,
        ["resolve:a"],
    ),
    (
        "a delivery that failed is made again after its pause, behind the others",
        observed(running=(DONE,), aside=(held_up(S.FAILED, "a", NOW), held_up(S.FAILED, "b", NOW + 1))),
        RULES,
        ["deliver:done", "deliver:a"],
    ),
    (
        "a look that failed is made again after its pause, behind the others",
        observed(
            due=(job_in(S.COLLECTING, "c", due_at=NOW),),
            aside=(held_up(S.COLLECTING, "a", NOW), held_up(S.COLLECTING, "b", NOW + 1)),
        ),
        RULES,
        ["look:c", "look:a"],
    ),
    (
        "a set that is due is looked at before anything is tried again",
        observed(
            due=(job_in(S.COLLECTING, "c", due_at=NOW),),
            aside=(held_up(S.FAILED, "a", NOW), held_up(S.COLLECTING, "b", NOW)),
        ),
        RULES,
        ["look:c", "deliver:a", "look:b"],
    ),
    (
        "of several that had trouble, who had the least comes first",
        observed(
            aside=(
                held_up(S.COLLECTING, "a", NOW, tries=3),
                held_up(S.COLLECTING, "b", NOW, tries=1),
                held_up(S.COLLECTING, "c", NOW, tries=2),
            )
        ),
        RULES,
        ["look:b", "look:c", "look:a"],
    ),
    (
        "a set whose photo is to be tried again is looked at",
        observed(aside=(collecting(photo(verdict=Verdict.UNPREPARED, retry=trouble(next_try_at=NOW))),)),
        RULES,
        ["look:li"],
    ),
    (
        "what has waited for an API is done once that works, whatever its pause",
        observed(aside=(waiting(S.COLLECTING, "c"), waiting(S.SUCCEEDED, "d"), waiting(S.QUEUED, "q"))),
        RULES,
        ["submit:q", "deliver:d", "look:c"],
    ),
    (
        "who stepped aside is submitted behind those who closed before its next try",
        observed(queue=(queued("a", due_at=NOW - 2),), aside=(held_up(S.QUEUED, "b", NOW - 1),)),
        TWO,
        ["submit:a", "submit:b"],
    ),
    (
        "who stepped aside is not submitted before its pause is over",
        observed(aside=(held_up(S.QUEUED, "b", NOW + 1),)),
        RULES,
        [],
    ),
    (
        "a holder that stepped aside gives the slot to the next one",
        observed(holders={"b": held_up(S.QUEUED, "b", NOW + 1)}, queue=(queued("a"),)),
        RULES,
        [f"release:{queued('b').job_id}", "submit:a"],
    ),
    (
        "a holder that cannot be read keeps the slot until the list says that its fine-tune is over",
        observed(holders={"x-1": unread("x-1")}, queue=(queued("a"),)),
        RULES,
        ["reclaim:x-1"],
    ),
    (
        "the list is asked for one who has stepped aside as well",
        observed(holders={"x-1": unread("x-1")}, aside=(held_up(S.QUEUED, "a", NOW + 1),)),
        RULES,
        ["reclaim:x-1"],
    ),
    (
        "while nobody waits for the slot the list is not asked",
        observed(holders={"x-1": unread("x-1")}, aside=(held_up(S.COLLECTING, "a", NOW + 1),)),
        RULES,
        [],
    ),
    (
        "whoever has just joined the queue, as only its row shows, goes when it is met there",
        observed(aside=(queued("b"),)),
        RULES,
        [],
    ),
    (
        "the list is asked about a row that Tablestore keeps back, too",
        observed(holders={"x-1": unread("x-1", Kind.PERSON)}, queue=(queued("a"),)),
        RULES,
        ["reclaim:x-1"],
    ),
    (
        "a holder that cannot be read takes one place and no more",
        observed(holders={"x-1": unread("x-1")}, queue=(queued("a"), queued("b"))),
        TWO,
        ["reclaim:x-1", "submit:a"],
    ),
    (
        "a running job that a fast clock has written is set right before anything else",
        observed(running=(training("r", changed_at=FAST_CLOCK), job_in(S.FAILED, "f", changed_at=TOMORROW))),
        RULES,
        ["rebase:r", "rebase:f", "deliver:f"],
    ),
    (
        "a clock that is a little ahead is right enough",
        observed(running=(training("r", changed_at=NOW + CLOCKS_DIFFER_MS),)),
        RULES,
        ["poll:r"],
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


@pytest.mark.parametrize(
    ("state", "rules", "awaited"),
    [
        (
            observed(running=(training("li"),), holders={"li": training("li")}, queue=(queued("wang"),)),
            RULES,
            True,
        ),
        (observed(running=(training("li"),), holders={"li": training("li")}), RULES, False),
        (observed(queue=(queued("wang", cancel_asked_at=NOW),)), RULES, False),
        (observed(queue=(held_up(S.QUEUED, "wang", NOW + 1),)), RULES, False),
        (observed(queue=(queued("wang"),), halted_until=NOW + 1), RULES, False),
        (observed(queue=(queued("wang"),)), Rules(trainings=Trainings.OFF), False),
        (observed(queue=(queued("wang"),)), Rules(max_fen_per_day=249), False),
    ],
    ids=[
        "somebody queues",
        "nobody does",
        "they have cancelled",
        "their next try is later",
        "it is halted",
        "trainings are switched off",
        "the day's cap is reached",
    ],
)
def test_the_slot_is_awaited_by_whoever_would_have_it_if_no_training_were_going(
    state: Observed, rules: Rules, awaited: bool
) -> None:
    assert is_awaited(state, rules) is awaited
