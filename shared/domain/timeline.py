"""A job's timeline: each move from state to state with its time, as many as a row has room for.

The first moves and the latest ones are kept: how the job began, and how it goes on. A job that is refused
again and again may make hundreds. :class:`shared.domain.job.Job` appends to it with every move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

KEPT_FIRST = 4
KEPT_LAST = 36


class Move(NamedTuple):
    """A job came to ``state`` (its value) ``at`` a time, in milliseconds since the epoch.

    ``behind``: how many trainings have ended while the job waited for this.
    """

    state: str
    at: int
    behind: int = 0


def is_full(moves: Sequence[Move]) -> bool:
    """Whether moves may have gone."""
    return len(moves) >= KEPT_FIRST + KEPT_LAST


def with_move(moves: Sequence[Move], move: Move) -> tuple[Move, ...]:
    """Return ``moves``, oldest first, with one more; of too many those in the middle go."""
    longer = (*moves, move)
    if len(longer) <= KEPT_FIRST + KEPT_LAST:
        return longer
    return (*longer[:KEPT_FIRST], *longer[-KEPT_LAST:])
