"""Large bodies: nobody has to send one to be refused, and no two of them fill the memory."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from aliyun_local.serving import bodies
from aliyun_local.serving.bodies import SMALL_BODY_BYTES, MemoryBudget
from aliyun_local.serving.broken_requests import SERVER_BUSY, BrokenRequest, in_words_of
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Admission, Request, Response
from tests.emulators.raw_http.support import (
    PATIENCE_SECONDS,
    Servers,
    connect,
    error_of,
    exchange,
    read_all,
    status_of,
)

HUGE = b"Content-Length: %d\r\n" % 1024**3
STRANGERS = {
    "oss": (b"PUT /bucket/key", (404, "NoSuchBucket")),
    "tablestore": (b"POST /PutRow", (400, "OTSMissingHeader")),
    "dashscope": (b"POST /api/v1/files", (401, "InvalidApiKey")),
    "function_compute": (b"POST /2023-03-30/functions/echo/invocations", (403, "AccessDenied")),
}
"""A request for each service that nobody has signed, and its refusal."""


def head_of(name: str, *headers: bytes) -> bytes:
    return STRANGERS[name][0] + b" HTTP/1.1\r\nHost: h\r\n" + b"".join(headers) + b"\r\n"


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"], ids=["sends on", "waits for word"])
def test_a_stranger_is_refused_by_the_head_alone(servers: Servers, name: str, expect: bytes) -> None:
    with connect(servers[name]) as connection:
        connection.sendall(head_of(name, HUGE, expect))
        # Read without having sent a byte of the body; the server hangs up at once.
        answer = read_all(connection)
    assert error_of(name, answer) == STRANGERS[name][1]
    assert not answer.startswith(b"HTTP/1.1 100")


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_who_does_not_say_how_much_comes_is_refused_once_it_is_much(
    servers: Servers, name: str
) -> None:
    with connect(servers[name]) as connection:
        connection.sendall(head_of(name, b"Transfer-Encoding: chunked\r\n") + b"40000000\r\n")
        assert error_of(name, read_all(connection)) == STRANGERS[name][1]


def receiver(answered: list[Request], most_bytes: int) -> LoopbackServer:
    """Return a server that admits ``most_bytes``, and notes every request that it is asked."""

    def answer(request: Request) -> Response:
        answered.append(request)
        if request.expects_body:
            return Response(status=100, admission=Admission(most_bytes=most_bytes))
        return Response(status=200)

    return LoopbackServer(answer)


@pytest.mark.parametrize(
    ("size", "questions"), [(SMALL_BODY_BYTES, 1), (SMALL_BODY_BYTES + 1, 2), (3 * 1024**2, 2)]
)
@pytest.mark.parametrize("chunk", [0, 1000, 70_000])
def test_a_body_arrives_whole_after_the_service_has_been_asked(size: int, questions: int, chunk: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"\xff" * (size % 256)
    framing, body = b"Content-Length: %d\r\n" % size, content
    if chunk:
        framing, body = b"Transfer-Encoding: chunked\r\n", b""
        for start in range(0, size, chunk):
            piece = content[start : start + chunk]
            body += b"%x\r\n%b\r\n" % (len(piece), piece)
        body += b"0\r\n\r\n"
    asked: list[Request] = []
    with receiver(asked, 4 * 1024**2) as server:
        request = b"PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + framing + b"\r\n"
        assert status_of(exchange(server, request + body)) == 200
    assert len(asked) == questions
    assert [request.body for request in asked] == [b""] * (questions - 1) + [content]


@pytest.mark.parametrize(
    "framing",
    [b"Content-Length: 100001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n186a1\r\n"],
    ids=["length", "chunk"],
)
def test_more_than_the_service_admits_is_not_read(framing: bytes) -> None:
    asked: list[Request] = []
    with receiver(asked, 100_000) as server, connect(server) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\n" + framing)
        read_all(connection)
    assert [request.defect and request.defect.code for request in asked] == [None, "EntityTooLarge"]


def test_a_client_that_waits_for_word_gets_it_once_its_body_is_wanted() -> None:
    asked: list[Request] = []
    with receiver(asked, 100_000) as server, connect(server) as connection:
        head = b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n"
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert [request.expects_body for request in asked] == [True]
        connection.sendall(b"x" * 70_000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


class WatchedBudget(MemoryBudget):
    """A memory of 150,000 bytes that nobody waits for."""

    def __init__(self) -> None:
        super().__init__(150_000, wait_seconds=0.0)
        self.taken = threading.Event()

    def take(self, size_bytes: int, held: ExitStack) -> None:
        super().take(size_bytes, held)
        self.taken.set()


def test_bodies_share_a_memory_and_are_refused_when_it_stays_full(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = WatchedBudget()
    monkeypatch.setattr(bodies, "MEMORY", memory)
    request = b"PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
    asked: list[Request] = []
    with receiver(asked, 10**6) as server:
        with connect(server) as first:
            first.sendall(request + b"x")
            assert memory.taken.wait(PATIENCE_SECONDS)
            exchange(server, request + b"x" * 100_000)
            assert [one.defect.code for one in asked if one.defect] == ["ServiceUnavailable"]
            first.sendall(b"x" * 99_999)
            assert status_of(read_all(first)) == 200
        assert status_of(exchange(server, request + b"x" * 100_000)) == 200


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("oss", "ServiceUnavailable"),
        ("tablestore", "OTSServerBusy"),
        ("dashscope", "ModelUnavailable"),
        ("function_compute", "ServiceUnavailable"),
    ],
)
def test_each_service_has_words_of_its_own_for_a_full_memory(service: str, code: str) -> None:
    words = in_words_of(service, SERVER_BUSY)
    assert (words.status, words.code) == (503, code)


def test_memory_is_given_back_when_it_is_not_needed_any_more() -> None:
    budget = MemoryBudget(100, wait_seconds=0.0)
    for _ in range(3):
        with ExitStack() as held:
            budget.take(60, held)
            budget.take(40, held)
            with pytest.raises(BrokenRequest), ExitStack() as other:
                budget.take(1, other)
