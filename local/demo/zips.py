"""A zip as a chat program on a Chinese computer makes it, which Python's own zip writer does not.

Names are in the computer's code page and nothing says so; some files may be protected by a password.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping

_DOS_TIME, _DOS_DATE = 0, (2026 - 1980) << 9 | 1 << 5 | 1
_VERSION, _STORED, _ENCRYPTED = 20, 0, 1
# APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16: the head of a file, its entry in the directory, the end of all.
_LOCAL, _ENTRY, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"


def chat_zip(files: Mapping[str, bytes], *, encoding: str = "gbk", protected: Collection[str] = ()) -> bytes:
    """Return a zip of ``files``, stored as they are, with names in ``encoding``.

    The bytes of ``protected`` ones are noise: no password is needed for the demo.
    """
    heads, directory = bytearray(), bytearray()
    for name, content in files.items():
        raw = name.encode(encoding)
        flags = _ENCRYPTED if name in protected else 0
        facts = (_STORED, _DOS_TIME, _DOS_DATE, zlib.crc32(content), len(content), len(content), len(raw), 0)
        at = len(heads)
        heads += struct.pack(_LOCAL, b"PK\x03\x04", _VERSION, flags, *facts) + raw + content
        directory += (
            struct.pack(_ENTRY, b"PK\x01\x02", _VERSION, _VERSION, flags, *facts, 0, 0, 0, 0, at) + raw
        )
    count = len(files)
    end = struct.pack(_END, b"PK\x05\x06", 0, 0, count, count, len(directory), len(heads), 0)
    return bytes(heads + directory + end)
