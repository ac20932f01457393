"""The loopback transport: an HTTP/1.1 server for one service, on the standard library.

The local clouds start one for each service. Measured against wsgiref, werkzeug, waitress and cheroot it is
the fastest to start and to answer. It keeps connections alive and leaves the path undecoded, which OSS
signatures need.

Each connection has a thread, and their number is bounded. What happens on a connection is in
:mod:`aliyun_local.serving.handler`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from aliyun_local.serving.connections import Connections
from aliyun_local.serving.destinations import Listener
from aliyun_local.serving.handler import Handler
from aliyun_local.serving.wire import Request, Response

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 (only a name for it; nothing listens there unless a user asks for it)
HOST_VARIABLE = "LOCAL_HOST"
REQUEST_SECONDS = 20.0
MAX_CONNECTIONS = 256
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_POLL_SECONDS, _CLOSE_SECONDS = 0.01, 5.0


class LoopbackServer:
    """Answers requests on an address until it is closed."""

    def __init__(
        self,
        answer: Callable[[Request], Response],
        *,
        port: int = 0,
        address: str = LOOPBACK,
        request_seconds: float = REQUEST_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
        spool_folder: Path | None = None,
    ) -> None:
        """Bind the port, so that :attr:`port` is known before :meth:`start`.

        Args:
            answer: answers a request; a front, or a server's controls around it.
            port: the port; 0 takes any free one.
            address: the address to listen on.
            request_seconds: how long a client may take to send a head, and a body beyond the time that it
                needs at a slow line's speed, before it gets a timeout error.
            max_connections: the connections that are served at once.
            spool_folder: a folder on the disk that takes large bodies while their requests are answered;
                None: that of temporary files.
        """
        self._server = _Server((address, port), answer, request_seconds, Connections(max_connections))
        self._server.spool_folder = spool_folder
        self.address = address
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        address = LOOPBACK if self.address == EVERYWHERE else self.address
        return f"http://{address}:{self.port}"

    def listener(self, service: str) -> Listener:
        """Return the address on which this server answers as ``service``."""
        return Listener(service=service, address=self.address, port=self.port)

    def start(self) -> LoopbackServer:
        """Start to answer, on a thread of its own."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering and free the port, once requests under way are answered; they have 5 seconds."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(_CLOSE_SECONDS)
        self._server.connections.end_all()
        self._server.connections.wait_for_all(_CLOSE_SECONDS)
        self._server.server_close()

    def __enter__(self) -> LoopbackServer:
        """Start."""
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        answer: Callable[[Request], Response],
        request_seconds: float,
        connections: Connections,
    ) -> None:
        """Listen on ``address``."""
        self.answer = answer
        self.request_seconds = request_seconds
        self.connections = connections
        self.spool_folder: Path | None = None
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without the host name lookup of the base class, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on a thread of its own, if there is a place for it."""
        if self.connections.add(request):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.setblocking(False)
            request.send(_FULL)
        self.shutdown_request(request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection until it ends."""
        try:
            super().finish_request(request, client_address)
        finally:
            self.connections.remove(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Print no traceback: clients may hang up in the middle of an answer."""
