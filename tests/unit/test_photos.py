"""Verdicts from cheap facts, at the edges of the limits."""

from __future__ import annotations

import pytest

from shared.domain.photos import (
    REASONS,
    Picture,
    Stored,
    Verdict,
    verdict_from_face_check,
    verdict_from_object,
    verdict_from_picture,
)
from tests.unit.support import photo

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
    assert verdict_from_object(Stored(etag="E", size=size, modified_at=1)) is verdict


@pytest.mark.parametrize(
    ("width", "height", "verdict"),
    [
        (256, 256, None),
        (255, 256, Verdict.TOO_FEW_PIXELS),
        (256, 255, Verdict.TOO_FEW_PIXELS),
        (0, 0, Verdict.TOO_FEW_PIXELS),
        (2048, 256, None),
        # Shrunk to 2048 on the long side, the short one keeps exactly 256.
        (4096, 512, None),
        (4096, 511, Verdict.TOO_FEW_PIXELS),
        (511, 4096, Verdict.TOO_FEW_PIXELS),
        (16000, 2000, None),
        (30000, 300, Verdict.TOO_FEW_PIXELS),
        (4032, 3024, None),
    ],
)
def test_a_picture_is_refused_when_preparing_it_leaves_too_few_pixels(
    width: int, height: int, verdict: Verdict | None
) -> None:
    assert verdict_from_picture(Picture(format="jpg", width=width, height=height)) is verdict


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


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_reason_in_plain_words(verdict: Verdict) -> None:
    assert REASONS[verdict].endswith(".")
    assert photo(verdict=verdict).reason == REASONS[verdict]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_usable_and_unchecked_photos_may_still_be_used(verdict: Verdict) -> None:
    assert photo(verdict=verdict).may_be_used == (verdict in {Verdict.USABLE, Verdict.UNCHECKED})
