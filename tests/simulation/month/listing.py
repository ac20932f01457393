"""The bucket of the month: listings of uploads come from a sorted list beside the emulator's database.

The sweep reads five pages of a thousand every five minutes, forty million entries a month, which the
emulator would read from its database and turn into records. At the end of the month both are compared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.objects import StoredObject
from shared.domain.object_keys import PEOPLE_PREFIX
from shared.workflow.ports import Listed
from tests.simulation.stores import BUCKET, listed


class ListedStore(ObjectStore):
    """The emulator's bucket, and beside it what lies under ``people/``, in the order of the keys."""

    def __init__(self, data: Path | None, clock: Clock) -> None:
        super().__init__(data, clock)
        self._keys: list[str] = []
        self._entries: list[Listed] = []
        self._uploads: dict[str, StoredObject] = {}

    def put(self, bucket: str, key: str, *arguments: Any, **options: Any) -> StoredObject:
        """Write an object."""
        stored = super().put(bucket, key, *arguments, **options)
        self._note(key, stored)
        return stored

    def delete(self, bucket: str, key: str, *arguments: Any, **options: Any) -> Any:
        """Delete an object."""
        deletion = super().delete(bucket, key, *arguments, **options)
        self.note(bucket, key)
        return deletion

    def note(self, bucket: str, key: str) -> None:
        """Look what lies under a key, which was written in another way."""
        if not key.startswith(PEOPLE_PREFIX):
            return
        try:
            self._note(key, self.head(bucket, key))
        except OssError:
            self._note(key, None)

    def page_of(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        """Return a page of a listing: of uploads from the list beside the database."""
        if not prefix.startswith(PEOPLE_PREFIX):
            page = self.list_objects(BUCKET, prefix=prefix, marker=after, limit=count)
            return [listed(found) for found in page.rows], page.next_marker
        first = bisect_right(self._keys, after) if after >= prefix else bisect_left(self._keys, prefix)
        behind = bisect_left(self._keys, f"{prefix}\U0010ffff")
        end = min(first + count, behind)
        return self._entries[first:end], self._keys[end - 1] if end < behind else ""

    def check_list(self, bucket: str) -> None:
        """Hold the list against the emulator's database."""
        found: list[StoredObject] = []
        page = self.list_objects(bucket, prefix=PEOPLE_PREFIX, limit=1000)
        while True:
            found += page.rows
            if not page.next_marker:
                break
            page = self.list_objects(bucket, prefix=PEOPLE_PREFIX, marker=page.next_marker, limit=1000)
        are_same = [self._uploads[key] for key in self._keys] == found
        assert are_same, "the list of uploads is not the database's"
        assert self._entries == [listed(one) for one in found], "the pages are not the database's"

    def _note(self, key: str, stored: StoredObject | None) -> None:
        if not key.startswith(PEOPLE_PREFIX):
            return
        place = bisect_left(self._keys, key)
        if stored is None:
            if self._uploads.pop(key, None) is not None:
                del self._keys[place], self._entries[place]
            return
        if key not in self._uploads:
            self._keys.insert(place, key)
            self._entries.insert(place, listed(stored))
        else:
            self._entries[place] = listed(stored)
        self._uploads[key] = stored
