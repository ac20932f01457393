"""The table of kinds: signatures, which of two has the word, pictures that are cut off, and hostile bytes."""

from __future__ import annotations

import string
import time
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliyun_local.samples import encoded
from shared.domain import archive_formats, media_files, picture_files
from shared.domain.file_facts import END_BYTES, START_BYTES, FileFacts, Kind
from shared.domain.file_kinds import SHOWN_BYTES, described, kind_of, kind_of_large, needs_end
from shared.domain.file_signatures import SIGNATURES
from shared.domain.photos import Verdict
from shared.domain.picture_files import picture_format, picture_sides
from shared.domain.row_size import MAX_DETAIL_CHARACTERS
from shared.domain.verdict_words_of_files import OF_FILES
from tests.uploads import document_files as d
from tests.uploads import media_files as m
from tests.uploads import pictures as p
from tests.uploads import raw_files as r
from tests.uploads.zips import zipped

V = Verdict
many_examples = settings(max_examples=400, deadline=None, derandomize=True)
LOST = b"\xef\xbf\xbd"
PRINTABLE = set(string.ascii_letters + string.digits + string.punctuation + " ")
REACHED_ELSEWHERE = {V.LINK, V.SYSTEM_FILE}
"""Verdicts of zips, which files by themselves get too."""


def facts(content: bytes, name: str = "photo", *, beside: Collection[str] = (), size: int = 0) -> FileFacts:
    """A file as far as it is read; ``size`` of one that is longer than ``content``."""
    size = size or len(content)
    start = content[:START_BYTES]
    end = content[-END_BYTES:] if len(content) == size else b""
    return FileFacts(name=name, size=size, start=start, end=end, beside=beside)


def told(content: bytes, name: str = "photo", *, beside: Collection[str] = ()) -> tuple[Verdict, str] | None:
    kind = kind_of(facts(content, name, beside=beside))
    return (kind.verdict, kind.what) if kind else None


# -- signatures -----------------------------------------------------------------------------------

OF_SIGNATURES = [(one.verdict, one.what, one.content, one.at) for one in SIGNATURES]
OF_ARCHIVES = [
    (V.OTHER_ARCHIVE, f"{what} archive", content, at) for at, content, what in archive_formats._ARCHIVES
]
OF_FILMS = [(V.VIDEO, f"{what} video", content, 0) for content, what in media_files._FILMS]
OF_SOUNDS = [(V.OTHER_FILE, f"{what} sound", content, 0) for content, what in media_files._SOUNDS]
OF_RAW = [(V.RAW_FILE, what, content, 0) for content, what in picture_files._RAW_STARTS]
ALL_SIGNATURES = [*OF_SIGNATURES, *OF_ARCHIVES, *OF_FILMS, *OF_SOUNDS, *OF_RAW]


@pytest.mark.parametrize(("verdict", "what", "content", "at"), ALL_SIGNATURES)
def test_a_file_with_a_signature_is_of_its_kind_whatever_follows(
    verdict: Verdict, what: str, content: bytes, at: int
) -> None:
    for follows in (b"", bytes(300), b"\xff" * 300, b"text " * 60):
        assert told(b"\x01" * at + content + follows) == (verdict, what)


def test_no_kind_says_a_word_twice() -> None:
    told_twice = [what for _, what, _, _ in ALL_SIGNATURES if len(set(what.split())) < len(what.split())]
    assert told_twice == []


@pytest.mark.parametrize(("verdict", "what", "content", "at"), ALL_SIGNATURES)
def test_half_a_signature_is_none(verdict: Verdict, what: str, content: bytes, at: int) -> None:
    for count in range(len(content)):
        assert told(b"\x01" * at + content[:count]) != (verdict, what)


