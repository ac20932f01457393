"""The checksums of content: the MD5 in ETags, and OSS's CRC64.

:mod:`aliyun_local.oss.state.transactions` computes both for every byte that is written, which is most of the
cost of an upload. OSS's crc64ecma is CRC-64/XZ. The library behind Python's own ``lzma`` computes it at 8
GB/s, without the interpreter's lock. Interpreters that link that library in another way use crcmod, which
oss2 requires; it reaches a twentieth of that speed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
from collections.abc import Callable, Iterable

from aliyun_local.payloads import Payload, pieces_of

Checksum = Callable[[bytes, int], int]
_SAMPLE, _CRC64_OF_SAMPLE = b"123456789", 0x995DC9BBDF1939FA


def crc64(content: Payload, previous: int = 0) -> int:
    """Return the CRC64-ECMA of ``content``, continued from that of the content before it."""
    for piece in pieces_of(content):
        previous = _fastest()(piece, previous)
    return previous


def md5_etag(content: Payload) -> str:
    """Return the ETag of an object that is written at once: its MD5 in upper-case hex."""
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces_of(content):
        digest.update(piece)
    return digest.hexdigest().upper()


def multipart_etag(part_etags: Iterable[str]) -> str:
    """Return the ETag of an object made of parts: the MD5 of their MD5s, a hyphen, their number."""
    digests = [bytes.fromhex(etag) for etag in part_etags]
    return f"{md5_etag(b''.join(digests))}-{len(digests)}"


def by_lzma() -> Checksum | None:
    """Return the function of the library behind ``lzma``, None if it cannot be reached."""
    try:
        import ctypes

        function = ctypes.CDLL(importlib.import_module("_lzma").__file__ or "").lzma_crc64
    except (ImportError, OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
    function.restype = ctypes.c_uint64

    def checksum(content: bytes, previous: int) -> int:
        return int(function(content, len(content), previous))

    return checksum if checksum(_SAMPLE, 0) == _CRC64_OF_SAMPLE else None


def by_crcmod() -> Checksum:
    """Return the function of crcmod."""
    import crcmod

    function = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)

    def checksum(content: bytes, previous: int) -> int:
        return int(function(content, previous))

    return checksum


@functools.cache
def _fastest() -> Checksum:
    return by_lzma() or by_crcmod()
