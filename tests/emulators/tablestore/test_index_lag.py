"""Secondary indexes that follow their table with a lag."""

from __future__ import annotations

from tablestore import SecondaryIndexMeta, SecondaryIndexType

from aliyun_local.tablestore.codec.values import Cell
from aliyun_local.tablestore.codec.values import Row as Stored
from tests.contracts.tablestore_client.contract.calls import INSTANCE, refused
from tests.emulators.tablestore.indexed_jobs import BY_STATE, create, entries, put
from tests.emulators.tablestore.support import StartEmulator


def test_a_lagging_index_shows_the_past_in_the_order_of_the_writes(start: StartEmulator) -> None:
    emulator = start(index_lag_seconds=2.0)
    create(emulator)
    put(emulator, "a", "QUEUED", 1)
    emulator.clock.advance(1)
    put(emulator, "a", "TRAINING", 1)
    assert entries(emulator) == []
    emulator.clock.advance(1)
    assert [key[0] for key, _ in entries(emulator)] == ["QUEUED"]
    emulator.clock.advance(0.999)
    assert [key[0] for key, _ in entries(emulator)] == ["QUEUED"]
    emulator.clock.advance(0.001)
    assert [key[0] for key, _ in entries(emulator)] == ["TRAINING"]


def test_a_lagging_index_keeps_the_order_when_the_clock_steps_back(start: StartEmulator) -> None:
    emulator = start(index_lag_seconds=2.0)
    create(emulator)
    put(emulator, "a", "QUEUED", 1)
    emulator.clock.advance(-60)
    put(emulator, "a", "TRAINING", 1)
    emulator.clock.advance(30)
    assert entries(emulator) == []
    emulator.clock.advance(32)
    assert [key[0] for key, _ in entries(emulator)] == ["TRAINING"]


def test_a_lagging_index_loses_nothing(start: StartEmulator) -> None:
    emulator = start(index_lag_seconds=1.0)
    create(emulator)
    for number in range(600):
        row = Stored(
            [("person", f"p{number % 40}"), ("revision", 1)], [Cell("state", "QUEUED"), Cell("due", number)]
        )
        emulator.store.put_row(INSTANCE, "jobs", row)
    emulator.clock.advance(1)
    assert sorted(key[1] for key, _ in entries(emulator)) == list(range(560, 600))


def test_a_local_index_never_lags(start: StartEmulator) -> None:
    emulator = start(index_lag_seconds=60.0)
    create(emulator, SecondaryIndexMeta("mine", ["person", "state"], [], SecondaryIndexType.LOCAL_INDEX))
    put(emulator, "a", "QUEUED", 1)
    assert [key for key, _ in entries(emulator, "mine", ["person", "state", "revision"])] == [
        ("a", "QUEUED", 1)
    ]


def test_an_index_over_earlier_rows_cannot_be_read_while_it_is_built(start: StartEmulator) -> None:
    emulator = start(index_lag_seconds=5.0)
    create(emulator, SecondaryIndexMeta("by_note", ["note"], []))
    put(emulator, "a", "QUEUED", 1)
    emulator.client.create_secondary_index("jobs", BY_STATE, True)
    answer = refused(entries, emulator)
    assert answer == (404, "OTSTableNotReady", "Disallow read index table in building base state")
    emulator.clock.advance(5)
    assert len(entries(emulator)) == 1
