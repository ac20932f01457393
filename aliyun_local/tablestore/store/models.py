"""The state of the service and the rules it changes by, whole. No wire.

Rows lie in SQLite under keys whose bytes sort as the table does, so a point operation is one lookup and a
range read one ordered scan, whatever the size of the table. Every row write is one transaction that takes in
its condition, its indexes and its counter, and it is committed before the caller hears of it.
"""

from __future__ import annotations

from aliyun_local.tablestore.store.committing import LocalTransactions
from aliyun_local.tablestore.store.definitions import Definitions
from aliyun_local.tablestore.store.reading import RowReader
from aliyun_local.tablestore.store.splitting import TableSplitter


class TableStore(Definitions, RowReader, LocalTransactions, TableSplitter):
    """Every instance of the local account."""
