"""Secondary indexes: the rows in them."""

from __future__ import annotations

from tablestore import (
    BatchWriteRowRequest,
    Condition,
    PutRowItem,
    Row,
    SecondaryIndexMeta,
    TableInBatchWriteRowItem,
)

from tests.contracts.tablestore_client.contract.calls import refused
from tests.emulators.tablestore.indexed_jobs import KEY, create, entries, put
from tests.emulators.tablestore.support import Emulator


def test_an_index_is_ordered_by_its_columns_and_then_by_the_rest_of_the_key(emulator: Emulator) -> None:
    create(emulator)
    put(emulator, "c", "QUEUED", 2, ("note", "n"), ("other", "not in the index"))
    put(emulator, "b", "QUEUED", 1)
    put(emulator, "a", "TRAINING", 0)
    put(emulator, "a2", "QUEUED", 1)
    assert entries(emulator) == [
        (("QUEUED", 1, "a2", 1), {}),
        (("QUEUED", 1, "b", 1), {}),
        (("QUEUED", 2, "c", 1), {"note": "n"}),
        (("TRAINING", 0, "a", 1), {}),
    ]
    key = list(zip(KEY, ("QUEUED", 2, "c", 1), strict=True))
    assert emulator.get("by_state", key) == {"note": "n"}
    described = emulator.client.describe_table("by_state").table_meta.schema_of_primary_key
    assert described == [
        ("state", "STRING"),
        ("due", "INTEGER"),
        ("person", "STRING"),
        ("revision", "INTEGER"),
    ]


def test_a_row_moves_when_its_indexed_columns_change(emulator: Emulator) -> None:
    create(emulator)
    put(emulator, "a", "QUEUED", 1, ("note", "n"))
    emulator.update("jobs", [("person", "a"), ("revision", 1)], {"PUT": [("state", "TRAINING")]})
    assert entries(emulator) == [(("TRAINING", 1, "a", 1), {"note": "n"})]
    emulator.update("jobs", [("person", "a"), ("revision", 1)], {"INCREMENT": [("due", 5)]})
    assert entries(emulator) == [(("TRAINING", 6, "a", 1), {"note": "n"})]


def test_an_index_is_sparse(emulator: Emulator) -> None:
    create(emulator)
    emulator.put("jobs", [("person", "a"), ("revision", 1)], ("state", "QUEUED"))
    emulator.put("jobs", [("person", "b"), ("revision", 1)], ("state", "QUEUED"), ("due", "not a number"))
    assert entries(emulator) == []
    put(emulator, "a", "QUEUED", 1)
    assert len(entries(emulator)) == 1
    emulator.update("jobs", [("person", "a"), ("revision", 1)], {"DELETE_ALL": ["due"]})
    assert entries(emulator) == []


def test_a_value_of_another_type_leaves_the_index_however_equal_it_is(emulator: Emulator) -> None:
    create(emulator, SecondaryIndexMeta("by_due", ["due"], ["state"]))
    key = ["due", "person", "revision"]
    put(emulator, "a", "QUEUED", 1)
    put(emulator, "a", "QUEUED", 1.0)
    assert entries(emulator, "by_due", key) == []
    put(emulator, "a", "QUEUED", 1)
    put(emulator, "a", "FAILED", 1)
    assert entries(emulator, "by_due", key) == [((1, "a", 1), {"state": "FAILED"})]
    emulator.update("jobs", [("person", "a"), ("revision", 1)], {"DELETE_ALL": ["state"]})
    assert entries(emulator, "by_due", key) == [((1, "a", 1), {})]


def test_an_index_shows_when_its_columns_were_written_last(emulator: Emulator) -> None:
    create(emulator)
    for _ in range(2):
        put(emulator, "a", "QUEUED", 1, ("note", "n"))
        (row,) = emulator.scan("by_state", KEY)
        assert row.attribute_columns == [("note", "n", emulator.now_ms)]
        emulator.clock.advance(1)
    emulator.update("jobs", [("person", "a"), ("revision", 1)], {"PUT": [("other", 1)]})
    (row,) = emulator.scan("by_state", KEY)
    assert row.attribute_columns == [("note", "n", emulator.now_ms - 1000)]


def test_an_index_costs_the_writer_of_its_table_nothing(emulator: Emulator) -> None:
    create(emulator)
    put(emulator, "a", "QUEUED", 1)
    columns = [("state", "FAILED"), ("due", 2), ("note", "n" * 5000)]
    consumed, _ = emulator.put("jobs", [("person", "a"), ("revision", 1)], *columns)
    assert (consumed.read, consumed.write) == (0, 2)
    consumed, _ = emulator.put("jobs", [("person", "a"), ("revision", 1)], *columns, condition="EXPECT_EXIST")
    assert (consumed.read, consumed.write) == (2, 2)


def test_a_deleted_or_replaced_row_leaves_nothing_behind(emulator: Emulator) -> None:
    create(emulator)
    put(emulator, "a", "QUEUED", 1)
    put(emulator, "a", "FAILED", 2)
    assert [key for key, _ in entries(emulator)] == [("FAILED", 2, "a", 1)]
    emulator.delete("jobs", [("person", "a"), ("revision", 1)])
    assert entries(emulator) == []


def test_a_write_that_fails_its_condition_changes_no_index(emulator: Emulator) -> None:
    create(emulator)
    put(emulator, "a", "QUEUED", 1)
    key = [("person", "a"), ("revision", 1)]
    refused(emulator.put, "jobs", key, ("state", "FAILED"), ("due", 2), condition="EXPECT_NOT_EXIST")
    assert [key for key, _ in entries(emulator)] == [("QUEUED", 1, "a", 1)]


def test_a_batch_changes_the_index(emulator: Emulator) -> None:
    create(emulator)
    items = [
        PutRowItem(
            Row([("person", f"p{n}"), ("revision", 1)], [("state", "QUEUED"), ("due", n)]),
            Condition("IGNORE"),
        )
        for n in range(10)
    ]
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("jobs", items))
    emulator.client.batch_write_row(request)
    assert [key[1] for key, _ in entries(emulator)] == list(range(10))
