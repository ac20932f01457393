"""The progress of the sweep: rounds of pages, the uploads that a round settles, the stuck, and its rests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.sweeping import CERTAINTY_MS, MAX_STUCK, TRIES_OF_A_PAGE, SweepProgress
from tests.unit.support import NOW, few_examples

REST = 300_000
DAY_MS = 86_400_000


def settled(at: int = NOW) -> SweepProgress:
    """A round of one page that found everything recorded."""
    return SweepProgress().past("", now=at)


def refused(progress: SweepProgress, times: int) -> SweepProgress:
    for _ in range(times):
        progress = progress.refused()
    return progress


# -- rounds ---------------------------------------------------------------------------------------


def test_a_sweep_that_never_ran_is_due_and_may_miss_everything() -> None:
    start = SweepProgress()
    assert start.is_due(REST, NOW)
    assert start.may_miss(0, "people/li/1.jpg")


def test_a_round_goes_from_page_to_page_and_then_the_next_begins() -> None:
    first = SweepProgress().past("people/b", now=NOW)
    assert (first.cursor, first.round_began) == ("people/b", NOW)
    second = first.past("people/c", now=NOW + 1)
    assert (second.cursor, second.round_began) == ("people/c", NOW)
    assert second.past("", now=NOW + 2).cursor == ""


def test_a_clean_round_settles_the_uploads_that_are_surely_older_than_its_beginning() -> None:
    round_ = SweepProgress().past("people/b", now=NOW).past("", now=NOW + REST)
    assert not round_.may_miss(NOW - CERTAINTY_MS - 1, "people/li/1.jpg")
    assert round_.may_miss(NOW - CERTAINTY_MS, "people/li/1.jpg")
    assert round_.may_miss(NOW - 1, "people/li/1.jpg")


def test_a_round_settles_nothing_before_its_last_page() -> None:
    assert SweepProgress().past("people/b", now=NOW).may_miss(0, "people/li/1.jpg")


def test_settled_uploads_stay_settled_when_a_clock_goes_back() -> None:
    assert settled().past("", now=NOW - REST).recorded_before == settled().recorded_before


def test_what_a_clock_far_ahead_has_settled_is_looked_for_again() -> None:
    ahead = settled(NOW + DAY_MS)
    assert not ahead.may_miss(NOW, "people/li/1.jpg")
    again = ahead.past("people/b", now=NOW).past("", now=NOW + 1)
    assert again.may_miss(0, "people/li/1.jpg")
    # That round has looked up nobody, so it settles nothing itself; the next one does.
    assert again.past("", now=NOW + 2).recorded_before == NOW + 2 - CERTAINTY_MS


# -- people whose uploads could not be recorded ---------------------------------------------------


def test_a_person_who_is_stuck_is_looked_up_by_the_next_round_and_keeps_no_other_from_being_settled() -> None:
    round_ = SweepProgress().past("people/a", now=NOW).passing("li", clean=False).past("", now=NOW)
    assert round_.may_miss(0, "people/li/1.jpg")
    assert not round_.may_miss(0, "people/wu/1.jpg")
    following = round_.passing("wu", clean=True).passing("li", clean=False).past("", now=NOW + DAY_MS)
    assert following.may_miss(0, "people/li/1.jpg")
    assert following.recorded_before == NOW + DAY_MS - CERTAINTY_MS


def test_a_person_is_stuck_no_more_once_a_whole_round_has_found_everything_recorded() -> None:
    stuck = SweepProgress().passing("li", clean=False).passing("wu", clean=False).past("", now=NOW)
    assert stuck.stuck == ("li", "wu")
    # One page of theirs says nothing of the next.
    page = stuck.passing("li", clean=True).past("people/li/5.jpg", now=NOW)
    assert page.may_miss(0, "people/li/1.jpg")
    assert page.past("", now=NOW).stuck == ()
    assert page.passing("li", clean=False).past("", now=NOW).stuck == ("li",)


def test_a_person_with_one_page_left_over_is_stuck_whatever_the_next_page_shows() -> None:
    page = SweepProgress().passing("li", clean=False).past("people/li/5.jpg", now=NOW)
    assert page.may_miss(0, "people/li/1.jpg")
    after = page.passing("li", clean=True).past("", now=NOW)
    assert after.stuck == ("li",)
    assert not after.may_miss(0, "people/wu/1.jpg")


def test_a_round_that_has_passed_by_a_page_keeps_those_in_mind_whom_it_may_not_have_met() -> None:
    stuck = SweepProgress().passing("wu", clean=False).past("", now=NOW)
    page = refused(stuck.past("people/li/\U0010ffff", now=NOW), TRIES_OF_A_PAGE)
    assert page.past("people/li/\U0010ffff", now=NOW).stuck == ("wu", "li")


def test_when_more_people_are_stuck_than_can_be_remembered_nothing_is_settled_any_more() -> None:
    settled_before = progress = SweepProgress().passing("p0", clean=False).past("", now=NOW)
    assert settled_before.recorded_before > 0
    for number in range(MAX_STUCK):
        progress = progress.passing(f"p{number}", clean=False)
    assert progress.past("", now=NOW).recorded_before > 0
    crowd = progress.passing("one more", clean=False).passing("and another", clean=False)
    after = crowd.past("people/b", now=NOW).past("", now=NOW)
    assert (len(after.stuck), after.stuck[-1]) == (MAX_STUCK, "and another")
    # Somebody has been forgotten by then, perhaps with uploads that were settled for everybody else.
    assert after.may_miss(0, "people/p0/1.jpg")
    assert crowd.passing("p5", clean=True).past("", now=NOW).may_miss(0, "people/p0/1.jpg")
    # The next round begins with a clean slate.
    assert after.past("", now=NOW + 1).recorded_before == NOW + 1 - CERTAINTY_MS


def test_more_stuck_people_of_two_rounds_than_can_be_remembered_unsettle_everything_as_well() -> None:
    progress = SweepProgress().passing("long stuck", clean=False).past("people/li/\U0010ffff", now=NOW)
    progress = refused(progress.past("", now=NOW).past("people/li/\U0010ffff", now=NOW), TRIES_OF_A_PAGE)
    for number in range(MAX_STUCK - 1):
        progress = progress.passing(f"p{number}", clean=False)
    after = progress.past("people/li/\U0010ffff", now=NOW)
    assert len(after.stuck) == MAX_STUCK
    assert after.may_miss(0, "people/long stuck/1.jpg")


def test_whoever_had_a_turn_on_a_page_has_none_again_on_it() -> None:
    page = SweepProgress().passing("li", clean=True).passing("wu", clean=False)
    assert page.people_passed == ("li", "wu")
    assert page.past("people/x", now=NOW).people_passed == ()


# -- pages that are refused -----------------------------------------------------------------------


def test_a_page_is_hopeless_after_some_refusals_in_a_row() -> None:
    page = SweepProgress(cursor="people/li/1.jpg", round_began=NOW)
    assert not refused(page, TRIES_OF_A_PAGE - 1).is_page_hopeless
    assert refused(page, TRIES_OF_A_PAGE).is_page_hopeless
    assert not refused(page, TRIES_OF_A_PAGE).past("people/m", now=NOW).is_page_hopeless


def test_the_person_of_a_page_that_is_passed_over_counts_as_not_recorded() -> None:
    page = SweepProgress(cursor="people/li/1.jpg", round_began=NOW)
    after = refused(page, TRIES_OF_A_PAGE).past("people/li/\U0010ffff", now=NOW).past("", now=NOW)
    assert after.may_miss(0, "people/li/1.jpg")
    assert not after.may_miss(0, "people/wu/1.jpg")


def test_a_page_that_is_read_after_all_leaves_nobody_stuck() -> None:
    page = SweepProgress(cursor="people/li/1.jpg", round_began=NOW)
    assert refused(page, TRIES_OF_A_PAGE - 1).past("people/m", now=NOW).stuck == ()


def test_where_there_is_no_way_past_a_page_the_round_ends_and_settles_nothing() -> None:
    stuck_at = SweepProgress(cursor="people/li/\U0010ffff", round_began=NOW, recorded_before=7)
    after = refused(stuck_at, TRIES_OF_A_PAGE).past("people/li/\U0010ffff", now=NOW + 1)
    assert (after.cursor, after.refusals, after.recorded_before) == ("", 0, 7)
    assert after.past("", now=NOW + 2).recorded_before == NOW + 2 - CERTAINTY_MS


# -- rests ----------------------------------------------------------------------------------------


def test_a_rest_is_kept_to_its_end_and_no_longer() -> None:
    resting = SweepProgress().resting(NOW + REST)
    assert not resting.is_due(REST, NOW)
    assert not resting.is_due(REST, NOW + REST - 1)
    assert resting.is_due(REST, NOW + REST)


@pytest.mark.parametrize(("ahead_ms", "due"), [(CLOCKS_DIFFER_MS, False), (CLOCKS_DIFFER_MS + 1, True)])
def test_a_rest_that_a_clock_far_ahead_has_ordered_is_not_kept(ahead_ms: int, due: bool) -> None:
    assert SweepProgress().resting(NOW + ahead_ms + REST).is_due(REST, NOW) is due


@few_examples
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("page"), st.sampled_from(["people/a/1", "people/b/1", "people/c/1", ""])),
            st.tuples(st.sampled_from(["clean", "stuck", "refused"]), st.sampled_from(["a", "b", "c"])),
        ),
        max_size=30,
    )
)
def test_only_complete_rounds_settle_and_never_what_is_younger_than_they_are(
    happenings: list[tuple[str, str]],
) -> None:
    now, progress = NOW, SweepProgress()
    for what, name in happenings:
        now += 1000
        before = progress
        if what == "page":
            progress = progress.past(name, now=now)
        elif what == "refused":
            progress = progress.refused()
        else:
            progress = progress.passing(name, clean=what == "clean")
        if progress.recorded_before != before.recorded_before:
            assert (what, progress.cursor) == ("page", "")
            assert progress.recorded_before <= now - CERTAINTY_MS
        assert len(progress.stuck) <= MAX_STUCK
        assert all(
            progress.may_miss(0, f"people/{person}/1.jpg")
            for person in (*progress.stuck, *progress.left_over)
        )