@pytest.mark.parametrize(
    ("brand", "verdict", "what"),
    [
        *(
            (brand, V.VIDEO, "MPEG-4 video")
            for brand in (b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ")
        ),
        *((brand, V.VIDEO, "3GPP video") for brand in (b"3gp4", b"3gp5", b"3g2a")),
        (b"qt  ", V.VIDEO, "QuickTime video"),
        (b"what", V.VIDEO, "MPEG-4 video"),
        (b"M4A ", V.OTHER_FILE, "MPEG-4 sound"),
        (b"crx ", V.RAW_FILE, "Canon CR3"),
        (b"jxl ", V.OTHER_FORMAT, "JPEG XL"),
        (b"jp2 ", V.OTHER_FORMAT, "JPEG 2000"),
    ],
)
def test_a_brand_tells_films_from_sounds_and_pictures(brand: bytes, verdict: Verdict, what: str) -> None:
    assert told(m.box(b"ftyp", brand, bytes(4)) + m.box(b"meta") + m.box(b"mdat", bytes(90))) == (
        verdict,
        what,
    )


@pytest.mark.parametrize(("brand", "form"), [(b"hevc", "HEIC"), (b"msf1", "HEIF"), (b"avis", "AVIF")])
def test_pictures_one_after_the_other_are_an_animation(brand: bytes, form: str) -> None:
    content = m.box(b"ftyp", brand, bytes(4)) + m.box(b"moov", bytes(90)) + m.box(b"mdat", bytes(90))
    assert told(content) == (V.ANIMATION, f"{form} of several pictures")


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"heim", b"heif", b"mif1", b"msf1", b"hevc", b"avif"])
def test_a_whole_picture_that_oss_refuses_is_of_no_kind_that_is_known(brand: bytes) -> None:
    content = m.box(b"ftyp", brand, bytes(4)) + m.box(b"meta") + m.box(b"mdat", bytes(90))
    assert told(content) is None
    assert described(facts(content)).endswith(" file")


# -- which has the word ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "verdict"),
    [
        (encoded(p.face(), "PDF"), "1.jpg", V.DOCUMENT),
        (r.fujifilm(), "1.jpg", V.RAW_FILE),
        (r.raw(dng=True), "1.tif", V.RAW_FILE),
        (encoded(p.face(), "TIFF"), "1.tif", None),
        (encoded(p.face(), "TIFF"), "1.nef", V.RAW_FILE),
        (p.jpeg(), "1.nef", None),
        (r.raw(), "1.jpg", V.RAW_FILE),
        (b"\0\0\0\x18ftypheic" + bytes(12), "1.heic", V.CUT_OFF),
        (encoded(p.face(), "WEBP").decode("utf-8", "replace").encode(), "1.webp", V.SENT_AS_TEXT),
        (
            b"RIFF\x9c\x80\0\0WEBPVP8 ".decode("utf-8", "replace").encode() + LOST * 16,
            "1.webp",
            V.SENT_AS_TEXT,
        ),
        (
            b"RIFF\x9c\x30\0\0WEBPVP8 ".decode("utf-8", "replace").encode() + LOST * 16,
            "1.webp",
            V.SENT_AS_TEXT,
        ),
        (b"RIFF\x24\x30\0\0WEBPVP8 " + LOST * 16, "1.webp", V.SENT_AS_TEXT),
        (bytes(START_BYTES) + b"x", "1.jpg", None),
        (d.cloud_error(), "1.jpg", V.SERVICE_ANSWER),
        (b'{"error": "/9j/4AAQSkZJRgABAQ"}', "1.jpg", V.SENT_AS_TEXT),
        (d.cloud_error(), "1.xmp", V.SERVICE_ANSWER),
        (d.takeout(), "1.jpg", V.SIDECAR),
        (b'{"title": "x"}', "1.json", V.TEXT_FILE),
        (b'{"title": "x"}', "IMG_1.jpeg.json", V.SIDECAR),
        (b"<html><img src='data:image/png;base64,iVBORw0KGgo='></html>", "1.jpg", V.WEB_PAGE),
        (b"<html>" + b"<svg></svg></html>", "1.svg", V.DRAWING),
        (d.office(), "1.jpg", V.DOCUMENT),
        (zipped({"1.jpg": b"x"}), "photos.docx", V.DOCUMENT),
        (zipped({"1.jpg": b"x"}), "photos", V.MISNAMED_ZIP),
        (d.app(), "photos", V.OTHER_FILE),
        (d.gzipped(p.jpeg()), "1.jpg", V.SENT_COMPRESSED),
        (d.gzipped(b"text"), "1.jpg", V.OTHER_ARCHIVE),
        (d.gzipped(p.jpeg())[:12], "1.jpg", V.OTHER_ARCHIVE),
        (b"--\r\n" + p.jpeg(), "1.jpg", V.STRAY_BYTES),
        (b"\x80\x81" * 30 + p.jpeg(), "1.jpg", None),
        (b" " * 2000 + p.jpeg(), "1.jpg", None),
        (b"iNiN and others", "1.jpg", V.TEXT_FILE),
        (b"bplist00" + bytes(9), "1.aae", V.SIDECAR),
        (b"bplist00" + bytes(9), "1.webloc", V.LINK),
        (b"bplist00" + bytes(9), "1.jpg", V.OTHER_FILE),
        (b"\xff\xfb\x90\x64" + bytes(100), "1.mp3", V.OTHER_FILE),
        (b"\xff\xfb\x90\x64" + bytes(100), "1.jpg", None),
    ],
)
def test_the_more_specific_kind_has_the_word(content: bytes, name: str, verdict: Verdict | None) -> None:
    kind = told(content, name)
    assert (kind and kind[0]) == verdict


