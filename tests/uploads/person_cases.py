"""Folders as Macs, phones, alphabets and programs name them: who is one person, and who is two."""

from __future__ import annotations

import unicodedata

from shared.domain.object_keys import upload_name
from tests.uploads import pictures as p
from tests.uploads import zips as z
from tests.uploads.case import Case


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


def _in_folder(what: str, folder: str, *, person: str = "") -> Case:
    """One usable photo in a folder; ``person`` is whose it is, when not that of the folder's own name."""
    name = upload_name(folder, "photo.jpg")
    return Case(
        what=f"a folder {what}",
        person=person or folder,
        files=[(name, p.jpeg)],
        verdicts={name: "usable"},
        sides=p.SIZE,
        upright=True,
    )


def _decomposed_folder(what: str, name: str) -> Case:
    return _in_folder(f"{what}, decomposed as by a Mac", _decomposed(name), person=_composed(name))


def _nobodys(what: str, folder: str) -> Case:
    return Case(what=f"a folder {what}", person=folder, files=[("photo.jpg", p.jpeg)])


_TWO, _TWICE, _ZIPPED = "Zoë of two folders", "Zoë of one photo twice", "Zoë of a zip"
_IN_ZIP = upload_name(_decomposed(_ZIPPED), "a.zip")

PEOPLE = [
    _in_folder("in Latin letters, composed", _composed("Zoë")),
    _decomposed_folder("in Latin letters", "Zoé"),
    _decomposed_folder("in Vietnamese", "Nguyễn Thị Hồng Nhung"),
    _decomposed_folder("in Hangul", "김민준"),
    _decomposed_folder("in Japanese with a voiced sound", "ガブリエル"),
    _in_folder("with the sign of the unit in place of a letter", "\u212bsa", person="\u00c5sa"),
    _in_folder("with a compatibility ideograph", "\ufa19谷", person="神谷"),
    _in_folder("in Chinese", "李雷"),
    Case(
        what="two folders of one person with different photos of one name",
        person=_composed(_TWO),
        files=[
            (upload_name(_composed(_TWO), "1.jpg"), lambda: p.jpeg(1)),
            (upload_name(_decomposed(_TWO), "1.jpg"), lambda: p.jpeg(2)),
        ],
        verdicts={"1.jpg": "usable", upload_name(_decomposed(_TWO), "1.jpg"): "usable"},
    ),
    Case(
        what="two folders of one person with the same photo",
        person=_composed(_TWICE),
        files=[
            (upload_name(_decomposed(_TWICE), "1.jpg"), p.jpeg),
            (upload_name(_composed(_TWICE), "1.jpg"), p.jpeg),
        ],
        verdicts={upload_name(_decomposed(_TWICE), "1.jpg"): "usable", "1.jpg": "duplicate"},
    ),
    Case(
        what="a zip in a decomposed folder",
        person=_composed(_ZIPPED),
        files=[(_IN_ZIP, lambda: z.zipped({"1.jpg": p.jpeg(), "b/empty.jpg": b""}))],
        verdicts={_IN_ZIP: "unpacked", f"{_IN_ZIP}/1.jpg": "usable", f"{_IN_ZIP}/b/empty.jpg": "empty"},
    ),
    _in_folder("that a random id names, with an underscore in front", "_V1StGXR8_Z5jdHi6B"),
    _in_folder("that is called like the marker", "_READY"),
    _in_folder("of one underscore", "_"),
    _in_folder("with spaces around", " anna "),
    _in_folder("with a space behind", "anna "),
    _in_folder("without spaces", "anna"),
    _in_folder("in upper case", "ANNA"),
    _in_folder("with a ligature, which is no two letters", "ﬁona"),
    _in_folder("with the two letters of the ligature", "fiona"),
    _in_folder("in full-width letters", "Ａｎｎａ"),
    _in_folder("of emoji that are joined", "👩‍👧‍👦"),
    _in_folder("of the same emoji, not joined", "👩👧👦"),
    _in_folder("in Arabic", "ليلى"),
    _nobodys("that is hidden", ".anna"),
    _nobodys("that a Mac's zip left behind", "__MACOSX"),
]
