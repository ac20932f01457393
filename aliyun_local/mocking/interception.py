"""Leads this process's connections to the services' production host names to a server on loopback.

A few functions of the standard library are replaced while at least one mock is on, and put back after the
last: the look-up of names, the connecting of sockets, and the two ways of starting TLS. Every HTTP client
for Python uses these functions, blocking or not, so the clients themselves stay as they are. Names lead to
one stand-in address, and the connection to it is turned to the server's port: the port itself cannot be
changed in the look-up, since some clients keep the port that they asked with. Besides TLS, the Tablestore
client checks the signature of each response. That signature needs the caller's secret, which the mock does
not have, so this check is replaced too.

One server serves the whole process. It hands each request to the mock that was turned on last, so
connections that a client keeps are right within a nested mock and after it. Used by
:mod:`aliyun_local.mocking.entry`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Protocol

from aliyun_local.mocking.plain_tls import PlainObject, PlainSocket
from aliyun_local.serving.destinations import PUBLIC_OSS, Listener
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Request, Response

# An address of the loopback network that no server uses: those of a machine are at the network's beginning.
STAND_IN = "127.206.83.84"
_NO_PROXY = ("no_proxy", "NO_PROXY")
# In the form that requests and other clients read; a leading dot means every name below.
_NEVER_PROXIED = "localhost,127.0.0.1,.aliyuncs.com,.fcapp.run"


class HostNotMocked(socket.gaierror):
    """Code under test asked for a host that is not mocked."""

    def __init__(self, host: str) -> None:
        """Take the ``host``."""
        super().__init__(
            socket.EAI_NONAME,
            f"mock_aliyun lets nothing out to {host!r};"
            f" if that is meant, allow it with mock_aliyun(passthrough=[{host!r}])",
        )


class Mock(Protocol):
    """A mock as the interception sees it: it knows hosts, and it answers."""

    passthrough: Sequence[str] | bool
    checks_secrets: bool

    def service_of(self, host: str) -> str | None:
        """Return the service of ``host``, None for a host of no service."""

    @property
    def domains(self) -> Collection[str]:
        """The hosts that are a service's besides its production host names."""

    def answer(self, request: Request) -> Response:
        """Answer a request that names the host of a service."""


