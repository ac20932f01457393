"""The two calling conventions of Function Compute, as requests and responses."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import MissingCredentials
from shared.http_api.authentication import Tokens
from shared.http_api.messages import (
    MAX_EVENT_BYTES,
    MAX_UPLOAD_BYTES,
    MAX_UPLOAD_EVENT_BYTES,
    HttpResponse,
    OversizedRequest,
    UnreadableRequest,
    from_event,
    from_wsgi,
)
from shared.http_api.reader import Reader
from shared.http_api.routes import answer
from tests.described import check
from tests.unit.http_api.support import TOKEN, Api, assert_problem


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"requestContext": []}',
        b'{"requestContext": {"http": "GET"}}',
    ],
)
def test_an_event_that_is_not_http_is_unreadable(event: bytes) -> None:
    with pytest.raises(UnreadableRequest):
        from_event(event)


def test_an_event_is_read_with_its_odd_parts_left_out() -> None:
    event = {"requestContext": {"http": {"method": "get"}}, "headers": {"X-A": 5}, "queryParameters": None}
    request = from_event(json.dumps(event))
    assert (request.method, request.segments, request.query) == ("GET", (), {})
    assert request.headers == {"x-a": "5"}


def test_an_event_that_is_larger_than_any_request_is_not_even_parsed() -> None:
    event = {"requestContext": {"http": {"method": "GET"}}, "body": "x" * MAX_EVENT_BYTES}
    with pytest.raises(OversizedRequest):
        from_event(json.dumps(event))
    with pytest.raises(OversizedRequest):
        from_event(b"[" * (MAX_EVENT_BYTES + 1))


@pytest.mark.parametrize(
    ("body", "content"),
    [("", b""), ("{}", b"{}"), ("李", "李".encode()), (None, b""), (5, b""), ("\ud800", b"?")],
)
def test_the_content_of_an_event_is_text_in_utf_8(body: object, content: bytes) -> None:
    event = {"requestContext": {"http": {"method": "POST"}}, "body": body}
    assert from_event(json.dumps(event)).content == content


def test_the_content_of_an_event_may_be_in_base64_and_is_refused_when_it_is_not() -> None:
    event = {"requestContext": {"http": {}}, "isBase64Encoded": True}
    assert from_event(json.dumps({**event, "body": "/9j/"})).content == b"\xff\xd8\xff"
    for body in ("/9j", "/9 j/", "李李李李"):
        with pytest.raises(UnreadableRequest):
            from_event(json.dumps({**event, "body": body}))


UPLOAD_PATHS = [
    "/people/li/photos/1.jpg",
    "/people/%E6%9D%8E/photos",
    "/own/abc.def/photos",
    "//own/a/photos/b/",
]
OTHER_PATHS = [
    "/people/li",
    "/people/li/photos/1.jpg/use",
    "/queue/pause",
    "/people/photos/1.jpg",
    "/own/a/done",
]


@pytest.mark.parametrize("path", UPLOAD_PATHS)
@pytest.mark.parametrize("first", [True, False], ids=["before the content", "behind it"])
def test_an_upload_may_be_as_large_as_a_photo_may_be(path: str, first: bool) -> None:
    body = {"body": base64.b64encode(bytes(MAX_UPLOAD_BYTES)).decode(), "isBase64Encoded": True}
    known = {"rawPath": path, "requestContext": {"http": {"method": "PUT"}}}
    event = {**known, **body} if first else {**body, **known}
    assert from_event(json.dumps(event)).content_bytes == MAX_UPLOAD_BYTES


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_no_other_path_takes_a_large_event_even_if_its_content_speaks_of_one_that_does(path: str) -> None:
    body = '"rawPath": "/people/li/photos/1.jpg"' + "x" * MAX_EVENT_BYTES
    event = {"rawPath": path, "body": body, "requestContext": {"http": {"method": "PUT"}}}
    with pytest.raises(OversizedRequest):
        from_event(json.dumps(event))


def test_an_upload_that_is_larger_than_any_photo_is_not_parsed() -> None:
    with pytest.raises(OversizedRequest):
        from_event(b'{"rawPath": "/people/li/photos/1.jpg", "body": "' + b"x" * MAX_UPLOAD_EVENT_BYTES)


def test_the_content_of_a_wsgi_call_is_read_as_far_as_the_server_tells() -> None:
    call = {
        "fc.request_uri": "/",
        "CONTENT_TYPE": "text/plain",
        "wsgi.input": io.BytesIO(b"content, and more"),
    }
    request = from_wsgi({**call, "CONTENT_LENGTH": "7"})
    assert (request.content, request.headers["content-type"]) == (b"content", "text/plain")
    for length in ("", "-1", "x", "²", "9" * 20, None):
        assert from_wsgi({**call, "CONTENT_LENGTH": length}).content == b""


@pytest.mark.parametrize(
    ("path", "size_bytes"),
    [("/", MAX_EVENT_BYTES + 1), ("/people/li/photos/1.jpg", MAX_UPLOAD_EVENT_BYTES + 1)],
)
def test_a_wsgi_call_that_is_too_large_is_not_read(path: str, size_bytes: int) -> None:
    # Without wsgi.input a read would fail otherwise.
    with pytest.raises(OversizedRequest):
        from_wsgi({"fc.request_uri": path, "CONTENT_LENGTH": str(size_bytes), "wsgi.input": object()})


def test_bytes_go_out_in_base64_and_a_text_as_it_is() -> None:
    event = HttpResponse(200, body=b"\xff\xd8\xff").as_event()
    assert (event["isBase64Encoded"], event["body"]) == (True, "/9j/")
    assert HttpResponse(200, body=b"\xff").as_wsgi(lambda *_: None) == [b"\xff"]
    assert HttpResponse(200, body="李").as_event()["isBase64Encoded"] is False


READERS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "event": lambda path: from_event(json.dumps({"rawPath": path, "requestContext": {"http": {}}})).segments,
    "wsgi": lambda path: from_wsgi({"fc.request_uri": path}).segments,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ()),
        ("/people/a%2Fb", ("people", "a/b")),
        ("/people/%E6%9D%8E", ("people", "李")),
        ("/people/a+b", ("people", "a+b")),
        ("/people/100%25", ("people", "100%")),
        ("/people/%2525", ("people", "%25")),
        ("/people/%", ("people", "%")),
        ("/people/%zz", ("people", "%zz")),
        ("/people/a%3Fb%23c", ("people", "a?b#c")),
    ],
)
def test_a_path_is_cut_first_and_decoded_once_afterwards(
    reader: str, path: str, segments: tuple[str, ...]
) -> None:
    assert READERS[reader](path) == segments


@pytest.mark.parametrize("reader", READERS)
def test_a_path_that_is_not_utf_8_is_unreadable(reader: str) -> None:
    with pytest.raises(UnreadableRequest):
        READERS[reader]("/people/%ff")


@pytest.mark.parametrize("path", ["//people/li", "//[x"])
def test_a_path_that_starts_with_two_slashes_is_still_a_path(path: str) -> None:
    assert READERS["wsgi"](path) == READERS["event"](path)


def test_a_wsgi_call_without_the_platforms_own_path_is_read_by_path_info() -> None:
    request = from_wsgi({"PATH_INFO": "/people/li", "QUERY_STRING": "a=1&b=", "HTTP_X_Y": "z"})
    assert (request.method, request.segments) == ("GET", ("people", "li"))
    assert (request.query, request.headers) == ({"a": "1", "b": ""}, {"x-y": "z"})


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/people/李雷", ("people", "李雷")),
        ("/people/👩‍🎤", ("people", "👩‍🎤")),
        ("/people/Zoë", ("people", "Zoë")),
        # Decoded already: nothing is decoded a second time, and nothing ends the path.
        ("/people/100%25", ("people", "100%25")),
        ("/people/a?b#c", ("people", "a?b#c")),
        ("//people//li", ("people", "li")),
        ("", ()),
    ],
)
def test_path_info_is_bytes_dressed_up_as_latin_1(path: str, segments: tuple[str, ...]) -> None:
    assert from_wsgi({"PATH_INFO": path.encode().decode("latin-1")}).segments == segments


def test_a_path_info_that_is_not_utf_8_is_unreadable() -> None:
    with pytest.raises(UnreadableRequest):
        _ = from_wsgi({"PATH_INFO": "/people/\xff"}).segments


def test_a_response_takes_the_shape_that_each_platform_wants() -> None:
    response = HttpResponse(status=404, headers={"Content-Type": "text/plain"}, body="李")
    assert response.as_event() == {
        "statusCode": 404,
        "headers": {"Content-Type": "text/plain"},
        "isBase64Encoded": False,
        "body": "李",
    }
    started: list[Any] = []
    chunks = response.as_wsgi(lambda status, headers: started.append((status, headers)))
    assert b"".join(chunks) == "李".encode()
    assert started == [("404 Not Found", [("Content-Type", "text/plain")])]


def test_answering_never_raises_even_without_credentials(caplog: pytest.LogCaptureFixture) -> None:
    def connect() -> Reader:
        raise MissingCredentials("no Aliyun credentials")

    event = {
        "rawPath": "/jobs",
        "headers": {"authorization": f"Bearer {TOKEN}"},
        "requestContext": {"http": {"method": "GET"}},
    }
    response = answer(from_event(json.dumps(event)), connect, Tokens(reader=TOKEN))
    check("GET", "/jobs", response.status, response.headers, response.body)
    assert_problem(response, 500, "misconfigured")
    assert "credentials" not in response.body
    assert "no Aliyun credentials" in caplog.text


def test_answering_never_raises_whatever_the_header() -> None:
    assert_problem(Api().call("/jobs", token="\ud800"), 401, "unauthorized")
