"""The bodies of requests, read from a connection within bounds.

:mod:`aliyun_local.serving.handler` calls this for every request. A small body is read at once. Before more is
read, the service is asked by the head alone. What it admits is held in memory within a budget that all
servers of the process share, or goes to a file if the service can read it from there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import Message
from io import BufferedIOBase
from pathlib import Path

from aliyun_local.payloads import Payload, Spooled
from aliyun_local.serving.broken_requests import (
    CHUNK_SIZE,
    CONTENT_LENGTH,
    ENTITY_TOO_LARGE,
    SERVER_BUSY,
    SHORT_BODY,
    SHORT_CHUNK,
    TRAILERS,
    BrokenRequest,
)
from aliyun_local.serving.messages import Admission

MAX_BODY_BYTES = 5 * 1024**3
SMALL_BODY_BYTES = 64 * 1024
SPOOLED_BYTES = 8 * 1024**2
"""A body of this size or more goes to a file, where the service can read it from there."""
_PIECE_BYTES = 1024 * 1024
_SIZE_LINE_BYTES = 1024
_TRAILER_LINE_BYTES = 65536
_MAX_TRAILERS = 100
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")


class MemoryBudget:
    """The memory that bodies share."""

    def __init__(self, size_bytes: int, *, wait_seconds: float) -> None:
        """Share ``size_bytes``; a body waits ``wait_seconds`` for its part."""
        self._free = size_bytes
        self._wait_seconds = wait_seconds
        self._changed = threading.Condition()

    def take(self, size_bytes: int, held: ExitStack) -> None:
        """Take ``size_bytes`` until ``held`` is closed.

        Raises:
            BrokenRequest: the server is busy: other bodies hold the memory for too long.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= size_bytes, self._wait_seconds):
                raise BrokenRequest(SERVER_BUSY)
            self._free -= size_bytes
        held.callback(self._give_back, size_bytes)

    def _give_back(self, size_bytes: int) -> None:
        with self._changed:
            self._free += size_bytes
            self._changed.notify_all()


MEMORY = MemoryBudget(256 * 1024**2, wait_seconds=10.0)


@dataclass(frozen=True, kw_only=True)
class Reception:
    """What a body needs on its way in.

    Attributes:
        admit: asks the service by the head; called before anything large is read.
        held: gives memory and files back when it is closed, after the request is answered.
        spool_folder: the folder whose disk holds files; None: that of temporary files.
    """

    admit: Callable[[], Admission]
    held: ExitStack
    spool_folder: Path | None


def receive(source: BufferedIOBase, headers: Message, reception: Reception) -> Payload:
    """Return the body that ``headers`` announce.

    Raises:
        BrokenRequest: the body is not as announced, is too large, or there is no memory for it.
        TimeoutError: the body does not arrive.
    """
    if is_chunked(headers):
        return _joined_chunks(source, reception)
    size = _announced_bytes(headers)
    if size <= SMALL_BODY_BYTES:
        return _read(source, size)
    admission = reception.admit()
    if size > admission.most_bytes:
        raise BrokenRequest(ENTITY_TOO_LARGE)
    body = _Body(reception, admission)
    body.expect(size)
    for piece in _pieces(source, size):
        body.append(piece)
    return body.payload()


class _Body:
    """A large body as it comes in: in memory, or in a file from the moment on when it would be too much."""

    def __init__(self, reception: Reception, admission: Admission) -> None:
        self._reception = reception
        self._admission = admission
        self._pieces: list[bytes] = []
        self._size = 0
        self._file: Spooled | None = None

    def expect(self, size: int) -> None:
        """Make room for ``size`` more bytes; raises BrokenRequest where there is none."""
        self._size += size
        if self._file is None and self._admission.spools and self._size >= SPOOLED_BYTES:
            self._file = Spooled(self._reception.spool_folder)
            self._reception.held.callback(self._file.close)
            for piece in self._pieces:
                self._file.append(piece)
            self._pieces.clear()
        elif self._file is None:
            MEMORY.take(size, self._reception.held)

    def append(self, piece: bytes) -> None:
        """Take in the next piece."""
        if self._file is None:
            self._pieces.append(piece)
        else:
            self._file.append(piece)

    def payload(self) -> Payload:
        """Return everything that came."""
        return b"".join(self._pieces) if self._file is None else self._file


def is_chunked(headers: Message) -> bool:
    """Return whether the body comes in chunks, so that nobody knows its size before its end."""
    return "chunked" in headers.get("Transfer-Encoding", "").lower()


def is_large(headers: Message) -> bool:
    """Return whether the body is announced as one that the service is asked about before it is read.

    Raises:
        BrokenRequest: its size is no number, or beyond everything that a service takes.
    """
    return not is_chunked(headers) and _announced_bytes(headers) > SMALL_BODY_BYTES


def _announced_bytes(headers: Message) -> int:
    text = headers.get("Content-Length", "0").strip()
    if not (text.isascii() and text.isdigit()):
        raise BrokenRequest(CONTENT_LENGTH)
    if len(text) > 18 or int(text) > MAX_BODY_BYTES:
        raise BrokenRequest(ENTITY_TOO_LARGE)
    return int(text)


def _joined_chunks(source: BufferedIOBase, reception: Reception) -> Payload:
    small: list[bytes] = []
    body: _Body | None = None
    size, most_bytes = 0, SMALL_BODY_BYTES
    for chunk_bytes in _chunk_sizes(source):
        size += chunk_bytes
        if body is None and size > SMALL_BODY_BYTES:
            admission = reception.admit()
            most_bytes = admission.most_bytes
            body = _Body(reception, admission)
            body.expect(sum(map(len, small)))
            for piece in small:
                body.append(piece)
        if size > most_bytes:
            raise BrokenRequest(ENTITY_TOO_LARGE)
        if body is None:
            small += _pieces(source, chunk_bytes)
            continue
        body.expect(chunk_bytes)
        for piece in _pieces(source, chunk_bytes):
            body.append(piece)
    return b"".join(small) if body is None else body.payload()


def _pieces(source: BufferedIOBase, size: int) -> Iterator[bytes]:
    # Piece by piece, so that memory is allocated for bytes that arrive and not for bytes that are announced.
    for start in range(0, size, _PIECE_BYTES):
        yield _read(source, min(_PIECE_BYTES, size - start))


def _read(source: BufferedIOBase, size: int) -> bytes:
    piece = source.read(size)
    if len(piece) != size:
        raise BrokenRequest(SHORT_BODY)
    return piece


def _chunk_sizes(source: BufferedIOBase) -> Iterator[int]:
    """Yield the size of each chunk; whoever asks for the next one has read the chunk."""
    while True:
        digits = source.readline(_SIZE_LINE_BYTES).partition(b";")[0].strip()
        if not _HEXADECIMAL.fullmatch(digits):
            raise BrokenRequest(CHUNK_SIZE)
        size = int(digits, 16)
        if size == 0:
            _skip_trailers(source)
            return
        yield size
        if source.readline(8) not in (b"\r\n", b"\n"):
            raise BrokenRequest(SHORT_CHUNK)


def _skip_trailers(source: BufferedIOBase) -> None:
    for _ in range(_MAX_TRAILERS):
        if source.readline(_TRAILER_LINE_BYTES) in (b"\r\n", b"\n", b""):
            return
    raise BrokenRequest(TRAILERS)
