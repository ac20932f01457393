"""Plays the matrix on all cores: ``python -m tests.simulation.matrix [--only TEXT ...]``.

Ends with how many cells were played and how each kind of end was met; the exit status is 1 if a promise was
broken, and each time the line is printed that plays the cell alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import Pool

from tests.simulation.kernel import Violation, collect_garbage_less
from tests.simulation.matrix.cells import Cell, cells
from tests.simulation.matrix.play import Played, play

MINUTE_MS = 60_000
CELLS_A_SHARE = 4


def outcome_of(cell: Cell) -> Played | str:
    """Play one cell; a violation comes back as its message."""
    try:
        return play(cell)
    except Violation as violation:
        return str(violation)


def play_all(chosen: Sequence[Cell], processes: int) -> Iterator[tuple[Cell, Played | str]]:
    """Play ``chosen`` on so many cores, in order."""
    with Pool(processes, initializer=collect_garbage_less) as pool:
        yield from zip(chosen, pool.imap(outcome_of, chosen, chunksize=CELLS_A_SHARE), strict=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.matrix", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="the cells whose names have all these texts")
    parser.add_argument("--every", type=int, default=1, help="one cell in so many")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many at once")
    options = parser.parse_args(arguments)
    chosen = [cell for cell in cells() if all(text in str(cell) for text in options.only)][:: options.every]
    started = time.monotonic()
    endings: Counter[str] = Counter()
    violations = calls = asked = struck = busiest_hour = healthy_ms = 0
    for cell, outcome in play_all(chosen, options.processes):
        if isinstance(outcome, str):
            violations += 1
            print(f'{outcome}\n  replay: python -m tests.simulation.matrix --only "{cell}"', flush=True)
            continue
        endings[outcome.ending.value] += 1
        calls += outcome.calls
        struck += outcome.struck
        asked += outcome.asked
        busiest_hour = max(busiest_hour, outcome.calls_an_hour)
        if cell.scope.leaves_others:
            healthy_ms = max(healthy_ms, outcome.healthy_ms)
    for ending, count in endings.most_common():
        print(f"{count:6,}  {ending}")
    print(
        f"{len(chosen):,} cells, {calls:,} calls, {struck:,} answered by trouble, {asked:,} waits asked "
        f"after, at most {busiest_hour:,} calls an hour; a healthy person was done after "
        f"{healthy_ms / MINUTE_MS:.1f} minutes at most; {violations} violations "
        f"in {time.monotonic() - started:.0f} s"
    )
    return 1 if violations or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
