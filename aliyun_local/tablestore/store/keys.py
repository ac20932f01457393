"""Primary keys as bytes whose order is the table's order.

Integers compare as numbers, strings and binaries as bytes ("Tablestore, Primary keys and attributes"),
columns one after the other; so one B-tree over these bytes serves every point and range read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from aliyun_local.tablestore.codec.values import AnyValue, Special

_BIAS = 1 << 63
_MIN, _VALUE, _MAX = b"\x01", b"\x02", b"\x03"


def encode_key(values: Iterable[AnyValue]) -> bytes:
    """Return the sortable form of a primary key, complete or a bound of a range.

    Raises:
        TypeError: a value of a kind that no primary key holds.
    """
    return b"".join([_encode(value) for value in values])


def _encode(value: AnyValue) -> bytes:
    if isinstance(value, (str, bytes)):
        raw = value.encode() if isinstance(value, str) else value
        # A terminator below every escaped byte, so that a prefix sorts before what it begins.
        return _VALUE + raw.replace(b"\x00", b"\x00\xff") + b"\x00\x01"
    if isinstance(value, int) and not isinstance(value, bool):
        return _VALUE + struct.pack(">Q", value + _BIAS)
    if value is Special.INF_MIN:
        return _MIN
    if value is Special.INF_MAX:
        return _MAX
    raise TypeError(f"not a primary key value: {value!r}")


def decode_key(key: bytes, types: Iterable[type]) -> list[AnyValue]:
    """Return the values of a complete key whose columns have ``types`` (int, str or bytes)."""
    values: list[AnyValue] = []
    position = 0
    for kind in types:
        position += 1
        if kind is int:
            values.append(struct.unpack_from(">Q", key, position)[0] - _BIAS)
            position += 8
            continue
        end = key.index(b"\x00\x01", position)
        raw = key[position:end].replace(b"\x00\xff", b"\x00")
        values.append(raw.decode() if kind is str else raw)
        position = end + 2
    return values
