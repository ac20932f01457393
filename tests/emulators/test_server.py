"""The loopback server's own promises, with an answer made up here."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress

from aliyun_local.serving.connections import Connections
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Request, Response


def test_closing_waits_for_the_request_that_is_under_way() -> None:
    began, hung_up, closed = threading.Event(), threading.Event(), threading.Event()
    closed_too_early = threading.Event()

    def answer(request: Request) -> Response:
        began.set()
        hung_up.wait(10)
        if closed.wait(0.1):
            closed_too_early.set()
        return Response(status=200)

    server = LoopbackServer(answer).start()

    def close() -> None:
        server.close()
        closed.set()

    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        began.wait(10)
        closing = threading.Thread(target=close)
        closing.start()
        # The server hangs up on its clients while it closes, and waits after that.
        assert connection.recv(1) == b""
        hung_up.set()
        closing.join(10)
    assert closed.is_set()
    assert not closed_too_early.is_set()


ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def status_on(connection: socket.socket) -> bytes:
    """Ask on an open connection; return the status, nothing if the server has hung up."""
    connection.settimeout(10)
    with suppress(ConnectionError):
        connection.sendall(ASK)
        return connection.recv(65536).partition(b" ")[2][:3]
    return b""


def test_a_full_server_ends_the_connection_that_has_rested_longest() -> None:
    with ExitStack() as opened, LoopbackServer(lambda _: Response(status=200), max_connections=3) as server:

        def connected() -> socket.socket:
            return opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))

        first, second, third = connected(), connected(), connected()
        assert status_on(connected()) == b"200"
        assert [status_on(connection) for connection in (first, second, third)] == [b"", b"200", b"200"]


def test_a_connection_that_works_is_not_ended_and_rests_anew_afterwards() -> None:
    with ExitStack() as opened:
        pairs = [socket.socketpair() for _ in range(5)]
        for pair in pairs:
            for end in pair:
                opened.enter_context(end)
        (first, _), (second, its_client), (third, _), (fourth, _), (fifth, _) = pairs
        connections = Connections(2)
        assert connections.add(first)
        assert connections.add(second)
        connections.works(first)
        connections.works(second)
        assert not connections.add(third)
        connections.rests(second)
        connections.rests(first)
        assert connections.add(third)
        assert its_client.recv(1) == b""
        connections.works(third)
        assert connections.add(fourth)
        connections.works(fourth)
        assert not connections.add(fifth)
        connections.remove(third)
        assert connections.add(fifth)


def test_a_server_whose_every_connection_works_refuses_another_one() -> None:
    began, go_on = threading.Semaphore(0), threading.Event()

    def answer(_: Request) -> Response:
        began.release()
        go_on.wait(10)
        return Response(status=200)

    with ExitStack() as opened, LoopbackServer(answer, max_connections=2) as server:

        def connected() -> socket.socket:
            return opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))

        working = [connected(), connected()]
        for connection in working:
            connection.sendall(ASK)
            assert began.acquire(timeout=10)
        assert connected().recv(65536).startswith(b"HTTP/1.1 503 ")
        go_on.set()
        for connection in working:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        # A client reads the end of its answer a moment before the server notes that the connection rests.
        later = (status_on(connected()) for _ in range(1000))
        assert b"200" in later


def test_a_server_has_far_fewer_threads_than_clients_that_only_connect() -> None:
    before = threading.active_count()
    with ExitStack() as opened, LoopbackServer(lambda _: Response(status=200), max_connections=8) as server:
        for _ in range(64):
            idle = opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            idle.sendall(b"GET / HTTP")
        last = opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert status_on(last) == b"200"
        ended = threading.Event()
        for _ in range(1000):
            if threading.active_count() - before <= 10 or ended.wait(0.01):
                break
        assert threading.active_count() - before <= 10
