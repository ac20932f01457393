"""The layout of a zip, read from bytes: ends, entries of a directory, and where a file's data begin."""

from __future__ import annotations

import struct
from itertools import islice

import pytest

from shared.domain.zip_format import DirectoryEntry, data_at, directory_entries, ends
from tests.uploads import made_zips as m
from tests.uploads.made_zips import Member, made_zip

MEMBERS = [Member(name=b"%d.jpg" % number, content=b"FACE %d" % number) for number in range(4)]
ENTRY_BYTES = 46 + len(b"0.jpg")


def directory_of(*members: Member) -> bytes:
    return b"".join(member.entry(1000 * number) for number, member in enumerate(members))


def names(entries: list[DirectoryEntry]) -> list[bytes]:
    return [b"damaged" if one.is_damaged else one.name for one in entries]


def test_an_entry_tells_what_the_directory_has() -> None:
    (entry,) = directory_entries(
        Member(name=b"1.jpg", content=b"FACE" * 9, made_by=m.UNIX, flags=8).entry(77), 1
    )
    assert (entry.name, entry.method, entry.size, entry.begins_at) == (b"1.jpg", 8, 36, 77)
    assert (entry.made_on, entry.flags, entry.is_damaged) == (3, 8, False)


def test_values_of_the_large_format_come_from_the_extra_field() -> None:
    (entry,) = directory_entries(
        Member(name=b"1", content=b"FACE", method=0, large_sizes=True).entry(2**33), 1
    )
    assert (entry.size, entry.packed_size, entry.begins_at) == (4, 4, 2**33)


@pytest.mark.parametrize("extra", [b"\1", struct.pack("<2H", 1, 500), struct.pack("<2HI", 1, 4, 7), b""])
def test_values_of_the_large_format_that_are_missing_are_as_they_stand(extra: bytes) -> None:
    (entry,) = directory_entries(Member(name=b"1", content=b"F", size=2**32 - 1, extra=extra).entry(5), 1)
    assert (entry.size, entry.begins_at) == (2**32 - 1, 5)


@pytest.mark.parametrize("broken", range(4))
def test_an_entry_without_its_signature_costs_itself(broken: int) -> None:
    content = bytearray(directory_of(*MEMBERS))
    content[broken * ENTRY_BYTES] = 0
    expected = [b"damaged" if number == broken else b"%d.jpg" % number for number in range(4)]
    assert names(directory_entries(bytes(content), 4)) == expected


@pytest.mark.parametrize("longer", [1, 30, 1000, 0xFF00])
def test_an_entry_whose_name_runs_into_the_next_one_costs_itself(longer: int) -> None:
    content = bytearray(directory_of(*MEMBERS))
    struct.pack_into("<H", content, ENTRY_BYTES + 28, len(b"1.jpg") + longer)
    found = directory_entries(bytes(content), 4)
    assert names(found) == [b"0.jpg", b"damaged", b"2.jpg", b"3.jpg"]
    assert found[1].name == b"1.jpg"


def test_an_entry_whose_name_is_cut_short_is_told_with_what_is_left_over() -> None:
    content = bytearray(directory_of(*MEMBERS))
    struct.pack_into("<H", content, ENTRY_BYTES + 28, 3)
    assert names(directory_entries(bytes(content), 4)) == [b"0.jpg", b"1.j", b"damaged", b"2.jpg", b"3.jpg"]


@pytest.mark.parametrize("behind", [b"PK\5\5" + bytes(30), b"PK\6\6" + bytes(52), b"?" * 20, b""])
def test_what_stands_behind_all_entries_is_no_entry(behind: bytes) -> None:
    assert names(directory_entries(directory_of(*MEMBERS) + behind, 4)) == [one.name for one in MEMBERS]


def test_a_last_entry_that_is_missing_is_told() -> None:
    assert names(directory_entries(directory_of(*MEMBERS)[: -ENTRY_BYTES // 2], 4))[-1] == b"damaged"


def test_the_end_that_ends_with_the_file_comes_first() -> None:
    content = made_zip(MEMBERS, comment=b"PK\5\6" + bytes(40))
    first = next(ends(content, 0))
    assert (first.count, first.directory_bytes) == (4, 4 * ENTRY_BYTES)
    assert first.directory_places == (content.index(b"PK\1\2"),)


def test_the_end_behind_which_other_bytes_stand_is_found_among_many_that_are_none() -> None:
    content = made_zip(MEMBERS, behind=b"PK\5\6" + b"\xee" * 40)
    assert [end.count for end in ends(content, 0) if end.directory_places] == [4]
    assert len(list(islice(ends(content + b"PK\5\6" * 5000, 0), 100))) < 20


@pytest.mark.parametrize(("disk", "is_split"), [(0, False), (0xFFFF, False), (1, True), (3, True)])
def test_the_number_of_its_disk_tells_a_split_zip(disk: int, is_split: bool) -> None:
    assert next(ends(made_zip(MEMBERS, disk=disk), 0)).is_split is is_split


def test_an_end_of_the_large_format_tells_how_many_disks_there_are() -> None:
    content = bytearray(made_zip(MEMBERS, large_end=True))
    end = next(ends(bytes(content), 0))
    assert (end.count, end.is_split, content.index(b"PK\6\6")) == (4, False, end.at)
    struct.pack_into("<I", content, content.index(b"PK\6\7") + 16, 2)
    assert next(ends(bytes(content), 0)).is_split


def test_the_places_of_a_tail_count_from_the_files_beginning() -> None:
    content = made_zip(MEMBERS)
    whole, of_tail = next(ends(content, 0)), next(ends(content[-40:], len(content) - 40))
    assert whole == of_tail


@pytest.mark.parametrize("head", [b"", b"PK\3\4", b"PK\1\2" + bytes(26), b"PK\3\4" + bytes(25)])
def test_no_data_begin_where_no_head_stands(head: bytes) -> None:
    assert data_at(head) is None


def test_data_begin_behind_the_heads_own_name_and_extra_field() -> None:
    assert (
        data_at(Member(name=b"1.jpg", local_name=b"another.jpg", local_extra=b"x" * 7).local()[:30])
        == 30 + 11 + 7
    )


@pytest.mark.parametrize(("raw", "is_taken"), [(b"1.jpg", True), (b"2.jpg", False)])
def test_a_name_in_utf8_beside_the_name_belongs_to_it_by_its_crc(raw: bytes, is_taken: bool) -> None:
    member = Member(name=b"1.jpg", content=b"x", extra=m.unicode_path("海.jpg", raw))
    assert directory_entries(member.entry(0), 1)[0].unicode_name == ("海.jpg".encode() if is_taken else b"")
