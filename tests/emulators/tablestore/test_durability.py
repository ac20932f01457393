"""Restarts, a kill, and concurrent writes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    PK_AUTO_INCR,
    ComparatorType,
    Condition,
    OTSServiceError,
    SecondaryIndexMeta,
    SingleColumnCondition,
)

from aliyun_local.clock import ManualClock
from aliyun_local.tablestore.codec.filter_messages import Comparator
from aliyun_local.tablestore.codec.values import Cell, OperationType, PrimaryKey, RowExistence
from aliyun_local.tablestore.codec.values import Row as Stored
from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.filters import SingleColumn
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.writes import Condition as StoreCondition
from aliyun_local.tablestore.store.writes import Write
from tests.contracts.tablestore_client.contract.calls import INSTANCE
from tests.emulators.tablestore.support import PLAIN_KEY, PLAIN_OPTIONS, Emulator, StartEmulator

THREADS = 32
T = TypeVar("T")


def test_a_new_process_on_the_same_folder_finds_everything(start: StartEmulator, tmp_path: Path) -> None:
    before = start(tmp_path / "deep" / "data")
    before.create(columns=[("state", "STRING")], indexes=[SecondaryIndexMeta("by_state", ["state"], [])])
    before.create("numbered", [("id", "STRING"), ("n", "INTEGER", PK_AUTO_INCR)], max_version=2)
    before.put("jobs", "a", ("state", "QUEUED"), ("blob", bytearray(b"\x00\xff")), ("half", 0.5))
    _, row = before.put("numbered", [("id", "a"), ("n", PK_AUTO_INCR)], return_type="RT_PK")
    described = repr(before.client.describe_table("jobs").table_meta)
    before.close()

    after = start(tmp_path / "deep" / "data")

    assert after.client.list_table() == ("jobs", "numbered")
    assert repr(after.client.describe_table("jobs").table_meta) == described
    assert after.client.describe_table("numbered").table_options.max_version == 2
    assert after.get("jobs", "a") == {"state": "QUEUED", "blob": bytearray(b"\x00\xff"), "half": 0.5}
    assert after.get("by_state", [("state", "QUEUED"), ("id", "a")]) == {}
    _, next_row = after.put("numbered", [("id", "a"), ("n", PK_AUTO_INCR)], return_type="RT_PK")
    assert next_row.primary_key[1][1] > row.primary_key[1][1]


@pytest.mark.parametrize("next_lag", [0.0, 30.0])
def test_index_changes_that_wait_survive_a_restart(
    start: StartEmulator, tmp_path: Path, next_lag: float
) -> None:
    before = start(tmp_path, index_lag_seconds=30.0)
    before.create(columns=[("state", "STRING")], indexes=[SecondaryIndexMeta("by_state", ["state"], [])])
    before.put("jobs", "a", ("state", "QUEUED"))
    before.close()

    after = start(tmp_path, index_lag_seconds=next_lag)
    after.clock.advance(30 if next_lag else 0)
    assert [row.primary_key for row in after.scan("by_state", ["state", "id"])] == [
        [("state", "QUEUED"), ("id", "a")]
    ]


KILLED = """
import sys
from pathlib import Path
from aliyun_local.clock import SystemClock
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.codec.values import Cell, Row
store = TableStore(Path(sys.argv[1]), SystemClock())
for number in range(1_000_000):
    store.put_row("studio", "jobs", Row([("id", f"{number:07}")], [Cell("state", str(number))]))
    print(number, flush=True)
