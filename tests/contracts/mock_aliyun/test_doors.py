"""The two doors of OSS and bound domains by their production host names, for both clients of OSS."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest
import requests
from alibabacloud_oss_v2.transport.requests_client import RequestsHttpClient

from aliyun_local.mocking import HostNotMocked, MockCloud, mock_aliyun
from aliyun_local.mocking.hosts import HostNames
from aliyun_local.oss.behaviour import OssBehaviour

KEYS = {"LTAIone": "its-secret"}
DOMAIN = "pictures.example.com"
PUBLIC, INTERNAL = "https://oss-cn-beijing.aliyuncs.com", "https://oss-cn-beijing-internal.aliyuncs.com"
OpenBucket = Callable[..., oss2.Bucket]


@pytest.fixture
def bound() -> Iterator[MockCloud]:
    with mock_aliyun(keys=KEYS, oss_behaviour=OssBehaviour(domains={DOMAIN: "photos"})) as cloud:
        cloud.oss.create_bucket("photos")
        yield cloud


def signer(version: type) -> Any:
    return version("LTAIone", "its-secret")


NOT_DOWNLOADED, DOWNLOADED_AND_NO_PICTURE = "InvalidParameter.DataInspection", "InvalidImageFormat"


def judged(url: str) -> str:
    """Return what DashScope's face detection says to a URL of something that is no picture."""
    answer = requests.post(
        "https://dashscope.aliyuncs.com/api/v1/services/vision/facedetection/detect",
        headers={"Authorization": "Bearer sk-any"},
        json={"model": "facechain-facedetect", "input": {"images": [url]}, "parameters": {}},
        timeout=10,
    )
    return str(answer.json()["code"])


def v2_client(transport: RequestsHttpClient, **settings: Any) -> oss_v2.Client:
    config = oss_v2.config.load_default()
    config.region = "cn-beijing"
    config.credentials_provider = oss_v2.credentials.StaticCredentialsProvider("LTAIone", "its-secret")
    config.retry_max_attempts = 1
    config.http_client = transport
    for name, value in settings.items():
        setattr(config, name, value)
    return oss_v2.Client(config)


@pytest.fixture
def transport() -> Iterator[RequestsHttpClient]:
    made = RequestsHttpClient()
    yield made
    made.close()


DOORS = {
    "oss-cn-beijing.aliyuncs.com": "oss_public",
    "photos.oss-cn-beijing.aliyuncs.com": "oss_public",
    "photos.cn-beijing.oss.aliyuncs.com": "oss_public",
    "oss.aliyuncs.com": "oss_public",
    "oss-cn-beijing-internal.aliyuncs.com": "oss",
    "Photos.OSS-cn-beijing-internal.aliyuncs.com.": "oss",
    "photos.vpc100-cn-beijing.oss.aliyuncs.com": "oss",
    "photos.cn-beijing.oss-internal.aliyuncs.com": "oss",
    "dashscope.aliyuncs.com": "dashscope",
    "pictures.example.com": None,
}


@pytest.mark.parametrize(("host", "endpoint"), DOORS.items())
def test_a_host_name_leads_to_one_door(host: str, endpoint: str | None) -> None:
    assert HostNames("cn-beijing").endpoint_of(host) == endpoint


def test_an_account_of_today_manages_buckets_at_the_public_host_and_gets_no_data_there(
    mock_aliyun: MockCloud, open_bucket: OpenBucket
) -> None:
    outside, inside = open_bucket(PUBLIC), open_bucket(INTERNAL)
    outside.create_bucket()
    inside.put_object("a.jpg", b"x")
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        outside.put_object("b.jpg", b"x")
    assert (raised.value.status, raised.value.code) == (400, "PublicEndpointForbidden")
    url = outside.sign_url("GET", "a.jpg", 60)
    assert requests.get(url, timeout=5).headers["x-oss-ec"] == "0048-00000401"
    assert judged(url) == judged(inside.sign_url("GET", "a.jpg", 60)) == NOT_DOWNLOADED
    mock_aliyun.oss_behaviour.public_data_access = True
    assert requests.get(url, timeout=5).content == b"x"
    assert judged(url) == DOWNLOADED_AND_NO_PICTURE


def test_alibabacloud_oss_v2_meets_the_same_two_doors(
    bound: MockCloud, transport: RequestsHttpClient
) -> None:
    put = oss_v2.PutObjectRequest(bucket="photos", key="a", body=b"x")
    v2_client(transport, use_internal_endpoint=True).put_object(put)
    with pytest.raises(oss_v2.exceptions.OperationError) as raised:
        v2_client(transport).put_object(put)
    refused: Any = raised.value.unwrap()
    assert (refused.status_code, refused.code, refused.ec) == (
        400,
        "PublicEndpointForbidden",
        "0048-00000401",
    )
    assert [call.status for call in bound.requests] == [200, 400]


@pytest.mark.parametrize("version", [oss2.AuthV4, oss2.Auth])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_oss2_reads_writes_and_signs_at_a_bound_domain(bound: MockCloud, version: type, scheme: str) -> None:
    session = oss2.Session()
    where = (f"{scheme}://{DOMAIN}", "photos")
    bucket = oss2.Bucket(signer(version), *where, is_cname=True, region="cn-beijing", session=session)
    bucket.put_object("people/王/1.jpg", b"x")
    assert bucket.get_object("people/王/1.jpg").read() == b"x"
    assert [one.key for one in bucket.list_objects("people/").object_list] == ["people/王/1.jpg"]
    url = bucket.sign_url("GET", "people/王/1.jpg", 60)
    assert url.startswith(f"{scheme}://{DOMAIN}/people")
    assert requests.get(url, timeout=5).content == b"x"
    assert judged(url) == DOWNLOADED_AND_NO_PICTURE
    # Without is_cname the bucket is put before the domain, which is another host.
    plain = oss2.Bucket(signer(version), *where, region="cn-beijing", session=session)
    with pytest.raises(oss2.exceptions.RequestError):
        plain.get_object("people/王/1.jpg")
    session.session.close()
    assert {call.status for call in bound.controls.requests("oss")} == {200}


def test_alibabacloud_oss_v2_reads_writes_and_signs_at_a_bound_domain(
    bound: MockCloud, transport: RequestsHttpClient
) -> None:
    client = v2_client(transport, endpoint=f"https://{DOMAIN}", use_cname=True)
    client.put_object(oss_v2.PutObjectRequest(bucket="photos", key="a/1.jpg", body=b"x"))
    get = oss_v2.GetObjectRequest(bucket="photos", key="a/1.jpg")
    assert client.get_object(get).body.content == b"x"
    signed = client.presign(get).url
    assert str(signed).startswith(f"https://{DOMAIN}/a")
    assert requests.get(str(signed), timeout=5).content == b"x"
    assert bound.oss.get("photos", "a/1.jpg")[1] == b"x"


def test_a_domain_is_intercepted_for_as_long_as_it_is_bound(bound: MockCloud) -> None:
    url = f"https://{DOMAIN}/a"
    assert requests.get(url, timeout=5).status_code == 403
    assert DOMAIN in os.environ["no_proxy"]
    bound.oss_behaviour.domains = {"other.example.com": "photos"}
    with pytest.raises(HostNotMocked):
        socket.getaddrinfo(DOMAIN, 443)
    assert requests.get("https://other.example.com/a", timeout=5).status_code == 403
    bound.reset()
    assert requests.get(url, timeout=5).status_code == 404
