"""Promises about batches, whose rows succeed and fail one by one."""

from __future__ import annotations

from typing import Any

from tablestore import (
    PK_AUTO_INCR,
    BatchGetRowRequest,
    BatchWriteRowRequest,
    ComparatorType,
    Condition,
    DeleteRowItem,
    PutRowItem,
    ReturnType,
    Row,
    SingleColumnCondition,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
    UpdateRowItem,
)

from tests.contracts.tablestore_client.contract.calls import (
    CONDITION_FAILED,
    MISSING_TABLE,
    as_key,
    columns_of,
    refused,
)
from tests.contracts.tablestore_client.contract.case import Case, promise

IGNORE, EXPECT_EXIST = Condition("IGNORE"), Condition("EXPECT_EXIST")


def write(case: Case, **tables: Any) -> Any:
    request = BatchWriteRowRequest()
    for name, items in tables.items():
        request.add(TableInBatchWriteRowItem(name, items))
    return case.client.batch_write_row(request)


def read(case: Case, columns: Any = None, column_filter: Any = None, **tables: Any) -> Any:
    request = BatchGetRowRequest()
    for name, keys in tables.items():
        request.add(TableInBatchGetRowItem(name, keys, columns, column_filter, 1))
    return case.client.batch_get_row(request)


@promise
def puts_updates_and_deletes_of_several_tables(case: Case) -> None:
    case.table("t")
    case.table("u")
    case.put("t", "gone", ("x", 1))
    items = [
        PutRowItem(Row(as_key("a"), [("x", 1)]), IGNORE),
        UpdateRowItem(Row(as_key("b"), {"put": [("x", 2)], "increment": [("n", 1)]}), IGNORE),
        DeleteRowItem(Row(as_key("gone")), EXPECT_EXIST),
    ]
    response = write(case, t=items, u=items[:2])
    assert response.is_all_succeed()
    done = [*response.get_put()[0], *response.get_update()[0], *response.get_delete()[0]]
    assert len(done) == 5
    assert all(item.consumed.write == 1 for item in done)
    assert all((item.error_code, item.error_message) == (None, None) for item in done)
    assert [item.consumed.read for item in response.get_delete_by_table("t")] == [1]
    assert [case.get(table, one) for table in "tu" for one in ("a", "b")] == [
        {"x": 1},
        {"n": 1, "x": 2},
    ] * 2
    assert case.get("t", "gone") is None


@promise
def rows_fail_one_by_one(case: Case) -> None:
    case.table()
    response = write(
        case,
        t=[
            PutRowItem(Row(as_key("a"), [("x", 1)]), EXPECT_EXIST),
            PutRowItem(Row(as_key("b"), [("x", 1)]), IGNORE),
            UpdateRowItem(Row(as_key("c"), {"put": [("x", 1)]}), EXPECT_EXIST),
            UpdateRowItem(Row([("other", "c")], {"put": [("x", 1)]}), IGNORE),
            DeleteRowItem(Row(as_key("d")), EXPECT_EXIST),
        ],
    )
    assert not response.is_all_succeed()
    for succeeded, failed in (response.get_put(), response.get_update(), response.get_delete()):
        first = failed[0]
        assert (first.is_ok, first.error_code, first.error_message) == (False, *CONDITION_FAILED[1:])
        assert [item.is_ok for item in succeeded] in ([], [True])
    misfit = response.get_update()[1][1]
    assert misfit.error_code == "OTSInvalidPK"
    assert misfit.error_message == "Validate PK name fail. Input: other, Meta: id."
    assert case.get("t", "b") == {"x": 1}


@promise
def a_missing_table_fails_its_rows_alone(case: Case) -> None:
    case.table()
    item = PutRowItem(Row(as_key("a"), [("x", 1)]), IGNORE)
    response = write(case, t=[item], none=[item])
    assert response.get_put_by_table("t")[0].is_ok
    lost = response.get_put_by_table("none")[0]
    assert (lost.is_ok, lost.error_code, lost.error_message) == (False, *MISSING_TABLE[1:])
    answer = read(case, t=[as_key("a")], none=[as_key("a")])
    assert answer.get_result_by_table("t")[0].is_ok
    lost = answer.get_result_by_table("none")[0]
    assert (lost.is_ok, lost.error_code, lost.error_message) == (False, *MISSING_TABLE[1:])


