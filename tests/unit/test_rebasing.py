"""Moments that other settings or a fast clock have written: no job waits longer for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.completion import NEVER, UNPACKING_TAKES_MS, ClosedBy
from shared.domain.job import Job
from shared.domain.lanes import ASIDE_LANE, QUEUE_LANE
from shared.domain.photos import Verdict
from shared.domain.rebasing import RUN_LASTS_MS, rebased
from shared.domain.retry_state import LONGEST_PAUSE_MS
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.unit.support import MINUTE_MS, NOW, RULES, cause, collecting, few_examples, job_in, photo, trouble

S = JobState
TOMORROW = NOW + 86_400_000
LONGEST_RIGHT = NOW + LONGEST_PAUSE_MS + CLOCKS_DIFFER_MS
OPEN = [S.COLLECTING, S.QUEUED, S.SUBMITTING, S.TRAINING, S.SUCCEEDED]


def made_tomorrow(state: JobState) -> Job:
    """The job as instances whose clock is a day ahead would have brought it to ``state``."""
    job = collecting(photo(recorded_at=TOMORROW, uploaded_at=NOW), now=TOMORROW)
    if state is S.COLLECTING:
        return job
    job = job.closed(ClosedBy.QUIET, TOMORROW)
    if state is S.QUEUED:
        return job
    job = job.attempting(TOMORROW, expires_at=TOMORROW + MINUTE_MS)
    if state is S.SUBMITTING:
        return job
    return replace(
        job,
        state=state,
        running_since=TOMORROW,
        ended_at=TOMORROW if state is S.SUCCEEDED else 0,
        trainings_at=(NOW - 5, TOMORROW),
    )


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "due_at"),
    [
        (RULES, NOW + RULES.quiet_ms),
        (Rules(quiet_ms=5000), NOW + 5000),
        (Rules(quiet_ms=86_400_000), NOW + 86_400_000),
        (Rules(min_photos=2), NEVER),
        (Rules(close_at=1), NOW - 1000 + RULES.settle_ms),
        (Rules(close_at=1, settle_ms=5000), NOW + 4000),
    ],
)
def test_an_open_set_is_looked_at_by_the_present_settings(rules: Rules, due_at: int) -> None:
    for before in (RULES, Rules(min_photos=9), Rules(quiet_ms=3_000_000)):
        job = collecting(photo(), rules=before)
        after = rebased(job, rules, NOW)
        assert after == replace(job, due_at=due_at)
        assert rebased(after, rules, NOW) is after


def test_a_set_whose_look_has_failed_keeps_its_pause() -> None:
    held = collecting(photo()).held_up(cause(), NOW)
    assert rebased(held, Rules(quiet_ms=5), NOW) is held


def test_a_set_that_was_closed_before_keeps_its_deadline() -> None:
    reopened = collecting(photo()).closed(ClosedBy.QUIET, NOW).with_photo(photo("b"), RULES, NOW)
    patient = rebased(reopened, Rules(quiet_ms=86_400_000), NOW)
    assert patient.due_at == reopened.deadline


@pytest.mark.parametrize("state", [state for state in S if state is not S.COLLECTING])
def test_no_setting_moves_a_job_that_is_closed(state: JobState) -> None:
    job = job_in(state)
    assert rebased(job, Rules(quiet_ms=5, min_photos=9), NOW) is job


# -- fast clocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", OPEN)
def test_what_a_fast_clock_has_written_is_taken_for_now(state: JobState) -> None:
    job = rebased(made_tomorrow(state), RULES, NOW)
    moments = (
        job.changed_at,
        job.closed_at,
        job.closed_first_at,
        job.submitted_at,
        job.running_since,
        job.ended_at,
        job.photo_set.last_photo_at,
        *job.trainings_at,
        *(one.recorded_at for one in job.photo_set.photos),
    )
    assert max(moments) == NOW
    assert job.attempt_expires_at <= NOW + RUN_LASTS_MS
    assert rebased(job, RULES, NOW) is job
    assert job.state is state


@pytest.mark.parametrize("state", OPEN)
def test_a_clock_that_is_a_little_ahead_is_right_enough(state: JobState) -> None:
    job = job_in(state)
    assert rebased(job, RULES, job.changed_at - CLOCKS_DIFFER_MS) is job


def test_a_run_that_may_yet_send_its_submit_is_given_the_time() -> None:
    sending = made_tomorrow(S.SUBMITTING)
    assert rebased(sending, RULES, NOW).attempt_expires_at == NOW + RUN_LASTS_MS
    dying = replace(sending, attempt_expires_at=NOW + 5)
    assert rebased(dying, RULES, NOW).attempt_expires_at == NOW + 5


def test_a_quiet_time_is_counted_from_now() -> None:
    assert rebased(made_tomorrow(S.COLLECTING), RULES, NOW).due_at == NOW + RULES.quiet_ms


def test_a_zip_and_an_unchecked_photo_that_were_recorded_tomorrow_are_gone_on_with() -> None:
    zipped = photo("a.zip", Verdict.UNPACKING, recorded_at=TOMORROW)
    assert rebased(collecting(zipped), RULES, NOW).due_at == NOW + UNPACKING_TAKES_MS
    unchecked = photo(verdict=Verdict.UNCHECKED, recorded_at=TOMORROW)
    assert rebased(collecting(unchecked), RULES, NOW).due_at == NOW


def test_a_queued_job_is_at_the_place_of_now_and_in_the_queue() -> None:
    job = rebased(made_tomorrow(S.QUEUED), RULES, NOW)
    assert (job.place, job.due_at, job.lane) == (NOW, NOW, QUEUE_LANE)


def test_a_queued_job_that_goes_again_at_once_stays_at_its_place() -> None:
    retry = trouble(next_try_at=NOW + MINUTE_MS)
    job = rebased(replace(made_tomorrow(S.QUEUED), retry=retry), RULES, NOW)
    assert (job.due_at, job.place, job.lane) == (NOW, NOW, QUEUE_LANE)


def test_a_queued_job_that_stepped_aside_waits_for_its_pause_and_no_longer() -> None:
    job = replace(made_tomorrow(S.QUEUED), retry=trouble(next_try_at=NOW + 5), due_at=NOW + 5)
    assert (rebased(job, RULES, NOW).due_at, rebased(job, RULES, NOW).lane) == (NOW + 5, ASIDE_LANE)


def test_a_queued_job_without_trouble_whose_due_time_is_another_is_put_at_its_place() -> None:
    assert rebased(job_in(S.QUEUED, due_at=TOMORROW), RULES, NOW).due_at == NOW


@pytest.mark.parametrize("state", [S.COLLECTING, S.QUEUED, S.SUCCEEDED])
@pytest.mark.parametrize(
    ("next_try_at", "expected"),
    [(NOW - 5, NOW - 5), (LONGEST_RIGHT, LONGEST_RIGHT), (LONGEST_RIGHT + 1, NOW), (TOMORROW, NOW)],
)
def test_a_pause_is_kept_unless_no_right_clock_would_have_ordered_it(
    state: JobState, next_try_at: int, expected: int
) -> None:
    job = job_in(state, retry=trouble(next_try_at=next_try_at), due_at=next_try_at)
    after = rebased(job, RULES, NOW)
    assert after.retry is not None
    assert (after.due_at, after.retry.next_try_at) == (expected, expected)
    assert (after is job) == (expected == next_try_at)


def test_the_pause_of_a_photo_is_held_to_the_same() -> None:
    held = photo(verdict=Verdict.UNPREPARED, retry=trouble(next_try_at=TOMORROW))
    job = rebased(collecting(held), RULES, NOW)
    assert job.due_at == NOW
    assert job.photo_set.retry == trouble(next_try_at=NOW)


@few_examples
@given(
    st.sampled_from(OPEN),
    st.integers(-10, 10**9),
    st.one_of(st.none(), st.integers(-10, 10**9)),
    st.sampled_from(list(Verdict)),
)
def test_whatever_clocks_have_written_a_job_waits_no_longer_than_by_a_right_one(
    state: JobState, ahead_ms: int, pause_ms: int | None, verdict: Verdict
) -> None:
    moment = NOW + ahead_ms
    retry = None if pause_ms is None else trouble(next_try_at=moment + pause_ms)
    photos = collecting(photo(verdict=verdict, recorded_at=moment), now=moment).photo_set
    job = job_in(
        state,
        photo_set=photos,
        changed_at=moment,
        closed_at=moment,
        closed_first_at=moment if state is S.QUEUED else 0,
        retry=retry,
        due_at=retry.next_try_at if retry else moment,
    )
    after = rebased(job, RULES, NOW)
    assert after.changed_at <= NOW + CLOCKS_DIFFER_MS
    assert after.due_at <= LONGEST_RIGHT or state not in (S.COLLECTING, S.QUEUED)
    assert rebased(after, RULES, NOW) is after
    assert after.lane is not None
