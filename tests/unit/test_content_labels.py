"""The implicit label: what it says, where readers find it, and what of a picture stays as it was."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from shared.domain import picture_metadata, xmp_packets
from shared.domain.content_labels import (
    CannotBeLabelled,
    ContentLabel,
    carried_label,
    first_label,
    is_in_standard_characters,
    labelled,
)
from shared.domain.jpeg import jpeg_sides
from shared.domain.picture_metadata import opened
from tests.unit.support import few_examples

RDF, TC260 = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.tc260.org.cn/ns/AIGC/1.0/"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS = ["JPEG", "PNG", "WEBP"]
LABEL = first_label("00119111010ABCDEF", "0385dc79-5ff8-4d82-bcb6-aabbccddeeff-2")
THEIRS = json.dumps({"Label": "1", "ContentProducer": "aliyun", "ProduceID": "x-1"})
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF + '">'
    '<rdf:Description rdf:about="uuid:7&amp;8" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' dc:source="{source}">{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    + " \n" * 400
    + '<?xpacket end="w"?>'
)
PLAIN_PACKET = PACKET.replace("{source}", "a model").replace("{inner}", "")


def drawn(mode: str = "RGB", sides: tuple[int, int] = (97, 64)) -> Image.Image:
    return Image.linear_gradient("L").resize(sides).convert(mode)


def encoded(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    (image or drawn()).save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(content: bytes) -> tuple[str, tuple[int, int], bytes]:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image.mode, image.size, image.tobytes()


def xmp_of(content: bytes) -> bytes:
    """The packet, read by Pillow."""
    image = Image.open(io.BytesIO(content))
    image.load()
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    assert found is not None
    return found if isinstance(found, bytes) else found.encode()


def told_in(content: bytes) -> list[Any]:
    """The labels in the packet, read as readers of XMP do."""
    tree = ElementTree.fromstring(xmp_of(content).decode().strip("\ufeff\x00"))
    return [json.loads(str(one.text)) for one in tree.findall(f".//{{{RDF}}}Description/{{{TC260}}}AIGC")]


def png_chunk(kind: bytes, inner: bytes) -> bytes:
    return struct.pack(">I", len(inner)) + kind + inner + struct.pack(">I", zlib.crc32(kind + inner))


def png_with(*chunks: bytes) -> bytes:
    plain = encoded("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def jpeg_with(marker: int, inner: bytes) -> bytes:
    plain = encoded("JPEG")
    return plain[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(inner) + 2) + inner + plain[2:]


def refused(content: bytes) -> str:
    with pytest.raises(CannotBeLabelled) as why:
        labelled(content, LABEL)
    return str(why.value)


# -- what it says -----------------------------------------------------------------------------------------


def test_the_first_label_has_the_seven_strings_of_the_standard_in_their_order() -> None:
    assert first_label("阿里云", "task-1").text == (
        '{"Label":"1","ContentProducer":"阿里云","ProduceID":"task-1","ReservedCode1":"",'
        '"ContentPropagator":"阿里云","PropagateID":"task-1","ReservedCode2":""}'
    )
    assert first_label("a", "b").fields["ContentPropagator"] == "a"


@pytest.mark.parametrize(
    ("producer", "number"),
    [
        *[(producer, "1") for producer in ("", " ", "a\n", "a\ud800", "a\ufffe", "a" * 201)],
        *[("a", number) for number in ("", "张三-1", "1 2", 'x"', "x\\", "1" * 201, "x\x7f")],
    ],
)
def test_a_label_is_made_of_no_empty_long_or_unprintable_values(producer: str, number: str) -> None:
    with pytest.raises(ValueError, match=r"label's values|ProduceID"):
        first_label(producer, number)


def test_the_characters_of_the_standard_are_those_of_annex_e() -> None:
    of_the_standard = {0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F)}
    assert {code for code in range(0x250) if is_in_standard_characters(chr(code))} == of_the_standard
    assert not is_in_standard_characters("阿里云")


# -- where it stands --------------------------------------------------------------------------------------

MODES = [
    *[("JPEG", mode, {}) for mode in ("L", "RGB", "CMYK")],
    ("JPEG", "RGB", {"progressive": True, "icc_profile": PROFILE, "exif": b"Exif\0\0" + bytes(500)}),
    *[("PNG", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA", "I;16")],
    ("PNG", "RGB", {"icc_profile": PROFILE}),
    *[("WEBP", mode, {"lossless": lossless}) for mode in ("RGB", "RGBA") for lossless in (False, True)],
    ("WEBP", "RGBA", {"icc_profile": PROFILE, "exif": b"Exif\0\0" + bytes(33)}),
]


@pytest.mark.parametrize("sides", [(97, 64), (1, 1), (768, 1024)])
@pytest.mark.parametrize(("kind", "mode", "options"), MODES)
def test_readers_find_the_label_and_the_same_pixels(
    kind: str, mode: str, options: dict[str, Any], sides: tuple[int, int]
) -> None:
    image = drawn("L", sides).convert("RGB" if mode == "CMYK" else mode.replace("I;16", "I")).convert(mode)
    if mode == "RGBA":
        image.putalpha(drawn("L", sides))
    before = encoded(kind, image, **options)
    after = labelled(before, LABEL)
    assert decoded(after) == decoded(before)
    assert told_in(after) == [LABEL.fields]
    info, kept = (Image.open(io.BytesIO(one)).info for one in (before, after))
    for name in ("icc_profile", "exif", "dpi", "jfif"):
        assert kept.get(name) == info.get(name)
    assert carried_label(before) is None
    assert carried_label(after) == LABEL


def test_a_jpeg_has_its_segment_behind_jfif_and_exif_and_the_rest_as_it_was() -> None:
    before = encoded("JPEG", exif=b"Exif\0\0" + bytes(40), comment=b"a comment") + b"behind the end"
    after = labelled(before, LABEL)
    place = before.index(b"\xff\xfe")
    assert after.startswith(before[:place] + b"\xff\xe1")
    assert after.endswith(before[place:])
    assert b"http://ns.adobe.com/xap/1.0/\x00<?xpacket" in after[place : place + 60]
    assert jpeg_sides(after) == (97, 64)


def test_a_png_has_its_chunk_before_the_pixels_with_a_right_checksum() -> None:
    before = encoded("PNG")
    after = labelled(before, LABEL)
    assert (after[:33], after[-(len(before) - 33) :]) == (before[:33], before[33:])
    length, kind = struct.unpack(">I4s", after[33:41])
    chunk, checksum = after[37 : 41 + length], after[41 + length : 45 + length]
    assert (kind, int.from_bytes(checksum, "big")) == (b"iTXt", zlib.crc32(chunk))
    assert chunk[4:].startswith(b"XML:com.adobe.xmp\x00\x00\x00\x00\x00<?xpacket")
    assert after.index(b"XML:com.adobe.xmp") < after.index(b"IDAT")


def test_an_animated_webp_keeps_its_pictures() -> None:
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue", "green")]
    before = encoded("WEBP", frames[0], save_all=True, append_images=frames[1:])
    after = labelled(before, LABEL)
    assert Image.open(io.BytesIO(after)).n_frames == 3  # type: ignore[attr-defined]  # of animations
    assert told_in(after) == [LABEL.fields]


@pytest.mark.parametrize(("mode", "flags"), [("RGB", 0x04), ("RGBA", 0x14)])
def test_a_webp_of_a_simple_format_becomes_one_of_the_extended(mode: str, flags: int) -> None:
    image = drawn(mode)
    if mode == "RGBA":
        image.putalpha(drawn("L"))
    simple = encoded("WEBP", image, lossless=True)
    after = labelled(simple + b"behind the end", LABEL)
    assert (simple[12:16], after[12:20], after[20]) == (b"VP8L", b"VP8X\x0a\0\0\0", flags)
    assert simple[12:] in after
    assert after.endswith(b"behind the end")
    assert int.from_bytes(after[4:8], "little") + 8 == len(after) - len(b"behind the end")


def test_a_label_with_the_characters_of_xml_is_read_as_it_was_written() -> None:
    label = first_label("A&B <中国> ]]> 'x' \"y\" \\", "a&b<c>'")
    for kind in KINDS:
        after = labelled(encoded(kind), label)
        assert told_in(after) == [label.fields]
        assert carried_label(after) == label


# -- a packet that is there -------------------------------------------------------------------------------


def with_packet(kind: str, packet: str) -> bytes:
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet)
        return encoded("PNG", pnginfo=info)
    return encoded(kind, xmp=packet.encode())


@pytest.mark.parametrize("kind", KINDS)
def test_a_packet_that_is_there_keeps_all_it_holds_and_stays_the_only_one(kind: str) -> None:
    before = with_packet(kind, PLAIN_PACKET)
    after = labelled(before, LABEL)
    packet = xmp_of(after).decode()
    assert after.count(b"W5M0MpCehiHzreSzNTczkc9d") == 1
    assert 'dc:source="a model"' in packet
    start = PLAIN_PACKET.index("</rdf:RDF>")
    assert packet.startswith(PLAIN_PACKET[:start])
    assert packet.endswith('</rdf:RDF></x:xmpmeta><?xpacket end="w"?>')
    # All properties of a packet are about one resource.
    tree = ElementTree.fromstring(packet.strip("\ufeff"))
    assert {one.get(f"{{{RDF}}}about") for one in tree.iter(f"{{{RDF}}}Description")} == {"uuid:7&8"}
    assert told_in(after) == [LABEL.fields]
    assert decoded(after) == decoded(before)


def test_a_packed_packet_of_a_png_is_added_to_as_well() -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", PLAIN_PACKET, lang="en", tkey="x", zip=True)
    after = labelled(encoded("PNG", pnginfo=info), LABEL)
    assert 'dc:source="a model"' in xmp_of(after).decode()
    assert told_in(after) == [LABEL.fields]


def test_of_two_packets_of_a_png_the_first_is_added_to() -> None:
    chunk = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PLAIN_PACKET.encode())
    second = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a/>")
    after = labelled(png_with(chunk, second), LABEL)
    assert after.count(second) == 1
    assert b"AIGC" in after[: after.index(second)]
    assert chunk not in after


@pytest.mark.parametrize(
    "packet",
    [
        f'<rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF>',
        f'\ufeff<R:RDF xmlns:R="{RDF}"><R:Description R:about=""/></R:RDF >\x00\x00',
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><RDF xmlns="{RDF}"></RDF></x:xmpmeta><!-- RDF -->',
    ],
)
def test_packets_in_other_spellings_are_added_to(packet: str) -> None:
    assert told_in(labelled(with_packet("JPEG", packet), LABEL)) == [LABEL.fields]


UNUSABLE = {
    "no XML": "<x:xmpmeta>",
    "no RDF in it": '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>',
    "empty RDF": f'<rdf:RDF xmlns:rdf="{RDF}"/>',
    "entities": f'<!DOCTYPE a [<!ENTITY b "c">]><rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF>',
    "an end in a comment": f'<rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF><!-- </rdf:RDF> -->',
    "a second end behind": f'<a xmlns:r="{RDF}"><r:RDF></r:RDF><RDF></RDF></a>',
    "an empty label": PACKET.replace("{source}", "").replace("{inner}", f'<t:AIGC xmlns:t="{TC260}"/>'),
    "an empty label further down": PACKET.replace("{source}", "").replace(
        "{inner}", f'<dc:title><t:AIGC xmlns:t="{TC260}"/></dc:title>'
    ),
    "an empty label as an attribute": PLAIN_PACKET.replace("dc:source", f'xmlns:t="{TC260}" t:AIGC'),
}


@pytest.mark.parametrize("packet", UNUSABLE.values(), ids=UNUSABLE)
def test_a_packet_that_cannot_be_added_to_is_refused_and_not_lost(packet: str) -> None:
    for kind in KINDS:
        assert "XMP packet" in refused(with_packet(kind, packet))


def test_a_packet_in_another_encoding_or_too_long_is_refused() -> None:
    assert "UTF-8" in refused(encoded("JPEG", xmp=PLAIN_PACKET.encode("utf-16")))
    full = PLAIN_PACKET.replace(" \n" * 400, "").replace("a model", "x" * 64_900)
    assert "fit" in refused(with_packet("JPEG", full))
    assert told_in(labelled(with_packet("PNG", full), LABEL)) == [LABEL.fields]
    huge = PACKET.replace("{source}", "x" * (xmp_packets.MAX_PACKET_BYTES + 1)).replace("{inner}", "")
    assert "long" in refused(with_packet("WEBP", huge))


def test_padding_makes_way_for_the_label_in_a_segment_that_is_full() -> None:
    padded = PLAIN_PACKET.replace(" \n" * 400, " " * 64_500)
    assert told_in(labelled(with_packet("JPEG", padded), LABEL)) == [LABEL.fields]


# -- a label that is there --------------------------------------------------------------------------------

_QUOTED = THEIRS.replace('"', "&quot;")
_WRAPPED = '{"AIGC":' + THEIRS + "}"


def _exif(comment: bytes) -> bytes:
    exif = Image.Exif()
    exif[0x9286] = comment
    exif.get_ifd(0x8769)[0x9286] = comment
    return exif.tobytes()


CARRYING: dict[str, bytes] = {
    "JPEG, XMP element": with_packet(
        "JPEG",
        PACKET.replace("{inner}", f'<TC260:AIGC xmlns:TC260="{TC260}">{THEIRS}</TC260:AIGC>'),
    ),
    "JPEG, XMP element with entities": with_packet(
        "JPEG", PACKET.replace("{inner}", f'<TC260:AIGC xmlns:TC260="{TC260}">{_QUOTED}</TC260:AIGC>')
    ),
    "PNG, XMP attribute": with_packet(
        "PNG", PLAIN_PACKET.replace('dc:source="a model"', f'xmlns:t="{TC260}" t:AIGC="{_QUOTED}"')
    ),
    "WebP, XMP element": with_packet(
        "WEBP", PACKET.replace("{inner}", f'<TC260:AIGC xmlns:TC260="{TC260}">{_QUOTED}</TC260:AIGC>')
    ),
    "JPEG, EXIF comment": encoded("JPEG", exif=_exif(b"ASCII\0\0\0" + _WRAPPED.encode())),
    "JPEG, EXIF comment in UTF-16": encoded("JPEG", exif=_exif(b"UNICODE\0" + _WRAPPED.encode("utf-16-be"))),
    "JPEG, a segment of its own": jpeg_with(0xEB, b"AIGC" + THEIRS.encode()),
    "JPEG, behind another object": jpeg_with(0xFE, b'AIGC {"a":{}} ' + THEIRS.encode()),
    "JPEG, a comment": jpeg_with(0xFE, _WRAPPED.encode()),
    "JPEG, JSON in JSON": jpeg_with(0xFE, json.dumps({"AIGC": THEIRS}).encode()),
    "PNG, EXIF comment": encoded("PNG", exif=_exif(b"ASCII\0\0\0" + _WRAPPED.encode())),
    "PNG, text": png_with(png_chunk(b"tEXt", b"AIGC\0" + THEIRS.encode())),
    "PNG, wrapped text": png_with(png_chunk(b"tEXt", b"AIGC\0" + _WRAPPED.encode())),
    "PNG, packed text": png_with(png_chunk(b"zTXt", b"AIGC\0\0" + zlib.compress(THEIRS.encode()))),
    "PNG, packed international text": png_with(
        png_chunk(b"iTXt", b"AIGC\0\x01\0\0\0" + zlib.compress(THEIRS.encode()))
    ),
    "WebP, EXIF comment": encoded("WEBP", exif=_exif(b"ASCII\0\0\0" + _WRAPPED.encode())),
}


@pytest.mark.parametrize("content", CARRYING.values(), ids=CARRYING)
def test_a_picture_that_carries_a_label_stays_as_it_is(content: bytes) -> None:
    carried = carried_label(content)
    assert carried is not None
    assert carried.fields == json.loads(THEIRS)
    assert labelled(content, LABEL) == content


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_is_written_once(kind: str) -> None:
    once = labelled(encoded(kind), LABEL)
    assert labelled(once, first_label("another", "2")) == once


@pytest.mark.parametrize("content", CARRYING.values(), ids=CARRYING)
def test_a_label_that_was_lost_on_the_way_is_put_back(content: bytes) -> None:
    carried = carried_label(content)
    assert carried is not None
    made_anew = encoded("JPEG")
    assert told_in(labelled(made_anew, carried)) == [json.loads(THEIRS)]


@pytest.mark.parametrize(
    "text",
    [
        *[b"AIGC", b"AIGC {", b'{"Label":"1"}', b'AIGC {"Software":"x"}', b"AIGC [1]", b'AIGC "{"Label"'],
        *[b"AIGC " + b'{"a":' * 9000, b"AIGC " + b"{" * 60_000],
    ],
)
def test_what_only_looks_like_a_label_is_none(text: bytes) -> None:
    content = jpeg_with(0xFE, text)
    assert carried_label(content) is None
    assert told_in(labelled(content, LABEL)) == [LABEL.fields]


def test_a_carried_label_with_odd_characters_is_still_one_line_of_json() -> None:
    odd = json.dumps({"Label": "1", "ProduceID": "a\nb\u200b\ud800", "More": [1]})
    carried = carried_label(jpeg_with(0xFE, b"AIGC" + odd.encode()))
    assert carried is not None
    assert carried.text.isprintable()
    assert carried.fields == json.loads(odd)
    assert told_in(labelled(encoded("PNG"), carried)) == [json.loads(odd)]


# -- what is no picture -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        *[b"", b"FACE", b"GIF89a", b"BM", encoded("GIF"), encoded("TIFF"), b"<html>", bytes(99)],
        *[b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\n"],
        *[b"RIFF\x04\0\0\0WEBP", b"RIFF\0\0\0\0WEBP"],
        b"RIFF\x16\0\0\0WEBPVP8X\0\0\0\0VP8 \x02\0\0\0\0\0",
        b"RIFF\x18\0\0\0WEBPVP8X\0\0\0\0VP8 \x04\0\0\0\0\0\0\0",
    ],
)
def test_what_is_no_jpeg_png_or_webp_cannot_be_labelled(content: bytes) -> None:
    for read in (carried_label, lambda content: labelled(content, LABEL)):
        with pytest.raises(CannotBeLabelled, match=r"no whole|neither JPEG"):
            read(content)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_off_cannot_be_labelled(kind: str) -> None:
    whole = encoded(kind, drawn(sides=(40, 30)))
    for length in range(len(whole)):
        assert "no whole" in refused(whole[:length]) or length < 12


def test_a_webp_whose_last_chunk_is_cut_cannot_be_labelled() -> None:
    longer = encoded("WEBP") + b"EXIF\xff\0\0\0" + bytes(20)
    assert "no whole WebP" in refused(longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:])


def test_a_webp_without_pixels_cannot_be_labelled() -> None:
    lossy = bytearray(encoded("WEBP"))
    lossy[26:30] = bytes(4)
    assert "no whole WebP" in refused(bytes(lossy))


def test_text_that_unpacks_to_more_than_is_read_is_refused() -> None:
    bomb = zlib.compress(bytes(picture_metadata._MOST_UNPACKED_BYTES))
    one, half = (
        b"a\0\0" + bomb,
        b"a\0\0" + zlib.compress(bytes(picture_metadata._MOST_UNPACKED_BYTES // 2 + 9)),
    )
    for chunks in ([one, one], [half, half], [half] * 300):
        assert "more text" in refused(png_with(*(png_chunk(b"zTXt", chunk) for chunk in chunks)))
    assert labelled(png_with(png_chunk(b"zTXt", b"a\0\0no zlib")), LABEL)


def mangled(content: bytes, cut: int, flips: dict[int, int]) -> bytes:
    damaged = bytearray(content)
    for place, byte in flips.items():
        damaged[place % len(damaged)] = byte
    return bytes(damaged[: len(damaged) - cut % len(damaged)])


SEEDS = [
    *(encoded(kind, drawn(sides=(20, 10))) for kind in KINDS),
    *(with_packet(kind, PLAIN_PACKET.replace(" \n" * 400, "")) for kind in KINDS),
    *list(CARRYING.values())[::3],
    encoded("WEBP", drawn(sides=(9, 9)), lossless=True),
]


@few_examples
@given(
    seed=st.sampled_from(SEEDS),
    cut=st.integers(0, 40),
    flips=st.dictionaries(st.integers(0, 1200), st.integers(0, 255), max_size=8),
)
def test_damaged_pictures_are_labelled_or_refused_and_nothing_else(
    seed: bytes, cut: int, flips: dict[int, int]
) -> None:
    content = mangled(seed, cut, flips)
    try:
        after = labelled(content, LABEL)
    except CannotBeLabelled:
        return
    found = carried_label(after)
    assert found is not None
    assert labelled(after, LABEL) == after
    if after != content:
        assert found == LABEL
        # All but metadata is as it was.
        assert opened(after).with_packet(opened(content).packet or b"x")


@few_examples
@given(
    form=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x50\0\0\0WEBP"]),
    rest=st.binary(max_size=200),
)
def test_bytes_of_any_kind_behind_a_signature_do_no_harm(form: bytes, rest: bytes) -> None:
    for read in _BOTH:
        try:
            read(form + rest)
        except CannotBeLabelled:
            continue


_BOTH: list[Callable[[bytes], ContentLabel | bytes | None]] = [
    carried_label,
    lambda content: labelled(content, LABEL),
]


@few_examples
@given(packet=st.text(max_size=60), where=st.integers(0, 500))
def test_packets_with_any_text_in_them_are_added_to_whole_or_refused(packet: str, where: int) -> None:
    whole = PLAIN_PACKET.replace(" \n" * 400, "")
    mixed = (whole[: where % len(whole)] + packet + whole[where % len(whole) :]).encode("utf-8", "ignore")
    try:
        written = xmp_packets.with_label(mixed, LABEL.text)
    except CannotBeLabelled:
        return
    kept = mixed.decode().rstrip("\x00")
    assert all(piece in written.decode() for piece in (packet.strip().strip("\x00"), kept[:20]))
    assert LABEL.fields in [
        json.loads(str(one.text))
        for one in ElementTree.fromstring(written.decode().strip("\ufeff \r\n\t")).iter(f"{{{TC260}}}AIGC")
    ]


def test_long_runs_of_blanks_and_brackets_take_no_long_time() -> None:
    for filler in (" ", "</", "<a>", "</x", "about=", "<?xpacket", "{", "&quot;{", "<![CDATA["):
        text = PACKET.replace("{source}", "").replace("{inner}", filler * (200_000 // len(filler)))
        content = with_packet("PNG", text)
        for read in _BOTH:
            try:
                read(content)
            except CannotBeLabelled:
                continue
