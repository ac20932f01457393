"""What a page needs besides its document: who looks, in which language. Made by ``http_api``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.domain.money import LIST_PRICE_FEN
from shared.domain.words import Language

Role = Literal["admin", "reader", "person", "nobody"]
"""Who looks: an administrator, a reader, the person by their own link, or somebody who is not signed in."""


@dataclass(frozen=True, kw_only=True)
class View:
    """The circumstances of one rendering; ``now`` in milliseconds since the epoch.

    ``path`` is the page's own, percent-encoded and without a query. ``thumbnails`` are ``data:`` addresses by
    photo name. ``asked`` is the document of what was asked for just now: a request, or a link that was made.
    """

    language: Language
    path: str
    now: int
    role: Role = "nobody"
    query: Mapping[str, str] = field(default_factory=dict)
    csrf: str = ""
    nonce: str = ""
    link: str = ""
    thumbnails: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, object] | None = None
    is_local: bool = False
    price_fen: int = LIST_PRICE_FEN
