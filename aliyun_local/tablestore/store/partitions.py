"""The partitions into which a table is divided on creation.

A partition is a range of partition keys. The service divides tables by itself, but the creator of a table can
do so in advance, and sees the boundaries when the table is described. ``definitions`` checks the ranges of
the creator, ``splitting`` and ``http.table_operations`` read the boundaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from aliyun_local.tablestore.codec.values import AnyValue, Special, type_name, value_size
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.schema import Column, Table

MAX_PARTITIONS = 10
MAX_BOUNDARY_BYTES = 64
_INT64_EXTREMES = (-(1 << 63), (1 << 63) - 1)


def boundaries_of(first_column: Column, ranges: Sequence[tuple[AnyValue, AnyValue]]) -> tuple[str, ...]:
    """Return the boundaries between ``ranges`` in the form of :attr:`.schema.Table.boundaries`.

    The ranges are pairs of begin and end; together they have to cover all partition keys in rising order.

    Raises:
        TableStoreError: there are too many ranges, they leave keys out, or a boundary is invalid.
    """
    if not ranges:
        return ()
    if len(ranges) > MAX_PARTITIONS:
        raise parameter_invalid(f"The count of partitions cannot be greater than {MAX_PARTITIONS}")
    begins, ends = [begin for begin, _ in ranges], [end for _, end in ranges]
    boundaries = begins[1:]
    for boundary in boundaries:
        _check_boundary(first_column, boundary)
    if begins[0] is not Special.INF_MIN or ends[-1] is not Special.INF_MAX or ends[:-1] != boundaries:
        raise parameter_invalid("The partition ranges must cover every key without a gap.")
    keys = [encode_key([boundary]) for boundary in boundaries]
    if any(later <= earlier for earlier, later in pairwise(keys)):
        raise parameter_invalid("The partition ranges must be in rising order.")
    return tuple(key.hex() for key in keys)


def _check_boundary(column: Column, boundary: AnyValue) -> None:
    if type_name(boundary) != column.type:
        raise parameter_invalid("The value type of partition does not match with primary key.")
    if boundary in _INT64_EXTREMES:
        raise parameter_invalid("The value of partition range can not be INT64_MIN or INT64_MAX.")
    if boundary in ("", b""):
        raise parameter_invalid(f"The value of partition range can not be empty {column.type.lower()}.")
    if isinstance(boundary, (str, bytes)) and value_size(boundary) > MAX_BOUNDARY_BYTES:
        raise parameter_invalid(
            f"The value of partition range exceeds the MaxLength:{MAX_BOUNDARY_BYTES} "
            f"with CurrentLength:{value_size(boundary)}."
        )


def boundary_keys(table: Table) -> list[bytes]:
    """Return the sortable forms of the boundaries. Each is the first partition key of a partition."""
    return [bytes.fromhex(boundary) for boundary in table.boundaries]
