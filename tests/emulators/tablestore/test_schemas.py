"""What a table's definition can be asked and told beyond creating it: columns, splits, encryption."""

from __future__ import annotations

import pytest
from tablestore import SecondaryIndexMeta, TableMeta, TableOptions
from tablestore.client import CapacityUnit, ReservedThroughput
from tablestore.plainbuffer.plain_buffer_coded_stream import PlainBufferCodedInputStream
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferInputStream
from tablestore.protobuf import table_store_pb2

from aliyun_local.tablestore.codec.messages import TableNameRequest
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
from aliyun_local.tablestore.store.models import TableStore

OK = (200, "", "")


def add(send, **columns):
    schemas = [DefinedColumnSchema(name=name, type=kind) for name, kind in columns.items()]
    return send("AddDefinedColumn", AddDefinedColumnRequest(table_name="jobs", columns=schemas).encode())


def delete(send, *columns):
    request = DeleteDefinedColumnRequest(table_name="jobs", columns=list(columns))
    return send("DeleteDefinedColumn", request.encode())


def defined(local):
    return local.client.describe_table("jobs").table_meta.defined_columns


def test_columns_can_be_predefined_later_and_then_indexed(local, send):
    local.create(columns=[("state", "STRING")])
    assert add(send, due=DefinedColumnType.INTEGER, size=DefinedColumnType.DOUBLE) == OK
    assert defined(local) == [("state", "STRING"), ("due", "INTEGER"), ("size", "DOUBLE")]
    local.put("jobs", "a", ("due", 5))
    local.client.create_secondary_index("jobs", SecondaryIndexMeta("by_due", ["due"], []), True)
    assert len(local.scan("by_due", ["due", "id"])) == 1


def test_columns_that_no_index_needs_can_be_forgotten(local, send):
    index = SecondaryIndexMeta("by_due", ["due"], ["state"])
    columns = [("state", "STRING"), ("due", "INTEGER"), ("more", "STRING")]
    local.create(columns=columns, indexes=[index])
    assert delete(send, "more") == OK
    assert defined(local) == columns[:2]
    for name in ("state", "due"):
        answer = delete(send, name)
        assert answer == (400, "OTSParameterInvalid", f"Column '{name}' is used by index 'by_due'.")
    assert delete(send, "more")[2] == "Column does not exist: 'more'."
    local.client.delete_secondary_index("jobs", "by_due")
    assert delete(send, "due", "state") == OK
    assert defined(local) == []


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
def test_columns_that_cannot_be_predefined_are_refused(local, send, columns, message):
    local.create()
    assert add(send, **columns) == (400, "OTSParameterInvalid", message)
    assert defined(local) == []


def test_a_change_of_columns_needs_a_table(local, send):
    missing = (404, "OTSObjectNotExist", "Requested table does not exist.")
    assert add(send, due=DefinedColumnType.INTEGER) == missing
    assert delete(send, "due") == missing


def split(send, size, unit=1):
    request = table_store_pb2.ComputeSplitPointsBySizeRequest(
        table_name="jobs", split_size=size, split_size_unit_in_byte=unit
    )
    assert send("ComputeSplitPointsBySize", request.SerializeToString()) == OK
    answer = table_store_pb2.ComputeSplitPointsBySizeResponse.FromString(send.answers[-1])
    points = [
        PlainBufferCodedInputStream(PlainBufferInputStream(point)).read_row()[0]
        for point in answer.split_points
    ]
    return answer, points


def test_a_table_is_split_between_partition_keys_of_about_the_size_that_is_asked_for(local, send):
    local.create(key=[("user", "STRING"), ("mail", "INTEGER")])
    for number in range(120):
        row = Stored([("user", f"u{number // 2:03}"), ("mail", number)], [Cell("text", "v" * 1000)])
        local.store.put_row("studio", "jobs", row)
    answer, points = split(send, 25_000)
    users = [point[0][1] for point in points]
    assert users == sorted(set(users))
    assert all(len(point) == 1 and point[0][0] == "user" for point in points)
    assert 3 <= len(points) <= 5
    assert [(place.location, place.repeat) for place in answer.locations] == [("local", len(points) + 1)]
    assert [column.name for column in answer.schema] == ["user", "mail"]
    assert answer.consumed.capacity_unit.read == len(points) + 1


