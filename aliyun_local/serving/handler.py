"""What happens on a connection: requests are read within bounds, answered, and the connection is kept.

:class:`aliyun_local.serving.server.LoopbackServer` makes a :class:`Handler` for every connection. A request
that cannot be read goes to the service with a defect, so that the service refuses it in its own words. Bytes
that are no HTTP at all are answered in plain text.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Protocol

from aliyun_local.payloads import Payload
from aliyun_local.serving.bodies import Reception, is_large, receive
from aliyun_local.serving.broken_requests import REQUEST_TIMEOUT, BrokenRequest, Defect, defect_of_status
from aliyun_local.serving.connections import Connections
from aliyun_local.serving.timed_input import TimedInput
from aliyun_local.serving.wire import Admission, Headers, Request, Response

IDLE_SECONDS = 120.0
_NO_BODY = {204, 304}
_METHODS = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ", b"OPTIONS ")
_MAX_REQUEST_LINE_BYTES = 2048
# How long a GET or HEAD may pause in the body that it announces.
_READ_BODY_SECONDS = 0.2
_DRAIN_BYTES, _DRAIN_SECONDS = 4 * 1024 * 1024, 1.0


class _Refused(Exception):
    """The service has refused a request by its head."""


class Serving(Protocol):
    """The server, as a handler sees it."""

    answer: Callable[[Request], Response]
    request_seconds: float
    connections: Connections
    spool_folder: Path | None


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    server: Serving  # type: ignore[assignment]  # the base class says socketserver's own
    protocol_version = "HTTP/1.1"
    server_version = "local-cloud"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    raw_requestline: bytes

    def setup(self) -> None:
        """Read the connection by the clock."""
        super().setup()
        self.rfile.close()
        self._input = TimedInput(
            self.connection, rest_seconds=IDLE_SECONDS, request_seconds=self.server.request_seconds
        )
        self.rfile = io.BufferedReader(self._input)

    def version_string(self) -> str:
        """Return the Server header, without the trailing blank of the base class."""
        return self.server_version

    def handle_one_request(self) -> None:
        """Answer one request, without the headers of the one before."""
        self.headers = Message()
        self._awaits_word = False
        self._input.await_head()
        self.server.connections.rests(self.connection)
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Read the head of a request; refuse a broken one."""
        self.server.connections.works(self.connection)
        try:
            return super().parse_request()
        except TimeoutError:
            self._refuse(REQUEST_TIMEOUT)
            return False

    def send_error(self, code: int, *_: object, **__: object) -> None:
        """Let the service refuse a request, where the base class would send an HTML page."""
        self._refuse(defect_of_status(code))

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return the same method for every HTTP method, because services refuse unknown ones themselves."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Tell the client to go on only once its body is wanted."""
        self._awaits_word = True
        return True

    def _serve(self) -> None:
        with ExitStack() as held:
            try:
                body = self._body(held)
            except _Refused:
                self._drain()
            except BrokenRequest as broken:
                self._refuse(broken.defect)
            except TimeoutError:
                self._refuse(REQUEST_TIMEOUT)
            else:
                self._send_or_drop(self.server.answer(self._request(body=body)))

    def _body(self, held: ExitStack) -> Payload:
        reads = self.command in ("GET", "HEAD")
        if not is_large(self.headers):
            self._say_go_on()
        self._input.await_body(_READ_BODY_SECONDS if reads else None)
        try:
            reception = Reception(admit=self._ask_first, held=held, spool_folder=self.server.spool_folder)
            return receive(self.rfile, self.headers, reception)
        except TimeoutError:
            if not reads:
                raise
            # A read needs no body, so it is answered without the body that it announced.
            self.close_connection = True
            return b""

    def _ask_first(self) -> Admission:
        """Show the service the head of a large request, and return how much of a body it takes.

        Raises:
            _Refused: it has answered the request, and wants no body.
        """
        response = self.server.answer(self._request(expects_body=True))
        if response.admission is None:
            self.close_connection = True
            self._send_or_drop(response)
            raise _Refused
        self._say_go_on()
        # The service may have taken its time.
        self._input.await_body()
        return response.admission

    def _say_go_on(self) -> None:
        if self._awaits_word:
            self._awaits_word = False
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()

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
            self.path = rest.partition(" ")[0]
            self._send_or_drop(self.server.answer(self._request(defect=defect)))
        self._drain()

    def _drain(self) -> None:
        """Read what the client still sends, within bounds.

        Closing a connection with unread bytes would discard the answer.
        """
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            left, until = _DRAIN_BYTES, time.monotonic() + _DRAIN_SECONDS
            while left > 0 and (seconds := until - time.monotonic()) > 0:
                self.connection.settimeout(seconds)
                piece = self.connection.recv(65536)
                left = left - len(piece) if piece else 0

    def _request(
        self, *, body: Payload = b"", expects_body: bool = False, defect: Defect | None = None
    ) -> Request:
        raw_path, _, raw_query = self.path.partition("?")
        return Request(
            method=self.command,
            host=self.headers.get("Host", ""),
            raw_path=raw_path,
            raw_query=raw_query,
            headers=Headers((name, _as_utf8(value)) for name, value in self.headers.items()),
            body=body if isinstance(body, bytes) else b"",
            spooled=None if isinstance(body, bytes) else body,
            remote_address=self.client_address[0],
            defect=defect,
            expects_body=expects_body,
        )

    def _send_or_drop(self, response: Response) -> None:
        if response.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(response)

    def _send(self, response: Response) -> None:
        self.connection.settimeout(self.timeout)
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
