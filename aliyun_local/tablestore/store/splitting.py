"""Where a table can be cut into pieces of about one size, for clients that read it in parallel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from aliyun_local.tablestore.codec.values import PrimaryKey
from aliyun_local.tablestore.errors import parameter_invalid
from aliyun_local.tablestore.store.partitions import partition_of, split_keys, split_point
from aliyun_local.tablestore.store.schema import Table
from aliyun_local.tablestore.store.storage import Storage

_PIECE = 5000


@dataclass(frozen=True)
class Splits:
    """The keys between the splits of a table, each by its first column alone, in rising order."""

    table: Table
    points: list[PrimaryKey]


class TableSplitter(Storage):
    """The part of the store that cuts tables."""

    def compute_split_points(self, instance: str, name: str, size: int) -> Splits:
        """Cut a table into splits of about ``size`` bytes, as stored.

        A partition key is never cut, and no split reaches from one partition into another.

        Raises:
            TableStoreError: there is no such table, or the size is none.
        """
        if size <= 0:
            raise parameter_invalid("The split size must be greater than 0.")
        with self._database.reading() as connection:
            table = self._table(connection, instance, name)
        points: list[bytes] = []
        borders = deque(split_keys(table))
        query = (
            f"SELECT key, length(key) + length(row) FROM rows_{table.id} WHERE key > ? ORDER BY key LIMIT ?"
        )
        reached, gathered, last = b"", 0, b""
        while True:
            with self._database.reading() as connection:
                piece: list[tuple[bytes, int]] = connection.execute(query, (reached, _PIECE)).fetchall()
            for key, length in piece:
                partition = partition_of(table, key)
                if borders and borders[0] <= partition:
                    while borders and borders[0] <= partition:
                        points.append(borders.popleft())
                    gathered = 0
                elif gathered >= size and partition != last:
                    points.append(partition)
                    gathered = 0
                gathered += length
                last = partition
            if len(piece) < _PIECE:
                return Splits(table, [split_point(table, point) for point in (*points, *borders)])
            reached = piece[-1][0]