@pytest.mark.parametrize("beside", ["IMG_1.HEIC", "img_1.jpg", "IMG_1.jpeg"])
def test_a_film_beside_a_still_of_its_name_is_the_stills(beside: str) -> None:
    assert told(m.film(b"qt  "), "IMG_1.MOV", beside=[beside, "IMG_1.MOV"]) == (
        V.LIVE_PHOTO_VIDEO,
        "QuickTime video",
    )


def test_a_film_that_is_called_like_a_picture_is_not_its_own_still() -> None:
    assert told(m.film(), "1.jpg", beside=["1.jpg"]) == (V.VIDEO, "MPEG-4 video")


@pytest.mark.parametrize("beside", ["IMG_2.HEIC", "a/IMG_1.HEIC", "IMG_1.MOV", "IMG_1.txt", "IMG_1"])
def test_a_film_beside_anything_else_is_a_film(beside: str) -> None:
    assert told(m.film(b"qt  "), "IMG_1.MOV", beside=[beside]) == (V.VIDEO, "QuickTime video")


@pytest.mark.parametrize("key", [b"com.apple.quicktime.content.identifier", b"com.apple.quicktime.make"])
def test_a_film_that_names_its_still_is_the_stills_and_one_that_names_its_camera_is_not(key: bytes) -> None:
    content = m.film(b"qt  ", picture_bytes=200_000, properties=m.quicktime_properties(key, b"value"))
    kind = kind_of(facts(content))
    assert kind is not None
    assert (kind.verdict is V.LIVE_PHOTO_VIDEO) is key.endswith(b"identifier")


def test_of_a_large_file_a_picture_is_too_large_whatever_else_is_wrong_with_it() -> None:
    assert kind_of_large(facts(p.cut(p.jpeg(), 0.5))) is None
    assert kind_of_large(facts(p.animated("WEBP"))) is None
    assert kind_of_large(facts(m.film())) == Kind(V.VIDEO, "MPEG-4 video")
    assert kind_of_large(facts(r.raw(dng=True))) == Kind(V.RAW_FILE, "DNG")
    assert kind_of_large(facts(bytes(100))) == Kind(V.ALL_ZEROS, "zeros")


# -- whole or not ---------------------------------------------------------------------------------

