"""Tables that are divided into partitions on creation.

The official client for Python offers this to internal callers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tablestore import TableMeta, TableOptions
from tablestore.protobuf import table_store_pb2

from aliyun_local.tablestore.codec.common_messages import TableNameRequest
from aliyun_local.tablestore.codec.values import Cell
from aliyun_local.tablestore.codec.values import Row as Stored
from aliyun_local.tablestore.store.models import TableStore
from tests.contracts.tablestore_client.contract.calls import INSTANCE, NO_RESERVED_UNITS, Key, refused
from tests.emulators.tablestore.support import (
    OK,
    Emulator,
    Sender,
    StartEmulator,
    compute_split_points,
    create_table_request,
    decode_officially,
)


def create(emulator: Emulator, kind: str, boundaries: list[Any]) -> None:
    meta = TableMeta("jobs", [("id", kind), ("n", "INTEGER")])
    emulator.client._create_table_ex(meta, TableOptions(), NO_RESERVED_UNITS, split_points=boundaries)


def partition_keys(keys: list[Key]) -> list[Any]:
    assert all(len(key) == 1 and key[0][0] == "id" for key in keys)
    return [key[0][1] for key in keys]


def described(send: Sender) -> list[Any]:
    """The boundaries of the table."""
    assert send("DescribeTable", TableNameRequest(table_name="jobs").encode()) == OK
    answer = table_store_pb2.DescribeTableResponse.FromString(send.body)
    return partition_keys([decode_officially(key)[0] for key in answer.shard_splits])


def computed(send: Sender, split_bytes: int) -> list[Any]:
    """The split points of the table."""
    return partition_keys(compute_split_points(send, split_bytes)[1])


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("INTEGER", [-10_000, 20_000, 30_000]),
        ("STRING", ["A中国", "Z" * 27, "英国"]),
        ("BINARY", [bytearray(b"\x01"), bytearray(b"\x01\x00"), bytearray(27 * b"\xff")]),
    ],
)
def test_a_divided_table_is_described_with_its_boundaries_and_used_like_any_other(
    emulator: Emulator, send: Sender, kind: str, points: list[Any]
) -> None:
    create(emulator, kind, points)
    assert described(send) == points
    key = [("id", points[1]), ("n", 1)]
    emulator.put("jobs", key, ("x", 1))
    assert emulator.get("jobs", key) == {"x": 1}
    emulator.client.update_table("jobs", TableOptions(max_version=2))
    assert described(send) == points


def test_boundaries_survive_a_restart(start: StartEmulator, tmp_path: Path) -> None:
    first = start(tmp_path)
    create(first, "INTEGER", [5])
    second = TableStore(tmp_path, first.clock)
    boundaries = second.describe_table(INSTANCE, "jobs").boundaries
    assert boundaries == first.store.describe_table(INSTANCE, "jobs").boundaries
    assert len(boundaries) == 1
    second.close()


def test_no_split_crosses_a_partition_boundary(emulator: Emulator, send: Sender) -> None:
    create(emulator, "INTEGER", [5, 10, 20, 30])
    for number in range(12):
        row = Stored([("id", number), ("n", 1)], [Cell("text", "v" * 1000)])
        emulator.store.put_row(INSTANCE, "jobs", row)
    assert computed(send, 1 << 30) == [5, 10, 20, 30]
    assert computed(send, 3_000) == [3, 5, 8, 10, 20, 30]


def test_an_undivided_table_has_no_boundaries(emulator: Emulator, send: Sender) -> None:
    emulator.create()
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
def test_invalid_boundaries_are_refused_with_the_services_message(
    emulator: Emulator, kind: str, points: list[Any], message: str
) -> None:
    assert refused(create, emulator, kind, points) == (400, "OTSParameterInvalid", message)
    assert list(emulator.client.list_table()) == []


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
def test_invalid_ranges_that_no_client_sends_are_refused(
    emulator: Emulator, send: Sender, ranges: list[tuple[bytes, bytes]], message: str
) -> None:
    request = create_table_request(emulator.client, "jobs")
    for begin, end in ranges:
        request.partitions.add(begin=begin, end=end)
    answer = send("CreateTable", request.SerializeToString())
    assert answer == ((400, "OTSParameterInvalid", message) if message else OK)