@promise
def rows_are_read_in_the_order_asked_for(case: Case) -> None:
    case.table("t")
    case.table("u")
    for number in range(3):
        case.put("t", f"r{number}", ("x", number), ("y", 1))
    response = read(case, ["x"], t=[as_key("r2"), as_key("none"), as_key("r0")], u=[as_key("r0")])
    assert response.is_all_succeed()
    found = response.get_result_by_table("t")
    assert [item.row and columns_of(item.row) for item in found] == [{"x": 2}, None, {"x": 0}]
    assert [item.consumed.read for item in found] == [1, 1, 1]
    assert found[0].row.primary_key == as_key("r2")
    assert response.get_result_by_table("u")[0].row is None


@promise
def a_batch_read_is_filtered_by_table(case: Case) -> None:
    case.table()
    for number in range(3):
        case.put("t", f"r{number}", ("x", number))
    condition = SingleColumnCondition("x", 1, ComparatorType.EQUAL, False)
    response = read(case, ["x"], condition, t=[as_key(f"r{number}") for number in range(3)])
    found = response.get_result_by_table("t")
    assert [item.row is not None for item in found] == [False, True, False]


@promise
def a_key_that_does_not_fit_fails_alone_in_a_batch_read(case: Case) -> None:
    case.table()
    case.put("t", "a", ("x", 1))
    response = read(case, t=[[("other", "a")], as_key("a")])
    succeeded, failed = response.get_result()
    assert (len(succeeded), len(failed)) == (1, 1)
    assert failed[0].error_code == "OTSInvalidPK"
    assert failed[0].error_message == "Validate PK name fail. Input: other, Meta: id."


@promise
def a_row_may_be_read_or_written_twice(case: Case) -> None:
    case.table()
    put = PutRowItem(Row(as_key("a"), [("x", 150)]), IGNORE)
    update = UpdateRowItem(Row(as_key("a"), {"put": [("x", 200)]}), IGNORE)
    assert write(case, t=[put, update]).is_all_succeed()
    assert case.get("t", "a") == {"x": 200}
    response = read(case, t=[as_key("a"), as_key("a")])
    assert [columns_of(item.row) for item in response.get_result_by_table("t")] == [{"x": 200}] * 2


@promise
def empty_batches_are_refused(case: Case) -> None:
    case.table()
    refusals = [
        (lambda: write(case), "No row is specified in BatchWriteRow."),
        (lambda: write(case, t=[]), "No operation is specified for table: 't'."),
        (lambda: read(case), "No row specified in the request of BatchGetRow."),
        (lambda: write(case, t=[PutRowItem(Row(as_key("a"), []), IGNORE)]), "Attribute column is missing."),
    ]
    for call, message in refusals:
        assert refused(call) == (400, "OTSParameterInvalid", message)
    assert read(case, t=[]).get_result_by_table("t") == []


@promise
def two_hundred_rows_are_written_and_a_hundred_read(case: Case) -> None:
    case.table()
    items = [PutRowItem(Row(as_key(f"r{number:03}"), [("x", number)]), IGNORE) for number in range(201)]
    assert refused(write, case, t=items)[:2] == (400, "OTSParameterInvalid")
    assert len(write(case, t=items[:200]).get_succeed_of_put()) == 200
    keys = [as_key(f"r{number:03}") for number in range(101)]
    assert refused(read, case, t=keys)[:2] == (400, "OTSParameterInvalid")
    found = read(case, t=keys[:100]).get_succeed_rows()
    assert [columns_of(item.row)["x"] for item in found] == list(range(100))


@promise
def keys_are_returned_by_a_batch(case: Case) -> None:
    case.table(key=[("id", "STRING"), ("n", "INTEGER", PK_AUTO_INCR)])
    row = Row([("id", "a"), ("n", PK_AUTO_INCR)], [("x", 1)])
    items = [PutRowItem(row, IGNORE, ReturnType.RT_PK), PutRowItem(row, IGNORE)]
    numbered, plain = write(case, t=items).get_put_by_table("t")
    assert case.get("t", [("id", "a"), numbered.row.primary_key[1]]) == {"x": 1}
    assert plain.row.primary_key is None
