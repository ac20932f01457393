"""By which way DashScope gets a photo, as values: what is set, what was learnt, and what follows.

The theory. DashScope can download a photo by a signed URL, or be given it by its file service. URLs are the
cheaper way, and do not work on every account: OSS refuses data calls through the default public domain of
accounts that were opened since 2025-03-20 (OSS, "Access OSS through a custom domain name"). Nothing tells
which kind an account is but a try. So ``PHOTO_ACCESS=auto`` begins with a URL; when DashScope cannot download
one, a picture of our own is shown to it by URL and, if it cannot download that either, by its file service.
What that shows is kept for all functions, and the URL is tried again after a day, since a domain may have
been bound meanwhile.

:mod:`shared.workflow.photo_access` acts on it. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from shared.domain.clocks import has_come

ROW = "photo_access"
"""The row in which what was learnt is kept for all functions."""
ASKED_AGAIN_MS = 86_400_000
"""So long an account whose URLs do not work is believed to stay one."""
REMEMBERED_MS = 3_600_000
"""So long an instance believes what it has read. To be wrong costs calls and no training: a URL that works no
longer is noticed when it fails, and the file service works on every account."""


TIDIED_FOR_MS = 2 * REMEMBERED_MS
"""Once URLs have been found to work, a tick deletes files for so long: some runs have not heard of it yet."""


LOOKED_EVERY_MS = 3_600_000


class Way(str, Enum):
    """A way to DashScope."""

    URL = "url"
    FILE = "file"


class LearntAccess(NamedTuple):
    """What a picture of our own has shown.

    Attributes:
        way: the way that worked; None while nothing is known.
        door: the host that the URL led to: what is known of one says nothing about another.
        learnt_at: when.
        code: DashScope's word on the URL that it could not download, or ``""``.
    """

    way: Way | None = None
    door: str = ""
    learnt_at: int = 0
    code: str = ""

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> LearntAccess:
        """Return what a row holds; what another version of the code has written there is not known."""
        ways = {way.value: way for way in Way}
        way, door, learnt_at, code = (value.get(name) for name in cls._fields)
        if not isinstance(door, str) or not isinstance(learnt_at, int):
            return cls()
        if not isinstance(way, str) or way not in ways:
            return cls()
        return cls(way=ways[way], door=door, learnt_at=learnt_at, code=str(code or ""))

    def as_value(self) -> dict[str, Any]:
        """Return it as a row holds it."""
        return {**self._asdict(), "way": self.way.value if self.way else ""}


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """What is set.

    Attributes:
        way: the way that is always taken; None: that is found out (``PHOTO_ACCESS=auto``).
        door: the host that signed URLs lead to.
    """

    way: Way | None = None
    door: str = ""

    def way_by(self, learnt: LearntAccess) -> Way | None:
        """Return the way to take; None when it is not known and is to be found out."""
        return self.way or (learnt.way if learnt.door == self.door else None)

    def asks_again(self, learnt: LearntAccess, now: int) -> bool:
        """Whether to ask anew if URLs work by now."""
        is_by_file = self.way is None and self.way_by(learnt) is Way.FILE
        return is_by_file and has_come(learnt.learnt_at + ASKED_AGAIN_MS, now, longest_ms=ASKED_AGAIN_MS)

    def may_leave_files(self, learnt: LearntAccess, now: int, *, looked_at: int = 0) -> bool:
        """Whether runs may leave files with DashScope: by file, and while some may still believe that way.

        Where no way is known, one may have been found and not written down, or at another door. Then it is
        worth a look an hour: ``looked_at`` is when that was last asked, 0 if never.
        """
        way = self.way_by(learnt)
        if way is None:
            return looked_at > 0 and looked_at // LOOKED_EVERY_MS != now // LOOKED_EVERY_MS
        tidied_until = learnt.learnt_at + TIDIED_FOR_MS
        is_newly_by_url = not has_come(tidied_until, now, longest_ms=TIDIED_FOR_MS)
        return way is Way.FILE or (way is Way.URL and self.way is None and is_newly_by_url)
