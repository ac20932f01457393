"""Plays many seeds on all cores and prints the totals: ``python -m tests.simulation --seeds N``.

Ends with the numbers of seeds, calls, faults that struck, crash points and violations; the exit status is 1
if a promise was broken, and each time the one line that replays it is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pool

from tests.simulation.kernel import Violation, collect_garbage_less
from tests.simulation.seeds import Outcome, play

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


def outcome_of(seed: int) -> Outcome | str:
    """Play one seed; a violation comes back as its message."""
    try:
        return play(seed)
    except Violation as violation:
        return str(violation)


def play_all(seeds: Sequence[int], processes: int) -> Iterator[tuple[int, Outcome | str]]:
    """Play ``seeds`` on so many cores, in order."""
    if processes == 1:
        yield from ((seed, outcome_of(seed)) for seed in seeds)
        return
    with Pool(processes, initializer=collect_garbage_less) as pool:
        yield from zip(seeds, pool.imap(outcome_of, seeds, chunksize=SEEDS_A_SHARE), strict=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to play (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many at once")
    options = parser.parse_args(arguments)
    total, started = Total(), time.monotonic()
    seeds = range(options.first, options.first + options.seeds)
    for seed, outcome in play_all(seeds, options.processes):
        total.add(outcome)
        if isinstance(outcome, str):
            print(f"{outcome}\n  replay: python -m tests.simulation.seeds {seed}", flush=True)
        elif total.seeds % 1000 == 0:
            print(f"{total} so far", flush=True)
    print(f"{total} in {time.monotonic() - started:.0f} s")
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
