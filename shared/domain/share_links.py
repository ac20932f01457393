"""What is kept of a person's share links: when each was made, ends, and was revoked.

A row of the control table for each person who was given one, as a document. A link works without it; the row
tells which there are, and that one was revoked. Pure. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.object_keys import person_key

MAX_LINKS = 50
"""Of more that open something, those that end first are forgotten: they work until then, and are revoked with
the key. What was revoked is never forgotten before it would have ended."""
_FIELDS = ("made_at", "expires_at", "revoked_at")


def row_of(person_id: str) -> str:
    """Return the name of the person's row."""
    return f"links/{person_key(person_id)}"


def links_in(value: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the links of a row by their ids; a part that makes no sense is left out."""
    links = value.get("links")
    found = {}
    for name, one in links.items() if isinstance(links, dict) else ():
        if isinstance(one, dict) and all(isinstance(one.get(field), int) for field in _FIELDS):
            found[str(name)] = dict(one)
    return found


def with_link(value: Mapping[str, Any], link_id: str, made_at: int, expires_at: int) -> dict[str, Any]:
    """Return the row's value with a link that was made; one that is there stays as it is."""
    links = links_in(value)
    links.setdefault(link_id, {"made_at": made_at, "expires_at": expires_at, "revoked_at": 0})
    return {"links": _kept(links, made_at)}


def with_revoked(value: Mapping[str, Any], link_id: str, expires_at: int, now: int) -> dict[str, Any]:
    """Return the row's value with a link revoked, whether the row knows it or not."""
    links = links_in(value)
    known = links.get(link_id) or {"made_at": 0, "expires_at": expires_at, "revoked_at": 0}
    links[link_id] = {**known, "revoked_at": known["revoked_at"] or now}
    return {"links": _kept(links, now)}


def _kept(links: Mapping[str, dict[str, int]], now: int) -> dict[str, dict[str, int]]:
    alive = {name: one for name, one in links.items() if one["expires_at"] > now}
    working = sorted((one["expires_at"], name) for name, one in alive.items() if not one["revoked_at"])
    forgotten = {name for _, name in working[:-MAX_LINKS]}
    return {name: one for name, one in alive.items() if name not in forgotten}
