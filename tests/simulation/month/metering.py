"""What a month takes of each service: calls, capacity units, function time and bytes.

Tablestore is answered from the mirror, as in the rest of the simulation, and billed here by the service's
rules: one unit for each 4 KB or part of it that a call reads or writes, one for each index row at most
(Tablestore, "Read and write throughput", "Billing of secondary indexes").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aliyun_local.tablestore.store.sizes import capacity_units
from aliyun_local.template import Table
from local.prices.table import HOUR_MS, UNITS_AN_INDEX, CalledHour
from tests.simulation.gate import Call, Gate
from tests.simulation.kernel import Run
from tests.simulation.stores import BatchItem, SimulatedOtsClient


class CountedTrace(list[Call]):
    """A trace that counts its calls and forgets them: a month has millions."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[tuple[str, str, str]] = Counter()
        """By function, service and operation."""
        self._length = 0

    def append(self, call: Call) -> None:
        """Count a call."""
        self.calls[call.run, call.service, call.operation] += 1
        self._length += 1

    def __len__(self) -> int:
        return self._length


@dataclass
class Meter:
    """Capacity units and function time.

    Attributes:
        read_units: of Tablestore, by function; ``write_units`` those of writes.
        row_bytes: size of each row by its table and key.
        hours: calls and seconds of each function in each hour in which it was called.
    """

    overhead_ms: int
    read_units: Counter[str] = field(default_factory=Counter)
    write_units: Counter[str] = field(default_factory=Counter)
    row_bytes: dict[tuple[str, str], int] = field(default_factory=dict)
    _hours: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def ran(self, function: str, began: int, ended: int) -> None:
        """Note an invocation, in milliseconds; it is billed in the hour in which it began."""
        hour = self._hours[function, began // HOUR_MS]
        hour[0] += 1
        hour[1] += ended - began + self.overhead_ms

    def called_hours(self) -> dict[str, list[CalledHour]]:
        """Return the hours of each function in which it was called."""
        found: dict[str, list[CalledHour]] = defaultdict(list)
        for (function, _), (count, ran_ms) in sorted(self._hours.items()):
            found[function].append(CalledHour(invocations=count, seconds=ran_ms / 1000))
        return found

    @property
    def table_bytes(self) -> int:
        """How much lies in the tables, with an index row for each row at most."""
        return 2 * sum(self.row_bytes.values())


class MeteredOtsClient(SimulatedOtsClient):
    """The part of an ``OTSClient`` that the production code uses, with a bill for every call."""

    def __init__(self, tables: Sequence[Table], gate: Gate, watch: Any, meter: Meter) -> None:
        super().__init__(None, tables, gate, watch)
        self._meter = meter
        self._index_units = {table.name: len(table.indexes) * UNITS_AN_INDEX for table in tables}

    def get_row(self, table: str, key: Any, **options: object) -> tuple[None, Any, None]:
        answer = super().get_row(table, key, **options)
        self._bill_read([answer[1]])
        return answer

    def batch_get_row(self, request: Any) -> Any:
        answer = super().batch_get_row(request)
        # "BatchGetRow": each row is counted for itself.
        for table in request.items:
            for item in answer.get_result_by_table(table):
                self._bill_read([item.row])
        return answer

    def get_range(self, table: str, *arguments: Any, **options: Any) -> tuple[None, Any, list[Any], None]:
        answer = super().get_range(table, *arguments, **options)
        self._bill_read(answer[2])
        return answer

    def put_row(self, table: str, row: Any, condition: Any) -> None:
        self._bill_write(table, row, self._gate.kernel.current)
        super().put_row(table, row, condition)

    def _write_item(self, table: str, item: Any, writer: Run) -> BatchItem:
        self._bill_write(table, item.row, writer)
        return super()._write_item(table, item, writer)

    def _bill_read(self, rows: Iterable[Any]) -> None:
        size = sum(size_of(row) for row in rows if row is not None)
        self._meter.read_units[self._gate.kernel.current.name] += capacity_units(size)

    def _bill_write(self, table: str, row: Any, writer: Run) -> None:
        size, more = size_of(row), self._index_units[table]
        self._meter.row_bytes[table, str(row.primary_key)] = size
        self._meter.write_units[writer.name] += capacity_units(size) + more
        # The condition of a write is read; so is an index row that may have to change.
        self._meter.read_units[writer.name] += 1 + more


def size_of(row: Any) -> int:
    """Return the bytes of a row of the SDK's: names and values, eight for each number, one for each truth.

    A row that is stored stays as it is and is read again and again, so it keeps its size.
    """
    known: int | None = getattr(row, "metered_bytes", None)
    if known is not None:
        return known
    size = 0
    for name, value, *_ in (*row.primary_key, *row.attribute_columns):
        size += len(name)
        if isinstance(value, str):
            size += len(value) if value.isascii() else len(value.encode())
        else:
            size += 1 if isinstance(value, bool) else 8
    row.metered_bytes = size
    return size
