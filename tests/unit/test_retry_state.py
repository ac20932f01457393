"""The tries of one piece of work: their pauses, when the next is due, and when the piece is given up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.retry_json import retry_from_json, retry_to_json
from shared.domain.retry_state import (
    LONGEST_PAUSE_MS,
    TRIES_BESIDE_OTHERS,
    TRIES_OF_AN_OBJECT,
    Cause,
    RetryState,
    failed_again,
    pause_ms,
)
from shared.domain.trouble_kinds import Api, Kind
from tests.unit.support import MINUTE_MS, NOW, cause, few_examples, trouble

OF_THE_PIECE = (Kind.OBJECT, Kind.PICTURE)
OF_ANYBODY = (Kind.PASSING, Kind.UNKNOWN, Kind.GONE)
NOT_ITS_OWN = (Kind.API, Kind.ACCOUNT, Kind.PERSON)
OTHERS_PASSED = NOW + 10**9


def failed(*causes: Cause, at: int = NOW) -> RetryState:
    """The state after so many tries, a minute apart."""
    state: RetryState | None = None
    for number, one in enumerate(causes):
        state = failed_again(state, one, at + number * MINUTE_MS)
    assert state is not None
    return state


def test_every_kind_of_trouble_is_looked_at_here() -> None:
    assert {*OF_THE_PIECE, *OF_ANYBODY, *NOT_ITS_OWN} == set(Kind)


# -- pauses ---------------------------------------------------------------------------------------


def test_the_pause_is_ten_seconds_then_a_minute_and_doubles_up_to_an_hour() -> None:
    pauses = [pause_ms(tries) // 1000 for tries in range(1, 11)]
    assert pauses == [10, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert pause_ms(0) == 10_000
    assert pause_ms(10**6) == LONGEST_PAUSE_MS


def test_an_object_is_told_about_within_minutes_and_what_passes_has_a_quarter_of_an_hour() -> None:
    assert sum(map(pause_ms, range(1, TRIES_OF_AN_OBJECT))) < 3 * MINUTE_MS
    assert 15 * MINUTE_MS <= sum(map(pause_ms, range(1, TRIES_BESIDE_OTHERS))) < 20 * MINUTE_MS


def test_the_first_failure_begins_the_count_and_the_next_ones_go_on_with_it() -> None:
    first = failed_again(None, cause(), NOW)
    assert first == RetryState(tries=1, since=NOW, next_try_at=NOW + 10_000, cause=cause(), tried_at=NOW)
    second = failed_again(first, cause(code="other"), NOW + 20_000)
    assert second == RetryState(
        tries=2, since=NOW, next_try_at=NOW + 80_000, cause=cause(code="other"), tried_at=NOW + 20_000
    )


def test_a_first_failure_that_a_fast_clock_has_dated_is_dated_again_by_the_next() -> None:
    tomorrow = failed_again(None, cause(), NOW + 86_400_000)
    assert failed_again(tomorrow, cause(), NOW).since == NOW


def test_the_words_of_a_cause_are_kept_short() -> None:
    long = Cause("c" * 1000, "m" * 100_000, Kind.OBJECT, Api.READING)
    kept = failed_again(None, long, NOW).cause
    assert (kept.code, kept.message) == ("c" * 64, "m" * 500)
    assert (kept.kind, kept.api) == (Kind.OBJECT, Api.READING)


@pytest.mark.parametrize(
    ("next_try_at", "due"),
    [
        (NOW - 1, True),
        (NOW, True),
        (NOW + 1, False),
        (NOW + LONGEST_PAUSE_MS + CLOCKS_DIFFER_MS, False),
        (NOW + LONGEST_PAUSE_MS + CLOCKS_DIFFER_MS + 1, True),
    ],
)
def test_a_try_is_due_when_its_pause_is_over_or_was_ordered_by_a_fast_clock(
    next_try_at: int, due: bool
) -> None:
    assert trouble(next_try_at=next_try_at).is_due(NOW) is due


@few_examples
@given(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=30))
def test_a_failure_is_always_followed_by_a_pause_that_comes_to_its_end(kinds: list[Kind]) -> None:
    now, state = NOW, None
    for kind in kinds:
        state = failed_again(state, cause(kind), now)
        assert not state.is_due(now)
        assert now < state.next_try_at <= now + LONGEST_PAUSE_MS
        assert state.is_due(state.next_try_at)
        now = state.next_try_at


# -- giving up ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OF_THE_PIECE)
@pytest.mark.parametrize("passed_at", [0, OTHERS_PASSED])
def test_an_objects_own_trouble_is_given_up_after_a_few_tries_whatever_others_do(
    kind: Kind, passed_at: int
) -> None:
    assert not failed(*[cause(kind)] * (TRIES_OF_AN_OBJECT - 1)).is_hopeless(passed_at=passed_at)
    assert failed(*[cause(kind)] * TRIES_OF_AN_OBJECT).is_hopeless(passed_at=passed_at)


@pytest.mark.parametrize("kind", OF_ANYBODY)
def test_what_may_be_anybodys_is_given_up_only_when_others_were_served_meanwhile(kind: Kind) -> None:
    patient = failed(*[cause(kind)] * (TRIES_BESIDE_OTHERS - 1))
    tried = failed(*[cause(kind)] * TRIES_BESIDE_OTHERS)
    assert not patient.is_hopeless(passed_at=OTHERS_PASSED)
    assert tried.is_hopeless(passed_at=tried.since + 1)
    # Served before the first failure says nothing, and neither does nobody's knowing.
    assert not tried.is_hopeless(passed_at=tried.since)
    assert not tried.is_hopeless(passed_at=0)


@pytest.mark.parametrize("kind", NOT_ITS_OWN)
def test_nothing_is_ever_given_up_for_trouble_of_everybody_or_of_the_person(kind: Kind) -> None:
    assert not failed(*[cause(kind)] * 1000).is_hopeless(passed_at=OTHERS_PASSED)


@pytest.mark.parametrize("before", NOT_ITS_OWN)
@pytest.mark.parametrize("after", [*OF_THE_PIECE, *OF_ANYBODY])
def test_tries_that_everybodys_trouble_has_cost_are_not_held_against_a_piece(
    before: Kind, after: Kind
) -> None:
    state = failed(*[cause(before)] * 50, cause(after))
    assert (state.tries, state.since) == (1, NOW + 50 * MINUTE_MS)
    assert not state.is_hopeless(passed_at=OTHERS_PASSED)
    back = failed_again(state, cause(before), NOW)
    assert back.tries == 1


@pytest.mark.parametrize("kind", [Kind.API, Kind.ACCOUNT])
@pytest.mark.parametrize(
    ("passed_at", "is_contradicted"),
    [
        (NOW + 1, True),
        (NOW + MINUTE_MS, True),
        # Nobody was served since the last try.
        (NOW, False),
        (NOW - 1, False),
        (0, False),
        # A moment that has not come was written by a clock that ran ahead.
        (NOW + MINUTE_MS + 1, False),
    ],
)
def test_what_is_said_of_all_is_doubted_only_when_others_were_served_since_it_was_said_last(
    kind: Kind, passed_at: int, is_contradicted: bool
) -> None:
    state, again = failed(cause(kind)), cause(kind)
    assert state.is_contradicted(again, passed_at=passed_at, now=NOW + MINUTE_MS) is is_contradicted


def test_nothing_but_the_same_words_of_all_about_the_same_api_is_doubted() -> None:
    said = cause(Kind.ACCOUNT, Api.READING, code="InDebt")
    state = failed(said)
    for other in (
        cause(Kind.ACCOUNT, Api.WRITING, code="InDebt"),
        cause(Kind.ACCOUNT, Api.READING, code="AccessDenied"),
        cause(Kind.PASSING, Api.READING, code="InDebt"),
        cause(Kind.PERSON, Api.READING, code="InDebt"),
    ):
        assert not state.is_contradicted(other, passed_at=NOW + 1, now=NOW + 1)
    assert state.is_contradicted(said, passed_at=NOW + 1, now=NOW + 1)
    # A row of an earlier version does not say when its work was tried.
    assert not replace(state, tried_at=0).is_contradicted(said, passed_at=NOW + 1, now=NOW + 1)


def test_words_of_all_that_were_doubted_before_are_believed_when_nobody_was_served_since() -> None:
    said = cause(Kind.ACCOUNT, Api.READING)
    doubted = failed(said, said._replace(kind=Kind.UNKNOWN))
    assert doubted.is_contradicted(said, passed_at=doubted.tried_at + 1, now=doubted.tried_at + 1)
    assert not doubted.is_contradicted(said, passed_at=doubted.tried_at, now=doubted.tried_at + 1)


@pytest.mark.parametrize("before", NOT_ITS_OWN)
@pytest.mark.parametrize("after", NOT_ITS_OWN)
def test_the_pause_goes_on_growing_through_trouble_that_is_not_its_own(before: Kind, after: Kind) -> None:
    assert failed(*[cause(before)] * 4, cause(after)).tries == 5


@pytest.mark.parametrize("before", OF_ANYBODY)
@pytest.mark.parametrize("after", [*OF_THE_PIECE, *OF_ANYBODY])
def test_troubles_that_take_turns_are_given_up_like_one_that_stays(before: Kind, after: Kind) -> None:
    turns = [cause(before), cause(after)] * TRIES_BESIDE_OTHERS
    assert failed(*turns).is_hopeless(passed_at=OTHERS_PASSED)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("api", [None, *Api])
def test_work_waits_for_an_api_exactly_when_that_is_refused_to_everybody(kind: Kind, api: Api | None) -> None:
    state = replace(trouble(), cause=cause(kind, api))
    assert state.waits_for is (api if kind in (Kind.API, Kind.ACCOUNT) else None)


# -- in a row -------------------------------------------------------------------------------------


def test_the_words_for_kinds_and_apis_are_those_that_stored_rows_have() -> None:
    for kind in ("passing", "object", "person", "api", "account", "picture", "gone", "unknown"):
        assert Kind(kind).value == kind
    for api in ("face_check", "training", "listing", "reading", "processing", "writing"):
        assert Api(api).value == api
    for api in ("tables", "portraits"):
        assert Api(api).value == api
    assert (len(Kind), len(Api)) == (8, 8)


def test_the_tries_come_back_from_a_row_as_they_were_and_from_an_older_row_without_the_last_moment() -> None:
    state = failed(cause(Kind.ACCOUNT), cause(Kind.ACCOUNT))
    value = retry_to_json(state)
    assert value is not None
    assert retry_from_json(value) == state
    del value["tried_at"]
    assert retry_from_json(value) == replace(state, tried_at=0)
