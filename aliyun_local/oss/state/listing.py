"""Walking keys in order with prefix, delimiter and marker, without visiting what a common prefix hides.

Order is that of the keys' UTF-8 bytes, which is that of their code points and of SQLite's BINARY collation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Row = TypeVar("Row")
_LAST_CODE_POINT = 0x10FFFF
_BATCH = 200


@dataclass(kw_only=True)
class Page(Generic[Row]):
    """One page of a listing. ``next_marker`` is its last entry when there is more, else empty."""

    rows: list[Row] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    next_marker: str = ""

    @property
    def is_truncated(self) -> bool:
        """Whether there is more."""
        return bool(self.next_marker)

    def __len__(self) -> int:
        """Count keys and common prefixes, as max-keys does."""
        return len(self.rows) + len(self.common_prefixes)


def after_prefix(prefix: str) -> str | None:
    """Return the least string above everything that begins with ``prefix``; None when there is none."""
    while prefix:
        code = ord(prefix[-1])
        if code < _LAST_CODE_POINT:
            following = 0xE000 if code == 0xD7FF else code + 1
            return prefix[:-1] + chr(following)
        prefix = prefix[:-1]
    return None


def list_page(
    fetch: Callable[[str, str | None, int], list[tuple[str, Row]]],
    *,
    prefix: str = "",
    delimiter: str = "",
    marker: str = "",
    limit: int = 100,
    end_of_name: str = "",
) -> Page[Row]:
    """Collect up to ``limit`` keys and common prefixes above ``marker``.

    Args:
        fetch: called with (first key, stop before this key or None, how many), returns keys and rows.
        prefix: only keys that begin with it.
        delimiter: keys alike up to its first appearance after the prefix become one common prefix.
        marker: only entries greater than it; a common prefix is an entry.
        limit: how many entries a page holds.
        end_of_name: where a key is more than a name, what parts the two; delimiters count only before it.
    """
    page: Page[Row] = Page()
    last = ""
    for entry, row in _entries(fetch, prefix, delimiter, marker, end_of_name):
        if len(page) == limit:
            page.next_marker = last
            break
        last = entry
        if row is None:
            page.common_prefixes.append(entry)
        else:
            page.rows.append(row)
    return page


def _entries(
    fetch: Callable[[str, str | None, int], list[tuple[str, Row]]],
    prefix: str,
    delimiter: str,
    marker: str,
    end_of_name: str,
) -> Iterator[tuple[str, Row | None]]:
    stop = after_prefix(prefix) if prefix else None
    start: str | None = max(prefix, marker)
    while start is not None:
        batch = fetch(start, stop, _BATCH)
        hidden = ""
        for key, row in batch:
            if key <= marker or (hidden and key.startswith(hidden)):
                continue
            name = key.partition(end_of_name)[0] if end_of_name else key
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            if cut < 0:
                yield key, row
                continue
            hidden = key[: cut + len(delimiter)]
            if hidden > marker:
                yield hidden, None
        if len(batch) < _BATCH:
            return
        last = batch[-1][0]
        start = after_prefix(hidden) if hidden and last.startswith(hidden) else f"{last}\0"
