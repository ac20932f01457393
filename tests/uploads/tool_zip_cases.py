"""Zips as desktop programs, phones and photo services make them, and as such programs read them."""

from __future__ import annotations

import lzma
import struct
import zipfile
from dataclasses import replace

from local.demo.zips import chat_zip
from tests.uploads import made_zips as m
from tests.uploads import pictures as p
from tests.uploads import zips as z
from tests.uploads.case import Case, Make, archive
from tests.uploads.made_zips import Member, made_zip

_ONE_INSIDE = {"1.jpg": "usable"}
_TWO_INSIDE = {"1.jpg": "usable", "2.jpg": "usable"}
_OWN_FOLDER = "a zip whose only folder is called like the person"


def _files() -> dict[str, bytes]:
    return {"1.jpg": p.jpeg(1), "2.jpg": p.jpeg(2)}


def _one(**changes: object) -> Member:
    return replace(Member(name=b"1.jpg", content=p.jpeg(1)), **changes)  # type: ignore[arg-type]  # fields of Member


def _two(**changes: object) -> list[Member]:
    """Two files, of which the first is changed."""
    return [_one(**changes), Member(name=b"2.jpg", content=p.jpeg(2))]


def _differs(what: str, **changes: object) -> Case:
    """A zip whose first file's head says something else than the directory: both files are taken."""
    return archive(
        f"a zip whose head differs in {what}", lambda: made_zip(_two(**changes)), "unpacked", _TWO_INSIDE
    )


def _packed(what: str, make: Make) -> Case:
    return archive(f"a zip packed by {what}", make, "unpacked", {"1.jpg": "unusual_compression"})


def _named(what: str, name: str, make: Make) -> Case:
    return archive(f"a zip with a name {what}", make, "unpacked", {name: "usable"})


def _beside(what: str, files: dict[str, str], *, others: dict[str, bytes] | None = None) -> Case:
    """A photo in a folder, with ``files`` beside it, which have these verdicts."""

    def make() -> bytes:
        contents = dict.fromkeys(files, b"x" * 40) | (others or {})
        return z.zipped({"a/1.jpg": p.jpeg(), **contents})

    return archive(f"a zip with {what}", make, "unpacked", {"a/1.jpg": "usable", **files})


def _folders(what: str, *names: str) -> Case:
    """A zip of one person: every photo in it is taken."""
    return archive(
        f"a zip with {what}",
        lambda: z.zipped({name: p.jpeg(seed) for seed, name in enumerate(names, 1)}),
        "unpacked",
        dict.fromkeys(names, "usable"),
    )


def _people(what: str, *names: str) -> Case:
    return archive(
        f"a zip with {what}",
        lambda: z.zipped({name: p.jpeg(seed) for seed, name in enumerate(names, 1)}),
        "several_folders",
        {},
    )


def _lzma() -> bytes:
    packed = z.zipped({"1.jpg": p.jpeg()}, zipfile.ZIP_LZMA)
    assert struct.unpack_from("<H", packed, 8) == (m.LZMA,)
    return packed


