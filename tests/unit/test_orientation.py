"""What a photo's first bytes say of its orientation, in both formats of telephones."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aliyun_local.samples import encoded
from shared.domain.jpeg import carries_metadata, jpeg_sides, with_orientation, without_metadata
from shared.domain.orientation import Turned, orientation_of_info, turned_as_told
from tests.unit.support import few_examples

EVERY_ORIENTATION = range(1, 9)
UPRIGHT = Image.linear_gradient("L").resize((60, 90)).convert("RGB")


def tiff(order: str, orientation: int, *, before: int = 0, entries: int = 2) -> bytes:
    """EXIF with a maker and an orientation, whose entries begin ``before`` bytes behind the header."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    maker = struct.pack(f"{order}HHI4s", 0x010F, 2, 4, b"abc\0")
    turned = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return (
        mark
        + struct.pack(f"{order}I", 8 + before)
        + bytes(before)
        + struct.pack(f"{order}H", entries)
        + maker
        + turned
    )


def jpeg_with(exif: bytes) -> bytes:
    picture = encoded(UPRIGHT)
    content = b"Exif\0\0" + exif
    return picture[:2] + struct.pack(">BBH", 0xFF, 0xE1, len(content) + 2) + content + picture[2:]


@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_jpeg_tells_its_orientation_in_either_byte_order(orientation: int) -> None:
    for order in "<>":
        for before in (0, 1000):
            told = turned_as_told(jpeg_with(tiff(order, orientation, before=before)))
            assert told == Turned(orientation, (60, 90), False)


def test_a_jpeg_that_says_nothing_usable_tells_nothing() -> None:
    for exif in (
        b"",
        b"II*\0",
        b"PNG" + tiff("<", 6)[3:],
        tiff("<", 0),
        tiff("<", 9),
        tiff("<", 6, entries=1),
        tiff("<", 6)[:20],
        tiff(">", 6, before=10)[:14],
    ):
        assert turned_as_told(jpeg_with(exif)) is None
    assert turned_as_told(encoded(UPRIGHT)) is None
    assert turned_as_told(encoded(UPRIGHT, "PNG", orientation=6)) is None
    assert turned_as_told(b"") is None


def test_more_entries_than_there_are_end_where_the_exif_ends() -> None:
    maker_only = tiff("<", 6, entries=65_535)[:-12]
    assert turned_as_told(jpeg_with(maker_only)) is None


@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_heic_tells_its_own_turns_and_the_size_as_it_is_stored(orientation: int) -> None:
    told = turned_as_told(encoded(UPRIGHT, "HEIF", orientation=orientation)[:4096])
    assert told is not None
    assert (told.orientation, told.may_be_turned) == (orientation, True)
    assert told.sides is not None
    # The encoder fills up the last block.
    width, height = (60, 90) if orientation < 5 else (90, 60)
    assert width <= told.sides[0] <= width + 8
    assert height <= told.sides[1] <= height + 8


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def heic(properties: list[bytes], *, wide: bool, long: bool = False) -> bytes:
    """The tables of a HEIC whose primary picture, number 7, has all of ``properties`` in their order."""
    item = struct.pack(">I" if wide else ">H", 7)
    index = ">H" if wide else ">B"
    mark = 0x8000 if wide else 0x80
    of_it = b"".join(struct.pack(index, mark | number) for number in range(1, len(properties) + 1))
    other = struct.pack(">I" if wide else ">H", 3) + b"\x01" + struct.pack(index, 1)
    table = (
        bytes((wide, 0, 0, wide)) + struct.pack(">I", 2) + other + item + bytes((len(properties),)) + of_it
    )
    iprp = box(b"iprp", box(b"ipco", b"".join(properties)) + box(b"ipma", table))
    pitm = box(b"pitm", bytes((wide, 0, 0, 0)) + item)
    body = bytes(4) + pitm + iprp
    meta = struct.pack(">I4sQ", 1, b"meta", len(body) + 16) + body if long else box(b"meta", body)
    return box(b"ftyp", b"heic" + bytes(8)) + meta


@pytest.mark.parametrize(
    ("turns", "orientation"),
    [
        ([(b"irot", 3)], 6),
        ([(b"irot", 2)], 3),
        ([(b"irot", 1), (b"irot", 1)], 3),
        ([(b"imir", 1)], 2),
        ([(b"imir", 0)], 4),
        ([(b"imir", 0), (b"imir", 1)], 3),
        ([(b"imir", 1), (b"irot", 3)], 7),
        ([(b"irot", 3), (b"imir", 1)], 5),
        ([(b"irot", 3), (b"imir", 0)], 7),
        ([], 1),
    ],
)
def test_the_turns_of_a_heic_are_put_together_in_their_order(
    turns: list[tuple[bytes, int]], orientation: int
) -> None:
    sides = box(b"ispe", bytes(4) + struct.pack(">II", 5712, 4284))
    properties = [sides, *(box(kind, bytes((value,))) for kind, value in turns)]
    for wide in (False, True):
        for long in (False, True):
            found = turned_as_told(heic(properties, wide=wide, long=long))
            assert found == Turned(orientation, (5712, 4284), True)


def test_a_heic_without_its_tables_tells_nothing() -> None:
    whole = heic([box(b"irot", b"\3")], wide=False)
    assert turned_as_told(whole[:24]) is None
    assert turned_as_told(box(b"ftyp", b"heic")) is None
    assert turned_as_told(box(b"ftyp", b"heic") + struct.pack(">I4sQ", 1, b"meta", 3)) is None


@given(at=st.integers(0, 400), put=st.binary(max_size=12))
@few_examples
def test_damaged_tables_are_read_within_bounds(at: int, put: bytes) -> None:
    for content in (heic([box(b"irot", b"\3")], wide=True), jpeg_with(tiff(">", 6))):
        damaged = content[:at] + put + content[at + len(put) :]
        found = turned_as_told(damaged)
        assert found is None or found.orientation in EVERY_ORIENTATION


def test_oss_names_an_orientation_by_its_number_or_in_words() -> None:
    assert [orientation_of_info(str(number)) for number in EVERY_ORIENTATION] == list(EVERY_ORIENTATION)
    assert orientation_of_info("Right-top") == 6
    assert orientation_of_info("left-bottom") == 8
    for text in ("", "0", "9", "12", "upright"):
        assert orientation_of_info(text) is None


@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_picture_is_given_its_orientation_and_no_other_metadata(orientation: int) -> None:
    source = jpeg_with(tiff("<", 3))
    given_it = with_orientation(source, orientation)
    assert dict(Image.open(io.BytesIO(given_it)).getexif()) == {0x0112: orientation}
    assert turned_as_told(given_it) == Turned(orientation, (60, 90), False)
    assert without_metadata(given_it) == without_metadata(source)
    assert carries_metadata(given_it)
    assert jpeg_sides(given_it) == (60, 90)
    without_jfif = source[:2] + source[source.index(b"\xff\xdb") :]
    assert turned_as_told(with_orientation(without_jfif, orientation)) == Turned(orientation, (60, 90), False)


def test_what_is_no_whole_jpeg_is_given_none() -> None:
    with pytest.raises(ValueError, match="no whole JPEG"):
        with_orientation(encoded(UPRIGHT)[:-2], 6)
