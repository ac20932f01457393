"""The asynchronous client of alibabacloud-oss-v2, which has an HTTP library of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import alibabacloud_oss_v2 as oss
import alibabacloud_oss_v2.aio as aio
import pytest

from tests.contracts.oss_v2_client.clients import configuration
from tests.emulators.oss.support import LocalOss

KEY = "异步/a b+c%.txt"


def _run(running: LocalOss, work: Callable[[aio.AsyncClient], Awaitable[None]]) -> None:
    async def session() -> None:
        client = aio.AsyncClient(configuration(running))
        try:
            await work(client)
        finally:
            await client.close()

    asyncio.run(session())


def test_objects_are_put_got_listed_and_deleted(running: LocalOss, bucket: str) -> None:
    async def work(client: aio.AsyncClient) -> None:
        put = await client.put_object(
            oss.PutObjectRequest(bucket=bucket, key=KEY, body=b"content", metadata={"a": "1"})
        )
        got = await client.get_object(oss.GetObjectRequest(bucket=bucket, key=KEY))
        async with got.body as body:
            assert await body.read() == b"content"
        assert (got.hash_crc64, got.metadata["a"]) == (put.hash_crc64, "1")
        head = await client.head_object(oss.HeadObjectRequest(bucket=bucket, key=KEY))
        assert (head.content_length, head.etag) == (7, put.etag)
        pages = client.list_objects_v2_paginator(limit=1)
        request = oss.ListObjectsV2Request(bucket=bucket)
        found = [one.key async for page in pages.iter_page(request) for one in page.contents]
        assert found == [KEY]
        deleted = await client.delete_multiple_objects(
            oss.DeleteMultipleObjectsRequest(bucket=bucket, objects=[oss.DeleteObject(key=KEY)])
        )
        assert [one.key for one in deleted.deleted_objects] == [KEY]
        assert await client.is_object_exist(bucket, KEY) is False

    _run(running, work)


def test_a_multipart_upload_is_made(running: LocalOss, bucket: str) -> None:
    async def work(client: aio.AsyncClient) -> None:
        started = await client.initiate_multipart_upload(
            oss.InitiateMultipartUploadRequest(bucket=bucket, key=KEY)
        )
        for number, body in ((1, b"a" * 100 * 1024), (2, b"end")):
            await client.upload_part(
                oss.UploadPartRequest(
                    bucket=bucket, key=KEY, upload_id=started.upload_id, part_number=number, body=body
                )
            )
        await client.complete_multipart_upload(
            oss.CompleteMultipartUploadRequest(
                bucket=bucket, key=KEY, upload_id=started.upload_id, complete_all="yes"
            )
        )
        head = await client.head_object(oss.HeadObjectRequest(bucket=bucket, key=KEY))
        assert (head.object_type, head.content_length) == ("Multipart", 100 * 1024 + 3)

    _run(running, work)


def test_errors_carry_what_the_service_said(running: LocalOss, bucket: str) -> None:
    async def work(client: aio.AsyncClient) -> None:
        for call in (
            client.get_object(oss.GetObjectRequest(bucket=bucket, key="missing")),
            client.head_object(oss.HeadObjectRequest(bucket=bucket, key="missing")),
        ):
            with pytest.raises(oss.exceptions.OperationError) as error:
                await call
            problem = error.value.unwrap()
            assert (problem.status_code, problem.code, problem.ec) == (404, "NoSuchKey", "0026-00000001")

    _run(running, work)
