"""How the data of a zip are held against its directory, and how little a hostile zip can make one read."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.archives import decide_entries
from shared.domain.photos import Verdict
from shared.errors import RetryLater
from shared.workflow.archive_reading import Archive, BrokenEntry, UnusableArchive
from tests.uploads.hostile_zips import (
    File,
    deflate,
    deflated,
    of_size,
    quoting_each_other,
    stored,
    zip_of_files,
)
from tests.uploads.made_zips import Member, made_zip

CONTENT = b"FACE 1, and much more of it. " * 40
OTHER = stored("2.jpg", b"FACE 2")


def opened(content: bytes) -> Archive:
    def read(start: int, count: int) -> bytes:
        assert 0 <= start < start + count <= len(content), "a place outside of the zip"
        return content[start : start + count]

    return Archive(read, len(content))


def first_of(*files: File) -> bytes:
    archive = opened(zip_of_files(files))
    return archive.read(archive.entries[0])


@pytest.mark.parametrize("pack", [stored, deflated])
def test_a_file_is_read_as_it_was_packed(pack: Callable[[str, bytes], File]) -> None:
    assert first_of(pack("1.jpg", CONTENT), OTHER) == CONTENT


@pytest.mark.parametrize("pack", [stored, deflated])
@pytest.mark.parametrize("by", [-len(CONTENT) + 1, -7, -1, 1, 7, 10_000])
def test_a_file_of_another_length_than_the_directory_says_is_broken_though_its_crc_fits(
    pack: Callable[[str, bytes], File], by: int
) -> None:
    with pytest.raises(BrokenEntry):
        first_of(of_size(pack("1.jpg", CONTENT), len(CONTENT) + by, CONTENT), OTHER)


def test_data_that_are_cut_off_are_broken() -> None:
    cut = replace(deflated("1.jpg", CONTENT), packed=deflate(CONTENT)[:-3])
    with pytest.raises(BrokenEntry):
        first_of(cut, OTHER)


@pytest.mark.parametrize("extra_bytes", [1, 500, 65_000])
def test_a_local_head_that_pushes_its_data_into_the_next_file_is_broken(extra_bytes: int) -> None:
    first, second = stored("1.jpg", CONTENT), stored("2.jpg", bytes(70_000))
    data_at = len(first.head()) + extra_bytes
    found_there = zip_of_files([first, second])[data_at : data_at + len(CONTENT)]
    content = bytearray(zip_of_files([replace(first, crc=zlib.crc32(found_there)), second]))
    content[28:30] = extra_bytes.to_bytes(2, "little")
    archive = opened(bytes(content))
    # The directory does not show it: by its offsets and sizes the files lie side by side.
    decided = decide_entries(archive.entries, folder="people/li/a.zip/", archive_bytes=len(content))
    assert [one.verdict for one in decided] == [None, None]
    with pytest.raises(BrokenEntry):
        archive.read(archive.entries[0])


def test_of_a_zip_whose_files_quote_each_other_one_can_be_read() -> None:
    content = quoting_each_other(40, bytes(20_000))
    with zipfile.ZipFile(io.BytesIO(content)) as honest_reader:
        assert sum(info.file_size for info in honest_reader.infolist()) > 40 * len(content)
    archive = opened(content)
    decided = decide_entries(archive.entries, folder="people/li/a.zip/", archive_bytes=len(content))
    assert [one.verdict for one in decided] == [*[Verdict.BROKEN_ENTRY] * 39, None]
    for entry in archive.entries[:-1]:
        with pytest.raises(BrokenEntry):
            archive.read(entry)


@pytest.mark.parametrize("at", [2**32 - 2, 400_000, 1])
def test_a_place_that_the_directory_invents_is_never_read_outside_of_the_zip(at: int) -> None:
    with pytest.raises(BrokenEntry):
        first_of(replace(stored("1.jpg", CONTENT), at=at), OTHER)


def test_a_file_in_the_comment_of_a_zip_is_not_read_beyond_its_end() -> None:
    hidden = stored("1.jpg", bytes(100_000))
    behind = len(zip_of_files([hidden, OTHER]))
    content = zip_of_files([replace(hidden, at=behind), replace(OTHER, at=2**32 - 1)])
    archive = opened(content[:-2] + len(hidden.head()).to_bytes(2, "little") + hidden.head())
    with pytest.raises(BrokenEntry):
        archive.read(archive.entries[0])


def test_a_file_that_does_not_fit_into_memory_concerns_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened(zip_of_files([deflated("1.jpg", CONTENT), OTHER]))
    with monkeypatch.context() as small:
        small.setattr(zlib, "decompressobj", _raising(MemoryError))
        with pytest.raises(BrokenEntry, match="MemoryError"):
            archive.read(archive.entries[0])
    assert archive.read(archive.entries[1]) == b"FACE 2"


MEMBERS = [Member(name=b"%d.jpg" % number, content=b"FACE %d" % number) for number in range(3)]
WRONG_PLACE = 7


def with_directory_at(content: bytes, at: int) -> bytes:
    return content[:-6] + at.to_bytes(4, "little") + content[-2:]


@pytest.mark.parametrize(
    "content",
    [
        made_zip(MEMBERS),
        made_zip(MEMBERS, before=bytes(500)),
        made_zip(MEMBERS, before=bytes(300_000)),
        made_zip(MEMBERS, before=bytes(500), counts_before=True),
        made_zip(MEMBERS, behind=b"\r\n"),
        made_zip(MEMBERS, large_end=True),
        made_zip(MEMBERS, directory_bytes=WRONG_PLACE),
        with_directory_at(made_zip(MEMBERS), WRONG_PLACE),
        made_zip([*MEMBERS[:1], *MEMBERS], comment=b"PK\5\6" * 20),
    ],
    ids=lambda content: len(content),
)
def test_the_directory_is_found_by_its_size_or_its_place(content: bytes) -> None:
    archive = opened(content)
    assert [archive.read(entry) for entry in archive.entries[-3:]] == [one.content for one in MEMBERS]


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"", Verdict.NOT_AN_ARCHIVE),
        (b"nothing of the kind", Verdict.NOT_AN_ARCHIVE),
        (made_zip(MEMBERS)[:-40], Verdict.NOT_AN_ARCHIVE),
        (made_zip(MEMBERS, disk=1), Verdict.SPLIT_ARCHIVE),
        (b"PK\7\x08" + made_zip(MEMBERS)[:60], Verdict.SPLIT_ARCHIVE),
        (b"Rar!\x1a\7\0" + bytes(600), Verdict.OTHER_ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c" + made_zip(MEMBERS), Verdict.OTHER_ARCHIVE),
        (bytes(257) + b"ustar" + made_zip(MEMBERS), Verdict.OTHER_ARCHIVE),
        (b"MSCF" + bytes(600), Verdict.OTHER_ARCHIVE),
        (bytes(0x8001) + b"CD001" + bytes(200_000), Verdict.OTHER_ARCHIVE),
    ],
)
def test_what_cannot_be_read_says_what_it_is(content: bytes, verdict: Verdict) -> None:
    with pytest.raises(UnusableArchive) as refusal:
        opened(content)
    assert refusal.value.verdict is verdict


def test_a_zip_costs_one_read_for_its_directory_and_one_for_each_window_of_its_files() -> None:
    calls: list[tuple[int, int]] = []
    content = made_zip(
        [*MEMBERS, Member(name=b"large.jpg", content=bytes(range(256)) * 2000, method=0), *MEMBERS]
    )

    def read(start: int, count: int) -> bytes:
        calls.append((start, count))
        return content[start : start + count]

    archive = Archive(read, len(content))
    assert len(calls) == 1
    for entry in archive.entries:
        archive.read(entry)
    # The small ones before the large one come with one window, and those behind it with the tail.
    assert len(calls) == 3


def test_an_answer_of_oss_that_broke_off_is_no_fault_of_the_zip() -> None:
    content = zip_of_files([stored("1.jpg", bytes(200_000))])
    with pytest.raises(RetryLater, match="short_answer"):
        Archive(lambda start, count: content[start : start + count - 1], len(content))
    archive = opened(content)
    archive._source._read = lambda start, count: content[start : start + count // 2]
    with pytest.raises(RetryLater, match="short_answer"):
        archive.read(archive.entries[0])


def _raising(error: type[Exception]) -> Callable[..., object]:
    def raising(*_: object) -> object:
        raise error

    return raising
