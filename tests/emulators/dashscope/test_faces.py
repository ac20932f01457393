"""Drawn pictures: the detector finds the faces in all of them, and none where nobody is."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from aliyun_local.dashscope.pictures.detection import count_faces
from aliyun_local.samples import PHOTOS_PER_PERSON, landscape, portrait
from aliyun_local.samples.people import SKIN_TONES
from tests.emulators.dashscope.support import encoded

SIZES = [(256, 256), (300, 300), (256, 320), (320, 256)]
PEOPLE_OF_A_TONE = 32


@pytest.mark.parametrize("tone", range(len(SKIN_TONES)))
def test_every_person_is_one_face_in_every_pose_and_size(tone: int) -> None:
    seeds = [
        (tone + len(SKIN_TONES) * number) * PHOTOS_PER_PERSON + 37 * number % PHOTOS_PER_PERSON
        for number in range(PEOPLE_OF_A_TONE)
    ]
    found = [
        count_faces(portrait(seed, size=SIZES[number % len(SIZES)])) for number, seed in enumerate(seeds)
    ]
    assert found == [1] * PEOPLE_OF_A_TONE


@pytest.mark.parametrize("size", [(320, 400), (768, 1024), (1280, 1024), (4096, 3072)])
def test_a_portrait_is_one_face_in_the_sizes_of_cameras(size: tuple[int, int]) -> None:
    assert [count_faces(portrait(seed, size=size)) for seed in (1, 302)] == [1, 1]


@pytest.mark.parametrize("person", range(len(SKIN_TONES)))
def test_two_people_side_by_side_are_two_faces(person: int) -> None:
    assert count_faces(portrait(person * 100, size=(480, 360), faces=2)) == 2


@pytest.mark.parametrize("person", range(0, len(SKIN_TONES), 2))
def test_three_people_are_several_faces(person: int) -> None:
    assert count_faces(portrait(person * 100, size=(720, 400), faces=3)) == 3


@pytest.mark.parametrize("seed", range(12))
def test_a_landscape_shows_nobody(seed: int) -> None:
    assert count_faces(landscape(seed, (400, 300))) == 0


@pytest.mark.parametrize(
    "colour", ["white", "black", "gray", "red", "skyblue", "green", "peachpuff", "saddlebrown", *SKIN_TONES]
)
def test_a_single_colour_shows_nobody_not_even_one_of_skin(colour: str | tuple[int, int, int]) -> None:
    assert count_faces(Image.new("RGB", (300, 400), colour)) == 0


def test_a_page_of_text_shows_nobody() -> None:
    page = Image.new("RGB", (600, 800), "white")
    font = ImageFont.load_default(18)
    for line in range(30):
        ImageDraw.Draw(page).text(
            (30, 20 + 25 * line), f"{line}: a line of a screenshot, of chat or code", "black", font
        )
    assert count_faces(page) == 0


def test_the_colour_of_skin_alone_is_no_face() -> None:
    wall = Image.new("RGB", (400, 500), (90, 110, 140))
    ImageDraw.Draw(wall).ellipse((120, 100, 280, 320), fill=(205, 150, 120))
    assert count_faces(wall) == 0


def test_hands_beside_a_face_are_no_faces() -> None:
    picture = portrait(0, size=(600, 800))
    draw = ImageDraw.Draw(picture)
    for x in (20, 480):
        draw.ellipse((x, 640, x + 100, 760), fill=SKIN_TONES[0])
    assert count_faces(picture) == 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK", "LA", "1"])
def test_every_mode_of_picture_can_be_looked_at(mode: str) -> None:
    picture = portrait(5, size=(300, 400)).convert(mode)
    assert count_faces(picture) == 1


def test_a_transparent_picture_is_judged_before_white() -> None:
    assert count_faces(Image.new("RGBA", (300, 300), (213, 160, 118, 0))) == 0


def test_a_strip_of_a_pixel_shows_nobody() -> None:
    assert count_faces(Image.new("RGB", (4096, 1), SKIN_TONES[2])) == 0


def test_a_portrait_is_the_same_every_time_and_differs_by_seed() -> None:
    pictures = [portrait(seed, size=(200, 250)).tobytes() for seed in (100, 100, 101, 200)]
    assert pictures[0] == pictures[1]
    assert len(set(pictures)) == 3


def test_photos_of_a_person_share_skin_and_clothes() -> None:
    def middle_of_shoulders(seed: int) -> str:
        picture = portrait(seed, size=(400, 500), background=(255, 255, 255))
        pixel = picture.getpixel((200, 480))
        assert isinstance(pixel, tuple)
        return "rgb"[pixel.index(max(pixel))]

    assert middle_of_shoulders(500) == middle_of_shoulders(501) == middle_of_shoulders(599)


@pytest.mark.parametrize("size", [(1, 1), (3000, 4000), (801, 333)])
def test_a_portrait_has_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    assert portrait(1, size=size).size == size


def test_a_portrait_of_nobody_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="at least one face"):
        portrait(1, faces=0)
    with pytest.raises(ValueError, match="at least one face"):
        portrait(1, size=(0, 10))


@pytest.mark.parametrize("quality", [30, 95])
def test_compression_does_not_hide_a_face(quality: int) -> None:
    file = io.BytesIO()
    portrait(700, size=(768, 1024)).save(file, "JPEG", quality=quality)
    assert count_faces(Image.open(file)) == 1
    assert len(encoded(portrait(700, size=(768, 1024)), "PNG")) > 10_000
