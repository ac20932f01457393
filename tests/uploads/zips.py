"""Zips of every kind, honest and hostile."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping
from typing import Any


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    return zip_of(*files.items(), method=method)


def zip_of(
    *entries: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.comment = comment
        for entry, content in entries:
            archive.writestr(entry, content)
    return buffer.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def streamed(files: Mapping[str, bytes]) -> bytes:
    """A zip that was written to a pipe: sizes stand behind each file, not before it."""
    buffer = io.BytesIO()
    pipe: Any = _Pipe(buffer)  # A pipe has less than the type of a file asks for, which zipfile copes with.
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def large_format(files: Mapping[str, bytes]) -> bytes:
    """A zip in the format for more than 4 GB, as some programs always write it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(content)
    return buffer.getvalue()


class _Pipe:
    def __init__(self, buffer: io.BytesIO) -> None:
        self._buffer = buffer

    def write(self, content: bytes) -> int:
        return self._buffer.write(content)

    def flush(self) -> None:
        """Nothing waits."""
