"""Bytes that are no proper HTTP, to every service: each is answered at once, and the service lives on."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.clock import SystemClock
from local.credentials import AccessKeys
from local.dashscope.models import Behaviour, ModelStudio
from local.dashscope.responses import DashScopeService
from local.oss.models import ObjectStore
from local.oss.responses import OssService
from local.server import LoopbackServer
from local.tablestore.models import TableStore
from local.tablestore.responses import TablestoreService
from local.wire import Front, Service
from tests.emulators.dashscope.support import API_KEY, Web
from tests.emulators.function_compute.support import start

PATIENCE_SECONDS = 5
GOOD = {
    "oss": "/bucket/key?acl",
    "tablestore": "/GetRow",
    "dashscope": "/api/v1/files",
    "function_compute": "/2023-03-30/functions/echo",
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, LoopbackServer]]:
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add("LTAItest", "secret")
    objects, tables = ObjectStore(None, clock), TableStore(None, clock)
    studio = ModelStudio(None, clock, Behaviour(), Web().fetch)
    functions = start(tmp_path_factory.mktemp("functions"))
    services: list[Service] = [
        OssService(objects, keys, clock),
        TablestoreService(tables, keys, clock),
        DashScopeService(studio, clock, api_keys=[API_KEY]),
    ]
    running = {service.name: LoopbackServer(Front(service)).start() for service in services}
    yield running | {"function_compute": functions.api}
    for server in running.values():
        server.close()
    for store in (objects, tables, studio, functions):
        store.close()


@pytest.fixture(autouse=True)
def _no_traceback(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    died: list[threading.ExceptHookArgs] = []
    before, threading.excepthook = threading.excepthook, died.append
    yield
    threading.excepthook = before
    assert died == []
    assert "Traceback" not in "".join(capfd.readouterr()) + caplog.text


def ask(server: LoopbackServer, request: bytes) -> bytes:
    """Send bytes and the end of all bytes; return all that comes back."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        answer = b""
        # A server that has heard enough may hang up before everything is sent; what it said is there to read.
        with suppress(ConnectionError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer[:80]
    return int(answer.split(b" ", 2)[1])


def lives(server: LoopbackServer, path: str) -> bool:
    return 400 <= status_of(ask(server, f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())) < 500


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
def test_a_broken_head_or_body_is_refused(
    servers: dict[str, LoopbackServer], name: str, head: bytes, body: bytes
) -> None:
    request = f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\n".encode() + head + b"\r\n\r\n" + body
    answer = ask(servers[name], request)
    while answer.startswith(b"HTTP/1.1 100 "):
        answer = answer.partition(b"\r\n\r\n")[2]
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
    servers: dict[str, LoopbackServer], name: str, request_line: bytes, answered: bool
) -> None:
    answer = ask(servers[name], request_line + b"\r\nHost: h\r\n\r\n" if answered else request_line)
    assert bool(answer) is answered
    # What is not even HTTP 1 is told so without a status line.
    assert not answer.startswith(b"HTTP/") or status_of(answer) in range(400, 506)


@pytest.mark.parametrize("name", GOOD)
def test_random_bytes_in_a_good_request_hang_nothing(servers: dict[str, LoopbackServer], name: str) -> None:
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
        answer = ask(servers[name], bytes(data))
        assert b" 500 " not in answer.partition(b"\r\n")[0], bytes(data)
    assert lives(servers[name], GOOD[name])


@pytest.mark.parametrize("name", GOOD)
def test_a_connection_that_says_nothing_keeps_nobody_waiting(
    servers: dict[str, LoopbackServer], name: str
) -> None:
    address = ("127.0.0.1", servers[name].port)
    with socket.create_connection(address), socket.create_connection(address) as half:
        half.sendall(f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc".encode())
        assert lives(servers[name], GOOD[name])
