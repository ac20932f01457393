"""The decisions of a tick on any state: what holds of the actions whatever has been observed."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.decide import (
    Action,
    Deliver,
    Look,
    Observed,
    Poll,
    Rebase,
    Reclaim,
    Release,
    Resolve,
    Submit,
    decide,
)
from shared.domain.job import Job
from shared.domain.queue import needs_slot
from shared.domain.retry_state import RetryState
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from tests.unit.support import NOW, RULES, few_examples, job_in, trouble

S = JobState

RETRIES = st.one_of(
    st.none(),
    st.builds(
        lambda kind, tries, wait: trouble(kind, Api.READING, tries=tries, next_try_at=NOW + wait),
        st.sampled_from(list(Kind)),
        st.integers(1, 9),
        st.integers(-2, 2),
    ),
)


def any_job(
    state: JobState, number: int, delivered: bool, due: int, retry: RetryState | None, is_fast: bool
) -> Job:
    return job_in(
        state,
        f"p{number}",
        delivered=delivered and state.is_terminal,
        closed_at=NOW - number,
        closed_first_at=NOW - number,
        due_at=retry.next_try_at if retry else NOW - number if state is S.QUEUED else due,
        retry=retry,
        changed_at=NOW + 10**7 if is_fast else NOW,
    )


JOBS = st.builds(
    any_job,
    st.sampled_from(list(S)),
    st.integers(0, 12),
    st.booleans(),
    st.integers(NOW - 2, NOW + 2),
    RETRIES,
    st.sampled_from([False, False, False, True]),
)


def runs_at_dashscope(seen: Observed) -> set[str]:
    known = (*seen.running, *seen.holders.values())
    return {job.job_id for job in known if isinstance(job, Job) and job.state in (S.SUBMITTING, S.TRAINING)}


def unreadable(seen: Observed) -> int:
    return sum(isinstance(job, Unread) for job in seen.holders.values())


def unique(jobs: list[Job]) -> list[Job]:
    """One job a person: a row is in one state only, wherever it is seen."""
    return list({job.job_id: job for job in jobs}.values())


@st.composite
def states(draw: st.DrawFn) -> Observed:
    rows = unique(draw(st.lists(JOBS, max_size=10)))
    some = st.lists(st.sampled_from(rows), unique_by=lambda job: job.job_id) if rows else st.just([])
    holders: dict[str, Job | Unread | None] = {job.job_id: job for job in draw(some)}
    if draw(st.booleans()):
        holders["gone-1"] = None
    if draw(st.booleans()):
        holders["unread-1"] = Unread("unread-1", "unreadable_row", "deploy newer code")
    return Observed(
        now=NOW,
        slot=Slot(holders=tuple(holders), halted_until=draw(st.sampled_from([0, NOW, NOW + 1]))),
        running=tuple(draw(some)),
        due=tuple(draw(some)),
        queue=tuple(draw(some)),
        aside=tuple(draw(some)),
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
    free = capacity - unreadable(seen)
    assert len(submitted) <= max(0, free - len(active))
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
        Rebase: lambda job: job.changed_at > NOW,
        Poll: lambda job: job.state is S.TRAINING and job.is_due(NOW),
        Resolve: lambda job: job.state is S.SUBMITTING and job.is_due(NOW),
        Deliver: lambda job: job.state.is_terminal and not job.delivered and job.is_due(NOW),
        Look: lambda job: job.state is S.COLLECTING and job.is_due(NOW),
        Submit: lambda job: job.state is S.QUEUED and (job.job_id in seen.holders or job.is_due(NOW)),
    }
    for action in actions:
        if isinstance(action, Release):
            held = seen.holders[action.job_id]
            assert not isinstance(held, Unread)
            assert held is None or not needs_slot(held, NOW)
        elif isinstance(action, Reclaim):
            assert isinstance(seen.holders[action.job_id], Unread)
        else:
            assert wanted[type(action)](action.job)
    phases = {Rebase: 0, Poll: 0, Resolve: 0, Release: 1, Reclaim: 1, Submit: 2, Deliver: 3, Look: 3}
    order = [phases[type(action)] for action in actions]
    assert order == sorted(order)


@few_examples
@given(states())
def test_whatever_can_wait_is_done_first_for_those_who_have_not_stepped_aside(seen: Observed) -> None:
    done = [action.job for action in decide(seen, RULES) if isinstance(action, (Deliver, Look))]
    first = [job for job in (*seen.running, *seen.due) if job in done]
    assert sorted(job.job_id for job in done[: len(first)]) == sorted(job.job_id for job in first)
    assert all(job in seen.aside for job in done[len(first) :])


@few_examples
@given(states())
def test_nothing_that_can_be_done_is_left_out(seen: Observed) -> None:
    actions = decide(seen, RULES)
    ours = [action for action in actions if not isinstance(action, (Release, Reclaim))]
    done = {(type(action), action.job.job_id) for action in ours}
    right = [job for job in seen.running if job.changed_at <= NOW]
    for job in (*seen.due, *seen.aside):
        assert (Look, job.job_id) in done or job.state is not S.COLLECTING or not job.is_due(NOW)
    for job in (*seen.running, *seen.aside):
        assert (
            (Deliver, job.job_id) in done or job.delivered or not job.state.is_terminal or not job.is_due(NOW)
        )
    for job in right:
        assert (Poll, job.job_id) in done or job.state is not S.TRAINING or not job.is_due(NOW)
        assert (Resolve, job.job_id) in done or job.state is not S.SUBMITTING or not job.is_due(NOW)
    assert {job_id for kind, job_id in done if kind is Rebase} == {
        job.job_id for job in seen.running if job not in right
    }
    released = {action.job_id for action in actions if isinstance(action, Release)}
    assert released == {
        name
        for name, held in seen.holders.items()
        if held is None or (isinstance(held, Job) and not needs_slot(held, NOW))
    }


@few_examples
@given(states(), st.integers(1, 3))
def test_no_other_job_is_submitted_while_a_queued_holder_waits(seen: Observed, capacity: int) -> None:
    submitted = [
        action.job.job_id
        for action in decide(seen, Rules(concurrent_trainings=capacity))
        if isinstance(action, Submit)
    ]
    queued_holders = [
        name
        for name, job in seen.holders.items()
        if isinstance(job, Job) and job.state is S.QUEUED and needs_slot(job, NOW)
    ]
    assert submitted[: len(queued_holders)] == queued_holders[: len(submitted)]


@few_examples
@given(states(), st.integers(1, 3))
def test_free_capacity_is_used_while_a_job_waits(seen: Observed, capacity: int) -> None:
    submitted = [
        action for action in decide(seen, Rules(concurrent_trainings=capacity)) if isinstance(action, Submit)
    ]
    holders = [job for job in seen.holders.values() if isinstance(job, Job)]
    left_behind = {job.job_id for job in holders if job.state is S.QUEUED and needs_slot(job, NOW)}
    others = {job.job_id for job in (*seen.queue, *seen.aside) if job.state is S.QUEUED and job.is_due(NOW)}
    free = capacity - unreadable(seen) - len(runs_at_dashscope(seen))
    if seen.slot.halted_until <= NOW:
        assert len(submitted) == min(len(left_behind | others), max(0, free))


@few_examples
@given(states())
def test_deciding_twice_decides_the_same(seen: Observed) -> None:
    assert decide(seen, RULES) == decide(seen, RULES)
