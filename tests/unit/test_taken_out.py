"""Which photos out of zips have lost their zip, by the marks and by what lies in the folder."""

from __future__ import annotations

import pytest

from shared.domain.photos import Verdict
from shared.domain.taken_out import has_its_zip, left_by_their_zip, mark_of, zips_around
from tests.unit.support import photo, photo_set

FIRST, SECOND = "5D41402ABC4B2A76B9719D911017C592", "7D793037A0760186574B0282F2F435E7-3"
OUT = photo("a.zip/1.jpg", taken_from=mark_of(FIRST))
BY_HAND = photo("a.zip/2.jpg")
ZIP = photo("a.zip", Verdict.UNPACKED, etag=FIRST)


@pytest.mark.parametrize(("etag", "mark"), [(FIRST, "5d41402abc4b"), ("A-3", "a-3"), ("Ä_*", ""), ("", "")])
def test_a_mark_is_of_what_metadata_takes(etag: str, mark: str) -> None:
    assert mark_of(etag) == mark


def test_two_zips_have_two_marks() -> None:
    assert mark_of(FIRST) != mark_of(SECOND)


def test_the_zips_around_an_upload_are_the_folders_that_are_called_like_one() -> None:
    assert list(zips_around("b/a.ZIP/c/d.zip/1.jpg")) == ["b/a.ZIP", "b/a.ZIP/c/d.zip"]
    assert list(zips_around("a.zip")) == list(zips_around("b/1.zip.jpg")) == []


def test_a_photo_has_its_zip_wherever_around_it_that_lies() -> None:
    mark = mark_of(FIRST)
    assert has_its_zip("a.zip/b.zip/1.jpg", mark, {"a.zip": SECOND, "a.zip/b.zip": FIRST})
    assert not has_its_zip("a.zip/1.jpg", mark, {"a.zip": SECOND, "b.zip": FIRST})


@pytest.mark.parametrize("verdict", [Verdict.USABLE, Verdict.UNCHECKED, Verdict.NO_FACE, Verdict.DUPLICATE])
def test_a_photo_whose_zip_is_gone_has_lost_it_whatever_was_said_of_it(verdict: Verdict) -> None:
    out = photo("a.zip/1.jpg", verdict, taken_from=mark_of(FIRST))
    assert left_by_their_zip(photo_set(out, BY_HAND), {}) == [out]


def test_a_photo_has_its_zip_while_that_is_there() -> None:
    assert left_by_their_zip(photo_set(ZIP, OUT, BY_HAND), {"a.zip": FIRST}) == []


def test_a_photo_has_lost_its_zip_when_another_is_unpacked_in_its_place() -> None:
    second = photo("a.zip", Verdict.UNPACKED, etag=SECOND)
    assert left_by_their_zip(photo_set(second, OUT, BY_HAND), {"a.zip": SECOND}) == [OUT]
    # Of an earlier set, which is not asked for.
    assert left_by_their_zip(photo_set(OUT), {"a.zip": SECOND}) == [OUT]


@pytest.mark.parametrize("recorded", [ZIP, photo("a.zip", Verdict.UNPACKING, etag=SECOND)])
def test_while_the_other_zip_is_still_to_be_unpacked_nothing_is_lost(recorded: object) -> None:
    assert left_by_their_zip(photo_set(recorded, OUT), {"a.zip": SECOND}) == []  # type: ignore[arg-type]  # a photo


def test_a_photo_of_an_earlier_revision_stays_when_its_zip_is_deleted_and_goes_when_it_is_replaced() -> None:
    carried = photo("a.zip/1.jpg", taken_from=mark_of(FIRST), from_revision=1)
    assert left_by_their_zip(photo_set(carried), {}) == []
    assert left_by_their_zip(photo_set(carried), {"a.zip": SECOND}) == [carried]


def test_what_is_left_out_already_is_not_asked_for_again() -> None:
    left = photo_set(OUT).with_left_out({"a.zip/1.jpg"})
    assert [one.verdict for one in left.photos] == [Verdict.LEFT_OUT]
    assert left_by_their_zip(left, {}) == []


def test_a_copy_takes_the_place_of_a_photo_that_is_left_out() -> None:
    copy = photo("copy.jpg", etag=OUT.etag)
    left = photo_set(OUT, copy).with_left_out({OUT.name})
    assert [(one.name, one.verdict) for one in left.photos] == [
        ("a.zip/1.jpg", Verdict.LEFT_OUT),
        ("copy.jpg", Verdict.UNPREPARED),
    ]
    # Not one that is left out with it.
    both = photo_set(OUT, photo("a.zip/copy.jpg", etag=OUT.etag)).with_left_out({OUT.name, "a.zip/copy.jpg"})
    assert {one.verdict for one in both.photos} == {Verdict.LEFT_OUT}