def test_a_partition_key_is_in_one_split_however_much_it_holds(local, send):
    local.create(key=[("user", "STRING"), ("mail", "INTEGER")])
    for user in ("a", "b", "c"):
        for mail in range(20):
            row = Stored([("user", user), ("mail", mail)], [Cell("text", "v" * 1000)])
            local.store.put_row("studio", "jobs", row)
    assert split(send, 5_000)[1] == [[("user", "b")], [("user", "c")]]


def test_a_small_table_is_one_split(local, send):
    local.create()
    for rows in (0, 1):
        if rows:
            local.put("jobs", "a", ("x", 1))
        answer, points = split(send, 1, 100 * 1024 * 1024)
        assert points == []
        assert answer.locations[0].repeat == 1
    refused_size = table_store_pb2.ComputeSplitPointsBySizeRequest(table_name="jobs", split_size=0)
    assert send("ComputeSplitPointsBySize", refused_size.SerializeToString())[:2] == (
        400,
        "OTSParameterInvalid",
    )


def create_request(local, name):
    """The official message, to which a test can add what the official client cannot say."""
    return local.client.protocol.encoder.encode_request(
        "CreateTable",
        TableMeta(name, [("id", "STRING")]),
        TableOptions(),
        ReservedThroughput(CapacityUnit(0, 0)),
        None,
        [],
    )


def test_encryption_is_described_as_it_was_asked_for(local, send):
    plain = local.create("plain")
    request = create_request(local, "sealed")
    request.sse_spec.enable = True
    request.sse_spec.key_type = table_store_pb2.SSE_BYOK
    request.sse_spec.key_id, request.sse_spec.role_arn = b"key-1", b"acs:ram::1:role/ots"
    assert send("CreateTable", request.SerializeToString()) == OK
    assert local.client.describe_table(plain).sse_details.enable is False
    details = local.client.describe_table("sealed").sse_details
    assert (details.enable, details.key_type) == (True, table_store_pb2.SSE_BYOK)
    assert (details.key_id, details.role_arn) == (b"key-1", b"acs:ram::1:role/ots")


def test_a_table_is_described_as_active_to_the_clients_that_read_it(local, send):
    local.create()
    assert send("DescribeTable", TableNameRequest(table_name="jobs").encode()) == OK
    assert DescribeTableResponse.decode(send.answers[-1]).table_status is TableStatus.ACTIVE


@pytest.mark.parametrize(("said", "accepted"), [(True, True), (False, False)])
def test_local_transactions_can_be_asked_for_with_the_table(local, send, refused, said, accepted):
    request = CreateTableRequest.decode(create_request(local, "jobs").SerializeToString())
    request.enable_local_txn = said
    assert send("CreateTable", request.encode()) == OK
    if accepted:
        assert local.client.start_local_transaction("jobs", [("id", "a")])
    else:
        assert refused(local.client.start_local_transaction, "jobs", [("id", "a")])[0] == 400


def test_a_definition_that_an_earlier_version_stored_is_read(start, tmp_path):
    first = start(tmp_path)
    first.create()
    with first.store._database.transaction() as connection:
        connection.execute(
            "UPDATE tables SET definition = json_remove(definition, '$.transactions', '$.encryption')"
        )
    second = TableStore(tmp_path, first.clock)
    assert second.describe_table("studio", "jobs").transactions is None
    assert second.describe_table("studio", "jobs").encryption is None
    second.close()


def test_a_changed_definition_holds_for_the_next_request(local, refused):
    local.create(max_version=1)
    local.put("jobs", "a", ("x", 1))
    local.client.update_table("jobs", TableOptions(allow_update=False))
    assert refused(local.update, "jobs", "a", {"PUT": [("x", 2)]})[0] == 400
    local.client.delete_table("jobs")
    assert refused(local.get, "jobs", "a")[0] == 404
    local.create(key=[("other", "INTEGER")])
    assert local.get("jobs", [("other", 1)]) is None


def test_what_is_known_and_not_served_is_refused_whatever_the_body(send):
    for operation in REFUSED:
        unsupported = (400, "OTSUnsupportOperation", f"Unsupported operation: '{operation}'.")
        assert send(operation, b"") == unsupported
        assert send(operation, b"\xff{}") == unsupported


def test_no_operation_is_both_served_and_refused():
    assert not REFUSED & OPERATIONS.keys()
