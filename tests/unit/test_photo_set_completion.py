"""When a photo set is complete, which photos its marker speaks for, and when it is to be looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.photo_set import NEVER, UNPACKING_TAKES_MS, ClosedBy
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS, Rules
from tests.unit.support import NOW, RULES, photo, photo_set

QUIET = NOW + RULES.quiet_ms


def usable(count: int) -> list[Photo]:
    return [photo(f"{number:02}.jpg") for number in range(count)]


UNCHECKED = photo("unchecked.jpg", Verdict.UNCHECKED)
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
    # The marker overrules quiet time and number.
    (usable(1), NOW, RULES, NOW, ClosedBy.MARKER),
    (usable(1), NOW, THREE, NOW, ClosedBy.MARKER),
    ([BAD], NOW, RULES, NOW, ClosedBy.MARKER),
    # A marker older than the latest photo (uploaded a second before NOW) says nothing.
    (usable(1), NOW - 1000, RULES, NOW, ClosedBy.MARKER),
    (usable(1), NOW - 1001, RULES, NOW, None),
    (usable(1), NOW - 1001, RULES, QUIET, ClosedBy.QUIET),
    # Ten close it at once; bad ones do not count.
    (usable(10), 0, RULES, NOW, ClosedBy.COUNT),
    (usable(10), NOW, RULES, NOW, ClosedBy.COUNT),
    (usable(11), 0, RULES, NOW, ClosedBy.COUNT),
    ([*usable(9), BAD], 0, RULES, NOW, None),
    # Another number, or none at all.
    (usable(2), 0, Rules(close_at=3), NOW, None),
    ([*usable(3), BAD], 0, Rules(close_at=3), NOW, ClosedBy.COUNT),
    (usable(37), 0, Rules(close_at=0), QUIET - 1, None),
    (usable(37), 0, Rules(close_at=0), QUIET, ClosedBy.QUIET),
    # A zip that is being unpacked holds the set like an unchecked photo, whatever is set.
    ([*usable(10), UNPACKING], NOW, RULES, QUIET, None),
    ([*usable(10), UNPACKING], NOW, Rules(face_check=False, close_at=3), QUIET, None),
    # An unchecked photo holds the set against everything.
    ([UNCHECKED], 0, RULES, QUIET + 10**9, None),
    ([*usable(10), UNCHECKED], 0, RULES, QUIET, None),
    ([*usable(3), UNCHECKED], NOW, RULES, QUIET, None),
    # With the check off it holds nothing.
    ([*usable(1), UNCHECKED], 0, CHECK_OFF, QUIET, ClosedBy.QUIET),
    ([*usable(10), UNCHECKED], 0, CHECK_OFF, NOW, ClosedBy.COUNT),
]


@pytest.mark.parametrize(("photos", "ready_at", "rules", "now", "expected"), COMPLETIONS)
def test_the_first_of_marker_count_and_quiet_time_completes_a_set(
    photos: list[Photo], ready_at: int, rules: Rules, now: int, expected: ClosedBy | None
) -> None:
    assert photo_set(*photos).with_marker(ready_at).completed_by(rules, now) is expected


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
    marked = second.with_marker(NOW)
    assert marked.is_marked
    assert marked.completed_by(RULES, NOW + 10 * RULES.quiet_ms) is None
    assert marked.next_look_at(RULES) == NEVER


def test_carried_photos_count_towards_the_least_but_do_not_fill_the_set() -> None:
    rules = Rules(min_photos=2)
    full = photo_set(*usable(MAX_PHOTOS)).closed()
    second = full.following(NOW, carried_from=1).with_photo(photo("new"), NOW)
    assert second.completed_by(rules, NOW) is None
    assert second.completed_by(rules, NOW + rules.quiet_ms) is ClosedBy.QUIET


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
        (RULES, [photo(str(number)) for number in range(10)], NOW),
        (RULES, [photo(str(number)) for number in range(9)], NOW + 120_000),
    ],
)
def test_a_set_says_when_it_is_to_be_looked_at(rules: Rules, photos: list[Photo], expected: int) -> None:
    assert photo_set(*photos).next_look_at(rules) == expected


def test_a_marked_set_is_to_be_looked_at_at_once_even_with_too_few_photos() -> None:
    assert photo_set(photo()).with_marker(NOW).next_look_at(Rules(min_photos=5)) == NOW


def test_a_set_with_zips_waits_for_the_first_run_that_is_dead_by_then() -> None:
    first = photo("a.zip", Verdict.UNPACKING, recorded_at=NOW - 9_000)
    second = photo("b.zip", Verdict.UNPACKING, recorded_at=NOW - 5_000)
    held = photo_set(*usable(10), first, second)
    assert held.next_look_at(RULES) == NOW - 9_000 + UNPACKING_TAKES_MS
    # A marker closes nothing before, so it brings no earlier look.
    assert held.with_marker(NOW).next_look_at(RULES) == NOW - 9_000 + UNPACKING_TAKES_MS


# -- the marker -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uploaded", "marker", "marked"),
    [
        ([NOW], 0, False),
        ([NOW], NOW, True),
        ([NOW], NOW + 1, True),
        ([NOW], NOW - 1, False),
        ([NOW - 5, NOW], NOW - 1, False),
        ([NOW - 5, NOW - 3], NOW - 1, True),
    ],
)
def test_the_marker_speaks_for_the_photos_that_were_there_before_it(
    uploaded: list[int], marker: int, marked: bool
) -> None:
    photos = [photo(str(number), uploaded_at=at) for number, at in enumerate(uploaded)]
    assert replace(photo_set(*photos), ready_at=marker).is_marked == marked


def test_a_photo_uploaded_after_the_marker_makes_the_marker_stale() -> None:
    marked = photo_set(photo("a", uploaded_at=NOW)).with_marker(NOW + 1)
    assert marked.is_marked
    after = marked.with_photo(photo("b", uploaded_at=NOW + 2), NOW + 3)
    assert not after.is_marked
    assert after.next_look_at(RULES) == NOW + 3 + RULES.quiet_ms


def test_replacing_the_photo_that_was_too_late_for_the_marker_makes_the_marker_speak_again() -> None:
    late = photo_set(photo("a", uploaded_at=NOW + 5)).with_marker(NOW)
    assert not late.is_marked
    assert late.with_photo(photo("a", uploaded_at=NOW - 5), NOW).is_marked
