"""How the tries of one piece of work have gone, and when it is tried again: kept with the piece itself.

The theory. A piece of work (a photo's preparation, a look, a submit, a poll, a delivery) that fails waits by
itself, ever longer, and what can be done goes before it. So nobody else waits for it, and it costs next to
nothing. It is given up only for its own sake: an object's trouble after a few tries; a trouble that may be
anybody's only when the same API has served others meanwhile; a trouble of everybody never.

Times are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.trouble_kinds import Api, Kind

FIRST_PAUSE_MS = 10_000
SECOND_PAUSE_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000

TRIES_OF_AN_OBJECT = 3
"""An archived object, or one that the role may not read, is told so within minutes."""
TRIES_BESIDE_OTHERS = 6
"""A quarter of an hour: whatever passes has passed by then for most."""


class Cause(NamedTuple):
    """What went wrong: a word for programs, a sentence for people, what it concerns, and where."""

    code: str
    message: str
    kind: Kind
    api: Api | None = None


@dataclass(frozen=True, kw_only=True)
class RetryState:
    """The failed tries of a piece of work since it last went well.

    Attributes:
        tries: how many have failed in a row.
        since: when the first of them failed.
        next_try_at: not before then is it tried again.
        cause: what went wrong last.
    """

    tries: int
    since: int
    next_try_at: int
    cause: Cause

    @property
    def waits_for(self) -> Api | None:
        """The API that has to work again before another try makes sense, or None."""
        return self.cause.api if self.cause.kind.is_of_all else None

    def is_due(self, now: int) -> bool:
        """Whether it is time for another try; a pause longer than the longest is of a clock that runs ahead."""
        return not now < self.next_try_at <= now + LONGEST_PAUSE_MS

    def is_hopeless(self, *, passed_at: int) -> bool:
        """Whether to give the piece up: for its own sake, and never for what may strike everybody.

        ``passed_at``: when the API last served something else, 0 when nobody knows.
        """
        if self.cause.kind is Kind.OBJECT:
            return self.tries >= TRIES_OF_AN_OBJECT
        if self.cause.kind in (Kind.PASSING, Kind.UNKNOWN, Kind.GONE):
            return self.tries >= TRIES_BESIDE_OTHERS and passed_at > self.since
        return False


def failed_again(before: RetryState | None, cause: Cause, now: int) -> RetryState:
    """Return the state after another failed try; the pause grows from try to try."""
    tries = (before.tries if before else 0) + 1
    return RetryState(
        tries=tries,
        since=min(before.since, now) if before else now,
        next_try_at=now + pause_ms(tries),
        cause=cause,
    )


def pause_ms(tries: int) -> int:
    """How long to wait after so many failed tries: ten seconds, then a minute, doubled up to an hour."""
    if tries <= 1:
        return FIRST_PAUSE_MS
    return int(min(SECOND_PAUSE_MS * 2 ** min(tries - 2, 12), LONGEST_PAUSE_MS))
