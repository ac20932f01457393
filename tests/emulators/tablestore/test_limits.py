"""Limits of keys and columns, and the errors beyond them."""

from __future__ import annotations

from typing import Any

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

from tests.contracts.tablestore_client.contract.calls import MISSING_TABLE, Key, refused
from tests.emulators.tablestore.support import Emulator

MAX_VALUE_BYTES = 2 * 1024 * 1024


def every_write(emulator: Emulator, key: Key, columns: list[Any]) -> list[tuple[Any, ...]]:
    """The client's methods that write columns, each with its arguments."""
    return [
        (emulator.client.put_row, "jobs", Row(key, columns), Condition("IGNORE")),
        (emulator.client.update_row, "jobs", Row(key, {"PUT": columns}), Condition("IGNORE")),
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
def test_a_key_that_does_not_fit_is_refused_by_reads_and_writes_alike(
    emulator: Emulator, key: Key, code: str, message: str
) -> None:
    emulator.create()
    calls = [
        *every_write(emulator, key, [("x", 1)]),
        (emulator.client.delete_row, "jobs", Row(key), Condition("IGNORE")),
        (emulator.client.get_row, "jobs", key),
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
            [("x", "v" * (MAX_VALUE_BYTES + 1))],
            "The length of attribute column: 'x' exceeds the MaxLength:2097152 with CurrentLength:2097153.",
        ),
        (
            [(f"c{n}", n) for n in range(1025)],
            "The number of attribute columns exceeds the limit, limit count: 1024, column count: 1025.",
        ),
    ],
)
def test_invalid_columns_are_refused_by_every_write(
    emulator: Emulator, columns: list[Any], message: str
) -> None:
    emulator.create()
    for function, *arguments in every_write(emulator, [("id", "a")], columns):
        assert refused(function, *arguments) == (400, "OTSParameterInvalid", message)
    assert emulator.get("jobs", "a") is None


def test_the_largest_values_are_accepted(emulator: Emulator) -> None:
    emulator.create()
    emulator.put(
        "jobs", "k" * 1024, ("c" * 255, "v" * MAX_VALUE_BYTES), ("b", bytearray(MAX_VALUE_BYTES - 2000))
    )
    found = emulator.get("jobs", "k" * 1024)
    assert found is not None
    assert len(found["c" * 255]) == MAX_VALUE_BYTES


def test_more_than_4_mb_in_one_row_is_refused(emulator: Emulator) -> None:
    emulator.create()
    message = (
        "The total data size of PutRow request exceeds the limit, limit size: 4194304, data size: 4194309."
    )
    answer = refused(emulator.put, "jobs", "a", ("x", "v" * MAX_VALUE_BYTES), ("y", "v" * MAX_VALUE_BYTES))
    assert answer == (400, "OTSParameterInvalid", message)


def test_an_update_without_changes_is_refused(emulator: Emulator) -> None:
    emulator.create()
    answer = refused(emulator.update, "jobs", "a", {})
    assert answer == (400, "OTSParameterInvalid", "Invalid update row request: missing cells in request.")


def test_reads_ask_for_at_most_128_columns_and_at_least_one_version(emulator: Emulator) -> None:
    emulator.create()
    answer = refused(emulator.get, "jobs", "a", columns_to_get=[f"c{n}" for n in range(129)])
    assert (
        answer[2]
        == "The number of columns from the request exceeds the limit, limit count: 128, column count: 129."
    )
    assert refused(emulator.get, "jobs", "a", max_version=0)[2].startswith("Invalid max versions: 0.")
    answer = refused(emulator.get, "jobs", "a", max_version=None)
    assert answer[2] == "No version condition is specified."
    assert refused(emulator.scan, "jobs", ["id"], max_version=None)[2] == "No version condition is specified."
    batch = BatchGetRowRequest()
    batch.add(TableInBatchGetRowItem("jobs", [[("id", "a")]]))
    answer = refused(emulator.client.batch_get_row, batch)
    assert answer[2] == "No version condition is specified while querying row."


def test_a_transaction_or_a_token_that_was_never_issued_is_refused(emulator: Emulator) -> None:
    emulator.create()
    assert refused(emulator.get, "jobs", "a", transaction_id="x")[2] == "TransactionID is invalid."
    assert refused(emulator.put, "jobs", "a", ("x", 1), transaction_id="x")[2] == "TransactionID is invalid."
    assert refused(emulator.get, "jobs", "a", token=b"x")[2] == "Invalid token."


def test_every_operation_on_a_missing_table_says_so(emulator: Emulator) -> None:
    for function, *arguments in every_write(emulator, [("id", "a")], [("x", 1)]):
        assert refused(function, *arguments) == MISSING_TABLE
    assert refused(emulator.get, "jobs", "a") == MISSING_TABLE
    assert refused(emulator.scan, "jobs", ["id"]) == MISSING_TABLE


@pytest.mark.parametrize("name", ["3t", "-", "no hyphens", "t" * 256])
def test_every_operation_refuses_a_name_that_no_table_can_have(emulator: Emulator, name: str) -> None:
    emulator.create()
    key = [("id", "a")]
    writes = BatchWriteRowRequest()
    items = [PutRowItem(Row(key, [("x", 1)]), Condition("IGNORE"))]
    writes.add(TableInBatchWriteRowItem("jobs", items))
    writes.add(TableInBatchWriteRowItem(name, items))
    reads = BatchGetRowRequest()
    reads.add(TableInBatchGetRowItem(name, [key], max_version=1))
    for call in (
        lambda: emulator.client.describe_table(name),
        lambda: emulator.client.delete_table(name),
        lambda: emulator.put(name, key, ("x", 1)),
        lambda: emulator.update(name, key, {"PUT": [("x", 1)]}),
        lambda: emulator.get(name, key),
        lambda: emulator.scan(name, ["id"]),
        lambda: emulator.client.start_local_transaction(name, key),
        lambda: emulator.client.batch_get_row(reads),
        lambda: emulator.client.batch_write_row(writes),
    ):
        assert refused(call) == (400, "OTSParameterInvalid", f"Invalid table name: '{name}'.")
    assert emulator.get("jobs", "a") is None


def test_a_key_of_invalid_form_fails_the_whole_batch(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1))
    endless = [("id", INF_MAX)]
    reads = BatchGetRowRequest()
    reads.add(TableInBatchGetRowItem("jobs", [[("id", "a")], endless], max_version=1))
    writes = BatchWriteRowRequest()
    items = [PutRowItem(Row(key, [("x", 2)]), Condition("IGNORE")) for key in ([("id", "a")], endless)]
    writes.add(TableInBatchWriteRowItem("jobs", items))
    for call in (
        lambda: emulator.client.batch_get_row(reads),
        lambda: emulator.client.batch_write_row(writes),
    ):
        assert refused(call)[2] == "VT_INF_MAX is an invalid type for the primary key."
    assert emulator.get("jobs", "a") == {"x": 1}


def test_a_range_accepts_infinite_ends_and_no_other_special_values(emulator: Emulator) -> None:
    emulator.create(key=[("id", "STRING"), ("n", "INTEGER", PK_AUTO_INCR)])
    for column in ("id", "n"):
        start = [("id", "a"), ("n", 1)]
        start = [(name, True if name == column else value) for name, value in start]
        end = [("id", INF_MAX), ("n", INF_MAX)]
        answer = refused(emulator.client.get_range, "jobs", "FORWARD", start, end, max_version=1)
        assert answer[2] == "VT_BOOLEAN is an invalid type for the primary key."
