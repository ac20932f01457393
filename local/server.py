"""The loopback front end: one HTTP/1.1 server a service, on the standard library.

Measured against wsgiref, werkzeug, waitress and cheroot it is the fastest to start and to answer, keeps
connections alive and hands over the path undecoded, which OSS signatures need.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from local.wire import Headers, Request, Response

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 (told apart here, and listened on only when somebody asks for it)
HOST_VARIABLE = "LOCAL_HOST"
MAX_BODY_BYTES = 5 * 1024**3
_NO_BODY = {204, 304}
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")


class LoopbackServer:
    """Serves ``answer`` on an address until closed."""

    def __init__(
        self, answer: Callable[[Request], Response], *, port: int = 0, address: str = LOOPBACK
    ) -> None:
        """Bind at once (``port`` 0: any free one), so that :attr:`port` is known before :meth:`start`."""
        self._server = _Server((address, port), _Handler)
        self._server.answer = answer
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
    timeout = 120

    def version_string(self) -> str:
        """Name the server, without the trailing blank of the base class."""
        return self.server_version

    def _serve(self) -> None:
        try:
            body = self._read_body()
        except ValueError as problem:
            self.close_connection = True
            self._send(Response(status=400, body=f"{problem}\n".encode()))
            return
        raw_path, _, raw_query = self.path.partition("?")
        response = self.server.answer(
            Request(
                method=self.command,
                host=self.headers.get("Host", ""),
                raw_path=raw_path,
                raw_query=raw_query,
                headers=Headers((name, _as_utf8(value)) for name, value in self.headers.items()),
                body=body,
                remote_address=self.client_address[0],
            )
        )
        if response.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(response)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_PATCH = _serve  # noqa: N815 (names fixed by http.server)

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY_BYTES:
            raise ValueError("Content-Length is not a size that is accepted here")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise ValueError("the body ended before its Content-Length")
        return body

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        left = MAX_BODY_BYTES
        while True:
            digits = self.rfile.readline(1024).partition(b";")[0].strip()
            if not _HEXADECIMAL.fullmatch(digits):
                raise ValueError("a chunk's size is not a hexadecimal number")
            size = int(digits, 16)
            if size > left:
                raise ValueError("the chunks are more than is accepted here")
            if size == 0:
                while self.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
                    pass
                return b"".join(chunks)
            chunks.append(self.rfile.read(size))
            left -= size
            if len(chunks[-1]) != size or self.rfile.readline(8) not in (b"\r\n", b"\n"):
                raise ValueError("a chunk ended before its size")

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
