"""Clients that stop in the middle of a request, or rest between two: neither blocks a server."""

from __future__ import annotations

from contextlib import suppress

import pytest

from aliyun_local.serving import timed_input
from tests.emulators.raw_http.support import (
    GOOD,
    HURRY_SECONDS,
    PATIENCE_SECONDS,
    Servers,
    connect,
    error_of,
    lives,
    read_all,
    status_of,
)


@pytest.mark.parametrize("name", GOOD)
def test_a_connection_that_says_nothing_keeps_nobody_waiting(servers: Servers, name: str) -> None:
    with connect(servers[name]), connect(servers[name]) as half:
        half.sendall(f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc".encode())
        assert lives(servers[name], GOOD[name])


TIMEOUTS = {
    "oss": (400, "RequestTimeout"),
    "tablestore": (408, "OTSRequestTimeout"),
    "dashscope": (408, "RequestTimeOut"),
    "function_compute": (408, "RequestTimeout"),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 9\r\n\r\n",
        b"Content-Length: 9\r\n\r\nabc",
        b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"X-Half: a",
    ],
    ids=["no body", "half a body", "no body after 100", "half a chunk", "half a head"],
)
def test_a_request_that_never_ends_is_told_so_in_the_words_of_its_service(
    servers: Servers, name: str, rest: bytes
) -> None:
    server = servers[f"hurried {name}"]
    with connect(server) as connection:
        connection.sendall(f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\n".encode() + rest)
        answer = read_all(connection)
    assert error_of(name, answer) == TIMEOUTS[name]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("rest", "drop"),
    [(b"", b"X-Drop: a\r\n"), (b"Content-Length: 9999\r\n\r\n", b"a")],
    ids=["head", "body"],
)
def test_a_request_that_drips_is_cut_although_no_pause_in_it_is_long(
    servers: Servers, name: str, rest: bytes, drop: bytes
) -> None:
    server = servers[f"hurried {name}"]
    with connect(server) as connection:
        connection.sendall(f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\n".encode() + rest)
        connection.settimeout(HURRY_SECONDS / 6)
        answer = b""
        for _ in range(60):
            with suppress(BrokenPipeError):
                connection.sendall(drop)
            with suppress(TimeoutError):
                answer = connection.recv(65536)
                break
        assert answer, "the server goes on waiting"
        connection.settimeout(PATIENCE_SECONDS)
        answer += read_all(connection)
    assert error_of(name, answer) == TIMEOUTS[name]


def test_a_body_that_comes_steadily_may_take_longer_than_a_head(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At this speed each byte is worth more time than passes until the next one.
    monkeypatch.setattr(timed_input, "MIN_BODY_BYTES_PER_SECOND", 1)
    with connect(servers["hurried oss"]) as connection:
        connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na")
        connection.settimeout(HURRY_SECONDS / 2)
        for _ in range(8):
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.sendall(b"a")
        connection.settimeout(PATIENCE_SECONDS)
        assert error_of("oss", connection.recv(65536)) == (404, "NoSuchBucket")


def test_a_read_does_not_wait_for_the_body_that_it_announces(servers: Servers) -> None:
    server = servers["hurried oss"]
    with connect(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
        answer = read_all(connection)
    assert error_of("oss", answer) == (403, "AccessDenied")


def test_a_connection_may_rest_between_requests_for_longer_than_within_one(
    servers: Servers,
) -> None:
    server = servers["hurried oss"]
    with connect(server) as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            assert status_of(connection.recv(65536)) == 403
            connection.settimeout(HURRY_SECONDS * 2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(PATIENCE_SECONDS)