class Interception:
    """The one interception of this process."""

    def __init__(self) -> None:
        """Intercept nothing yet."""
        self._lock = threading.RLock()
        self._mocks: list[Mock] = []
        self._server: LoopbackServer | None = None
        self._undo: list[Callable[[], object]] = []
        self._own_name = socket.gethostname().lower()

    def turn_on(self, mock: Mock) -> None:
        """Let ``mock`` answer until it is turned off or another is turned on."""
        with self._lock:
            if not self._mocks:
                self._server = LoopbackServer(self._answer).start()
                self._install()
                self._never_proxy(_NEVER_PROXIED)
            if mock.domains:
                self._never_proxy(",".join(mock.domains))
            self._mocks.append(mock)

    def turn_off(self, mock: Mock) -> None:
        """Let the mock before answer again; after the last one, put everything back."""
        with self._lock:
            self._mocks.remove(mock)
            if self._mocks:
                return
            for undo in reversed(self._undo):
                undo()
            self._undo.clear()
            if self._server is not None:
                self._server.close()
                self._server = None

    @property
    def listeners(self) -> list[Listener]:
        """The addresses at which the services of the mocks answer, under their production host names."""
        with self._lock:
            if self._server is None:
                return []
            # The stand-in has every service; which one is asked for is known by the host name alone, and
            # internal host names are refused by the name.
            stand_in = Listener(service=PUBLIC_OSS, address=STAND_IN, port=None)
            return [stand_in, self._server.listener(PUBLIC_OSS)]

    def _answer(self, request: Request) -> Response:
        with self._lock:
            mock = self._mocks[-1] if self._mocks else None
            if mock is None:
                return Response(status=0, dropped=True)
            if not mock.checks_secrets:
                self._trust_responses()
        return mock.answer(request)

    def _install(self) -> None:
        look_up = socket.getaddrinfo
        connect = socket.socket.connect
        connect_ex = socket.socket.connect_ex
        wrap_socket = ssl.SSLContext.wrap_socket
        wrap_bio = ssl.SSLContext.wrap_bio

        def getaddrinfo(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
            return look_up(self._host_to_look_up(host), port, *arguments, **options)

        def connect_to_server(plain: socket.socket, address: Any) -> Any:
            return connect(plain, self._server_address(address))

        def connect_to_server_ex(plain: socket.socket, address: Any) -> Any:
            return connect_ex(plain, self._server_address(address))

        def plain_socket(
            context: ssl.SSLContext, sock: socket.socket, *arguments: Any, **options: Any
        ) -> Any:
            name = options.get("server_hostname") or (arguments[3] if len(arguments) > 3 else None)
            if self._is_mocked(name):
                return PlainSocket(sock, context, name)
            return wrap_socket(context, sock, *arguments, **options)

        def plain_object(
            context: ssl.SSLContext,
            incoming: ssl.MemoryBIO,
            outgoing: ssl.MemoryBIO,
            *arguments: Any,
            **options: Any,
        ) -> Any:
            name = options.get("server_hostname") or (arguments[1] if len(arguments) > 1 else None)
            if self._is_mocked(name):
                return PlainObject(incoming, outgoing, context, name)
            return wrap_bio(context, incoming, outgoing, *arguments, **options)

        self._replace(socket, "getaddrinfo", getaddrinfo)
        self._replace(socket.socket, "connect", connect_to_server)
        self._replace(socket.socket, "connect_ex", connect_to_server_ex)
        self._replace(ssl.SSLContext, "wrap_socket", plain_socket)
        self._replace(ssl.SSLContext, "wrap_bio", plain_object)

    def _never_proxy(self, hosts: str) -> None:
        for name in _NO_PROXY:
            before = os.environ.get(name)
            os.environ[name] = f"{before},{hosts}" if before else hosts
            self._undo.append(partial(_set_variable, name, before))

    def _replace(self, owner: Any, name: str, replacement: object) -> None:
        if name in owner.__dict__:
            original = owner.__dict__[name]
            self._undo.append(lambda: setattr(owner, name, original))
        else:
            self._undo.append(lambda: delattr(owner, name))
        setattr(owner, name, replacement)

    def _host_to_look_up(self, host: Any) -> Any:
        """Return the host that is looked up in place of ``host``.

        Raises:
            HostNotMocked: it is not a service's, not this machine's, and not let through.
        """
        with self._lock:
            if not self._mocks:
                return host
            mock = self._mocks[-1]
        name = _text(host)
        if mock.service_of(name) is not None:
            return STAND_IN
        if not self._is_local(name) and not _is_let_through(name, mock.passthrough):
            raise HostNotMocked(name)
        return host

    def _server_address(self, address: Any) -> Any:
        """Return the server's address for the stand-in, and any other ``address`` as it is."""
        if isinstance(address, tuple) and address and address[0] == STAND_IN:
            with self._lock:
                if self._server is not None:
                    return (self._server.address, self._server.port)
        return address

    def _is_mocked(self, name: Any) -> bool:
        with self._lock:
            return bool(self._mocks) and self._mocks[-1].service_of(_text(name)) is not None

    def _is_local(self, name: str) -> bool:
        if name.lower() in ("", "localhost", self._own_name):
            return True
        try:
            address = ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def _trust_responses(self) -> None:
        """Switch off the Tablestore client's check of the responses' signatures, if the client is loaded."""
        protocol = getattr(sys.modules.get("tablestore.protocol"), "OTSProtocol", None)
        check = getattr(protocol, "_check_authorization", None)
        if check is not None and check is not _trusting:
            self._replace(protocol, "_check_authorization", _trusting)


INTERCEPTION = Interception()


def _trusting(*_: Any, **__: Any) -> None:
    """Let every response pass."""


def _text(host: Any) -> str:
    if isinstance(host, bytes | bytearray):
        return host.decode("ascii", "replace")
    return host if isinstance(host, str) else ""


def _is_let_through(name: str, passthrough: Sequence[str] | bool) -> bool:
    if isinstance(passthrough, bool):
        return passthrough
    lowered = name.lower().rstrip(".")
    return any(lowered == host or lowered.endswith(f".{host}") for host in map(str.lower, passthrough))


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
