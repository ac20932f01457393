"""Observed worlds and what is done about them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.decide import (
    Action,
    Deliver,
    Look,
    Observed,
    Poll,
    Release,
    Resolve,
    Submit,
    Sweep,
    decide,
)
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from tests.unit.support import NOW, RULES, few_examples, job_in

S = JobState
TWO = Rules(concurrent_trainings=2)


def words(actions: list[Action]) -> list[str]:
    """The actions as words: ``submit:li``."""
    named = []
    for action in actions:
        if isinstance(action, Release):
            named.append(f"release:{action.job_id}")
        elif isinstance(action, Sweep):
            named.append("sweep")
        else:
            named.append(f"{type(action).__name__.lower()}:{action.job.person_id}")
    return named


RESTING = SweepProgress(rests_until=NOW + 1)


def observed(**parts: Any) -> Observed:
    """A world; ``holders`` maps names of people to their jobs, or job ids to None for those that are gone."""
    holders = {job.job_id if job else name: job for name, job in parts.pop("holders", {}).items()}
    slot = Slot(holders=tuple(holders), closed_until=parts.pop("closed_until", 0))
    return Observed(now=NOW, slot=slot, sweep=parts.pop("sweep", RESTING), holders=holders, **parts)


def training(person: str, **changes: Any) -> Job:
    return job_in(S.TRAINING, person, **changes)


def queued(person: str, **changes: Any) -> Job:
    return job_in(S.QUEUED, person, **changes)


ALIVE = job_in(S.SUBMITTING, "alive", attempt_expires_at=NOW + 1)
EXPIRED = job_in(S.SUBMITTING, "expired", attempt_expires_at=NOW)
DONE = job_in(S.SUCCEEDED, "done")
FAILED = job_in(S.FAILED, "failed")
DELIVERED = job_in(S.SUCCEEDED, "delivered", delivered=True)

WORLDS: list[tuple[str, Observed, Rules, list[str]]] = [
    ("nothing to do", observed(), RULES, []),
    ("a queued job and a free place", observed(queue=(queued("a"),)), RULES, ["submit:a"]),
    (
        "more queued than places: the first ones",
        observed(queue=(queued("a"), queued("b"), queued("c"))),
        TWO,
        ["submit:a", "submit:b"],
    ),
    (
        "the place is taken",
        observed(running=(training("r"),), holders={"r": training("r")}, queue=(queued("a"),)),
        RULES,
        ["poll:r"],
    ),
    (
        "one of two places is taken",
        observed(running=(training("r"),), holders={"r": training("r")}, queue=(queued("a"), queued("b"))),
        TWO,
        ["poll:r", "submit:a"],
    ),
    (
        "a job that runs without a place still takes one",
        observed(running=(training("runaway"),), queue=(queued("a"),)),
        RULES,
        ["poll:runaway"],
    ),
    (
        "one runs without a place, and one with",
        observed(
            running=(training("runaway"), training("r")),
            holders={"r": training("r")},
            queue=(queued("a"),),
        ),
        TWO,
        ["poll:runaway", "poll:r"],
    ),
    (
        "more run than there are places",
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
        "an attempt takes a place whether alive or not",
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
        "an ended job's place goes to the next one before its result is written",
        observed(running=(DONE,), holders={"done": DONE}, queue=(queued("a"),)),
        RULES,
        [f"release:{DONE.job_id}", "submit:a", "deliver:done"],
    ),
    (
        "an ended job without a place does not keep the queue waiting",
        observed(running=(DONE,), queue=(queued("a"),)),
        RULES,
        ["submit:a", "deliver:done"],
    ),
    ("a delivered job in a lagging index is nothing", observed(running=(DELIVERED,)), RULES, []),
    (
        "a holder that is delivered loses its place",
        observed(holders={"d": DELIVERED}, queue=(queued("a"),)),
        RULES,
        [f"release:{DELIVERED.job_id}", "submit:a"],
    ),
    ("a holder that is gone loses its place", observed(holders={"gone-1": None}), RULES, ["release:gone-1"]),
    (
        "a holder that is collecting has no use for a place",
        observed(holders={"c": job_in(S.COLLECTING, "c")}),
        RULES,
        [f"release:{job_in(S.COLLECTING, 'c').job_id}"],
    ),
    (
        "a holder that was rejected has no use for a place",
        observed(holders={"c": job_in(S.REJECTED, "c")}),
        RULES,
        [f"release:{job_in(S.REJECTED, 'c').job_id}"],
    ),
    (
        "an ended holder loses its place though the index does not show it any more",
        observed(holders={"d": DONE}),
        RULES,
        [f"release:{DONE.job_id}"],
    ),
    (
        "a holder that is still queued is carried on for, before the others",
        observed(holders={"h": queued("h")}, queue=(queued("a"), queued("h"))),
        RULES,
        ["submit:h"],
    ),
    (
        "a queued holder is submitted once, and another fills the second place",
        observed(holders={"h": queued("h")}, queue=(queued("h"), queued("a"))),
        TWO,
        ["submit:h", "submit:a"],
    ),
    (
        "a queued holder waits while a job without a place takes up the account",
        observed(running=(training("runaway"),), holders={"h": queued("h")}),
        RULES,
        ["poll:runaway"],
    ),
    (
        "a queued holder goes on beside a job without a place when there is room for both",
        observed(running=(training("runaway"),), holders={"h": queued("h")}, queue=(queued("a"),)),
        TWO,
        ["poll:runaway", "submit:h"],
    ),
    (
        "queued holders beyond a lowered limit are not submitted, nor do they lose their places",
        observed(holders={"a": queued("a"), "b": queued("b")}, queue=(queued("a"), queued("c"))),
        RULES,
        ["submit:a"],
    ),
    (
        "under a lowered limit a queued holder waits for the one that runs",
        observed(
            running=(training("r"),), holders={"h": queued("h"), "r": training("r")}, queue=(queued("h"),)
        ),
        RULES,
        ["poll:r"],
    ),
    (
        "more run than a lowered limit allows: neither a holder nor anybody else is submitted",
        observed(
            running=(training("r"), training("s")),
            holders={"r": training("r"), "s": training("s"), "h": queued("h")},
            queue=(queued("a"),),
        ),
        RULES,
        ["poll:r", "poll:s"],
    ),
    (
        "two queued holders go on before anybody else, in the order in which they took their places",
        observed(holders={"b": queued("b"), "a": queued("a")}, queue=(queued("c"), queued("a"))),
        Rules(concurrent_trainings=3),
        ["submit:b", "submit:a", "submit:c"],
    ),
    (
        "a place that is released and one that is held are both filled, the held one first",
        observed(holders={"d": DELIVERED, "h": queued("h")}, queue=(queued("a"),)),
        TWO,
        [f"release:{DELIVERED.job_id}", "submit:h", "submit:a"],
    ),
    ("a closed queue waits", observed(queue=(queued("a"),), closed_until=NOW + 1), RULES, []),
    (
        "a queue that was closed until now goes on",
        observed(queue=(queued("a"),), closed_until=NOW),
        RULES,
        ["submit:a"],
    ),
    (
        "a holder waits like the others while the queue is closed",
        observed(holders={"h": queued("h")}, closed_until=NOW + 1),
        RULES,
        [],
    ),
    (
        "a closed queue keeps nobody from polling, resolving and delivering",
        observed(running=(training("r"), EXPIRED, DONE), closed_until=NOW + 1),
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
        "everything at once: free the slot, fill it, and then what can wait",
        observed(
            running=(DONE, training("r"), EXPIRED),
            due=(job_in(S.COLLECTING, "c", due_at=NOW),),
            queue=(queued("a"),),
            holders={"gone-1": None},
            sweep=SweepProgress(),
        ),
        Rules(concurrent_trainings=4),
        ["poll:r", "resolve:expired", "release:gone-1", "submit:a", "deliver:done", "look:c", "sweep"],
    ),
    (
        "the sweep goes on when its rest is over",
        observed(sweep=SweepProgress(rests_until=NOW)),
        RULES,
        ["sweep"],
    ),
    (
        "a rest that a clock far ahead has ordered is not kept",
        observed(sweep=SweepProgress(rests_until=NOW + 100 * RULES.sweep_rest)),
        RULES,
        ["sweep"],
    ),
]


@pytest.mark.parametrize(
    ("world", "rules", "expected"), [row[1:] for row in WORLDS], ids=[row[0] for row in WORLDS]
)
def test_a_world_leads_to_these_actions_in_this_order(
    world: Observed, rules: Rules, expected: list[str]
) -> None:
    assert words(decide(world, rules)) == expected


JOBS = st.builds(
    lambda state, number, delivered, due, expires: job_in(
        state, f"p{number}", delivered=delivered and state.is_terminal, due_at=due, attempt_expires_at=expires
    ),
    st.sampled_from(list(S)),
    st.integers(0, 12),
    st.booleans(),
    st.integers(NOW - 2, NOW + 2),
    st.integers(NOW - 2, NOW + 2),
)


def runs_at_dashscope(seen: Observed) -> set[str]:
    known = (*seen.running, *seen.holders.values())
    return {job.job_id for job in known if job and job.state in (S.SUBMITTING, S.TRAINING)}


def unique(jobs: list[Job]) -> list[Job]:
    """One job a person: a row is in one state only, wherever it is seen."""
    return list({job.job_id: job for job in jobs}.values())


@st.composite
def worlds(draw: st.DrawFn) -> Observed:
    rows = unique(draw(st.lists(JOBS, max_size=10)))
    some = st.lists(st.sampled_from(rows), unique_by=lambda job: job.job_id) if rows else st.just([])
    holders: dict[str, Job | None] = {job.job_id: job for job in draw(some)}
    if draw(st.booleans()):
        holders["gone-1"] = None
    return Observed(
        now=NOW,
        slot=Slot(holders=tuple(holders), closed_until=draw(st.sampled_from([0, NOW, NOW + 1]))),
        sweep=draw(st.sampled_from([SweepProgress(), RESTING])),
        running=tuple(draw(some)),
        due=tuple(draw(some)),
        queue=tuple(draw(some)),
        holders=holders,
    )


@few_examples
@given(worlds(), st.integers(1, 3))
def test_whatever_the_world_the_slot_is_never_overfilled(seen: Observed, places: int) -> None:
    actions = decide(seen, Rules(concurrent_trainings=places))
    submitted = [action.job for action in actions if isinstance(action, Submit)]
    newcomers = [job for job in submitted if job.job_id not in seen.slot.holders]
    # Whatever takes up a place at DashScope: who runs, with a place in the slot or without.
    released = {action.job_id for action in actions if isinstance(action, Release)}
    active = runs_at_dashscope(seen)
    assert not released & active
    assert len(submitted) <= max(0, places - len(active))
    assert len(newcomers) <= max(0, places - len({*seen.slot.holders, *active} - released))
    assert all(job.state is S.QUEUED for job in submitted)
    assert len({job.job_id for job in submitted}) == len(submitted)
    if seen.slot.closed_until > NOW:
        assert submitted == []


@few_examples
@given(worlds(), st.integers(1, 3))
def test_whatever_the_world_each_action_fits_its_job_and_the_slot_is_freed_then_filled_then_the_rest(
    seen: Observed, places: int
) -> None:
    actions = decide(seen, Rules(concurrent_trainings=places))
    wanted = {
        Poll: lambda job: job.state is S.TRAINING,
        Resolve: lambda job: job.state is S.SUBMITTING,
        Deliver: lambda job: job.state.is_terminal and not job.delivered,
        Look: lambda job: job.state is S.COLLECTING and job.due_at <= NOW,
        Submit: lambda job: job.state is S.QUEUED,
    }
    for action in actions:
        if isinstance(action, Release):
            held = seen.holders[action.job_id]
            assert held is None or held.state in (S.COLLECTING, S.REJECTED) or held.state.is_terminal
        elif isinstance(action, Sweep):
            assert seen.sweep is not RESTING
        else:
            assert wanted[type(action)](action.job)
    phases = {Poll: 0, Resolve: 0, Release: 1, Submit: 2, Deliver: 3, Look: 4, Sweep: 5}
    order = [phases[type(action)] for action in actions]
    assert order == sorted(order)


@few_examples
@given(worlds(), st.integers(1, 3))
def test_whatever_the_world_nobody_is_let_in_while_a_queued_holder_waits(seen: Observed, places: int) -> None:
    submitted = [
        action.job.job_id
        for action in decide(seen, Rules(concurrent_trainings=places))
        if isinstance(action, Submit)
    ]
    queued_holders = [name for name, job in seen.holders.items() if job and job.state is S.QUEUED]
    assert submitted[: len(queued_holders)] == queued_holders[: len(submitted)]


@few_examples
@given(worlds(), st.integers(1, 3))
def test_whatever_the_world_a_free_place_is_filled_while_somebody_waits(seen: Observed, places: int) -> None:
    submitted = [
        action for action in decide(seen, Rules(concurrent_trainings=places)) if isinstance(action, Submit)
    ]
    waiting = {
        job.job_id
        for job in (*seen.queue, *(job for job in seen.holders.values() if job))
        if job.state is S.QUEUED
    }
    if seen.slot.closed_until <= NOW:
        assert len(submitted) == min(len(waiting), max(0, places - len(runs_at_dashscope(seen))))


@few_examples
@given(worlds())
def test_deciding_twice_decides_the_same(seen: Observed) -> None:
    assert decide(seen, RULES) == decide(seen, RULES)
