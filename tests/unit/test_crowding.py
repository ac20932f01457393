"""A set that is too large for a row: which photos leave it, which never do, and when it takes no more."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import pytest

from shared.domain.crowding import MAX_CARRIED, fits, is_crowded, leaving
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.row_size import MAX_PHOTOS_BYTES, MAX_RECORDED, bytes_at_most
from shared.domain.rules import MAX_PHOTOS
from shared.domain.upload_memory import is_remembered, remembered_as
from tests.unit.support import NOW, photo, photo_set, stored

LONG = "n" * 900
NAMES = ["n", "n" * 300, '"' * 1000, "照" * 330]


def rubbish(count: int) -> PhotoSet:
    return photo_set(*(photo(f"bad-{number}", Verdict.EMPTY) for number in range(count)))


def names(photos: tuple[Photo, ...]) -> list[str]:
    return [one.name for one in photos]


def filled(first: str, verdict: Verdict) -> PhotoSet:
    """A set of photos of one verdict that has room for no other."""
    photos = PhotoSet(last_photo_at=NOW)
    while not photos.is_crowded and not photos.dropped:
        number = len(photos.photos)
        photos = photos.with_photo(
            photo(f"{first}-{number:03}{LONG}", verdict, uploaded_at=NOW + number), NOW
        )
    return photos


# -- refused photos leave -------------------------------------------------------------------------


def test_a_folder_full_of_rubbish_never_grows_the_set_beyond_the_size_of_a_row() -> None:
    full = photo_set(photo("good"))
    dropped: list[Photo] = []
    for number in range(MAX_RECORDED + 50):
        full = full.with_photo(photo(f"bad-{number}", Verdict.NOT_AN_IMAGE), NOW)
        dropped += full.dropped
        full = replace(full, dropped=())
    assert len(full.photos) == MAX_RECORDED
    assert full.photo("good") is not None
    # The oldest records leave, to be remembered elsewhere: no event or sweep records them again.
    assert names(tuple(dropped)) == [f"bad-{number}" for number in range(51)]
    assert full.has_history
    assert all(is_remembered(remembered_as(one), stored(one)) for one in dropped)


def test_a_usable_photo_finds_room_in_a_row_that_rubbish_has_filled() -> None:
    full = rubbish(MAX_RECORDED).with_photo(photo("good"), NOW)
    assert len(full.photos) == MAX_RECORDED
    assert names(full.usable) == ["good"]
    assert names(full.dropped) == ["bad-0"]


def test_long_names_fill_a_row_before_there_are_300() -> None:
    full = PhotoSet()
    for number in range(200):
        full = full.with_photo(photo(f"{number}{LONG}", Verdict.EMPTY), NOW)
    assert bytes_at_most(full.photos) <= MAX_PHOTOS_BYTES
    assert bytes_at_most(full.photos) > MAX_PHOTOS_BYTES - 2000, "no more leave than have to"
    assert len(full.photos) + len(full.dropped) == 200


def test_making_room_leaves_the_set_that_it_begins_with_as_it_was() -> None:
    before = rubbish(MAX_RECORDED)
    frozen = copy.deepcopy(before)
    before.with_photo(photo("good"), NOW)
    assert before == frozen


def test_replacing_a_photo_of_a_full_row_drops_nothing() -> None:
    after = rubbish(MAX_RECORDED).with_photo(photo("bad-7", Verdict.EMPTY, etag="new"), NOW)
    assert len(after.photos) == MAX_RECORDED
    assert (after.dropped, after.has_history) == ((), False)


def test_what_was_to_be_remembered_already_is_not_forgotten_for_the_next() -> None:
    first = rubbish(MAX_RECORDED).with_photo(photo("good"), NOW)
    assert names(first.with_photo(photo("better"), NOW).dropped) == ["bad-0", "bad-1"]


def test_the_refused_files_of_a_zip_find_as_much_room_as_there_is() -> None:
    refused = [photo(f"a.zip/{number}", Verdict.LINK, archive="a.zip") for number in range(400)]
    done = photo_set(photo("good")).with_unpacked(photo("a.zip", Verdict.UNPACKED), refused, NOW)
    assert fits(done.photos)
    assert done.photo("good") is not None
    assert done.photo("a.zip") is not None
    assert len(done.photos) + len(done.dropped) == 402


def test_no_more_photos_leave_a_row_than_have_to() -> None:
    for length in range(1, 450, 15):
        photos = [
            photo("g" * length),
            *(photo(f"{n:03}" + "n" * 300, Verdict.LINK) for n in range(240)),
        ]
        gone = leaving(photos)
        kept = [one for one in photos if one not in gone]
        assert gone
        assert fits(kept)
        assert not fits([*kept, gone[-1]])


def test_late_photos_never_grow_the_row_beyond_its_size() -> None:
    closed = photo_set(photo("a.jpg")).closed()
    for number in range(MAX_RECORDED + 50):
        closed = closed.with_late_photo(photo(f"late-{number}", Verdict.OVER_LIMIT))
    assert len(closed.photos) == MAX_RECORDED
    assert closed.has_history
    assert len(closed.dropped) == 51


# -- usable photos leave last ---------------------------------------------------------------------


def test_a_row_that_good_photos_have_filled_keeps_those_that_would_be_trained_on_first() -> None:
    full = filled("good", Verdict.USABLE)
    assert not full.is_crowded
    assert full.dropped == full.dropped[:1]
    before = replace(full, dropped=())
    after = before.with_photo(photo(f"newest{LONG}", uploaded_at=NOW + 10**6), NOW)
    oldest = min(before.photos, key=lambda one: one.uploaded_at)
    assert after.photo(f"newest{LONG}") is not None
    assert after.photo(oldest.name) is None
    assert [one.name for one in after.dropped][:1] == [oldest.name]
    assert len(after.closed().usable) == MAX_PHOTOS


def test_refused_photos_leave_before_usable_ones_and_the_newest_usable_ones_stay() -> None:
    good = [photo(f"good-{number:02}", uploaded_at=NOW + number) for number in range(MAX_CARRIED + 2)]
    crowd = [*good, *(photo(f"bad-{number}{LONG}", Verdict.EMPTY) for number in range(150))]
    gone = leaving(crowd)
    assert {one.verdict for one in gone} == {Verdict.EMPTY}
    pending = [photo(f"u-{number}{LONG}", Verdict.UNCHECKED) for number in range(60)]
    assert names(tuple(leaving([*pending, *good]))) == ["good-00", "good-01"]


def test_carried_photos_leave_before_new_ones() -> None:
    carried = [photo(f"c-{number:02}", from_revision=1, uploaded_at=NOW + number) for number in range(5)]
    new = [photo(f"n-{number:02}", uploaded_at=NOW - number) for number in range(MAX_CARRIED)]
    pending = [photo(f"u-{number}{LONG}", Verdict.UNCHECKED) for number in range(60)]
    assert names(tuple(leaving([*carried, *new, *pending]))) == [f"c-{number:02}" for number in range(5)]


# -- photos without a verdict never leave ---------------------------------------------------------


@pytest.mark.parametrize("verdict", [Verdict.UNPREPARED, Verdict.UNCHECKED, Verdict.UNPACKING])
def test_a_set_is_crowded_when_all_photos_in_it_wait_for_their_verdicts(verdict: Verdict) -> None:
    full = filled("u", verdict)
    assert full.is_crowded
    assert full.dropped == ()
    assert fits(full.photos)


def test_a_set_of_300_photos_without_a_verdict_is_crowded_however_small_they_are() -> None:
    tiny = [photo(str(number), Verdict.UNCHECKED, etag="", snapshot="") for number in range(MAX_RECORDED)]
    assert not is_crowded(tiny[:50])
    assert is_crowded(tiny)


def test_a_crowded_set_has_room_again_when_a_photo_has_its_verdict() -> None:
    full = filled("u", Verdict.UNCHECKED)
    refused = replace(full.photos[0], verdict=Verdict.NO_FACE)
    roomy = full.with_judged([refused])
    assert not roomy.is_crowded
    after = roomy.with_photo(photo("one-more", Verdict.UNCHECKED), NOW)
    assert after.photo("one-more") is not None
    assert after.dropped == (refused,) or after.dropped == ()


def test_where_nobody_may_leave_nobody_does() -> None:
    pending = [photo(f"u-{number}{LONG}", Verdict.UNCHECKED) for number in range(200)]
    assert leaving(pending) == []
    made = PhotoSet(photos=tuple(pending)).with_photo(photo("one-more", Verdict.UNPREPARED), NOW)
    assert made.photo("one-more") is not None
    assert made.dropped == ()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_uploaded_the_row_stays_small_and_nothing_that_waits_is_lost(seed: int) -> None:
    random_ = random.Random(seed)
    kinds = [Verdict.USABLE, Verdict.UNPREPARED, Verdict.UNCHECKED, Verdict.EMPTY, Verdict.UNFIT]
    weights = [random_.random() for _ in kinds]
    photos, waiting = PhotoSet(), set[str]()
    for number in range(150):
        if photos.is_crowded:
            # As the checks do that make room.
            one = random_.choice(photos.unfinished)
            photos = photos.with_judged(
                [replace(one, verdict=random_.choice([Verdict.USABLE, Verdict.UNFIT]))]
            )
            waiting.discard(one.name)
            continue
        (verdict,) = random_.choices(kinds, weights)
        name = f"{random_.randrange(400)}-{random_.choice(NAMES)}"
        one = photo(name, verdict, uploaded_at=NOW + number, etag=f"{number:032}", snapshot="s" * 60)
        photos = photos.with_photo(one, NOW)
        waiting -= {name}
        waiting |= {name} & {one.name for one in photos.unfinished}
        assert fits(photos.photos)
        assert waiting == {one.name for one in photos.unfinished}
        assert not {one.name for one in photos.dropped if one.is_unfinished}
