"""What of a deployment the routes need to know before any table is asked. Made by ``functions/status.py``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from shared.domain.money import LIST_PRICE_FEN
from shared.http_api.messages import HttpRequest

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_DOMAIN = ".fcapp.run"
"""Function Compute's own domains: they make browsers download pages in place of showing them."""


class Deployment(NamedTuple):
    """The origins whose pages may call, a training's price, and the clock in milliseconds since the epoch."""

    origins: tuple[str, ...] = ()
    price_fen: int = LIST_PRICE_FEN
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000


def host_of(request: HttpRequest) -> str:
    """Return the host that a request was sent to, with its port."""
    return request.headers.get("host", "").strip().lower()


def is_local(request: HttpRequest) -> bool:
    """Whether a request was sent to this machine, where there is no certificate."""
    host = host_of(request)
    return (host if host.endswith("]") else host.rpartition(":")[0] or host) in _LOOPBACK


def is_on_default_domain(request: HttpRequest) -> bool:
    """Whether a browser would download a page in place of showing it."""
    return host_of(request).partition(":")[0].endswith(DEFAULT_DOMAIN)
