"""What is decided about a zip from its directory alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from shared.domain.archives import (
    MAX_ENTRIES,
    MAX_GROWTH,
    MAX_UNPACKED_BYTES,
    TINY_UNPACKED_BYTES,
    Decision,
    Entry,
    decide_entries,
    is_too_much,
    max_unpacked_bytes,
)
from shared.domain.photos import MAX_SOURCE_BYTES, Verdict

FOLDER = "people/li/a.zip/"
MEGABYTE = 2**20
STORED, DEFLATED = 0, 8
SIDECARS = [
    *("IMG_1.jpg.json", "IMG_1.HEIC.supplemental-metadata.json", "IMG_1.AAE", "IMG_1.jpg.xmp", "readme.txt"),
    *("a/index.HTML", "Photo Details.csv", "__MACOSX/a/._1.jpg", "a/.DS_Store", "Thumbs.db", "a/Picasa.ini"),
    *("desktop.ini", "a/Icon\r"),
]
HEADER_BYTES = 30


def entry(index: int = 0, begins_at: int | None = None, **changes: Any) -> Entry:
    """A stored file of 1000 bytes; the files of a zip lie 10 kB apart unless they are told where."""
    facts: dict[str, Any] = {
        "name": f"{index}.jpg",
        "size": 1000,
        "packed_size": changes.get("size", 1000),
        "method": STORED,
        "crc": 0,
        "is_encrypted": False,
        "is_link": False,
        **changes,
    }
    return Entry(index=index, begins_at=10_000 * index if begins_at is None else begins_at, **facts)


def verdicts(*entries: Entry, archive_bytes: int = 500 * MEGABYTE) -> list[Verdict | None]:
    decisions = decide_entries(entries, folder=FOLDER, archive_bytes=archive_bytes)
    assert [one.entry for one in decisions] == list(entries)
    return [one.verdict for one in decisions]


def test_a_file_is_stored_below_the_folder_of_its_zip() -> None:
    (decision,) = decide_entries([entry(name="b/1.jpg")], folder=FOLDER, archive_bytes=2000)
    assert (decision.key, decision.verdict) == (f"{FOLDER}b/1.jpg", None)


def test_files_that_lie_side_by_side_are_taken_in_whatever_order_the_directory_names_them() -> None:
    side_by_side = HEADER_BYTES + 1000
    places = [2 * side_by_side, 0, side_by_side]
    assert verdicts(*(entry(number, at) for number, at in enumerate(places))) == [None] * 3


@pytest.mark.parametrize(
    ("places", "sizes", "refused"),
    [
        # Of several in one place the one that fills it is taken, the first where none does so better.
        ([0, 0], [1000, 1000], {1}),
        ([0, 0, 2000], [1000, 1900, 1000], {0}),
        ([0, 0, 2000], [1000, 2000, 1000], {1}),
        # One that reaches into another is refused, and not the other.
        ([0, HEADER_BYTES + 999], [1000, 1000], {0}),
        ([5000, 0, 9000], [1000, 6000, 1000], {1}),
        ([0, 100, 5000, 20_000], [10_000, 10, 10, 10], {0}),
        # A chain, in which each one reaches into the next and no further.
        ([0, 1000, 2000, 9000], [1000, 1000, 1000, 1000], {0, 1}),
    ],
)
def test_of_files_that_share_bytes_of_the_zip_those_are_left_that_lie_side_by_side(
    places: list[int], sizes: list[int], refused: set[int]
) -> None:
    entries = [
        entry(number, at, size=size) for number, (at, size) in enumerate(zip(places, sizes, strict=True))
    ]
    decisions = decide_entries(entries, folder=FOLDER, archive_bytes=500 * MEGABYTE)
    assert {one.entry.index for one in decisions if one.verdict is Verdict.BROKEN_ENTRY} == refused
    assert all("overlap" in one.detail for one in decisions if one.verdict)
    taken = sorted((one.entry for one in decisions if not one.verdict), key=lambda one: one.begins_at)
    for one, following in pairwise(taken):
        assert one.begins_at + HEADER_BYTES + one.packed_size <= following.begins_at


def test_a_file_that_begins_before_the_zip_is_broken_and_no_other() -> None:
    assert verdicts(entry(0, -10), entry(1, 5000)) == [Verdict.BROKEN_ENTRY, None]


def test_a_file_with_a_huge_size_takes_nobody_elses_room() -> None:
    files = [entry(n, 40_000 * n, size=200_000, packed_size=30_000, method=DEFLATED) for n in range(90)]
    lying = entry(90, 4_000_000, size=MAX_SOURCE_BYTES - 1, packed_size=300_000, method=DEFLATED)
    assert verdicts(lying, *files, archive_bytes=1_500_000) == [Verdict.EXPANDS_TOO_MUCH] + [None] * 90


def test_of_an_entry_that_the_directory_tells_nothing_of_nothing_is_made() -> None:
    assert verdicts(entry(0, 0, is_damaged=True), entry(1, 0)) == [Verdict.BROKEN_ENTRY, None]


@pytest.mark.parametrize("name", SIDECARS)
def test_what_programs_lay_beside_photos_is_no_photo(name: str) -> None:
    assert verdicts(entry(name=name)) == [Verdict.SYSTEM_FILE]


def test_a_video_is_part_of_a_live_photo_where_a_picture_is_called_like_it() -> None:
    names = ["a/IMG_1.HEIC", "a/IMG_1.MOV", "b/IMG_1.MOV", "a/IMG_2.mp4", "a/img_2.JPG", "a/clip.avi"]
    assert verdicts(*(entry(number, name=name) for number, name in enumerate(names))) == [
        None,
        Verdict.LIVE_PHOTO_VIDEO,
        Verdict.VIDEO,
        Verdict.LIVE_PHOTO_VIDEO,
        None,
        Verdict.VIDEO,
    ]


def test_only_what_may_be_a_photo_counts_against_the_number_of_files() -> None:
    def decided(count: int) -> list[Decision]:
        photos = [entry(n) for n in range(count)]
        beside = [entry(1000 + n, name=f"{n}.jpg.json") for n in range(4000)]
        videos = [entry(5000 + n, name=f"{n}.mov") for n in range(count)]
        return decide_entries([*photos, *beside, *videos], folder=FOLDER, archive_bytes=500 * MEGABYTE)

    assert not is_too_much(decided(MAX_ENTRIES))
    assert is_too_much(decided(MAX_ENTRIES + 1))


@pytest.mark.parametrize(
    ("method", "word"), [(9, "Deflate64"), (12, "bzip2"), (14, "LZMA"), (93, "Zstandard"), (77, "method 77")]
)
def test_a_file_that_is_packed_in_another_way_is_told_in_which(method: int, word: str) -> None:
    (decision,) = decide_entries([entry(method=method)], folder=FOLDER, archive_bytes=2000)
    assert (decision.verdict, decision.detail) == (Verdict.UNUSUAL_COMPRESSION, f"packed by {word}")


@pytest.mark.parametrize(
    "changes", [{"is_encrypted": True}, {"method": 99}, {"method": 14, "is_encrypted": True}]
)
def test_a_password_comes_before_the_way_of_packing(changes: dict[str, Any]) -> None:
    assert verdicts(entry(**changes)) == [Verdict.ENCRYPTED]


@pytest.mark.parametrize(
    ("changes", "verdict"), [({}, None), ({"is_link": True}, Verdict.LINK), ({"size": 0}, Verdict.EMPTY)]
)
def test_a_verdict_that_says_it_all_has_no_detail(changes: dict[str, Any], verdict: Verdict | None) -> None:
    (decision,) = decide_entries([entry(**changes)], folder=FOLDER, archive_bytes=2000)
    assert (decision.verdict, decision.detail) == (verdict, "")


@pytest.mark.parametrize("suffix", [".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".ZIP"])
def test_an_archive_of_any_kind_inside_a_zip_is_not_opened(suffix: str) -> None:
    assert verdicts(entry(name=f"b/old{suffix}"), entry(1, name=f"b/old{suffix}.jpg")) == [
        Verdict.NESTED_ARCHIVE,
        None,
    ]


@pytest.mark.parametrize("odd", ["\x00", "\x1b", "\x7f", "\udc80"])
def test_the_label_of_a_refused_name_has_no_character_that_a_row_or_a_page_cannot_hold(odd: str) -> None:
    (decision,) = decide_entries([entry(name=f"a{odd}.jpg")], folder=FOLDER, archive_bytes=2000)
    assert (decision.verdict, decision.label) == (Verdict.UNSAFE_NAME, "a\ufffd.jpg")


def test_a_stored_file_whose_two_sizes_differ_is_broken() -> None:
    assert verdicts(
        entry(0, size=1000, packed_size=999),
        entry(1, size=1000, packed_size=1001),
        entry(2, size=1000, packed_size=999, method=DEFLATED),
    ) == [Verdict.BROKEN_ENTRY, Verdict.BROKEN_ENTRY, None]


@pytest.mark.parametrize("archive_bytes", [3 * MEGABYTE, 7 * MEGABYTE])
def test_of_a_zip_no_more_is_unpacked_than_20_times_its_size(archive_bytes: int) -> None:
    files = [entry(n, size=MEGABYTE, packed_size=1100, method=DEFLATED) for n in range(500)]
    found = verdicts(*files, archive_bytes=archive_bytes)
    taken = MAX_GROWTH * archive_bytes // MEGABYTE
    assert found == [None] * taken + [Verdict.EXPANDS_TOO_MUCH] * (500 - taken)


def test_a_file_that_is_refused_takes_no_room_from_the_others() -> None:
    bomb = entry(0, size=MAX_SOURCE_BYTES, packed_size=1000, method=DEFLATED)
    plain = [entry(n, size=MEGABYTE, packed_size=1000, method=DEFLATED) for n in range(1, 21)]
    assert verdicts(bomb, *plain, archive_bytes=30_000) == [Verdict.EXPANDS_TOO_MUCH] + [None] * 20


def test_a_tiny_zip_of_plain_drawings_is_unpacked() -> None:
    drawings = [
        entry(n, 70_000 * n, size=5 * MEGABYTE, packed_size=60_000, method=DEFLATED) for n in range(4)
    ]
    assert verdicts(*drawings, archive_bytes=241_000) == [None] * 4


def test_what_is_unpacked_is_bounded_for_zips_of_every_size() -> None:
    assert max_unpacked_bytes(1) == TINY_UNPACKED_BYTES == MAX_SOURCE_BYTES
    assert max_unpacked_bytes(50 * MEGABYTE) == 1000 * MEGABYTE
    assert max_unpacked_bytes(500 * MEGABYTE) == MAX_UNPACKED_BYTES


def test_each_refusal_has_a_name_of_its_own_and_a_stored_file_keeps_its() -> None:
    names = ["1.jpg", "../1", "\x07.jpg", "\x08.jpg", "\ufffd.jpg", "x" * 2000, "x" * 2001]
    entries = [entry(number, name=name) for number, name in enumerate(names)]
    decisions = decide_entries(entries, folder=FOLDER, archive_bytes=500 * MEGABYTE)
    labels = [one.label for one in decisions]
    assert [one.verdict for one in decisions] == [
        None,
        Verdict.UNSAFE_NAME,
        Verdict.UNSAFE_NAME,
        Verdict.UNSAFE_NAME,
        None,
        Verdict.UNSAFE_NAME,
        Verdict.UNSAFE_NAME,
    ]
    assert labels[:5] == ["1.jpg", "../1", "\ufffd.jpg (2)", "\ufffd.jpg (3)", "\ufffd.jpg"]
    assert len(set(labels)) == len(labels)
