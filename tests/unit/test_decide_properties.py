"""The decisions of a tick on any state: what holds of the actions whatever has been observed."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.decide import Action, Deliver, Look, Observed, Poll, Release, Resolve, Submit, decide
from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from tests.unit.support import NOW, RULES, few_examples, job_in

S = JobState

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
def states(draw: st.DrawFn) -> Observed:
    rows = unique(draw(st.lists(JOBS, max_size=10)))
    some = st.lists(st.sampled_from(rows), unique_by=lambda job: job.job_id) if rows else st.just([])
    holders: dict[str, Job | None] = {job.job_id: job for job in draw(some)}
    if draw(st.booleans()):
        holders["gone-1"] = None
    return Observed(
        now=NOW,
        slot=Slot(holders=tuple(holders), halted_until=draw(st.sampled_from([0, NOW, NOW + 1]))),
        running=tuple(draw(some)),
        due=tuple(draw(some)),
        queue=tuple(draw(some)),
        holders=holders,
    )


@few_examples
@given(states(), st.integers(1, 3))
def test_the_slot_is_never_overfilled(seen: Observed, capacity: int) -> None:
    actions = decide(seen, Rules(concurrent_trainings=capacity))
    submitted = [action.job for action in actions if isinstance(action, Submit)]
    newcomers = [job for job in submitted if job.job_id not in seen.slot.holders]
    # A job that runs uses DashScope's slot, whether it holds ours or not.
    released = {action.job_id for action in actions if isinstance(action, Release)}
    active = runs_at_dashscope(seen)
    assert not released & active
    assert len(submitted) <= max(0, capacity - len(active))
    assert len(newcomers) <= max(0, capacity - len({*seen.slot.holders, *active} - released))
    assert all(job.state is S.QUEUED for job in submitted)
    assert len({job.job_id for job in submitted}) == len(submitted)
    if seen.slot.halted_until > NOW:
        assert submitted == []


@few_examples
@given(states(), st.integers(1, 3))
def test_each_action_fits_its_job_and_the_slot_is_freed_then_filled_then_the_rest_is_done(
    seen: Observed, capacity: int
) -> None:
    actions = decide(seen, Rules(concurrent_trainings=capacity))
    wanted: dict[type[Action], Callable[[Job], bool]] = {
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
        else:
            assert wanted[type(action)](action.job)
    phases = {Poll: 0, Resolve: 0, Release: 1, Submit: 2, Deliver: 3, Look: 4}
    order = [phases[type(action)] for action in actions]
    assert order == sorted(order)


@few_examples
@given(states(), st.integers(1, 3))
def test_no_other_job_is_submitted_while_a_queued_holder_waits(seen: Observed, capacity: int) -> None:
    submitted = [
        action.job.job_id
        for action in decide(seen, Rules(concurrent_trainings=capacity))
        if isinstance(action, Submit)
    ]
    queued_holders = [name for name, job in seen.holders.items() if job and job.state is S.QUEUED]
    assert submitted[: len(queued_holders)] == queued_holders[: len(submitted)]


@few_examples
@given(states(), st.integers(1, 3))
def test_free_capacity_is_used_while_a_job_waits(seen: Observed, capacity: int) -> None:
    submitted = [
        action for action in decide(seen, Rules(concurrent_trainings=capacity)) if isinstance(action, Submit)
    ]
    waiting = {
        job.job_id
        for job in (*seen.queue, *(job for job in seen.holders.values() if job))
        if job.state is S.QUEUED
    }
    if seen.slot.halted_until <= NOW:
        assert len(submitted) == min(len(waiting), max(0, capacity - len(runs_at_dashscope(seen))))


@few_examples
@given(states())
def test_deciding_twice_decides_the_same(seen: Observed) -> None:
    assert decide(seen, RULES) == decide(seen, RULES)
