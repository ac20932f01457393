"""Every official client reaches the mock by production host names, without configuration."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from typing import Any

import aiohttp
import alibabacloud_oss_v2 as oss_v2
import alibabacloud_oss_v2.aio as oss_v2_aio
import dashscope
import httpx
import oss2
import pytest
import requests
import tablestore
from alibabacloud_oss_v2.transport.requests_client import RequestsHttpClient

from aliyun_local.mocking import MockCloud
from aliyun_local.samples import portrait
from tests.contracts.mock_aliyun.conftest import OTS_ENDPOINT, PUBLIC_ENDPOINT, QUIET
from tests.emulators.dashscope.support import encoded

HOSTS = [
    "https://oss-cn-beijing.aliyuncs.com",
    "https://oss-cn-beijing-internal.aliyuncs.com",
    "http://oss-cn-beijing.aliyuncs.com",
]
TABLESTORE_HOSTS = [
    OTS_ENDPOINT,
    "https://studio.cn-beijing.ots-internal.aliyuncs.com",
    "https://studio.cn-beijing.vpc.tablestore.aliyuncs.com",
    "https://studio.cn-beijing.tablestore.aliyuncs.com",
    "http://studio.cn-beijing.ots.aliyuncs.com",
]
KEY = [("id", "STRING")]


def make_table(client: Any, name: str = "jobs") -> None:
    client.create_table(
        tablestore.TableMeta(name, KEY),
        tablestore.TableOptions(),
        tablestore.ReservedThroughput(tablestore.CapacityUnit(0, 0)),
    )


@pytest.mark.parametrize("endpoint", HOSTS)
def test_oss2_creates_a_bucket_and_keeps_objects_at_each_endpoint(
    mock_aliyun: MockCloud, open_bucket: Callable[..., oss2.Bucket], endpoint: str
) -> None:
    mock_aliyun.oss_behaviour.public_data_access = True
    bucket = open_bucket(endpoint)
    bucket.create_bucket()
    bucket.put_object("people/王芳/1.jpg", b"photo")
    assert bucket.get_object("people/王芳/1.jpg").read() == b"photo"
    assert [found.key for found in oss2.ObjectIterator(bucket)] == ["people/王芳/1.jpg"]
    assert mock_aliyun.oss.get("photos", "people/王芳/1.jpg")[1] == b"photo"


def test_oss2_signs_by_either_version_and_its_signed_urls_are_good(
    mock_aliyun: MockCloud, open_bucket: Callable[..., oss2.Bucket]
) -> None:
    mock_aliyun.oss.create_bucket("photos")
    for auth in (oss2.Auth("old", "secret"), oss2.AuthV4("new", "secret"), oss2.StsAuth("a", "b", "token")):
        bucket = open_bucket(auth=auth)
        bucket.put_object("a", b"x")
        url = bucket.sign_url("GET", "a", 60)
        assert url.startswith("https://photos.oss-cn-beijing-internal.aliyuncs.com/a?")
        assert requests.get(url, timeout=5).content == b"x"
        mock_aliyun.clock.advance(61)
        assert requests.get(url, timeout=5).status_code == 403
        mock_aliyun.clock.release()


def test_requests_urllib_httpx_and_aiohttp_reach_it(mock_aliyun: MockCloud, bucket: oss2.Bucket) -> None:
    mock_aliyun.oss.create_bucket("photos")
    bucket.put_object("a", b"x" * 100_000)
    url = bucket.sign_url("GET", "a", 60)

    async def asynchronously() -> list[bytes]:
        async with httpx.AsyncClient() as client:
            first = (await client.get(url)).content
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return [first, await response.read()]

    with httpx.Client() as client, urllib.request.urlopen(url) as opened:
        contents = [requests.get(url, timeout=5).content, client.get(url).content, opened.read()]
    assert contents + asyncio.run(asynchronously()) == [b"x" * 100_000] * 5


def oss_v2_config(http_client: Any = None) -> oss_v2.config.Config:
    config = oss_v2.config.load_default()
    config.region = "cn-beijing"
    config.credentials_provider = oss_v2.credentials.StaticCredentialsProvider("any-id", "any-secret")
    config.retry_max_attempts = 1
    config.http_client = http_client
    return config


def test_alibabacloud_oss_v2_reaches_it_by_its_region_alone(mock_aliyun: MockCloud) -> None:
    mock_aliyun.oss_behaviour.public_data_access = True
    transport = RequestsHttpClient()
    client = oss_v2.Client(oss_v2_config(transport))
    client.put_bucket(oss_v2.PutBucketRequest(bucket="photos"))
    client.put_object(oss_v2.PutObjectRequest(bucket="photos", key="a", body=b"x"))
    assert client.get_object(oss_v2.GetObjectRequest(bucket="photos", key="a")).body.content == b"x"
    transport.close()
    assert [call.operation for call in mock_aliyun.requests] == ["PutBucket", "PutObject", "GetObject"]


def test_alibabacloud_oss_v2_reaches_it_from_an_event_loop(mock_aliyun: MockCloud) -> None:
    mock_aliyun.oss_behaviour.public_data_access = True
    mock_aliyun.oss.create_bucket("photos")

    async def asynchronously() -> bytes:
        async with oss_v2_aio.AsyncClient(oss_v2_config()) as client:
            await client.put_object(oss_v2.PutObjectRequest(bucket="photos", key="a", body=b"x"))
            got = await client.get_object(oss_v2.GetObjectRequest(bucket="photos", key="a"))
            return bytes(await got.body.read())

    assert asyncio.run(asynchronously()) == b"x"


@pytest.mark.parametrize("endpoint", TABLESTORE_HOSTS)
def test_tablestore_makes_tables_and_rows_at_each_endpoint(
    mock_aliyun: MockCloud, open_tables: Callable[..., Any], endpoint: str
) -> None:
    client = open_tables(endpoint)
    make_table(client)
    client.put_row("jobs", tablestore.Row([("id", "a")], [("state", "QUEUED")]))
    _, row, _ = client.get_row("jobs", [("id", "a")])
    assert row.attribute_columns[0][:2] == ("state", "QUEUED")
    assert mock_aliyun.tablestore.list_tables("studio") == ["jobs"]


def test_tablestore_signs_by_version_4_and_from_an_event_loop(
    mock_aliyun: MockCloud, open_tables: Callable[..., Any]
) -> None:
    make_table(open_tables(region="cn-beijing"))

    async def asynchronously() -> Any:
        client = tablestore.AsyncOTSClient(OTS_ENDPOINT, "id", "secret", "studio", logger_name=QUIET.name)
        async with client:
            return await client.list_table()

    assert list(asyncio.run(asynchronously())) == ["jobs"]
    assert {call.status for call in mock_aliyun.requests} == {200}


@pytest.fixture
def photo_url(mock_aliyun: MockCloud, open_bucket: Callable[..., oss2.Bucket]) -> str:
    mock_aliyun.oss_behaviour.public_data_access = True
    mock_aliyun.oss.create_bucket("photos")
    bucket = open_bucket(PUBLIC_ENDPOINT)
    bucket.put_object("a.jpg", encoded(portrait(1, size=(320, 400))), headers={"Content-Type": "image/jpeg"})
    return str(bucket.sign_url("GET", "a.jpg", 3600))


def test_dashscopes_functions_submit_photos_of_the_mocked_oss(photo_url: str) -> None:
    made = dashscope.FineTunes.call(
        model="facechain-finetune", training_file_ids=[photo_url], api_key="sk-any"
    )
    assert made.status_code == 200, made
    seen = [
        dashscope.FineTunes.get(made.output["job_id"], api_key="sk-any").output["status"] for _ in range(3)
    ]
    assert seen == ["PENDING", "RUNNING", "SUCCEEDED"]


def test_dashscopes_client_reaches_it_too_blocking_and_not(mock_aliyun: MockCloud, photo_url: str) -> None:
    mock_aliyun.transitions.immediate()
    with dashscope.Client(api_key="sk-any", workspace="ws-abc") as client:
        made = client.fine_tunes.create(model="facechain-finetune", training_file_ids=[photo_url])

    job_id = str(made.job_id)

    async def asynchronously() -> str:
        async with dashscope.AsyncClient(api_key="sk-any", workspace="ws-abc") as client:
            return str((await client.fine_tunes.get(job_id)).status)

    assert asyncio.run(asynchronously()) == "SUCCEEDED"
    assert [entry.job_id for entry in mock_aliyun.dashscope.ledger()] == [job_id]
