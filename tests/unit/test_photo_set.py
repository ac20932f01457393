"""A photo set as a value: recording, what it knows, what is trained on, and the set that follows it."""

from __future__ import annotations

import pytest

from shared.domain.photo_set import PhotoSet, fingerprint
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS
from tests.unit.support import MINUTE_MS, NOW, photo, photo_set


def names(photos: tuple[Photo, ...]) -> list[str]:
    return [one.name for one in photos]


def alone(photos: PhotoSet, now: int = NOW) -> PhotoSet:
    """The set that follows ``photos`` and carries none of them over."""
    return photos.closed().following(now, carried_from=0)


# -- recording ------------------------------------------------------------------------------------


def test_photos_are_kept_in_the_order_of_recording() -> None:
    assert names(photo_set(photo("b"), photo("a"), photo("c")).photos) == ["b", "a", "c"]


def test_a_photo_of_the_same_name_replaces_the_earlier_one_and_moves_to_the_end() -> None:
    changed = photo_set(photo("a"), photo("b")).with_photo(photo("a", etag="new"), NOW + 5)
    assert [(one.name, one.etag) for one in changed.photos] == [("b", "E-b"), ("a", "new")]
    assert changed.knows("a", "new", is_open=True)
    assert not changed.knows("a", "E-a", is_open=True)


def test_a_new_photo_starts_the_quiet_time_again() -> None:
    assert photo_set(photo("a")).with_photo(photo("b"), NOW + 90_000).last_photo_at == NOW + 90_000


def test_a_change_leaves_the_set_that_it_began_with_as_it_was() -> None:
    before = photo_set(photo("a"), photo("b"))
    before.with_photo(photo("a", etag="new"), NOW + 5)
    before.with_marker(NOW)
    before.with_verdicts({"a": (Verdict.NO_FACE, "")})
    before.without_deleted({"b"})
    before.with_late_photo(photo("late", Verdict.OVER_LIMIT))
    before.closed()
    before.following(NOW, carried_from=1)
    assert before == photo_set(photo("a"), photo("b"))


@pytest.mark.parametrize("verdict", [Verdict.USABLE, Verdict.UNCHECKED])
def test_a_copy_of_a_picture_that_the_set_already_has_is_a_duplicate(verdict: Verdict) -> None:
    copied = photo_set(photo("a", verdict)).with_photo(photo("b", etag="E-a"), NOW)
    assert [one.verdict for one in copied.photos] == [verdict, Verdict.DUPLICATE]


def test_a_copy_of_a_refused_picture_is_no_duplicate() -> None:
    copied = photo_set(photo("a", Verdict.NO_FACE)).with_photo(photo("b", etag="E-a"), NOW)
    assert [one.verdict for one in copied.photos] == [Verdict.NO_FACE, Verdict.USABLE]


def test_verdicts_are_filled_in_by_name_and_leave_other_photos_alone() -> None:
    before = photo_set(photo("a", Verdict.UNCHECKED), photo("b", Verdict.UNCHECKED), photo("c"))
    after = before.with_verdicts(
        {
            "a": (Verdict.USABLE, ""),
            "b": (Verdict.NO_FACE, "no face detected"),
            "gone": (Verdict.EMPTY, ""),
        }
    )
    assert [(one.name, one.verdict, one.detail) for one in after.photos] == [
        ("a", Verdict.USABLE, ""),
        ("b", Verdict.NO_FACE, "no face detected"),
        ("c", Verdict.USABLE, ""),
    ]
    assert after.last_photo_at == before.last_photo_at


def test_other_snapshots_are_given_by_name_and_change_nothing_else() -> None:
    before = photo_set(photo("a"), photo("b"))
    after = before.with_snapshots({"a": "submissions/mine/1.jpg", "gone": "submissions/mine/2.jpg"})
    assert [one.snapshot for one in after.photos] == ["submissions/mine/1.jpg", "submissions/x/b"]
    assert after.with_snapshots({"a": "submissions/x/a"}) == before


# -- what it knows --------------------------------------------------------------------------------


def test_a_picture_that_was_changed_and_changed_back_while_the_set_is_open_is_recorded_again() -> None:
    second = alone(photo_set(photo("a")))
    assert second.knows("a", "E-a", is_open=True)
    changed = second.with_photo(photo("a", etag="new"), NOW)
    assert not changed.knows("a", "E-a", is_open=True)
    back = changed.with_photo(photo("a"), NOW)
    assert back.knows("a", "E-a", is_open=True)
    assert not back.knows("a", "new", is_open=True)


