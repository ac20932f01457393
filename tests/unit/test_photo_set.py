"""A photo set as a value: recording, what it knows, what is trained on, and the set that follows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.crowding import MAX_CARRIED
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS
from tests.unit.support import MINUTE_MS, NOW, photo, photo_set, stored, trouble


def names(photos: tuple[Photo, ...]) -> list[str]:
    return [one.name for one in photos]


def verdicts(photos: PhotoSet) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in photos.photos}


def alone(photos: PhotoSet, now: int = NOW) -> PhotoSet:
    """The set that follows ``photos`` and carries none of them over."""
    return photos.closed().following(now, carried_from=0)


# -- recording ------------------------------------------------------------------------------------


def test_photos_are_kept_in_the_order_of_recording() -> None:
    assert names(photo_set(photo("b"), photo("a"), photo("c")).photos) == ["b", "a", "c"]


def test_a_photo_of_the_same_name_replaces_the_earlier_one_and_moves_to_the_end() -> None:
    changed = photo_set(photo("a"), photo("b")).with_photo(photo("a", etag="new"), NOW + 5)
    assert [(one.name, one.etag) for one in changed.photos] == [("b", "E-b"), ("a", "new")]
    assert changed.knows("a", stored(photo("a"), etag="new"))
    assert changed.knows("a", stored(photo("a"))) is False


def test_a_new_photo_starts_the_quiet_time_again() -> None:
    assert photo_set(photo("a")).with_photo(photo("b"), NOW + 90_000).last_photo_at == NOW + 90_000


def test_a_change_leaves_the_set_that_it_began_with_as_it_was() -> None:
    before = photo_set(photo("a"), photo("b"))
    before.with_photo(photo("a", etag="new"), NOW + 5)
    before.with_marker(NOW, NOW)
    before.with_judged([photo("a", Verdict.NO_FACE)])
    before.with_snapshots({"a": "other"})
    before.without_snapshots([photo("a")])
    before.without_marker()
    before.reopened()
    before.without_deleted({"b"})
    before.with_late_photo(photo("late", Verdict.OVER_LIMIT))
    before.closed()
    before.following(NOW, carried_from=1)
    assert before == photo_set(photo("a"), photo("b"))


@pytest.mark.parametrize("verdict", [Verdict.USABLE, Verdict.UNCHECKED, Verdict.UNPREPARED])
def test_a_copy_of_a_picture_that_the_set_already_has_is_a_duplicate(verdict: Verdict) -> None:
    copied = photo_set(photo("a", verdict)).with_photo(photo("b", etag="E-a", retry=trouble()), NOW)
    assert [one.verdict for one in copied.photos] == [verdict, Verdict.DUPLICATE]
    assert copied.photos[1].retry is None


def test_a_copy_of_a_picture_that_there_was_no_room_for_in_the_training_is_a_duplicate_too() -> None:
    full = photo_set(*(photo(f"{number:02}") for number in range(MAX_PHOTOS + 1))).closed()
    over = next(one for one in full.photos if one.verdict is Verdict.OVER_LIMIT)
    assert verdicts(full.with_photo(photo("copy", etag=over.etag), NOW))["copy"] is Verdict.DUPLICATE


@pytest.mark.parametrize("verdict", [Verdict.NO_FACE, Verdict.UNREADABLE, Verdict.DUPLICATE])
def test_a_copy_of_a_refused_picture_is_no_duplicate(verdict: Verdict) -> None:
    copied = photo_set(photo("a", verdict)).with_photo(photo("b", etag="E-a"), NOW)
    assert [one.verdict for one in copied.photos] == [verdict, Verdict.USABLE]


def test_a_refused_copy_keeps_its_own_verdict() -> None:
    copied = photo_set(photo("a")).with_photo(photo("b", Verdict.LINK, etag="E-a"), NOW)
    assert verdicts(copied)["b"] is Verdict.LINK


# -- verdicts that come later ---------------------------------------------------------------------


def test_judged_photos_take_the_place_of_unfinished_ones_and_leave_others_alone() -> None:
    before = photo_set(photo("a", Verdict.UNCHECKED), photo("b", Verdict.UNPREPARED), photo("c"))
    judged = [
        photo("a"),
        photo("b", Verdict.NO_FACE, detail="no face detected"),
        photo("c", Verdict.EMPTY),
        photo("gone", Verdict.EMPTY),
    ]
    after = before.with_judged(judged)
    assert after.photos == (judged[0], judged[1], before.photos[2])
    assert after.last_photo_at == before.last_photo_at


def test_a_verdict_about_another_content_under_the_name_is_not_taken() -> None:
    before = photo_set(photo("a", Verdict.UNCHECKED, etag="new"))
    assert before.with_judged([photo("a", Verdict.NO_FACE)]) == before


@pytest.mark.parametrize("verdict", [Verdict.UNREADABLE, Verdict.NOT_JUDGED])
def test_where_an_object_cannot_be_read_a_copy_of_the_picture_takes_its_place(verdict: Verdict) -> None:
    first = photo("a", Verdict.UNPREPARED)
    before = photo_set(first, photo("b", etag="E-a"), photo("c", etag="E-a"))
    after = before.with_judged([replace(first, verdict=verdict)])
    assert verdicts(after) == {"a": verdict, "b": Verdict.UNPREPARED, "c": Verdict.DUPLICATE}
    again = after.with_judged([replace(after.photos[1], verdict=verdict)])
    assert verdicts(again)["c"] is Verdict.UNPREPARED


@pytest.mark.parametrize("verdict", [Verdict.NO_FACE, Verdict.NOT_AN_IMAGE, Verdict.USABLE])
def test_a_finding_about_the_picture_is_one_about_its_copies(verdict: Verdict) -> None:
    first = photo("a", Verdict.UNPREPARED)
    before = photo_set(first, photo("b", etag="E-a"))
    assert verdicts(before.with_judged([replace(first, verdict=verdict)]))["b"] is Verdict.DUPLICATE


def test_a_copy_takes_the_place_of_a_picture_that_is_replaced_by_another() -> None:
    before = photo_set(photo("a"), photo("b", etag="E-a"), photo("c", etag="E-a"))
    after = before.with_photo(photo("a", etag="new"), NOW)
    assert verdicts(after) == {"b": Verdict.UNPREPARED, "c": Verdict.DUPLICATE, "a": Verdict.USABLE}


def test_a_copy_stays_one_while_the_set_has_the_picture() -> None:
    before = photo_set(photo("a", Verdict.NO_FACE), photo("b", etag="E-a"), photo("c", etag="E-a"))
    assert verdicts(before)["c"] is Verdict.DUPLICATE
    assert verdicts(before.with_photo(photo("a", etag="new"), NOW))["c"] is Verdict.DUPLICATE


def test_a_copy_stays_one_when_the_picture_is_recorded_anew() -> None:
    before = photo_set(photo("a"), photo("b", etag="E-a"))
    assert verdicts(before.with_photo(photo("a"), NOW)) == {"b": Verdict.DUPLICATE, "a": Verdict.USABLE}


def test_a_set_waits_for_the_photo_that_is_tried_first() -> None:
    first, second = trouble(next_try_at=NOW + 1), trouble(next_try_at=NOW + 2)
    held = [photo("b", Verdict.UNPREPARED, retry=second), photo("a", Verdict.UNCHECKED, retry=first)]
    assert photo_set(*held).retry == first
    assert photo_set(photo("c")).retry is None
    assert photo_set(*held, photo("d", Verdict.UNPREPARED)).retry is None
    assert photo_set(*held, photo("d.zip", Verdict.UNPACKING)).retry is None
    zipped = photo("d.zip", Verdict.UNPACKING, retry=trouble(next_try_at=NOW))
    assert photo_set(*held, zipped).retry == zipped.retry


def test_other_snapshots_are_given_by_name_and_change_nothing_else() -> None:
    before = photo_set(photo("a"), photo("b"))
    after = before.with_snapshots({"a": "submissions/mine/1.jpg", "gone": "submissions/mine/2.jpg"})
    assert [one.snapshot for one in after.photos] == ["submissions/mine/1.jpg", "submissions/x/b"]
    assert after.with_snapshots({"a": "submissions/x/a"}) == before


def test_photos_whose_snapshots_are_lost_are_prepared_again() -> None:
    before = photo_set(photo("a"), photo("b", Verdict.UNCHECKED, retry=trouble()))
    after = before.without_snapshots([before.photos[1]])
    lost = after.photos[1]
    assert (lost.verdict, lost.snapshot, lost.retry) == (Verdict.UNPREPARED, "", None)
    assert after.photos[0] == before.photos[0]


# -- what it knows --------------------------------------------------------------------------------


def test_what_a_set_has_no_record_of_is_news_or_remembered_elsewhere() -> None:
    first = photo_set(photo("a"))
    assert first.knows("b", stored(photo("b"))) is False
    assert alone(first).knows("b", stored(photo("b"))) is None
    assert alone(first).knows("a", stored(photo("a"))) is None


def test_the_latest_content_under_a_name_is_known_and_no_earlier_one() -> None:
    changed = alone(photo_set(photo("a"))).with_photo(photo("a", etag="new"), NOW)
    assert changed.knows("a", stored(photo("a"))) is False
    assert changed.knows("a", stored(photo("a"), etag="new")) is True
    back = changed.with_photo(photo("a"), NOW)
    assert back.knows("a", stored(photo("a"))) is True
    assert back.knows("a", stored(photo("a"), etag="new")) is False


def test_a_zip_is_not_known_before_it_has_been_unpacked() -> None:
    zipped = photo("a.zip", Verdict.UNPACKING)
    begun = photo_set(zipped)
    assert begun.knows("a.zip", stored(zipped)) is False
    done = begun.with_photo(replace(zipped, verdict=Verdict.UNPACKED), NOW)
    assert done.knows("a.zip", stored(zipped)) is True


def test_a_refused_photo_that_is_sent_again_is_news_and_a_usable_one_is_not() -> None:
    photos = photo_set(photo("bad", Verdict.NO_FACE), photo("good"))
    assert photos.knows("bad", stored(photo("bad"))) is True
    assert photos.knows("bad", stored(photo("bad"), modified_at=NOW)) is False
    assert photos.knows("good", stored(photo("good"), modified_at=NOW)) is True


@pytest.mark.parametrize(
    ("verdict", "waits"),
    [
        (Verdict.USABLE, True),
        (Verdict.UNPREPARED, True),
        (Verdict.UNCHECKED, True),
        (Verdict.UNPACKING, True),
        (Verdict.UNPACKED, False),
        (Verdict.NO_FACE, False),
        (Verdict.DUPLICATE, False),
        (Verdict.OVER_LIMIT, False),
    ],
)
def test_a_set_waits_for_what_is_usable_or_may_be(verdict: Verdict, waits: bool) -> None:
    assert photo_set(photo("a", verdict)).is_waiting_for("a") is waits
    assert not photo_set(photo("a", verdict)).is_waiting_for("b")


# -- the marker -----------------------------------------------------------------------------------


def test_a_marker_is_new_once_and_one_of_an_earlier_set_never() -> None:
    photos = photo_set(photo("a"))
    assert photos.is_new_marker(NOW)
    marked = photos.with_marker(NOW, NOW)
    assert not marked.is_new_marker(NOW)
    assert marked.is_new_marker(NOW + 1)
    following = marked.following(NOW, carried_from=1)
    assert (following.ready_at, following.marker_used_at) == (0, NOW)
    assert not following.is_new_marker(NOW)
    assert following.is_new_marker(NOW + 1)
    third = following.with_marker(NOW + 1, NOW).following(NOW, carried_from=1).following(NOW, carried_from=1)
    assert not third.is_new_marker(NOW + 1)


def test_a_marker_that_was_used_speaks_no_more() -> None:
    used = photo_set(photo("a")).with_marker(NOW, NOW).without_marker()
    assert (used.ready_at, used.marker_used_at) == (0, NOW)
    assert used.without_marker().marker_used_at == NOW
    assert not used.is_new_marker(NOW)


def test_a_marker_speaks_for_no_set_without_a_photo() -> None:
    assert not PhotoSet().is_new_marker(NOW)


# -- deleted and late photos ----------------------------------------------------------------------


def test_a_deleted_photo_leaves_the_set_and_its_duplicate_may_take_its_place() -> None:
    before = photo_set(photo("a"), photo("b"), photo("c", etag="E-a"))
    assert before.photos[2].verdict is Verdict.DUPLICATE
    left = before.without_deleted({"b", "c"})
    assert names(left.photos) == ["b"]
    assert left.knows("c", stored(photo("c"), etag="E-a")) is False, "the duplicate is looked at again"
    assert before.without_deleted({"a", "b", "c", "d"}) is before


def test_the_refused_files_of_a_deleted_zip_go_with_it() -> None:
    refused = photo("a.zip/x", Verdict.LINK, archive="a.zip")
    before = photo_set(photo("a.zip", Verdict.UNPACKED), refused)
    assert before.without_deleted({"a.zip"}) is before
    assert before.without_deleted(set()).photos == ()


def test_a_late_photo_of_a_known_name_is_known_afterwards() -> None:
    late = photo("a.jpg", Verdict.OVER_LIMIT, etag="overwritten")
    before = photo_set(photo("a.jpg")).closed()
    after = before.with_late_photo(late)
    assert after.knows("a.jpg", stored(late)) is True
    # The trained photo keeps its record, and the newer picture has its verdict behind it.
    assert after.photos == (*before.photos, late)
    assert after.photo("a.jpg") == late
    # The latest content is known: the old one would be news again.
    assert after.knows("a.jpg", stored(photo("a.jpg"))) is False


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


def test_a_set_that_opens_again_chooses_anew_among_all_that_it_had() -> None:
    photos = [photo(f"{number:02}", uploaded_at=NOW - number) for number in range(12)]
    closed = photo_set(photo("bad", Verdict.EMPTY), *photos).closed()
    reopened = closed.reopened()
    assert reopened.photos == photo_set(photo("bad", Verdict.EMPTY), *photos).photos
    newer = reopened.with_photo(photo("newest", uploaded_at=NOW + 1), NOW).closed()
    assert "newest" in names(newer.usable)
    assert "09" not in names(newer.usable)


def test_a_late_photo_without_a_snapshot_does_not_become_usable_when_a_set_opens_again() -> None:
    late = photo_set(photo("a")).closed().with_late_photo(photo("b", Verdict.OVER_LIMIT))
    assert verdicts(late.reopened())["b"] is Verdict.OVER_LIMIT


# -- the following set ----------------------------------------------------------------------------


def test_the_following_set_has_everything_before_it_remembered_and_no_photo_of_its_own() -> None:
    first = photo_set(photo("a"), photo("b", Verdict.EMPTY))
    second = alone(first, NOW + 4)
    assert (second.photos, second.has_history) == ((), True)
    assert (second.last_photo_at, second.ready_at) == (NOW + 4, 0)
    assert second.dropped == first.closed().photos


def test_what_was_to_be_remembered_already_is_remembered_too_and_the_latest_of_a_name_last() -> None:
    late = photo("a", Verdict.OVER_LIMIT, etag="late")
    first = replace(photo_set(photo("a")).closed(), dropped=(photo("x"),)).with_late_photo(late)
    assert first.following(NOW, carried_from=1).dropped == (photo("x"), photo("a"), late)


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


def test_the_newest_photos_are_carried_over_and_not_without_end() -> None:
    many = photo_set(*(photo(f"{number:02}", uploaded_at=NOW - number) for number in range(MAX_CARRIED + 5)))
    following = many.closed().following(NOW, carried_from=1)
    assert names(following.photos) == [f"{number:02}" for number in range(MAX_CARRIED)]


def test_only_photos_with_a_snapshot_are_carried_over() -> None:
    closed = photo_set(photo("a"), photo("b")).closed().with_late_photo(photo("c", Verdict.OVER_LIMIT))
    assert names(closed.following(NOW, carried_from=1).photos) == ["a", "b"]
    lost = replace(closed, photos=(replace(closed.photos[0], snapshot=""), *closed.photos[1:]))
    assert names(lost.following(NOW, carried_from=1).photos) == ["b"]


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
