"""The split points of a table: keys that cut it into splits of similar size.

Clients ask for them to read a table in parallel. ``http.table_operations`` calls this module.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from aliyun_local.tablestore.codec.values import PrimaryKey
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.store import row_tables
from aliyun_local.tablestore.store.keys import decode_partition_key, partition_prefix
from aliyun_local.tablestore.store.partitions import boundary_keys
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.storage import Storage

_ROWS_PER_QUERY = 5000


@dataclass(frozen=True)
class Splits:
    """The keys between the splits of a table, in rising order. Each consists of the first column alone."""

    table: Table
    points: list[PrimaryKey]


class TableSplitter(Storage):
    """The part of the store that computes split points."""

    def compute_split_points(self, instance: str, name: str, split_bytes: int) -> Splits:
        """Cut a table into splits of about ``split_bytes`` stored bytes.

        Rows with one partition key stay in one split, and every partition boundary is a split point.

        Raises:
            TableStoreError: the table is missing or the size is not positive.
        """
        if split_bytes <= 0:
            raise parameter_invalid("The split size must be greater than 0.")
        with self._database.reading() as connection:
            table = self._table(connection, instance, name)
        points: list[bytes] = []
        boundaries = deque(boundary_keys(table))
        split_size, last_partition = 0, b""
        for key, size in self._row_sizes(table):
            partition = partition_prefix(table, key)
            if boundaries and boundaries[0] <= partition:
                while boundaries and boundaries[0] <= partition:
                    points.append(boundaries.popleft())
                split_size = 0
            elif split_size >= split_bytes and partition != last_partition:
                points.append(partition)
                split_size = 0
            split_size += size
            last_partition = partition
        points += boundaries
        return Splits(table, [decode_partition_key(table, point) for point in points])

    def _row_sizes(self, table: Table) -> Iterator[tuple[bytes, int]]:
        """Yield the keys and stored sizes of all rows, in bounded queries between which others can write."""
        key = b""
        while True:
            with self._database.reading() as connection:
                rows = row_tables.sizes_after(connection, table.id, key, _ROWS_PER_QUERY)
            yield from rows
            if len(rows) < _ROWS_PER_QUERY:
                return
            key = rows[-1][0]