"""


def test_a_kill_loses_no_answered_write_and_leaves_the_index_in_step(
    start: StartEmulator, tmp_path: Path
) -> None:
    emulator = start(tmp_path)
    emulator.create(columns=[("state", "STRING")], indexes=[SecondaryIndexMeta("by_state", ["state"], [])])
    emulator.close()
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        answered = [int(writer.stdout.readline()) for _ in range(300)][-1]
        writer.kill()
        answered = max([answered, *(int(line) for line in writer.stdout.read().split(b"\n")[:-1])])

    after = start(tmp_path)
    rows = {row.primary_key[0][1] for row in after.scan("jobs", ["id"])}
    indexed = {row.primary_key[1][1] for row in after.scan("by_state", ["state", "id"])}
    assert {f"{number:07}" for number in range(answered + 1)} <= rows
    assert rows == indexed


def together(function: Callable[[int], T]) -> list[T]:
    """Run ``function(number)`` on 32 threads that start at once, and return what each returned."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> T:
        barrier.wait()
        return function(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_of_32_clients_that_claim_a_row_one_gets_it(emulator: Emulator) -> None:
    emulator.create()

    def claim(number: int) -> str:
        try:
            emulator.put("jobs", "slot", ("owner", number), condition="EXPECT_NOT_EXIST")
        except OTSServiceError as failure:
            return str(failure.code)
        return "mine"

    outcomes = together(claim)
    assert sorted(outcomes) == ["OTSConditionCheckFail"] * (THREADS - 1) + ["mine"]
    assert emulator.get("jobs", "slot") == {"owner": outcomes.index("mine")}


def test_32_clients_that_compare_and_set_lose_no_update(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("n", 0))

    def add(_: int) -> None:
        while True:
            row = emulator.get("jobs", "a")
            assert row is not None
            seen = row["n"]
            unchanged = SingleColumnCondition("n", seen, ComparatorType.EQUAL, False)
            try:
                emulator.update("jobs", "a", {"PUT": [("n", seen + 1)]}, Condition("EXPECT_EXIST", unchanged))
            except OTSServiceError as failure:
                if failure.code != "OTSConditionCheckFail":
                    raise
            else:
                return

    together(add)
    assert emulator.get("jobs", "a") == {"n": THREADS}


def test_32_threads_at_the_store_itself_lose_no_update(start: StartEmulator) -> None:
    store = start().store
    store.create_table("studio", "jobs", PLAIN_KEY, PLAIN_OPTIONS)
    key: PrimaryKey = [("id", "a")]
    store.put_row(INSTANCE, "jobs", Stored(key, [Cell("n", 0)]))

    def counter() -> int:
        row = store.get_row(INSTANCE, "jobs", key).row
        assert row is not None
        value = row.cells[0].value
        assert isinstance(value, int)
        return value

    def add(_: int) -> None:
        done = 0
        while done < 10:
            seen = counter()
            condition = StoreCondition(
                RowExistence.EXPECT_EXIST, SingleColumn("n", Comparator.EQUAL, seen, False, True)
            )
            try:
                write = Write(OperationType.UPDATE, Stored(key, [Cell("n", seen + 1)]), condition)
                store.write_row(INSTANCE, "jobs", write)
                done += 1
            except TableStoreError as failure:
                if failure.code != "OTSConditionCheckFail":
                    raise

    together(add)
    assert counter() == THREADS * 10


def test_32_clients_that_increment_lose_no_update_and_keep_the_index_in_step(emulator: Emulator) -> None:
    emulator.create(columns=[("n", "INTEGER")], indexes=[SecondaryIndexMeta("by_n", ["n"], [])])

    def add(_: int) -> None:
        for _ in range(3):
            emulator.update("jobs", "a", {"INCREMENT": [("n", 1)]})

    together(add)
    assert emulator.get("jobs", "a") == {"n": THREADS * 3}
    start, end = [[("n", bound), ("id", bound)] for bound in (INF_MIN, INF_MAX)]
    _, _, rows, _ = emulator.client.get_range("by_n", "FORWARD", start, end)
    assert [row.primary_key for row in rows] == [[("n", THREADS * 3), ("id", "a")]]


def test_point_and_range_reads_scan_no_table(tmp_path: Path) -> None:
    store = TableStore(tmp_path, ManualClock())
    store.create_instance(INSTANCE)
    store.create_table("studio", "jobs", PLAIN_KEY, PLAIN_OPTIONS)
    with store._database.reading() as connection:
        for query in (
            "SELECT row FROM rows_1 WHERE key = ?1",
            "SELECT key, row FROM rows_1 WHERE key >= ?1 AND key < ?1 ORDER BY key ASC LIMIT 10",
            "SELECT key, row FROM rows_1 WHERE key <= ?1 AND key > ?1 ORDER BY key DESC LIMIT 10",
            "SELECT due FROM index_changes WHERE table_id = ?1 ORDER BY sequence LIMIT 1",
        ):
            plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", {"1": b"x"}))
            assert plan.startswith("SEARCH")
            assert "TEMP B-TREE" not in plan
    store.close()


def test_a_delete_row_of_many_threads_succeeds_once(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1))

    def take(_: int) -> int:
        try:
            emulator.delete("jobs", "a", condition="EXPECT_EXIST")
        except OTSServiceError:
            return 0
        return 1

    assert sum(together(take)) == 1
