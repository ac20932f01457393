"""Portraits made of a person's photos: who is seen, in which cut, tint and size, and what cannot be shown."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from aliyun_local.dashscope.pictures import stand_ins
from aliyun_local.dashscope.pictures.detection import count_faces, find_faces
from aliyun_local.dashscope.pictures.portraits import PRESET_STYLES
from aliyun_local.dashscope.pictures.stand_ins import CAPTION, stand_in
from aliyun_local.pixel_budget import PixelBudget
from aliyun_local.samples import encoded, landscape, portrait
from tests.real_photos import photo_of_life

if TYPE_CHECKING:
    from collections.abc import Iterator

STYLE = "f_idcard_male"
SIZE = (768, 1024)


def photos_of(*people: int) -> list[bytes]:
    """Return a photo of each person, each before a wall of a colour of its own."""
    walls = ((200, 40, 40), (40, 160, 40), (40, 40, 200), (200, 180, 40))
    return [
        encoded(portrait(person, size=(480, 640), background=wall), quality=90)
        for person, wall in zip(people, walls, strict=False)
    ]


def shown(photos: list[bytes], number: int = 1, style: str = STYLE) -> Image.Image:
    content = stand_in(photos, style, *SIZE, number)
    assert content is not None
    return Image.open(io.BytesIO(content)).convert("RGB")


def wall_of(picture: Image.Image) -> tuple[int, ...]:
    """Return the colour beside the head, in the upper corner of the photo."""
    return tuple(round(value) for value in ImageStat.Stat(picture.crop((40, 60, 90, 200))).mean)


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "biden.jpg", "astronaut.png", "32bit.png"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_real_photo_gives_a_jpeg_of_the_asked_size_with_one_large_face_in_its_middle(
    name: str, number: int
) -> None:
    content = stand_in([photo_of_life(name).read_bytes()], STYLE, *SIZE, number)
    assert content is not None
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", SIZE)
        (face,) = find_faces(picture)
    assert face.right - face.left > 0.25
    assert 0.35 < (face.left + face.right) / 2 < 0.65
    assert 0.2 < (face.top + face.bottom) / 2 < 0.55


def test_a_face_at_the_edge_of_a_wide_photo_is_found_and_cut_out() -> None:
    wall = Image.new("RGB", (1800, 700), (210, 214, 220))
    wall.paste(Image.open(photo_of_life("obama.jpg")).convert("RGB").resize((560, 700)), (1240, 0))
    (face,) = find_faces(shown([encoded(wall, quality=92)]))
    assert 0.35 < (face.left + face.right) / 2 < 0.65


def test_a_photo_without_a_face_that_can_be_found_is_cut_in_the_middle() -> None:
    picture = Image.new("RGB", (1600, 800), "black")
    picture.paste("white", (500, 0, 1100, 800))
    seen = shown([encoded(picture, quality=92)]).crop((30, 30, 738, 920))
    assert min(ImageStat.Stat(seen).mean) > 180


def test_each_picture_of_a_task_shows_another_photo_while_there_are_several() -> None:
    photos = photos_of(100, 200, 300, 400)
    walls = [wall_of(shown(photos, number)) for number in (1, 2, 3, 4)]
    strongest = [max(range(3), key=wall.__getitem__) for wall in walls]
    assert strongest == [0, 1, 2, 0]
    assert min(walls[3][:2]) > 2 * min(walls[0][:2]), "the fourth wall is yellow, the first one red"


def test_with_fewer_photos_than_pictures_no_two_pictures_are_alike() -> None:
    for photos in (photos_of(100), photos_of(100, 200)):
        pictures = [shown(photos, number) for number in (1, 2, 3, 4)]
        pairs = [(one, other) for at, one in enumerate(pictures) for other in pictures[:at]]
        assert min(difference(one, other) for one, other in pairs) > 5


def test_photos_with_one_face_go_before_others_wherever_they_stand() -> None:
    red, green = photos_of(100, 200)
    scenery = encoded(landscape(1, (480, 640)))
    crowd = encoded(portrait(300, size=(640, 480), faces=2))
    photos = [b"no picture", scenery, red, crowd, green]
    assert [wall_of(shown(photos, number)) for number in (1, 2)] == [
        wall_of(shown([red, green], number)) for number in (1, 2)
    ]
    assert count_faces(shown([scenery, crowd])) == 0, "nobody in particular: the first that can be decoded"


def test_the_same_photos_and_order_give_the_same_bytes() -> None:
    photos = photos_of(100, 200)
    assert stand_in(photos, STYLE, *SIZE, 2) == stand_in(list(photos), STYLE, *SIZE, 2)


def test_each_style_has_a_tint_of_its_own_and_its_name_in_the_caption() -> None:
    photos = photos_of(100)
    pictures = {style: shown(photos, style=style) for style in PRESET_STYLES}
    borders = {picture.resize((1, 1), box=(2, 2, 14, 900)).tobytes() for picture in pictures.values()}
    assert len(borders) == len(PRESET_STYLES)
    bands = [picture.crop((0, 940, 768, 1024)) for picture in pictures.values()]
    assert all(ImageStat.Stat(band.convert("L")).extrema[0][1] > 240 for band in bands), "white letters"


@pytest.mark.parametrize("size", [(768, 1024), (512, 512), (1680, 1260), (512, 1680), (64, 64)])
def test_the_caption_keeps_within_the_picture(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    texts: dict[str, tuple[float, float, float, float]] = {}
    write = ImageDraw.ImageDraw.text

    def text(draw: ImageDraw.ImageDraw, xy: tuple[float, float], line: str, **how: Any) -> None:
        texts[line] = draw.textbbox(xy, line, font=how["font"], anchor=how["anchor"])
        write(draw, xy, line, **how)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    content = stand_in(photos_of(100), "portrait_url_template", *size, 1)
    assert content is not None
    assert list(texts) == ["portrait_url_template", CAPTION]
    assert "local cloud" in CAPTION
    assert "FaceChain" in CAPTION
    if min(size) >= 512:
        for left, top, right, bottom in texts.values():
            assert (left >= 0, top >= 0, right <= size[0], bottom <= size[1]) == (True,) * 4


def test_a_photo_that_a_camera_stored_turned_is_shown_upright() -> None:
    upright = portrait(100, size=(480, 640))
    for orientation in (3, 6, 8):
        turned = shown([encoded(upright, orientation=orientation, quality=95)])
        assert difference(turned, shown([encoded(upright, quality=95)])) < 12


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_photos_of_every_mode_are_shown_as_bright_as_they_are(mode: str) -> None:
    picture = whole = portrait(100, size=(480, 640))
    if mode == "I;16":
        grey = whole.convert("L")
        deep = b"".join(bytes((0, value)) for value in grey.tobytes())
        picture = Image.frombytes(mode, grey.size, deep)
    else:
        picture = whole.convert(mode)
    seen, meant = (shown([encoded(one, "PNG")]).convert("L") for one in (picture, whole))
    assert abs(ImageStat.Stat(seen).mean[0] - ImageStat.Stat(meant).mean[0]) < 10


@pytest.mark.parametrize(
    "photo",
    [
        b"",
        b"FACE a photo of a simulation",
        encoded(portrait(1, size=(300, 400)))[:900],
        encoded(portrait(1, size=(300, 400)), "GIF"),
        encoded(Image.new("L", (4097, 300)), "PNG"),
        encoded(portrait(1, size=(300, 400))) + bytes(5 * 1024**2),
    ],
)
def test_what_is_no_photo_for_a_training_is_not_shown(photo: bytes) -> None:
    assert stand_in([photo], STYLE, *SIZE, 1) is None
    assert shown([photo, *photos_of(100)]) is not None


def test_without_photos_there_is_no_stand_in() -> None:
    assert stand_in([], STYLE, *SIZE, 1) is None


def test_the_pixels_of_a_photo_are_reserved_while_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    reserved: list[int] = []

    class Budget(PixelBudget):
        @contextmanager
        def reserved(self, pixels: int) -> Iterator[None]:
            reserved.append(pixels)
            yield

    monkeypatch.setattr(stand_ins, "DECODING", Budget(1))
    shown([encoded(portrait(100, size=(480, 640))), encoded(Image.new("L", (4097, 300)), "PNG")], 2)
    assert reserved == [480 * 640]
