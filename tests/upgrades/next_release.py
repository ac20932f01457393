"""A next release, made of the working tree: it adds a field to everything that is stored.

Each of its fields is called ``newer_…`` and has a value of its own, which nobody could make again. So a field
that another version loses is gone for good, and :class:`Kept` sees it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.upgrades.cloud import KEYS, Cloud
from tests.upgrades.releases import Change

MARK = "newer_"
_TOKEN = "field(default_factory=lambda: __import__('secrets').token_hex(4))"
_UNKNOWN = "    unknown: Mapping[str, Any] = field(default_factory=dict"


def _field_of(module: str, name: str, *, before: str = _UNKNOWN) -> Change:
    return Change(f"shared/domain/{module}.py", before, f"    {MARK}{name}: str = {_TOKEN}\n{before}")


NEXT_RELEASE = (
    _field_of("job_record", "mood"),
    _field_of("slot", "owner"),
    _field_of("sweeping", "pace"),
    _field_of("lingering", "why"),
    _field_of("health", "weather", before=f"{_UNKNOWN})\n    unknown_breakers"),
    _field_of("requests", "urgency"),
    _field_of("photos", "sharpness", before='    unknown: str = ""'),
    Change("shared/domain/photos.py", "import dataclass, replace", "import dataclass, field, replace"),
    Change(
        "shared/domain/share_links.py",
        'links.setdefault(link_id, {"made_at": made_at,',
        f'links.setdefault(link_id, {{"{MARK}label": str(expires_at), "made_at": made_at,',
    ),
)
"""A column of jobs and requests, a field of photos, of each shared row and of share links."""


class Kept:
    """Remembers every mark that has been seen, and looks whether it is still there."""

    def __init__(self, cloud: Cloud) -> None:
        """Remember nothing yet."""
        self._cloud = cloud
        self.marks: dict[tuple[str, ...], object] = {}

    def look(self) -> None:
        """Hold the rows against what has been seen of them; no row of these tables is ever deleted."""
        found: dict[tuple[str, ...], object] = {}
        for table, key in KEYS.items():
            for row in self._cloud.rows(table):
                found.update(_marks(row, (table, *(str(row[name]) for name in key))))
        lost = {path: value for path, value in self.marks.items() if found.get(path) != value}
        assert not lost, f"lost: {lost}"
        self.marks.update(found)

    @property
    def kinds(self) -> set[str]:
        """The names of the marks that have been seen."""
        return {path[-1] for path in self.marks}


def _marks(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = _decoded(value)
    if isinstance(value, dict):
        for name, part in value.items():
            if str(name).startswith(MARK):
                yield (*path, str(name)), part
            else:
                yield from _marks(part, (*path, str(name)))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _marks(part, (*path, _name(part, number)))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _name(entry: object, number: int) -> str:
    """Return what an entry of a list is known by: a photo by its name and content."""
    if isinstance(entry, dict) and "etag" in entry:
        return f"{entry['name']} {entry['etag']}"
    return str(number)
