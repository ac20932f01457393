"""How far the sweep of the bucket has come, as a value.

The theory. An upload's event may be lost, so every tick reads some pages of the bucket and compares them with
the rows. A round reads the whole bucket, page by page over several runs, and then the next round begins.
Looking up every person again and again would make the cost of a tick grow with history. So a complete round
in which everything was found recorded settles all uploads that are older than it (by ``CERTAINTY_MS``): later
rounds look up only younger ones, and a round over old photos costs its listings and nothing else. A round
that met a problem settles nothing. :mod:`shared.workflow.sweep` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        is_clean: whether everything that this round has met is recorded.
        recorded_before: uploads older than this were found recorded by a complete round.
    """

    version: int = 0
    cursor: str = ""
    rests_until: int = 0
    round_began: int = 0
    is_clean: bool = True
    recorded_before: int = 0

    def is_due(self, rest_ms: int, now: int) -> bool:
        """Whether to read on; a rest longer than ``rest_ms`` was written by a clock that ran ahead."""
        return not now < self.rests_until <= now + rest_ms

    def may_miss(self, modified_at: int) -> bool:
        """Whether an upload of that time may be unrecorded."""
        return modified_at >= self.recorded_before

    def past(self, following: str, *, clean: bool, now: int) -> SweepProgress:
        """Go behind a page; ``following`` is the key of the next, empty at the end of the round."""
        began = now if not self.cursor else self.round_began
        clean = clean and (self.is_clean or not self.cursor)
        if following:
            return replace(self, cursor=following, round_began=began, is_clean=clean)
        recorded_before = max(self.recorded_before, began - CERTAINTY_MS) if clean else self.recorded_before
        return replace(self, cursor="", round_began=began, is_clean=True, recorded_before=recorded_before)

    def resting(self, until: int) -> SweepProgress:
        """Pause until then."""
        return replace(self, rests_until=until)
