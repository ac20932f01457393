"""Bytes that are no proper HTTP, to every service: each is answered at once, and the service lives on."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from xml.etree import ElementTree

import pytest

from aliyun_local.clock import SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Service
from aliyun_local.tablestore.codec.messages import Error
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.models import TableStore
from tests.emulators.dashscope.support import API_KEY, Web
from tests.emulators.function_compute.support import start

PATIENCE_SECONDS = 5
HURRY_SECONDS = 0.03
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
    fronts: dict[str, Front] = {service.name: Front(service) for service in services}
    fronts["function_compute"] = functions.front
    hurried = {
        f"hurried {name}": LoopbackServer(front, request_seconds=HURRY_SECONDS).start()
        for name, front in fronts.items()
    }
    running |= hurried
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


def told(name: str, answer: bytes) -> tuple[int, str]:
    """Return the status and the code of an error, read as the service's own clients read it."""
    while answer.startswith(b"HTTP/1.1 100 "):
        answer = answer.partition(b"\r\n\r\n")[2]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    if name == "oss":
        root = ElementTree.fromstring(body)
        assert root.tag == "Error"
        code = root.findtext("Code")
        assert root.findtext("Message")
        assert root.findtext("RequestId", "-").encode() in head
    elif name == "tablestore":
        error = Error.decode(body)
        code = error.code
        assert error.message
        assert b"x-ots-requestid" in head
    else:
        document = json.loads(body)
        code = document.get("code") or document.get("Code") or document.get("ErrorCode")
        assert document.get("message") or document.get("Message") or document.get("ErrorMessage")
    assert code
    return status_of(answer), code


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
    # A request without a version is one of HTTP 0.9, and so is its answer.
    if answered and request_line != b"GET /":
        assert status_of(answer) in range(400, 506)
    assert b"html" not in answer.lower()
    assert b"python" not in answer.lower()


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
    servers: dict[str, LoopbackServer], name: str, rest: bytes
) -> None:
    server = servers[f"hurried {name}"]
    with socket.create_connection((server.address, server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\n".encode() + rest)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told(name, answer) == TIMEOUTS[name]


def test_a_read_does_not_wait_for_the_body_that_it_announces(servers: dict[str, LoopbackServer]) -> None:
    server = servers["hurried oss"]
    with socket.create_connection((server.address, server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told("oss", answer) == (403, "AccessDenied")


def test_a_connection_may_rest_between_requests_for_longer_than_within_one(
    servers: dict[str, LoopbackServer],
) -> None:
    server = servers["hurried oss"]
    with socket.create_connection((server.address, server.port), timeout=PATIENCE_SECONDS) as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            assert status_of(connection.recv(65536)) == 403
            connection.settimeout(HURRY_SECONDS * 2)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(PATIENCE_SECONDS)


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
    servers: dict[str, LoopbackServer], name: str, request_: bytes, status: int
) -> None:
    assert told(name, ask(servers[name], request_))[0] == status


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("method", ["TRACE", "get", "CONNECT", "PROPFIND"])
def test_a_method_that_nothing_has_is_refused_by_the_service(
    servers: dict[str, LoopbackServer], name: str, method: str
) -> None:
    answer = ask(servers[name], f"{method} {GOOD[name]} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    assert told(name, answer)[0] in range(400, 406)


@pytest.mark.parametrize("name", GOOD)
def test_an_upload_too_large_to_begin_with_is_refused_before_it_is_sent(
    servers: dict[str, LoopbackServer], name: str
) -> None:
    head = f"POST {GOOD[name]} HTTP/1.1\r\nHost: h\r\nContent-Length: {10**13}\r\n\r\n".encode()
    status, code = told(name, ask(servers[name], head + b"a" * 1_000_000))
    assert (status, code) in [
        (400, "EntityTooLarge"),
        (413, "OTSRequestBodyTooLarge"),
        (413, "InvalidParameter"),
        (413, "EntityTooLarge"),
    ]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_no_http_at_all_is_told_so_in_plain_text(
    servers: dict[str, LoopbackServer], name: str
) -> None:
    for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"EHLO there\r\n\r\n"):
        answer = ask(servers[name], noise)
        assert status_of(answer) == 400
        assert b"Content-Type: text/plain" in answer
        assert answer.endswith(b"The request is not well-formed HTTP.\n")
