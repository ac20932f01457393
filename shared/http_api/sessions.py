"""Sessions of browsers and the tickets that begin them: signed texts, and nothing that is kept anywhere.

The keys come from the tokens themselves, one a purpose: to change a token ends its sessions and tickets.
A session is ``role.expiry.random.mac``, a ticket the same. Times are milliseconds since the epoch.
Called by ``callers`` and ``signing_in``; :func:`make_ticket` by what prints addresses on a laptop.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple

from shared.http_api.authentication import Access, Tokens

SESSION_MS = 12 * 3600 * 1000
TICKET_MS = 15 * 60 * 1000
ROLES = {"reader": Access.READER, "admin": Access.ADMIN}
MAX_LENGTH = 200
_SESSION, _TICKET, _FORM = "session", "ticket", "form"


class Session(NamedTuple):
    """Who is signed in, until when, and what the forms of this session carry."""

    access: Access
    expires_at: int
    csrf: str


def make_session(token: str, role: str, now: int) -> str:
    """Return a new session of ``role``, whose token this is."""
    return _signed(token, _SESSION, role, now + SESSION_MS)


def make_ticket(token: str, role: str, now: int) -> str:
    """Return what signs a browser in by one click, for a quarter of an hour."""
    return _signed(token, _TICKET, role, now + TICKET_MS)


def read_session(text: str, tokens: Tokens, now: int) -> Session | None:
    """Return the session that a cookie holds; None: it has ended, or we did not make it."""
    read = _read(text, _SESSION, tokens, now)
    if read is None:
        return None
    role, expires_at = read
    return Session(ROLES[role], expires_at, _mac(_token_of(role, tokens), _FORM, text))


def role_of_ticket(text: str, tokens: Tokens, now: int) -> str | None:
    """Return the role that a ticket signs in; None: it has ended, or we did not make it."""
    read = _read(text, _TICKET, tokens, now)
    return read[0] if read else None


def _token_of(role: str, tokens: Tokens) -> str:
    return tokens.admin if role == "admin" else tokens.reader


def _signed(token: str, purpose: str, role: str, expires_at: int) -> str:
    if not token or role not in ROLES:
        raise ValueError("a session needs a token that is set, and the role reader or admin")
    text = f"{role}.{expires_at}.{secrets.token_hex(8)}"
    return f"{text}.{_mac(token, purpose, text)}"


def _read(text: str, purpose: str, tokens: Tokens, now: int) -> tuple[str, int] | None:
    parts = text.split(".")
    if len(text) > MAX_LENGTH or not text.isascii() or len(parts) != 4 or parts[0] not in ROLES:
        return None
    role, expires_at, _, mac = parts
    token = _token_of(role, tokens)
    is_ours = hmac.compare_digest(mac, _mac(token, purpose, text.rpartition(".")[0]))
    if not token or not is_ours or int(expires_at) <= now:
        return None
    return role, int(expires_at)


def _mac(token: str, purpose: str, text: str) -> str:
    key = hmac.digest(token.encode("utf-8"), f"facechain-autotrain {purpose}".encode(), hashlib.sha256)
    return hmac.digest(key, text.encode("utf-8"), hashlib.sha256).hex()
