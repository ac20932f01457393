"""Plays many seeds on all cores and prints the totals: ``python -m tests.simulation --seeds N``.

Ends with the numbers of seeds, calls, faults that struck, crash points and violations; the exit status is 1
if a promise was broken, and each time the one line that replays it is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool

from tests.simulation.kernel import collect_garbage_less
from tests.simulation.replays import outcome_of
from tests.simulation.seeds import KINDS, Outcome

SEEDS_A_SHARE = 20


@dataclass
class Total:
    """The totals of the seeds so far."""

    seeds: int = 0
    calls: int = 0
    struck: int = 0
    crash_points: int = 0
    turn_changes: int = 0
    violations: int = 0

    def add(self, outcome: Outcome | str) -> None:
        """Count one seed: its outcome, or the message of its violation."""
        self.seeds += 1
        if isinstance(outcome, str):
            self.violations += 1
            return
        self.calls += outcome.calls
        self.struck += outcome.struck
        self.crash_points += outcome.crash_points
        self.turn_changes += outcome.turn_changes

    def __str__(self) -> str:
        return (
            f"{self.seeds} seeds, {self.calls} calls, {self.turn_changes} changes of turn, "
            f"{self.struck} faults struck, {self.crash_points} crash points, {self.violations} violations"
        )


def play_all(seeds: Sequence[int], processes: int, kind: Mapping[str, bool]) -> Iterator[Outcome | str]:
    """Play ``seeds`` on so many cores, in order."""
    ask = partial(outcome_of, kind=kind)
    if processes == 1:
        yield from map(ask, seeds)
        return
    with Pool(processes, initializer=collect_garbage_less) as pool:
        yield from pool.imap(ask, seeds, chunksize=SEEDS_A_SHARE)


def main(arguments: Sequence[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to play (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("--telling", action="store_true", help="with a receiver of messages in each seed")
    parser.add_argument("--audited", action="store_true", help="with an audit in each seed")
    parser.add_argument("--exporting", action="store_true", help="with requests for exports in each seed")
    parser.add_argument("--portraying", action="store_true", help="with portraits of every model")
    options = parser.parse_args(arguments)
    total, started = Total(), time.monotonic()
    seeds = range(options.first, options.first + options.seeds)
    kind = {name: getattr(options, option) for option, name in KINDS.items()}
    for outcome in play_all(seeds, options.processes, kind):
        total.add(outcome)
        if isinstance(outcome, str):
            print(outcome, flush=True)
        elif total.seeds % 1000 == 0:
            print(f"{total} so far", flush=True)
    print(f"{total} in {time.monotonic() - started:.0f} s")
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
