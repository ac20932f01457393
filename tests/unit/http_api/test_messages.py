"""The two calling conventions of Function Compute, as requests and responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import MissingCredentials
from shared.http_api.authentication import Tokens
from shared.http_api.messages import (
    MAX_EVENT_BYTES,
    HttpResponse,
    OversizedRequest,
    UnreadableRequest,
    from_event,
    from_wsgi,
)
from shared.http_api.reader import Reader
from shared.http_api.routes import answer
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


@pytest.mark.parametrize(("body", "size"), [("", 0), ("{}", 2), ("李", 3), (None, 0), (5, 0), ("\ud800", 1)])
def test_of_a_requests_content_only_its_size_is_known(body: object, size: int) -> None:
    event = {"requestContext": {"http": {"method": "POST"}}, "body": body}
    assert from_event(json.dumps(event)).content_bytes == size


@pytest.mark.parametrize(
    ("length", "size"), [("12", 12), ("", 0), ("-1", 0), ("x", 0), ("²", 0), ("9" * 20, 0), (None, 0)]
)
def test_a_wsgi_calls_content_has_the_size_that_the_server_tells(length: object, size: int) -> None:
    assert from_wsgi({"fc.request_uri": "/", "CONTENT_LENGTH": length}).content_bytes == size


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
    assert_problem(response, 500, "misconfigured")
    assert "credentials" not in response.body
    assert "no Aliyun credentials" in caplog.text


def test_answering_never_raises_whatever_the_header() -> None:
    assert_problem(Api().call("/jobs", token="\ud800"), 401, "unauthorized")
