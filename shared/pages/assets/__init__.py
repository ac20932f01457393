"""The style and the script of the pages, by name, with an address that changes when they do.

Called by ``rendering`` for the addresses and by ``http_api`` for the contents.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

_TYPES = {"style.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}


class Asset(NamedTuple):
    """One file, with its media type and the hash that its address carries."""

    content: str
    content_type: str
    version: str


@cache
def find(name: str) -> Asset | None:
    """Return the asset, or None: names come from the Internet, and only those listed here are read."""
    if name not in _TYPES:
        return None
    content = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return Asset(content, _TYPES[name], hashlib.sha256(content.encode("utf-8")).hexdigest()[:16])


def address(name: str) -> str:
    """Return the address of an asset of ours; it may be cached for ever."""
    found = find(name)
    if found is None:
        raise ValueError(f"there is no asset {name}; add it to _TYPES")
    return f"/assets/{name}?v={found.version}"
