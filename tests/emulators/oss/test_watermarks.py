"""A text that OSS writes into a picture."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import oss2
import pytest
from PIL import Image, ImageChops, ImageFont

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images import processing as images
from aliyun_local.oss.images import watermark
from tests.emulators.oss.pictures import encoded, opened, picture, saving

SIZE = (400, 300)


def url_safe(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


HELLO = f"text_{url_safe('Hello')}"
LABEL = f"text_{url_safe('AI生成')}"


def marked(parameters: str, size: tuple[int, int] = SIZE, **options: Any) -> Image.Image:
    photo = picture(size, "PNG", **{"color": "white", **options})
    return opened(images.process(photo, f"image/watermark,{parameters}").content)


def letters_in(image: Image.Image, ground: str = "white") -> tuple[int, int, int, int]:
    """The box around all that is not ground."""
    box = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, ground)).getbbox()
    assert box is not None
    return box


def darkest(image: Image.Image) -> int:
    shade = image.convert("L").getextrema()[0]
    assert isinstance(shade, int)
    return shade


def refusal(parameters: str) -> tuple[int, str, str]:
    with pytest.raises(OssError) as refused:
        images.process(picture((40, 40)), f"image/watermark,{parameters}")
    return refused.value.status, refused.value.code, refused.value.message


@pytest.fixture(params=["as it is", "none"])
def chinese_fonts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the fonts of this machine, and without any that has Chinese letters."""
    if request.param == "none":
        monkeypatch.setattr(watermark, "_font_file", lambda: None)
    return str(request.param)


# -- where it stands, and how it looks --------------------------------------------------------------------


def test_by_default_the_text_is_black_and_40_pixels_and_10_from_the_lower_right_corner() -> None:
    image = marked(HELLO)
    left, top, right, bottom = letters_in(image)
    assert (right, bottom) == (390, 290)
    assert 20 <= bottom - top <= 45
    assert darkest(image) == 0
    assert (image.mode, image.size) == ("RGB", SIZE)
    assert left > 200


@pytest.mark.parametrize(
    ("gravity", "holds"),
    [
        ("nw", lambda box: box[:2] == (20, 30)),
        ("north", lambda box: box[1] == 30 and abs(box[0] + box[2] - 400) <= 1),
        ("ne", lambda box: (box[2], box[1]) == (380, 30)),
        ("west", lambda box: box[0] == 20 and abs(box[1] + box[3] - 300) <= 1),
        ("center", lambda box: abs(box[0] + box[2] - 400) <= 1 and abs(box[1] + box[3] - 300) <= 1),
        ("east", lambda box: box[2] == 380 and abs(box[1] + box[3] - 300) <= 1),
        ("sw", lambda box: (box[0], box[3]) == (20, 270)),
        ("south", lambda box: box[3] == 270 and abs(box[0] + box[2] - 400) <= 1),
        ("se", lambda box: box[2:] == (380, 270)),
    ],
)
def test_the_text_stands_where_it_is_told_to(
    gravity: str, holds: Callable[[tuple[int, int, int, int]], bool]
) -> None:
    assert holds(letters_in(marked(f"{HELLO},g_{gravity},x_20,y_30")))


def test_voffset_counts_on_the_middle_line_only() -> None:
    boxes = [letters_in(marked(f"{HELLO},g_west,voffset_{offset}")) for offset in (-50, 0, 50)]
    assert [box[1] - boxes[1][1] for box in boxes] == [-50, 0, 50]
    assert letters_in(marked(f"{HELLO},g_nw,voffset_50")) == letters_in(marked(f"{HELLO},g_nw"))


def test_colour_size_and_opacity_are_those_that_are_told() -> None:
    red = marked(f"{HELLO},color_FF0000,size_100").getcolors(100_000) or []
    assert (255, 0, 0) in [color for _, color in red]
    heights = [box[3] - box[1] for box in (letters_in(marked(f"{HELLO},size_{size}")) for size in (20, 80))]
    assert 3.5 < heights[1] / heights[0] < 4.5
    assert darkest(marked(f"{HELLO},t_40")) in range(150, 156)
    assert ImageChops.difference(marked(f"{HELLO},t_0"), Image.new("RGB", SIZE, "white")).getbbox() is None


def test_a_shadow_lies_below_letters_that_have_the_colour_of_the_ground() -> None:
    assert (
        ImageChops.difference(marked(f"{HELLO},color_FFFFFF"), Image.new("RGB", SIZE, "white")).getbbox()
        is None
    )
    shades = {s: darkest(marked(f"{HELLO},color_FFFFFF,shadow_{s}")) for s in (50, 100)}
    assert shades[100] < 40 < 100 < shades[50] < 150


