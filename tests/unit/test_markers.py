"""Which object is a marker, and which photos it speaks for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.markers import (
    MAX_NAMES,
    MAX_NAMES_BYTES,
    MAX_PHOTOS,
    NOTHING,
    Announced,
    UnusableMarker,
    announced_by,
    is_marker,
)
from tests.unit.support import few_examples


@pytest.mark.parametrize(
    "name", ["_READY", "_READY.txt", "_ready", "READY", "_READY ", "ready.TXT", "_Ready.json"]
)
def test_a_marker_is_known_however_it_is_written(name: str) -> None:
    assert is_marker(name, "_READY")


@pytest.mark.parametrize(
    "name", ["_READY.jpg", "already", "_READY2", "__READY", "RE ADY", "", "_", ".txt", "准备"]
)
def test_another_file_is_no_marker(name: str) -> None:
    assert not is_marker(name, "_READY")


def test_a_marker_without_a_name_is_none() -> None:
    assert not is_marker("", "")


@pytest.mark.parametrize("content", [b"", b"  \r\n", b"\n"])
def test_an_empty_marker_speaks_for_what_has_arrived(content: bytes) -> None:
    assert announced_by(content) == NOTHING
    assert NOTHING.is_empty


@pytest.mark.parametrize(
    ("content", "announced"),
    [
        (b'{"photos": 5}', Announced(photos=5)),
        (b'\xef\xbb\xbf{"photos": 1}\r\n', Announced(photos=1)),
        (b'{"photos": 5, "by": "our app"}', Announced(photos=5)),
        (b'{"names": ["1.jpg", "2.jpg", "1.jpg"]}', Announced(names=("1.jpg", "2.jpg"))),
        (b'{"names": ["1.jpg"], "photos": 9}', Announced(names=("1.jpg",))),
        (b'{"names": ["Zoe\\u0308.jpg", "Zo\\u00eb.jpg"]}', Announced(names=("Zoë.jpg",))),
    ],
)
def test_a_marker_says_how_many_photos_or_which(content: bytes, announced: Announced) -> None:
    assert announced_by(content) == announced
    assert not announced.is_empty


@pytest.mark.parametrize(
    "content",
    [
        b"done",
        b"\xff\xfe{\0}\0",
        b"[" * 100_000,
        b"5",
        b"[]",
        b"{}",
        b"null",
        b'{"photos": 0}',
        b'{"photos": -1}',
        b'{"photos": true}',
        b'{"photos": "5"}',
        b'{"photos": 5.0}',
        b'{"photos": 99999999999999999999999}',
        b'{"names": []}',
        b'{"names": "1.jpg"}',
        b'{"names": [1]}',
        b'{"names": [""]}',
        b'{"names": ["\\ud800.jpg"]}',
        b'{"names": [], "photos": 5}',
    ],
)
def test_a_marker_that_makes_no_sense_is_refused_with_what_to_write(content: bytes) -> None:
    with pytest.raises(UnusableMarker):
        announced_by(content)


def test_of_more_names_than_a_row_has_room_for_their_number_counts() -> None:
    assert announced_by(json.dumps({"names": [str(n) for n in range(MAX_NAMES)]}).encode()).names
    many = json.dumps({"names": [str(n) for n in range(MAX_NAMES + 1)]})
    assert announced_by(many.encode()) == Announced(photos=MAX_NAMES + 1)
    long = ["长" * (MAX_NAMES_BYTES // 6), "x" * (MAX_NAMES_BYTES // 2), "y" * 9]
    assert announced_by(json.dumps({"names": long}).encode()) == Announced(photos=3)
    countless = json.dumps({"names": [str(n) for n in range(MAX_PHOTOS + 1)]})
    assert announced_by(countless.encode()) == Announced(photos=MAX_PHOTOS)


@few_examples
@given(
    st.one_of(
        st.binary(),
        st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
            lambda value: json.dumps({"names": value, "photos": value}).encode()
        ),
    )
)
def test_whatever_a_marker_holds_it_is_understood_or_refused(content: bytes) -> None:
    try:
        announced = announced_by(content)
    except UnusableMarker:
        return
    assert 0 <= announced.photos <= MAX_PHOTOS
    assert all(name.encode() for name in announced.names)
