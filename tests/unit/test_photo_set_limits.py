"""The size of a photo set: a row of Tablestore holds it, whatever is dropped into a person's folder."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from shared.clients.job_rows import to_columns
from shared.domain.job import open_job
from shared.domain.photo_set import MAX_RECORDED, MAX_REMEMBERED, ClosedBy, PhotoSet, fingerprint
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from tests.unit.support import NOW, photo, photo_set

TWO_MEGABYTES = 2 * 1024 * 1024


def rubbish(count: int) -> PhotoSet:
    return photo_set(*(photo(f"bad-{number}", Verdict.EMPTY) for number in range(count)))


def unchecked(count: int) -> PhotoSet:
    return photo_set(*(photo(f"u-{number}", Verdict.UNCHECKED) for number in range(count)))


def test_a_folder_full_of_rubbish_never_grows_the_set_beyond_the_size_of_a_row() -> None:
    full = photo_set(photo("good"))
    for number in range(MAX_RECORDED + 50):
        full = full.with_photo(photo(f"bad-{number}", Verdict.NOT_AN_IMAGE), NOW)
    assert len(full.photos) == MAX_RECORDED
    assert full.photo("good") is not None
    # A photo whose record was dropped is still known, so that no event or sweep records it again.
    assert all(
        full.knows(f"bad-{number}", f"E-bad-{number}", is_open=True) for number in range(MAX_RECORDED + 50)
    )


def test_a_usable_photo_finds_room_in_a_row_that_rubbish_has_filled() -> None:
    full = rubbish(MAX_RECORDED).with_photo(photo("good"), NOW)
    assert len(full.photos) == MAX_RECORDED
    assert [one.name for one in full.usable] == ["good"]
    assert full.knows("bad-0", "E-bad-0", is_open=True)


def test_making_room_in_a_full_row_leaves_the_set_that_it_begins_with_as_it_was() -> None:
    before = rubbish(MAX_RECORDED)
    frozen = copy.deepcopy(before)
    before.with_photo(photo("good"), NOW)
    assert before == frozen


def test_replacing_a_photo_of_a_full_row_drops_nothing() -> None:
    after = rubbish(MAX_RECORDED).with_photo(photo("bad-7", Verdict.EMPTY, etag="new"), NOW)
    assert len(after.photos) == MAX_RECORDED
    assert after.earlier == {}


def test_late_photos_never_grow_the_row_beyond_its_size() -> None:
    closed = photo_set(photo("a.jpg")).closed()
    for number in range(MAX_RECORDED + 50):
        closed = closed.with_late_photo(photo(f"late-{number}", Verdict.OVER_LIMIT))
    assert len(closed.photos) == MAX_RECORDED
    assert all(
        closed.knows(f"late-{number}", f"E-late-{number}", is_open=False)
        for number in range(MAX_RECORDED + 50)
    )


def test_a_row_stays_below_tablestores_two_megabytes_whatever_is_dropped_into_a_folder() -> None:
    remembered = {fingerprint(str(number)): f"{number:08X}" for number in range(MAX_REMEMBERED - 1)}
    photos = PhotoSet(earlier=remembered, last_photo_at=NOW)
    # The longest names that OSS allows, of characters that take the most room in JSON.
    for number in range(MAX_RECORDED + 50):
        assert not photos.is_full or number > MAX_RECORDED
        name = f"{number:06}" + '"' * 1000
        photos = photos.with_photo(photo(name, Verdict.EMPTY, etag="E" * 32), NOW)
    photos = photos.with_photo(photo("good"), NOW)
    job = replace(open_job("li", 1, NOW), photo_set=photos).closed(ClosedBy.QUIET, NOW)
    for row in (job, job.next_revision(Rules(carry_over=False), NOW)):
        assert row.photo_set.is_full
        texts = [value for value in to_columns(row).values() if isinstance(value, str)]
        assert max(len(text.encode("utf-8")) for text in texts) < TWO_MEGABYTES


@pytest.mark.parametrize(
    ("remembered", "full"), [(0, False), (MAX_REMEMBERED - 1, False), (MAX_REMEMBERED, True)]
)
def test_a_person_is_full_when_a_row_can_remember_no_more(remembered: int, full: bool) -> None:
    earlier = {f"{number:012x}": "E" for number in range(remembered)}
    assert PhotoSet(earlier=earlier).is_full is full


@pytest.mark.parametrize("verdict", [Verdict.UNCHECKED, Verdict.USABLE])
def test_a_set_is_crowded_when_another_photo_would_find_no_room(verdict: Verdict) -> None:
    photos = PhotoSet()
    for number in range(MAX_RECORDED):
        assert not photos.is_crowded
        photos = photos.with_photo(photo(f"u-{number}", verdict), NOW)
    assert photos.is_crowded
    assert len(photos.photos) == MAX_RECORDED


def test_a_set_with_a_single_refused_photo_is_not_crowded_and_that_one_makes_room() -> None:
    before = photo_set(photo("bad", Verdict.EMPTY), *unchecked(MAX_RECORDED - 1).photos)
    assert len(before.photos) == MAX_RECORDED
    assert not before.is_crowded
    after = before.with_photo(photo("one-more", Verdict.UNCHECKED), NOW)
    assert after.is_crowded
    assert after.photo("one-more") is not None
    assert after.photo("bad") is None
    assert after.knows("bad", "E-bad", is_open=True)


def test_a_crowded_set_has_room_again_when_a_face_check_refuses_a_photo() -> None:
    assert not unchecked(MAX_RECORDED).with_verdicts({"u-7": (Verdict.NO_FACE, "")}).is_crowded
