"""Who may do what: the bearer of the read token reads, that of the admin token may also ask for changes.

The comparison takes constant time. Called by ``routes``.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from shared.http_api.problems import Problem


class Access(IntEnum):
    """What a caller may do; each may do what the ones before it may."""

    ANYONE = 0
    READER = 1
    ADMIN = 2


@dataclass(frozen=True)
class Tokens:
    """The tokens in the settings; an empty one lets nobody in: a forgotten setting must not open the API.

    ``links`` is the key of share links.
    """

    reader: str = field(default="", repr=False)
    admin: str = field(default="", repr=False)
    links: str = field(default="", repr=False)


def access_of(headers: Mapping[str, str], tokens: Tokens) -> Access:
    """Return what the bearer token of a request lets its sender do."""
    sent = bearer_of(headers).encode("utf-8", "replace")
    # Both are compared, whatever the first comparison says.
    is_reader, is_admin = (
        hmac.compare_digest(sent, token.encode("utf-8")) and bool(token)
        for token in (tokens.reader, tokens.admin)
    )
    if is_admin:
        return Access.ADMIN
    return Access.READER if is_reader else Access.ANYONE


def bearer_of(headers: Mapping[str, str]) -> str:
    """Return what a request says to be its right (RFC 6750, 2.1); empty: nothing."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def require(needed: Access, granted: Access, tokens: Tokens) -> None:
    """Raise a problem unless ``granted`` is enough for what is ``needed``."""
    if granted >= needed:
        return
    if needed is Access.ADMIN and not tokens.admin:
        raise Problem("admin_not_enabled")
    if granted is Access.READER:
        raise Problem("admin_only")
    raise Problem("unauthorized", headers={"WWW-Authenticate": 'Bearer realm="facechain-autotrain"'})
