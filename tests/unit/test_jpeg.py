"""What a JPEG tells, and what of it leaves the account: the picture, its colours, and nothing else."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from shared.domain.jpeg import carries_metadata, jpeg_sides, without_metadata
from tests.unit.support import few_examples

SECRET = b"31.2304N 121.4737E"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MODES = ["L", "RGB", "CMYK"]


def jpeg(mode: str = "RGB", sides: tuple[int, int] = (321, 123), **options: Any) -> bytes:
    picture = Image.linear_gradient("L").resize(sides).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def exif_with_everything() -> bytes:
    """EXIF with a place, a maker, a model, a serial number and a thumbnail."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0xA431] = "Maker", "Model X", "SN 4711"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.4), 3: "E", 4: (121.0, 28.0, 25.3)})
    return exif.tobytes() + SECRET + jpeg(sides=(160, 120))


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).tobytes()


# -- the sides ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"exif": b"Exif\0\0" + bytes(60_000)}])
def test_the_sides_of_a_jpeg_are_read_from_its_first_bytes(mode: str, options: dict[str, Any]) -> None:
    assert jpeg_sides(jpeg(mode, **options)[: 64 * 1024]) == (321, 123)


@few_examples
@given(cut=st.integers(0, 700), flips=st.dictionaries(st.integers(0, 699), st.integers(0, 255), max_size=6))
def test_bytes_that_are_no_jpeg_do_no_harm(cut: int, flips: dict[int, int]) -> None:
    damaged = bytearray(jpeg(sides=(300, 300)))
    for place, byte in flips.items():
        damaged[place % len(damaged)] = byte
    start = bytes(damaged[:cut])
    assert jpeg_sides(start) is None or len(start) > 20
    assert carries_metadata(start) in (True, False)
    try:
        assert len(without_metadata(start)) <= len(start)
    except ValueError as error:
        assert "JPEG" in str(error)  # noqa: PT017  # either is right, as long as it ends


@pytest.mark.parametrize("content", [b"", b"FACE", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG"])
def test_what_is_no_jpeg_has_no_sides_and_is_not_known_to_be_clean(content: bytes) -> None:
    assert jpeg_sides(content) is None
    assert carries_metadata(content)
    with pytest.raises(ValueError, match="no whole JPEG"):
        without_metadata(content)


# -- metadata -----------------------------------------------------------------------------------------

PLAIN = jpeg()
AFTER_SOI = 2
WITH_METADATA = {
    "EXIF": jpeg(exif=exif_with_everything()),
    "XMP": jpeg(xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
    "a comment": jpeg(comment=SECRET),
    "IPTC": PLAIN[:2] + segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04" + SECRET) + PLAIN[2:],
    "a maker's own": PLAIN[:2] + segment(0xE4, b"QVCI" + SECRET) + PLAIN[2:],
    "further pictures": PLAIN[:2] + segment(0xE2, b"MPF\x00" + SECRET) + PLAIN[2:],
    "a flashpix stream": PLAIN[:2] + segment(0xE2, b"FPXR\x00" + SECRET) + PLAIN[2:],
    "a JFXX thumbnail": PLAIN[:2] + segment(0xE0, b"JFXX\x00\x10" + SECRET) + PLAIN[2:],
    "a JFIF thumbnail": PLAIN[:2]
    + segment(0xE0, b"JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x02\x03" + SECRET)
    + PLAIN[PLAIN.index(b"\xff\xdb") :],
    "a comment between the tables": PLAIN.replace(b"\xff\xc4", segment(0xFE, SECRET) + b"\xff\xc4", 1),
}


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
@pytest.mark.parametrize("content", WITH_METADATA.values(), ids=WITH_METADATA)
def test_metadata_is_seen_and_taken_away_and_the_picture_stays(content: bytes) -> None:
    assert SECRET in content
    assert carries_metadata(content[: 64 * 1024])
    clean = without_metadata(content)
    assert SECRET not in clean
    assert not carries_metadata(clean)
    assert pixels(clean) == pixels(content)
    assert without_metadata(clean) == clean


def test_nothing_of_a_telephones_photo_is_left_but_the_picture() -> None:
    clean = without_metadata(jpeg(exif=exif_with_everything(), xmp=b"<x/>" + SECRET, comment=SECRET))
    for secret in (b"Exif", b"Maker", b"Model X", b"SN 4711", SECRET, b"xmp"):
        assert secret not in clean
    assert dict(Image.open(io.BytesIO(clean)).getexif()) == {}


@pytest.mark.parametrize("behind", [SECRET, PLAIN + SECRET, b"\xff\xd9" + SECRET, b"\x00" * 9 + SECRET])
def test_what_follows_the_end_of_the_picture_is_gone(behind: bytes) -> None:
    clean = without_metadata(PLAIN + behind)
    assert clean == PLAIN


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"icc_profile": PROFILE}, {"restart_marker_blocks": 2}]
)
def test_a_picture_without_metadata_stays_as_it_is(mode: str, options: dict[str, Any]) -> None:
    content = jpeg(mode, **options)
    assert not carries_metadata(content[: 64 * 1024])
    assert without_metadata(content) == content


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"icc_profile": PROFILE}, {"restart_marker_blocks": 2}]
)
def test_a_cleaned_picture_has_the_same_pixels_and_profile(mode: str, options: dict[str, Any]) -> None:
    content = jpeg(mode, exif=exif_with_everything(), **options)
    clean = without_metadata(content)
    assert clean == jpeg(mode, **options)
    assert Image.open(io.BytesIO(clean)).info.get("icc_profile") == options.get("icc_profile")


def test_metadata_that_a_header_does_not_show_to_its_end_is_taken_for_there() -> None:
    content = jpeg(icc_profile=PROFILE * 30)
    assert carries_metadata(content[:1000])
    assert not carries_metadata(content)


def test_fill_bytes_before_a_marker_are_no_metadata() -> None:
    filled = PLAIN.replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1)
    assert not carries_metadata(filled)
    assert without_metadata(filled) == PLAIN


@pytest.mark.parametrize("cut", [2, 20, 300, len(PLAIN) - 2, len(PLAIN) - 1])
def test_a_picture_that_is_cut_off_is_not_handed_on(cut: int) -> None:
    with pytest.raises(ValueError, match="no whole JPEG"):
        without_metadata(PLAIN[:cut])
