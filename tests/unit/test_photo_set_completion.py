"""When a photo set is complete, which photos its marker speaks for, and when it is to be looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.completion import (
    MARKER_RESTS_MS,
    MARKER_TRAVELS_MS,
    MARKER_WAITS_MS,
    NEVER,
    UNPACKING_TAKES_MS,
    ClosedBy,
    missing_names,
    missing_photos,
)
from shared.domain.markers import Announced
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS, Rules
from tests.unit.support import MINUTE_MS, NOW, RULES, few_examples, photo, photo_set, trouble

QUIET = NOW + RULES.quiet_ms
UPLOADED = NOW - 1000
"""When the photos arrived that ``photo`` makes."""
SETTLED = UPLOADED + RULES.settle_ms


def usable(count: int) -> list[Photo]:
    return [photo(f"{number:02}.jpg") for number in range(count)]


UNCHECKED = photo("unchecked.jpg", Verdict.UNCHECKED)
UNPREPARED = photo("unprepared.jpg", Verdict.UNPREPARED)
UNPACKING = photo("photos.zip", Verdict.UNPACKING)
BAD = photo("bad.jpg", Verdict.NO_FACE)
CHECK_OFF = Rules(face_check=False)
THREE = Rules(min_photos=3)

COMPLETIONS: list[tuple[list[Photo], int, Rules, int, ClosedBy | None]] = [
    # Photos, the marker's time, rules, the present moment, and the condition that completes the set.
    # No photo: nothing is ever complete.
    ([], 0, RULES, QUIET, None),
    ([], NOW, RULES, QUIET, None),
    # Quiet time, to the millisecond.
    (usable(1), 0, RULES, NOW, None),
    (usable(1), 0, RULES, QUIET - 1, None),
    (usable(1), 0, RULES, QUIET, ClosedBy.QUIET),
    (usable(9), 0, RULES, QUIET - 1, None),
    # Fewest usable photos.
    (usable(2), 0, THREE, QUIET + 10**9, None),
    ([*usable(2), BAD], 0, THREE, QUIET, None),
    (usable(3), 0, THREE, QUIET, ClosedBy.QUIET),
    # None usable at all: complete, to be rejected.
    ([BAD], 0, THREE, QUIET, ClosedBy.QUIET),
    ([BAD], 0, THREE, QUIET - 1, None),
    # The marker overrules quiet time and number, once nothing has arrived for a moment.
    (usable(1), UPLOADED, RULES, UPLOADED + MARKER_RESTS_MS - 1, None),
    (usable(1), UPLOADED, RULES, UPLOADED + MARKER_RESTS_MS, ClosedBy.MARKER),
    (usable(1), UPLOADED, THREE, UPLOADED + MARKER_RESTS_MS, ClosedBy.MARKER),
    (usable(10), UPLOADED, RULES, UPLOADED + MARKER_RESTS_MS, ClosedBy.MARKER),
    ([BAD], UPLOADED, RULES, UPLOADED + MARKER_RESTS_MS, ClosedBy.MARKER),
    (usable(1), NOW, Rules(settle_ms=5000), NOW + 4999, None),
    (usable(1), NOW, Rules(settle_ms=5000), NOW + 5000, ClosedBy.MARKER),
    # A marker that overtook the latest photo speaks once the photos have settled.
    (usable(1), UPLOADED - 1, RULES, SETTLED - 1, None),
    (usable(1), UPLOADED - 1, RULES, SETTLED, ClosedBy.MARKER),
    (usable(1), UPLOADED - 1, THREE, SETTLED, ClosedBy.MARKER),
    ([BAD], UPLOADED - 1, RULES, SETTLED, ClosedBy.MARKER),
    (usable(1), UPLOADED - MARKER_TRAVELS_MS, THREE, QUIET, ClosedBy.MARKER),
    # One that is much older than the latest photo says nothing.
    (usable(1), UPLOADED - 1 - MARKER_TRAVELS_MS, THREE, QUIET + 10**9, None),
    (usable(1), UPLOADED - 1 - MARKER_TRAVELS_MS, RULES, QUIET, ClosedBy.QUIET),
    # Ten close it once they have settled; bad ones do not count, but arrive like others.
    (usable(10), 0, RULES, SETTLED - 1, None),
    (usable(10), 0, RULES, SETTLED, ClosedBy.COUNT),
    (usable(35), 0, RULES, SETTLED, ClosedBy.COUNT),
    ([*usable(9), BAD], 0, RULES, SETTLED, None),
    ([*usable(10), replace(BAD, uploaded_at=NOW)], 0, RULES, SETTLED, None),
    # Another number, or none at all.
    (usable(2), 0, Rules(close_at=3), SETTLED, None),
    ([*usable(3), BAD], 0, Rules(close_at=3), SETTLED, ClosedBy.COUNT),
    (usable(37), 0, Rules(close_at=0), QUIET - 1, None),
    (usable(37), 0, Rules(close_at=0), QUIET, ClosedBy.QUIET),
    # A zip that is being unpacked holds the set like an unchecked photo, whatever is set.
    ([*usable(10), UNPACKING], NOW, RULES, QUIET, None),
    ([*usable(10), UNPACKING], NOW, Rules(face_check=False, close_at=3), QUIET, None),
    # A photo without its last word holds the set against everything, whatever is set.
    ([UNPREPARED], NOW, RULES, QUIET + 10**9, None),
    ([*usable(10), UNPREPARED], 0, RULES, QUIET, None),
    ([UNCHECKED], 0, RULES, QUIET + 10**9, None),
    ([*usable(10), UNCHECKED], 0, RULES, QUIET, None),
    ([*usable(3), UNCHECKED], NOW, RULES, QUIET, None),
    ([*usable(10), UNCHECKED], 0, CHECK_OFF, QUIET, None),
]


@pytest.mark.parametrize(("photos", "ready_at", "rules", "now", "expected"), COMPLETIONS)
def test_the_first_of_marker_count_and_quiet_time_completes_a_set(
    photos: list[Photo], ready_at: int, rules: Rules, now: int, expected: ClosedBy | None
) -> None:
    assert photo_set(*photos).with_marker(ready_at, NOW).completed_by(rules, now) is expected


def test_by_a_clock_that_is_behind_the_photos_have_not_rested() -> None:
    assert photo_set(*usable(1)).completed_by(Rules(quiet_ms=1), NOW - MINUTE_MS) is None


def test_a_set_that_is_due_to_be_looked_at_and_is_quiet_is_complete() -> None:
    # The moment at which the set asks to be looked at is the moment at which it is complete.
    for count in range(1, 11):
        photos = photo_set(*usable(count))
        assert photos.completed_by(RULES, photos.next_look_at(RULES)) is not None


def test_carried_photos_alone_complete_nothing() -> None:
    second = photo_set(*usable(3)).closed().following(NOW, carried_from=1)
    assert len(second.usable) == 3
    assert second.completed_by(RULES, NOW + 10 * RULES.quiet_ms) is None
    assert second.next_look_at(RULES) == NEVER
    marked = second.with_marker(NOW, NOW)
    assert marked.completed_by(RULES, NOW + 10 * RULES.quiet_ms) is None
    assert marked.next_look_at(RULES) == NEVER


def test_carried_photos_count_towards_the_least_but_do_not_fill_the_set() -> None:
    rules = Rules(min_photos=2)
    full = photo_set(*usable(MAX_PHOTOS)).closed()
    second = full.following(NOW, carried_from=1).with_photo(photo("new"), NOW)
    assert second.completed_by(rules, NOW) is None
    assert second.completed_by(rules, NOW + rules.quiet_ms) is ClosedBy.QUIET


# -- a set that was closed before -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("photos", "rules", "now", "expected"),
    [
        (usable(1), RULES, NOW - 1, None),
        (usable(1), RULES, NOW, ClosedBy.DEADLINE),
        # Too few photos, or none that can be used: closed, or rejected, all the same.
        (usable(1), THREE, NOW, ClosedBy.DEADLINE),
        ([BAD], RULES, NOW, ClosedBy.DEADLINE),
        (usable(10), RULES, NOW, ClosedBy.DEADLINE),
        # A number is told before.
        (usable(10), RULES, SETTLED, ClosedBy.COUNT),
        # Never without the last word on each photo.
        ([*usable(1), UNCHECKED], RULES, NOW + 10**9, None),
        ([*usable(1), UNPREPARED], RULES, NOW + 10**9, None),
        ([*usable(1), UNPACKING], RULES, NOW + 10**9, None),
        ([], RULES, NOW + 10**9, None),
    ],
)
def test_a_set_that_was_closed_before_is_complete_at_its_deadline(
    photos: list[Photo], rules: Rules, now: int, expected: ClosedBy | None
) -> None:
    assert photo_set(*photos).completed_by(rules, now, deadline=NOW) is expected


@pytest.mark.parametrize(
    ("photos", "marker_at", "rules", "expected"),
    [
        (usable(1), 0, RULES, NOW + 30_000),
        (usable(1), 0, THREE, NOW + 30_000),
        # Also when a marker overtook the photos and these are to rest for longer.
        (usable(1), UPLOADED - 1, RULES, NOW + 30_000),
        (usable(10), 0, RULES, NOW + 30_000),
        (usable(1), 0, Rules(quiet_ms=5000), NOW + 5000),
        (usable(10), 0, Rules(settle_ms=5000), UPLOADED + 5000),
        ([], 0, RULES, NEVER),
        ([UNPACKING], 0, RULES, NOW + UNPACKING_TAKES_MS),
    ],
)
def test_it_is_looked_at_by_then(photos: list[Photo], marker_at: int, rules: Rules, expected: int) -> None:
    marked = photo_set(*photos).with_marker(marker_at, NOW)
    assert marked.next_look_at(rules, deadline=NOW + 30_000) == expected


# -- when it is to be looked at -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "photos", "expected"),
    [
        (RULES, [], NEVER),
        (RULES, [photo()], NOW + 120_000),
        (RULES, [photo(verdict=Verdict.EMPTY)], NOW + 120_000),
        (RULES, [photo(verdict=Verdict.UNCHECKED)], NOW),
        (RULES, [photo("a"), photo("b", Verdict.UNCHECKED)], NOW),
        (Rules(quiet_ms=5000), [photo()], NOW + 5000),
        (Rules(min_photos=2), [photo()], NEVER),
        (Rules(min_photos=2), [photo("a"), photo("b")], NOW + 120_000),
        (Rules(min_photos=2), [photo(verdict=Verdict.EMPTY)], NOW + 120_000),
        (RULES, [photo(str(number)) for number in range(10)], SETTLED),
        (RULES, [photo(str(number)) for number in range(9)], NOW + 120_000),
    ],
)
def test_a_set_says_when_it_is_to_be_looked_at(rules: Rules, photos: list[Photo], expected: int) -> None:
    assert photo_set(*photos).next_look_at(rules) == expected


def test_a_marked_set_is_to_be_looked_at_soon_even_with_too_few_photos() -> None:
    marked = photo_set(photo()).with_marker(NOW, NOW)
    assert marked.next_look_at(Rules(min_photos=5)) == NOW + MARKER_RESTS_MS


def test_a_set_with_zips_waits_for_the_first_run_that_is_dead_by_then() -> None:
    first = photo("a.zip", Verdict.UNPACKING, recorded_at=NOW - 9_000)
    second = photo("b.zip", Verdict.UNPACKING, recorded_at=NOW - 5_000)
    held = photo_set(*usable(10), first, second)
    assert held.next_look_at(RULES) == NOW - 9_000 + UNPACKING_TAKES_MS
    # A marker closes nothing before, so it brings no earlier look.
    assert held.with_marker(NOW, NOW).next_look_at(RULES) == NOW - 9_000 + UNPACKING_TAKES_MS


def test_a_set_with_zips_is_left_alone_while_the_run_that_unpacks_one_may_be_alive() -> None:
    # A function lives for two minutes at most: see template.yml.
    assert UNPACKING_TAKES_MS == 2 * MINUTE_MS


def test_a_marker_may_be_ten_minutes_early_and_waits_for_ten() -> None:
    assert MARKER_TRAVELS_MS == MARKER_WAITS_MS == 10 * MINUTE_MS


def test_a_photo_of_eight_megabytes_has_the_time_to_arrive_beside_the_marker() -> None:
    assert 8 * 8 / 4 * 1000 < MARKER_RESTS_MS < RULES.settle_ms == MINUTE_MS


def test_a_zip_that_met_trouble_is_gone_on_with_after_its_pause() -> None:
    held = replace(UNPACKING, retry=trouble(next_try_at=NOW + UNPACKING_TAKES_MS + 5))
    assert photo_set(held).next_look_at(RULES) == NOW + UNPACKING_TAKES_MS + 5
    short = replace(UNPACKING, retry=trouble(next_try_at=NOW + 5))
    assert photo_set(short).next_look_at(RULES) == NOW + UNPACKING_TAKES_MS


def test_photos_that_nobody_has_looked_at_are_due_in_the_order_in_which_they_were_recorded() -> None:
    early, late = replace(UNPREPARED, recorded_at=NOW - 9), replace(UNCHECKED, recorded_at=NOW - 5)
    assert photo_set(late, early).next_look_at(RULES) == NOW - 9
    assert photo_set(late).next_look_at(RULES) == NOW - 5


def test_a_photo_in_trouble_is_due_after_its_pause_and_does_not_hold_the_others_up() -> None:
    held = replace(UNPREPARED, retry=trouble(next_try_at=NOW + 7))
    assert photo_set(held).next_look_at(RULES) == NOW + 7
    assert (
        photo_set(held, replace(UNCHECKED, retry=trouble(next_try_at=NOW + 3))).next_look_at(RULES) == NOW + 3
    )
    assert photo_set(held, UNCHECKED).next_look_at(RULES) == NOW


# -- the marker -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uploaded", "marker", "closes_at"),
    [
        ([NOW - 9], 0, NEVER),
        ([NOW - 9], NOW - 9, NOW - 9 + MARKER_RESTS_MS),
        ([NOW - 9], NOW - 8, NOW - 8 + MARKER_RESTS_MS),
        ([NOW - 9], NOW - 10, NOW - 9 + RULES.settle_ms),
        # The newest photo counts.
        ([NOW - 20, NOW - 9], NOW - 10, NOW - 9 + RULES.settle_ms),
        ([NOW - 20, NOW - 12], NOW - 10, NOW - 10 + MARKER_RESTS_MS),
        ([NOW - MARKER_TRAVELS_MS], NOW - MARKER_TRAVELS_MS - 1, NOW - MARKER_TRAVELS_MS + RULES.settle_ms),
        ([NOW - MARKER_TRAVELS_MS, NOW], NOW - MARKER_TRAVELS_MS - 1, NEVER),
        ([NOW - MARKER_TRAVELS_MS, NOW], NOW - MARKER_TRAVELS_MS, NOW + RULES.settle_ms),
    ],
)
def test_the_marker_speaks_for_photos_that_came_before_it_or_a_little_after(
    uploaded: list[int], marker: int, closes_at: int
) -> None:
    photos = [photo(str(number), uploaded_at=at) for number, at in enumerate(uploaded)]
    made = photo_set(*photos).with_marker(marker, NOW)
    few = Rules(min_photos=5)
    assert made.next_look_at(few) == closes_at
    if closes_at < NEVER:
        assert made.completed_by(few, closes_at) is ClosedBy.MARKER


def test_a_photo_of_an_earlier_revision_is_overtaken_by_no_marker() -> None:
    carried = photo_set(photo("a", uploaded_at=NOW)).closed().following(NOW, carried_from=1)
    assert carried.with_marker(NOW - 1, NOW).next_look_at(RULES) == NEVER


def test_a_photo_that_comes_after_the_marker_has_the_set_settle_before_it_closes() -> None:
    marked = photo_set(photo("a", uploaded_at=NOW)).with_marker(NOW + 1, NOW + 1)
    after = marked.with_photo(photo("b", uploaded_at=NOW + 2, recorded_at=NOW + 3), NOW + 3)
    assert after.next_look_at(RULES) == NOW + 2 + RULES.settle_ms


def test_a_photo_that_comes_long_after_the_marker_does_not_belong_to_it() -> None:
    marked = photo_set(photo("a", uploaded_at=NOW)).with_marker(NOW + 1, NOW + 1)
    later = NOW + MARKER_TRAVELS_MS + 2
    after = marked.with_photo(photo("b", uploaded_at=later, recorded_at=later), later)
    assert after.next_look_at(RULES) == later + RULES.quiet_ms


def test_photos_of_a_bucket_whose_clock_is_ahead_settle_from_the_moment_of_their_record() -> None:
    tomorrow = NOW + 24 * 60 * MINUTE_MS
    ahead = photo_set(*(photo(str(number), uploaded_at=tomorrow) for number in range(10)))
    assert ahead.next_look_at(RULES) == NOW + RULES.settle_ms
    assert ahead.with_marker(tomorrow, NOW + 5).next_look_at(RULES) == NOW + 5 + MARKER_RESTS_MS


def test_a_set_whose_events_were_late_has_settled_when_they_come() -> None:
    late = photo_set(*(photo(str(number), uploaded_at=NOW - 5 * MINUTE_MS) for number in range(10)))
    assert late.completed_by(RULES, NOW) is ClosedBy.COUNT


def test_photos_without_a_pause_keep_a_set_open_for_as_long_as_they_arrive() -> None:
    made, now = photo_set(*usable(10)), UPLOADED
    for number in range(100):
        now += RULES.settle_ms - 1
        assert made.completed_by(RULES, now) is None
        made = made.with_photo(photo(f"late {number}.jpg", uploaded_at=now, recorded_at=now), now)
    assert made.completed_by(RULES, now + RULES.settle_ms - 1) is None
    assert made.completed_by(RULES, now + RULES.settle_ms) is ClosedBy.COUNT


# -- a marker that names its photos ---------------------------------------------------------------


FIVE = Announced(photos=5)


def test_a_set_waits_for_as_many_photos_as_its_marker_says_and_for_nothing_else() -> None:
    made = photo_set(*usable(4)).with_marker(NOW, NOW, FIVE)
    assert missing_photos(made) == 1
    assert made.completed_by(RULES, NOW + MARKER_WAITS_MS - 1) is None
    complete = made.with_photo(photo("5.jpg", Verdict.NO_FACE), NOW + 7)
    assert missing_photos(complete) == 0
    assert complete.completed_by(RULES, NOW + 7) is ClosedBy.MARKER
    assert complete.next_look_at(RULES) == NOW + 7


def test_neither_number_nor_quiet_time_closes_a_set_that_waits_for_announced_photos() -> None:
    made = photo_set(*usable(12)).with_marker(NOW, NOW, Announced(photos=35))
    assert made.completed_by(Rules(quiet_ms=1), SETTLED + MINUTE_MS) is None
    assert made.next_look_at(Rules(quiet_ms=1)) == NOW + MARKER_WAITS_MS


def test_a_marker_waits_for_ten_minutes_and_then_goes_on_with_what_there_is() -> None:
    made = photo_set(*usable(4)).with_marker(UPLOADED, NOW, FIVE)
    assert made.next_look_at(RULES) == UPLOADED + MARKER_WAITS_MS
    assert made.completed_by(RULES, UPLOADED + MARKER_WAITS_MS) is ClosedBy.MARKER_INCOMPLETE


def test_a_marker_waits_for_the_photos_that_it_names_however_their_names_are_composed() -> None:
    named = Announced(names=("01.jpg", "Zoë.jpg"))
    made = photo_set(*usable(3)).with_marker(NOW, NOW, named)
    assert missing_names(made) == ("Zoë.jpg",)
    assert made.completed_by(RULES, QUIET) is None
    decomposed = made.with_photo(photo("Zoe\u0308.jpg"), NOW)
    assert missing_names(decomposed) == ()
    assert decomposed.completed_by(RULES, NOW) is ClosedBy.MARKER


def test_a_zip_counts_by_the_photos_in_it_and_its_name_is_there_with_it() -> None:
    zipped = photo("a.zip", Verdict.UNPACKED)
    inside = [photo(f"a.zip/{number}.jpg") for number in range(2)]
    sidecar = photo("a.zip/1.json", Verdict.SYSTEM_FILE, archive="a.zip")
    made = photo_set(zipped, *inside, sidecar)
    assert missing_photos(made.with_marker(NOW, NOW, Announced(photos=3))) == 1
    assert missing_photos(made.with_marker(NOW, NOW, Announced(names=("a.zip",)))) == 0


REFUSED_ARCHIVES = [
    Verdict.NOT_AN_ARCHIVE,
    Verdict.SPLIT_ARCHIVE,
    Verdict.SEVERAL_FOLDERS,
    Verdict.ARCHIVE_TOO_LARGE,
    Verdict.ARCHIVE_FAILED,
    Verdict.OTHER_ARCHIVE,
    Verdict.MISNAMED_ZIP,
]


@pytest.mark.parametrize("verdict", [*REFUSED_ARCHIVES, Verdict.LEFT_OUT])
def test_a_refused_archive_and_a_photo_of_a_replaced_zip_are_not_counted_as_announced_ones(
    verdict: Verdict,
) -> None:
    made = photo_set(*usable(2), photo("holiday", verdict)).with_marker(NOW, NOW, Announced(photos=3))
    assert missing_photos(made) == 1
    assert missing_photos(made.with_photo(photo("sent again.jpg"), NOW)) == 0


def test_photos_of_earlier_revisions_are_not_counted_as_announced_ones() -> None:
    second = photo_set(*usable(3)).closed().following(NOW, carried_from=1).with_photo(photo("new"), NOW)
    assert missing_photos(second.with_marker(NOW, NOW, Announced(photos=2))) == 1


def test_photos_that_join_a_closed_set_settle_even_if_its_marker_has_had_its_photos() -> None:
    closed = photo_set(*usable(5)).with_marker(NOW, NOW, FIVE).closed()
    joined = closed.reopened().with_photo(photo("6.jpg", uploaded_at=NOW + 9, recorded_at=NOW + 9), NOW + 9)
    assert joined.completed_by(RULES, NOW + 9) is None
    assert joined.completed_by(RULES, NOW + 9 + RULES.settle_ms) is ClosedBy.MARKER


# -- any set --------------------------------------------------------------------------------------


@few_examples
@given(
    st.lists(
        st.tuples(
            st.sampled_from([Verdict.USABLE, Verdict.NO_FACE, Verdict.DUPLICATE]),
            st.integers(-20 * MINUTE_MS, 0),
            st.booleans(),
        ),
        max_size=6,
    ),
    st.one_of(st.just(0), st.integers(NOW - 25 * MINUTE_MS, NOW)),
    st.builds(
        Rules,
        quiet_ms=st.sampled_from([0, 1000, 30_000, 120_000, 86_400_000]),
        min_photos=st.integers(1, 4),
        close_at=st.integers(0, 4),
        settle_ms=st.sampled_from([1000, 30_000, 60_000, 600_000]),
    ),
    st.sampled_from([Announced(), Announced(photos=2), Announced(names=("0", "9"))]),
    st.sampled_from([NEVER, NOW - MINUTE_MS, NOW + MINUTE_MS, NOW + 10 * MINUTE_MS]),
)
def test_a_set_is_complete_from_the_very_moment_for_which_it_asked_to_be_looked_at(
    drawn: list[tuple[Verdict, int, bool]], marker_at: int, rules: Rules, announced: Announced, deadline: int
) -> None:
    photos = [
        photo(str(number), verdict, uploaded_at=NOW + at, from_revision=int(is_carried))
        for number, (verdict, at, is_carried) in enumerate(drawn)
    ]
    made = photo_set(*photos).with_marker(marker_at, NOW, announced)
    look_at = made.next_look_at(rules, deadline=deadline)
    if look_at == NEVER:
        assert made.completed_by(rules, NOW + 10**12, deadline=deadline) is None
        return
    # Whatever is due at once was complete when the last photo had been recorded.
    assert made.completed_by(rules, max(look_at, NOW), deadline=deadline) is not None
    if look_at > NOW:
        assert made.completed_by(rules, look_at - 1, deadline=deadline) is None