OF_PROGRAMS = [
    archive("a zip of Windows", lambda: m.of_explorer(_files()), "unpacked", _TWO_INSIDE),
    archive(
        "a zip of a Chinese Windows",
        lambda: m.of_explorer({"新建文件夹/微信图片_20260501.jpg": p.jpeg()}),
        "unpacked",
        {"新建文件夹/微信图片_20260501.jpg": "usable"},
    ),
    archive(
        "a zip of a German Windows",
        lambda: m.of_explorer({"Müller.jpg": p.jpeg()}, "cp850"),
        "unpacked",
        {"Müller.jpg".encode("cp850").decode("gb18030"): "usable"},
    ),
    archive(
        "a zip of the Finder",
        lambda: m.of_archive_utility({"Fotos/": b"", "Fotos/1.jpg": p.jpeg(), "Fotos/.DS_Store": b"x"}),
        "unpacked",
        {
            "Fotos/1.jpg": "usable",
            "Fotos/.DS_Store": "system_file",
            "__MACOSX/Fotos/._1.jpg": "system_file",
            "__MACOSX/Fotos/._.DS_Store": "system_file",
        },
    ),
    archive(
        "a zip of the Finder with decomposed letters",
        lambda: m.of_archive_utility({"Zoe\u0308.jpg": p.jpeg()}),
        "unpacked",
        {"Zoe\u0308.jpg": "usable", "__MACOSX/._Zoe\u0308.jpg": "system_file"},
    ),
    archive("a zip of 7-Zip", lambda: m.of_seven_zip(_files()), "unpacked", _TWO_INSIDE),
    archive(
        "a zip of 7-Zip with a Chinese name",
        lambda: m.of_seven_zip({"证件照/正面.jpg": p.jpeg()}),
        "unpacked",
        {"证件照/正面.jpg": "usable"},
    ),
    archive(
        "a zip of WinRAR",
        lambda: m.of_winrar({"相册/生日.jpg": p.jpeg()}),
        "unpacked",
        {"相册/生日.jpg": "usable"},
    ),
    archive(
        "a zip of WinRAR with a name that its code page does not have",
        lambda: m.of_winrar({"Zoë 😀.jpg": p.jpeg()}),
        "unpacked",
        {"Zoë 😀.jpg": "usable"},
    ),
    archive(
        "a zip of Linux",
        lambda: m.of_linux({"fotos/": b"", "fotos/čas.jpg": p.jpeg()}),
        "unpacked",
        {"fotos/čas.jpg": "usable"},
    ),
    archive(
        "a zip of a chat with names in UTF-8",
        lambda: chat_zip({"mmexport1714550400.jpg": p.jpeg(), "微信图片.jpg": p.jpeg(2)}, encoding="utf-8"),
        "unpacked",
        {"mmexport1714550400.jpg": "usable", "微信图片.jpg": "usable"},
    ),
    archive(
        "a zip of a phone's files with Live Photos and edits",
        lambda: m.of_archive_utility(
            {"IMG_1.HEIC": p.heic(), "IMG_1.MOV": b"\0\0\0\x14ftypqt  " + bytes(80), "IMG_1.AAE": b"<plist/>"}
        ),
        "unpacked",
        {
            "IMG_1.HEIC": "usable",
            "IMG_1.MOV": "live_photo_video",
            "IMG_1.AAE": "system_file",
            "__MACOSX/._IMG_1.HEIC": "system_file",
            "__MACOSX/._IMG_1.MOV": "system_file",
            "__MACOSX/._IMG_1.AAE": "system_file",
        },
    ),
    archive(
        "a zip of a photo service, sorted by years",
        lambda: m.of_an_export(
            {
                "Takeout/Google Photos/Photos from 2023/IMG_1.jpg": p.jpeg(1),
                "Takeout/Google Photos/Photos from 2023/IMG_1.jpg.supplemental-metadata.json": b"{}",
                "Takeout/Google Photos/Photos from 2024/IMG_2.jpg": p.jpeg(2),
                "Takeout/archive_browser.html": b"<html>",
            }
        ),
        "unpacked",
        {
            "Takeout/Google Photos/Photos from 2023/IMG_1.jpg": "usable",
            "Takeout/Google Photos/Photos from 2023/IMG_1.jpg.supplemental-metadata.json": "system_file",
            "Takeout/Google Photos/Photos from 2024/IMG_2.jpg": "usable",
            "Takeout/archive_browser.html": "system_file",
        },
    ),
    archive(
        "a zip of an album with more sidecars than files may be",
        lambda: m.of_an_export(
            {"A/1.jpg": p.jpeg(), **{f"A/{number:03}.jpg.json": b"{}" for number in range(600)}}
        ),
        "unpacked",
        {"A/1.jpg": "usable", **{f"A/{number:03}.jpg.json": "system_file" for number in range(10)}},
    ),
]