def test_rotation_turns_the_text_clockwise() -> None:
    upright, turned = (letters_in(marked(f"{HELLO},g_center,rotate_{degrees}")) for degrees in (0, 90))
    assert abs((upright[2] - upright[0]) - (turned[3] - turned[1])) <= 2
    assert abs((upright[3] - upright[1]) - (turned[2] - turned[0])) <= 2
    assert letters_in(marked(f"{HELLO},rotate_360")) == letters_in(marked(HELLO))
    mark = f"text_{url_safe('L')},size_200,g_center"
    turned_image = marked(f"{mark},rotate_90")
    left, top, right, bottom = letters_in(turned_image)
    # The foot of an L, at its lower right, comes to its lower left.
    lower = turned_image.crop((left, (top + bottom) // 2, right, bottom)).convert("L")
    assert letters_in(lower.crop((0, 0, lower.width // 2, lower.height)))
    assert lower.crop((lower.width * 2 // 3, lower.height // 3, lower.width, lower.height)).getextrema() == (
        255,
        255,
    )


def test_fill_covers_the_picture_with_the_text() -> None:
    image = marked(f"{HELLO},fill_1")
    for corner in ((0, 0, 130, 60), (270, 240, 400, 300), (0, 240, 130, 300)):
        assert letters_in(image.crop(corner))
    assert letters_in(marked(f"text_{url_safe('.')},size_1,fill_1"))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_pictures_of_every_kind_of_pixels_are_written_into(mode: str) -> None:
    image = opened(
        images.process(picture(SIZE, "PNG", mode), f"image/watermark,{HELLO},color_FF0000").content
    )
    assert image.size == SIZE
    assert image.format == "PNG"
    assert image.has_transparency_data is (mode in ("RGBA", "LA"))
    assert image.convert("RGB").getchannel("R").getextrema()[1] == 255


def test_a_transparent_ground_stays_transparent_and_the_letters_are_seen() -> None:
    image = marked(HELLO, mode="RGBA", color=(0, 0, 0, 0))
    assert image.getchannel("A").getextrema() == (0, 255)
    opaque = marked(f"{HELLO},t_50", mode="RGBA", color=(255, 255, 255, 255))
    assert opaque.getchannel("A").getextrema() == (255, 255)


def test_actions_run_in_their_order() -> None:
    photo = picture((800, 600), "PNG", color="white")
    first = opened(images.process(photo, f"image/watermark,{HELLO}/resize,w_400").content)
    last = opened(images.process(photo, f"image/resize,w_400/watermark,{HELLO}").content)
    rights = [letters_in(one)[2] for one in (first, last)]
    assert rights[1] == 390
    assert 394 <= rights[0] <= 399
    turned = picture((300, 400), orientation=6, color="white")
    upright = opened(images.process(turned, f"image/watermark,{HELLO}").content)
    assert upright.size == (400, 300)
    left, top, right, bottom = letters_in(upright.point(lambda shade: 255 if shade > 128 else 0))
    assert right - left > bottom - top


def test_two_watermarks_are_two_actions() -> None:
    image = opened(
        images.process(
            picture(SIZE, "PNG", color="white"), f"image/watermark,{HELLO},g_nw/watermark,{HELLO},g_se"
        ).content
    )
    assert letters_in(image) == (10, 10, 390, 290)


# -- Chinese letters --------------------------------------------------------------------------------------


def test_a_chinese_text_is_seen_on_every_machine(chinese_fonts: str) -> None:
    image = marked(f"{LABEL},type_{url_safe('wqy-microhei')},size_55,color_FFFFFF,shadow_50", color="black")
    left, top, right, bottom = letters_in(image, "black")
    assert (right, bottom) <= (390, 290)
    assert bottom - top >= 38
    assert right - left > bottom - top
    if chinese_fonts == "none":
        # A box: its four edges are drawn.
        framed = image.crop((left, top, right, bottom)).convert("L")
        edges = [(0, 0, framed.width, 1), (0, framed.height - 1, framed.width, framed.height)]
        edges += [(0, 0, 1, framed.height), (framed.width - 1, 0, framed.width, framed.height)]
        assert [framed.crop(edge).getextrema()[0] for edge in edges] == [255] * 4


def test_a_machine_without_chinese_letters_is_told_by_its_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def none_of(name: str, size: float) -> None:
        tried.append(name)
        raise OSError("cannot open resource")

    watermark._font_file.cache_clear()
    monkeypatch.setattr(ImageFont, "truetype", none_of)
    assert watermark._font_file() is None
    assert "NotoSansCJK-Regular.ttc" in tried
    watermark._font_file.cache_clear()


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        *[("size", size) for size in ("0", "1001", "-5", "x", "4.5", "")],
        *[("t", opacity) for opacity in ("-1", "101")],
        *[("shadow", shadow) for shadow in ("-1", "101")],
        *[("rotate", degrees) for degrees in ("-1", "361")],
        *[("fill", fill) for fill in ("2", "yes")],
        *[(margin, pixels) for margin in "xy" for pixels in ("-1", "4097")],
        *[("voffset", offset) for offset in ("-1001", "1001")],
        *[("color", color) for color in ("red", "#FFFFFF", "FFF", "FFFFFFF", "GGGGGG", "")],
        *[("g", gravity) for gravity in ("middle", "")],
        ("type", url_safe("comic-sans")),
    ],
)
def test_values_outside_of_the_documented_ones_are_refused(parameter: str, value: str) -> None:
    message = f"The value: {value} of parameter: {parameter} is invalid."
    assert refusal(f"{HELLO},{parameter}_{value}") == (400, "InvalidArgument", message)


@pytest.mark.parametrize(
    "parameters",
    [f"{LABEL},{one}" for one in ("size_1000", "t_0", "x_4096,y_4096", "voffset_-1000,g_east", "shadow_100")],
)
def test_values_at_the_ends_of_their_ranges_are_taken(parameters: str) -> None:
    assert marked(parameters).size == SIZE


def test_a_text_is_required_in_base64_and_of_at_most_64_bytes() -> None:
    assert refusal("size_40") == (400, "MissingArgument", "Missing Some Required Arguments.")
    assert refusal("text_") == (400, "MissingArgument", "Missing Some Required Arguments.")
    for parameters in ("text_!!", "text_x", f"text_{'_w' * 3}", f"{HELLO},type_!!"):
        assert refusal(parameters) == (400, "BadRequest", "Input is not base64 decoding.")
    assert refusal(f"text_{url_safe('中' * 22)}")[:2] == (400, "InvalidArgument")
    assert refusal(f"text_{url_safe('  ')}")[:2] == (400, "InvalidArgument")
    assert marked(f"text_{url_safe('中' * 21)}").size == SIZE
    padded = base64.urlsafe_b64encode(b"Hello").decode()
    assert padded.endswith("=")
    assert letters_in(marked(f"text_{padded}")) == letters_in(marked(HELLO))


def test_a_watermark_that_is_a_picture_is_not_part_of_the_local_oss() -> None:
    for parameters in (f"image_{url_safe('panda.png')}", f"{HELLO},image_{url_safe('panda.png')},order_1"):
        assert refusal(parameters)[:2] == (501, "NotImplemented")


def test_a_text_that_would_take_gigabytes_is_refused() -> None:
    error = (400, "WatermarkError", "A watermark processing error occurred.")
    assert refusal(f"text_{url_safe('W' * 64)},size_1000") == error
    assert refusal(f"text_{url_safe('W' * 17)},size_1000,rotate_45") == error
    assert marked(f"text_{url_safe('W' * 64)},size_200").size == SIZE


# -- as an object -----------------------------------------------------------------------------------------


def test_a_labelled_picture_is_saved_beside_its_source_without_the_metadata_of_xmp(
    bucket: oss2.Bucket,
) -> None:
    image = Image.new("RGB", (768, 1024), "white")
    image.info["xmp"] = b"<x:xmpmeta/>"
    photo = encoded(image, "JPEG")
    bucket.put_object("portraits/1.jpg", photo)
    process = f"image/watermark,{LABEL},size_55,color_FFFFFF,shadow_50,g_se,x_27,y_27/quality,Q_95"
    done = bucket.process_object("portraits/1.jpg", saving(process, "portraits/1-labelled.jpg"))
    assert done.process_status == "OK"
    content = bucket.get_object("portraits/1-labelled.jpg").read()
    saved = opened(content)
    assert (saved.format, saved.size) == ("JPEG", (768, 1024))
    assert "xmp" not in saved.info
    box = letters_in(saved.point(lambda shade: 255 if shade > 200 else 0))
    assert box[0] > 400
    assert box[1] > 900
    info = json.loads(bucket.get_object("portraits/1-labelled.jpg", process="image/info").read())
    assert info["FileSize"]["value"] == str(len(content))
    assert bucket.get_object("portraits/1.jpg").read() == photo
    with pytest.raises(oss2.exceptions.ServerError, match="Input is not base64 decoding"):
        bucket.process_object("portraits/1.jpg", saving("image/watermark,text_!!", "b"))
