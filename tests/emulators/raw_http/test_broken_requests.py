"""Bytes that are not well-formed HTTP: every service refuses them at once and lives on."""

from __future__ import annotations

import random

import pytest

from tests.emulators.raw_http.support import (
    GOOD,
    Servers,
    error_of,
    exchange,
    lives,
    status_of,
    without_continue,
)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1",
        b"Content-Length: 1, 1",
        b"Content-Length: 99999999999999999999",
        b"Content-Length: \xb2",
        b"Content-Length: 0x10",
        b"Content-Length: 100",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Authorization: " + b"A" * 60_000,
        b"Authorization: \xff\xfe\x00",
        b"\r\n".join(b"X-%d: 1" % number for number in range(200)),
        b": no name",
        b"no colon",
        b"X-Folded: a\r\n b",
        b"Expect: 100-continue\r\nContent-Length: 3",
        b"Host: [::1",
    ],
    ids=range(16),
)
@pytest.mark.parametrize(
    "body", [b"", b"abc", b"zz\r\nabc\r\n0\r\n\r\n", b"-5\r\nabc", b"fffffffffffff\r\nabc"]
)
def test_a_broken_head_or_body_is_refused(servers: Servers, name: str, head: bytes, body: bytes) -> None:
    request = f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\n".encode() + head + b"\r\n\r\n" + body
    answer = without_continue(exchange(servers[name], request))
    assert 400 <= status_of(answer) < 500


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("request_line", "answered"),
    [
        (b"", False),
        (b"\r\n\r\n", False),
        (b"GET", True),
        (b"GET /", True),
        (b"GET / HTTP/9.9", True),
        (b"GET / HTTP/x", True),
        (b"GET / / HTTP/1.1", True),
        (b"get / HTTP/1.1", True),
        (b"TRACE / HTTP/1.1", True),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1", True),
        (b"GET * HTTP/1.1", True),
        (b"GET http://h/2016-08-15/proxy HTTP/1.1", True),
        (b"GET //%00%ff?%zz=%&&= HTTP/1.1", True),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", True),
        (b"PRI * HTTP/2.0", True),
    ],
    ids=range(15),
)
def test_a_broken_request_line_is_answered_or_ignored(
    servers: Servers, name: str, request_line: bytes, answered: bool
) -> None:
    answer = exchange(servers[name], request_line + b"\r\nHost: h\r\n\r\n" if answered else request_line)
    assert bool(answer) is answered
    # A request without a version is one of HTTP 0.9, and so is its answer.
    if answered and request_line != b"GET /":
        assert status_of(answer) in range(400, 506)
    assert b"html" not in answer.lower()
    assert b"python" not in answer.lower()


@pytest.mark.parametrize("name", GOOD)
def test_random_bytes_in_a_good_request_hang_nothing(servers: Servers, name: str) -> None:
    chance = random.Random(name)
    good = (
        f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        "Authorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}"
    ).encode()
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
        answer = exchange(servers[name], bytes(data))
        assert b" 500 " not in answer.partition(b"\r\n")[0], bytes(data)
    assert lives(servers[name], GOOD[name])


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(200)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / / HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    ],
    ids=["URI", "headers", "header", "version", "line", "length"],
)
def test_what_the_server_itself_refuses_is_said_in_the_shape_of_the_service(
    servers: Servers, name: str, request_: bytes, status: int
) -> None:
    assert error_of(name, exchange(servers[name], request_))[0] == status


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("method", ["TRACE", "get", "CONNECT", "PROPFIND"])
def test_a_method_that_nothing_has_is_refused_by_the_service(
    servers: Servers, name: str, method: str
) -> None:
    answer = exchange(servers[name], f"{method} {GOOD[name]} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    assert error_of(name, answer)[0] in range(400, 406)


@pytest.mark.parametrize("name", GOOD)
def test_an_upload_too_large_to_begin_with_is_refused_before_it_is_sent(servers: Servers, name: str) -> None:
    head = f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\nContent-Length: {10**13}\r\n\r\n".encode()
    status, code = error_of(name, exchange(servers[name], head + b"a" * 1_000_000))
    assert (status, code) in [
        (400, "EntityTooLarge"),
        (413, "OTSRequestBodyTooLarge"),
        (400, "BadRequest.TooLarge"),
        (413, "EntityTooLarge"),
    ]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_no_http_at_all_is_told_so_in_plain_text(servers: Servers, name: str) -> None:
    for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"EHLO there\r\n\r\n"):
        answer = exchange(servers[name], noise)
        assert status_of(answer) == 400
        assert b"Content-Type: text/plain" in answer
        assert answer.endswith(b"The request is not well-formed HTTP.\n")
