"""Limits of keys and columns, and the words in which a breach is refused."""

from __future__ import annotations

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    PK_AUTO_INCR,
    BatchGetRowRequest,
    BatchWriteRowRequest,
    Condition,
    PutRowItem,
    Row,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
)

BIG = 2 * 1024 * 1024


def every_write(local, key, columns):
    return [
        (local.client.put_row, "jobs", Row(key, columns), Condition("IGNORE")),
        (local.client.update_row, "jobs", Row(key, {"PUT": columns}), Condition("IGNORE")),
    ]


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [
        ([("ID", "a")], "OTSInvalidPK", "Validate PK name fail. Input: ID, Meta: id."),
        ([("id", "a"), ("more", "b")], "OTSInvalidPK", "Validate PK size fail. Input: 2, Meta: 1."),
        ([("id", 1)], "OTSInvalidPK", "Validate PK type fail. Input: VT_INTEGER, Meta: VT_STRING."),
        (
            [("id", bytearray(b"a"))],
            "OTSInvalidPK",
            "Validate PK type fail. Input: VT_BLOB, Meta: VT_STRING.",
        ),
        (
            [("id", PK_AUTO_INCR)],
            "OTSInvalidPK",
            "Validate PK type fail. Input: VT_AUTO_INCREMENT, Meta: VT_STRING.",
        ),
        ([("id", True)], "OTSParameterInvalid", "VT_BOOLEAN is an invalid type for the primary key."),
        ([("id", INF_MIN)], "OTSParameterInvalid", "VT_INF_MIN is an invalid type for the primary key."),
        ([("id", INF_MAX)], "OTSParameterInvalid", "VT_INF_MAX is an invalid type for the primary key."),
        ([], "OTSParameterInvalid", "The number of primary key columns must be in range: [1, 4]."),
        (
            [("id", "张" * 342)],
            "OTSParameterInvalid",
            "The length of primary key column: 'id' exceeds the MaxLength:1024 with CurrentLength:1026.",
        ),
        ([("id", "a"), ("id", "a")], "OTSParameterInvalid", "Duplicated primary key name: 'id'."),
    ],
)
def test_a_key_that_does_not_fit_is_refused_by_reads_and_writes_alike(local, refused, key, code, message):
    local.create()
    calls = [
        *every_write(local, key, [("x", 1)]),
        (local.client.delete_row, "jobs", Row(key), Condition("IGNORE")),
        (local.client.get_row, "jobs", key),
    ]
    for function, *arguments in calls:
        assert refused(function, *arguments) == (400, code, message)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([("no-hyphens", 1)], "Invalid column name: 'no-hyphens'."),
        ([("", 1)], "Invalid column name: ''."),
        ([("c" * 256, 1)], f"Invalid column name: '{'c' * 256}'."),
        ([("id", 1)], "Duplicated attribute column name with primary key column: 'id'."),
        ([("x", float("nan"))], "NaN can't be set to double value."),
        ([("x", float("inf"))], "Infinity can't be set to double value."),
        ([("x", 1, -1)], "Timestamp must be in range [0, INT64_MAX/1000)."),
        (
            [("x", "v" * (BIG + 1))],
            "The length of attribute column: 'x' exceeds the MaxLength:2097152 with CurrentLength:2097153.",
        ),
        (
            [(f"c{n}", n) for n in range(1025)],
            "The number of attribute columns exceeds the limit, limit count: 1024, column count: 1025.",
        ),
    ],
)
def test_columns_that_are_not_taken_are_refused_by_every_write(local, refused, columns, message):
    local.create()
    for function, *arguments in every_write(local, [("id", "a")], columns):
        assert refused(function, *arguments) == (400, "OTSParameterInvalid", message)
    assert local.get("jobs", "a") is None


def test_the_largest_values_are_taken(local):
    local.create()
    local.put("jobs", "k" * 1024, ("c" * 255, "v" * BIG), ("b", bytearray(BIG - 2000)))
    found = local.get("jobs", "k" * 1024)
    assert len(found["c" * 255]) == BIG


def test_more_than_4_mb_in_one_row_is_refused(local, refused):
    local.create()
    message = (
        "The total data size of PutRow request exceeds the limit, limit size: 4194304, data size: 4194309."
    )
    answer = refused(local.put, "jobs", "a", ("x", "v" * BIG), ("y", "v" * BIG))
    assert answer == (400, "OTSParameterInvalid", message)


