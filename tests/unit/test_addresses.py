"""Which addresses a message may be sent to."""

from __future__ import annotations

import pytest

from shared.domain.addresses import problem_with_address

NOWHERE = [
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "::ffff:169.254.169.254",
    "::ffff:100.100.100.200",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::6464:64c8",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "fe80::1",
    "fe80::1%eth0",
    "255.255.255.255",
    "",
    "example.com",
    "1.2.3",
    "0x7f.1",
]
"""Never reached, whatever is allowed: metadata, link-local, multicast, nobody, and what is no address."""
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "fc00::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
]
"""Reached only where private addresses are allowed."""
PUBLIC = [
    "8.8.8.8",
    "47.95.0.1",
    "172.32.0.1",
    "100.128.0.1",
    "2400:3200::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOWHERE)
def test_some_addresses_are_reached_in_no_case(address: str) -> None:
    assert problem_with_address(address)
    assert problem_with_address(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_reached_only_where_that_is_allowed(address: str) -> None:
    assert problem_with_address(address)
    assert not problem_with_address(address, allow_private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_reached(address: str) -> None:
    assert not problem_with_address(address)


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "198.18.0.1", "203.0.113.9", "240.0.0.1", "2001::1", "2001:db8::1"]
)
def test_what_is_set_apart_is_not_of_the_internet(address: str) -> None:
    assert problem_with_address(address)
