"""The loopback server's own promises, with an answer made up here."""

from __future__ import annotations

import socket
import threading

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
