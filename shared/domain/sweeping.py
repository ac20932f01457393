"""How far the sweep of the bucket has come, as a value, and what each page of it means for the next.

A round reads the whole bucket, page by page over several runs, and then starts anew. What a complete round
found recorded needs no look-up ever again: only uploads younger than it do, so that a round over old photos
costs a listing and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CERTAINTY = 15 * 60_000
"""Milliseconds that an upload must be older than a round to be settled by it. Longer than an event is on its
way, for so long the sweep leaves an upload alone, and longer than two machines' clocks may be apart."""


@dataclass(frozen=True, kw_only=True)
class SweepProgress:
    """The sweep's row. Times in milliseconds.

    Attributes:
        cursor: the key behind which the next page begins; empty at the start of a round.
        rests_until: no page is read before then.
        round_began: when this round read its first page.
        is_clean: whether everything that this round has met is recorded.
        recorded_before: uploads older than this were found recorded by a complete round.
    """

    version: int = 0
    cursor: str = ""
    rests_until: int = 0
    round_began: int = 0
    is_clean: bool = True
    recorded_before: int = 0

    def is_due(self, rest: int, now: int) -> bool:
        """Whether to read on; a rest longer than ``rest`` was written by a clock that ran ahead."""
        return not now < self.rests_until <= now + rest

    def may_miss(self, modified_at: int) -> bool:
        """Whether an upload of that time may be unrecorded."""
        return modified_at >= self.recorded_before

    def past(self, following: str, *, clean: bool, now: int) -> SweepProgress:
        """Go behind a page; ``following`` is the key of the next, empty at the end of the round."""
        began = now if not self.cursor else self.round_began
        clean = clean and (self.is_clean or not self.cursor)
        if following:
            return replace(self, cursor=following, round_began=began, is_clean=clean)
        recorded_before = max(self.recorded_before, began - CERTAINTY) if clean else self.recorded_before
        return replace(self, cursor="", round_began=began, is_clean=True, recorded_before=recorded_before)

    def resting(self, until: int) -> SweepProgress:
        """Pause until then."""
        return replace(self, rests_until=until)
