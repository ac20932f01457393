"""Plays a month of many people: ``python -m tests.simulation.month --people 10000 --slots 2``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.kernel import Violation, collect_garbage_less
from tests.simulation.month.arrivals import DAY_MS, DAYS
from tests.simulation.month.play import play
from tests.simulation.month.report import as_json, report


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.month", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="how many come in the month")
    parser.add_argument("--days", type=float, default=DAYS, help="within how many days they come")
    parser.add_argument("--slots", type=int, default=2, help="trainings at once (CONCURRENT_TRAININGS)")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another month")
    parser.add_argument("--json", type=Path, help="where to write the figures as well")
    options = parser.parse_args(arguments)
    collect_garbage_less()
    try:
        month = play(
            options.people,
            options.slots,
            options.seed,
            days_ms=int(options.days * DAY_MS),
            told=lambda line: print(line, flush=True),
        )
    except Violation as violation:
        print(f"A promise was broken: {violation}")
        return 1
    print(report(month))
    if options.json:
        options.json.write_text(as_json(month))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
