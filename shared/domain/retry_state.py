"""How the tries of one piece of work have gone, and when it is tried again: kept with the piece itself.

The theory. A piece of work (a photo's preparation, a look, a submit, a poll, a delivery) that fails waits by
itself, ever longer, and what can be done goes before it. So nobody else waits for it, and it costs next to
nothing. It is given up only for its own sake: an object's trouble after a few tries; a trouble that may be
anybody's only when the same API has served others meanwhile; a trouble of everybody, or of the whole person,
never. So these are counted apart: a week without the account leaves a piece with all its tries.

What a service says of everybody is believed until the evidence speaks against it: the same API has served
others since the piece was last told so, and tells it so again. Then it is a trouble that may be anybody's,
and each try has to be followed by the service of others: :meth:`RetryState.is_contradicted`.

Times are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.clocks import has_come
from shared.domain.trouble_kinds import Api, Kind

FIRST_PAUSE_MS = 10_000
SECOND_PAUSE_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000

TRIES_OF_AN_OBJECT = 3
"""An archived object, or one that the role may not read, is told so within minutes."""
DEATHS_ALLOWED = 3
"""Runs that a piece of work may kill before it is left alone (:mod:`shared.domain.health`)."""
TRIES_BESIDE_OTHERS = 6
"""A quarter of an hour: whatever passes has passed by then for most."""
MAX_CODE_CHARACTERS = 64
MAX_MESSAGE_CHARACTERS = 500
"""The words of a cause are kept with the work, in a row that has to stay small."""

_OF_THE_PIECE = (Kind.OBJECT, Kind.PICTURE)
_OF_ANYBODY = (Kind.PASSING, Kind.UNKNOWN, Kind.GONE)


class Cause(NamedTuple):
    """What went wrong: a word for programs, a sentence for people, what it concerns, and where."""

    code: str
    message: str
    kind: Kind
    api: Api | None = None


STILL_WRITTEN = Cause("still_written", "More bytes may be added to the object.", Kind.PASSING, Api.PROCESSING)
FUNCTION_DIED = Cause("function_died", "Runs died while they had it in hand.", Kind.OBJECT)


@dataclass(frozen=True, kw_only=True)
class RetryState:
    """The failed tries of a piece of work since it last went well.

    Attributes:
        tries: how many have failed in a row: for what may be its own fault, or for what cannot be.
        since: when the first of them failed.
        next_try_at: not before then is it tried again.
        cause: what went wrong last.
        tried_at: when it failed last; 0 when nobody knows.
    """

    tries: int
    since: int
    next_try_at: int
    cause: Cause
    tried_at: int = 0

    @property
    def waits_for(self) -> Api | None:
        """The API that has to work again before another try makes sense, or None."""
        return self.cause.api if self.cause.kind.is_of_all else None

    def is_due(self, now: int) -> bool:
        """Whether it is time for another try."""
        return has_come(self.next_try_at, now, longest_ms=LONGEST_PAUSE_MS)

    def is_contradicted(self, cause: Cause, *, passed_at: int, now: int) -> bool:
        """Whether ``cause``, which the next try has met, is not of everybody although its words say so.

        ``passed_at``: when the API last served something else, 0 when nobody knows.
        """
        is_said_again = (self.cause.api, self.cause.code) == (cause.api, cause.code)
        return cause.kind.is_of_all and is_said_again and 0 < self.tried_at < passed_at <= now

    def is_hopeless(self, *, passed_at: int) -> bool:
        """Whether to give the piece up: for its own sake, and never for what may strike everybody.

        ``passed_at``: when the API last served something else, 0 when nobody knows.
        """
        if self.cause.kind in _OF_THE_PIECE:
            return self.tries >= TRIES_OF_AN_OBJECT
        if self.cause.kind in _OF_ANYBODY:
            return self.tries >= TRIES_BESIDE_OTHERS and passed_at > self.since
        return False


def failed_again(before: RetryState | None, cause: Cause, now: int) -> RetryState:
    """Return the state after another failed try; the pause grows from try to try.

    The count begins anew where trouble that may be the piece's own follows trouble that cannot be, or the
    other way round: nothing is given up for tries that everybody's trouble has cost it.
    """
    if before is not None and _may_be_its_own(before.cause) != _may_be_its_own(cause):
        before = None
    tries = (before.tries if before else 0) + 1
    return RetryState(
        tries=tries,
        since=min(before.since, now) if before else now,
        next_try_at=now + pause_ms(tries),
        tried_at=now,
        cause=cause._replace(
            code=cause.code[:MAX_CODE_CHARACTERS], message=cause.message[:MAX_MESSAGE_CHARACTERS]
        ),
    )


def pause_ms(tries: int) -> int:
    """How long to wait after so many failed tries: ten seconds, then a minute, doubled up to an hour."""
    if tries <= 1:
        return FIRST_PAUSE_MS
    return int(min(SECOND_PAUSE_MS * 2 ** min(tries - 2, 12), LONGEST_PAUSE_MS))


def _may_be_its_own(cause: Cause) -> bool:
    return cause.kind in _OF_THE_PIECE or cause.kind in _OF_ANYBODY
