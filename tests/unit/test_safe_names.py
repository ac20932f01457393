"""Names of files in an export can be unpacked anywhere, and none takes the place of another."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.safe_names import MAX_SEGMENT_BYTES, SafeNames, safe_segment


@pytest.mark.parametrize(
    ("segment", "safe"),
    [
        ("1.jpg", "1.jpg"),
        ("李 雷.jpg", "李 雷.jpg"),
        ("Zoe\u0308.jpg", "Zoë.jpg"),
        ("..", "_"),
        (".", "_"),
        ("", "_"),
        ("...", "_"),
        ("name. ", "name"),
        ("a:b|c?.jpg", "a_b_c_.jpg"),
        ("NUL", "_NUL"),
        ("nul.jpg", "_nul.jpg"),
        ("nulled.jpg", "nulled.jpg"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("a\x00\x1b[2Jb", "a__[2Jb"),
        (".hidden", ".hidden"),
    ],
)
def test_a_segment_is_safe_on_every_computer(segment: str, safe: str) -> None:
    assert safe_segment(segment) == safe


def test_a_long_name_keeps_its_ending() -> None:
    safe = safe_segment("照" * 300 + ".jpeg")
    assert safe.endswith(".jpeg")
    assert len(safe.encode()) <= MAX_SEGMENT_BYTES


def test_names_that_differ_by_case_or_composition_alone_become_different_files() -> None:
    names = SafeNames()
    asked = ["IMG.jpg", "img.JPG", "Zoë.jpg", "Zoe\u0308.jpg", "a?.jpg", "a*.jpg"]
    made = [names.of("uploads", name) for name in asked]
    assert made[:2] == ["uploads/IMG.jpg", "uploads/img (2).JPG"]
    assert len({unicodedata.normalize("NFC", one).casefold() for one in made}) == len(made)


def test_a_file_and_a_folder_of_one_name_do_not_stand_in_each_others_way() -> None:
    names = SafeNames()
    assert [names.of("u", one) for one in ("a", "a/b", "a/c", "d/e", "d")] == [
        *("u/a", "u/a (2)/b", "u/a (2)/c"),
        *("u/d/e", "u/d (2)"),
    ]


@given(st.lists(st.text(min_size=1, max_size=20), max_size=8))
def test_whatever_people_call_their_files_no_path_leaves_the_folder_and_none_is_given_twice(
    asked: list[str],
) -> None:
    names = SafeNames()
    made = [names.of("uploads", name) for name in asked]
    assert len({one.casefold() for one in made}) == len(made)
    for one in made:
        one.encode("utf-8")
        for path in (PurePosixPath(one), PureWindowsPath(one)):
            assert not path.is_absolute()
            assert ".." not in path.parts
            assert path.parts[0] == "uploads"
    files = {one.casefold() for one in made}
    folders = {str(parent).casefold() for one in made for parent in PurePosixPath(one).parents}
    assert not files & folders
