"""The command that measures the product side by side with its peers: ``python -m tests.benchmarks``.

Prints a table and writes ``.local/bench.json``; the exit status is 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.abuse import abuse
from tests.benchmarks.answering import answering
from tests.benchmarks.bursts import bursts
from tests.benchmarks.harness import Result, Suite, run, table, write
from tests.benchmarks.importing import importing
from tests.benchmarks.portraits import portraits
from tests.benchmarks.reporting import Report, of_strategies, of_ticks
from tests.benchmarks.services import services
from tests.benchmarks.slots import slots, ticks
from tests.benchmarks.starting import starting
from tests.benchmarks.uploads import uploads

RESULTS_FILE = Path(".local/bench.json")
# A suite is a context manager that gives benchmarks.
SUITES: tuple[Suite, ...] = (
    slots,
    portraits,
    ticks,
    importing,
    starting,
    answering,
    services,
    uploads,
    bursts,
    abuse,
)
# A report has a table, a plot next to the file, and a section of the file.
REPORTS: tuple[Callable[[Path], Report | None], ...] = (of_strategies, of_ticks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--only", default="", help="measure only benchmarks with this in their names")
    given = parser.parse_args(arguments)
    results: list[Result] = []
    for suite in SUITES:
        results += run(suite, max(1, given.rounds), given.only)
    reports = [made for report in REPORTS if (made := report(RESULTS_FILE.parent))]
    for made in reports:
        print(f"{made.text}\n")
    print(table(results))
    write(results, RESULTS_FILE, {made.name: made.document for made in reports})
    return 0 if results and all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
