"""Makes a table that a template declares; both ways of deploying a template come through here."""

from __future__ import annotations

from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column, IndexMeta, TableOptions
from aliyun_local.template import Table


def create_declared(tables: TableStore, table: Table) -> None:
    """Make ``table`` with its indexes.

    Raises:
        TableStoreError: Tablestore would refuse it.
    """
    tables.create_table(
        table.instance,
        table.name,
        [Column(name=column.name, type=column.type) for column in table.primary_key],
        TableOptions(
            time_to_live_seconds=table.time_to_live_seconds,
            max_versions=table.max_versions,
            max_deviation_seconds=table.max_deviation_seconds,
        ),
        defined_columns=[Column(name=column.name, type=column.type) for column in table.columns],
        index_metas=[
            IndexMeta(name=index.name, primary_key=index.primary_key, defined_columns=index.columns)
            for index in table.indexes
        ],
    )
