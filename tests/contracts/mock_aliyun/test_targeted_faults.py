"""Faults of single objects and rows, as the official clients tell them to their callers."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
import tablestore

from aliyun_local.control import Target
from aliyun_local.mocking import MockCloud
from tests.contracts.mock_aliyun.conftest import OpenTables

BUSY = ("OTSServerBusy", "Server is busy.")


@pytest.fixture
def client(mock_aliyun: MockCloud, open_tables: OpenTables) -> tablestore.OTSClient:
    client = open_tables()
    for name in ("jobs", "slots"):
        client.create_table(
            tablestore.TableMeta(name, [("id", "STRING")]),
            tablestore.TableOptions(),
            tablestore.ReservedThroughput(tablestore.CapacityUnit(0, 0)),
        )
    return client


def _write(client: tablestore.OTSClient, **states: str) -> list[Any]:
    """Write rows of both tables in one batch, and return the results of ``jobs`` and then of ``slots``."""
    request = tablestore.BatchWriteRowRequest()
    for table in ("jobs", "slots"):
        rows = [
            tablestore.PutRowItem(tablestore.Row([("id", key)], [("state", state)]), None)
            for key, state in states.items()
        ]
        request.add(tablestore.TableInBatchWriteRowItem(table, rows))
    response = client.batch_write_row(request)
    return [*response.get_put_by_table("jobs"), *response.get_put_by_table("slots")]


def _read(client: tablestore.OTSClient, *keys: str) -> list[Any]:
    request = tablestore.BatchGetRowRequest()
    for table in ("jobs", "slots"):
        request.add(tablestore.TableInBatchGetRowItem(table, [[("id", key)] for key in keys], max_version=1))
    response = client.batch_get_row(request)
    return [*response.get_result_by_table("jobs"), *response.get_result_by_table("slots")]


def _states(results: list[Any]) -> list[str | None]:
    return [result.row.attribute_columns[0][1] if result.is_ok and result.row else None for result in results]


def _errors(results: list[Any]) -> list[tuple[str, str] | None]:
    return [None if result.is_ok else (result.error_code, result.error_message) for result in results]


def test_rows_of_one_key_fail_in_a_batch_while_the_others_are_read(
    mock_aliyun: MockCloud, client: tablestore.OTSClient
) -> None:
    _write(client, lin="A", wang="B")
    mock_aliyun.faults.error(
        "tablestore", "BatchGetRow", status=200, code=BUSY[0], message=BUSY[1], on=Target(partition_key="lin")
    )
    results = _read(client, "lin", "wang")
    assert _errors(results) == [BUSY, None, BUSY, None]
    assert _states(results) == [None, "B", None, "B"]
    assert _states(_read(client, "lin", "wang")) == ["A", "B", "A", "B"]


def test_rows_of_one_table_fail_in_a_batch_and_are_written_only_if_the_fault_says_so(
    mock_aliyun: MockCloud, client: tablestore.OTSClient
) -> None:
    for state, after_effect in (("before", False), ("after", True)):
        mock_aliyun.faults.error(
            *("tablestore", "BatchWriteRow"),
            status=200,
            code=BUSY[0],
            message=BUSY[1],
            after_effect=after_effect,
            on=Target(table="slots", partition_key="lin"),
        )
        assert _errors(_write(client, lin=state, wang=state)) == [None, None, BUSY, None]
        stored = _states(_read(client, "lin", "wang"))
        assert stored == [state, state, "after" if after_effect else None, state]


def test_a_batch_of_which_every_row_fails_is_still_an_answer(
    mock_aliyun: MockCloud, client: tablestore.OTSClient
) -> None:
    mock_aliyun.faults.error("tablestore", "BatchGetRow", status=200, code="OTSTimeout", message="Late.")
    assert _errors(_read(client, "lin", "wang")) == [("OTSTimeout", "Late.")] * 4


def test_a_fault_in_part_leaves_the_signature_and_the_checks_of_the_request_in_force(
    mock_aliyun: MockCloud, client: tablestore.OTSClient
) -> None:
    mock_aliyun.faults.error("tablestore", "BatchGetRow", status=200, code="OTSTimeout", times=None)
    with pytest.raises(tablestore.OTSServiceError, match="No row specified"):
        client.batch_get_row(tablestore.BatchGetRowRequest())


def test_one_object_is_archived_forbidden_or_gone_while_others_are_read(
    mock_aliyun: MockCloud, bucket: oss2.Bucket
) -> None:
    mock_aliyun.oss.create_bucket("photos")
    for key in ("people/lin/1.jpg", "people/wang/1.jpg"):
        bucket.put_object(key, b"x")
    faults = mock_aliyun.faults
    lin = Target(bucket="photos", prefix="people/lin/")
    faults.error("oss", "GetObject", code="InvalidObjectState", times=None, on=lin)
    faults.error("oss", "HeadObject", code="NoSuchKey", times=None, on=lin)
    faults.error("oss", "ListObjects", code="AccessDenied", times=None, on=lin)
    for _ in range(2):
        with pytest.raises(oss2.exceptions.ServerError, match="InvalidObjectState"):
            bucket.get_object("people/lin/1.jpg")
        with pytest.raises(oss2.exceptions.NotFound):
            bucket.head_object("people/lin/1.jpg")
        with pytest.raises(oss2.exceptions.AccessDenied):
            bucket.list_objects("people/lin/")
        assert bucket.get_object("people/wang/1.jpg").read() == b"x"
        assert len(bucket.list_objects("people/").object_list) == 2
