"""The bodies of requests, read from a connection within bounds.

:mod:`aliyun_local.serving.server` calls this for every request.
"""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedIOBase

from aliyun_local.serving.broken_requests import ENTITY_TOO_LARGE, BrokenRequest, malformed

MAX_BODY_BYTES = 5 * 1024**3
_PIECE_BYTES = 64 * 1024 * 1024
_SIZE_LINE_BYTES = 1024
_TRAILER_LINE_BYTES = 65536
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")


def read_body(source: BufferedIOBase, headers: Message) -> bytes:
    """Return the body that ``headers`` announce.

    Raises:
        BrokenRequest: the body is not as announced, or too large.
        TimeoutError: the body does not arrive.
    """
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return _read_chunks(source)
    text = headers.get("Content-Length", "0").strip()
    if not (text.isascii() and text.isdigit()):
        raise malformed("Content-Length is not a size.")
    if len(text) > 18 or int(text) > MAX_BODY_BYTES:
        raise BrokenRequest(ENTITY_TOO_LARGE)
    return _read(source, int(text))


def _read(source: BufferedIOBase, size: int) -> bytes:
    # Piece by piece, so that memory is allocated for bytes that arrive and not for bytes that are announced.
    pieces: list[bytes] = []
    for start in range(0, size, _PIECE_BYTES):
        wanted = min(_PIECE_BYTES, size - start)
        pieces.append(source.read(wanted))
        if len(pieces[-1]) != wanted:
            raise malformed("The body ended before its Content-Length.")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_chunks(source: BufferedIOBase) -> bytes:
    chunks: list[bytes] = []
    left = MAX_BODY_BYTES
    while True:
        digits = source.readline(_SIZE_LINE_BYTES).partition(b";")[0].strip()
        if not _HEXADECIMAL.fullmatch(digits):
            raise malformed("A chunk's size is not a hexadecimal number.")
        size = int(digits, 16)
        if size > left:
            raise BrokenRequest(ENTITY_TOO_LARGE)
        if size == 0:
            while source.readline(_TRAILER_LINE_BYTES) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(chunks)
        chunks.append(_read(source, size))
        left -= size
        if source.readline(8) not in (b"\r\n", b"\n"):
            raise malformed("A chunk ended before its size.")
