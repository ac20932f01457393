"""Names that others chose, made harmless for the eye: control and direction marks are shown, never obeyed.

Escaping for HTML is the template's work. Called by ``rendering``.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from markupsafe import Markup, escape

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Needed inside words of some scripts and in emoji, and harmless."""


def plain(text: object) -> str:
    """Return a name as text for titles and attributes; what cannot be seen is written out."""
    return "".join(_code(one) if _is_hidden(one) else one for one in str(text))


def isolated(text: object) -> Markup:
    """Return a name for the page: isolated from the direction of its surroundings."""
    shown = (
        Markup('<span class="control">{}</span>').format(_code(one)) if _is_hidden(one) else escape(one)
        for one in str(text)
    )
    return Markup("<bdi>{}</bdi>").format(Markup("").join(shown))


def path(*parts: object) -> str:
    """Return a path of ours; each part is percent-encoded whole, slashes too."""
    return "/" + "/".join(quote(str(part), safe="") for part in parts)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE and character not in _JOINERS


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
