"""One HTTP request to an address that somebody has set, and to no address that must not be reached.

The theory. A name is looked up once; every address of the answer is looked at
(:mod:`shared.domain.addresses`); and the connection is made to one of these very addresses. Between the look
and the connection nothing is looked up again, so a name server that answers otherwise the second time changes
nothing. TLS is still made for the name: its certificate is checked as ever, and SNI names it. Nothing follows
a redirect, reads the environment's proxies, or keeps a connection.

All of it is bounded by one moment. A time-out of a socket counts from byte to byte, so whoever sends a byte
every second could hold a run for hours: at that moment the line is cut, whatever stage the request is in.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from shared.domain.addresses import problem_with_address

CONNECT_SECONDS = 3.0
DEFAULT_PORTS = {"https": 443, "http": 80}
MAX_ANSWER_BYTES = 4096
"""So much of an answer is read; a receiver has nothing to say that is longer."""

Resolve = Callable[[str, int], list[str]]


class Refused(Exception):
    """The address must not be reached; the message says why."""


class Unreached(Exception):
    """No answer came; ``code`` says how far it went."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Answered(NamedTuple):
    """An answer: its status, the headers in lower case, and the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Poster:
    """Sends a request at a time."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolve: Resolve | None = None,
        connect: Callable[..., socket.socket] = socket.create_connection,
        ca_certs: str | None = None,
    ) -> None:
        """``resolve`` and ``connect`` stand for the system's; ``ca_certs`` names the certificates trusted."""
        self._allow_private = allow_private
        self._resolve = resolve or addresses_of
        self._connect = connect
        self._ca_certs = ca_certs
        self._trusts: ssl.SSLContext | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str], within_seconds: float) -> Answered:
        """Send ``body`` and return the answer, which has come within ``within_seconds``.

        Raises:
            Refused: the address must not be reached; nothing has been sent.
            Unreached: no answer came; it may have been received all the same.
        """
        parts = urlsplit(url)
        line = _Line(self._vetted_socket, within_seconds)
        # Without a port the standard library would take the end of an IPv6 address for one.
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        connection = self._connection(parts.scheme, parts.hostname or "", port, line, within_seconds)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with line:
                connection.request("POST", target, body=body, headers={**headers, "Connection": "close"})
                with connection.getresponse() as answer:
                    if line.is_cut:
                        # The end of a line that is cut looks like the end of the headers.
                        raise TimeoutError
                    read = _read(answer)
        except Refused:
            raise
        except Exception as problem:
            raise _unreached(problem, line) from None
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answered(answer.status, found, read)

    def _connection(
        self, scheme: str, host: str, port: int, line: _Line, seconds: float
    ) -> http.client.HTTPConnection:
        if scheme == "http":
            return _Plain(line, host, port, seconds)
        if self._trusts is None:
            self._trusts = ssl.create_default_context(cafile=self._ca_certs or _trusted())
        return _Encrypted(line, host, port, seconds, self._trusts)

    def _vetted_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        addresses = _within(timeout, lambda: self._resolve(host, port))
        if not addresses:
            raise Unreached("name_unknown", "the name has no address")
        for address in addresses:
            problem = problem_with_address(address, allow_private=self._allow_private)
            if problem:
                raise Refused(problem)
        last: OSError | None = None
        for address in addresses[:2]:
            try:
                return self._connect((address, port), timeout)
            except OSError as problem:
                last = problem
        raise last or OSError("no address")


class _Line:
    """The line of one request, cut at a moment."""

    def __init__(self, open_socket: Callable[[str, int, float], socket.socket], seconds: float) -> None:
        self._open = open_socket
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._held: socket.socket | None = None
        self._lock = threading.Lock()
        self.is_cut = False

    def __enter__(self) -> _Line:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._held is not None:
                self._held.close()
                self._held = None

    def open(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a socket that ends with this line."""
        made = self._open(host, port, timeout)
        with self._lock:
            if self.is_cut:
                made.close()
                raise TimeoutError
            # TLS takes the socket over; a second handle to the same line stays ours.
            self._held = made.dup()
        return made

    def _cut(self) -> None:
        with self._lock:
            self.is_cut = True
            if self._held is not None:
                try:
                    self._held.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return


class _Plain(http.client.HTTPConnection):
    """A connection that gets its socket from a line, and not by a name."""

    def __init__(self, line: _Line, host: str, port: int, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._line = line
        self._seconds = seconds

    def connect(self) -> None:
        """Connect to the address that has been looked at."""
        self.sock = self._line.open(self.host, self.port, min(CONNECT_SECONDS, self._seconds))
        self.sock.settimeout(self._seconds)


class _Encrypted(http.client.HTTPSConnection):
    """The same with TLS, whose certificate has to be of the name."""

    def __init__(self, line: _Line, host: str, port: int, seconds: float, trusts: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=seconds, context=trusts)
        self._line = line
        self._seconds = seconds
        self._trusts = trusts

    def connect(self) -> None:
        """Connect to the address that has been looked at, and make TLS for the name."""
        made = self._line.open(self.host, self.port, min(CONNECT_SECONDS, self._seconds))
        made.settimeout(self._seconds)
        self.sock = self._trusts.wrap_socket(made, server_hostname=self.host)


def _trusted() -> str:
    # Imported here: requests has brought it, and has read it already where DashScope was asked.
    import certifi

    return certifi.where()


def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _within(seconds: float, do: Callable[[], list[str]]) -> list[str]:
    """Return what ``do`` returns; a name server that does not answer is not waited for.

    The system's look-up takes no time-out. A thread that is left behind ends with it.
    """
    outcome: list[list[str] | Exception] = []

    def run() -> None:
        try:
            outcome.append(do())
        except Exception as problem:
            outcome.append(problem)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise Unreached("name_not_looked_up", "the name server did not answer in time")
    if isinstance(outcome[0], Exception):
        raise Unreached("name_unknown", "the name has no address") from None
    return outcome[0]


def _read(answer: http.client.HTTPResponse) -> bytes:
    """Return the beginning of the body, as it came."""
    try:
        return answer.read(MAX_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        # The status has come, and it is what counts.
        return b""


def _unreached(problem: Exception, line: _Line) -> Unreached:
    """Say how far the request went. What the exceptions say may hold the URL, so their words stay out."""
    if isinstance(problem, Unreached):
        return problem
    name = type(problem).__name__
    if line.is_cut or isinstance(problem, TimeoutError):
        return Unreached("timed_out", "no answer came in time")
    if isinstance(problem, ssl.SSLError):
        return Unreached("tls_failed", f"the certificate or the encryption is not right ({name})")
    return Unreached("not_reached", f"no connection, or it broke off ({name})")
