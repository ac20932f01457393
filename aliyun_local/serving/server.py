"""The loopback transport: an HTTP/1.1 server for one service, on the standard library.

The local clouds start one for each service. Measured against wsgiref, werkzeug, waitress and cheroot it is
the fastest to start and to answer. It keeps connections alive and leaves the path undecoded, which OSS
signatures need.

The server reads a request within bounds and within ``request_seconds``. A request that it cannot read goes to
the service with a defect, so that the service refuses it in its own words. Bytes that are no HTTP at all are
answered in plain text.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from aliyun_local.serving.bodies import read_body
from aliyun_local.serving.broken_requests import REQUEST_TIMEOUT, BrokenRequest, Defect, defect_of_status
from aliyun_local.serving.destinations import Listener
from aliyun_local.serving.wire import Headers, Request, Response

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 (only a name for it; nothing listens there unless a user asks for it)
HOST_VARIABLE = "LOCAL_HOST"
IDLE_SECONDS = 120.0
REQUEST_SECONDS = 20.0
_NO_BODY = {204, 304}
_METHODS = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ", b"OPTIONS ")
_MAX_REQUEST_LINE_BYTES = 2048
# How long a GET or HEAD may take to send the body that it announces.
_READ_BODY_SECONDS = 0.2
_DRAIN_BYTES, _DRAIN_SECONDS = 4 * 1024 * 1024, 1.0
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
    ) -> None:
        """Bind the port, so that :attr:`port` is known before :meth:`start`.

        Args:
            answer: answers a request; a front, or a server's controls around it.
            port: the port; 0 takes any free one.
            address: the address to listen on.
            request_seconds: how long a client may pause within a request before it gets a timeout error.
        """
        self._server = _Server((address, port), _Handler)
        self._server.answer = answer
        self._server.request_seconds = request_seconds
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
        self._server.end_connections()
        self._server.finish(_CLOSE_SECONDS)
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
    answer: Callable[[Request], Response]
    request_seconds: float

    def __init__(self, *arguments: Any) -> None:
        """Take the base class's arguments."""
        self._connections: set[socket.socket] = set()
        self._lock = threading.Condition()
        super().__init__(*arguments)

    def server_bind(self) -> None:
        """Bind without the host name lookup of the base class, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.socket.getsockname()[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, until it ends or :meth:`end_connections` ends it."""
        with self._lock:
            self._connections.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._lock:
                self._connections.discard(request)
                self._lock.notify_all()

    def end_connections(self) -> None:
        """End all connections, also the idle ones of clients, so that no request reaches a closed service."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def finish(self, seconds: float) -> None:
        """Wait until no connection is served any more, so that no request outlives what it works on."""
        with self._lock:
            self._lock.wait_for(lambda: not self._connections, seconds)

    def handle_error(self, request: object, client_address: object) -> None:
        """Print no traceback: clients may hang up in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "local-cloud"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    raw_requestline: bytes

    def version_string(self) -> str:
        """Return the Server header, without the trailing blank of the base class."""
        return self.server_version

    def handle_one_request(self) -> None:
        """Answer one request, without the headers of the one before."""
        self.headers = Message()
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Read the head of a request; refuse a broken one."""
        self.connection.settimeout(self.server.request_seconds)
        try:
            return super().parse_request()
        except TimeoutError:
            self._refuse(REQUEST_TIMEOUT)
            return False
        finally:
            self.connection.settimeout(self.timeout)

    def send_error(self, code: int, *_: object, **__: object) -> None:
        """Let the service refuse a request, where the base class would send an HTML page."""
        self._refuse(defect_of_status(code))

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return the same method for every HTTP method, because services refuse unknown ones themselves."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        reads = self.command in ("GET", "HEAD")
        seconds = self.server.request_seconds
        self.connection.settimeout(min(seconds, _READ_BODY_SECONDS) if reads else seconds)
        try:
            body = read_body(self.rfile, self.headers)
        except BrokenRequest as broken:
            self._refuse(broken.defect)
            return
        except TimeoutError:
            if not reads:
                self._refuse(REQUEST_TIMEOUT)
                return
            # A read needs no body, so it is answered without the body that it announced.
            body, self.close_connection = b"", True
        finally:
            self.connection.settimeout(self.timeout)
        self._answer(self.command, self.path, body)

    def _refuse(self, defect: Defect) -> None:
        """Let the service refuse the request if it is HTTP at all, and close the connection."""
        self.close_connection = True
        self.request_version = self.protocol_version
        line = self.raw_requestline
        if b"HTTP/" not in line and not line.startswith(_METHODS):
            text = f"{defect.message}\n".encode()
            self._send(Response(status=400, headers={"Content-Type": "text/plain"}, body=text))
        else:
            self.command, _, rest = line[:_MAX_REQUEST_LINE_BYTES].decode("latin-1").strip().partition(" ")
            self._answer(self.command, rest.partition(" ")[0], b"", defect)
        self._drain()

    def _drain(self) -> None:
        """Read what the client still sends, within bounds.

        Closing a connection with unread bytes would discard the answer.
        """
        self.connection.settimeout(_DRAIN_SECONDS)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            left = _DRAIN_BYTES
            while left > 0 and (piece := self.connection.recv(65536)):
                left -= len(piece)

    def _answer(self, method: str, path: str, body: bytes, defect: Defect | None = None) -> None:
        raw_path, _, raw_query = path.partition("?")
        response = self.server.answer(
            Request(
                method=method,
                host=self.headers.get("Host", ""),
                raw_path=raw_path,
                raw_query=raw_query,
                headers=Headers((name, _as_utf8(value)) for name, value in self.headers.items()),
                body=body,
                remote_address=self.client_address[0],
                defect=defect,
            )
        )
        if response.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(response)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value.encode("utf-8").decode("latin-1"))
        names = {name.lower() for name in response.headers}
        has_body = not (self.command == "HEAD" or response.status in _NO_BODY)
        chunked = "transfer-encoding" in names
        if response.stream is not None and not chunked and self.request_version != "HTTP/1.0":
            self.send_header("Transfer-Encoding", "chunked")
            chunked = True
        elif response.stream is not None and not chunked:
            self.send_header("Connection", "close")
        elif not chunked and "content-length" not in names and response.status not in _NO_BODY:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if has_body:
            self._send_body(response, chunked)
        self.wfile.flush()

    def _send_body(self, response: Response, chunked: bool) -> None:
        if response.stream is None and not chunked:
            self.wfile.write(response.body)
            return
        pieces = iter((response.body,)) if response.stream is None else response.stream
        try:
            for piece in pieces:
                if piece:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                    self.wfile.flush()
        except Exception:
            # Only the missing end of the body tells the client that the answer is incomplete.
            self.close_connection = True
            return
        finally:
            if isinstance(pieces, Generator):
                pieces.close()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Write no log: the front has the request log."""


def _as_utf8(value: str) -> str:
    """Return a header that http.server decoded as latin-1 as UTF-8, if it is UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
