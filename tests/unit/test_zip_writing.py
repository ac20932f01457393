"""The zips that are written in many runs are those that every reader of zips reads."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from shared.domain.zip_format import directory_entries, ends
from shared.domain.zip_writing import Member, directory_of, foot_of, head_of
from tests.unit.support import NOW

FILES = {"README.txt": b"read me", "uploads/李雷/1.jpg": b"\xff\xd8" * 5000, "empty": b""}
BIG = 5 * 1024**3


def zip_of(files: dict[str, bytes], gap: bytes = b"") -> bytes:
    """A zip; ``gap`` are bytes between its files that are in no directory."""
    content, members = b"", []
    for name, data in files.items():
        member = Member(name, len(data), NOW, len(content), zlib.crc32(data))
        content += head_of(member) + data + foot_of(member) + gap
        members.append(member)
    return content + b"".join(directory_of(members, len(content)))


@pytest.mark.parametrize("gap", [b"", b"bytes of a file that was replaced meanwhile"])
def test_python_reads_every_file_with_its_name_time_and_checksum(gap: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(FILES, gap))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        # NOW is midnight in UTC, of the year 2026.
        assert archive.infolist()[0].date_time == (2026, 1, 1, 8, 0, 0)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="Info-ZIP is not installed")
def test_info_zip_reads_it_without_a_complaint(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_of(FILES))
    done = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No errors detected" in done.stdout


def test_our_own_reader_reads_it() -> None:
    content = zip_of(FILES)
    end = next(ends(content, 0))
    directory = content[end.directory_at : end.directory_at + end.directory_bytes]
    entries = directory_entries(directory, end.count)
    assert [entry.name.decode("utf-8") for entry in entries] == list(FILES)
    assert not any(entry.is_damaged for entry in entries)


class Sparse(io.RawIOBase):
    """A file of gigabytes of which only its end has been written."""

    def __init__(self, end: bytes, size: int) -> None:
        self._end, self._size, self._at = end, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        begins = self._size - len(self._end)
        data = self._end[max(0, self._at - begins) :][: len(buffer)] if self._at >= begins else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def test_files_and_places_behind_four_gigabytes_take_the_large_format() -> None:
    members = [Member("big.zip", BIG, NOW, 0, 1), Member("behind it.jpg", 7, NOW, BIG + 100, 2)]
    directory = b"".join(directory_of(members, BIG + 200))
    with zipfile.ZipFile(Sparse(directory, BIG + 200 + len(directory))) as archive:
        found = [(one.filename, one.file_size, one.header_offset, one.CRC) for one in archive.infolist()]
    assert found == [(one.name, one.size, one.begins_at, one.crc) for one in members]
    assert len(foot_of(members[0])) == len(foot_of(members[1])) + 8
    assert len(head_of(members[0])) == 30 + len("big.zip") + 20


def test_more_than_65535_files_take_the_large_format() -> None:
    members = [Member(f"{number}.jpg", 0, NOW, 100 * number) for number in range(70_000)]
    directory = b"".join(directory_of(members, 7_000_000))
    with zipfile.ZipFile(Sparse(directory, 7_000_000 + len(directory))) as archive:
        assert len(archive.infolist()) == 70_000
