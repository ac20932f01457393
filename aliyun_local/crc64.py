"""CRC-64/XZ, which OSS calls crc64ecma and Function Compute takes for the checksum of a code package.

The library behind Python's own ``lzma`` computes it at 8 GB/s, without the interpreter's lock. Interpreters
that link that library in another way use crcmod, which oss2 requires; it reaches a twentieth of that speed.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

Checksum = Callable[[bytes, int], int]
_SAMPLE, _CRC64_OF_SAMPLE = b"123456789", 0x995DC9BBDF1939FA


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
def fastest() -> Checksum:
    """Return the faster of the two that this interpreter has."""
    return by_lzma() or by_crcmod()
