"""What a marker says: which object is one, and which photos it speaks for.

An empty marker speaks for what has arrived. One with content says how many photos belong to the delivery,
``{"photos": 5}``, or which, ``{"names": ["1.jpg", "2.jpg"]}``, so that the set waits for these.
:mod:`shared.workflow.marking` reads it, and :mod:`shared.domain.completion` waits.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

MAX_MARKER_BYTES = 64 * 1024
MAX_PHOTOS = 10_000
MAX_NAMES = 300
MAX_NAMES_BYTES = 8_000
"""Names are kept in the job's row, which has to stay small; of more of them only their number counts."""
_EXTENSIONS = (".txt", ".json")
"""Editors and tools that know no file without an extension add one of these."""


class UnusableMarker(ValueError):
    """The content of a marker makes no sense; the text says what it should be."""


@dataclass(frozen=True, kw_only=True)
class Announced:
    """The photos that a marker speaks for: their number, or their names; neither: those that have arrived."""

    photos: int = 0
    names: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the marker names nothing to wait for."""
        return not self.photos and not self.names


NOTHING = Announced()


def is_marker(name: str, marker: str) -> bool:
    """Whether an object called ``name`` in a person's folder is the marker called ``marker``.

    People type it in their own way: letter case, spaces around it, a first underscore and the extension that
    an editor adds make no difference.
    """
    return bool(marker) and plain_marker(name) == plain_marker(marker)


def plain_marker(name: str) -> str:
    """Return the part of a marker's name that counts."""
    plain = name.strip().casefold()
    for extension in _EXTENSIONS:
        plain = plain.removesuffix(extension).rstrip()
    return plain.removeprefix("_")


def announced_by(content: bytes) -> Announced:
    """Return what a marker with ``content`` speaks for.

    Raises:
        UnusableMarker: it is neither empty nor a document that says so.
    """
    if not content.strip():
        return NOTHING
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnusableMarker('it is no JSON; write {"photos": 5} or {"names": ["1.jpg"]}') from None
    if not isinstance(document, dict):
        document = {}
    photos, names = document.get("photos"), document.get("names")
    if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
        return _announced_names(names)
    if names is None and type(photos) is int and 0 < photos <= MAX_PHOTOS:
        return Announced(photos=photos)
    raise UnusableMarker(
        f'it must say {{"photos": 5}} or {{"names": ["1.jpg"]}}, with 1 to {MAX_PHOTOS} photos'
    )


def _announced_names(names: list[str]) -> Announced:
    named = tuple(dict.fromkeys(unicodedata.normalize("NFC", name) for name in names))
    try:
        size_bytes = sum(len(name.encode("utf-8")) for name in named)
    except UnicodeEncodeError:
        raise UnusableMarker("a name in it is not valid UTF-8") from None
    is_kept = len(named) <= MAX_NAMES and size_bytes <= MAX_NAMES_BYTES
    return Announced(names=named) if is_kept else Announced(photos=min(len(named), MAX_PHOTOS))
