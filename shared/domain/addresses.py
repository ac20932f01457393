"""Which addresses a message may be sent to: those of the Internet, and no others unless that is allowed.

Whoever may set a URL could else have the function ask what only it can reach: the instance's own metadata
(169.254.169.254, on Aliyun 100.100.100.200), the machine itself, a private network. Every form is looked at
in which an IPv6 address carries an IPv4 one. Called by :mod:`shared.clients.vetted_connections` with the very
address that is about to be connected to.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_OF_THE_INTERNET_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host, on this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; Aliyun's metadata and internal services are 100.100.x.x
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; 169.254.169.254 is the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
"""IANA, "IPv4 Special-Purpose Address Registry". By hand: what ``ipaddress`` calls global differs from Python
to Python, and it never was meant as a guard."""
_OF_THE_INTERNET_6 = IPv6Network("2000::/3")
_NOT_OF_THE_INTERNET_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "3fff::/20",
    )
)
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is reached."""
_TRANSLATED_LOCALLY = IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NEVER_EVEN_PRIVATELY = (IPv4Network("169.254.0.0/16"), IPv4Network("100.100.100.200/32"))
"""Metadata hands out the function's credentials: no setting opens the way to it."""


def problem_with_address(text: str, *, allow_private: bool = False) -> str:
    """Say why nothing may be sent to the address ``text``, or ``""`` when it may.

    ``allow_private``: whether a private address or the machine itself may be meant, as on a laptop.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "it is no address"
    meant = _meant_by(address)
    if meant is None:
        return "it leads to a network that only this machine knows"
    if isinstance(meant, IPv4Address):
        if any(meant in network for network in _NEVER_EVEN_PRIVATELY):
            return "it is link-local, where clouds keep the credentials of an instance"
        is_public = not any(meant in network for network in _NOT_OF_THE_INTERNET_4)
        is_possible = not (meant.is_multicast or meant.is_unspecified or meant.is_reserved)
    else:
        is_public = meant in _OF_THE_INTERNET_6 and not any(meant in one for one in _NOT_OF_THE_INTERNET_6)
        is_possible = meant.is_loopback or (meant.is_private and not meant.is_unspecified)
        is_possible = is_possible and not meant.is_link_local
    if is_public or (allow_private and is_possible):
        return ""
    return "it is not of the Internet"


def _meant_by(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | None:
    """Return the address that is reached in the end: an IPv6 address may carry an IPv4 one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    number = int(address)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address in _TRANSLATED or (number >> 32 == 0 and number > 1):
        # The second is "IPv4-compatible" (RFC 4291, deprecated): ::127.0.0.1.
        return IPv4Address(number & 0xFFFFFFFF)
    return None if address in _TRANSLATED_LOCALLY else address
