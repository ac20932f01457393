"""How far the sweep of the bucket has come, as a value.

The theory. An upload's event may be lost, so every tick reads some pages of the bucket and compares them with
the rows. A round reads the whole bucket, page by page over several runs, and then the next round begins.
Looking up every person again and again would make the cost of a tick grow with history. So a complete round
in which everything was found recorded settles all uploads that are older than it (by ``CERTAINTY_MS``): later
rounds look up only younger ones, and a round over old photos costs its listings and nothing else. A person
who could not be recorded is remembered and looked up again by the next round, on all the pages that their
folder takes, and keeps nobody else from being settled; when there are more such people than can be
remembered, nothing counts as settled any more. A page that is refused again and again is passed over with the
person it begins with, who counts as not recorded.

All this is in the order of the keys, so people stand here by their folders as these are spelled: whoever has
two lies in two places, and what is settled in one of them says nothing of the other.
:mod:`shared.workflow.sweep` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from shared.domain.clocks import has_come, is_ahead
from shared.domain.object_keys import folder_in, person_folder

MAX_STUCK = 20
"""People whose uploads could not be recorded: so many are remembered."""
TRIES_OF_A_PAGE = 4
CERTAINTY_MS = 15 * 60_000
"""How much older than a round an upload must be to be found by it for certain. Longer than an event takes,
for which time the sweep leaves an upload alone, and longer than two machines' clocks may be apart."""


@dataclass(frozen=True, kw_only=True)
class SweepProgress:
    """The sweep's row. Times are milliseconds since the epoch.

    Attributes:
        cursor: the key behind which the next page begins; empty at the start of a round.
        rests_until: no page is read before then.
        round_began: when this round read its first page.
        is_clean: whether this round has passed by nothing.
        recorded_before: uploads older than this were found recorded by a complete round.
        stuck: people whose uploads the rounds before could not record.
        left_over: the same of this round.
        people_passed: people on the page at hand who had something unrecorded and have had their turn.
        refusals: how often the page at hand has been refused in a row.
        unknown: what newer code has added, which stays (:mod:`shared.domain.formats`).
    """

    version: int = 0
    cursor: str = ""
    rests_until: int = 0
    round_began: int = 0
    is_clean: bool = True
    recorded_before: int = 0
    stuck: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    people_passed: tuple[str, ...] = ()
    refusals: int = 0
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_page_hopeless(self) -> bool:
        """Whether the page at hand has been refused too often."""
        return self.refusals >= TRIES_OF_A_PAGE

    def is_due(self, rest_ms: int, now: int) -> bool:
        """Whether to read on; ``rest_ms`` is how long a rest is."""
        return has_come(self.rests_until, now, longest_ms=rest_ms)

    @cached_property
    def not_settled(self) -> frozenset[str]:
        """The folders of which nothing counts as settled, however old it is."""
        return frozenset((*self.stuck, *self.left_over))

    def may_miss(self, modified_at: int, key: str) -> bool:
        """Whether an upload of that time may be unrecorded."""
        # Asked of every key in the bucket: of most it is known by the time alone.
        if modified_at >= self.recorded_before:
            return True
        return bool(self.not_settled) and folder_in(key) in self.not_settled

    def passing(self, folder: str, *, clean: bool) -> SweepProgress:
        """Note that a person has had their turn, and whether all that the page has of theirs is recorded."""
        left_over = self.left_over if clean else _with(self.left_over, folder)
        return replace(
            self,
            left_over=left_over[-MAX_STUCK - 1 :],
            people_passed=(*self.people_passed, folder),
        )

    def without_recorded(self, following: str) -> SweepProgress:
        """Forget the stuck whose whole folder lies on the page at hand and had nothing unrecorded.

        Their own events, or a look at their set, were faster. ``following`` is the key of the next page.
        """
        stuck = tuple(
            one for one in self.stuck if one in self.people_passed or not self._shows_all_of(one, following)
        )
        return replace(self, stuck=stuck) if stuck != self.stuck else self

    def _shows_all_of(self, folder: str, following: str) -> bool:
        prefix = person_folder(folder)
        return self.cursor < prefix and (not following or following > f"{prefix}\U0010ffff")

    def refused(self) -> SweepProgress:
        """Note that the page at hand could not be read."""
        return replace(self, refusals=self.refusals + 1)

    def past(self, following: str, *, now: int) -> SweepProgress:
        """Go behind a page; ``following`` is the key of the next, empty at the end of the round."""
        read = self
        if self.is_page_hopeless:
            read = self.passing(folder_in(self.cursor), clean=False)
            if following <= self.cursor:
                # There is no way past it: the next round begins, and this one has seen only a part.
                read, following = replace(read, is_clean=False), ""
        began = now if not self.cursor else self.round_began
        gone_on = replace(read, cursor=following, round_began=began, people_passed=(), refusals=0)
        if following:
            return gone_on
        # A round that is not clean may not have met them all.
        before = () if read.is_clean else read.stuck
        stuck = tuple(dict.fromkeys((*before, *read.left_over)))
        # Whoever is forgotten may have uploads that an earlier round has settled for everybody else.
        settled = read._settled(began, now) if len(stuck) <= MAX_STUCK else 0
        return replace(
            gone_on, is_clean=True, recorded_before=settled, stuck=stuck[-MAX_STUCK:], left_over=()
        )

    def _settled(self, began: int, now: int) -> int:
        if is_ahead(self.recorded_before, now):
            # A round of a clock that ran ahead has settled uploads that nobody had looked for: begin anew.
            return 0
        return max(self.recorded_before, began - CERTAINTY_MS) if self.is_clean else self.recorded_before

    def resting(self, until: int) -> SweepProgress:
        """Pause until then."""
        return replace(self, rests_until=until)


def _with(folders: tuple[str, ...], folder: str) -> tuple[str, ...]:
    return (*(one for one in folders if one != folder), folder)