def test_an_update_must_say_something(local, refused):
    local.create()
    answer = refused(local.update, "jobs", "a", {})
    assert answer == (400, "OTSParameterInvalid", "Invalid update row request: missing cells in request.")


def test_reads_ask_for_at_most_128_columns_and_at_least_one_version(local, refused):
    local.create()
    answer = refused(local.get, "jobs", "a", columns_to_get=[f"c{n}" for n in range(129)])
    assert (
        answer[2]
        == "The number of columns from the request exceeds the limit, limit count: 128, column count: 129."
    )
    assert refused(local.get, "jobs", "a", max_version=0)[2].startswith("Invalid max versions: 0.")
    answer = refused(local.get, "jobs", "a", max_version=None)
    assert answer[2] == "No version condition is specified."
    assert refused(local.scan, "jobs", ["id"], max_version=None)[2] == "No version condition is specified."
    batch = BatchGetRowRequest()
    batch.add(TableInBatchGetRowItem("jobs", [[("id", "a")]]))
    answer = refused(local.client.batch_get_row, batch)
    assert answer[2] == "No version condition is specified while querying row."


def test_a_transaction_or_a_token_that_was_never_issued_is_refused(local, refused):
    local.create()
    assert refused(local.get, "jobs", "a", transaction_id="x")[2] == "TransactionID is invalid."
    assert refused(local.put, "jobs", "a", ("x", 1), transaction_id="x")[2] == "TransactionID is invalid."
    assert refused(local.get, "jobs", "a", token=b"x")[2] == "Invalid token."


def test_every_operation_on_a_missing_table_says_so(local, refused):
    missing = (404, "OTSObjectNotExist", "Requested table does not exist.")
    for function, *arguments in every_write(local, [("id", "a")], [("x", 1)]):
        assert refused(function, *arguments) == missing
    assert refused(local.get, "jobs", "a") == missing
    assert refused(local.scan, "jobs", ["id"]) == missing


@pytest.mark.parametrize("name", ["3t", "-", "no hyphens", "t" * 256])
def test_every_operation_refuses_a_name_that_no_table_can_have(local, refused, name):
    local.create()
    key = [("id", "a")]
    writes = BatchWriteRowRequest()
    items = [PutRowItem(Row(key, [("x", 1)]), Condition("IGNORE"))]
    writes.add(TableInBatchWriteRowItem("jobs", items))
    writes.add(TableInBatchWriteRowItem(name, items))
    reads = BatchGetRowRequest()
    reads.add(TableInBatchGetRowItem(name, [key], max_version=1))
    for call in (
        lambda: local.client.describe_table(name),
        lambda: local.client.delete_table(name),
        lambda: local.put(name, key, ("x", 1)),
        lambda: local.update(name, key, {"PUT": [("x", 1)]}),
        lambda: local.get(name, key),
        lambda: local.scan(name, ["id"]),
        lambda: local.client.start_local_transaction(name, key),
        lambda: local.client.batch_get_row(reads),
        lambda: local.client.batch_write_row(writes),
    ):
        assert refused(call) == (400, "OTSParameterInvalid", f"Invalid table name: '{name}'.")
    assert local.get("jobs", "a") is None


def test_a_key_of_no_form_fails_a_batch_whole(local, refused):
    local.create()
    local.put("jobs", "a", ("x", 1))
    endless = [("id", INF_MAX)]
    reads = BatchGetRowRequest()
    reads.add(TableInBatchGetRowItem("jobs", [[("id", "a")], endless], max_version=1))
    writes = BatchWriteRowRequest()
    items = [PutRowItem(Row(key, [("x", 2)]), Condition("IGNORE")) for key in ([("id", "a")], endless)]
    writes.add(TableInBatchWriteRowItem("jobs", items))
    for call in (lambda: local.client.batch_get_row(reads), lambda: local.client.batch_write_row(writes)):
        assert refused(call)[2] == "VT_INF_MAX is an invalid type for the primary key."
    assert local.get("jobs", "a") == {"x": 1}


def test_the_ends_of_a_range_may_be_infinite_and_nothing_else_may(local, refused):
    local.create(key=[("id", "STRING"), ("n", "INTEGER", PK_AUTO_INCR)])
    for column in ("id", "n"):
        start = [("id", "a"), ("n", 1)]
        start = [(name, True if name == column else value) for name, value in start]
        end = [("id", INF_MAX), ("n", INF_MAX)]
        answer = refused(local.client.get_range, "jobs", "FORWARD", start, end, max_version=1)
        assert answer[2] == "VT_BOOLEAN is an invalid type for the primary key."
