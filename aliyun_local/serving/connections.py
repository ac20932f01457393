"""The connections of a server: no more than it has room for, and none left over when it closes.

Clients keep connections that they may never use again. When all places are taken, the one that has rested
longest makes room; its client opens another one when it has something to ask.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Connections:
    """The open connections of a server, each served by a thread of its own. Thread-safe."""

    def __init__(self, most: int) -> None:
        """Have room for ``most`` connections."""
        self._most = most
        self._open: set[socket.socket] = set()
        # In the order in which they came to rest.
        self._resting: dict[socket.socket, None] = {}
        self._changed = threading.Condition()

    def add(self, connection: socket.socket) -> bool:
        """Take in a connection, which rests at first; False: every place is taken, and no other one rests."""
        with self._changed:
            if len(self._open) >= self._most and not self._end_longest_rest():
                return False
            self._open.add(connection)
            self._resting[connection] = None
            return True

    def rests(self, connection: socket.socket) -> None:
        """Note that ``connection`` waits for its next request."""
        with self._changed:
            if connection in self._open:
                self._resting[connection] = None

    def works(self, connection: socket.socket) -> None:
        """Note that a request has begun on ``connection``."""
        with self._changed:
            self._resting.pop(connection, None)

    def remove(self, connection: socket.socket) -> None:
        """Forget a connection that is not served any more."""
        with self._changed:
            self._open.discard(connection)
            self._resting.pop(connection, None)
            self._changed.notify_all()

    def end_all(self) -> None:
        """End all connections, also the idle ones of clients, so that no request reaches a closed service."""
        with self._changed:
            for connection in self._open:
                _hang_up(connection)

    def wait_for_all(self, seconds: float) -> None:
        """Wait until no connection is served any more, so that no request outlives what it works on."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, seconds)

    def _end_longest_rest(self) -> bool:
        longest = next(iter(self._resting), None)
        if longest is None:
            return False
        # Its thread will remove it; its place is free from now on.
        del self._resting[longest]
        self._open.discard(longest)
        _hang_up(longest)
        return True


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
