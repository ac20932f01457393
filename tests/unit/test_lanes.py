"""The lane that each job stands in: one for every unfinished job, and when its next step may be taken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.job import Job
from shared.domain.lanes import (
    ASIDE_LANE,
    COLLECTING_LANE,
    DELIVERY_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANE_OF,
    WAITING_LANES,
)
from shared.domain.photo_set import NEVER
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_state import RetryState
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from tests.unit.support import MINUTE_MS, NOW, collecting, few_examples, job_in, photo, trouble

S = JobState
ENDED = (S.SUCCEEDED, S.FAILED, S.CANCELED)

WITHOUT_TROUBLE = {
    S.COLLECTING: COLLECTING_LANE,
    S.QUEUED: QUEUE_LANE,
    S.SUBMITTING: RUNNING_LANE,
    S.TRAINING: RUNNING_LANE,
    S.SUCCEEDED: DELIVERY_LANE,
    S.FAILED: DELIVERY_LANE,
    S.CANCELED: DELIVERY_LANE,
}


def held_up(state: JobState, retry: RetryState) -> Job:
    return job_in(state, retry=retry, due_at=retry.next_try_at)


# -- state and trouble ----------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "lane"), WITHOUT_TROUBLE.items())
def test_a_job_without_trouble_stands_in_the_lane_of_its_state(state: JobState, lane: int) -> None:
    assert job_in(state).lane == lane


@pytest.mark.parametrize("retry", [None, trouble(), trouble(Kind.ACCOUNT)])
def test_a_job_with_nothing_left_to_be_done_stands_in_none(retry: RetryState | None) -> None:
    assert job_in(S.REJECTED, retry=retry).lane is None
    assert [job_in(state, retry=retry, delivered=True).lane for state in ENDED] == [None] * 3


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("api", [None, *Api])
@pytest.mark.parametrize("state", [S.COLLECTING, S.QUEUED, *ENDED])
def test_a_job_in_trouble_waits_for_the_api_that_is_refused_to_all_or_steps_aside(
    state: JobState, kind: Kind, api: Api | None
) -> None:
    waits = kind in (Kind.API, Kind.ACCOUNT) and api in WAITING_LANE_OF
    expected = WAITING_LANE_OF[api] if waits and api else ASIDE_LANE
    assert held_up(state, trouble(kind, api, next_try_at=NOW + 1)).lane == expected


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
def test_a_job_that_uses_the_slot_is_seen_by_every_tick_whatever_its_trouble(
    state: JobState, kind: Kind
) -> None:
    assert held_up(state, trouble(kind, Api.READING)).lane == RUNNING_LANE


def test_a_queued_job_whose_turn_is_now_stands_in_the_queue_though_it_has_had_trouble() -> None:
    job = job_in(S.QUEUED, retry=trouble(next_try_at=NOW + MINUTE_MS))
    assert job.due_at == job.place
    assert job.lane == QUEUE_LANE
    assert job.is_due(NOW)


def test_a_queued_job_without_trouble_is_in_the_queue_whatever_its_due_time_says() -> None:
    assert job_in(S.QUEUED, due_at=NOW + 86_400_000).lane == QUEUE_LANE


def test_the_waiting_lanes_are_those_of_the_apis_and_no_two_lanes_are_one() -> None:
    assert sorted(WAITING_LANE_OF.values()) == list(WAITING_LANES)
    lanes = {*WITHOUT_TROUBLE.values(), *WAITING_LANES, ASIDE_LANE}
    assert sorted(lanes) == list(range(1, 11))


# -- photos in trouble ----------------------------------------------------------------------------


def test_a_set_waits_with_its_photo_for_an_api_that_is_refused_to_all() -> None:
    held = photo("a", Verdict.UNCHECKED, retry=trouble(Kind.API, Api.FACE_CHECK))
    assert collecting(held, photo("b")).lane == WAITING_LANE_OF[Api.FACE_CHECK]


def test_a_set_steps_aside_with_a_photo_in_trouble_of_its_own() -> None:
    held = photo("a", Verdict.UNPREPARED, retry=trouble(Kind.OBJECT, next_try_at=NOW + MINUTE_MS))
    job = collecting(held, photo("b"))
    assert (job.lane, job.due_at) == (ASIDE_LANE, NOW + MINUTE_MS)


def test_of_two_photos_in_trouble_the_one_that_is_tried_first_says_what_the_set_waits_for() -> None:
    first = photo("a", Verdict.UNPREPARED, retry=trouble(Kind.OBJECT, next_try_at=NOW + 1))
    second = photo("b", Verdict.UNCHECKED, retry=trouble(Kind.API, Api.FACE_CHECK, next_try_at=NOW + 2))
    assert collecting(second, first).lane == ASIDE_LANE
    later = replace(first, retry=trouble(Kind.OBJECT, next_try_at=NOW + 3))
    assert collecting(second, later).lane == WAITING_LANE_OF[Api.FACE_CHECK]


def test_a_set_whose_zip_has_had_trouble_steps_aside_or_waits_for_the_api() -> None:
    own, of_all = trouble(Kind.OBJECT, Api.READING), trouble(Kind.API, Api.READING)
    assert collecting(photo("a.zip", Verdict.UNPACKING, retry=own)).lane == ASIDE_LANE
    assert collecting(photo("a.zip", Verdict.UNPACKING, retry=of_all)).lane == WAITING_LANE_OF[Api.READING]


@pytest.mark.parametrize(
    "other", [photo("new", Verdict.UNPREPARED), photo("a.zip", Verdict.UNPACKING)], ids=lambda one: one.name
)
def test_a_set_with_something_that_can_be_done_does_not_wait(other: Photo) -> None:
    held = photo("a", Verdict.UNCHECKED, retry=trouble(Kind.API, Api.FACE_CHECK))
    assert collecting(held, other).lane == COLLECTING_LANE


def test_the_trouble_of_a_look_counts_before_that_of_a_photo() -> None:
    held = photo("a", Verdict.UNCHECKED, retry=trouble(Kind.API, Api.FACE_CHECK))
    job = replace(collecting(held), retry=trouble(Kind.PERSON, Api.TABLES))
    assert job.lane == ASIDE_LANE


@pytest.mark.parametrize("state", [state for state in S if state is not S.COLLECTING])
def test_photos_in_trouble_hold_up_no_set_that_is_closed(state: JobState) -> None:
    held = photo("a", Verdict.UNPREPARED, retry=trouble(Kind.API))
    job = job_in(state)
    assert replace(job, photo_set=collecting(held).photo_set).lane == job.lane


# -- when the next step may be taken --------------------------------------------------------------


@pytest.mark.parametrize(("due_at", "due"), [(NOW - 1, True), (NOW, True), (NOW + 1, False), (NEVER, False)])
def test_a_look_is_due_at_its_moment(due_at: int, due: bool) -> None:
    assert job_in(S.COLLECTING, due_at=due_at).is_due(NOW) is due


@pytest.mark.parametrize("state", [S.QUEUED, S.SUBMITTING, S.TRAINING, *ENDED])
def test_every_other_step_is_due_at_once_without_trouble(state: JobState) -> None:
    assert job_in(state, due_at=NOW + 1).is_due(NOW)


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize(("next_try_at", "due"), [(NOW, True), (NOW + 1, False)])
def test_after_trouble_a_step_is_due_when_the_pause_is_over(
    state: JobState, next_try_at: int, due: bool
) -> None:
    job = held_up(state, trouble(next_try_at=next_try_at))
    assert replace(job, closed_first_at=NOW - 5).is_due(NOW) is due


@pytest.mark.parametrize("state", [S.COLLECTING, S.QUEUED, S.TRAINING, S.SUCCEEDED])
def test_what_waits_for_an_api_is_due_as_soon_as_that_works(state: JobState) -> None:
    assert held_up(state, trouble(Kind.ACCOUNT, Api.READING, next_try_at=NOW + 10**6)).is_due(NOW)


# -- any job --------------------------------------------------------------------------------------

RETRIES = st.one_of(
    st.none(),
    st.builds(
        lambda kind, api, tries, wait: trouble(kind, api, tries=tries, next_try_at=NOW + wait),
        st.sampled_from(list(Kind)),
        st.sampled_from([None, *Api]),
        st.integers(1, 9),
        st.integers(-MINUTE_MS, 10 * MINUTE_MS),
    ),
)
PHOTOS = st.lists(
    st.builds(
        lambda name, verdict, retry: photo(name, verdict, retry=retry),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(list(Verdict)),
        RETRIES,
    ),
    max_size=4,
)


@few_examples
@given(st.sampled_from(list(S)), RETRIES, PHOTOS, st.booleans(), st.integers(-5, 5))
def test_every_unfinished_job_is_in_a_lane_and_every_finished_one_in_none(
    state: JobState, retry: RetryState | None, photos: list[Photo], delivered: bool, due: int
) -> None:
    photo_set = collecting(*photos).photo_set
    job = job_in(state, photo_set=photo_set, retry=retry, due_at=NOW + due)
    job = replace(job, delivered=delivered and state.is_terminal)
    finished = state is S.REJECTED or job.delivered
    assert (job.lane is None) == finished
    if job.lane in WAITING_LANES:
        assert job.trouble is not None
        assert job.trouble.waits_for is not None
    if job.lane == QUEUE_LANE:
        assert state is S.QUEUED
    if job.lane == DELIVERY_LANE:
        assert state.is_terminal
    if job.lane == COLLECTING_LANE:
        assert state is S.COLLECTING
