"""Local transactions: begun on a partition key, committed or aborted."""

from __future__ import annotations

from aliyun_local.tablestore.codec.values import PrimaryKey
from aliyun_local.tablestore.errors import parameter_invalid, transactions_disabled
from aliyun_local.tablestore.store.checks import check_key_form, fit_key_for_read
from aliyun_local.tablestore.store.keys import decode_key
from aliyun_local.tablestore.store.rows import key_of
from aliyun_local.tablestore.store.writing import RowWriter


class LocalTransactions(RowWriter):
    """The part of the store that ties writes of one partition key together."""

    def start_local_transaction(self, instance: str, table: str, partition: PrimaryKey) -> str:
        """Lock a partition key and return the id that reads and writes name to be part of the transaction.

        Raises:
            TableStoreError: the table takes no transactions, the key is not its partition key, or another
                transaction holds it.
        """
        if len(partition) != 1:
            raise parameter_invalid("StartLocalTransaction support only one primary key.")
        check_key_form(partition)
        with self._database.reading() as connection:
            found = self._table(connection, instance, table)
            enabled = self._local_transactions if found.transactions is None else found.transactions
            if not enabled or found.base is not None or found.auto_increment is not None:
                raise transactions_disabled()
            (value,) = fit_key_for_read(found, partition, partition_only=True)
            return self._transactions.start(found, value, self._now()).id

    def commit_transaction(self, instance: str, transaction_id: str) -> None:
        """Make what the transaction has written visible to all, at once, and free its partition key.

        Raises:
            TableStoreError: there is no such transaction, or no longer.
        """
        with self._database.transaction() as connection:
            now = self._now()
            transaction = self._transactions.find(transaction_id, instance, now)
            table = self._table(connection, instance, transaction.table)
            for key, row in transaction.rows.items():
                primary_key = key_of(table.key_names, decode_key(key, table.key_types))
                before = self._load(connection, table, key)
                self._store(connection, table, primary_key, key, before, row, now)
            self._transactions.end(transaction)

    def abort_transaction(self, instance: str, transaction_id: str) -> None:
        """Drop what the transaction has written and free its partition key.

        Raises:
            TableStoreError: there is no such transaction, or no longer.
        """
        with self._database.reading():
            self._transactions.end(self._transactions.find(transaction_id, instance, self._now()))
