"""Verdicts from cheap facts, at the edges of the limits."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.domain.photos import (
    Verdict,
    jpeg_sides,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_refusal,
    verdict_from_snapshot,
)
from tests.unit.support import few_examples

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
        (2048, 255, Verdict.TOO_FEW_PIXELS),
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


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"exif": b"Exif\0\0" + bytes(60_000)}])
def test_the_sides_of_a_jpeg_are_read_from_its_first_bytes(mode: str, options: dict[str, object]) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (321, 123)).save(buffer, "JPEG", **options)
    assert jpeg_sides(buffer.getvalue()[: 64 * 1024]) == (321, 123)


@few_examples
@given(cut=st.integers(0, 700), flips=st.dictionaries(st.integers(0, 699), st.integers(0, 255), max_size=6))
def test_bytes_that_are_no_jpeg_have_no_sides_and_do_no_harm(cut: int, flips: dict[int, int]) -> None:
    damaged = bytearray(jpeg(300, 300))
    for place, byte in flips.items():
        damaged[place % len(damaged)] = byte
    assert jpeg_sides(bytes(damaged[:cut])) is None or len(damaged[:cut]) > 20
    assert jpeg_sides(b"FACE") is None


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