WHOLE = {
    "JPEG": p.jpeg(),
    "progressive JPEG": encoded(p.face(), "JPEG", progressive=True),
    "MPO": p.mpo(),
    "PNG": encoded(p.face(), "PNG"),
    "GIF": p.animated("GIF"),
    "BMP": encoded(p.face(), "BMP"),
    "TIFF": encoded(p.face(), "TIFF"),
    "LZW TIFF": encoded(p.face(), "TIFF", compression="tiff_lzw"),
    "WebP": encoded(p.face(), "WEBP"),
    "HEIC": p.heic(),
    "AVIF": encoded(p.face(), "AVIF", quality=80, speed=10),
    "padded JPEG": p.jpeg() + bytes(100),
    "JPEG with a film behind": p.jpeg() + m.film(),
    "long JPEG": p.with_large_profile((1200, 1500)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_picture_is_not_cut_off(name: str) -> None:
    assert told(WHOLE[name]) is None


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", [name for name in WHOLE if name not in ("MPO", "JPEG with a film behind")])
def test_a_picture_whose_end_is_missing_is_cut_off(name: str, share: float) -> None:
    content = WHOLE[name] if name != "padded JPEG" else p.jpeg()
    kind = told(p.cut(content, share))
    assert kind is not None
    assert kind[0] is V.CUT_OFF


def test_a_preview_within_a_jpeg_is_not_its_end() -> None:
    whole = p.with_segment(0xE1, b"Exif\0\0" + encoded(p.face(1, (64, 80)), "JPEG"))
    assert told(whole) is None
    assert told(whole[: len(whole) // 2]) == (V.CUT_OFF, "JPEG without its end")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF"])
def test_what_was_not_read_of_a_picture_is_not_missing(name: str) -> None:
    assert kind_of(facts(WHOLE[name], size=10**7)) is None


@pytest.mark.parametrize(
    ("content", "name", "needed"),
    [
        *(
            (WHOLE[name], "1", name in ("JPEG", "PNG", "GIF"))
            for name in ("JPEG", "PNG", "GIF", "HEIC", "BMP")
        ),
        (m.film(), "1", True),
        (m.old_film(), "1", True),
        (m.avi(), "1", False),
        (bytes(10), "1", True),
        (b"text", "1", False),
        (b"text", "1.TGA", True),
    ],
)
def test_the_end_is_asked_for_only_where_it_tells(content: bytes, name: str, needed: bool) -> None:
    assert needs_end(name, content) is needed


# -- sides ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "HEIF"])
def test_the_sides_of_a_picture_stand_at_its_beginning(kind: str) -> None:
    assert picture_sides(encoded(p.face(1, (300, 410)), kind)) == (300, 410)


@pytest.mark.parametrize("options", [{"lossless": True}, {"exif": b"Exif\0\0II*\0" + bytes(8)}])
def test_the_sides_of_each_form_of_a_webp_are_known(options: dict[str, Any]) -> None:
    assert picture_sides(encoded(p.face(1, (300, 410)), "WEBP", **options)) == (300, 410)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "HEIF"])
def test_of_a_picture_that_ends_too_early_the_sides_are_unknown_and_nothing_fails(kind: str) -> None:
    content = encoded(p.face(1, (300, 410)), kind)
    found = {picture_sides(content[:count]) for count in range(0, 700, 3)}
    assert found <= {None, (300, 410)} or kind == "TIFF"


# -- strangers ------------------------------------------------------------------------------------

BEGINNINGS = [content for _, _, content, at in ALL_SIGNATURES if not at] + [
    *(content[:700] for content in WHOLE.values()),
    *(b"{", b"<", b"<!--", b"<?xml", b"data:image/", b"--a\r\n", b"HTTP/1.1 ", b"PK\3\4", b"\x1f\x8b\x08"),
    *(b"\0\0\0\1ftyp", b"\0\0\0\0ftypheic", b"II*\0", b"MM\0*", b"RIFF", b"bplist00", b"255,216,255,"),
]
ANYTHING = st.one_of(
    st.binary(max_size=3000),
    st.text(max_size=3000).map(lambda text: text.encode("utf-8", "replace")),
    st.tuples(st.sampled_from(BEGINNINGS), st.binary(max_size=1000)).map(b"".join),
)
NAMES = st.sampled_from(["1.jpg", "1.DNG", "1", "", ".", "a/b.tga", "1.jpg.json", "1.aae", "1.mov", "1.mp3"])
REACHABLE = set(OF_FILES) | REACHED_ELSEWHERE


def assert_fit_to_be_shown(kind: Kind | None, file: FileFacts) -> None:
    assert kind is None or kind.verdict in REACHABLE
    for text in (kind.what if kind else "", described(file)):
        assert len(text) <= MAX_DETAIL_CHARACTERS // 2
        assert set(text) <= PRINTABLE


@many_examples
@given(ANYTHING, NAMES)
def test_any_bytes_are_of_a_kind_or_of_none_and_the_words_for_it_can_be_shown(
    content: bytes, name: str
) -> None:
    file = facts(content, name)
    assert_fit_to_be_shown(kind_of(file), file)
    assert_fit_to_be_shown(kind_of_large(file), file)
    sides = picture_sides(file.start)
    assert sides is None or min(sides) >= 0
    needs_end(name, file.start)


@many_examples
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=200), NAMES, st.integers(min_value=1, max_value=2**40))
def test_any_size_may_be_told_of_any_beginning(start: bytes, end: bytes, name: str, size: int) -> None:
    file = FileFacts(name=name, size=max(size, len(start)), start=start, end=end)
    assert_fit_to_be_shown(kind_of(file), file)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            b"<!-- -->",
            b"<!--",
            b"<Error ",
            b"<Code>",
            b"{",
            b"[",
            b'"',
            b" ",
            b"\n",
            b"--a\r\n",
            b"a",
            b"0,",
        ),
        *(
            b"PK\3\4",
            b"\xff\xd8\xff",
            b"\xff",
            b"data:image",
            b"ftyp",
            b"\xef\xbf\xbd",
            b"A=",
            b"http:",
            b"\0",
        ),
        *(b"\0\0\0\x08free", b"II*\0\x08\0\0\0\xff\xff", b"ffd8ff", b'"code":', b"received:", b"/a"),
    ],
)
def test_no_repetition_takes_long(unit: bytes) -> None:
    content = (unit * START_BYTES)[:START_BYTES]
    began = time.process_time()
    for before in (b"", b"<", b"{", b"--", b"\xff\xd8\xff", b"\0\0\0\x18ftypheic", b"HTTP/1.1 "):
        kind_of(facts(before + content))
        kind_of(facts(before + content, "1.json"))
    assert time.process_time() - began < 2


