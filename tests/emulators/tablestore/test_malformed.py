"""Malformed requests: each gets a well-formed error and does no harm."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    BatchGetRowRequest,
    BatchWriteRowRequest,
    ComparatorType,
    Condition,
    DeleteRowItem,
    OTSClient,
    PutRowItem,
    ReturnType,
    Row,
    SecondaryIndexMeta,
    SingleColumnCondition,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
    TableMeta,
    TableOptions,
)
from tablestore.plainbuffer.plain_buffer_builder import PlainBufferBuilder
from tablestore.plainbuffer.plain_buffer_crc8 import PlainBufferCrc8
from tablestore.protobuf import table_store_filter_pb2 as filter_pb2
from tablestore.protobuf import table_store_pb2

from aliyun_local.tablestore.codec.table_messages import (
    AddDefinedColumnRequest,
    DefinedColumnSchema,
    DefinedColumnType,
    DeleteDefinedColumnRequest,
)
from aliyun_local.tablestore.http.operations import OPERATIONS
from tests.contracts.tablestore_client.contract.calls import NO_RESERVED_UNITS, Refusal
from tests.emulators.tablestore.support import Emulator, Sender, decode_officially


def valid_bodies(client: OTSClient) -> dict[str, bytes]:
    """A valid request of every operation."""
    guard = Condition("IGNORE", SingleColumnCondition("x", 1, ComparatorType.EQUAL))
    row = Row([("id", "a")], [("x", 1), ("y", "text", 1_767_225_600_000), ("z", bytearray(b"blob"))])
    change = Row([("id", "a")], {"PUT": [("x", 1.5)], "DELETE_ALL": ["y"], "INCREMENT": [("n", 1)]})
    writes, reads = BatchWriteRowRequest(), BatchGetRowRequest()
    writes.add(
        TableInBatchWriteRowItem("jobs", [PutRowItem(row, guard), DeleteRowItem(Row([("id", "b")]), guard)])
    )
    reads.add(TableInBatchGetRowItem("jobs", [[("id", "a")], [("id", "b")]], ["x"], None, 1))
    meta = TableMeta("other", [("id", "STRING")], [("x", "INTEGER")])
    index = SecondaryIndexMeta("other_by_x", ["x"], [])
    arguments: dict[str, tuple[Any, ...]] = {
        "CreateTable": (meta, TableOptions(), NO_RESERVED_UNITS, None, [index]),
        "ListTable": (),
        "DescribeTable": ("jobs",),
        "UpdateTable": ("jobs", TableOptions(), NO_RESERVED_UNITS),
        "DeleteTable": ("other",),
        "CreateIndex": ("jobs", SecondaryIndexMeta("by_x", ["x"], []), True),
        "DropIndex": ("jobs", "by_x"),
        "GetRow": ("jobs", [("id", "a")], ["x"], guard.column_condition, 1, (1, 2), "a", "z", None, None),
        "PutRow": ("jobs", row, guard, ReturnType.RT_PK, None),
        "UpdateRow": ("jobs", change, guard, None, None),
        "DeleteRow": ("jobs", [("id", "a")], guard, None, None),
        "BatchGetRow": (reads,),
        "BatchWriteRow": (writes,),
        "GetRange": (
            "jobs", "FORWARD", [("id", INF_MIN)], [("id", INF_MAX)], ["x"], 5, guard.column_condition, 1,
            None, None, None, None, None,
        ),
        "ListSearchIndex": ("jobs",),
        "StartLocalTransaction": ("jobs", [("id", "a")]),
        "CommitTransaction": ("0" * 32,),
        "AbortTransaction": ("0" * 32,),
    }  # fmt: skip
    encoded: dict[str, bytes] = {
        name: client.protocol.encoder.encode_request(name, *given).SerializeToString()
        for name, given in arguments.items()
    }
    split = table_store_pb2.ComputeSplitPointsBySizeRequest(table_name="jobs", split_size=1)
    column = DefinedColumnSchema(name="y", type=DefinedColumnType.STRING)
    return encoded | {
        "ComputeSplitPointsBySize": split.SerializeToString(),
        "AddDefinedColumn": AddDefinedColumnRequest(table_name="jobs", columns=[column]).encode(),
        "DeleteDefinedColumn": DeleteDefinedColumnRequest(table_name="jobs", columns=["x"]).encode(),
    }


REFUSED_AS_THEY_ARE = {
    "DeleteTable",
    "DropIndex",
    "UpdateRow",
    "BatchWriteRow",
    "PutRow",
    "CommitTransaction",
    "AbortTransaction",
}


def mutated(body: bytes, chance: random.Random) -> bytes:
    """``body`` with a few bytes changed, removed, repeated or inserted."""
    data = bytearray(body)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at:at] = chance.randbytes(chance.randrange(1, 5))
        elif kind == 2:
            del data[at : at + chance.randrange(1, 8)]
        elif kind == 3:
            data[at : at + 1] = chance.choice([b"\x00", b"\xff", b"\x7f", b"\x80\x80\x80\x80\x10"])
        else:
            data += data[at:]
    return bytes(data)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_mutated_request_gets_a_well_formed_answer(
    emulator: Emulator, send: Sender, operation: str
) -> None:
    emulator.create(columns=[("x", "INTEGER")], max_version=1)
    body = valid_bodies(emulator.client)[operation]
    assert operation in REFUSED_AS_THEY_ARE or send(operation, body)[0] == 200
    chance = random.Random(operation)
    answers = {send(operation, mutated(body, chance))[0] for _ in range(80)}
    assert 500 not in answers
    emulator.put("jobs", "still_working", ("n", 1))
    assert emulator.get("jobs", "still_working") == {"n": 1}


def random_cell(chance: random.Random) -> tuple[bytes, int]:
    """A random cell of valid form and its checksum."""
    name = chance.choice([b"id", b"x", b"n", b"", b"no-hyphens", b"\xff", "张".encode()])
    value, timestamp, operation = b"", b"", b""
    if chance.random() < 0.8:
        text = chance.choice([b"", b"a", b"\xff\xfe", b"v" * 2000])
        value = chance.choice(
            [
                struct.pack("<Bq", 0, chance.choice([0, -1, 2**63 - 1])),
                struct.pack("<Bd", 1, chance.choice([0.5, float("nan"), float("-inf")])),
                bytes([2, chance.randrange(3)]),
                struct.pack("<BI", chance.choice([3, 7]), len(text)) + text,
                bytes([chance.choice([6, 9, 10, 11])]),
                bytes([chance.randrange(256)]),
            ]
        )
    if chance.random() < 0.3:
        operation = bytes([chance.choice([0, 1, 3, 4, 5])])
    if chance.random() < 0.3:
        timestamp = struct.pack("<q", chance.choice([-1, 0, 1_767_225_600_000, 2**63 - 1]))
    crc = PlainBufferCrc8.crc_bytes(0, name + value + timestamp + operation)
    data = b"\x03\x04" + struct.pack("<I", len(name)) + name
    data += (b"\x05" + struct.pack("<I", len(value)) + value) if value else b""
    data += (b"\x06" + operation if operation else b"") + (b"\x07" + timestamp if timestamp else b"")
    return data + bytes([0x0A, crc]), crc


def random_row(chance: random.Random) -> bytes:
    """A random row of valid form."""
    key = [random_cell(chance) for _ in range(chance.choice([0, 1, 1, 1, 2, 5]))]
    if chance.random() < 0.7:
        crc = PlainBufferCrc8.crc_bytes(0, b"id\x03\x01\x00\x00\x00a")
        key = [
            (b"\x03\x04\x02\x00\x00\x00id\x05\x06\x00\x00\x00\x03\x01\x00\x00\x00a\x0a" + bytes([crc]), crc)
        ]
    cells = [random_cell(chance) for _ in range(chance.randrange(4))]
    deleted = chance.random() < 0.2
    data = struct.pack("<I", 0x75) + b"\x01" + b"".join(part for part, _ in key)
    data += (b"\x02" + b"".join(part for part, _ in cells)) if cells else b""
    crc = PlainBufferCrc8.crc_bytes(0, bytes([*(c for _, c in key), *(c for _, c in cells), deleted]))
    return data + (b"\x08" if deleted else b"") + bytes([0x09, crc])


@pytest.mark.parametrize("operation", ["PutRow", "UpdateRow", "DeleteRow", "GetRow"])
def test_a_random_row_of_valid_form_gets_a_well_formed_answer(
    emulator: Emulator, send: Sender, operation: str
) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", "text"))
    chance = random.Random(operation)
    condition = table_store_pb2.Condition(row_existence=table_store_pb2.IGNORE)
    seen: set[tuple[int, str]] = set()
    for _ in range(150):
        data = random_row(chance)
        if operation == "GetRow":
            body = table_store_pb2.GetRowRequest(table_name="jobs", primary_key=data, max_versions=1)
        elif operation == "UpdateRow":
            body = table_store_pb2.UpdateRowRequest(table_name="jobs", row_change=data, condition=condition)
        elif operation == "PutRow":
            body = table_store_pb2.PutRowRequest(table_name="jobs", row=data, condition=condition)
        else:
            body = table_store_pb2.DeleteRowRequest(table_name="jobs", primary_key=data, condition=condition)
        status, _, message = send(operation, body.SerializeToString())
        seen.add((status, message))
    assert 500 not in {status for status, _ in seen}
    assert 200 in {status for status, _ in seen}
    assert len(seen) > 8  # many different errors: no single one hides the others
    emulator.scan("jobs", ["id"])


def test_random_bytes_get_a_well_formed_answer(emulator: Emulator, send: Sender) -> None:
    emulator.create()
    chance = random.Random(1)
    for operation in OPERATIONS:
        for _ in range(10):
            status, _, _ = send(operation, chance.randbytes(chance.randrange(1, 60)))
            assert status in (200, 400, 404)


def test_a_wrong_checksum_is_refused(emulator: Emulator, send: Sender) -> None:
    emulator.create()
    body = table_store_pb2.PutRowRequest()
    body.ParseFromString(valid_bodies(emulator.client)["PutRow"])
    body.row = body.row[:-1] + bytes([body.row[-1] ^ 1])
    status, code, message = send("PutRow", body.SerializeToString())
    assert (status, code) == (400, "OTSParameterInvalid")
    assert message.startswith("Cell data broken, checksum is mismatch")


def test_a_pagination_filter_selects_columns(emulator: Emulator, send: Sender) -> None:
    emulator.create()
    emulator.put("jobs", "a", *((name, 1) for name in "vwxyz"))
    key = bytes(PlainBufferBuilder.serialize_primary_key([("id", "a")]))

    def read(offset: int, limit: int) -> Refusal:
        page = filter_pb2.ColumnPaginationFilter(offset=offset, limit=limit).SerializeToString()
        outer = filter_pb2.Filter(type=filter_pb2.FT_COLUMN_PAGINATION, filter=page).SerializeToString()
        wanted = table_store_pb2.GetRowRequest(
            table_name="jobs", primary_key=key, max_versions=1, filter=outer
        )
        return send("GetRow", wanted.SerializeToString())

    assert read(1, 2)[0] == 200
    found = table_store_pb2.GetRowResponse.FromString(send.body).row
    _, columns = decode_officially(found)
    assert [name for name, _, _ in columns] == ["w", "x"]
    assert read(-1, 2)[2] == "Offset in ColumnPaginationFilter must be greater than or equal to 0."
    assert read(0, 0)[2] == "Limit in ColumnPaginationFilter must be greater than 0."


def test_a_table_named_twice_in_a_batch_is_refused(emulator: Emulator, send: Sender) -> None:
    emulator.create()
    once = valid_bodies(emulator.client)["BatchGetRow"]
    assert send("BatchGetRow", once + once) == (400, "OTSParameterInvalid", "Duplicated table name: 'jobs'.")
