"""The breaker of one API: what opens and closes it, and when an object of our own is asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.breakers import FIRST_PROBE_AFTER_MS, LONGEST_BETWEEN_PROBES_MS, Breaker
from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.trouble_kinds import Kind
from tests.unit.support import MINUTE_MS, NOW, cause, few_examples

OF_ALL = (Kind.API, Kind.ACCOUNT)
SUSPICIOUS = (Kind.PASSING, Kind.UNKNOWN, Kind.GONE)
OF_ONE = (Kind.OBJECT, Kind.PICTURE, Kind.PERSON)
WELL = Breaker()
SUSPECT = WELL.failed(cause(), NOW)
OPEN = WELL.failed(cause(Kind.ACCOUNT), NOW)


def test_every_kind_of_trouble_is_looked_at_here() -> None:
    assert {*OF_ALL, *SUSPICIOUS, *OF_ONE} == set(Kind)


def test_an_api_of_which_nothing_is_known_is_well_and_is_not_asked() -> None:
    assert WELL.is_well
    assert not WELL.is_open
    assert not WELL.wants_probe(NOW)


@pytest.mark.parametrize("kind", OF_ALL)
@pytest.mark.parametrize("before", [WELL, SUSPECT])
def test_a_refusal_of_the_whole_account_opens_it_at_once(kind: Kind, before: Breaker) -> None:
    opened = before.failed(cause(kind), NOW + MINUTE_MS)
    assert opened.is_open
    assert opened.cause == cause(kind)
    assert opened.next_probe_at == NOW + MINUTE_MS + FIRST_PROBE_AFTER_MS


@pytest.mark.parametrize("kind", SUSPICIOUS)
def test_a_trouble_that_may_be_anybodys_makes_it_suspect_and_no_more(kind: Kind) -> None:
    suspect = WELL.failed(cause(kind), NOW)
    assert not suspect.is_well
    assert not suspect.is_open
    assert (suspect.since, suspect.cause) == (NOW, cause(kind))
    assert suspect.next_probe_at == NOW + FIRST_PROBE_AFTER_MS


@pytest.mark.parametrize("kind", OF_ONE)
@pytest.mark.parametrize("before", [WELL, SUSPECT, OPEN])
def test_the_trouble_of_one_object_or_person_says_nothing_about_the_api(kind: Kind, before: Breaker) -> None:
    assert before.failed(cause(kind), NOW + 1) is before


@pytest.mark.parametrize("kind", SUSPICIOUS)
@pytest.mark.parametrize("before", [SUSPECT, OPEN])
def test_more_trouble_of_that_sort_puts_off_no_probe(kind: Kind, before: Breaker) -> None:
    assert before.failed(cause(kind), NOW + MINUTE_MS) == before


def test_trouble_is_shown_since_it_began_and_not_since_it_opened_the_breaker() -> None:
    assert SUSPECT.failed(cause(Kind.API), NOW + MINUTE_MS).since == NOW
    assert SUSPECT.probe_failed(cause(), NOW + MINUTE_MS).since == NOW


def test_an_open_breaker_shows_what_stands_in_the_way_now() -> None:
    wrong_key = cause(Kind.ACCOUNT, code="InvalidApiKey")
    after = OPEN.failed(wrong_key, NOW + MINUTE_MS)
    assert after == replace(OPEN, cause=wrong_key)
    reworded = wrong_key._replace(message="the same in other words")
    assert after.failed(reworded, NOW + MINUTE_MS) is after, "no write for every request id"


@pytest.mark.parametrize("before", [SUSPECT, OPEN, SUSPECT.probe_failed(cause(), NOW)])
def test_whatever_it_serves_closes_it_and_is_remembered_as_evidence(before: Breaker) -> None:
    assert before.passed(NOW + 7) == Breaker(passed_at=NOW + 7)
    assert before.passed(NOW + 7).is_well


def test_serving_is_no_news_of_an_api_that_is_well() -> None:
    served = Breaker(passed_at=NOW)
    assert served.passed(NOW + MINUTE_MS) is served


def test_evidence_outlives_the_next_trouble() -> None:
    assert Breaker(passed_at=NOW).failed(cause(), NOW + 1).passed_at == NOW


@pytest.mark.parametrize("before", [WELL, SUSPECT, OPEN])
@pytest.mark.parametrize("kind", list(Kind))
def test_when_our_own_object_is_not_served_nobodys_is(before: Breaker, kind: Kind) -> None:
    failed = before.probe_failed(cause(kind), NOW + 5)
    assert failed.is_open
    assert (failed.cause, failed.probes) == (cause(kind), 1)


def test_probes_come_at_growing_intervals_up_to_a_quarter_of_an_hour() -> None:
    breaker, intervals = SUSPECT, [SUSPECT.next_probe_at - NOW]
    for _ in range(6):
        breaker = breaker.probe_failed(cause(), NOW)
        intervals.append(breaker.next_probe_at - NOW)
    assert [interval // 1000 for interval in intervals] == [90, 90, 180, 360, 720, 900, 900]
    assert replace(breaker, probes=10**6).probe_failed(cause(), 0).next_probe_at == LONGEST_BETWEEN_PROBES_MS


@pytest.mark.parametrize(
    ("next_probe_at", "wanted"),
    [
        (NOW, True),
        (NOW + 1, False),
        (NOW + LONGEST_BETWEEN_PROBES_MS + CLOCKS_DIFFER_MS, False),
        (NOW + LONGEST_BETWEEN_PROBES_MS + CLOCKS_DIFFER_MS + 1, True),
    ],
)
@pytest.mark.parametrize("breaker", [SUSPECT, OPEN])
def test_a_probe_is_wanted_when_its_time_has_come_or_was_set_by_a_fast_clock(
    breaker: Breaker, next_probe_at: int, wanted: bool
) -> None:
    assert replace(breaker, next_probe_at=next_probe_at).wants_probe(NOW) is wanted


def test_words_of_all_that_are_doubted_open_nothing_and_have_the_api_asked_at_once() -> None:
    doubted = WELL.doubted(cause(), NOW)
    assert (doubted.since, doubted.is_open, doubted.wants_probe(NOW)) == (NOW, False, True)
    for breaker in (SUSPECT, OPEN):
        asked = breaker.doubted(cause(), NOW)
        assert asked == replace(breaker, next_probe_at=min(NOW, breaker.next_probe_at))


@few_examples
@given(
    st.lists(st.one_of(st.sampled_from(list(Kind)), st.sampled_from(["passes", "probe fails"])), max_size=20)
)
def test_an_api_in_trouble_is_asked_again_within_a_quarter_of_an_hour_and_closes_when_it_serves(
    happenings: list[Kind | str],
) -> None:
    now, breaker = NOW, WELL
    for happening in happenings:
        if isinstance(happening, Kind):
            breaker = breaker.failed(cause(happening), now)
        elif happening == "passes":
            breaker = breaker.passed(now)
        else:
            breaker = breaker.probe_failed(cause(), now)
        assert breaker.is_well == (breaker.since == 0)
        assert not (breaker.is_well and breaker.is_open)
        assert breaker.is_well or breaker.wants_probe(now + LONGEST_BETWEEN_PROBES_MS)
        now += 1000
    assert breaker.passed(now).is_well
