"""Requests that no proper client sends, and the API key."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.http.operations import OPERATIONS, Operation
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.serving.wire import Front, Headers, Request
from tests.emulators.dashscope.support import API_KEY, PHOTO_URL, Client, error_of

SUBMIT = b'{"model": "facechain-finetune", "training_file_ids": ["https://photos/a.jpg"]'
JSON = {"Content-Type": "application/json"}
BODY_INVALID = (400, "InvalidParameter", "Required body invalid, please check the request body format.")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer sk-wrong", f"Basic {API_KEY}", API_KEY, "Bearer 密钥".encode()],
)
@pytest.mark.parametrize("path", ["/fine-tunes", "/nothing"])
def test_without_a_known_key_everything_is_refused(
    client: Client, path: str, authorization: str | bytes | None
) -> None:
    response = client.call("GET", path, headers={"Authorization": authorization})
    assert error_of(response) == (401, "InvalidApiKey", "Invalid API-key provided.")


def test_every_key_of_the_account_sees_the_same(client: Client) -> None:
    job_id = client.created(PHOTO_URL)
    response = client.call("GET", f"/fine-tunes/{job_id}", headers={"Authorization": "Bearer sk-second"})
    assert response.json()["output"]["job_id"] == job_id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"facechain-finetune"',
        b"\xff\xfe",
        SUBMIT + b', "hyper_parameters": {"a": NaN}}',
        SUBMIT + b', "hyper_parameters": {"a": 1e999}}',
        b'{"model": "facechain-finetune", "training_file_ids": ["\\ud800"]}',
        b'{"a": ' + b"9" * 100_000 + b"}",
        SUBMIT + b', "hyper_parameters": {"a": ' + b"9" * 200 + b"}}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=range(12),
)
def test_a_body_that_is_no_sound_json_object_is_refused(client: Client, body: bytes) -> None:
    for path in ("/fine-tunes", "/services/vision/facedetection/detect"):
        assert error_of(client.call("POST", path, data=body, headers=JSON)) == BODY_INVALID


def test_json_must_be_declared(client: Client) -> None:
    body = SUBMIT + b"}"
    assert error_of(client.call("POST", "/fine-tunes", data=body)) == BODY_INVALID
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert client.call("POST", "/fine-tunes", data=body, headers=headers).status_code == 200


def test_an_unknown_path_is_a_url_error(client: Client) -> None:
    for path in ("", "/", "/fine-tune", "/fine-tunes/", "/fine-tunes/a/b/c", "/files/a/b"):
        assert error_of(client.call("GET", path)) == (
            400,
            "InvalidParameter",
            "url error, please check url！",
        )
    response = client.session.get(f"{client.base_url}/fine-tunes", timeout=5)
    assert error_of(response)[0] == 400


def test_a_method_that_a_path_has_not_is_named(client: Client) -> None:
    assert error_of(client.call("PUT", "/fine-tunes")) == (
        400,
        "InvalidParameter",
        "Request method 'PUT' is not supported.",
    )


def test_every_operation_is_named_and_answered(client: Client, front: Front) -> None:
    for operation in OPERATIONS:
        client.call(operation.method, re.sub(r"\{.*?\}", "x", operation.path))
    assert [call.operation for call in front.log] == [operation.name for operation in OPERATIONS]
    assert all(call.status in (200, 400, 403, 404) for call in front.log)
    client.call("GET", "/nothing")
    assert front.log[-1].operation == "Unknown"


def test_a_request_of_nonsense_is_named_and_answered(front: Front) -> None:
    service = front.service
    assert isinstance(service, DashScopeService)
    for raw_path in ("", "/", "*", "/api/v1", "/api/v1/%", "/api/v1/fine-tunes/%zz", "//api/v1/files"):
        request = Request(
            method="GET",
            host="",
            raw_path=raw_path,
            raw_query="%&&==%ff",
            headers=Headers({"authorization": f"Bearer {API_KEY}"}),
        )
        assert service.operation(request)
        assert service.handle(request).status in (400, 404)


def test_a_defect_of_the_service_is_an_internal_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aliyun_local.dashscope.http.shapes.fine_tune", None)
    assert error_of(client.create(PHOTO_URL)) == (500, "InternalError", "Internal server error!")


NAMES = st.sampled_from(
    [
        "model",
        "input",
        "parameters",
        "resources",
        "images",
        "training_file_ids",
        "hyper_parameters",
        "style",
        "template_url",
        "user_urls",
        "size",
        "n",
        "resource_id",
        "resource_type",
        "job_name",
        "a",
    ]
)
TEXTS = st.sampled_from(
    [
        "facechain-finetune",
        "facechain-facedetect",
        "facechain-generation",
        "facelora",
        PHOTO_URL,
        "file:///etc/passwd",
        "http://[",
        "ft-1",
        "768*1024",
        "\x00",
        "图",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXTS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=30)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(NAMES, VALUES, max_size=6).map(lambda value: json.dumps(value).encode())
    | st.lists(
        st.sampled_from(
            [
                b"--x\r\n",
                b"--x--\r\n",
                b'Content-Disposition: form-data; name="files"; filename="a.jpg"\r\n',
                b'Content-Disposition: form-data; name="files"; filename="../\xff"\r\n',
                b'Content-Disposition: form-data; name="descriptions"\r\n',
                b"Content-Type: image/jpeg\r\n",
                b"\r\n",
                b"\xff\xd8\xff",
            ]
        ),
        max_size=8,
    ).map(b"".join)
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    operation=st.sampled_from(OPERATIONS),
    segment=st.sampled_from(["ft-1", "%ff", "..", "%2f", "图", "%00", "a" * 300]),
    query=st.sampled_from(
        ["", "page_no=0", "page_no=-1&page_size=x", "page_size=" + "9" * 5000, "offset=%ff&line=", "&&=%"]
    ),
    kind=st.sampled_from(
        [
            "application/json",
            "application/json; charset=utf-16",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            'multipart/form-data; boundary="',
            "text/plain",
            "\xff",
            "",
        ]
    ),
    asynchronous=st.booleans(),
    body=BODIES,
)
def test_any_request_gets_an_answer_in_the_services_own_shape(
    front: Front,
    clock: ManualClock,
    operation: Operation,
    segment: str,
    query: str,
    kind: str,
    asynchronous: bool,
    body: bytes,
) -> None:
    clock.advance(2)
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": kind}
    answer = front(
        Request(
            method=operation.method,
            host="h",
            raw_path="/api/v1" + re.sub(r"\{.*?\}", segment, operation.path),
            raw_query=query,
            headers=Headers(headers | ({"X-DashScope-Async": "enable"} if asynchronous else {})),
            body=body,
        )
    )
    assert answer.status != 500
    if answer.status != 200:
        assert set(json.loads(answer.body)) == {"code", "message", "request_id"}
