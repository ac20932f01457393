"""The store as a whole: the state of the service and its rules. ``http.responses`` serves it.

Rows lie in SQLite under keys that sort like the table. A point operation is therefore one lookup and a range
read one ordered scan, whatever the size of the table. Every row write is one SQL transaction that includes
its condition, its indexes and its automatic number, and it is committed before the caller gets the result.
"""

from __future__ import annotations

from aliyun_local.tablestore.store.definitions import Definitions
from aliyun_local.tablestore.store.local_transactions import LocalTransactions
from aliyun_local.tablestore.store.reading import RowReader
from aliyun_local.tablestore.store.splitting import TableSplitter


class TableStore(Definitions, RowReader, LocalTransactions, TableSplitter):
    """All instances of the local account."""
