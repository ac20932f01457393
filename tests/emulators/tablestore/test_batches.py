"""Batches: rows that fail alone and requests that fail whole."""

from __future__ import annotations

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

from aliyun_local.tablestore.codec.row_messages import BatchWriteRowRequest as BatchWriteRow


def put(key, *columns, condition="IGNORE", **more):
    return PutRowItem(Row([("id", key)], list(columns)), Condition(condition), **more)


def writes(**tables):
    request = BatchWriteRowRequest()
    for name, items in tables.items():
        request.add(TableInBatchWriteRowItem(name, items))
    return request


def reads(**tables):
    request = BatchGetRowRequest()
    for name, keys in tables.items():
        request.add(TableInBatchGetRowItem(name, [[("id", key)] for key in keys], max_version=1))
    return request


def test_puts_updates_and_deletes_of_several_tables_travel_together(local):
    local.create("a")
    local.create("b")
    local.put("a", "old", ("x", 1))
    local.put("b", "counted", ("n", 1))

    answer = local.client.batch_write_row(
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
    assert (local.get("a", "new"), local.get("a", "old")) == ({"x": 1}, None)
    assert local.get("b", "counted") == {"n": 2}


def test_rows_fail_one_by_one_and_the_others_are_written(local):
    local.create()
    local.put("jobs", "there", ("x", 1))
    answer = local.client.batch_write_row(
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
        (False, "OTSConditionCheckFail", "Condition check failed."),
        (False, "OTSInvalidPK", "Validate PK name fail. Input: wrong, Meta: id."),
        (True, None, None),
    ]
    (missing,) = answer.get_put_by_table("nowhere")
    assert (missing.error_code, missing.error_message) == (
        "OTSObjectNotExist",
        "Requested table does not exist.",
    )
    assert local.get("jobs", "there") == {"x": 1}
    assert local.get("jobs", "last") == {"x": 1}


def test_rows_are_read_together_and_missing_ones_are_empty(local):
    local.create()
    local.put("jobs", "a", ("x", 1))
    answer = local.client.batch_get_row(reads(jobs=["a", "b"], nowhere=["a"]))
    found, missing = answer.get_result_by_table("jobs")
    assert found.row.attribute_columns[0][:2] == ("x", 1)
    assert (missing.is_ok, missing.row) == (True, None)
    (failed,) = answer.get_result_by_table("nowhere")
    assert (failed.is_ok, failed.error_code) == (False, "OTSObjectNotExist")


def test_a_row_may_be_written_twice_if_nothing_is_asked_of_it(local, refused):
    local.create()
    local.client.batch_write_row(writes(jobs=[put("a", ("x", 1)), put("a", ("x", 2))]))
    assert local.get("jobs", "a") == {"x": 2}

    twice = writes(jobs=[put("a", ("x", 3)), put("a", ("x", 4), condition="EXPECT_EXIST")])
    answer = refused(local.client.batch_write_row, twice)
    assert answer[2] == "Repeated rows do not support row exist expectation check in BatchModify."
    guarded = Condition("IGNORE", SingleColumnCondition("x", 2, ComparatorType.EQUAL))
    twice = writes(jobs=[put("a", ("x", 3)), PutRowItem(Row([("id", "a")], [("x", 4)]), guarded)])
    answer = refused(local.client.batch_write_row, twice)
    assert answer[2] == "Repeated rows do not support row condition check in BatchModify."
    assert local.get("jobs", "a") == {"x": 2}


def test_a_row_of_an_indexed_table_cannot_be_written_twice(local, refused):
    local.create(columns=[("x", "INTEGER")], indexes=[SecondaryIndexMeta("by_x", ["x"], [])])
    answer = refused(local.client.batch_write_row, writes(jobs=[put("a", ("x", 1)), put("a", ("x", 2))]))
    assert answer == (400, "OTSParameterInvalid", "Duplicate rows detected in MultiPut.")
    assert local.get("jobs", "a") is None


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
def test_a_batch_that_is_refused_whole_writes_nothing(local, refused, request_of, message):
    local.create()
    answer = refused(local.client.batch_write_row, request_of())
    assert answer == (400, "OTSParameterInvalid", message)
    assert local.scan("jobs", ["id"]) == []


def test_200_rows_are_written_and_100_read_at_once(local, refused):
    local.create()
    answer = local.client.batch_write_row(writes(jobs=[put(f"{n:03}", ("n", n)) for n in range(200)]))
    assert answer.is_all_succeed()
    answer = local.client.batch_get_row(reads(jobs=[f"{n:03}" for n in range(100)]))
    values = [item.row.attribute_columns[0][1] for item in answer.get_result_by_table("jobs")]
    assert values == list(range(100))
    answer = refused(local.client.batch_get_row, reads(jobs=[str(n) for n in range(101)]))
    assert answer[2] == "Rows count exceeds the upper limit: 100."
    answer = refused(local.client.batch_get_row, reads())
    assert answer[2] == "No row specified in the request of BatchGetRow."


@pytest.fixture
def together(local, send):
    """Writes a batch as one, which other clients than this one can ask for; returns each row's outcome."""

    def write(**tables):
        official = local.client.protocol.encoder.encode_request("BatchWriteRow", writes(**tables))
        request = BatchWriteRow.decode(official.SerializeToString())
        request.is_atomic = True
        assert send("BatchWriteRow", request.encode())[0] == 200
        answer = table_store_pb2.BatchWriteRowResponse.FromString(send.answers[-1])
        return {
            table.table_name: [
                (row.error.code, row.error.message) if row.HasField("error") else row.is_ok
                for row in table.rows
            ]
            for table in answer.tables
        }

    return write


def mail(user, number, *columns, condition="IGNORE"):
    return PutRowItem(Row([("user", user), ("mail", number)], list(columns)), Condition(condition))


def test_an_atomic_batch_writes_all_rows_of_a_table_or_none(local, together):
    key = [("user", "STRING"), ("mail", "INTEGER")]
    index = SecondaryIndexMeta("by_x", ["x"], [])
    local.create("a", key=key, columns=[("x", "INTEGER")], indexes=[index])
    local.create("b", key=key)
    local.put("a", [("user", "u"), ("mail", 1)], ("x", 1))
    failing = [mail("u", 2, ("x", 2)), mail("u", 1, ("x", 3), condition="EXPECT_NOT_EXIST")]
    failed = ("OTSConditionCheckFail", "Condition check failed.")
    assert together(a=failing, b=[mail("u", 1, ("x", 1)), mail("u", 2, ("x", 1))]) == {
        "a": [failed, failed],
        "b": [True, True],
    }
    assert [row.primary_key[1][1] for row in local.scan("a", ["user", "mail"])] == [1]
    assert [row.primary_key[0][1] for row in local.scan("by_x", ["x", "user", "mail"])] == [1]
    assert len(local.scan("b", ["user", "mail"])) == 2
    assert together(a=failing[:1]) == {"a": [True]}
    assert local.get("a", [("user", "u"), ("mail", 2)]) == {"x": 2}


def test_an_atomic_batch_keeps_to_one_partition_key_of_a_table(local, together):
    key = [("user", "STRING"), ("mail", "INTEGER")]
    local.create("a", key=key)
    apart = ("OTSDataOutOfRange", "Data out of scope of atomic. Atomic PartKey:0. Data PartKey:1")
    assert together(a=[mail(str(user), 1, ("x", 1)) for user in range(3)]) == {"a": [apart] * 3}
    assert local.scan("a", ["user", "mail"]) == []
    missing = ("OTSObjectNotExist", "Requested table does not exist.")
    assert together(none=[mail("0", 1, ("x", 1)), mail("1", 1, ("x", 1))]) == {"none": [missing] * 2}
