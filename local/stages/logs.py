"""``logs``: what the functions of a stage logged, and with ``--follow`` what they log.

Entries become searchable some seconds after they were logged, each in its own time (Simple Log Service,
"Query and analyze logs").
So following looks back over the last :data:`LATE_SECONDS` at each look, and tells each line once.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol

from local.stages.log_lines import Selection
from local.stages.log_search import LogLine

LATE_SECONDS = 60
LOOK_SECONDS = 2.0


class Search(Protocol):
    """The stage's Logstore, as :class:`local.stages.log_search.LogSearch` has it."""

    def lines(self, statement: str, since: int, until: int) -> Iterator[LogLine]:
        """Yield what a statement finds."""


def past(search: Search, selection: Selection, since: int, until: int) -> Iterator[LogLine]:
    """Yield the selected lines from ``since`` on and before ``until``, in seconds, oldest first.

    Raises:
        ServiceError: the log cannot be searched.
    """
    return (line for line in search.lines(selection.statement, since, until) if selection.takes(line))


def following(
    search: Search,
    selection: Selection,
    since: int,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], object],
    looks: int | None = None,
) -> Iterator[LogLine]:
    """Yield the selected lines from ``since`` on, and then each as it comes; ``looks`` ends it after so many.

    Raises:
        ServiceError: the log cannot be searched.
    """
    told: Counter[LogLine] = Counter()
    begin = since
    for number in itertools.count(1):
        until = int(now()) + 1
        # Equal lines of one second are as many as are found, so they are counted and not only known.
        found: Counter[LogLine] = Counter()
        for line in past(search, selection, begin, until):
            found[line] += 1
            if found[line] > told[line]:
                told[line] += 1
                yield line
        begin = max(since, until - LATE_SECONDS)
        told = Counter({line: count for line, count in told.items() if line.at >= begin})
        if number == looks:
            return
        sleep(LOOK_SECONDS)
