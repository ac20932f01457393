"""The first seed that finds each mutant; ``python -m tests.simulation.mutant_seeds`` computes the table.

``test_mutants.py`` plays these seeds. Compute the table again when stories have changed: a mutant whose seed
no longer finds it is looked for among all seeds, in every run of the tests.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.simulation.kernel import Violation
from tests.simulation.mutants import MUTANTS, Mutant, alive
from tests.simulation.mutants_of_administration import MUTANTS_OF_ADMINISTRATION
from tests.simulation.mutants_of_money import MUTANTS_OF_MONEY
from tests.simulation.seeds import play

ALL_MUTANTS = (*MUTANTS, *MUTANTS_OF_ADMINISTRATION, *MUTANTS_OF_MONEY)

FOUND_BY_SEED: dict[str, int] = {
    "no adoption": 1,
    "no grace": 114,
    "the grace begins with the submit, not with the end of the run that may send it": 4,
    "POST before intent": 0,
    "no version check": 0,
    "slot freed before the terminal write": 0,
    "slot freed while the training goes on": 0,
    "adopt by newest instead of by path": 0,
    "a failed attempt's fine-tune is adopted again": 1,
    "retry POST on time-out": 1,
    "first list page taken as complete": 247,
    "429 counted as failure": 1,
    "unknown status counted as failed": 14,
    "404 believed without the list": 19,
    "a cancel by hand not seen": 68,
    "no deadline for a stuck training": 126,
    "a result that is never written": 0,
    "late photos dropped": 0,
    "event deduplicated by ETag alone": 1,
    "an overwritten photo taken for the old one": 1,
    "naive local time": 0,
    "sweep removed": 26,
    "the slot holds one job more than its capacity": 124,
    "an ended job leaves the work in hand before its delivery": 1,
    "the snapshot's name does not tell the job": 0,
    "each spelling of a name is a person of its own": 13,
    "an upload that was left to its event counts as recorded": 10,
    "a job that is put back, or that photos join, goes to the end of the queue": 49,
    "the slot is released though its holder still needs it": 1,
    "a carried photo is submitted under the other revision's path": 0,
    "a signed URL in the log": 0,
    "a pause is said to be carried out and is not": 3,
    "a queue is resumed by nobody": 3,
    "a job that is cancelled between two tries says that it was never sent": 525,
    "a cancelled job goes on": 1,
    "a job is counted each time that it is delivered": 21,
    "a job is counted without what DashScope has billed": 0,
    "the bell is silenced though a request is left": 22,
    "a request is settled again by each run that has carried it out": 0,
    "a training that succeeded is made once more": 3,
    "who is put first stands behind the head of the queue": 92,
    "a model is said to be deleted and is not": 24,
    "who asks for a training now waits as before": 4,
    "two clocks put a timeline out of order": 39,
    "a key that was sent before stands for a new request": 0,
    "a key stands for whatever it is sent with": 1,
    "a key that is sent once more is refused": 0,
    "administrators know no job but the unfinished ones": 1,
    "a cap lets one training more through": 5,
    "nothing is reserved for a training on its way": 0,
    "what is reserved does not count under a cap": 11,
    "a failed training counts as paid": 1,
    "a reservation outlives its settlement": 0,
    "nobody looks at what a person has cost": 83,
    "trainings that are off go on": 17,
    "nobody's word is needed": 5,
    "a set that opens again is still approved": 11,
    "who waits for money waits for ever": 5,
}


def seed_that_finds(mutant: Mutant, seeds: range) -> int | None:
    """Return a seed that finds ``mutant``: the one in the table, or else the first of ``seeds``."""
    known = FOUND_BY_SEED.get(mutant.name)
    with alive(mutant):
        for seed in itertools.chain([] if known is None else [known], seeds):
            try:
                play(seed)
            except Violation:
                return seed
    return None


def main() -> None:
    """Find all first seeds and write them into this file."""
    FOUND_BY_SEED.clear()
    found = {mutant.name: seed_that_finds(mutant, range(1000)) for mutant in ALL_MUTANTS}
    lines = [f'    "{name}": {seed},\n' for name, seed in found.items() if seed is not None]
    path = Path(__file__)
    before, _, rest = path.read_text(encoding="utf-8").partition("FOUND_BY_SEED: dict[str, int] = {")
    after = rest.partition("}\n")[2]
    table = "".join(["FOUND_BY_SEED: dict[str, int] = {\n", *lines, "}\n"])
    path.write_text(before + table + after, encoding="utf-8")
    print("".join(lines), end="")


if __name__ == "__main__":
    main()