def test_a_picture_that_is_changed_back_after_the_set_has_closed_is_news() -> None:
    closed = alone(photo_set(photo("a"))).with_photo(photo("a", etag="new"), NOW).closed()
    assert closed.knows("a", "new", is_open=False)
    # The same holds for the following set, in which the newest content of each name counts.
    assert not alone(closed).knows("a", "E-a", is_open=True)
    assert not closed.knows("a", "E-a", is_open=False)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_zip_is_not_known_before_it_has_been_unpacked(is_open: bool) -> None:
    begun = photo_set(photo("a.zip", Verdict.UNPACKING))
    assert not begun.knows("a.zip", "E-a.zip", is_open=is_open)
    done = begun.with_photo(photo("a.zip", Verdict.UNPACKED), NOW)
    assert done.knows("a.zip", "E-a.zip", is_open=is_open)


def test_a_fingerprint_is_short_and_never_changes() -> None:
    # Stored rows hold it.
    assert fingerprint("a.jpg") == "509b0d4641a7"
    assert fingerprint("李雷.jpg") != fingerprint("李蕾.jpg")
    assert len(fingerprint("\ud800" + "n" * 2000)) == 12
    etag = "5B3C1A2E053D763E1B002CC607C5A0FE"
    later = alone(photo_set(photo("a.jpg", etag=etag)))
    assert later.earlier == {"509b0d4641a7": "5B3C1A2E"}
    assert later.knows("a.jpg", etag, is_open=True)
    assert not later.knows("a.jpg", etag[::-1], is_open=True)
    assert not later.knows("b.jpg", etag, is_open=True)


# -- deleted and late photos ----------------------------------------------------------------------


def test_a_deleted_photo_leaves_the_set_and_its_duplicate_may_take_its_place() -> None:
    before = photo_set(photo("a"), photo("b"), photo("c", etag="E-a"))
    assert before.photos[2].verdict is Verdict.DUPLICATE
    left = before.without_deleted({"b", "c"})
    assert names(left.photos) == ["b"]
    assert not left.knows("c", "E-a", is_open=True), "the duplicate is checked again"
    assert before.without_deleted({"a", "b", "c", "d"}) is before


def test_a_late_photo_of_a_known_name_is_known_afterwards() -> None:
    late = photo("a.jpg", Verdict.OVER_LIMIT, etag="overwritten")
    before = photo_set(photo("a.jpg")).closed()
    after = before.with_late_photo(late)
    assert after.knows("a.jpg", "overwritten", is_open=False)
    # The trained photo keeps its record, and the newer picture has its verdict behind it.
    assert after.photos == (*before.photos, late)
    assert after.photo("a.jpg") == before.photo("a.jpg")
    # The latest content is known: the old one would be news again.
    assert not after.knows("a.jpg", "E-a.jpg", is_open=False)


def test_the_following_set_knows_a_late_photo_of_a_known_name_too() -> None:
    late = photo("a.jpg", Verdict.OVER_LIMIT, etag="overwritten")
    closed = photo_set(photo("a.jpg")).closed().with_late_photo(late)
    assert closed.following(NOW, carried_from=0).knows("a.jpg", "overwritten", is_open=True)


# -- closing --------------------------------------------------------------------------------------


def test_only_the_first_ten_usable_photos_are_trained_on_and_the_others_say_why_not() -> None:
    photos = [photo(f"{number:02}") for number in range(12)]
    closed = photo_set(photo("bad", Verdict.EMPTY), *photos).closed()
    assert names(closed.chosen()) == [f"{number:02}" for number in range(MAX_PHOTOS)]
    assert [one.verdict for one in closed.photos] == [
        Verdict.EMPTY,
        *[Verdict.USABLE] * 10,
        *[Verdict.OVER_LIMIT] * 2,
    ]


def test_of_more_than_ten_usable_photos_the_newest_are_trained_on() -> None:
    photos = [photo(f"{number:02}", uploaded_at=NOW - abs(number - 7) * 1000) for number in range(14)]
    closed = photo_set(*photos).closed()
    assert names(closed.usable) == [f"{number:02}" for number in range(2, 12)]
    over = {one.name for one in closed.photos if one.verdict is Verdict.OVER_LIMIT}
    assert over == {"00", "01", "12", "13"}


