"""Which seed finds which mutant first; ``python -m tests.simulation.killers`` looks again and writes it anew.

That is worth its minute when stories have changed: a mutant whose seed does not find it any more is looked
for among all seeds, each time.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.simulation.invariants import Violation
from tests.simulation.mutants import MUTANTS, Mutant, alive
from tests.simulation.seeds import play

KILLED_BY: dict[str, int] = {
    "no adoption": 2,
    "no grace": 10,
    "the grace begins with the submit, not with the end of the run that may send it": 11,
    "POST before intent": 0,
    "no version check": 0,
    "slot freed before the terminal write": 0,
    "adopt by newest instead of by path": 0,
    "a failed attempt's fine-tune is adopted again": 12,
    "retry POST on time-out": 5,
    "first list page taken as complete": 34,
    "429 counted as failure": 82,
    "unknown status counted as failed": 9,
    "404 believed without the list": 2,
    "a cancel by hand not seen": 4,
    "no deadline for a stuck training": 2,
    "a result that is never written": 0,
    "late photos dropped": 0,
    "event deduplicated by ETag alone": 4,
    "an overwritten photo taken for the old one": 0,
    "naive local time": 0,
    "sweep removed": 46,
    "a place kept by nobody's number: the next job goes beside the one that runs": 54,
    "an ended job leaves the work in hand before its delivery": 0,
    "the snapshot's name does not tell the job": 0,
    "an upload that was left to its event counts as recorded": 5,
    "a job that is put back goes to the end of the queue": 18,
    "a place is released though its job still needs it": 85,
    "what was carried over is submitted under the other revision's paths": 0,
    "a signed URL in the log": 0,
}


def killer(mutant: Mutant, seeds: range) -> int | None:
    """Return the first of ``seeds`` that finds ``mutant``, beginning with the one that did so before."""
    known = KILLED_BY.get(mutant.name)
    with alive(mutant):
        for seed in itertools.chain([] if known is None else [known], seeds):
            try:
                play(seed)
            except Violation:
                return seed
    return None


def main() -> None:
    """Find all first seeds and write them into this file."""
    KILLED_BY.clear()
    found = {mutant.name: killer(mutant, range(1000)) for mutant in MUTANTS}
    lines = [f'    "{name}": {seed},\n' for name, seed in found.items() if seed is not None]
    path = Path(__file__)
    before, _, rest = path.read_text(encoding="utf-8").partition("KILLED_BY: dict[str, int] = {")
    after = rest.partition("}\n")[2]
    table = "".join(["KILLED_BY: dict[str, int] = {\n", *lines, "}\n"])
    path.write_text(before + table + after, encoding="utf-8")
    print("".join(lines), end="")


if __name__ == "__main__":
    main()
