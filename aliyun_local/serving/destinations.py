"""Where the services' own calls lead: the addresses of a host name, and whether this cloud listens there.

OSS calls servers back and DashScope downloads URLs, both for a caller who chooses the host. They look the
name up here once, decide by the addresses, and connect to an address that they have judged. A name whose
address changes between two look-ups cannot deceive them.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


INTERNAL_OSS, PUBLIC_OSS = "oss", "oss_public"
"""The doors of OSS: its endpoint within the network of the region, and that for everybody."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """An address at which this cloud answers.

    Attributes:
        service: the short name of the service, such as ``ots``, or the door of OSS.
        address: the IP address; ``0.0.0.0`` is every address of this machine.
        port: the port; None is every port of the address.
    """

    service: str
    address: str
    port: int | None


Listeners = Callable[[], Collection[Listener]]
"""Returns the addresses at which the cloud answers now."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One address of a host name, ready to connect to. ``target`` is the socket's own form of it."""

    address: Address
    port: int
    family: socket.AddressFamily = field(repr=False)
    target: tuple[Any, ...] = field(repr=False)


def no_listeners() -> Collection[Listener]:
    """Return nothing: a service that is tested alone has no cloud around it."""
    return ()


def places_of(host: str, port: int) -> list[Place]:
    """Return the addresses of ``host``, in the order in which clients try them.

    ``localhost`` and every name below it are this machine, whatever the resolver knows of them (RFC 6761,
    section 6.3).

    Raises:
        OSError: the name has none.
    """
    name = host.rstrip(".").lower()
    if name != "localhost" and not name.endswith(".localhost"):
        return _resolved(host, port)
    found = []
    with suppress(OSError):
        found = [place for place in _resolved(host, port) if place.address.is_loopback]
    return found or _resolved("127.0.0.1", port)


def services_at(place: Place, listeners: Collection[Listener]) -> set[str]:
    """Return the services of this cloud that answer at ``place``; none of them for a foreign address."""
    return {
        listener.service
        for listener in listeners
        if listener.port in (None, place.port) and _covers(_address(listener.address), place.address)
    }


def connect(places: Sequence[Place], timeout_seconds: float) -> socket.socket:
    """Return a connection to the first of ``places`` that takes one.

    Raises:
        OSError: none does.
    """
    problem = OSError("no address to connect to")
    for place in places:
        made = socket.socket(place.family, socket.SOCK_STREAM)
        made.settimeout(timeout_seconds)
        try:
            made.connect(place.target)
        except OSError as failed:
            made.close()
            problem = failed
        else:
            return made
    raise problem


def _resolved(host: str, port: int) -> list[Place]:
    found = []
    for family, _, _, _, target in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = _address(str(target[0]))
        found.append(Place(address=address, port=port, family=socket.AddressFamily(family), target=target))
    return found


def _covers(listening: Address, asked: Address) -> bool:
    return listening == asked or (listening.is_unspecified and _is_of_this_machine(asked))


def _is_of_this_machine(address: Address) -> bool:
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        # An address can be bound only on the machine that has it.
        probe.bind((str(address), 0))
        return True
    return False


def _address(text: str) -> Address:
    """Return an address without its zone, and an IPv4 address in IPv6 form as what it is."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