# -- the following set ----------------------------------------------------------------------------


def test_the_following_set_knows_every_earlier_photo_and_has_none_of_its_own() -> None:
    first = photo_set(photo("a"), photo("b", Verdict.EMPTY))
    third = alone(alone(first, NOW + 1).with_photo(photo("c"), NOW + 2), NOW + 4)
    assert third.photos == ()
    assert (third.last_photo_at, third.ready_at) == (NOW + 4, 0)
    assert third.earlier == {fingerprint(name): f"E-{name}" for name in "abc"}
    assert all(third.knows(name, f"E-{name}", is_open=True) for name in "abc")
    assert not third.knows("a", "changed", is_open=True)


def test_the_following_set_remembers_the_latest_content_of_a_name() -> None:
    second = alone(photo_set(photo("a"))).with_photo(photo("a", etag="new"), NOW)
    assert second.knows("a", "new", is_open=True)
    # The content of the first set is no longer the content under the name.
    assert not second.knows("a", "E-a", is_open=True)
    assert alone(second).earlier == {fingerprint("a"): "new"}


def test_the_following_set_begins_with_the_photos_that_were_usable_before() -> None:
    first = photo_set(photo("a"), photo("b", Verdict.NO_FACE)).closed()
    second = first.following(NOW, carried_from=1)
    assert [(one.name, one.verdict, one.from_revision) for one in second.photos] == [("a", Verdict.USABLE, 1)]
    assert second.new_usable == ()
    third = second.with_photo(photo("c"), NOW).closed().following(NOW, carried_from=2)
    assert {one.name: one.from_revision for one in third.photos} == {"a": 1, "c": 2}


def test_a_photo_that_was_over_the_limit_is_carried_over_as_a_usable_one() -> None:
    full = photo_set(*(photo(f"{number:02}") for number in range(MAX_PHOTOS + 1))).closed()
    assert {one.verdict for one in full.photos} == {Verdict.USABLE, Verdict.OVER_LIMIT}
    following = full.following(NOW, carried_from=1)
    assert names(following.usable) == [f"{number:02}" for number in range(MAX_PHOTOS + 1)]


def test_a_new_photo_is_trained_on_before_those_of_earlier_revisions_even_when_it_is_older() -> None:
    full = photo_set(*(photo(f"{number}") for number in range(MAX_PHOTOS))).closed()
    found_late = photo("old", uploaded_at=NOW - 60 * MINUTE_MS)
    second = full.following(NOW, carried_from=1).with_photo(found_late, NOW).closed()
    assert "old" in names(second.usable)
    assert len(second.usable) == MAX_PHOTOS


@pytest.mark.parametrize(
    ("verdict", "name", "arrived"),
    [
        (Verdict.UNPACKING, "a.zip/1.jpg", NOW - 1000),
        (Verdict.UNPACKED, "a.zip/folder/1.jpg", NOW - 1000),
        (Verdict.UNPACKED, "a.zip", NOW),
        (Verdict.UNPACKED, "b.zip/1.jpg", NOW),
        (Verdict.NOT_AN_ARCHIVE, "a.zip/1.jpg", NOW),
    ],
)
def test_a_file_that_was_taken_out_of_a_zip_arrived_with_the_zip(
    verdict: Verdict, name: str, arrived: int
) -> None:
    assert photo_set(photo("a.zip", verdict)).arrived_at(name, NOW) == arrived


def test_an_unpacked_zip_replaces_its_earlier_record_and_those_of_its_files() -> None:
    refused = photo("a.zip/x", Verdict.LINK, archive="a.zip")
    begun = photo_set(photo("a"), photo("a.zip", Verdict.UNPACKING), refused)
    done = begun.with_unpacked(
        photo("a.zip", Verdict.UNPACKED), [photo("a.zip/y", Verdict.EMPTY, archive="a.zip")], NOW + 7
    )
    assert [(one.name, one.verdict) for one in done.photos] == [
        ("a", Verdict.USABLE),
        ("a.zip/y", Verdict.EMPTY),
        ("a.zip", Verdict.UNPACKED),
    ]
    assert done.last_photo_at == NOW + 7
