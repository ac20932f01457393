"""Whether an API works for anybody: a breaker for each, and the evidence that opens and closes it.

The theory. A refusal of the whole account (its key, its bill, a model that is not switched on) opens the
breaker at once: the work that needs the API waits beside it, costs nothing, and is failed for nothing. A
trouble that may be anybody's makes the API suspect; one that is known to be of an object, or of a person,
says nothing about it. Words of all that an object alone is told again, after others have been served, are
doubted: the API is asked at once, and nobody waits meanwhile. Somebody has to find out, and it is not a
customer's photo: a run asks the API about an object of our own, at growing intervals
(:mod:`shared.workflow.probing`). If that works, the API is well and the trouble is the object's; if not, the
breaker opens. Whatever the API serves meanwhile closes it again.

One row of the control table holds all breakers. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.domain.clocks import has_come
from shared.domain.retry_state import Cause
from shared.domain.trouble_kinds import Kind

FIRST_PROBE_AFTER_MS = 90_000
"""Most troubles are over by then."""
LONGEST_BETWEEN_PROBES_MS = 900_000

_SAYS_NOTHING = (Kind.OBJECT, Kind.PICTURE, Kind.PERSON)


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """One API as it was seen last.

    Attributes:
        cause: what it said last, while it is suspect or its breaker is open.
        since: when that began; 0 for an API that is well.
        is_open: whether it is refused to everybody.
        probes: probes that have failed in a row.
        next_probe_at: when it is asked again at the earliest.
        passed_at: when it last served something while it was suspect or open.
    """

    cause: Cause | None = None
    since: int = 0
    is_open: bool = False
    probes: int = 0
    next_probe_at: int = 0
    passed_at: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing speaks against the API."""
        return not self.since

    def failed(self, cause: Cause, now: int) -> Breaker:
        """Note a trouble; one of the whole API or account opens the breaker."""
        if cause.kind in _SAYS_NOTHING:
            return self
        opens = cause.kind.is_of_all and not self.is_open
        if self.is_well or opens:
            return replace(
                self,
                cause=cause,
                since=self.since or now,
                is_open=self.is_open or opens,
                next_probe_at=now + FIRST_PROBE_AFTER_MS,
            )
        # What is shown is what stands in the way now: a key that is wrong after the bill has been paid.
        is_another = cause.kind.is_of_all and self.cause is not None and cause.code != self.cause.code
        return replace(self, cause=cause) if is_another else self

    def doubted(self, cause: Cause, now: int) -> Breaker:
        """Note a trouble that is said to be of all, and is not by the evidence: the API is asked at once."""
        if self.is_well:
            return replace(self, cause=cause, since=now, next_probe_at=now)
        return replace(self, next_probe_at=min(now, self.next_probe_at))

    def passed(self, now: int) -> Breaker:
        """Note that it has served something: it is well."""
        return self if self.is_well else Breaker(passed_at=now)

    def probe_failed(self, cause: Cause, now: int) -> Breaker:
        """Note that our own object was not served either: nobody's is."""
        pause_ms = min(FIRST_PROBE_AFTER_MS * 2 ** min(self.probes, 10), LONGEST_BETWEEN_PROBES_MS)
        return replace(
            self,
            cause=cause,
            since=self.since or now,
            is_open=True,
            probes=self.probes + 1,
            next_probe_at=now + pause_ms,
        )

    def wants_probe(self, now: int) -> bool:
        """Whether to ask it about our own object."""
        has_waited = has_come(self.next_probe_at, now, longest_ms=LONGEST_BETWEEN_PROBES_MS)
        return has_waited and not self.is_well
