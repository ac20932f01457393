"""The asynchronous client, whose transport differs from that of the other client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    AsyncOTSClient,
    BatchGetRowRequest,
    BatchWriteRowRequest,
    CapacityUnit,
    Condition,
    OTSServiceError,
    PutRowItem,
    Row,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
    TableMeta,
    TableOptions,
)

from tests.contracts.tablestore_client.contract.calls import INSTANCE, KEY_ID, NO_RESERVED_UNITS, SECRET, Key

IGNORE = Condition("IGNORE")
KEY = [("gid", "INTEGER"), ("uid", "INTEGER")]


Scene: TypeAlias = Callable[[AsyncOTSClient], Awaitable[None]]
Run: TypeAlias = Callable[[Scene], None]


def key(number: int) -> Key:
    return [("gid", number), ("uid", number + 1)]


@pytest.fixture(params=["", "cn-beijing"], ids=["signature V2", "signature V4"])
def run(request: pytest.FixtureRequest, url: str) -> Run:
    """Run a coroutine with a client and a table ``t``, which is deleted afterwards."""

    async def play(scene: Scene) -> None:
        client = AsyncOTSClient(url, KEY_ID, SECRET, INSTANCE, region=request.param or None)
        async with client:
            await client.create_table(TableMeta("t", KEY), TableOptions(), NO_RESERVED_UNITS)
            try:
                await scene(client)
            finally:
                await client.delete_table("t")

    return lambda scene: asyncio.run(play(scene))


def writes(first: int, count: int = 100) -> BatchWriteRowRequest:
    items = [
        PutRowItem(Row(key(n), [("name", f"n{n}"), ("age", n)]), IGNORE) for n in range(first, first + count)
    ]
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("t", items))
    return request


def reads(first: int, count: int = 100) -> BatchGetRowRequest:
    request = BatchGetRowRequest()
    keys = [key(n) for n in range(first, first + count)]
    request.add(TableInBatchGetRowItem("t", keys, ["name", "age"], max_version=1))
    return request


def test_rows_are_put_got_updated_and_deleted(run: Run) -> None:
    async def scene(client: AsyncOTSClient) -> None:
        await client.put_row("t", Row(key(1), [("x", 1)]), IGNORE)
        await client.update_row("t", Row(key(1), {"INCREMENT": [("x", 1)]}), IGNORE)
        _, row, _ = await client.get_row("t", key(1))
        assert [column[:2] for column in row.attribute_columns] == [("x", 2)]
        await client.delete_row("t", Row(key(1)), IGNORE)
        assert (await client.get_row("t", key(1)))[1] is None
        assert list(await client.list_table()) == ["t"]
        assert (await client.describe_table("t")).table_meta.schema_of_primary_key == KEY

    run(scene)


def test_requests_at_once_get_their_own_answers(run: Run) -> None:
    async def scene(client: AsyncOTSClient) -> None:
        await asyncio.gather(*(client.batch_write_row(writes(n * 100)) for n in range(3)))
        answers = await asyncio.gather(*(client.batch_get_row(reads(n * 100)) for n in range(3)))
        for number, answer in enumerate(answers):
            found = [dict(column[:2] for column in item.row.attribute_columns) for item in answer.items["t"]]
            assert found == [{"age": n, "name": f"n{n}"} for n in range(number * 100, number * 100 + 100)]

    run(scene)


def test_ranges_are_paged_through(run: Run) -> None:
    async def scene(client: AsyncOTSClient) -> None:
        await client.batch_write_row(writes(0, 30))
        ends = ([("gid", bound), ("uid", bound)] for bound in (INF_MIN, INF_MAX))
        start, end = ends
        _, following, rows, _ = await client.get_range("t", "FORWARD", start, end, limit=7)
        assert (following, len(rows)) == (key(7), 7)
        counted = CapacityUnit(0, 0)
        found = [row.primary_key async for row in client.xget_range("t", "FORWARD", start, end, counted)]
        assert found == [key(n) for n in range(30)]
        assert counted.read == 1

    run(scene)


def test_transactions_and_refusals_are_the_same(run: Run) -> None:
    async def scene(client: AsyncOTSClient) -> None:
        await client.put_row("t", Row(key(1), [("x", 1)]), IGNORE)
        transaction_id = await client.start_local_transaction("t", [("gid", 1)])
        await client.put_row("t", Row(key(1), [("x", 2)]), IGNORE, None, transaction_id)
        await client.commit_transaction(transaction_id)
        with pytest.raises(OTSServiceError) as ended:
            await client.commit_transaction(transaction_id)
        assert (ended.value.http_status, ended.value.code) == (404, "OTSSessionNotExist")
        with pytest.raises(OTSServiceError) as failed:
            await client.put_row("t", Row(key(1), [("x", 3)]), Condition("EXPECT_NOT_EXIST"))
        assert failed.value.code == "OTSConditionCheckFail"

    run(scene)


def test_a_closed_client_opens_again(run: Run) -> None:
    async def scene(client: AsyncOTSClient) -> None:
        await client.put_row("t", Row(key(1), [("x", 1)]), IGNORE)
        await client.close()
        assert (await client.get_row("t", key(1)))[1] is not None

    run(scene)