SECRET = b"hunter2"


@pytest.mark.parametrize(
    "content",
    [
        b"password=" + SECRET,
        b"https://b.example/1.jpg?Signature=" + SECRET,
        b'{"error": "' + SECRET + b'"}',
        b"<Error><Code>AccessDenied</Code><Message>" + SECRET + b"</Message></Error>",
        b"<Error><Code>" + SECRET + b" and more</Code></Error>",
        b"<Error><Message>" + SECRET + b"</Message><Code>AccessDenied</Code></Error>",
        b"--" + SECRET + b"\r\nContent-Disposition: form-data; name=file\r\n\r\n",
        b"\x9d" * SHOWN_BYTES + SECRET,
        b"HTTP/1.1 302 Found\r\nLocation: " + SECRET + b"\r\n\r\n",
    ],
)
def test_what_a_file_holds_is_not_told(content: bytes) -> None:
    file = facts(content, "1.jpg")
    kind = kind_of(file)
    assert SECRET.decode() not in f"{kind} {described(file) if kind is None else ''}"
    assert SECRET.hex() not in described(file).replace(" ", "")


def test_of_an_unknown_file_its_first_bytes_are_shown() -> None:
    assert described(facts(b"\x9d\x01\xfe")) == "begins with 9d 01 fe"
    assert described(facts(bytes(range(90, 200)))) == "begins with 5a 5b 5c 5d 5e 5f 60 61"
    assert described(facts(p.jpeg())) == "JPEG file"
    assert picture_format(b"") is None
    assert kind_of(facts(b"")) is None
