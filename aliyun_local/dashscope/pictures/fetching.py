"""Downloads of the URLs that a client submits, under the known limits of the service.

:mod:`aliyun_local.emulators` gives :func:`fetch` to the account. It uses the standard library and no proxies:
the URLs lead to this machine.

The service reaches public addresses only. Here the client's own URL may also be on this machine, because the
local OSS is. Nobody else's may: a foreign server that redirects must not lead the download into a private
network, to a machine's metadata, or to a server on loopback other than the public door of the local OSS. The
internal door of the local OSS is in a private network too.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from aliyun_local.serving.destinations import (
    INTERNAL_OSS,
    PUBLIC_OSS,
    Address,
    Listeners,
    Place,
    connect,
    no_listeners,
    places_of,
    services_at,
)

MAX_BYTES = 20 * 1024**2
MAX_SECONDS = 10.0
MAX_REDIRECTS = 3
# Printable ASCII without the characters that a URL must escape: the service refuses unescaped Chinese.
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.IGNORECASE)
# Addresses of IPv6 that stand for one of IPv4, which may be any.
_TRANSLATED = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]


class FetchError(Exception):
    """A download failed: unreachable, too slow, too large, or an error answer."""


class InvalidUrlError(FetchError):
    """The string is not a public http or https URL."""


class NotAuthorizedError(FetchError):
    """The server refused with 401 or 403, as OSS does when a signature has expired."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The answer of a URL."""

    content: bytes
    content_type: str


def is_url(text: str) -> bool:
    """Whether ``text`` is meant as a URL and not as a file id."""
    return "://" in text


def fetch(url: str, *, listeners: Listeners = no_listeners, private_addresses: bool = False) -> Fetched:
    """Download ``url``.

    Takes at most :data:`MAX_SECONDS` and :data:`MAX_BYTES`; the answer must carry a Content-Length that is
    true ("Fine-tuning of FaceChain": URLs need a correct Content-Type and Content-Length).

    Args:
        url: the URL.
        listeners: the addresses of this cloud; redirects may lead to the public door of its OSS.
        private_addresses: whether private addresses and the internal door of OSS are reached, and redirects
            to loopback followed.

    Raises:
        InvalidUrlError: not http or https, not plain ASCII, or an internal endpoint of OSS.
        NotAuthorizedError: the server answered 401 or 403.
        FetchError: the download fails for another reason.
    """
    for redirects in range(MAX_REDIRECTS + 1):

        def may_reach(place: Place, is_redirect: bool = redirects > 0) -> bool:
            return private_addresses or _is_reachable(place, listeners, is_redirect)

        answer = _get(url, may_reach)
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    raise FetchError("too many redirects")


def _is_reachable(place: Place, listeners: Listeners, is_redirect: bool) -> bool:
    own = services_at(place, listeners())
    if own & {INTERNAL_OSS, PUBLIC_OSS}:
        return PUBLIC_OSS in own
    if own:
        return not is_redirect
    return _is_public(place.address) or (place.address.is_loopback and not is_redirect)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in one for one in _TRANSLATED)


def _get(url: str, may_reach: Callable[[Place], bool]) -> Fetched | str:
    """Return the answer of ``url``, or the place that it redirects to."""
    connection, target = _connection(url)
    try:
        connection.sock = _connected(connection, may_reach)
        # One alarm bounds the whole exchange; a socket timeout alone lets a slow server go on for ever.
        alarm = threading.Timer(MAX_SECONDS, _hang_up, (connection.sock,))
        alarm.daemon = True
        alarm.start()
        try:
            connection.request("GET", target, headers={"Accept": "*/*", "User-Agent": "dashscope-local"})
            return _read(connection.getresponse())
        finally:
            alarm.cancel()
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise FetchError(f"the download broke off: {type(problem).__name__}") from problem
    finally:
        connection.close()


def _connection(url: str) -> tuple[http.client.HTTPConnection, str]:
    """Return an unopened connection for ``url`` and the target to ask it for."""
    if not _URL.fullmatch(url):
        raise InvalidUrlError("not an http or https URL in plain ASCII")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise InvalidUrlError("not a URL") from problem
    if not host or parts.username is not None:
        raise InvalidUrlError("no host")
    if "-internal." in host:
        raise FetchError("an internal endpoint cannot be reached from outside of its network")
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    connect_by = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    # The port is given, because the class would look for one behind the last colon of an IPv6 address.
    return connect_by(host, port or connect_by.default_port, timeout=MAX_SECONDS), target


def _connected(connection: http.client.HTTPConnection, may_reach: Callable[[Place], bool]) -> socket.socket:
    """Return a socket to an address of the connection's host that may be reached."""
    places = [place for place in places_of(connection.host, connection.port) if may_reach(place)]
    if not places:
        raise FetchError("a private address cannot be reached from outside of its network")
    plain = connect(places, MAX_SECONDS)
    if not isinstance(connection, http.client.HTTPSConnection):
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=connection.host)


def _read(response: http.client.HTTPResponse) -> Fetched | str:
    """Return the body of ``response``, or the place that it redirects to."""
    if response.status in (301, 302, 303, 307, 308):
        return response.getheader("Location") or ""
    if response.status in (401, 403):
        raise NotAuthorizedError(f"answered {response.status}")
    if response.status != 200:
        raise FetchError(f"answered {response.status}")
    if response.length is None:
        raise FetchError("answered without a Content-Length")
    if response.length > MAX_BYTES:
        raise FetchError("the file is too large")
    content = response.read(MAX_BYTES + 1)
    if response.length:
        raise FetchError("the body ended before its Content-Length")
    return Fetched(content=content, content_type=response.getheader("Content-Type") or "")


def _hang_up(connected: socket.socket | None) -> None:
    """End both directions of a connection, so that a read from it ends too."""
    if connected is not None:
        try:
            connected.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
