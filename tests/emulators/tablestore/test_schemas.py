"""Definitions of tables: predefined columns, splits, encryption, and operations that are not served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tablestore import SecondaryIndexMeta, TableOptions
from tablestore.protobuf import table_store_pb2

from aliyun_local.tablestore.codec.common_messages import TableNameRequest
from aliyun_local.tablestore.codec.table_messages import (
    AddDefinedColumnRequest,
    CreateTableRequest,
    DefinedColumnSchema,
    DefinedColumnType,
    DeleteDefinedColumnRequest,
    DescribeTableResponse,
    TableStatus,
)
from aliyun_local.tablestore.codec.values import Cell
from aliyun_local.tablestore.codec.values import Row as Stored
from aliyun_local.tablestore.http.operations import OPERATIONS, REFUSED
from aliyun_local.tablestore.store import catalog
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column, Encryption, IndexMeta, Table, Throughput
from aliyun_local.tablestore.store.schema import TableOptions as StoredOptions
from tests.contracts.tablestore_client.contract.calls import INSTANCE, MISSING_TABLE, Refusal, refused
from tests.emulators.tablestore.support import (
    OK,
    Emulator,
    Sender,
    StartEmulator,
    compute_split_points,
    create_table_request,
)


def add(send: Sender, **columns: DefinedColumnType) -> Refusal:
    schemas = [DefinedColumnSchema(name=name, type=kind) for name, kind in columns.items()]
    return send("AddDefinedColumn", AddDefinedColumnRequest(table_name="jobs", columns=schemas).encode())


def delete(send: Sender, *columns: str) -> Refusal:
    request = DeleteDefinedColumnRequest(table_name="jobs", columns=list(columns))
    return send("DeleteDefinedColumn", request.encode())


def defined(emulator: Emulator) -> list[tuple[str, str]]:
    columns: list[tuple[str, str]] = emulator.client.describe_table("jobs").table_meta.defined_columns
    return columns


def test_columns_can_be_predefined_later_and_then_indexed(emulator: Emulator, send: Sender) -> None:
    emulator.create(columns=[("state", "STRING")])
    assert add(send, due=DefinedColumnType.INTEGER, size=DefinedColumnType.DOUBLE) == OK
    assert defined(emulator) == [("state", "STRING"), ("due", "INTEGER"), ("size", "DOUBLE")]
    emulator.put("jobs", "a", ("due", 5))
    emulator.client.create_secondary_index("jobs", SecondaryIndexMeta("by_due", ["due"], []), True)
    assert len(emulator.scan("by_due", ["due", "id"])) == 1


def test_columns_that_no_index_uses_can_be_removed(emulator: Emulator, send: Sender) -> None:
    index = SecondaryIndexMeta("by_due", ["due"], ["state"])
    columns = [("state", "STRING"), ("due", "INTEGER"), ("more", "STRING")]
    emulator.create(columns=columns, indexes=[index])
    assert delete(send, "more") == OK
    assert defined(emulator) == columns[:2]
    for name in ("state", "due"):
        answer = delete(send, name)
        assert answer == (400, "OTSParameterInvalid", f"Column '{name}' is used by index 'by_due'.")
    assert delete(send, "more")[2] == "Column does not exist: 'more'."
    emulator.client.delete_secondary_index("jobs", "by_due")
    assert delete(send, "due", "state") == OK
    assert defined(emulator) == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": DefinedColumnType.STRING}, "Duplicated attribute column name with primary key column: 'id'."),
        ({"no!": DefinedColumnType.STRING}, "Invalid column name: 'no!'."),
        ({}, "No defined column is specified."),
        (
            {f"c{number}": DefinedColumnType.STRING for number in range(33)},
            "The number of defined columns must be in range: [0, 32].",
        ),
    ],
)
def test_invalid_predefined_columns_are_refused(
    emulator: Emulator, send: Sender, columns: dict[str, DefinedColumnType], message: str
) -> None:
    emulator.create()
    assert add(send, **columns) == (400, "OTSParameterInvalid", message)
    assert defined(emulator) == []


def test_a_change_of_columns_needs_a_table(emulator: Emulator, send: Sender) -> None:
    assert add(send, due=DefinedColumnType.INTEGER) == MISSING_TABLE
    assert delete(send, "due") == MISSING_TABLE


def test_a_table_is_split_between_partition_keys_of_about_the_size_that_is_asked_for(
    emulator: Emulator, send: Sender
) -> None:
    emulator.create(key=[("user", "STRING"), ("mail", "INTEGER")])
    for number in range(120):
        row = Stored([("user", f"u{number // 2:03}"), ("mail", number)], [Cell("text", "v" * 1000)])
        emulator.store.put_row(INSTANCE, "jobs", row)
    answer, points = compute_split_points(send, 25_000)
    users = [point[0][1] for point in points]
    assert users == sorted(set(users))
    assert all(len(point) == 1 and point[0][0] == "user" for point in points)
    assert 3 <= len(points) <= 5
    assert [(place.location, place.repeat) for place in answer.locations] == [("local", len(points) + 1)]
    assert [column.name for column in answer.schema] == ["user", "mail"]
    assert answer.consumed.capacity_unit.read == len(points) + 1


def test_a_partition_key_is_in_one_split_however_much_it_holds(emulator: Emulator, send: Sender) -> None:
    emulator.create(key=[("user", "STRING"), ("mail", "INTEGER")])
    for user in ("a", "b", "c"):
        for mail in range(20):
            row = Stored([("user", user), ("mail", mail)], [Cell("text", "v" * 1000)])
            emulator.store.put_row(INSTANCE, "jobs", row)
    assert compute_split_points(send, 5_000)[1] == [[("user", "b")], [("user", "c")]]


def test_a_small_table_is_one_split(emulator: Emulator, send: Sender) -> None:
    emulator.create()
    for rows in (0, 1):
        if rows:
            emulator.put("jobs", "a", ("x", 1))
        answer, points = compute_split_points(send, 1, 100 * 1024 * 1024)
        assert points == []
        assert answer.locations[0].repeat == 1
    refused_size = table_store_pb2.ComputeSplitPointsBySizeRequest(table_name="jobs", split_size=0)
    assert send("ComputeSplitPointsBySize", refused_size.SerializeToString())[:2] == (
        400,
        "OTSParameterInvalid",
    )


def test_encryption_is_described_as_it_was_requested(emulator: Emulator, send: Sender) -> None:
    emulator.create("plain")
    request = create_table_request(emulator.client, "encrypted")
    request.sse_spec.enable = True
    request.sse_spec.key_type = table_store_pb2.SSE_BYOK
    request.sse_spec.key_id, request.sse_spec.role_arn = b"key-1", b"acs:ram::1:role/ots"
    assert send("CreateTable", request.SerializeToString()) == OK
    assert emulator.client.describe_table("plain").sse_details.enable is False
    details = emulator.client.describe_table("encrypted").sse_details
    assert (details.enable, details.key_type) == (True, table_store_pb2.SSE_BYOK)
    assert (details.key_id, details.role_arn) == (b"key-1", b"acs:ram::1:role/ots")


def test_a_table_is_described_as_active_to_the_clients_that_read_it(emulator: Emulator, send: Sender) -> None:
    emulator.create()
    assert send("DescribeTable", TableNameRequest(table_name="jobs").encode()) == OK
    assert DescribeTableResponse.decode(send.body).table_status is TableStatus.ACTIVE


@pytest.mark.parametrize("enabled", [True, False])
def test_local_transactions_can_be_chosen_with_the_table(
    emulator: Emulator, send: Sender, enabled: bool
) -> None:
    request = CreateTableRequest.decode(create_table_request(emulator.client, "jobs").SerializeToString())
    request.enable_local_txn = enabled
    assert send("CreateTable", request.encode()) == OK
    if enabled:
        assert emulator.client.start_local_transaction("jobs", [("id", "a")])
    else:
        assert refused(emulator.client.start_local_transaction, "jobs", [("id", "a")])[0] == 400


STORED_DEFINITION = """{
    "primary_key": [{"name": "id", "type": "STRING", "auto_increment": false}],
    "defined_columns": [{"name": "state", "type": "STRING", "auto_increment": false}],
    "options": {"time_to_live": 86400, "max_versions": 1, "max_deviation": 600, "allow_update": false},
    "throughput": {"read": 1, "write": 2, "last_increase": 1767225600, "last_decrease": null},
    "indexes": [{"name": "by_state", "primary_key": ["state"], "defined_columns": [], "local": false}],
    "base": null, "ready_at": 7, "transactions": true,
    "encryption": {"enable": true, "key_type": 2, "key_id": "key-1", "role_arn": "role"},
    "splits": ["026d0001"]
}"""
"""A definition as every version of the emulator stores it."""


def stored(start: StartEmulator, folder: Path, definition: str) -> Table:
    """The table that an emulator reads from a stored definition."""
    first = start(folder)
    first.create()
    with first.store._database.transaction() as connection:
        connection.execute("UPDATE tables SET definition = ?", (definition,))
    second = TableStore(folder, first.clock)
    table = second.describe_table(INSTANCE, "jobs")
    with second._database.transaction() as connection:
        catalog.change(connection, table)
        (again,) = connection.execute("SELECT definition FROM tables").fetchone()
    assert json.loads(definition).items() <= json.loads(again).items()
    second.close()
    return table


def test_the_stored_form_of_a_definition_is_the_same_in_every_version(
    start: StartEmulator, tmp_path: Path
) -> None:
    assert stored(start, tmp_path, STORED_DEFINITION) == Table(
        id=1,
        instance=INSTANCE,
        name="jobs",
        primary_key=(Column(name="id", type="STRING"),),
        defined_columns=(Column(name="state", type="STRING"),),
        options=StoredOptions(
            time_to_live_seconds=86400, max_versions=1, max_deviation_seconds=600, allow_update=False
        ),
        throughput=Throughput(read=1, write=2, last_increase_at=1767225600),
        indexes=(IndexMeta(name="by_state", primary_key=("state",)),),
        ready_at_ms=7,
        local_transactions=True,
        encryption=Encryption(enable=True, key_type=2, key_id="key-1", role_arn="role"),
        boundaries=("026d0001",),
    )


def test_a_definition_that_an_earlier_version_stored_is_read(start: StartEmulator, tmp_path: Path) -> None:
    fields = json.loads(STORED_DEFINITION)
    for name in ("transactions", "encryption", "splits"):
        del fields[name]
    table = stored(start, tmp_path, json.dumps(fields))
    assert (table.local_transactions, table.encryption, table.boundaries) == (None, None, ())


def test_a_changed_definition_holds_for_the_next_request(emulator: Emulator) -> None:
    emulator.create(max_version=1)
    emulator.put("jobs", "a", ("x", 1))
    emulator.client.update_table("jobs", TableOptions(allow_update=False))
    assert refused(emulator.update, "jobs", "a", {"PUT": [("x", 2)]})[0] == 400
    emulator.client.delete_table("jobs")
    assert refused(emulator.get, "jobs", "a")[0] == 404
    emulator.create(key=[("other", "INTEGER")])
    assert emulator.get("jobs", [("other", 1)]) is None


def test_an_operation_that_is_not_served_is_refused_with_any_body(send: Sender) -> None:
    for operation in REFUSED:
        unsupported = (400, "OTSUnsupportOperation", f"Unsupported operation: '{operation}'.")
        assert send(operation, b"") == unsupported
        assert send(operation, b"\xff{}") == unsupported


def test_no_operation_is_both_served_and_refused() -> None:
    assert not REFUSED & OPERATIONS.keys()
