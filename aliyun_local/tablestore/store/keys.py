"""Primary keys as bytes that sort in the order of the table. All modules that read or write rows use them.

Integers compare as numbers, strings and binaries as bytes ("Tablestore, Primary keys and attributes"), and
the columns one after the other. One B-tree over these bytes therefore serves every point operation and range
read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from aliyun_local.tablestore.codec.values import AnyValue, PrimaryKey, Special
from aliyun_local.tablestore.store.schema import Table

_BIAS = 1 << 63
_MIN, _VALUE, _MAX = b"\x01", b"\x02", b"\x03"


def encode_key(values: Iterable[AnyValue]) -> bytes:
    """Return the sortable form of a primary key or of a bound of a range.

    Raises:
        TypeError: a value has a type that no primary key holds.
    """
    return b"".join([_encode(value) for value in values])


def _encode(value: AnyValue) -> bytes:
    if isinstance(value, (str, bytes)):
        raw = value.encode() if isinstance(value, str) else value
        # The terminator sorts below every escaped byte, so a prefix sorts before its continuations.
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
    for expected in types:
        position += 1
        if expected is int:
            values.append(struct.unpack_from(">Q", key, position)[0] - _BIAS)
            position += 8
            continue
        end = key.index(b"\x00\x01", position)
        raw = key[position:end].replace(b"\x00\xff", b"\x00")
        values.append(raw.decode() if expected is str else raw)
        position = end + 2
    return values


def named_key(table: Table, values: Iterable[AnyValue]) -> PrimaryKey:
    """Return the primary key of ``table`` with these values."""
    return list(zip(table.key_names, values, strict=True))


def decode_named_key(table: Table, key: bytes) -> PrimaryKey:
    """Return the primary key of ``table`` whose sortable form is ``key``."""
    return named_key(table, decode_key(key, table.key_types))


def partition_prefix(table: Table, key: bytes) -> bytes:
    """Return the sortable form of the partition key with which ``key`` begins."""
    return encode_key(decode_key(key, table.key_types[:1]))


def decode_partition_key(table: Table, key: bytes) -> PrimaryKey:
    """Return the partition key with which ``key`` begins, as a primary key of one column."""
    return list(zip(table.key_names[:1], decode_key(key, table.key_types[:1]), strict=True))