OTHERWISE_PACKED = [
    _packed("LZMA", _lzma),
    _packed("Deflate64", lambda: made_zip([_one(method=m.DEFLATE64, packed=m.stored_blocks(p.jpeg(1)))])),
    _packed("Zstandard", lambda: made_zip([_one(method=m.ZSTANDARD, packed=m.zstandard_frame(p.jpeg(1)))])),
    _packed("XZ", lambda: made_zip([_one(method=m.XZ, packed=lzma.compress(p.jpeg(1)))])),
    _packed("PPMd", lambda: made_zip([_one(method=m.PPMD, packed=p.jpeg(1)[::-1])])),
    _packed("a way that nobody knows", lambda: made_zip([_one(method=77, packed=p.jpeg(1))])),
    archive(
        "a zip of which one file is packed by Deflate64",
        lambda: made_zip(_two(method=m.DEFLATE64, packed=m.stored_blocks(p.jpeg(1)))),
        "unpacked",
        {"1.jpg": "unusual_compression", "2.jpg": "usable"},
    ),
    archive(
        "a zip with AES",
        lambda: m.with_a_password(_files(), aes=True),
        "unpacked",
        {"1.jpg": "encrypted", "2.jpg": "encrypted"},
    ),
    archive(
        "a zip with AES for one file",
        lambda: m.with_a_password(_files(), aes=True, of=["1.jpg"]),
        "unpacked",
        {"1.jpg": "encrypted", "2.jpg": "usable"},
    ),
    archive(
        "a zip with a password of the old way",
        lambda: m.with_a_password(_files(), aes=False, of=["2.jpg"]),
        "unpacked",
        {"1.jpg": "usable", "2.jpg": "encrypted"},
    ),
    archive("the last part of a split zip", lambda: made_zip(_two(), disk=2), "split_archive", {}),
    archive(
        "the last part of a split zip, which holds no file of its own",
        lambda: made_zip(_two(), disk=1)[len(made_zip(_two())) // 2 :],
        "split_archive",
        {},
    ),
    archive(
        "the first part of a split zip", lambda: b"PK\7\x08" + made_zip(_two())[:9000], "split_archive", {}
    ),
    archive(
        "a zip that was to be split and fits into one part",
        lambda: made_zip(_two(), before=b"PK00", counts_before=True),
        "unpacked",
        _TWO_INSIDE,
    ),
    archive("a 7z that is called .zip", lambda: b"7z\xbc\xaf\x27\x1c\0\4" + bytes(90), "other_archive", {}),
    archive("a gzip that is called .zip", lambda: b"\x1f\x8b\x08" + bytes(90), "other_archive", {}),
    archive(
        "a tar that is called .zip", lambda: bytes(257) + b"ustar\x0000" + bytes(700), "other_archive", {}
    ),
    archive(
        "a RAR with a zip in it that is called .zip",
        lambda: b"Rar!\x1a\7\1\0" + bytes(90) + z.zipped(_files()),
        "other_archive",
        {},
    ),
]

DIFFERENT = [
    _differs("the slash of its name", name=b"1.jpg", local_name=b"a\\1.jpg"),
    _differs("its whole name", local_name="别的名字.png".encode("gbk")),
    _differs("having no name", local_name=b""),
    _differs("its flag for a password", local_flags=m.PROTECTED),
    _differs("its flag for UTF-8", local_flags=m.UTF8, local_name=b"\xff\xff\xff.jpg"),
    _differs("sizes and CRC", local_facts=(1, 2, 3)),
    _differs("sizes of four gigabytes", local_facts=(0, 2**32 - 1, 2**32 - 1)),
    _differs("its compression", local_method=zipfile.ZIP_STORED),
    _differs("extra fields", local_extra=struct.pack("<2H", 0xCAFE, 3000) + bytes(3000)),
    _differs("a descriptor without a signature", descriptor="bare", flags=m.STREAMED),
    _differs("a descriptor of the large format", descriptor="large", flags=m.STREAMED),
    archive(
        "a zip with backslashes in its directory and slashes in its heads",
        lambda: made_zip([_one(name=b"a\\1.jpg", local_name=b"a/1.jpg")]),
        "unpacked",
        {"a/1.jpg": "usable"},
    ),
    _named(
        "in GBK that is flagged as UTF-8",
        "海边.jpg",
        lambda: made_zip([_one(name="海边.jpg".encode("gbk"), flags=m.UTF8)]),
    ),
    _named(
        "of no encoding that is flagged as UTF-8",
        b"\xff\x80\xff.jpg".decode("cp437"),
        lambda: made_zip([_one(name=b"\xff\x80\xff.jpg", flags=m.UTF8)]),
    ),
    archive(
        "a zip of which one name is not the UTF-8 that it is flagged as",
        lambda: made_zip(_two(name=b"caf\xe9.jpg", flags=m.UTF8)),
        "unpacked",
        {b"caf\xe9.jpg".decode("cp437"): "usable", "2.jpg": "usable"},
    ),
    _named(
        "beside it that is of another name",
        "1.jpg",
        lambda: made_zip([_one(extra=m.unicode_path("生日.jpg", b"another.jpg"))]),
    ),
    _named("that begins with a dot and a slash", "1.jpg", lambda: made_zip([_one(name=b"./1.jpg")])),
    archive(
        "a zip with sizes of the large format",
        lambda: made_zip(_two(large_sizes=True), large_end=True),
        "unpacked",
        _TWO_INSIDE,
    ),
    archive(
        "a zip with bytes behind it",
        lambda: made_zip(_two(), behind=b"\r\n--x--\r\n"),
        "unpacked",
        _TWO_INSIDE,
    ),
    archive(
        "a zip behind a program that counts itself",
        lambda: made_zip(_two(), before=b"MZ" + bytes(70_000), counts_before=True),
        "unpacked",
        _TWO_INSIDE,
    ),
    archive("a zip that counts wrong", lambda: made_zip(_two(), count=7), "unpacked", _TWO_INSIDE),
    archive(
        "a zip with another size of its directory",
        lambda: made_zip(_two(), directory_bytes=20),
        "unpacked",
        _TWO_INSIDE,
    ),
    archive(
        "a zip with a signed directory",
        lambda: made_zip(_two(), signature=b"PK\5\5" + struct.pack("<H", 20) + bytes(20)),
        "unpacked",
        _TWO_INSIDE,
    ),
    archive(
        "a zip with a damaged entry in its directory",
        lambda: (
            made_zip([*_two(), _one(name=b"3.jpg", content=p.jpeg(3))])
            .replace(b"PK\1\2", b"PK\1\3", 2)
            .replace(b"PK\1\3", b"PK\1\2", 1)
        ),
        "unpacked",
        {"1.jpg": "usable", "?": "broken_entry", "3.jpg": "usable"},
    ),
    archive(
        "a zip with a file in a wrong place",
        lambda: made_zip(_two(at=77)),
        "unpacked",
        {"1.jpg": "broken_entry", "2.jpg": "usable"},
    ),
    archive(
        "a zip with two files in one place",
        lambda: made_zip([_one(), _one(name=b"2.jpg", at=0)]),
        "unpacked",
        {"1.jpg": "usable", "2.jpg": "broken_entry"},
    ),
    archive(
        "a zip with a folder that is called like a file",
        lambda: made_zip([_one(name=b"a/1.jpg"), Member(name=b"a", method=0, attributes=m.FOLDER_OF_DOS)]),
        "unpacked",
        {"a/1.jpg": "usable"},
    ),
]

ALIKE = [
    archive(
        "a zip with two files of one name",
        lambda: made_zip([_one(name=b"IMG_1.jpg"), _one(name=b"IMG_1.jpg", content=p.jpeg(2))]),
        "unpacked",
        {"IMG_1.jpg": "usable", "IMG_1 (2).jpg": "usable"},
    ),
    archive(
        "a zip with two files of one name and one that is called as the second would be",
        lambda: made_zip(
            [
                _one(name=b"IMG_1.jpg"),
                _one(name=b"IMG_1.jpg", content=p.jpeg(2)),
                _one(name=b"IMG_1 (2).jpg", content=p.jpeg(3)),
            ]
        ),
        "unpacked",
        {"IMG_1.jpg": "usable", "IMG_1 (2).jpg": "usable", "IMG_1 (3).jpg": "usable"},
    ),
    archive(
        "a zip with two files of one name and one content",
        lambda: made_zip([_one(), _one()]),
        "unpacked",
        {"1.jpg": "usable", "1 (2).jpg": "duplicate"},
    ),
    archive(
        "a zip with names that are one name for GBK and UTF-8",
        lambda: made_zip(
            [_one(name="海.jpg".encode("gbk")), _one(name="海.jpg".encode(), content=p.jpeg(2))]
        ),
        "unpacked",
        {"海.jpg": "usable", "海 (2).jpg": "usable"},
    ),
]

BESIDE = [
    _beside(
        "sidecars",
        dict.fromkeys(("a/1.xmp", "a/1.AAE", "a/1.jpg.json", "a/notes.txt", "a/i.html"), "system_file"),
    ),
    _beside(
        "files of Windows",
        dict.fromkeys(("a/Thumbs.db", "a/desktop.ini", "Picasa.ini", "a/x.lnk"), "system_file"),
    ),
    _beside("details of an album", {"a/Photo Details.csv": "system_file"}),
    _beside("a video", {"a/clip.mp4": "video"}),
    _beside(
        "a video that is longer than photos may be",
        {"a/long.MOV": "video"},
        others={"a/long.MOV": bytes(21 * 2**20)},
    ),
    _beside("a picture that is called like a sidecar's", {"a/1.jpg.json": "system_file"}),
]

PEOPLE = [
    _people("the folders of two people", "anna/1.jpg", "ben/1.jpg"),
    _people("the folders of two people in a folder", "students/anna/1.jpg", "students/ben/1.jpg"),
    _people("the folders of two people and a photo beside them", "group.jpg", "anna/1.jpg", "ben/1.jpg"),
    _people("folders that differ in a number", "001/1.jpg", "002/1.jpg"),
    _people("people's folders with a year", "anna 2024/1.jpg", "ben 2024/1.jpg"),
    _folders("one folder and a photo beside it", "1.jpg", "more/2.jpg"),
    _folders("folders in folders", "a/b/c/1.jpg", "a/b/c/2.jpg"),
    _folders("folders of months", "photos/2024-05/1.jpg", "photos/2024-06/2.jpg", "photos/2025-01/3.jpg"),
    _folders("folders of years in Chinese", "2023年/1.jpg", "2024年/2.jpg"),
    _folders("the folders of a camera", "DCIM/100APPLE/IMG_1.JPG", "DCIM/101APPLE/IMG_2.JPG"),
    archive(
        _OWN_FOLDER,
        lambda: z.zipped({f"{_OWN_FOLDER}/near/1.jpg": p.jpeg(1), f"{_OWN_FOLDER}/far/2.jpg": p.jpeg(2)}),
        "unpacked",
        {f"{_OWN_FOLDER}/near/1.jpg": "usable", f"{_OWN_FOLDER}/far/2.jpg": "usable"},
    ),
    archive(
        "a zip with folders of which one has photos",
        lambda: z.zipped(
            {"anna/1.jpg": p.jpeg(), "papers/readme.txt": b"x", "empty/": b"", "__MACOSX/a/._1": b"x"}
        ),
        "unpacked",
        {"anna/1.jpg": "usable", "papers/readme.txt": "system_file", "__MACOSX/a/._1": "system_file"},
    ),
]

TOOL_ZIPS = [*OF_PROGRAMS, *OTHERWISE_PACKED, *DIFFERENT, *ALIKE, *BESIDE, *PEOPLE]
