"""Batches: errors of single rows and errors of the whole request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from tablestore import (
    BatchGetRowRequest,
    BatchWriteRowRequest,
    ComparatorType,
    Condition,
    DeleteRowItem,
    PutRowItem,
    Row,
    SecondaryIndexMeta,
    SingleColumnCondition,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
    UpdateRowItem,
)
from tablestore.protobuf import table_store_pb2

from aliyun_local.tablestore.codec.row_messages import BatchWriteRowRequest as BatchWriteMessage
from tests.contracts.tablestore_client.contract.calls import CONDITION_FAILED, MISSING_TABLE, refused
from tests.emulators.tablestore.support import Emulator, Sender

WriteAtomically: TypeAlias = Callable[..., dict[str, list[Any]]]


def put(key: str, *columns: Any, condition: str = "IGNORE", **options: Any) -> PutRowItem:
    return PutRowItem(Row([("id", key)], list(columns)), Condition(condition), **options)


def writes(**tables: list[Any]) -> BatchWriteRowRequest:
    request = BatchWriteRowRequest()
    for name, items in tables.items():
        request.add(TableInBatchWriteRowItem(name, items))
    return request


def reads(**tables: list[str]) -> BatchGetRowRequest:
    request = BatchGetRowRequest()
    for name, keys in tables.items():
        request.add(TableInBatchGetRowItem(name, [[("id", key)] for key in keys], max_version=1))
    return request


def test_puts_updates_and_deletes_of_several_tables_are_one_request(emulator: Emulator) -> None:
    emulator.create("a")
    emulator.create("b")
    emulator.put("a", "old", ("x", 1))
    emulator.put("b", "counted", ("n", 1))

    answer = emulator.client.batch_write_row(
        writes(
            a=[
                put("new", ("x", 1), return_type="RT_PK"),
                DeleteRowItem(Row([("id", "old")]), Condition("EXPECT_EXIST")),
            ],
            b=[UpdateRowItem(Row([("id", "counted")], {"INCREMENT": [("n", 1)]}), Condition("IGNORE"))],
        )
    )

    assert answer.is_all_succeed()
    (item,) = answer.get_put_by_table("a")
    assert item.row.primary_key == [("id", "new")]
    assert (item.consumed.read, item.consumed.write) == (0, 1)
    assert (emulator.get("a", "new"), emulator.get("a", "old")) == ({"x": 1}, None)
    assert emulator.get("b", "counted") == {"n": 2}


def test_rows_fail_one_by_one_and_the_others_are_written(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "there", ("x", 1))
    answer = emulator.client.batch_write_row(
        writes(
            jobs=[
                put("first", ("x", 1)),
                put("there", ("x", 2), condition="EXPECT_NOT_EXIST"),
                PutRowItem(Row([("wrong", "a")], [("x", 1)]), Condition("IGNORE")),
                put("last", ("x", 1)),
            ],
            nowhere=[put("a", ("x", 1))],
        )
    )
    outcomes = [(item.is_ok, item.error_code, item.error_message) for item in answer.get_put_by_table("jobs")]
    assert outcomes == [
        (True, None, None),
        (False, *CONDITION_FAILED[1:]),
        (False, "OTSInvalidPK", "Validate PK name fail. Input: wrong, Meta: id."),
        (True, None, None),
    ]
    (missing,) = answer.get_put_by_table("nowhere")
    assert (missing.error_code, missing.error_message) == MISSING_TABLE[1:]
    assert emulator.get("jobs", "there") == {"x": 1}
    assert emulator.get("jobs", "last") == {"x": 1}


def test_rows_are_read_together_and_missing_ones_are_empty(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1))
    answer = emulator.client.batch_get_row(reads(jobs=["a", "b"], nowhere=["a"]))
    found, missing = answer.get_result_by_table("jobs")
    assert found.row.attribute_columns[0][:2] == ("x", 1)
    assert (missing.is_ok, missing.row) == (True, None)
    (failed,) = answer.get_result_by_table("nowhere")
    assert (failed.is_ok, failed.error_code) == (False, "OTSObjectNotExist")


def test_a_row_may_be_written_twice_without_conditions(emulator: Emulator) -> None:
    emulator.create()
    emulator.client.batch_write_row(writes(jobs=[put("a", ("x", 1)), put("a", ("x", 2))]))
    assert emulator.get("jobs", "a") == {"x": 2}

    twice = writes(jobs=[put("a", ("x", 3)), put("a", ("x", 4), condition="EXPECT_EXIST")])
    answer = refused(emulator.client.batch_write_row, twice)
    assert answer[2] == "Repeated rows do not support row exist expectation check in BatchModify."
    guarded = Condition("IGNORE", SingleColumnCondition("x", 2, ComparatorType.EQUAL))
    twice = writes(jobs=[put("a", ("x", 3)), PutRowItem(Row([("id", "a")], [("x", 4)]), guarded)])
    answer = refused(emulator.client.batch_write_row, twice)
    assert answer[2] == "Repeated rows do not support row condition check in BatchModify."
    assert emulator.get("jobs", "a") == {"x": 2}


def test_a_row_of_an_indexed_table_cannot_be_written_twice(emulator: Emulator) -> None:
    emulator.create(columns=[("x", "INTEGER")], indexes=[SecondaryIndexMeta("by_x", ["x"], [])])
    answer = refused(emulator.client.batch_write_row, writes(jobs=[put("a", ("x", 1)), put("a", ("x", 2))]))
    assert answer == (400, "OTSParameterInvalid", "Duplicate rows detected in MultiPut.")
    assert emulator.get("jobs", "a") is None


@pytest.mark.parametrize(
    ("request_of", "message"),
    [
        (lambda: writes(), "No row is specified in BatchWriteRow."),
        (lambda: writes(jobs=[]), "No operation is specified for table: 'jobs'."),
        (lambda: writes(jobs=[put("a", ("x", 1)), put("b")]), "Attribute column is missing."),
        (
            lambda: writes(jobs=[put(str(n), ("x", 1)) for n in range(201)]),
            "Rows count exceeds the upper limit: 200.",
        ),
        (
            lambda: writes(jobs=[put(str(n), ("x", "v" * 1_100_000)) for n in range(4)]),
            "The total data size of BatchWriteRow request exceeds the limit, "
            "limit size: 4194304, data size: 4400016.",
        ),
    ],
)
def test_a_batch_that_is_refused_whole_writes_nothing(
    emulator: Emulator, request_of: Callable[[], BatchWriteRowRequest], message: str
) -> None:
    emulator.create()
    answer = refused(emulator.client.batch_write_row, request_of())
    assert answer == (400, "OTSParameterInvalid", message)
    assert emulator.scan("jobs", ["id"]) == []


def test_200_rows_are_written_and_100_read_at_once(emulator: Emulator) -> None:
    emulator.create()
    answer = emulator.client.batch_write_row(writes(jobs=[put(f"{n:03}", ("n", n)) for n in range(200)]))
    assert answer.is_all_succeed()
    answer = emulator.client.batch_get_row(reads(jobs=[f"{n:03}" for n in range(100)]))
    values = [item.row.attribute_columns[0][1] for item in answer.get_result_by_table("jobs")]
    assert values == list(range(100))
    answer = refused(emulator.client.batch_get_row, reads(jobs=[str(n) for n in range(101)]))
    assert answer[2] == "Rows count exceeds the upper limit: 100."
    answer = refused(emulator.client.batch_get_row, reads())
    assert answer[2] == "No row specified in the request of BatchGetRow."


@pytest.fixture
def write_atomically(emulator: Emulator, send: Sender) -> WriteAtomically:
    """A function that writes an atomic batch, which the client for Python cannot, and returns outcomes."""

    def write(**tables: list[Any]) -> dict[str, list[Any]]:
        official = emulator.client.protocol.encoder.encode_request("BatchWriteRow", writes(**tables))
        request = BatchWriteMessage.decode(official.SerializeToString())
        request.is_atomic = True
        assert send("BatchWriteRow", request.encode())[0] == 200
        answer = table_store_pb2.BatchWriteRowResponse.FromString(send.body)
        return {
            table.table_name: [
                (row.error.code, row.error.message) if row.HasField("error") else row.is_ok
                for row in table.rows
            ]
            for table in answer.tables
        }

    return write


def mail(user: str, number: int, *columns: Any, condition: str = "IGNORE") -> PutRowItem:
    return PutRowItem(Row([("user", user), ("mail", number)], list(columns)), Condition(condition))


def test_an_atomic_batch_writes_all_rows_of_a_table_or_none(
    emulator: Emulator, write_atomically: WriteAtomically
) -> None:
    key = [("user", "STRING"), ("mail", "INTEGER")]
    index = SecondaryIndexMeta("by_x", ["x"], [])
    emulator.create("a", key=key, columns=[("x", "INTEGER")], indexes=[index])
    emulator.create("b", key=key)
    emulator.put("a", [("user", "u"), ("mail", 1)], ("x", 1))
    failing = [mail("u", 2, ("x", 2)), mail("u", 1, ("x", 3), condition="EXPECT_NOT_EXIST")]
    failed = CONDITION_FAILED[1:]
    assert write_atomically(a=failing, b=[mail("u", 1, ("x", 1)), mail("u", 2, ("x", 1))]) == {
        "a": [failed, failed],
        "b": [True, True],
    }
    assert [row.primary_key[1][1] for row in emulator.scan("a", ["user", "mail"])] == [1]
    assert [row.primary_key[0][1] for row in emulator.scan("by_x", ["x", "user", "mail"])] == [1]
    assert len(emulator.scan("b", ["user", "mail"])) == 2
    assert write_atomically(a=failing[:1]) == {"a": [True]}
    assert emulator.get("a", [("user", "u"), ("mail", 2)]) == {"x": 2}


def test_an_atomic_batch_keeps_to_one_partition_key_of_a_table(
    emulator: Emulator, write_atomically: WriteAtomically
) -> None:
    key = [("user", "STRING"), ("mail", "INTEGER")]
    emulator.create("a", key=key)
    apart = ("OTSDataOutOfRange", "Data out of scope of atomic. Atomic PartKey:0. Data PartKey:1")
    assert write_atomically(a=[mail(str(user), 1, ("x", 1)) for user in range(3)]) == {"a": [apart] * 3}
    assert emulator.scan("a", ["user", "mail"]) == []
    missing = MISSING_TABLE[1:]
    assert write_atomically(none=[mail("0", 1, ("x", 1)), mail("1", 1, ("x", 1))]) == {"none": [missing] * 2}
