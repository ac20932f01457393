"""Calls that the services make for their callers: none of them reaches the cloud's own endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import requests

from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.mocking import mock_aliyun
from aliyun_local.mocking.interception import STAND_IN
from aliyun_local.serving.destinations import Listener, places_of, services_at
from tests.emulators.oss.callback_server import base64_json, callback_server

FAULT = json.dumps({"service": "dashscope", "kind": "throttle", "times": 3})
BUCKET = "inbox"
EVERYWHERE = "0.0.0.0"


@pytest.fixture(params=["127.0.0.1", EVERYWHERE])
def cloud(request: pytest.FixtureRequest) -> Iterator[LocalCloud]:
    with LocalCloud(CloudOptions(host=request.param)) as running:
        running.objects.create_bucket(BUCKET, acl="public-read-write")
        yield running


def upload(cloud: LocalCloud, callback_url: str, **more: str) -> requests.Response:
    """Upload as a stranger, and ask for a call to ``callback_url`` with a body that arms a fault."""
    asked = {"callbackUrl": callback_url, "callbackBody": FAULT, "callbackBodyType": "application/json"}
    headers = {"x-oss-callback": base64_json({**asked, **more})}
    with requests.Session() as session:
        session.trust_env = False
        return session.put(f"{cloud.url('oss')}/{BUCKET}/a.jpg", b"x", headers=headers, timeout=10)


def refusal_of(answer: requests.Response) -> tuple[int, str | None]:
    return answer.status_code, ElementTree.fromstring(answer.content).findtext("Code")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("endpoint", ["oss", "dashscope", "fc"])
@pytest.mark.parametrize("control", ["faults", "reset"])
def test_an_upload_callback_never_reaches_the_controls(
    cloud: LocalCloud, endpoint: str, host: str, control: str
) -> None:
    port = cloud.url(endpoint).rpartition(":")[2]
    answer = upload(cloud, f"http://{host}:{port}/_control/{control}")
    assert refusal_of(answer) == (203, "CallbackFailed")
    assert list(cloud.controls.faults) == []
    assert [row.key for row in cloud.objects.list_objects(BUCKET).rows] == ["a.jpg"]


def test_an_upload_callback_reaches_no_endpoint_of_the_cloud(cloud: LocalCloud) -> None:
    cloud.controls.forget_requests()
    url = f"http://127.0.0.1:{cloud.url('dashscope').rpartition(':')[2]}/api/v1/fine-tunes"
    assert refusal_of(upload(cloud, url)) == (203, "CallbackFailed")
    assert [call.service for call in cloud.controls.requests()] == ["oss"]


def test_an_upload_callback_reaches_another_server_of_this_machine(cloud: LocalCloud) -> None:
    with callback_server() as server:
        assert upload(cloud, f"{server.url}/told").json() == {"Status": "OK"}
        (told,) = server.told
        assert told.headers["x-oss-tag"] == "CALLBACK"


def test_the_controls_of_another_cloud_refuse_a_callback(cloud: LocalCloud) -> None:
    with LocalCloud(CloudOptions()) as other:
        answer = upload(cloud, f"{other.url('oss')}/_control/faults")
        assert refusal_of(answer) == (203, "CallbackFailed")
        assert "Error status : 403." in answer.text
        assert list(other.controls.faults) == []


def test_an_upload_callback_reaches_no_service_of_a_mock() -> None:
    with mock_aliyun() as cloud:
        cloud.oss.create_bucket(BUCKET, acl="public-read-write")
        url = "https://oss-cn-beijing-internal.aliyuncs.com".replace("oss-", f"{BUCKET}.oss-")
        asked = {"callbackUrl": f"http://{STAND_IN}/", "callbackBody": FAULT}
        headers = {"x-oss-callback": base64_json({**asked, "callbackHost": "dashscope.aliyuncs.com"})}
        answer = requests.put(f"{url}/a.jpg", b"x", headers=headers, timeout=10)
        assert refusal_of(answer) == (203, "CallbackFailed")
        assert [call.service for call in cloud.requests] == ["oss"]


@pytest.mark.parametrize(
    ("listening", "asked", "is_own"),
    [
        (("127.0.0.1", 80), ("127.0.0.1", 80), True),
        (("127.0.0.1", 80), ("127.0.0.1", 81), False),
        (("127.0.0.1", 80), ("127.0.0.2", 80), False),
        (("127.0.0.1", 80), ("::ffff:127.0.0.1", 80), True),
        (("127.0.0.1", None), ("127.0.0.1", 81), True),
        ((EVERYWHERE, 80), ("127.0.0.7", 80), True),
        ((EVERYWHERE, 80), ("192.0.2.7", 80), False),
    ],
)
def test_an_address_is_compared_with_every_one_that_the_cloud_listens_on(
    listening: tuple[str, int | None], asked: tuple[str, int], is_own: bool
) -> None:
    listener = Listener(service="oss", address=listening[0], port=listening[1])
    (place,) = places_of(*asked)
    assert services_at(place, [listener]) == ({"oss"} if is_own else set())
