"""Tablestore of the simulation, with the emulator's own reads and with a bill for every call.

Used by ``account``. The simulation reads from a mirror of its own, which counts no capacity units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import tablestore

from aliyun_local.tablestore.codec.values import PrimaryKey, Row, Special
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.results import Capacity, Found, Page, Written
from aliyun_local.tablestore.store.selection import Selection
from aliyun_local.tablestore.store.writes import Condition
from aliyun_local.template import Table
from tests.benchmarks.prices import UNITS_AN_INDEX
from tests.simulation.gate import Gate
from tests.simulation.kernel import Run
from tests.simulation.mirror import plain
from tests.simulation.stores import INSTANCE, OTS, Batch, BatchItem, SimulatedOtsClient, chosen

_BOUNDS = {id(tablestore.INF_MIN): Special.INF_MIN, id(tablestore.INF_MAX): Special.INF_MAX}
Key = Sequence[tuple[str, Any]]


@dataclass
class Meter:
    """A count of calls of Tablestore and of their capacity units."""

    reads: int = 0
    writes: int = 0
    read_units: int = 0
    write_units: int = 0

    @property
    def units(self) -> int:
        """Capacity units of both kinds."""
        return self.read_units + self.write_units


class BilledStore:
    """The emulator's store; every call counts on the meter of the function that makes it."""

    def __init__(self, store: TableStore, tables: Sequence[Table], function: Callable[[], str]) -> None:
        self._store = store
        self._indexes = {table.name: len(table.indexes) for table in tables}
        self._function = function
        self.meters: dict[str, Meter] = {}

    def total(self) -> Meter:
        """Return the sum of all functions' meters."""
        total = Meter()
        for meter in self.meters.values():
            for name, value in vars(meter).items():
                setattr(total, name, getattr(total, name) + value)
        return total

    @contextmanager
    def one_call(self) -> Iterator[None]:
        """Count what is read or written meanwhile as one call, however many rows and tables it is about."""
        meter = self._meter()
        before = replace(meter)
        yield
        meter.reads = min(meter.reads, before.reads + 1)
        meter.writes = min(meter.writes, before.writes + 1)

    def get_row(self, table: str, key: Key) -> Found:
        found = self._store.get_row(INSTANCE, table, list(key))
        self._bill(found.consumed)
        return found

    def get_range(self, table: str, start: Key, end: Key, **options: Any) -> Page:
        page = self._store.get_range(INSTANCE, table, _bounds(start), _bounds(end), **options)
        self._bill(page.consumed)
        return page

    def put_row(self, instance: str, table: str, row: Row, condition: Condition) -> Written:
        written = self._store.put_row(instance, table, row, condition)
        # No answer has the units of the indexes: this is their upper bound.
        more = self._indexes[table] * UNITS_AN_INDEX
        self._bill(Capacity(written.consumed.read + more, written.consumed.write + more))
        return written

    def _meter(self) -> Meter:
        return self.meters.setdefault(self._function(), Meter())

    def _bill(self, consumed: Capacity) -> None:
        meter = self._meter()
        meter.reads += not consumed.write
        meter.writes += bool(consumed.write)
        meter.read_units += consumed.read
        meter.write_units += consumed.write


class MeteredOtsClient(SimulatedOtsClient):
    """The part of an ``OTSClient`` that the production code uses."""

    def __init__(
        self, store: TableStore, tables: Sequence[Table], gate: Gate, watch: Callable[..., None]
    ) -> None:
        """As the simulation's; ``billed`` has the bill."""
        super().__init__(store, tables, gate, watch)
        self._store = self.billed = BilledStore(store, tables, lambda: gate.kernel.current.name)  # type: ignore[assignment]  # stands in for the store

    def get_row(self, table: str, key: Any, **_: object) -> tuple[None, Any, None]:
        return self._gate(
            "ots", "GetRow", lambda: (None, _of_the_sdk(self.billed.get_row(table, key).row), None), OTS
        )

    def batch_get_row(self, request: Any) -> Any:
        def read() -> Batch:
            with self.billed.one_call():
                found = {
                    table: [_of_the_sdk(self.billed.get_row(table, key).row) for key in item.primary_keys]
                    for table, item in request.items.items()
                }
            return Batch(
                {
                    table: [BatchItem(chosen(row, request.items[table].columns_to_get)) for row in rows]
                    for table, rows in found.items()
                }
            )

        return self._gate("ots", f"BatchGetRow {' '.join(request.items)}", read, OTS)

    def _write_each(self, table: str, items: Sequence[Any], writer: Run) -> list[BatchItem]:
        with self.billed.one_call():
            return super()._write_each(table, items, writer)

    def get_range(
        self,
        table: str,
        direction: str,
        start: Any,
        end: Any,
        columns_to_get: Any = None,
        limit: Any = None,
        **_: Any,
    ) -> tuple[None, Any, list[Any], None]:
        def read() -> tuple[None, Any, list[Any], None]:
            page = self.billed.get_range(
                table,
                start,
                end,
                backward=direction == tablestore.Direction.BACKWARD,
                limit=limit,
                selection=Selection(columns=tuple(columns_to_get or ())),
            )
            return None, page.next_start, [_of_the_sdk(row) for row in page.rows], None

        return self._gate("ots", f"GetRange {table}", read, OTS)


def _of_the_sdk(row: Row | None) -> Any:
    return None if row is None else tablestore.Row(*plain(row))


def _bounds(key: Key) -> PrimaryKey:
    bounds: PrimaryKey = []
    for name, value in key:
        special = _BOUNDS.get(id(value))
        bounds.append((name, value if special is None else special))
    return bounds
