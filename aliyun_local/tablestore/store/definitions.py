"""Instances, tables and indexes: made, described, changed and deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from aliyun_local.tablestore.codec.values import AnyValue
from aliyun_local.tablestore.errors import parameter_invalid, quota_exhausted, table_not_found
from aliyun_local.tablestore.store import catalog, indexes
from aliyun_local.tablestore.store.keys import decode_key
from aliyun_local.tablestore.store.partitions import splits_between
from aliyun_local.tablestore.store.rows import StoredRow, key_of
from aliyun_local.tablestore.store.schema import (
    MAX_INDEXES,
    Column,
    Encryption,
    IndexMeta,
    Table,
    TableOptions,
    Throughput,
    check_defined_columns,
    check_index_options,
    check_options,
    check_table,
    check_throughput,
    index_table,
)
from aliyun_local.tablestore.store.storage import Storage, every_row

MAX_TABLES = 64
NOTHING_RESERVED = Throughput()


class Definitions(Storage):
    """The part of the store that knows which tables there are."""

    def create_instance(self, name: str) -> None:
        """Make sure that there is an instance ``name``."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO instances (name) VALUES (?)", (name,))

    def has_instance(self, name: str) -> bool:
        """Tell whether there is an instance ``name``."""
        if name not in self._instances:
            with self._database.reading() as connection:
                query = "SELECT 1 FROM instances WHERE name = ?"
                if connection.execute(query, (name,)).fetchone() is None:
                    return False
            self._instances.add(name)
        return True

    def create_table(
        self,
        instance: str,
        name: str,
        primary_key: Sequence[Column],
        options: TableOptions,
        *,
        defined_columns: Sequence[Column] = (),
        throughput: Throughput = NOTHING_RESERVED,
        index_metas: Sequence[IndexMeta] = (),
        transactions: bool | None = None,
        encryption: Encryption | None = None,
        partitions: Sequence[tuple[AnyValue, AnyValue]] = (),
    ) -> None:
        """Create a table and its indexes, divided into ``partitions`` (begins and ends) if any are given.

        Raises:
            TableStoreError: the name is taken, the instance is full, or the service takes no such table.
        """
        check_table(name, primary_key, defined_columns)
        check_options(options)
        check_throughput(throughput.read, throughput.write)
        table = Table(
            id=0,
            instance=instance,
            name=name,
            primary_key=tuple(primary_key),
            defined_columns=tuple(defined_columns),
            options=options,
            throughput=replace(throughput, last_increase=int(self._clock.now())),
            transactions=transactions,
            encryption=encryption,
            splits=splits_between(primary_key[0], partitions),
        )
        with self._redefining() as connection:
            if len(catalog.all_tables(connection, instance)) + len(index_metas) >= MAX_TABLES:
                raise quota_exhausted("Number of tables exceeded the quota.")
            table = catalog.add(connection, table)
            for index in index_metas:
                table = self._add_index(connection, table, index, ready_at=0)

    def list_tables(self, instance: str) -> list[str]:
        """Return the names of the data tables, in order."""
        with self._database.reading() as connection:
            return [table.name for table in catalog.all_tables(connection, instance) if table.base is None]

    def describe_table(self, instance: str, name: str) -> Table:
        """Return the definition of a table or index.

        Raises:
            TableStoreError: there is none.
        """
        with self._database.reading() as connection:
            return self._table(connection, instance, name)

    def update_table(
        self,
        instance: str,
        name: str,
        *,
        time_to_live: int | None = None,
        max_versions: int | None = None,
        max_deviation: int | None = None,
        allow_update: bool | None = None,
        read: int | None = None,
        write: int | None = None,
    ) -> Table:
        """Change the options and the reserved capacity units that are given, and return the new definition.

        Raises:
            TableStoreError: there is no such data table, or the service takes no such options.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            old = table.options
            options = TableOptions(
                time_to_live=old.time_to_live if time_to_live is None else time_to_live,
                max_versions=old.max_versions if max_versions is None else max_versions,
                max_deviation=old.max_deviation if max_deviation is None else max_deviation,
                allow_update=old.allow_update if allow_update is None else allow_update,
            )
            check_options(options)
            if table.indexes:
                check_index_options(options)
            table = replace(table, options=options, throughput=self._adjusted(table.throughput, read, write))
            catalog.change(connection, table)
            for index in table.indexes:
                behind = catalog.find(connection, instance, index.name)
                catalog.change(connection, replace(behind, options=options))
            return table

    def _adjusted(self, old: Throughput, read: int | None, write: int | None) -> Throughput:
        if read is None and write is None:
            return old
        read, write = old.read if read is None else read, old.write if write is None else write
        check_throughput(read, write)
        now = int(self._clock.now())
        if read > old.read or write > old.write:
            old = replace(old, last_increase=now)
        if read < old.read or write < old.write:
            old = replace(old, last_decrease=now)
        return replace(old, read=read, write=write)

    def delete_table(self, instance: str, name: str) -> None:
        """Delete a table with its rows and its indexes.

        Raises:
            TableStoreError: there is no such data table.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            for index in table.indexes:
                catalog.remove(connection, catalog.find(connection, instance, index.name))
            catalog.remove(connection, table)
            self._transactions.end_all_of(table)

    def add_defined_columns(self, instance: str, name: str, columns: Sequence[Column]) -> None:
        """Predefine further attribute columns.

        Raises:
            TableStoreError: there is no such data table, or it cannot have such columns.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            if not columns:
                raise parameter_invalid("No defined column is specified.")
            defined = (*table.defined_columns, *columns)
            check_defined_columns(table.primary_key, defined)
            catalog.change(connection, replace(table, defined_columns=defined))

    def delete_defined_columns(self, instance: str, name: str, columns: Sequence[str]) -> None:
        """Forget that attribute columns were predefined; what rows hold in them stays.

        Raises:
            TableStoreError: there is no such data table or column, or an index is made of it.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            if not columns:
                raise parameter_invalid("No defined column is specified.")
            kept = {column.name: column for column in table.defined_columns}
            for column in columns:
                if kept.pop(column, None) is None:
                    raise parameter_invalid(f"Column does not exist: '{column}'.")
                for index in table.indexes:
                    if column in (*index.primary_key, *index.defined_columns):
                        raise parameter_invalid(f"Column '{column}' is used by index '{index.name}'.")
            catalog.change(connection, replace(table, defined_columns=tuple(kept.values())))

    def create_index(
        self, instance: str, name: str, index: IndexMeta, *, include_base_data: bool = False
    ) -> None:
        """Add an index to a table; rows written before are in it only with ``include_base_data``.

        Raises:
            TableStoreError: there is no such data table, the name is taken, or it cannot have such an index.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            if len(catalog.all_tables(connection, instance)) >= MAX_TABLES:
                raise quota_exhausted("Number of tables exceeded the quota.")
            ready_at = self._now() + self._lag if include_base_data and self._lag and not index.local else 0
            table = self._add_index(connection, table, index, ready_at=ready_at)
            if not include_base_data:
                return
            behind = catalog.find(connection, instance, index.name)
            for key, stored in every_row(connection, table.id):
                primary_key = key_of(table.key_names, decode_key(key, table.key_types))
                found = indexes.entry(behind, primary_key, StoredRow.load(stored))
                if found is not None:
                    indexes.store(connection, behind.id, found.key, found.row)

    def drop_index(self, instance: str, name: str, index_name: str) -> None:
        """Remove an index.

        Raises:
            TableStoreError: there is no such table or no such index of it.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            kept = tuple(index for index in table.indexes if index.name != index_name)
            if len(kept) == len(table.indexes):
                raise table_not_found()
            catalog.remove(connection, catalog.find(connection, instance, index_name))
            catalog.change(connection, replace(table, indexes=kept))

    def _add_index(
        self, connection: sqlite3.Connection, table: Table, index: IndexMeta, *, ready_at: int
    ) -> Table:
        if len(table.indexes) >= MAX_INDEXES:
            raise parameter_invalid(f"Number of index per table exceeds the quota:{MAX_INDEXES}.")
        catalog.add(connection, index_table(table, index, table_id=0, ready_at=ready_at))
        table = replace(table, indexes=(*table.indexes, index))
        catalog.change(connection, table)
        return table

    def _data_table(self, connection: sqlite3.Connection, instance: str, name: str) -> Table:
        table = catalog.find(connection, instance, name)
        if table.base is not None:
            raise parameter_invalid("Can't operate index table directly.")
        return table
