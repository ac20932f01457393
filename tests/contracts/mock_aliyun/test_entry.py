"""The three ways to use a mock: their effects on the code around them, and their refusals."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import httpx
import oss2
import pytest
import requests
import tablestore

from aliyun_local.mocking import HostNotMocked, MockCloud, mock_aliyun
from aliyun_local.mocking.hosts import HostNames
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Response

URL = "https://photos.oss-cn-beijing-internal.aliyuncs.com/a"
OpenBucket = Callable[..., oss2.Bucket]


def patched() -> list[object]:
    """Return everything that a mock replaces, as it is now."""
    protocol = tablestore.protocol.OTSProtocol
    return [
        socket.getaddrinfo,
        socket.socket.connect,
        socket.socket.connect_ex,
        ssl.SSLContext.wrap_socket,
        ssl.SSLContext.wrap_bio,
        protocol._check_authorization,
        os.environ.get("no_proxy"),
        os.environ.get("NO_PROXY"),
    ]


def test_the_context_manager_gives_an_empty_cloud_and_puts_everything_back(
    open_bucket: OpenBucket, open_tables: Callable[..., Any]
) -> None:
    before = patched()
    with mock_aliyun() as cloud:
        open_bucket().create_bucket()
        open_tables().list_table()
        assert not any(now is was for now, was in zip(patched(), before, strict=True))
    with mock_aliyun() as cloud:
        assert (
            oss2.Service(oss2.AuthV4("a", "b"), "https://oss-cn-beijing.aliyuncs.com", region="cn-beijing")
            .list_buckets()
            .buckets
            == []
        )
        assert [call.operation for call in cloud.requests] == ["ListBuckets"]
    assert patched() == before
    assert "connect" not in vars(socket.socket)


def test_everything_is_put_back_after_an_exception() -> None:
    before = patched()
    with pytest.raises(KeyError), mock_aliyun():
        raise KeyError
    assert patched() == before


def test_the_decorator_mocks_a_function_and_leaves_its_name_and_result(bucket: oss2.Bucket) -> None:
    @mock_aliyun
    def upload(key: str) -> int:
        """Upload."""
        bucket.create_bucket()
        return int(bucket.put_object(key, b"x").status)

    assert (upload.__name__, upload.__doc__) == ("upload", "Upload.")
    assert upload("a") == upload(key="b") == 200


def test_the_decorator_mocks_a_coroutine_function_while_it_runs() -> None:
    @mock_aliyun(api_keys=["sk-known"])
    async def ask(key: str) -> int:
        async with httpx.AsyncClient() as client:
            url = "https://dashscope.aliyuncs.com/api/v1/fine-tunes"
            return (await client.get(url, headers={"Authorization": f"Bearer {key}"})).status_code

    assert inspect.iscoroutinefunction(ask)
    assert asyncio.run(ask("sk-known")) == 200
    assert asyncio.run(ask("sk-other")) == 401


def test_the_decorator_hands_the_cloud_to_a_function_that_asks_for_it() -> None:
    @mock_aliyun()
    def count(first: int, *, cloud: MockCloud | None = None) -> int:
        assert cloud is not None
        cloud.oss.create_bucket("photos")
        return first + requests.get(URL, timeout=5).status_code

    assert count(1) == 404
    assert list(inspect.signature(count).parameters) == ["first"]


def test_the_fixture_is_the_cloud(mock_aliyun: MockCloud) -> None:
    assert isinstance(mock_aliyun, MockCloud)
    assert requests.get(URL, timeout=5).status_code == 404
    assert [(call.service, call.operation, call.status) for call in mock_aliyun.requests] == [
        ("oss", "GetObject", 404)
    ]


def test_a_mock_within_a_mock_is_a_cloud_of_its_own_and_the_outer_one_is_back_afterwards(
    bucket: oss2.Bucket, open_tables: Callable[..., Any]
) -> None:
    tables = open_tables(key_id="known", secret="right")
    with mock_aliyun(keys={"known": "right", "any-id": "any-secret"}):
        bucket.create_bucket()
        bucket.put_object("a", b"outer")
        tables.list_table()
        with mock_aliyun():
            # Over the very connections that the clients have kept.
            with pytest.raises(oss2.exceptions.NoSuchBucket):
                bucket.get_object("a").read()
            tables.list_table()
        assert bucket.get_object("a").read() == b"outer"
        tables.list_table()


def test_a_kept_connection_does_not_outlive_its_mock(bucket: oss2.Bucket) -> None:
    for _ in range(2):
        with mock_aliyun():
            bucket.create_bucket()
            bucket.put_object("a", b"x", headers={"x-oss-forbid-overwrite": "true"})


def test_threads_share_the_cloud() -> None:
    with mock_aliyun() as cloud:
        cloud.oss.create_bucket("photos", acl="public-read-write")
        statuses: list[int] = []

        def put(number: int) -> None:
            with requests.Session() as session:
                for part in range(5):
                    answer = session.put(f"{URL}{number}-{part}", data=b"x", timeout=10)
                    statuses.append(answer.status_code)

        threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 40
        assert len(cloud.oss.list_objects("photos", limit=100)) == 40


def test_another_host_is_refused_by_name_with_what_to_do() -> None:
    with mock_aliyun(), pytest.raises(HostNotMocked, match=r"passthrough=\['api\.example\.com'\]"):
        socket.create_connection(("api.example.com", 443), timeout=5)
    with mock_aliyun(), pytest.raises(requests.ConnectionError, match=r"mock_aliyun lets nothing out to"):
        requests.get("https://photos.oss-cn-shanghai.aliyuncs.com/a", timeout=5)


def test_hosts_that_are_let_through_are_looked_up_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def look_up(host: object, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with mock_aliyun(passthrough=["example.com"]):
        socket.getaddrinfo("api.Example.com", 443)
        with pytest.raises(HostNotMocked):
            socket.getaddrinfo("notexample.com", 443)
    with mock_aliyun(passthrough=True):
        socket.getaddrinfo("notexample.com", 443)
    assert asked == ["api.Example.com", "notexample.com"]


def test_loopback_is_let_through() -> None:
    with LoopbackServer(lambda _: Response(status=200, body=b"own")) as server, mock_aliyun():
        for host in ("127.0.0.1", "localhost"):
            assert requests.get(f"http://{host}:{server.port}/", timeout=5).content == b"own"


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "internal.example.com")
    with mock_aliyun():
        assert requests.get(URL, timeout=5).status_code == 404
        assert httpx.get(URL).status_code == 404
        assert os.environ["no_proxy"].startswith("internal.example.com,")
    assert os.environ["no_proxy"] == "internal.example.com"


def test_with_keys_named_others_and_wrong_secrets_are_refused(
    open_bucket: OpenBucket, open_tables: Callable[..., Any]
) -> None:
    with mock_aliyun(keys={"known": "right"}, instances=["studio"]) as cloud:
        cloud.oss.create_bucket("photos")
        open_bucket(auth=oss2.AuthV4("known", "right")).put_object("a", b"x")
        refusals = {("known", "wrong"): "SignatureDoesNotMatch", ("other", "right"): "InvalidAccessKeyId"}
        for key, code in refusals.items():
            for auth in (oss2.AuthV4(*key), oss2.Auth(*key)):
                with pytest.raises(oss2.exceptions.ServerError) as refused:
                    open_bucket(auth=auth).put_object("a", b"x")
                assert refused.value.code == code
        open_tables(key_id="known", secret="right").list_table()
        with pytest.raises(tablestore.OTSServiceError, match="Signature mismatch"):
            open_tables(key_id="known", secret="wrong").list_table()


def test_an_anonymous_request_stays_anonymous_though_any_key_is_let_in(mock_aliyun: MockCloud) -> None:
    mock_aliyun.oss.create_bucket("photos")
    mock_aliyun.oss.put("photos", "a", b"x")
    assert requests.get(URL, timeout=5).status_code == 403
    answer = requests.get("https://dashscope.aliyuncs.com/api/v1/fine-tunes", timeout=5)
    assert answer.json()["code"] == "InvalidApiKey"


def test_instances_that_are_named_are_the_only_ones(open_tables: Callable[..., Any]) -> None:
    with (
        mock_aliyun(instances=["another"]),
        pytest.raises(tablestore.OTSServiceError, match="instance is not found"),
    ):
        open_tables().list_table()


def test_without_a_deployment_function_compute_has_nothing(mock_aliyun: MockCloud) -> None:
    for host in ("1234567890123456.cn-beijing.fc.aliyuncs.com", "status-abc.cn-beijing.fcapp.run"):
        answer = requests.get(f"https://{host}/", timeout=5)
        assert (answer.status_code, answer.json()["ErrorCode"]) == (404, "FunctionNotFound")
    with pytest.raises(RuntimeError, match=r"mock_aliyun\(template="):
        mock_aliyun.wait_until_idle()


def test_the_controls_are_no_part_of_the_production_hosts(
    mock_aliyun: MockCloud, bucket: oss2.Bucket
) -> None:
    bucket.create_bucket()
    bucket.put_object("_control/reset", b"mine")
    assert bucket.get_object("_control/reset").read() == b"mine"
    assert len(mock_aliyun.requests) == 3


def test_the_clock_moves_the_cloud_and_leaves_clients_able_to_sign(
    mock_aliyun: MockCloud, bucket: oss2.Bucket, open_tables: Callable[..., Any]
) -> None:
    bucket.create_bucket()
    mock_aliyun.clock.hold(2_000_000_000)
    bucket.put_object("a", b"x")
    open_tables().list_table()
    assert bucket.head_object("a").last_modified == 2_000_000_000
    assert mock_aliyun.requests[-1].answered_at == 2_000_000_000


def test_faults_and_reset_reach_the_clients(mock_aliyun: MockCloud, bucket: oss2.Bucket) -> None:
    bucket.create_bucket()
    mock_aliyun.faults.error("oss", "PutObject", status=500, code="InternalError", message="no luck")
    with pytest.raises(oss2.exceptions.ServerError, match="no luck"):
        bucket.put_object("a", b"x")
    assert bucket.put_object("a", b"x").status == 200
    mock_aliyun.reset()
    assert mock_aliyun.requests == []
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_object("a")


SERVED = {
    "oss-cn-beijing.aliyuncs.com": "oss",
    "a-bucket.oss-cn-beijing-internal.aliyuncs.com": "oss",
    "A-Bucket.OSS-cn-beijing.aliyuncs.com.": "oss",
    "studio.cn-beijing.vpc.ots.aliyuncs.com": "ots",
    "studio.cn-beijing.vpc.tablestore.aliyuncs.com": "ots",
    "dashscope.aliyuncs.com": "dashscope",
    "ws-abc.cn-beijing.maas.aliyuncs.com": "dashscope",
    "123.cn-beijing.fc.aliyuncs.com": "fc",
    "123.cn-beijing-internal.fc.aliyuncs.com": "fc",
    "fcv3.cn-beijing.aliyuncs.com": "fc",
    "faces-123.cn-beijing.log.aliyuncs.com": "sls",
    "faces-123.cn-beijing-intranet.log.aliyuncs.com": "sls",
    "status-xyz.cn-beijing.fcapp.run": "http",
    "oss-cn-shanghai.aliyuncs.com": None,
    "oss-cn-beijing.aliyuncs.com.example.com": None,
    "evil-dashscope.aliyuncs.com": None,
    "studio.cn-beijing.ots.aliyuncs.com\n": None,
    "": None,
}


@pytest.mark.parametrize(("host", "service"), SERVED.items())
def test_a_host_belongs_to_the_service_that_it_names_or_to_none(host: str, service: str | None) -> None:
    assert HostNames("cn-beijing").service_of(host) == service
