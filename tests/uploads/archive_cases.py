"""Zips of every kind, each with what is taken out of it and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping

from local.demo.zips import chat_zip
from tests.uploads import pictures as p
from tests.uploads import zips as z
from tests.uploads.case import Case, Make, archive

_ONE_INSIDE = {"1.jpg": "usable"}
_BOMB = bytes(20 * 1024 * 1024)


def _complete(what: str, make: Make, inside: Mapping[str, str]) -> Case:
    """A zip, and a marker that counts its photos: the set closes."""
    marker = f'{{"photos": {len(inside)}}}'.encode()
    verdicts = {"a.zip": "unpacked", **{f"a.zip/{name}": verdict for name, verdict in inside.items()}}
    return Case(what=what, files=[("a.zip", make), ("_READY", lambda: marker)], verdicts=verdicts)


def _two() -> dict[str, bytes]:
    return {"1.jpg": p.jpeg(1), "b/2.jpg": p.jpeg(2)}


ARCHIVES = [
    archive("a zip", lambda: z.zipped(_two()), "unpacked", {"1.jpg": "usable", "b/2.jpg": "usable"}),
    archive(
        "a packed zip",
        lambda: z.zipped(_two(), zipfile.ZIP_DEFLATED),
        "unpacked",
        {"1.jpg": "usable", "b/2.jpg": "usable"},
    ),
    archive(
        "a zip in upper case",
        lambda: z.zipped({"1.JPG": p.jpeg()}),
        "unpacked",
        {"1.JPG": "usable"},
        name="PHOTOS.ZIP",
    ),
    archive(
        "a zip in a folder", lambda: z.zipped({"1.jpg": p.jpeg()}), "unpacked", _ONE_INSIDE, name="a/b/c.zip"
    ),
    archive(
        "a zip with a Chinese name",
        lambda: z.zipped({"一.jpg": p.jpeg()}),
        "unpacked",
        {"一.jpg": "usable"},
        name="照片.zip",
    ),
    archive(
        "a zip with names in GBK",
        lambda: chat_zip({"照片/海边.jpg": p.jpeg()}),
        "unpacked",
        {"照片/海边.jpg": "usable"},
    ),
    archive(
        "a zip with names in unmarked UTF-8",
        lambda: chat_zip({"照片/海边.jpg": p.jpeg()}, encoding="utf-8"),
        "unpacked",
        {"照片/海边.jpg": "usable"},
    ),
    archive(
        "a zip with backslashes",
        lambda: chat_zip({"照片\\海边.jpg": p.jpeg()}),
        "unpacked",
        {"照片/海边.jpg": "usable"},
    ),
    archive("a zip written to a pipe", lambda: z.streamed({"1.jpg": p.jpeg()}), "unpacked", _ONE_INSIDE),
    archive(
        "a zip in the large format", lambda: z.large_format({"1.jpg": p.jpeg()}), "unpacked", _ONE_INSIDE
    ),
    archive(
        "a zip with a comment",
        lambda: z.zip_of(("1.jpg", p.jpeg()), comment=b"x" * 60_000),
        "unpacked",
        _ONE_INSIDE,
    ),
    archive(
        "a zip behind a program",
        lambda: b"MZ" + bytes(70_000) + z.zipped({"1.jpg": p.jpeg()}),
        "unpacked",
        _ONE_INSIDE,
    ),
    archive(
        "a zip with a HEIC and no photos besides",
        lambda: z.zipped({"a.HEIC": p.heic(), "b.tif": b"x", "c.jpg": p.nobody()}),
        "unpacked",
        {"a.HEIC": "usable", "b.tif": "text_file", "c.jpg": "no_face"},
    ),
    _complete(
        "a zip of twelve files that show the same picture",
        lambda: z.zipped({f"{n:02}.jpg": p.jpeg() + bytes(n) for n in range(1, 13)}),
        {f"{n:02}.jpg": "usable" if n == 1 else "similar" for n in range(1, 13)},
    ),
    _complete(
        "a zip of eleven photos, two of which are frames of one burst",
        lambda: z.zipped(
            {f"{n:02}.jpg": p.before_wall(n) for n in range(1, 11)}
            | {"11.jpg": p.before_wall(5, moved=3), "12.jpg": p.smaller(p.before_wall(5))}
        ),
        {f"{n:02}.jpg": "usable" if n <= 10 else "similar" for n in range(1, 13)},
    ),
    _complete(
        "a zip of eleven photos, two of which are less unlike than the others",
        lambda: z.zipped(
            {f"{n:02}.jpg": p.before_wall(n) for n in range(1, 11)}
            | {"11.jpg": p.before_wall(1, with_a_shelf=True)}
        ),
        {f"{n:02}.jpg": "usable" if n <= 10 else "over_limit" for n in range(1, 12)},
    ),
    archive("an empty zip", lambda: z.zipped({}), "unpacked", {}),
    archive("a zip of folders", lambda: z.zipped({"a/": b"", "b/": b""}), "unpacked", {}),
    archive("a zip with an empty file", lambda: z.zipped({"1.jpg": b""}), "unpacked", {"1.jpg": "empty"}),
    archive(
        "a zip with a password",
        lambda: chat_zip({"1.jpg": b"noise", "2.jpg": p.jpeg()}, protected=["1.jpg"]),
        "unpacked",
        {"1.jpg": "encrypted", "2.jpg": "usable"},
    ),
    archive(
        "zips in a zip",
        lambda: z.zipped({"a.zip": z.zipped(_two()), "b.RAR": b"Rar!", "c.tar.gz": b"\x1f\x8b"}),
        "unpacked",
        {"a.zip": "nested_archive", "b.RAR": "nested_archive", "c.tar.gz": "nested_archive"},
    ),
    archive(
        "a zip that leads out of its folder",
        lambda: z.zipped(
            {
                "../../maria/1.jpg": p.jpeg(),
                "/etc/1.jpg": p.jpeg(),
                "a/../../1.jpg": p.jpeg(),
                "C:\\1.jpg": p.jpeg(),
            }
        ),
        "unpacked",
        {
            "../../maria/1.jpg": "unsafe_name",
            "/etc/1.jpg": "unsafe_name",
            "a/../../1.jpg": "unsafe_name",
            "C:/1.jpg": "unsafe_name",
        },
    ),
    archive(
        "a zip with names that are none",
        lambda: chat_zip({"": p.jpeg(), "\0.jpg": p.jpeg(2), "b\\": b"", "1.jpg": p.jpeg(3)}),
        "unpacked",
        {"": "unsafe_name", "\ufffd.jpg": "unsafe_name", "1.jpg": "usable"},
    ),
    archive(
        "a zip with a link",
        lambda: z.zip_of((z.link("1.jpg"), b"/etc/passwd")),
        "unpacked",
        {"1.jpg": "link"},
    ),
    archive(
        "a zip of a Mac",
        lambda: z.zipped({"1.jpg": p.jpeg(), "__MACOSX/._1.jpg": b"\0\5\x16\7", ".DS_Store": b"x"}),
        "unpacked",
        {"1.jpg": "usable", "__MACOSX/._1.jpg": "system_file", ".DS_Store": "system_file"},
    ),
    archive(
        "a bomb",
        lambda: z.zipped({"1.jpg": _BOMB, "2.jpg": p.jpeg()}, zipfile.ZIP_DEFLATED),
        "unpacked",
        {"1.jpg": "expands_too_much", "2.jpg": "usable"},
    ),
    archive(
        "a zip with more than 20 MB in a file",
        lambda: z.zipped({"1.jpg": _BOMB + b"x"}, zipfile.ZIP_DEFLATED),
        "unpacked",
        {"1.jpg": "too_many_bytes"},
    ),
    archive(
        "a zip packed by bzip2",
        lambda: z.zipped({"1.jpg": p.jpeg()}, zipfile.ZIP_BZIP2),
        "unpacked",
        {"1.jpg": "unusual_compression"},
    ),
    archive(
        "a zip with a damaged file",
        lambda: p.flipped(z.zipped({"1.jpg": p.jpeg()}), 500),
        "unpacked",
        {"1.jpg": "broken_entry"},
    ),
    archive("a zip cut in half", lambda: p.cut(z.zipped(_two()), 0.5), "not_an_archive", {}),
    archive(
        "a zip of more than 500 files",
        lambda: z.zipped({f"{n}.jpg": b"" for n in range(501)}),
        "archive_too_large",
        {},
    ),
    archive("an empty file that is called a zip", lambda: b"", "empty", {}),
    archive("the end of a zip and no more", lambda: b"PK\5\6" + b"\xff" * 18, "not_an_archive", {}),
]
