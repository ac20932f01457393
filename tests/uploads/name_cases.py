"""Uploads with misleading or unusual names, two names of one picture, and pictures of no or many faces."""

from __future__ import annotations

import unicodedata
from functools import partial

from PIL import Image

from aliyun_local.samples import encoded
from shared.domain.object_keys import MAX_KEY_BYTES
from tests.uploads import pictures as p
from tests.uploads import zips as z
from tests.uploads.case import Case, named, one

LIES = [
    one("a PNG that is called .jpg", lambda: encoded(p.face(), "PNG")),
    one("a HEIC that is called .jpg", p.heic),
    one("a JPEG that is called .heic", p.jpeg, name="IMG_0001.heic"),
    one("a JPEG that is called .txt", p.jpeg, name="notes.txt"),
    one("a JPEG that is called .exe", p.jpeg, name="setup.exe"),
    one("a JPEG that is called .zip", p.jpeg, "not_an_archive", name="photos.zip"),
    one(
        "a RAR that is called .zip",
        lambda: b"Rar!\x1a\7\1\0" + bytes(300),
        "other_archive",
        name="a.zip",
        detail="RAR",
    ),
]

_LONG = "长" * 66 + ".jpg"
_AS_LONG_AS_CAN_BE = "of as many bytes as a key may have"
_LONGEST = "x" * (MAX_KEY_BYTES - len(f"people/a name {_AS_LONG_AS_CAN_BE}/.jpg")) + ".jpg"
NAMES = [
    named("in Chinese", "微信图片_20260701.jpg"),
    named("of emoji", "👩‍👧 我们.jpg"),
    named("in Arabic", "صورة.jpg"),
    named("with spaces", " my  photo (1) .jpg"),
    named("with a plus", "a+b.jpg"),
    named("with a per cent sign", "100%.jpg"),
    named("with what looks encoded", "a%2Fb%20c.jpg"),
    named("with a hash", "#1.jpg"),
    named("with a question mark", "who?.jpg"),
    named("with a query", "a.jpg?x-oss-process=image/info&b=1"),
    named("with quotes", "\"'`.jpg"),
    named("with angles", "<b>&amp;.jpg"),
    named("with a backslash", "DCIM\\1.jpg"),
    named("of 200 characters", "x" * 196 + ".jpg"),
    named("of 202 bytes in Chinese", _LONG),
    named(_AS_LONG_AS_CAN_BE, _LONGEST),
    named("that is composed", unicodedata.normalize("NFC", "Zoë.jpg")),
    named("that is decomposed", unicodedata.normalize("NFD", "Zoë.jpg")),
    named("in folders", "a/b/c.jpg"),
    named("without an extension", "photo"),
    named("that ends in a dot", "photo."),
    named("in upper case", "IMG_0001.HEIC"),
    named("with a leading dash", "-rf.jpg"),
    named("with a tilde", "~jpg"),
    named("that begins like the marker", "_READY.jpg"),
    named("that is hidden", ".photo.jpg", ""),
    named("of a Mac's own", "__MACOSX/._photo.jpg", ""),
    named("of a Windows' own", "album/Thumbs.db", ""),
    named("with an empty folder", "a//b.jpg", ""),
    named("with a bell", "a\x07.jpg", ""),
    Case(
        what="one name composed and decomposed",
        files=[
            (unicodedata.normalize("NFC", "é.jpg"), lambda: p.jpeg(1)),
            (unicodedata.normalize("NFD", "é.jpg"), lambda: p.jpeg(2)),
        ],
        verdicts={
            unicodedata.normalize("NFC", "é.jpg"): "usable",
            unicodedata.normalize("NFD", "é.jpg"): "usable",
        },
    ),
]

FACES = [
    one("two people", lambda: p.crowd(2), "several_faces", sides=(600, 400)),
    one("three people", lambda: p.crowd(3), "several_faces", sides=(900, 400)),
    one("nobody", p.nobody, "no_face", sides=(400, 320)),
    one("a face that is too small", p.tiny_face, "no_face", sides=(1200, 900)),
    one(
        "a white wall",
        lambda: encoded(Image.new("RGB", (400, 400), "white")),
        "no_face",
        sides=(400, 400),
    ),
]

COPIES = [
    Case(
        what="the same file twice",
        files=[("1.jpg", p.jpeg), ("1 (1).jpg", p.jpeg), ("b/1.jpg", p.jpeg)],
        verdicts={"1.jpg": "usable", "1 (1).jpg": "duplicate", "b/1.jpg": "duplicate"},
    ),
    Case(
        what="the same file in one piece and in parts",
        files=[("1.jpg", p.jpeg), ("1.jpg", p.in_parts), ("2.jpg", p.in_parts), ("3.jpg", p.jpeg)],
        verdicts={"1.jpg": "usable", "2.jpg": "duplicate", "3.jpg": "duplicate"},
    ),
    Case(
        what="copies of photos that are being trained on",
        files=[
            *((f"{number}.jpg", partial(p.jpeg, number)) for number in range(1, 11)),
            ("1.jpg", p.in_parts),
            ("11.jpg", p.in_parts),
            ("12.jpg", partial(p.jpeg, 2)),
        ],
        verdicts={f"{n}.jpg": "usable" if n <= 10 else "duplicate" for n in range(1, 13)},
    ),
    Case(
        what="the same file twice, without a face",
        files=[("1.jpg", p.nobody), ("2.jpg", p.nobody)],
        verdicts={"1.jpg": "no_face", "2.jpg": "no_face"},
    ),
    Case(
        what="the same picture in two files",
        files=[("1.jpg", p.jpeg), ("1.png", lambda: encoded(p.face(), "PNG"))],
        verdicts={"1.jpg": "usable", "1.png": "usable"},
    ),
    Case(
        what="a file that replaces another",
        files=[("1.jpg", p.nobody), ("1.jpg", p.jpeg)],
        verdicts={"1.jpg": "usable"},
    ),
    Case(
        what="a photo that is in a zip as well",
        files=[("1.jpg", p.jpeg), ("a.zip", lambda: z.zipped({"1.jpg": p.jpeg()}))],
        verdicts={"1.jpg": "usable", "a.zip": "unpacked", "a.zip/1.jpg": "duplicate"},
    ),
]
