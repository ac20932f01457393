"""The loopback front end: one HTTP/1.1 server a service, on the standard library.

Measured against wsgiref, werkzeug, waitress and cheroot it is the fastest to start and to answer, keeps
connections alive and hands over the path undecoded, which OSS signatures need.
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
from aliyun_local.serving.broken_requests import REQUEST_TIMEOUT, Broken, BrokenRequest, broken_by
from aliyun_local.serving.wire import Headers, Request, Response

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 (told apart here, and listened on only when somebody asks for it)
HOST_VARIABLE = "LOCAL_HOST"
IDLE_SECONDS = 120.0
REQUEST_SECONDS = 20.0
_NO_BODY = {204, 304}
_METHODS = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ", b"OPTIONS ")
_MAX_SHOWN = 2048
_READ_SECONDS = 0.2
_DRAIN_BYTES, _DRAIN_SECONDS = 4 * 1024 * 1024, 1.0


class LoopbackServer:
    """Serves ``answer`` on an address until closed."""

    def __init__(
        self,
        answer: Callable[[Request], Response],
        *,
        port: int = 0,
        address: str = LOOPBACK,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        """Bind at once (``port`` 0: any free one), so that :attr:`port` is known before :meth:`start`.

        A client that begins a request and then sends nothing of it for ``request_seconds`` is told so.
        """
        self._server = _Server((address, port), _Handler)
        self._server.answer = answer
        self._server.request_seconds = request_seconds
        self.address = address
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        address = LOOPBACK if self.address == EVERYWHERE else self.address
        return f"http://{address}:{self.port}"

    def start(self) -> LoopbackServer:
        """Begin to answer, on a thread of its own."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.hang_up()
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
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(*arguments)

    def server_bind(self) -> None:
        """Bind, without the base class's question to the name service, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.socket.getsockname()[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, which :meth:`hang_up` can end meanwhile."""
        with self._guard:
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._guard:
                self._open.discard(request)

    def hang_up(self) -> None:
        """End the connections that clients keep for later, so that none reaches what is closed."""
        with self._guard:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "local-cloud"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    raw_requestline: bytes

    def version_string(self) -> str:
        """Name the server, without the trailing blank of the base class."""
        return self.server_version

    def handle_one_request(self) -> None:
        """Wait for a request and answer it; nothing of the one before is known any more."""
        self.headers = Message()
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Read the head of a request; what is wrong with it is answered."""
        self.connection.settimeout(self.server.request_seconds)
        try:
            return super().parse_request()
        except TimeoutError:
            self._refuse(REQUEST_TIMEOUT)
            return False
        finally:
            self.connection.settimeout(self.timeout)

    def send_error(self, code: int, *_: object, **__: object) -> None:
        """Refuse a request as its service does, in place of the base class with a page of its own."""
        self._refuse(broken_by(code))

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what serves a method: services know their methods, and refuse the others."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        reads = self.command in ("GET", "HEAD")
        seconds = self.server.request_seconds
        self.connection.settimeout(min(seconds, _READ_SECONDS) if reads else seconds)
        try:
            body = read_body(self.rfile, self.headers)
        except BrokenRequest as problem:
            self._refuse(problem.broken)
            return
        except TimeoutError:
            if not reads:
                self._refuse(REQUEST_TIMEOUT)
                return
            # To read takes no body, so what was announced and does not come is not missed.
            body, self.close_connection = b"", True
        finally:
            self.connection.settimeout(self.timeout)
        self._answer(self.command, self.path, body)

    def _refuse(self, broken: Broken) -> None:
        """Let the service say what is wrong, if it was HTTP at all, and hang up."""
        self.close_connection = True
        self.request_version = self.protocol_version
        line = self.raw_requestline
        if b"HTTP/" not in line and not line.startswith(_METHODS):
            text = f"{broken.message}\n".encode()
            self._send(Response(status=400, headers={"Content-Type": "text/plain"}, body=text))
        else:
            self.command, _, rest = line[:_MAX_SHOWN].decode("latin-1").strip().partition(" ")
            self._answer(self.command, rest.partition(" ")[0], b"", broken)
        self._drain()

    def _drain(self) -> None:
        """Hear out, within bounds, who still sends: to close on unread bytes takes the answer back."""
        self.connection.settimeout(_DRAIN_SECONDS)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            left = _DRAIN_BYTES
            while left > 0 and (piece := self.connection.recv(65536)):
                left -= len(piece)

    def _answer(self, method: str, path: str, body: bytes, broken: Broken | None = None) -> None:
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
                broken=broken,
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
        bodiless = self.command == "HEAD" or response.status in _NO_BODY
        chunked = "transfer-encoding" in names
        if response.stream is not None and not chunked and self.request_version != "HTTP/1.0":
            self.send_header("Transfer-Encoding", "chunked")
            chunked = True
        elif response.stream is not None and not chunked:
            self.send_header("Connection", "close")
        elif not chunked and "content-length" not in names and response.status not in _NO_BODY:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if not bodiless:
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
            # Only a missing end tells the client that what it got is not all.
            self.close_connection = True
            return
        finally:
            if isinstance(pieces, Generator):
                pieces.close()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Stay silent: the request log of the front is the log."""


def _as_utf8(value: str) -> str:
    """Undo http.server's latin-1 reading of header bytes where they are UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
