"""Verdicts from cheap facts, at the edges of the limits."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from shared.domain.photos import (
    JUDGED_AGAIN,
    Photo,
    Verdict,
    may_be_raw,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_refusal,
    verdict_from_snapshot,
)
from shared.domain.verdict_words_of_files import OF_FILES
from tests.unit.support import NOW, photo, stored

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("size", "verdict"),
    [
        (0, Verdict.EMPTY),
        (1, None),
        (8 * MEGABYTE, None),
        (20 * MEGABYTE, None),
        (20 * MEGABYTE + 1, Verdict.TOO_MANY_BYTES),
    ],
)
def test_size_alone_refuses_the_empty_and_the_huge(size: int, verdict: Verdict | None) -> None:
    assert verdict_from_object(size) is verdict


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("1.DNG", True),
        ("a/1.nef", True),
        ("1.cr2", True),
        ("1.jpg", False),
        ("dng", True),
        ("1.dng.jpg", False),
        ("", False),
    ],
)
def test_a_raw_file_is_known_by_its_name_for_a_look(name: str, may_be: bool) -> None:
    assert may_be_raw(name) is may_be


def jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("width", "height", "verdict"),
    [
        (256, 256, None),
        (255, 256, Verdict.TOO_FEW_PIXELS),
        (256, 255, Verdict.TOO_FEW_PIXELS),
        (1, 1, Verdict.TOO_FEW_PIXELS),
        (2048, 256, None),
        (2048, 255, Verdict.TOO_NARROW),
        (255, 2048, Verdict.TOO_NARROW),
        (255, 2047, Verdict.TOO_FEW_PIXELS),
        (1536, 2048, None),
    ],
)
def test_a_picture_is_refused_when_preparing_it_left_too_few_pixels(
    width: int, height: int, verdict: Verdict | None
) -> None:
    assert verdict_from_snapshot(1000, jpeg(width, height)) is verdict


def test_a_prepared_photo_larger_than_dashscope_takes_is_refused() -> None:
    assert verdict_from_snapshot(5 * MEGABYTE, jpeg(300, 300)) is None
    assert verdict_from_snapshot(5 * MEGABYTE + 1, jpeg(300, 300)) is Verdict.TOO_MANY_BYTES


@pytest.mark.parametrize(
    ("is_face", "reason", "verdict"),
    [
        (True, "", Verdict.USABLE),
        (True, "no face detected", Verdict.USABLE),
        (False, "", Verdict.NO_FACE),
        (False, "no face detected", Verdict.NO_FACE),
        (False, "No Face Detected.", Verdict.NO_FACE),
        (False, "multiple faces detected", Verdict.SEVERAL_FACES),
        (False, "More than one face", Verdict.SEVERAL_FACES),
        (False, "several persons", Verdict.SEVERAL_FACES),
        (False, "face too small", Verdict.UNFIT),
        (False, "检测不到人脸", Verdict.UNFIT),
    ],
)
def test_the_face_checks_word_becomes_a_verdict(is_face: bool, reason: str, verdict: Verdict) -> None:
    assert verdict_from_face_check(is_face, reason) is verdict


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        ("InvalidArgument", "", Verdict.NOT_AN_IMAGE),
        ("ImageDamage", "The image file may be damaged.", Verdict.NOT_AN_IMAGE),
        ("BadRequest", "This image format is not supported.", Verdict.NOT_AN_IMAGE),
        ("BadRequest", "Picture exceed the maximum allowable rotation range", Verdict.TOO_MANY_PIXELS),
        ("ImageTooLarge", "", Verdict.TOO_MANY_PIXELS),
        ("MemLimitExceeded", "", Verdict.TOO_MANY_PIXELS),
    ],
)
def test_a_picture_that_oss_cannot_process_has_a_verdict(code: str, message: str, verdict: Verdict) -> None:
    assert verdict_from_refusal(code, message) is verdict


# -- the record of an object ----------------------------------------------------------------------


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_record_stands_for_the_object_that_it_was_made_of(verdict: Verdict) -> None:
    one = photo("a", verdict)
    assert one.stands_for(stored(one))
    assert one.stands_for(stored(one, modified_at=one.uploaded_at - 1))
    assert not one.stands_for(stored(one, etag="new"))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_a_refused_picture_that_is_sent_again_is_judged_again(verdict: Verdict) -> None:
    one = photo("a", verdict)
    assert one.stands_for(stored(one, modified_at=one.uploaded_at + 1)) is (verdict not in JUDGED_AGAIN)


def test_every_verdict_on_a_picture_and_none_on_what_cannot_change_is_made_again() -> None:
    lasting = {Verdict.USABLE, Verdict.UNPREPARED, Verdict.UNCHECKED}
    lasting |= {Verdict.DUPLICATE, Verdict.SIMILAR, Verdict.OVER_LIMIT}
    by_content = {Verdict.EMPTY, Verdict.TOO_MANY_BYTES}
    of_zips = {
        Verdict.UNPACKING,
        Verdict.UNPACKED,
        Verdict.NOT_AN_ARCHIVE,
        Verdict.OTHER_ARCHIVE,
        Verdict.SPLIT_ARCHIVE,
        Verdict.SEVERAL_FOLDERS,
        Verdict.ARCHIVE_TOO_LARGE,
    }
    of_files_in_zips = {
        Verdict.VIDEO,
        Verdict.LIVE_PHOTO_VIDEO,
        Verdict.UNUSUAL_COMPRESSION,
        Verdict.NESTED_ARCHIVE,
        Verdict.ENCRYPTED,
        Verdict.UNSAFE_NAME,
        Verdict.SYSTEM_FILE,
        Verdict.EXPANDS_TOO_MUCH,
        Verdict.BROKEN_ENTRY,
    }
    of_other_kinds = set(OF_FILES) - {Verdict.CUT_OFF, Verdict.OTHER_FORMAT, Verdict.ANIMATION}
    assert set(Verdict) - JUDGED_AGAIN == (lasting | by_content | of_zips | of_files_in_zips | of_other_kinds)


@pytest.mark.parametrize(
    ("name", "is_news"),
    [
        ("photos.zip/1.jpg", False),
        ("a/Photos.ZIP/b/1.jpg", False),
        ("photos.zip", True),
        ("photos/1.zip.jpg", True),
        # The person's folder, which is spelled otherwise than the person, is called like a zip.
        ("/Zoe\u0308.zip/1.jpg", True),
        ("/Zoe\u0308.zip/photos.zip/1.jpg", False),
        ("1.jpg", True),
    ],
)
def test_a_file_out_of_a_zip_is_not_judged_again_for_having_been_stored_after_the_zip_had_come(
    name: str, is_news: bool
) -> None:
    one = photo(name, Verdict.NO_FACE, uploaded_at=NOW - 60_000, recorded_at=NOW)
    assert one.stands_for(stored(one, modified_at=NOW - 1000)) is not is_news
    assert not one.stands_for(stored(one, modified_at=NOW + 1)), "unless it is sent again"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_rows_outlive_code_so_a_verdict_is_stored_by_its_name(verdict: Verdict) -> None:
    assert verdict.value == verdict.name.lower()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_says_what_is_still_to_come(verdict: Verdict) -> None:
    one: Photo = photo("a", verdict)
    unfinished = verdict in (Verdict.UNPREPARED, Verdict.UNCHECKED)
    assert one.is_unfinished is unfinished
    assert one.may_be_used is (unfinished or verdict is Verdict.USABLE)
    assert one.is_pending is (unfinished or verdict is Verdict.UNPACKING)


def test_a_photo_is_left_over_when_it_could_be_trained_on_and_enough_others_are() -> None:
    for verdict in (Verdict.SIMILAR, Verdict.OVER_LIMIT):
        assert photo("a", verdict, snapshot="s").is_left_over
        assert not photo("a", verdict).is_left_over
    assert not photo("a").is_left_over


def test_a_carried_photo_is_not_new() -> None:
    assert photo("a").is_new
    assert not photo("a", from_revision=1).is_new
