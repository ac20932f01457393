"""The operations on instances, tables and indexes: create, describe, change, delete.

``http.table_operations`` calls them, and so do programs that prepare an emulator.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from aliyun_local.tablestore.codec.values import AnyValue
from aliyun_local.tablestore.errors import parameter_invalid, quota_exhausted, table_not_found
from aliyun_local.tablestore.store import catalog, indexes, row_tables
from aliyun_local.tablestore.store.keys import decode_named_key
from aliyun_local.tablestore.store.partitions import boundaries_of
from aliyun_local.tablestore.store.rows import StoredRow
from aliyun_local.tablestore.store.schema import (
    Column,
    Encryption,
    IndexMeta,
    Table,
    TableOptions,
    Throughput,
)
from aliyun_local.tablestore.store.schema_checks import (
    check_defined_columns,
    check_index_options,
    check_options,
    check_table,
    check_throughput,
    index_table,
)
from aliyun_local.tablestore.store.storage import Storage

Option = TypeVar("Option", int, bool)

MAX_TABLES = 64
MAX_INDEXES = 5
NOTHING_RESERVED = Throughput()


class Definitions(Storage):
    """The part of the store that manages instances, tables and indexes."""

    def create_instance(self, name: str) -> None:
        """Create the instance ``name`` if it is missing."""
        with self._database.transaction() as connection:
            catalog.add_instance(connection, name)

    def has_instance(self, name: str) -> bool:
        """Tell whether the instance ``name`` exists."""
        if name not in self._instances:
            with self._database.reading() as connection:
                if not catalog.has_instance(connection, name):
                    return False
            self._instances.add(name)
        return True

    def delete_instance(self, name: str) -> None:
        """Delete the instance ``name``, which has no tables any more; the control plane sees to that."""
        with self._redefining() as connection:
            catalog.remove_instance(connection, name)
        self._instances.discard(name)

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
        local_transactions: bool | None = None,
        encryption: Encryption | None = None,
        partitions: Sequence[tuple[AnyValue, AnyValue]] = (),
    ) -> None:
        """Create a table and its indexes. ``partitions`` are pairs of begin and end that divide the table.

        Raises:
            TableStoreError: the name is in use, the instance is full, or the service refuses the definition.
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
            throughput=replace(throughput, last_increase_at=int(self._clock.now())),
            local_transactions=local_transactions,
            encryption=encryption,
            boundaries=boundaries_of(primary_key[0], partitions),
        )
        with self._redefining() as connection:
            if len(catalog.all_tables(connection, instance)) + len(index_metas) >= MAX_TABLES:
                raise quota_exhausted("Number of tables exceeded the quota.")
            table = catalog.add(connection, table)
            for index in index_metas:
                table = self._add_index(connection, table, index, ready_at_ms=0)

    def list_tables(self, instance: str) -> list[str]:
        """Return the names of the data tables in alphabetical order."""
        with self._database.reading() as connection:
            return [
                table.name for table in catalog.all_tables(connection, instance) if table.index_of is None
            ]

    def describe_table(self, instance: str, name: str) -> Table:
        """Return the definition of a table or index.

        Raises:
            TableStoreError: no table or index has this name.
        """
        with self._database.reading() as connection:
            return self._table(connection, instance, name)

    def update_table(
        self,
        instance: str,
        name: str,
        *,
        time_to_live_seconds: int | None = None,
        max_versions: int | None = None,
        max_deviation_seconds: int | None = None,
        allow_update: bool | None = None,
        read: int | None = None,
        write: int | None = None,
    ) -> Table:
        """Change the given options and reserved capacity units, and return the new definition.

        Raises:
            TableStoreError: the data table is missing, or the service refuses the options.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            old = table.options
            options = TableOptions(
                time_to_live_seconds=_changed(old.time_to_live_seconds, time_to_live_seconds),
                max_versions=_changed(old.max_versions, max_versions),
                max_deviation_seconds=_changed(old.max_deviation_seconds, max_deviation_seconds),
                allow_update=_changed(old.allow_update, allow_update),
            )
            check_options(options)
            if table.indexes:
                check_index_options(options)
            throughput = self._changed_throughput(table.throughput, read, write)
            table = replace(table, options=options, throughput=throughput)
            catalog.change(connection, table)
            for index in table.indexes:
                of_index = catalog.find(connection, instance, index.name)
                catalog.change(connection, replace(of_index, options=options))
            return table

    def _changed_throughput(self, old: Throughput, read: int | None, write: int | None) -> Throughput:
        if read is None and write is None:
            return old
        read, write = _changed(old.read, read), _changed(old.write, write)
        check_throughput(read, write)
        now = int(self._clock.now())
        increased, decreased = read > old.read or write > old.write, read < old.read or write < old.write
        return Throughput(
            read=read,
            write=write,
            last_increase_at=now if increased else old.last_increase_at,
            last_decrease_at=now if decreased else old.last_decrease_at,
        )

    def delete_table(self, instance: str, name: str) -> None:
        """Delete a table with its rows and its indexes.

        Raises:
            TableStoreError: the data table is missing.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            for index in table.indexes:
                catalog.remove(connection, catalog.find(connection, instance, index.name))
            catalog.remove(connection, table)
            self._transactions.end_all_of(table)

    def add_defined_columns(self, instance: str, name: str, columns: Sequence[Column]) -> None:
        """Predefine more attribute columns.

        Raises:
            TableStoreError: the data table is missing, or it cannot have these columns.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            if not columns:
                raise parameter_invalid("No defined column is specified.")
            defined = (*table.defined_columns, *columns)
            check_defined_columns(table.primary_key, defined)
            catalog.change(connection, replace(table, defined_columns=defined))

    def delete_defined_columns(self, instance: str, name: str, columns: Sequence[str]) -> None:
        """Remove predefined attribute columns from the definition. Rows keep their values in them.

        Raises:
            TableStoreError: the data table or a column is missing, or an index uses a column.
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
        """Add an index to a table. It contains earlier rows only with ``include_base_data``.

        Raises:
            TableStoreError: the data table is missing, the name is in use, or the service refuses the index.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            if len(catalog.all_tables(connection, instance)) >= MAX_TABLES:
                raise quota_exhausted("Number of tables exceeded the quota.")
            is_lagging = include_base_data and self._index_lag_ms > 0 and not index.local
            ready_at_ms = self._now_ms() + self._index_lag_ms if is_lagging else 0
            table = self._add_index(connection, table, index, ready_at_ms=ready_at_ms)
            if include_base_data:
                _fill_index(connection, table, catalog.find(connection, instance, index.name))

    def drop_index(self, instance: str, name: str, index_name: str) -> None:
        """Remove an index.

        Raises:
            TableStoreError: the table or the index is missing.
        """
        with self._redefining() as connection:
            table = self._data_table(connection, instance, name)
            kept = tuple(index for index in table.indexes if index.name != index_name)
            if len(kept) == len(table.indexes):
                raise table_not_found()
            catalog.remove(connection, catalog.find(connection, instance, index_name))
            catalog.change(connection, replace(table, indexes=kept))

    def _add_index(
        self, connection: sqlite3.Connection, table: Table, index: IndexMeta, *, ready_at_ms: int
    ) -> Table:
        if len(table.indexes) >= MAX_INDEXES:
            raise parameter_invalid(f"Number of index per table exceeds the quota:{MAX_INDEXES}.")
        catalog.add(connection, index_table(table, index, ready_at_ms=ready_at_ms))
        table = replace(table, indexes=(*table.indexes, index))
        catalog.change(connection, table)
        return table

    def _data_table(self, connection: sqlite3.Connection, instance: str, name: str) -> Table:
        table = catalog.find(connection, instance, name)
        if table.index_of is not None:
            raise parameter_invalid("Can't operate index table directly.")
        return table


def _changed(old: Option, new: Option | None) -> Option:
    return old if new is None else new


def _fill_index(connection: sqlite3.Connection, table: Table, index: Table) -> None:
    """Write the rows of ``index`` for the rows that ``table`` has."""
    for key, stored in row_tables.every_row(connection, table.id):
        row = indexes.index_row(index, decode_named_key(table, key), StoredRow.load(stored))
        if row is not None:
            row_tables.save(connection, index.id, row.key, row.row)
