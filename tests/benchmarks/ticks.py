"""The cost of a minute without work after many finished jobs: the product's beside a scan of the table.

Used by ``slots`` and ``reporting``. The history is put into the emulator's tables at once, as copies of one
finished job with the columns that an index shows and a scan reads. Virtual time; the calls are those of one
tick in which nothing is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from sqlite3 import Connection

from aliyun_local.tablestore.store.keys import encode_key
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.rows import StoredRow
from tests.benchmarks.strategies.account import PEER_TABLE, Account, simulating
from tests.benchmarks.strategies.campaign import Strategy, in_parallel
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.polling import SameTick
from tests.benchmarks.strategies.workloads import Workload
from tests.simulation.stores import INSTANCE

HISTORIES = (0, 1_000, 100_000, 1_000_000)
MOST_TICKS = 3
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
_KEPT = ("state", "closed_at", "opened_at", "due_at", "fine_tune_id", "version")


@dataclass(frozen=True, kw_only=True)
class TickCost:
    """One idle tick: calls of Tablestore and their capacity units, calls of DashScope, and its seconds."""

    strategy: str
    history: int
    reads: int
    writes: int
    units: int
    dashscope_calls: int
    seconds: float

    def as_json(self) -> dict[str, object]:
        """Return the entry in the file."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


class Ticks:
    """The measurements of idle ticks, one for each strategy and history."""

    def __init__(self) -> None:
        self._measured: dict[tuple[str, int], TickCost] = {}

    def of(self, strategy: type[Strategy], history: int) -> TickCost:
        """Return the cost of an idle tick; the first call measures all of them."""
        if not self._measured:
            pairs = [(one, size) for size in reversed(HISTORIES) for one in (SameTick, Lingering)]
            for cost in in_parallel(idle_tick, pairs):
                self._measured[cost.strategy, cost.history] = cost
        return self._measured[strategy.name, history]

    def everything(self) -> list[TickCost]:
        """Return the measurements."""
        return sorted(self._measured.values(), key=lambda cost: (cost.strategy, cost.history))


def writes_of_a_life(*, photos: int = 1, beside_uploads: bool = False) -> int:
    """Return the number of writes of Tablestore from a person's first photo to the result.

    ``beside_uploads``: without the one write by which each photo, and the marker, is recorded.
    """
    account = Account(Workload(name="one person", arrivals=(0,), photos=photos))
    with simulating(account):
        _train_the_one(account, Lingering(account))
        writes = account.meter.writes - account.chores.total()
    return writes - (photos + 1) if beside_uploads else writes


def calls_of_a_sweep() -> int:
    """Return the calls of a tick that only continues the sweep of the bucket."""
    account = Account(Workload(name="one person", arrivals=(0,)))
    with simulating(account):
        _train_the_one(account, Lingering(account))
        for _ in range(2 * MOST_TICKS):
            before = len(account.gate.trace)
            account.advance(MINUTE_MS)
            made = account.gate.trace[before:]
            if any(call.service == "oss" for call in made):
                return len(made)
    raise AssertionError("no tick has listed a page of the bucket")


def heartbeats_of_an_hour() -> int:
    """Return the writes of an hour without work that only say that the timer's function runs."""
    account = Account(Workload(name="one person", arrivals=(0,)))
    with simulating(account):
        _train_the_one(account, Lingering(account))
        before, writes = account.chores.copy(), account.meter.writes
        account.advance(HOUR_MS)
        made = account.chores - before
        assert made.total() == account.meter.writes - writes, "something else than chores was written"
    return made["health"]


def idle_tick(strategy: type[Strategy], history: int) -> TickCost:
    """Measure a tick in which nothing is due, after one person was trained and ``history`` more."""
    account = Account(Workload(name="one person", arrivals=(0,)))
    with simulating(account):
        chosen = strategy(account)
        _train_the_one(account, chosen)
        fill(account.store, history)
        for _ in range(MOST_TICKS):
            cost = _next_tick(account, chosen.name, history)
            # Some ticks of the product list a page of the bucket, which is work that is due, or write the
            # heartbeat, which is counted by itself.
            if cost is not None:
                return cost
    raise AssertionError(f"{chosen.name} has no idle tick")


def _train_the_one(account: Account, chosen: Strategy) -> None:
    account.upload_all()
    chosen.begin()
    account.advance(MINUTE_MS // 2)
    while not chosen.is_done():
        account.advance(MINUTE_MS)


def _next_tick(account: Account, name: str, history: int) -> TickCost | None:
    before, calls, runs = account.meter, len(account.gate.trace), len(account.invocations)
    chores = account.chores.total()
    account.advance(MINUTE_MS)
    after, made = account.meter, account.gate.trace[calls:]
    if account.chores.total() > chores or any(call.service == "oss" for call in made):
        return None
    return TickCost(
        strategy=name,
        history=history,
        reads=after.reads - before.reads,
        writes=after.writes - before.writes,
        units=after.units - before.units,
        dashscope_calls=sum(call.service == "dashscope" for call in made),
        seconds=sum(run.ended - run.began for run in account.invocations[runs:]) / 1000,
    )


def fill(store: TableStore, count: int) -> None:
    """Put ``count`` finished jobs into the product's table and the peers', as far as they have a job."""
    with store._database.transaction() as connection:
        for table, rest in (("jobs", (1,)), (PEER_TABLE.name, ())):
            row = _first(connection, store, table)
            if row is not None:
                kept = {name: value for name, value in row.columns.items() if name in _KEPT}
                keys = (_key(f"{number:020x}", *rest) for number in range(count))
                _copy(connection, store, table, StoredRow(row.written_at_ms, kept).dump(), keys)
        if (shown := _first(connection, store, "jobs_by_state")) is not None:
            keys = (_key("SUCCEEDED", number, f"{number:020x}", 1) for number in range(count))
            _copy(connection, store, "jobs_by_state", shown.dump(), keys)


def _first(connection: Connection, store: TableStore, table: str) -> StoredRow | None:
    name = f"rows_{store._table(connection, INSTANCE, table).id}"
    found = connection.execute(f"SELECT row FROM {name} LIMIT 1").fetchone()
    return StoredRow.load(found[0]) if found else None


def _key(*values: str | int) -> Sequence[str | int]:
    return values


def _copy(
    connection: Connection, store: TableStore, table: str, row: str, keys: Iterator[Sequence[str | int]]
) -> None:
    name = f"rows_{store._table(connection, INSTANCE, table).id}"
    rows = ((encode_key(key), row) for key in keys)
    connection.executemany(f"INSERT INTO {name} (key, row) VALUES (?, ?)", rows)
