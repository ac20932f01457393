"""Tables that are divided when they are made, as the client for Python offers to internal callers."""

from __future__ import annotations

import pytest
from tablestore import CapacityUnit, ReservedThroughput, TableMeta, TableOptions
from tablestore.plainbuffer.plain_buffer_coded_stream import PlainBufferCodedInputStream
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferInputStream
from tablestore.protobuf import table_store_pb2

from aliyun_local.tablestore.codec.messages import TableNameRequest
from aliyun_local.tablestore.codec.values import Cell
from aliyun_local.tablestore.codec.values import Row as Stored
from aliyun_local.tablestore.store.models import TableStore

OK = (200, "", "")
NOTHING = ReservedThroughput(CapacityUnit(0, 0))


def create(local, kind, points):
    meta = TableMeta("jobs", [("id", kind), ("n", "INTEGER")])
    local.client._create_table_ex(meta, TableOptions(), NOTHING, split_points=points)


def shown(encoded):
    """Splits as the official client reads keys."""
    keys = [PlainBufferCodedInputStream(PlainBufferInputStream(one)).read_row()[0] for one in encoded]
    assert all(len(key) == 1 and key[0][0] == "id" for key in keys)
    return [key[0][1] for key in keys]


def described(send):
    assert send("DescribeTable", TableNameRequest(table_name="jobs").encode()) == OK
    return shown(table_store_pb2.DescribeTableResponse.FromString(send.answers[-1]).shard_splits)


def computed(send, size):
    request = table_store_pb2.ComputeSplitPointsBySizeRequest(
        table_name="jobs", split_size=size, split_size_unit_in_byte=1
    )
    assert send("ComputeSplitPointsBySize", request.SerializeToString()) == OK
    return shown(table_store_pb2.ComputeSplitPointsBySizeResponse.FromString(send.answers[-1]).split_points)


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("INTEGER", [-10_000, 20_000, 30_000]),
        ("STRING", ["A中国", "Z" * 27, "英国"]),
        ("BINARY", [bytearray(b"\x01"), bytearray(b"\x01\x00"), bytearray(27 * b"\xff")]),
    ],
)
def test_a_divided_table_is_described_with_its_splits_and_used_like_any_other(local, send, kind, points):
    create(local, kind, points)
    assert described(send) == points
    key = [("id", points[1]), ("n", 1)]
    local.put("jobs", key, ("x", 1))
    assert local.get("jobs", key) == {"x": 1}
    local.client.update_table("jobs", TableOptions(max_version=2))
    assert described(send) == points


def test_splits_outlive_the_process(start, tmp_path):
    first = start(tmp_path)
    create(first, "INTEGER", [5])
    second = TableStore(tmp_path, first.clock)
    assert (
        second.describe_table("studio", "jobs").splits == first.store.describe_table("studio", "jobs").splits
    )
    assert len(second.describe_table("studio", "jobs").splits) == 1
    second.close()


def test_no_split_by_size_reaches_over_a_border(local, send):
    create(local, "INTEGER", [5, 10, 20, 30])
    for number in range(12):
        row = Stored([("id", number), ("n", 1)], [Cell("text", "v" * 1000)])
        local.store.put_row("studio", "jobs", row)
    assert computed(send, 1 << 30) == [5, 10, 20, 30]
    assert computed(send, 3_000) == [3, 5, 8, 10, 20, 30]


def test_a_table_that_nobody_divided_has_no_splits(local, send):
    local.create()
    assert described(send) == []


@pytest.mark.parametrize(
    ("kind", "points", "message"),
    [
        ("INTEGER", list(range(10)), "The count of partitions cannot be greater than 10"),
        (
            "INTEGER",
            [-(1 << 63), 1],
            "The value of partition range can not be INT64_MIN or INT64_MAX.",
        ),
        (
            "INTEGER",
            [1, (1 << 63) - 1],
            "The value of partition range can not be INT64_MIN or INT64_MAX.",
        ),
        ("STRING", ["", "b"], "The value of partition range can not be empty string."),
        ("BINARY", [bytearray(), bytearray(b"b")], "The value of partition range can not be empty binary."),
    ],
)
def test_splits_that_cannot_be_are_refused_in_the_services_words(local, refused, kind, points, message):
    assert refused(create, local, kind, points) == (400, "OTSParameterInvalid", message)
    assert list(local.client.list_table()) == []


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ([(b"\x09", b"\x03\x40\0\0\0" + b"z" * 64), (b"\x03\x40\0\0\0" + b"z" * 64, b"\x0a")], ""),
        (
            [(b"\x09", b"\x03\x41\0\0\0" + b"z" * 65), (b"\x03\x41\0\0\0" + b"z" * 65, b"\x0a")],
            "The value of partition range exceeds the MaxLength:64 with CurrentLength:65.",
        ),
        (
            [(b"\x09", b"\x00" + bytes(8)), (b"\x00" + bytes(8), b"\x0a")],
            "The value type of partition does not match with primary key.",
        ),
        ([(b"\x09", b"\x03\x01\0\0\0a")], "The partition ranges must cover every key without a gap."),
        (
            [(b"\x09", b"\x03\x01\0\0\0a"), (b"\x03\x01\0\0\0b", b"\x0a")],
            "The partition ranges must cover every key without a gap.",
        ),
        (
            [
                (b"\x09", b"\x03\x01\0\0\0b"),
                (b"\x03\x01\0\0\0b", b"\x03\x01\0\0\0a"),
                (b"\x03\x01\0\0\0a", b"\x0a"),
            ],
            "The partition ranges must be in rising order.",
        ),
        ([(b"", b"\x0a")], "Cell data broken, length is shorter than expect."),
        ([(b"\x09", b"\x0a\x00")], "Cell data broken, has more data in cell, but they can't be parsed."),
        ([(b"\x63", b"\x0a")], "data format is invalid, unknown variant type occured."),
    ],
)
def test_ranges_that_no_client_sends_are_refused_too(local, send, ranges, message):
    request = local.client.protocol.encoder.encode_request(
        "CreateTable", TableMeta("jobs", [("id", "STRING")]), TableOptions(), NOTHING, None, []
    )
    for begin, end in ranges:
        request.partitions.add(begin=begin, end=end)
    answer = send("CreateTable", request.SerializeToString())
    assert answer == ((400, "OTSParameterInvalid", message) if message else OK)
