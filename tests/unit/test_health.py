"""The health of the deployment: breakers, runs that died, what they died of, and the heartbeat."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.breakers import Breaker
from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.health import (
    DEATHS_REMEMBERED_FOR_MS,
    HEARTBEAT_MS,
    MAX_REMEMBERED_DEATHS,
    MAX_UNWRITTEN,
    SILENCE_MS,
    UNWRITTEN_NOTED_EVERY_MS,
    Health,
)
from shared.domain.retry_state import DEATHS_ALLOWED, Cause
from shared.domain.trouble_kinds import Api, Kind
from tests.unit.support import MINUTE_MS, NOW, cause

DEAD_AT = NOW + 2 * MINUTE_MS
PERSON = "0123456789abcdef0123"
PIECE = f"{PERSON}-1 Look"


# -- breakers -------------------------------------------------------------------------------------


def test_the_trouble_of_one_api_is_not_the_others() -> None:
    health = Health().failed(cause(Kind.ACCOUNT, Api.FACE_CHECK), NOW)
    assert [api for api in Api if health.is_open(api)] == [Api.FACE_CHECK]
    assert health.breaker(Api.FACE_CHECK) == Breaker().failed(cause(Kind.ACCOUNT, Api.FACE_CHECK), NOW)
    assert health.breaker(Api.READING) == Breaker()


def test_a_trouble_of_our_own_changes_nothing() -> None:
    health = Health()
    assert health.failed(cause(Kind.ACCOUNT, None), NOW) is health
    assert not health.is_open(None)
    assert health.breaker(None) == Breaker()


def test_what_says_nothing_new_changes_nothing() -> None:
    health = Health()
    assert health.passed(Api.READING, NOW) is health
    assert health.failed(cause(Kind.OBJECT, Api.READING), NOW) is health


def test_a_probe_opens_a_breaker_and_serving_closes_it() -> None:
    opened = Health().probe_failed(Api.READING, cause(Kind.PASSING, Api.READING), NOW)
    assert opened.is_open(Api.READING)
    closed = opened.passed(Api.READING, NOW + 1)
    assert not closed.is_open(Api.READING)
    assert closed.breaker(Api.READING).passed_at == NOW + 1


# -- runs and what they die of --------------------------------------------------------------------


def died(health: Health, piece: str, at: int = NOW) -> Health:
    """A careful run takes ``piece`` in hand and dies; the next run begins when it is dead."""
    lost = health.begun(at, at + MINUTE_MS).with_in_hand(piece)
    return lost.begun(at + MINUTE_MS + 1, at + 3 * MINUTE_MS)


def test_a_run_is_lost_when_it_has_begun_has_not_ended_and_must_be_dead() -> None:
    assert not Health().has_lost_a_run(NOW)
    begun = Health().begun(NOW, DEAD_AT)
    assert not begun.has_lost_a_run(DEAD_AT)
    assert begun.has_lost_a_run(DEAD_AT + 1)
    assert not begun.ended(NOW + 5).has_lost_a_run(DEAD_AT + 1)


def test_what_a_dead_run_had_in_hand_has_killed_it() -> None:
    after = died(Health(), PIECE)
    assert after.has_killed(PIECE) == 1
    assert after.has_killed("another") == 0
    assert (after.in_hand, after.run_began_at) == ("", NOW + MINUTE_MS + 1)
    assert died(after, PIECE, NOW + MINUTE_MS).has_killed(PIECE) == 2


def test_a_run_that_was_not_careful_accuses_nobody() -> None:
    lost = Health().begun(NOW, DEAD_AT)
    assert lost.begun(DEAD_AT + 1, DEAD_AT + MINUTE_MS).deaths == {}


def test_a_run_that_may_be_alive_yet_accuses_nobody() -> None:
    alive = Health().begun(NOW, DEAD_AT).with_in_hand(PIECE)
    assert alive.begun(DEAD_AT, DEAD_AT + MINUTE_MS).deaths == {}


def test_the_end_of_a_run_clears_its_piece() -> None:
    ended = Health().begun(NOW, DEAD_AT).with_in_hand(PIECE).ended(NOW + 5)
    assert (ended.run_began_at, ended.run_dead_at, ended.in_hand, ended.beat_at) == (0, 0, "", NOW + 5)
    assert ended.begun(DEAD_AT + 1, DEAD_AT + MINUTE_MS).has_killed(PIECE) == 0


def test_the_deaths_of_all_pieces_of_a_person_are_counted_together() -> None:
    health = died(died(Health(), PIECE), f"{PERSON} photo E", NOW + 2 * MINUTE_MS)
    health = died(health, "fedcba-1 Look", NOW + 4 * MINUTE_MS)
    assert health.killed_for(PERSON) == 2
    assert health.killed_for("nobody") == 0


def test_the_latest_deaths_are_remembered_and_a_piece_that_kills_again_is_the_latest() -> None:
    health = died(Health(), PIECE)
    for number in range(MAX_REMEMBERED_DEATHS - 1):
        health = died(health, f"other {number}")
    assert health.has_killed(PIECE) == 1
    health = died(health, PIECE)
    assert list(health.deaths)[-1] == PIECE
    health = died(health, "one more")
    assert len(health.deaths) == MAX_REMEMBERED_DEATHS
    assert health.has_killed(PIECE) == 2
    assert health.has_killed("other 0") == 0


def test_a_day_after_the_last_death_every_piece_gets_another_chance() -> None:
    health = Health()
    for _ in range(DEATHS_ALLOWED):
        health = died(health, PIECE)
    last = health.died_at
    assert last == NOW + MINUTE_MS + 1
    assert health.ended(last + DEATHS_REMEMBERED_FOR_MS - 1).has_killed(PIECE) == DEATHS_ALLOWED
    assert health.ended(last + DEATHS_REMEMBERED_FOR_MS).has_killed(PIECE) == 0


def test_the_word_of_a_run_leaves_the_rest_of_the_health_as_it_is() -> None:
    health = replace(
        Health(version=7, settings_id="s", settings_seen_at=3, is_retimed=True),
        breakers={Api.READING: Breaker(passed_at=NOW)},
    )
    back = health.begun(NOW, DEAD_AT).with_in_hand(PIECE).ended(NOW + 1)
    assert back == replace(health, beat_at=NOW + 1)


@pytest.mark.parametrize(
    ("beat_at", "asks"),
    [
        # A deployment that has never come to an end of a run is new.
        (0, False),
        (NOW, False),
        (NOW - SILENCE_MS + 1, False),
        (NOW - SILENCE_MS, True),
        (NOW + CLOCKS_DIFFER_MS, False),
        # A fast clock's: nobody has been heard since.
        (NOW + CLOCKS_DIFFER_MS + 1, True),
    ],
)
def test_silence_asks_for_care(beat_at: int, asks: bool) -> None:
    assert Health(beat_at=beat_at).asks_for_care(NOW) is asks


def test_a_run_that_said_it_began_and_is_dead_asks_for_care() -> None:
    begun = Health(beat_at=NOW).begun(NOW, DEAD_AT)
    assert not begun.asks_for_care(DEAD_AT)
    assert begun.asks_for_care(DEAD_AT + 1)


def test_silence_is_longer_than_a_run_and_a_pause_between_heartbeats() -> None:
    # A function lives for two minutes at most: see template.yml.
    assert SILENCE_MS >= HEARTBEAT_MS + 2 * MINUTE_MS


@pytest.mark.parametrize(
    ("deaths", "rest_minutes"),
    [(0, 0), (2, 0), (3, 30), (4, 60), (99, 24 * 60)],
)
def test_what_has_killed_three_runs_is_left_alone_ever_longer(deaths: int, rest_minutes: int) -> None:
    health = Health(deaths={PIECE: deaths}, died_at=NOW)
    until = NOW + rest_minutes * MINUTE_MS
    assert health.left_alone_until(PIECE, NOW) == (until if rest_minutes else 0)
    assert health.left_alone_until(PIECE, max(NOW, until - 1)) == (until if rest_minutes else 0)
    assert health.left_alone_until(PIECE, until) == 0
    assert health.left_alone_until("another", NOW) == 0
    assert health.is_given_up(PIECE) == (deaths > DEATHS_ALLOWED)


def test_what_may_kill_more_runs_is_left_alone_later() -> None:
    health = Health(deaths={PIECE: 2 * DEATHS_ALLOWED - 1}, died_at=NOW)
    assert health.left_alone_until(PIECE, NOW)
    assert not health.left_alone_until(PIECE, NOW, allowed=2 * DEATHS_ALLOWED)


def test_deaths_that_a_clock_ahead_has_noted_leave_nobody_alone_for_longer() -> None:
    health = Health(deaths={PIECE: DEATHS_ALLOWED}, died_at=NOW + 86_400_000)
    assert health.left_alone_until(PIECE, NOW) == 0


def test_a_run_that_stopped_with_an_error_was_not_killed_and_is_no_heartbeat() -> None:
    health = replace(Health(beat_at=NOW - 5), deaths={PIECE: 2}, died_at=NOW)
    stopped = health.begun(NOW, DEAD_AT).with_in_hand(PIECE).stopped()
    assert stopped == health
    assert stopped.begun(DEAD_AT + 1, DEAD_AT + MINUTE_MS).has_killed(PIECE) == 2


# -- the heartbeat --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beat_at", "due"),
    [
        (0, True),
        (NOW, False),
        (NOW - HEARTBEAT_MS + 1, False),
        (NOW - HEARTBEAT_MS, True),
        # Of a clock that runs ahead.
        (NOW + 1, True),
    ],
)
def test_an_idle_deployment_writes_its_heartbeat_so_often_and_no_more(beat_at: int, due: bool) -> None:
    assert Health(beat_at=beat_at).is_beat_due(NOW) is due


# -- rows that cannot be written ----------------------------------------------------------------------

THROTTLED = Cause("OTSPartitionUnavailable", "busy", Kind.PERSON, Api.TABLES)


def test_a_row_that_cannot_be_written_is_told_of_for_ten_minutes_and_since_when() -> None:
    health = Health().with_unwritten("li-1", THROTTLED, NOW)
    assert health.unwritten_of("li-1", NOW) == ("OTSPartitionUnavailable", "busy", NOW, NOW)
    assert health.unwritten_of("li-1", NOW + 10 * MINUTE_MS - 1)
    assert not health.unwritten_of("li-1", NOW + 10 * MINUTE_MS)
    assert not health.unwritten_of("li-1", NOW - 1)
    assert not health.unwritten_of("wu-1", NOW)
    again = health.with_unwritten("li-1", THROTTLED, NOW + 5 * MINUTE_MS).unwritten_of(
        "li-1", NOW + 5 * MINUTE_MS
    )
    assert again == ("OTSPartitionUnavailable", "busy", NOW, NOW + 5 * MINUTE_MS)
    later = NOW + 20 * MINUTE_MS
    assert health.with_unwritten("li-1", THROTTLED, later).unwritten["li-1"].since == later


def test_what_has_just_been_noted_of_a_row_is_not_noted_again() -> None:
    health = Health().with_unwritten("li-1", THROTTLED, NOW)
    assert health.with_unwritten("li-1", THROTTLED, NOW + UNWRITTEN_NOTED_EVERY_MS - 1) is health
    assert health.with_unwritten("li-1", THROTTLED, NOW + UNWRITTEN_NOTED_EVERY_MS) is not health


def test_the_latest_rows_that_cannot_be_written_are_kept_and_no_old_ones() -> None:
    health = Health().with_unwritten("old", THROTTLED, NOW - 10 * MINUTE_MS)
    for number in range(MAX_UNWRITTEN + 5):
        health = health.with_unwritten(f"job {number}", THROTTLED, NOW)
    assert list(health.unwritten) == [f"job {number}" for number in range(5, MAX_UNWRITTEN + 5)]
