"""Requests and responses as values: what passes between a transport and a service.

:mod:`aliyun_local.serving.wire` has the contract between the two, and these names as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from aliyun_local.payloads import Payload, Spooled
from aliyun_local.serving.broken_requests import Defect


class Headers(Mapping[str, str]):
    """Header names and their values; names do not depend on case, and iteration gives them in lower case."""

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        """Take ``items``; the values of a repeated name are joined with a comma, as HTTP allows."""
        self._items: dict[str, str] = {}
        for name, value in items.items() if isinstance(items, Mapping) else items:
            key = name.lower()
            self._items[key] = f"{self._items[key]},{value}" if key in self._items else value

    def __getitem__(self, name: str) -> str:
        """Return the value of ``name``."""
        return self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the lower-case names."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._items)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request as it was received, with nothing decoded yet.

    ``defect`` is set for a request that could not be read to its end. It has no body, may lack everything
    else, and has to be refused. ``expects_body`` is set for the head of a request whose body is to come.
    ``spooled`` is a body too large for the memory; ``body`` is empty then. ``endpoint`` is the name of the
    endpoint that took the request, where a service has several of them.
    """

    method: str
    host: str
    raw_path: str
    raw_query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    remote_address: str = "127.0.0.1"
    defect: Defect | None = None
    expects_body: bool = False
    spooled: Spooled | None = None
    endpoint: str = ""

    @property
    def payload(self) -> Payload:
        """The body, in memory or in a file."""
        return self.body if self.spooled is None else self.spooled

    @property
    def path(self) -> str:
        """The path, percent-decoded once as UTF-8."""
        return unquote(self.raw_path, errors="surrogateescape")

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query, decoded; a name without ``=`` has the value ``""``; the last of a name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Admission:
    """A service's consent to a body of at most ``most_bytes``.

    ``spools`` says that the service reads :attr:`Request.payload`, which may be in a file.
    """

    most_bytes: int
    spools: bool = False


@dataclass(kw_only=True)
class Response:
    """One HTTP answer.

    With a ``stream`` the body is the pieces that it yields, each sent at once; ``body`` is not used then.
    ``dropped`` closes the connection without sending anything. ``admission`` answers the head of a request
    whose body may come.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Iterator[bytes] | None = None
    dropped: bool = False
    admission: Admission | None = None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error that a service is told to answer with; the service gives it the form of its own errors."""

    status: int
    code: str
    message: str
