"""A log group as Protocol Buffers, the one form in which Simple Log Service takes entries ("Data encoding").

    message LogGroup { repeated Log Logs = 1; optional string Topic = 3; }
    message Log { required uint32 Time = 1; repeated Content Contents = 2; }
    message Content { required string Key = 1; required string Value = 2; }

Written by hand: these few lines need no generated classes and no library. Used by ``log_store``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Entry(NamedTuple):
    """A log entry: its time, in seconds since the epoch, and its fields."""

    at: int
    texts: Mapping[str, str]


def log_group(entries: Sequence[Entry], topic: str) -> bytes:
    """Return the message that holds ``entries``."""
    return b"".join(_field(1, _log(entry)) for entry in entries) + _field(3, topic.encode())


def _log(entry: Entry) -> bytes:
    contents = (_field(1, _utf8(name)) + _field(2, _utf8(text)) for name, text in entry.texts.items())
    return b"\x08" + _varint(entry.at) + b"".join(_field(2, content) for content in contents)


def _field(number: int, content: bytes) -> bytes:
    """Return a field that has a length (wire type 2)."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    rest = bytearray()
    while value > 0x7F:
        rest.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*rest, value])


def _utf8(text: str) -> bytes:
    """A surrogate that stands alone is no text, and one refuses the whole group (InvalidEncoding)."""
    return text.encode("utf-8", "replace")
