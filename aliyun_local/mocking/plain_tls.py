"""Stand-ins for TLS connections: plain bytes behind the methods of an encrypted connection.

There are two, as in the standard library: a socket, for clients that block, and an object between two
buffers, for event loops. Certificates are not checked, since nothing leaves the machine. Used by
:mod:`aliyun_local.mocking.interception`.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

CIPHER = ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)
VERSION = "TLSv1.3"


class _StandIn:
    """The answers of both stand-ins to questions about the encryption."""

    server_side = False
    session: Any = None
    session_reused = False

    context: ssl.SSLContext
    server_hostname: str | None

    def getpeercert(self, binary_form: bool = False) -> Any:
        """Return a certificate for the name that was asked for."""
        if binary_form:
            return b""
        return {
            "subject": ((("commonName", self.server_hostname),),),
            "subjectAltName": (("DNS", self.server_hostname),),
        }

    def cipher(self) -> tuple[str, str, int]:
        """Return a usual cipher."""
        return CIPHER

    def shared_ciphers(self) -> list[tuple[str, str, int]]:
        """Return one usual cipher."""
        return [CIPHER]

    def compression(self) -> None:
        """Nothing is compressed."""

    def version(self) -> str:
        """Return a usual version."""
        return VERSION

    def selected_alpn_protocol(self) -> None:
        """No protocol is negotiated, which means HTTP/1.1."""

    def selected_npn_protocol(self) -> None:
        """No protocol is negotiated, which means HTTP/1.1."""

    def get_channel_binding(self, cb_type: str = "tls-unique") -> None:
        """There is no channel to bind to."""

    def do_handshake(self, block: bool = False) -> None:
        """There is no handshake."""


class PlainSocket(_StandIn, socket.socket):
    """A connected socket that passes for an encrypted one."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, server_hostname: str | None) -> None:
        """Take over the connection of ``plain``, which is detached from it, as TLS does."""
        timeout = plain.gettimeout()
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.settimeout(timeout)
        self.context = context
        self.server_hostname = server_hostname

    def pending(self) -> int:
        """Return 0: no decrypted bytes are kept."""
        return 0

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 (the real one's)
        """Receive bytes, into ``buffer`` if there is one."""
        return self.recv(len) if buffer is None else self.recv_into(buffer, len)

    def write(self, data: bytes) -> int:
        """Send bytes."""
        return self.send(data)

    def unwrap(self) -> socket.socket:
        """Return the connection."""
        return self


class PlainObject(_StandIn):
    """Carries bytes between the two buffers of an event loop as they are."""

    def __init__(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        context: ssl.SSLContext,
        server_hostname: str | None,
    ) -> None:
        """Read from ``incoming`` and write to ``outgoing``."""
        self._incoming = incoming
        self._outgoing = outgoing
        self.context = context
        self.server_hostname = server_hostname

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 (the real one's)
        """Return bytes that have come, or put them into ``buffer`` and return how many.

        Raises:
            ssl.SSLWantReadError: none have come yet.
        """
        data = self._incoming.read(len)
        if not data and not self._incoming.eof:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "nothing has come yet")
        if buffer is None:
            return data
        buffer[: data.__len__()] = data
        return data.__len__()

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        return self._outgoing.write(data)

    def pending(self) -> int:
        """Return how many bytes have come."""
        return self._incoming.pending

    def unwrap(self) -> None:
        """There is no connection to end."""
