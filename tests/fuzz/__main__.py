"""Sends thousands of generated requests to the status function: ``python -m tests.fuzz``, by ``make fuzz``.

schemathesis makes them of ``openapi.json``, good ones and bad ones, and follows the links from answer to
answer; once as an administrator, once as a reader and once as nobody. All its checks are on, and every
answer is held against the description by :mod:`tests.described` too. The same seed makes the same requests.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.people import seeded
from tests.fuzz.sending import FEWEST, Run, fuzz


def main() -> int:
    """Fuzz with each right; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=8, help="how many of each kind and operation")
    given = parser.parse_args()
    began = time.monotonic()
    with seeded() as world:
        runs: list[Run] = [fuzz(world, right, given.seed, given.examples) for right in RIGHTS]
    for run in runs:
        print(run.told())
    count, failures = sum(run.requests for run in runs), sum(len(run.failures) for run in runs)
    print(f"{count:,} requests in {time.monotonic() - began:.0f} s, {failures} violations, seed {given.seed}")
    if count < FEWEST:
        print(f"These are too few: {FEWEST:,} are expected.", file=sys.stderr)
    return int(bool(failures) or count < FEWEST)


RIGHTS = ("admin", "reader", "nobody")

if __name__ == "__main__":
    sys.exit(main())
