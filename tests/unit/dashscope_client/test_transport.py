"""The wire below the answers: time-outs, TLS, redirects, retries, and a create's connection of its own."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import responses

from shared.clients.dashscope import DashScope
from shared.clients.dashscope_http import TIMEOUT_SECONDS
from shared.clients.retries import TRIES, Retries
from shared.errors import OutcomeUnknown, RetryLater, Trouble
from tests.unit.dashscope_client.support import API_KEY, BASE, ID, PENDING, SIGNED, answer

Call = Callable[[DashScope], object]

CALLS: dict[str, Call] = {
    "create": lambda client: client.create_fine_tune([SIGNED]),
    "get": lambda client: client.fine_tune(ID),
    "list": lambda client: client.fine_tunes(),
    "cancel": lambda client: client.cancel_fine_tune(ID),
    "delete": lambda client: client.delete_fine_tune(ID),
    "upload": lambda client: client.upload_file("a.jpg", b"x"),
    "list files": lambda client: client.files(),
    "delete a file": lambda client: client.delete_file("f1"),
    "detect faces": lambda client: client.detect_faces([SIGNED]),
}
METHODS = ("GET", "POST", "DELETE")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network but loopback, in place of none at all: here the transport itself is tested."""
    connect = socket.socket.connect

    def connect_to_loopback(opened: socket.socket, address: tuple[str, int]) -> None:
        assert address[0] == "127.0.0.1"
        connect(opened, address)

    monkeypatch.setattr(socket.socket, "connect", connect_to_loopback)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_request_is_bounded_in_time_verifies_the_server_and_follows_no_redirect(
    wire: responses.RequestsMock, client: DashScope, call: Call
) -> None:
    for method in METHODS:
        wire.add(method, "https://elsewhere.example/", json=answer(PENDING))
        wire.add_callback(
            method,
            re.compile(f"{BASE}/.*"),
            callback=lambda _: (302, {"Location": "https://elsewhere.example/"}, ""),
        )
    with pytest.raises(Trouble):
        call(client)
    assert len(wire.calls) == 1
    request = wire.calls[0].request
    assert (request.url or "").startswith(BASE)
    # ``responses`` keeps the options of a request beside it.
    options = vars(request)["req_kwargs"]
    assert options["timeout"] == TIMEOUT_SECONDS == (5, 20)
    # True, or the certificates that the environment names.
    assert options["verify"]
    assert options["cert"] is None


def test_neither_the_kept_connection_nor_that_of_a_create_repeats_anything_by_itself(
    wire: responses.RequestsMock,
) -> None:
    sessions: list[requests.Session] = []

    def new_session() -> requests.Session:
        sessions.append(requests.Session())
        return sessions[-1]

    client = DashScope(BASE, API_KEY, new_session=new_session)
    wire.post(f"{BASE}/fine-tunes", json=answer(PENDING))
    client.create_fine_tune([SIGNED])
    assert len(sessions) == 2
    for session in sessions:
        retries = session.get_adapter(BASE).max_retries  # type: ignore[attr-defined]
        assert (retries.total, session.verify) == (0, True)


class Server(ThreadingHTTPServer):
    """A DashScope on loopback that answers as told and counts connections and requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections: list[object] = []
        self.requests: list[tuple[str, str]] = []
        self.hangs_up = False
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.client_address)

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path))
        if self.server.hangs_up:
            self.close_connection = True
            return
        body = json.dumps(answer(PENDING)).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names that the base class calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def real(server: Server) -> Iterator[DashScope]:
    """A client of ``server`` with nothing of its transport replaced."""
    with ExitStack() as sessions:
        yield DashScope(
            server.url,
            API_KEY,
            new_session=lambda: sessions.enter_context(requests.Session()),
            retries=Retries(sleep=lambda _: None),
        )


def test_reads_share_a_connection_and_each_create_has_its_own(server: Server, real: DashScope) -> None:
    real.fine_tune(ID)
    real.fine_tune(ID)
    assert len(server.connections) == 1
    real.create_fine_tune([SIGNED])
    real.create_fine_tune([SIGNED])
    assert len(server.connections) == 3
    real.fine_tune(ID)
    assert len(server.connections) == 3


def test_a_create_leaves_no_connection_open() -> None:
    closed: list[bool] = []

    class Session(requests.Session):
        def close(self) -> None:
            closed.append(True)
            super().close()

    with responses.RequestsMock() as wire:
        wire.post(f"{BASE}/fine-tunes", body=requests.exceptions.ReadTimeout("x"))
        with pytest.raises(OutcomeUnknown):
            DashScope(BASE, API_KEY, new_session=Session).create_fine_tune([SIGNED])
    assert closed == [True]


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_create_is_sent_once_whatever_becomes_of_it(
    server: Server, real: DashScope, hangs_up: bool
) -> None:
    server.hangs_up, server.status = hangs_up, 503
    with pytest.raises(OutcomeUnknown):
        real.create_fine_tune([SIGNED])
    assert server.requests == [("POST", "/api/v1/fine-tunes")]


@pytest.mark.parametrize(("answer_takes_seconds", "asked"), [(2.7, TRIES), (2.9, 2), (5.9, 1)])
def test_no_try_of_a_read_begins_later_than_six_seconds_after_the_first(
    wire: responses.RequestsMock, answer_takes_seconds: float, asked: int
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", status=503)
    retries = Retries(
        sleep=lambda _: None, random=lambda: 0.5, now=lambda: len(wire.calls) * answer_takes_seconds
    )
    with pytest.raises(RetryLater):
        DashScope(BASE, API_KEY, retries=retries).fine_tune(ID)
    assert len(wire.calls) == asked


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_read_is_repeated_by_us_alone(server: Server, real: DashScope, hangs_up: bool) -> None:
    server.hangs_up, server.status = hangs_up, 503
    with pytest.raises(RetryLater):
        real.fine_tune(ID)
    assert server.requests == [("GET", f"/api/v1/fine-tunes/{ID}")] * TRIES
