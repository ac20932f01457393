"""Share links: each lets one person in to their own page and to nothing else. Called by ``sharing``, ``own``.

A link is ``person.id.expiry.mac``: nothing has to be kept for it to work, and nobody can make one without the
key. The key is the setting ``LINK_KEY``, else it is made from the admin token; whoever changes it revokes all
links at once. Times are seconds since the epoch.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from shared.domain.object_keys import person_of, problem_with_person_id
from shared.http_api.authentication import Tokens

MAX_LENGTH = 400
LINK_ID = re.compile(r"[0-9a-f]{16}")


class Link(NamedTuple):
    """A link that was made by us and has not expired; whether it was revoked, the tables tell."""

    person_id: str
    link_id: str
    expires_at: int


def can_make_links(tokens: Tokens) -> bool:
    """Whether there is a key to sign links with."""
    return bool(tokens.links or tokens.admin)


def make_link(tokens: Tokens, link: Link) -> str:
    """Return the text of a link, of characters that stand in a path as they are."""
    person = base64.urlsafe_b64encode(link.person_id.encode("utf-8")).decode("ascii").rstrip("=")
    text = f"{person}.{link.link_id}.{link.expires_at}"
    return f"{text}.{_mac(tokens, text)}"


def read_link(text: str, tokens: Tokens, now_ms: int) -> Link | None:
    """Return the link that a text is; None: it has expired, or we did not make it."""
    parts = text.split(".")
    if not can_make_links(tokens) or len(text) > MAX_LENGTH or not text.isascii() or len(parts) != 4:
        return None
    if not hmac.compare_digest(parts[3], _mac(tokens, text.rpartition(".")[0])):
        return None
    person_id = base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)).decode("utf-8")
    link = Link(person_id, parts[1], int(parts[2]))
    if problem_with_person_id(link.person_id) or person_of(link.person_id) != link.person_id:
        return None
    return link if link.expires_at * 1000 > now_ms else None


def _mac(tokens: Tokens, text: str) -> str:
    secret = (tokens.links or tokens.admin).encode("utf-8")
    key = hmac.digest(secret, b"facechain-autotrain share link", hashlib.sha256)
    return hmac.digest(key, text.encode("utf-8"), hashlib.sha256).hex()[:40]
