"""Lists a person's folders: the one that is spelled like the person, and those that are spelled otherwise.

Called by :mod:`shared.workflow.closing`. A look at a set lists each folder whose spelling has been met, and
the decomposed one before it has been: an upload there whose event was lost belongs to the set like any other.
The pages of a look are bounded, however many folders there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from shared.domain.markers import is_marker
from shared.domain.object_keys import person_folder, spellings
from shared.domain.trouble_kinds import Api
from shared.workflow.ports import Listed, World

PAGE = 1000
MAX_PAGES = 10
"""Pages of a person's folders together; of each folder one is read at least."""


class Folders(NamedTuple):
    """A listing of a person's folders.

    Attributes:
        listed: the objects in them.
        marker: the newest marker in any of them.
        read_whole: the folders, as they are spelled, that were listed to their end.
    """

    listed: list[Listed]
    marker: Listed | None
    read_whole: frozenset[str]


def list_folders(
    world: World, person_id: str, met: Iterable[str], behind: str, *, starts_after: int = 0
) -> Folders:
    """List the person's folders, those ``met`` among them.

    Of a folder that is too large its beginning is read, and the page ``behind`` a key. What was stored up to
    ``starts_after`` is an erased person's, and is not among them.
    """
    everything: list[Listed] = []
    markers: list[Listed] = []
    read_whole: list[str] = []
    pages_left = MAX_PAGES
    for folder in spellings(person_id, met):
        prefix = person_folder(folder)
        pages, following = _pages(world, prefix, max(1, pages_left))
        pages_left -= len(pages)
        if not following:
            read_whole.append(folder)
        elif behind:
            # The two pages may overlap.
            after = behind if behind.startswith(prefix) else following
            pages.append(world.bucket.list_page(prefix, max(after, following), PAGE)[0])
        listed = [entry for page in pages for entry in page if entry.stored.modified_at > starts_after]
        marker = world.rules.ready_marker
        found = [entry for entry in listed if is_marker(entry.key.removeprefix(prefix), marker)]
        key = f"{prefix}{marker}"
        if following and not found and (stored := world.bucket.stored(key)):
            found = [Listed(key, stored)] if stored.modified_at > starts_after else []
        markers += found
        everything += listed
    world.health.passed(Api.LISTING)
    newest = max(markers, key=lambda entry: entry.stored.modified_at, default=None)
    return Folders(everything, newest, frozenset(read_whole))


def _pages(world: World, prefix: str, count: int) -> tuple[list[list[Listed]], str]:
    """Return at most the first ``count`` pages, and the key of the next one."""
    pages: list[list[Listed]] = []
    following = ""
    while len(pages) < count:
        page, following = world.bucket.list_page(prefix, following, PAGE)
        pages.append(page)
        if not following:
            break
    return pages, following
