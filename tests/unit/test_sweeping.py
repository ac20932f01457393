"""The progress of the sweep: rounds of pages, the uploads that a round settles, and its rests."""

from __future__ import annotations

from shared.domain.sweeping import CERTAINTY_MS, SweepProgress

NOW = 1_767_225_600_000
REST = 300_000


def test_a_sweep_that_never_ran_is_due_and_may_miss_everything() -> None:
    start = SweepProgress()
    assert start.is_due(REST, NOW)
    assert start.may_miss(0)


def test_a_round_goes_from_page_to_page_and_then_the_next_begins() -> None:
    first = SweepProgress().past("people/b", clean=True, now=NOW)
    assert first.cursor == "people/b"
    second = first.past("people/c", clean=True, now=NOW + 1)
    assert second.cursor == "people/c"
    assert second.past("", clean=True, now=NOW + 2).cursor == ""


def test_a_clean_round_settles_the_uploads_that_are_surely_older_than_its_beginning() -> None:
    round_ = SweepProgress().past("people/b", clean=True, now=NOW).past("", clean=True, now=NOW + REST)
    assert not round_.may_miss(NOW - CERTAINTY_MS - 1)
    assert round_.may_miss(NOW - CERTAINTY_MS)
    assert round_.may_miss(NOW - 1)


def test_a_round_that_failed_to_record_something_settles_nothing() -> None:
    for first, second in ((False, True), (True, False)):
        round_ = SweepProgress().past("people/b", clean=first, now=NOW).past("", clean=second, now=NOW)
        assert round_.may_miss(0)
        assert not round_.past("", clean=True, now=NOW).may_miss(0), "the next round is one of its own"


def test_settled_uploads_stay_settled_when_a_clock_goes_back() -> None:
    settled = SweepProgress().past("", clean=True, now=NOW)
    assert settled.past("", clean=True, now=NOW - REST).recorded_before == settled.recorded_before


def test_a_rest_is_kept_to_its_end_and_no_longer() -> None:
    resting = SweepProgress().resting(NOW + REST)
    assert not resting.is_due(REST, NOW)
    assert not resting.is_due(REST, NOW + REST - 1)
    assert resting.is_due(REST, NOW + REST)


def test_a_rest_that_a_clock_far_ahead_has_ordered_is_not_kept() -> None:
    assert SweepProgress().resting(NOW + 1000 * REST).is_due(REST, NOW)
