"""How a table is divided into partitions when it is made: at which keys, and which keys those may be.

A partition is a range of partition keys. The service moves and splits them by itself; a creator who knows the
keys to come can divide the table beforehand, and is shown where when the table is described.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from aliyun_local.tablestore.codec.values import AnyValue, PrimaryKey, Special, type_name, value_size
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.store.keys import decode_key, encode_key
from aliyun_local.tablestore.store.rows import key_of
from aliyun_local.tablestore.store.schema import Column, Table

MAX_PARTITIONS = 10
MAX_BYTES = 64
_EXTREMES = (-(1 << 63), (1 << 63) - 1)


def splits_between(first_column: Column, ranges: Sequence[tuple[AnyValue, AnyValue]]) -> tuple[str, ...]:
    """Return as :attr:`Table.splits` where ``ranges``, which cover all keys in rising order, meet.

    Raises:
        TableStoreError: they are too many, leave keys out, or end where no partition can.
    """
    if not ranges:
        return ()
    if len(ranges) > MAX_PARTITIONS:
        raise parameter_invalid(f"The count of partitions cannot be greater than {MAX_PARTITIONS}")
    begins, ends = [begin for begin, _ in ranges], [end for _, end in ranges]
    points = begins[1:]
    for point in points:
        _check_point(first_column, point)
    if begins[0] is not Special.INF_MIN or ends[-1] is not Special.INF_MAX or ends[:-1] != points:
        raise parameter_invalid("The partition ranges must cover every key without a gap.")
    keys = [encode_key([point]) for point in points]
    if any(later <= earlier for earlier, later in pairwise(keys)):
        raise parameter_invalid("The partition ranges must be in rising order.")
    return tuple(key.hex() for key in keys)


def _check_point(column: Column, point: AnyValue) -> None:
    if type_name(point) != column.type:
        raise parameter_invalid("The value type of partition does not match with primary key.")
    if point in _EXTREMES:
        raise parameter_invalid("The value of partition range can not be INT64_MIN or INT64_MAX.")
    if point in ("", b""):
        raise parameter_invalid(f"The value of partition range can not be empty {column.type.lower()}.")
    if isinstance(point, (str, bytes)) and value_size(point) > MAX_BYTES:
        raise parameter_invalid(
            f"The value of partition range exceeds the MaxLength:{MAX_BYTES} "
            f"with CurrentLength:{value_size(point)}."
        )


def split_keys(table: Table) -> list[bytes]:
    """Return the sortable forms of the keys that ``table`` is divided at, each the first of a partition."""
    return [bytes.fromhex(split) for split in table.splits]


def partition_of(table: Table, key: bytes) -> bytes:
    """Return the sortable form of the partition key that a row's sortable key begins with."""
    return encode_key(decode_key(key, table.key_types[:1]))


def split_point(table: Table, key: bytes) -> PrimaryKey:
    """Return the partition key that the sortable ``key`` begins with, as the service shows it."""
    return key_of(table.key_names[:1], decode_key(key, table.key_types[:1]))
