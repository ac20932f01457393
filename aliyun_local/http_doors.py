"""The addresses of HTTP triggers that calls have created: each answers at a port of its own.

A local cloud hands one to its Function Compute
(:class:`aliyun_local.function_compute.account.triggers.Doors`). The real service gives each trigger a host
name below ``fcapp.run``; names below ``localhost`` would do the same here, but not every resolver knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Request, Response

Bind = Callable[[Callable[[Request], Response], int], LoopbackServer]
"""Returns a server of these answers at a port, 0 for any; raises OSError for one that is taken."""


class HttpDoors:
    """One server for each function with an HTTP trigger."""

    def __init__(self, front_of: Callable[[str], Front], bind: Bind, *, first_port: int = 0) -> None:
        """Answer with the fronts of ``front_of``; the first trigger gets ``first_port``, if that is free."""
        self._front_of = front_of
        self._bind = bind
        self._first_port = first_port
        self._servers: dict[str, LoopbackServer] = {}
        self._fronts: dict[str, Front] = {}
        self._answering = False

    def open(self, function: str, url: str | None) -> str:
        """Answer for ``function``, at ``url`` again if its port is free, and return the URL."""
        self.close(function)
        front = self._front_of(function)
        port = (urlsplit(url).port if url else None) or (0 if self._servers else self._first_port)
        try:
            server = self._bind(front, port)
        except OSError:
            server = self._bind(front, 0)
        self._servers[function], self._fronts[function] = server, front
        if self._answering:
            server.start()
        return f"{server.url}/"

    def close(self, function: str) -> None:
        """Answer for ``function`` no more."""
        self._fronts.pop(function, None)
        server = self._servers.pop(function, None)
        if server is not None:
            server.close()

    def start(self) -> None:
        """Begin to answer: the servers that there are, and each that comes."""
        self._answering = True
        for server in self._servers.values():
            server.start()

    def close_all(self) -> None:
        """Answer no more."""
        for function in list(self._servers):
            self.close(function)

    @property
    def front(self) -> Front | None:
        """The front of the first trigger, whose requests controls may disturb."""
        return next(iter(self._fronts.values()), None)

    def servers(self) -> Iterator[LoopbackServer]:
        """Iterate over the servers."""
        return iter(list(self._servers.values()))
