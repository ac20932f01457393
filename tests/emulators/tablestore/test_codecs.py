"""The emulator's codecs compared with the official ones, in both directions."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tablestore import INF_MAX, INF_MIN, PK_AUTO_INCR
from tablestore.plainbuffer.plain_buffer_builder import PlainBufferBuilder
from tablestore.plainbuffer.plain_buffer_coded_stream import PlainBufferCodedInputStream
from tablestore.plainbuffer.plain_buffer_crc8 import PlainBufferCrc8
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferInputStream
from tablestore.protobuf import search_pb2, table_store_filter_pb2, table_store_pb2

from aliyun_local.tablestore.codec import (
    common_messages,
    filter_messages,
    row_messages,
    table_messages,
    transaction_messages,
)
from aliyun_local.tablestore.codec.checksums import crc8
from aliyun_local.tablestore.codec.common_messages import Empty
from aliyun_local.tablestore.codec.plainbuffer import decode_row, decode_value, encode_rows
from aliyun_local.tablestore.codec.protobuf import DecodeError, Message, Scalar, _layout
from aliyun_local.tablestore.codec.values import Cell, CellOperation, PrimaryKey, Special
from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.keys import decode_key, encode_key


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 66, 127, 128, 1000, 4097, 100_003])
def test_a_checksum_of_any_length_is_the_official_one(length: int) -> None:
    data = random.Random(length).randbytes(length)
    for before in (0, 1, 0xAB):
        assert crc8(data, before) == PlainBufferCrc8.crc_bytes(before, data)


def test_the_emulator_reads_every_special_value_and_operation_of_the_client() -> None:
    key = [("s", "张"), ("i", -1), ("b", bytearray(b"\x00")), ("a", PK_AUTO_INCR)]
    change = {
        "PUT": [("p", 1.5), ("q", True, 7)],
        "DELETE": [("d", None, 9)],
        "DELETE_ALL": ["e"],
        "INCREMENT": [("n", -2)],
    }
    row = decode_row(bytes(PlainBufferBuilder.serialize_for_update_row(key, change)))
    assert row.primary_key == [("s", "张"), ("i", -1), ("b", b"\x00"), ("a", Special.AUTO_INCREMENT)]
    assert row.cells == [
        Cell("p", 1.5),
        Cell("q", True, 7),
        Cell("d", None, 9, CellOperation.DELETE_ONE_VERSION),
        Cell("e", None, None, CellOperation.DELETE_ALL_VERSION),
        Cell("n", -2, None, CellOperation.INCREMENT),
    ]
    bounds = decode_row(bytes(PlainBufferBuilder.serialize_primary_key([("a", INF_MIN), ("b", INF_MAX)])))
    assert bounds.primary_key == [("a", Special.INF_MIN), ("b", Special.INF_MAX)]
    assert decode_row(bytes(PlainBufferBuilder.serialize_for_delete_row([("a", 1)]))).delete_marker
    assert decode_value(bytes(PlainBufferBuilder.serialize_column_value("v")), "x") == "v"


def test_only_zeros_may_follow_a_row() -> None:
    buffer = bytes(PlainBufferBuilder.serialize_primary_key([("a", INF_MIN)]))
    assert decode_row(buffer + b"\x00\x00").primary_key == [("a", Special.INF_MIN)]
    with pytest.raises(TableStoreError):
        decode_row(buffer + b"\x01")


def test_the_client_reads_rows_of_the_emulator() -> None:
    rows: list[tuple[PrimaryKey, list[Cell]]] = [
        (
            [("s", "张"), ("i", 2**63 - 1), ("b", b"\x00\xff")],
            [Cell("f", -0.5, 3), Cell("t", True, 2), Cell("x", "v" * 999, 1)],
        ),
        ([("s", ""), ("i", 0), ("b", b"")], []),
    ]
    read = PlainBufferCodedInputStream(PlainBufferInputStream(encode_rows(rows))).read_rows()
    assert [row.primary_key for row in read] == [
        [("s", "张"), ("i", 2**63 - 1), ("b", bytearray(b"\x00\xff"))],
        [("s", ""), ("i", 0), ("b", bytearray())],
    ]
    assert read[0].attribute_columns == [("f", -0.5, 3), ("t", True, 2), ("x", "v" * 999, 1)]
    assert encode_rows([]) == b""


OFFICIAL = {
    "Empty": "CreateTableResponse",
    "TableNameRequest": "DescribeTableRequest",
    "WriteRowResponse": "PutRowResponse",
    "RowInBatchResponse": "RowInBatchWriteRowResponse",
    "TableInBatchResponse": "TableInBatchWriteRowResponse",
    "BatchResponse": "BatchWriteRowResponse",
    "TransactionRequest": "CommitTransactionRequest",
    "ListSearchIndexRequest": "ListSearchIndexRequest",
    "SplitLocation": "ComputeSplitPointsBySizeResponse.SplitLocation",
}
# The official client for Python does not have these.
UNKNOWN_MESSAGES = {"AddDefinedColumnRequest", "DeleteDefinedColumnRequest"}
UNKNOWN_FIELDS = {
    ("CreateTableRequest", "enable_local_txn"): (8, Scalar.BOOL),
    ("BatchWriteRowRequest", "is_atomic"): (3, Scalar.BOOL),
    ("DescribeTableResponse", "table_status"): (4, table_messages.TableStatus),
}


def all_messages() -> list[type[Message]]:
    kinds: dict[str, type[Message]] = {}
    for module in (common_messages, filter_messages, table_messages, row_messages, transaction_messages):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message:
                kinds[name] = kind
    return [kind for name, kind in kinds.items() if name not in UNKNOWN_MESSAGES]


def official_message(name: str) -> Any:
    for module in (table_store_pb2, table_store_filter_pb2, search_pb2):
        outer, _, inner = OFFICIAL.get(name, name).partition(".")
        if hasattr(module, outer):
            found = getattr(module, outer)
            return getattr(found, inner) if inner else found
    raise AssertionError(name)


@pytest.mark.parametrize("kind", all_messages(), ids=lambda kind: kind.__name__)
def test_every_field_has_the_number_and_kind_of_the_official_message(kind: type[Message]) -> None:
    official = official_message(kind.__name__).DESCRIPTOR.fields_by_name
    types = {
        Scalar.INT32: 5,
        Scalar.INT64: 3,
        Scalar.SINT64: 18,
        Scalar.BOOL: 8,
        Scalar.STRING: 9,
        Scalar.BYTES: 12,
    }
    for field, spec in _layout(kind).fields.items():
        if (kind.__name__, field) in UNKNOWN_FIELDS:
            assert (spec.number, spec.kind) == UNKNOWN_FIELDS[kind.__name__, field]
            continue
        assert (spec.number, spec.required, spec.repeated) == (
            official[field].number,
            official[field].label == official[field].LABEL_REQUIRED,
            official[field].label == official[field].LABEL_REPEATED,
        )
        expected = types[spec.kind] if isinstance(spec.kind, Scalar) else (11 if spec.wire_type else 14)
        assert official[field].type == expected


def test_messages_are_read_and_written_as_the_official_bindings_do() -> None:
    official = table_store_pb2.GetRangeRequest(
        table_name="表",
        direction=table_store_pb2.BACKWARD,
        columns_to_get=["a", "b"],
        time_range=table_store_pb2.TimeRange(start_time=-1, end_time=2**62),
        limit=-5,
        inclusive_start_primary_key=b"\x00",
        exclusive_end_primary_key=b"",
    )
    ours = row_messages.GetRangeRequest.decode(official.SerializeToString())
    assert (ours.table_name, ours.direction, ours.limit) == ("表", row_messages.Direction.BACKWARD, -5)
    assert ours.time_range == row_messages.TimeRange(start_time=-1, end_time=2**62)
    assert table_store_pb2.GetRangeRequest.FromString(ours.encode()) == official


@pytest.mark.parametrize("repeat", [0, 1, -1, 2**62, -(2**63)])
def test_zigzag_numbers_are_read_and_written_as_the_official_bindings_do(repeat: int) -> None:
    kind = table_store_pb2.ComputeSplitPointsBySizeResponse.SplitLocation
    official = kind(location="x", repeat=repeat)
    ours = table_messages.SplitLocation(location="x", repeat=repeat)
    assert kind.FromString(ours.encode()) == official
    assert table_messages.SplitLocation.decode(official.SerializeToString()) == ours


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x0a\x05ab",
        b"\x00\x01",
        b"\x0b",
        b"\x08" + b"\xff" * 11,
        b"\x09\x00",
        b"\x0a\xff\xff\xff\xff\x0f",
    ],
)
def test_malformed_messages_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        Empty.decode(data)


def test_unknown_fields_are_skipped_and_missing_ones_are_errors() -> None:
    name = common_messages.TableNameRequest(table_name="jobs").encode()
    assert (
        common_messages.TableNameRequest.decode(b"\xf8\x01\x05" + name + b"\x3d\x00\x00\x00\x00").table_name
        == "jobs"
    )
    with pytest.raises(DecodeError):
        common_messages.TableNameRequest.decode(b"")


def test_keys_sort_as_their_values_and_come_back() -> None:
    chance = random.Random(7)
    keys: list[tuple[str, int, bytes]] = []
    for _ in range(2000):
        text = "".join(chance.choice("\x00\x01a\x7f张😀") for _ in range(chance.randrange(4)))
        number = chance.choice([0, 1, -1, 2**63 - 1, -(2**63), chance.randrange(-(2**40), 2**40)])
        blob = bytes(chance.choice(b"\x00\x01\x02\xff") for _ in range(chance.randrange(4)))
        keys.append((text, number, blob))
    by_value = sorted(keys, key=lambda key: (key[0].encode(), key[1], key[2]))
    assert sorted(keys, key=encode_key) == by_value
    assert all(tuple(decode_key(encode_key(key), (str, int, bytes))) == key for key in keys)
