"""The instructions by which OSS writes the visible label."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.visible_labels import MAX_FONT_PIXELS, visible_label
from tests.unit.support import few_examples


def parameters_of(instructions: str) -> dict[str, str]:
    kind, watermark, *_ = instructions.split("/")
    name, *pieces = watermark.split(",")
    assert (kind, name) == ("image", "watermark")
    return dict(piece.split("_", 1) for piece in pieces)


def decoded(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def test_a_portrait_is_labelled_in_white_with_a_shadow_in_its_corner() -> None:
    assert visible_label((768, 1024), "JPEG") == (
        "image/watermark,text_QUnnlJ_miJA,type_d3F5LW1pY3JvaGVp,size_55,color_FFFFFF,shadow_50,g_se,x_27,y_27"
        "/quality,Q_95"
    )
    told = parameters_of(visible_label((768, 1024), "PNG"))
    assert (decoded(told["text"]), decoded(told["type"])) == ("AI生成", "wqy-microhei")


@pytest.mark.parametrize(
    ("form", "has_quality"), [("JPEG", True), ("WebP", True), ("PNG", False), ("BMP", False)]
)
def test_only_formats_with_a_quality_are_given_one(form: str, has_quality: bool) -> None:
    assert visible_label((768, 1024), form).endswith("/quality,Q_95") is has_quality


@few_examples
@given(width=st.integers(1, 14_000), height=st.integers(1, 30_000))
def test_the_capitals_have_a_twentieth_of_the_shortest_side_and_the_text_stays_inside(
    width: int, height: int
) -> None:
    told = parameters_of(visible_label((width, height), "PNG"))
    size, shortest = int(told["size"]), min(width, height)
    assert 1 <= size <= MAX_FONT_PIXELS
    assert size * 70 >= shortest * 5
    assert (size - 1) * 70 < shortest * 5
    # The text is about three times as wide as high.
    assert 3 * size + int(told["x"]) <= shortest or shortest < 20


@pytest.mark.parametrize("sides", [(0, 10), (10, 0), (14_001, 20_000)])
def test_a_picture_without_pixels_or_above_all_letters_is_refused(sides: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no letters for a picture"):
        visible_label(sides, "JPEG")
