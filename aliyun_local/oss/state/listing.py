"""Pages of names in order, with prefix, delimiter, marker and limit.

The listings of buckets, objects, versions and uploads call this, each with a function that reads its own
rows. Names are in the order of their UTF-8 bytes, which is that of their code points and of SQLite's BINARY
collation. A listing with a delimiter skips the names under a common prefix instead of reading all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Row = TypeVar("Row")
_LAST_CODE_POINT = 0x10FFFF
_LAST_BEFORE_SURROGATES, _FIRST_AFTER_SURROGATES = 0xD7FF, 0xE000
_BATCH = 200
_BATCH_OF_FOLDERS = 20
"""With a delimiter, what is read beyond the first name of a folder is read for nothing."""


@dataclass(kw_only=True)
class Page(Generic[Row]):
    """One page of a listing. ``next_marker`` is its last entry, empty on the last page."""

    rows: list[Row] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    next_marker: str = ""

    @property
    def is_truncated(self) -> bool:
        """Whether another page follows."""
        return bool(self.next_marker)

    def __len__(self) -> int:
        """Return the number of names and common prefixes, which max-keys counts too."""
        return len(self.rows) + len(self.common_prefixes)


def after_prefix(prefix: str) -> str | None:
    """Return the least string above every string that begins with ``prefix``, None if there is none."""
    while prefix:
        code = ord(prefix[-1])
        if code < _LAST_CODE_POINT:
            following = _FIRST_AFTER_SURROGATES if code == _LAST_BEFORE_SURROGATES else code + 1
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
    """Return up to ``limit`` names and common prefixes above ``marker``.

    Args:
        fetch: called with the first name, the name to stop before (or None) and a count; returns names and
            rows.
        prefix: only names that begin with it.
        delimiter: names that are alike up to its first occurrence after the prefix become one common prefix.
        marker: only entries greater than it; a common prefix is an entry.
        limit: the number of entries of a page.
        end_of_name: the separator between a name and a suffix that orders rows of the same name; delimiters
            count only before it.
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
    size = _BATCH_OF_FOLDERS if delimiter else _BATCH
    while start is not None:
        batch = fetch(start, stop, size)
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
        if len(batch) < size:
            return
        last = batch[-1][0]
        is_in_folder = hidden and last.startswith(hidden)
        start = after_prefix(hidden) if is_in_folder else f"{last}\0"
        size = _BATCH_OF_FOLDERS if is_in_folder else _BATCH
