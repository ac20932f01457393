"""The difference hash: read from every form of a bitmap, near for copies, and far for other pictures.

The pictures are drawn, changed as people and their programs change them, and squeezed by the emulated OSS.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from aliyun_local.oss.images.processing import process
from aliyun_local.samples import encoded, portrait
from shared.clients.preparing import PREPARE
from shared.domain.choosing import MAX_BITS_OF_NEAR_DUPLICATES
from shared.domain.difference_hash import (
    BITS,
    HEIGHT,
    NO_HASH,
    WIDTH,
    distance,
    hash_of_bitmap,
    is_hash,
)
from tests.bitmaps import bitmap, bitmap_of

ROWS = [bytes(row * WIDTH + column for column in range(WIDTH)) for row in range(HEIGHT)]
INSTRUCTIONS = f"image/resize,m_fixed,w_{WIDTH},h_{HEIGHT}/format,bmp"
POSES = [person * 100 + pose for person in range(6) for pose in range(4)]


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize("bits", [8, 24, 32])
def test_each_bit_says_whether_a_pixel_is_brighter_than_its_right_neighbour(
    bits: int, top_down: bool
) -> None:
    brightening = bitmap(ROWS, bits=bits, top_down=top_down)
    darkening = bitmap([row[::-1] for row in ROWS], bits=bits, top_down=top_down)
    first_row = bitmap([ROWS[0][::-1], *ROWS[1:]], bits=bits, top_down=top_down)
    assert hash_of_bitmap(brightening) == "0" * 16
    assert hash_of_bitmap(darkening) == "f" * 16
    assert hash_of_bitmap(first_row) == "ff" + "0" * 14


def test_colours_count_as_bright_as_they_look() -> None:
    # Blue, green and red, each brighter to the eye than the one before.
    colours = [(255, 0, 0), (0, 0, 255), (0, 255, 0)] * 3
    row = b"".join(map(bytes, colours))
    plain = bytearray(bitmap(ROWS))
    plain[-28:] = row + b"\0"
    assert hash_of_bitmap(bytes(plain))[:2] == f"{0b00100100:02x}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"BM",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        bitmap(ROWS)[:-1],
        bitmap(ROWS[:-1]),
        bitmap([row[:-1] for row in ROWS]),
        bitmap(ROWS).replace(b"\x18\x00", b"\x10\x00", 1),
        b'{"FileSize": {"value": "1"}}' + bytes(300),
    ],
)
def test_what_is_no_such_bitmap_has_no_hash(content: bytes) -> None:
    with pytest.raises(ValueError, match="bitmap"):
        hash_of_bitmap(content)


def test_a_palette_that_is_cut_is_no_palette() -> None:
    whole = bytearray(bitmap([b"\xff" * WIDTH] * HEIGHT, bits=8))
    whole[10:14] = (54 + 8).to_bytes(4, "little")
    with pytest.raises(ValueError):  # noqa: PT011 (what it says is Python's own)
        hash_of_bitmap(bytes(whole))


def test_a_distance_is_the_number_of_bits_that_differ() -> None:
    assert distance("0" * 16, "f" * 16) == BITS
    assert distance("0" * 16, "8" + "0" * 14 + "1") == 2
    assert (is_hash("0" * 16), is_hash(""), is_hash(NO_HASH)) == (True, False, False)
    hashes = [hash_of_bitmap(bitmap_of("burst", frame)) for frame in range(72)]
    assert max(distance(hashes[0], other) for other in hashes) <= MAX_BITS_OF_NEAR_DUPLICATES


# -- what the threshold of near-duplicates rests on -------------------------------------------------


def hashed(picture: Image.Image, quality: int = 90) -> str:
    snapshot = process(encoded(picture, "JPEG", quality=quality), PREPARE).content
    return hash_of_bitmap(process(snapshot, INSTRUCTIONS).content)


@cache
def drawn(seed: int) -> Image.Image:
    return portrait(seed, size=(384, 512))


@cache
def hash_of(seed: int) -> str:
    return hashed(drawn(seed))


def _moved(picture: Image.Image) -> Image.Image:
    turned = picture.rotate(0.3, Image.Resampling.BICUBIC)
    width, height = turned.size
    return turned.crop((int(width * 0.01), int(height * 0.005), int(width * 0.995), int(height * 0.995)))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "made smaller": lambda picture: picture.resize((256, 341), Image.Resampling.LANCZOS),
    "brightened": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "darkened": lambda picture: ImageEnhance.Brightness(picture).enhance(0.9),
    "of more contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.1),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(1.3)),
    "moved by half a percent": _moved,
}


def near(pairs: list[int]) -> float:
    return sum(one <= MAX_BITS_OF_NEAR_DUPLICATES for one in pairs) / len(pairs)


@pytest.mark.parametrize("change", CHANGES)
def test_two_in_three_changed_copies_of_a_picture_are_near_duplicates(change: str) -> None:
    assert near([distance(hash_of(seed), hashed(CHANGES[change](drawn(seed)))) for seed in POSES]) >= 2 / 3


def test_four_in_five_compressed_copies_are() -> None:
    assert near([distance(hash_of(seed), hashed(drawn(seed), quality=40)) for seed in POSES]) >= 0.8


def test_other_poses_and_other_people_seldom_are() -> None:
    pairs = list(combinations(POSES, 2))
    poses = [distance(hash_of(a), hash_of(b)) for a, b in pairs if a // 100 == b // 100]
    people = [distance(hash_of(a), hash_of(b)) for a, b in pairs if a // 100 != b // 100]
    assert near(poses) <= 0.15
    assert near(people) <= 0.02


def test_a_grey_picture_is_a_near_duplicate_of_the_coloured_one() -> None:
    assert near([distance(hash_of(seed), hashed(drawn(seed).convert("L"))) for seed in POSES]) >= 0.8


def test_bytes_of_a_bitmap_are_few() -> None:
    assert len(process(encoded(drawn(1).convert("L")), INSTRUCTIONS).content) < 2048
    assert len(process(encoded(drawn(1)), INSTRUCTIONS).content) == len(bitmap(ROWS))


def test_what_the_emulated_oss_makes_is_read_as_pillow_reads_it() -> None:
    content = process(encoded(drawn(7)), INSTRUCTIONS).content
    grey = Image.open(io.BytesIO(content)).convert("L")
    bits = [
        grey.getpixel((x, y)) > grey.getpixel((x + 1, y))  # type: ignore[operator]  # a grey pixel is a number
        for y in range(HEIGHT)
        for x in range(WIDTH - 1)
    ]
    own = f"{int(hash_of_bitmap(content), 16):064b}"
    assert sum(bit != (digit == "1") for bit, digit in zip(bits, own, strict=True)) <= 4
