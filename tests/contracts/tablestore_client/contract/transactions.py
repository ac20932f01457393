"""Promises about local transactions."""

from __future__ import annotations

from tablestore import (
    INF_MAX,
    INF_MIN,
    BatchWriteRowRequest,
    Condition,
    Row,
    TableInBatchWriteRowItem,
    UpdateRowItem,
)

from tests.contracts.tablestore_client.contract.calls import refused
from tests.contracts.tablestore_client.contract.case import Case, promise

KEY = [("PK0", 1), ("PK1", "transaction")]
PARTITION = [("PK0", 1)]
IGNORE = Condition("IGNORE")


def begin(case: Case) -> str:
    case.table(key=[("PK0", "INTEGER"), ("PK1", "STRING")])
    case.put("t", KEY, ("value", "old"))
    transaction_id: str = case.client.start_local_transaction("t", PARTITION)
    return transaction_id


def write(case: Case, how: str, transaction_id: str) -> None:
    columns = [("value", "new")]
    if how == "put":
        case.client.put_row("t", Row(KEY, columns), IGNORE, None, transaction_id)
    elif how == "update":
        case.client.update_row("t", Row(KEY, {"PUT": columns}), IGNORE, None, transaction_id)
    else:
        request = BatchWriteRowRequest()
        request.add(TableInBatchWriteRowItem("t", [UpdateRowItem(Row(KEY, {"put": columns}), IGNORE)]))
        request.set_transaction_id(transaction_id)
        assert case.client.batch_write_row(request).is_all_succeed()


@promise
def every_write_shows_inside_and_outside_after_the_commit(case: Case) -> None:
    for how in ("put", "update", "batch"):
        for end, left in ((case.client.commit_transaction, "new"), (case.client.abort_transaction, "old")):
            transaction_id = begin(case)
            write(case, how, transaction_id)
            assert case.get("t", KEY, transaction_id=transaction_id) == {"value": "new"}
            assert case.get("t", KEY) == {"value": "old"}
            end(transaction_id)
            assert case.get("t", KEY) == {"value": left}
            case.delete_tables()


@promise
def a_delete_shows_inside_and_outside_after_the_commit(case: Case) -> None:
    def count(transaction_id: str | None = None) -> int:
        ends = ([("PK0", 1), ("PK1", bound)] for bound in (INF_MIN, INF_MAX))
        _, _, rows, _ = case.client.get_range(
            "t", "FORWARD", *ends, [], 1, max_version=1, transaction_id=transaction_id
        )
        return len(rows)

    for end, left in ((case.client.commit_transaction, 0), (case.client.abort_transaction, 1)):
        transaction_id = begin(case)
        case.client.delete_row("t", Row(KEY), IGNORE, transaction_id=transaction_id)
        assert (count(transaction_id), count()) == (0, 1)
        end(transaction_id)
        assert count() == left
        case.delete_tables()


@promise
def the_partition_key_is_held_against_others(case: Case) -> None:
    transaction_id = begin(case)
    conflict = (409, "OTSRowOperationConflict", "Data is being modified by the other request.")
    assert refused(case.put, "t", KEY, ("value", "other")) == conflict
    assert refused(case.client.start_local_transaction, "t", PARTITION) == conflict
    case.put("t", [("PK0", 2), ("PK1", "free")], ("value", 1))
    case.client.abort_transaction(transaction_id)
    case.put("t", KEY, ("value", "other"))


@promise
def a_transaction_ends_once_and_keeps_to_its_key(case: Case) -> None:
    transaction_id = begin(case)
    row = Row([("PK0", 2), ("PK1", "x")], [("value", 1)])
    answer = refused(case.client.put_row, "t", row, IGNORE, None, transaction_id)
    assert answer == (
        400,
        "OTSDataOutOfRange",
        "Data out of scope of transaction. Transaction PartKey:1. Data PartKey:2",
    )
    case.client.commit_transaction(transaction_id)
    ended = (404, "OTSSessionNotExist", "Session not exist or may be timeout.")
    assert refused(case.client.commit_transaction, transaction_id) == ended
    assert refused(case.client.abort_transaction, transaction_id) == ended
    invalid = (400, "OTSParameterInvalid", "TransactionID is invalid.")
    assert refused(case.client.commit_transaction, "made up") == invalid
