"""Where a table can be cut into pieces of about one size, for clients that read it in parallel."""

from __future__ import annotations

from dataclasses import dataclass

from local.tablestore.errors import parameter_invalid
from local.tablestore.keys import decode_key
from local.tablestore.schema import Table
from local.tablestore.storage import Storage
from local.tablestore.values import PrimaryKey

_PIECE = 5000


@dataclass(frozen=True)
class Splits:
    """The keys between the splits of a table, each by its first column alone, in rising order."""

    table: Table
    points: list[PrimaryKey]


class TableSplitter(Storage):
    """The part of the store that cuts tables."""

    def compute_split_points(self, instance: str, name: str, size: int) -> Splits:
        """Cut a table into splits of about ``size`` bytes, as stored; a partition key is never cut.

        Raises:
            TableStoreError: there is no such table, or the size is none.
        """
        if size <= 0:
            raise parameter_invalid("The split size must be greater than 0.")
        with self._database.reading() as connection:
            table = self._table(connection, instance, name)
        points: list[PrimaryKey] = []
        name_of_first, kind = table.key_names[0], table.key_types[:1]
        query = (
            f"SELECT key, length(key) + length(row) FROM rows_{table.id} "  # noqa: S608 (an integer)
            "WHERE key > ? ORDER BY key LIMIT ?"
        )
        reached, gathered, last = b"", 0, None
        while True:
            with self._database.reading() as connection:
                piece: list[tuple[bytes, int]] = connection.execute(query, (reached, _PIECE)).fetchall()
            for key, length in piece:
                (value,) = decode_key(key, kind)
                if gathered >= size and value != last:
                    points.append([(name_of_first, value)])
                    gathered = 0
                gathered += length
                last = value
            if len(piece) < _PIECE:
                return Splits(table, points)
            reached = piece[-1][0]
