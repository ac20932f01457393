"""The start, commit and abort of local transactions. ``http.transaction_operations`` calls them."""

from __future__ import annotations

from aliyun_local.tablestore.codec.values import PrimaryKey
from aliyun_local.tablestore.errors import parameter_invalid, transactions_disabled
from aliyun_local.tablestore.store import row_tables
from aliyun_local.tablestore.store.keys import decode_named_key
from aliyun_local.tablestore.store.row_checks import check_key_form, key_values_for_read
from aliyun_local.tablestore.store.writing import RowChange, RowWriter


class LocalTransactions(RowWriter):
    """The part of the store that runs local transactions."""

    def start_local_transaction(self, instance: str, table: str, partition_key: PrimaryKey) -> str:
        """Lock a partition key and return the transaction's id. Reads and writes in the transaction name it.

        Raises:
            TableStoreError: the table does not allow transactions, the key is not a partition key of it, or
                another transaction holds the key.
        """
        if len(partition_key) != 1:
            raise parameter_invalid("StartLocalTransaction support only one primary key.")
        check_key_form(partition_key)
        with self._database.reading() as connection:
            found = self._table(connection, instance, table)
            enabled = found.local_transactions
            if enabled is None:
                enabled = self._local_transactions
            if not enabled or found.index_of is not None or found.auto_increment is not None:
                raise transactions_disabled()
            (value,) = key_values_for_read(found, partition_key, partition_only=True)
            return self._transactions.start(found, value, self._now_ms()).id

    def commit_transaction(self, instance: str, transaction_id: str) -> None:
        """Store the rows of the transaction all at once, and release its partition key.

        Raises:
            TableStoreError: the transaction is unknown, or has ended or expired.
        """
        with self._database.transaction() as connection:
            now_ms = self._now_ms()
            transaction = self._transactions.find(transaction_id, instance, now_ms)
            table = self._table(connection, instance, transaction.table)
            for key, row in transaction.rows.items():
                before = row_tables.load(connection, table.id, key)
                change = RowChange(decode_named_key(table, key), key, before, row)
                self._apply(connection, table, change, now_ms)
            self._transactions.end(transaction)

    def abort_transaction(self, instance: str, transaction_id: str) -> None:
        """Drop the rows of the transaction and release its partition key.

        Raises:
            TableStoreError: the transaction is unknown, or has ended or expired.
        """
        with self._database.reading():
            self._transactions.end(self._transactions.find(transaction_id, instance, self._now_ms()))
