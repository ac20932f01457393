"""The bytes that a client sends, within the time that it has for them.

A socket's own timeout starts again with every byte, so a client that sends one now and then would hold its
thread for ever. Each request therefore has two phases with a time of their own: the head has to be there in
full after a while, and a body has to come at a minimum speed. Between two requests a connection may rest.
"""

from __future__ import annotations

import io
import socket
import time

MIN_BODY_BYTES_PER_SECOND = 16 * 1024


class TimedInput(io.RawIOBase):
    """What comes in on a connection. A read past the time raises TimeoutError."""

    def __init__(self, connection: socket.socket, *, rest_seconds: float, request_seconds: float) -> None:
        """Read from ``connection``.

        Args:
            connection: the socket; its timeout is set by every read.
            rest_seconds: how long the connection may rest between requests.
            request_seconds: how long a head may take from its first byte, and a body beyond the time that it
                needs at :data:`MIN_BODY_BYTES_PER_SECOND`.
        """
        self._connection = connection
        self._rest_seconds = rest_seconds
        self._request_seconds = request_seconds
        self._is_resting = True
        self._deadline = 0.0
        self._pause_seconds = request_seconds
        self._seconds_per_byte = 0.0

    def readable(self) -> bool:
        """Return True, as every input does."""
        return True

    def await_head(self) -> None:
        """Rest until a request begins; its first byte starts the time of its head."""
        self._is_resting = True

    def await_body(self, pause_seconds: float | None = None) -> None:
        """Start the time of a body, which may pause for ``pause_seconds``, by default for its whole time."""
        self._is_resting = False
        self._deadline = time.monotonic() + self._request_seconds
        self._pause_seconds = self._request_seconds if pause_seconds is None else pause_seconds
        self._seconds_per_byte = 1 / MIN_BODY_BYTES_PER_SECOND

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]  # the only buffers here
        """Read what is there into ``buffer``, and wait for the first of it."""
        if self._is_resting:
            self._connection.settimeout(self._rest_seconds)
            count = self._connection.recv_into(buffer)
            self._is_resting = False
            self._deadline = time.monotonic() + self._request_seconds
            self._pause_seconds, self._seconds_per_byte = self._request_seconds, 0.0
            return count
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the client sends too slowly")
        self._connection.settimeout(min(left, self._pause_seconds))
        count = self._connection.recv_into(buffer)
        self._deadline += count * self._seconds_per_byte
        return count
