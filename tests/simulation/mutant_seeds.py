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
from tests.simulation.mutants_of_audits import MUTANTS_OF_AUDITS
from tests.simulation.mutants_of_consent import MUTANTS_OF_CONSENT
from tests.simulation.mutants_of_erasures import MUTANTS_OF_ERASED_MESSAGES, MUTANTS_OF_ERASURES
from tests.simulation.mutants_of_messages import MUTANTS_OF_MESSAGES
from tests.simulation.mutants_of_money import MUTANTS_OF_MONEY
from tests.simulation.mutants_of_portraits import MUTANTS_OF_PORTRAITS
from tests.simulation.mutants_of_retention import MUTANTS_OF_RETENTION
from tests.simulation.seeds import play

ALL_MUTANTS = (
    *(*MUTANTS, *MUTANTS_OF_ADMINISTRATION, *MUTANTS_OF_MONEY, *MUTANTS_OF_CONSENT),
    *(*MUTANTS_OF_MESSAGES, *MUTANTS_OF_ERASURES, *MUTANTS_OF_ERASED_MESSAGES, *MUTANTS_OF_AUDITS),
    *(*MUTANTS_OF_RETENTION, *MUTANTS_OF_PORTRAITS),
)
TOLD = (*MUTANTS_OF_MESSAGES, *MUTANTS_OF_ERASED_MESSAGES)
"""Those that are found where somebody is told of everything."""

FOUND_BY_SEED: dict[str, int] = {
    "no adoption": 14,
    "no grace": 114,
    "the grace begins with the submit, not with the end of the run that may send it": 105,
    "POST before intent": 0,
    "no version check": 0,
    "slot freed before the terminal write": 0,
    "slot freed while the training goes on": 0,
    "adopt by newest instead of by path": 0,
    "a failed attempt's fine-tune is adopted again": 7,
    "retry POST on time-out": 22,
    "first list page taken as complete": 247,
    "429 counted as failure": 1,
    "unknown status counted as failed": 34,
    "404 believed without the list": 19,
    "a cancel by hand not seen": 0,
    "no deadline for a stuck training": 138,
    "a result that is never written": 0,
    "late photos dropped": 1,
    "event deduplicated by ETag alone": 1,
    "an overwritten photo taken for the old one": 1,
    "naive local time": 2,
    "sweep removed": 26,
    "the slot holds one job more than its capacity": 157,
    "an ended job leaves the work in hand before its delivery": 1,
    "the snapshot's name does not tell the job": 0,
    "each spelling of a name is a person of its own": 13,
    "an upload that was left to its event counts as recorded": 83,
    "a job that is put back, or that photos join, goes to the end of the queue": 60,
    "the slot is released though its holder still needs it": 1,
    "a carried photo is submitted under the other revision's path": 1,
    "a signed URL in the log": 0,
    "a pause is said to be carried out and is not": 3,
    "a queue is resumed by nobody": 3,
    "a job that is cancelled between two tries says that it was never sent": 525,
    "a cancelled job goes on": 1,
    "a job is counted each time that it is delivered": 21,
    "a job is counted without what DashScope has billed": 0,
    "the bell is silenced though a request is left": 22,
    "a request is settled again by each run that has carried it out": 0,
    "a training that succeeded is made once more": 4,
    "who is put first stands behind the head of the queue": 35,
    "a model is said to be deleted and is not": 24,
    "who asks for a training now waits as before": 4,
    "two clocks put a timeline out of order": 95,
    "a key that was sent before stands for a new request": 0,
    "a key stands for whatever it is sent with": 69,
    "a key that is sent once more is refused": 0,
    "administrators know no job but the unfinished ones": 1,
    "a set is opened for a name that is being erased": 350,
    "an erasure does not wait for the end of the training": 73,
    "results of the erased stay": 18,
    "snapshots of the erased stay": 3,
    "a fine-tune is said to be deleted and is not": 18,
    "what was remembered of uploads stays": 18,
    "uploads of the next person go too": 3,
    "what came while somebody was erased is looked for by nobody": 156,
    "the totals name the erased": 3,
    "the request keeps the name": 3,
    "the ledger names the erased": 18,
    "the outbox of the erased stays": 10,
    "the deliveries name the erased": 10,
    "what could not be put counts as put": 1,
    "the bell falls silent though a record is not put": 1,
    "nobody puts the record of an erasure": 10,
    "the audit names people": 0,
    "an erasure is on record as that of somebody else": 3,
    "an erasure takes what the audit has no record of": 207,
    "what awaits the audit keeps the name of the erased": 207,
    "pictures are shown though no look is on record": 2,
    "a cap lets one training more through": 5,
    "nothing is reserved for a training on its way": 0,
    "what is reserved does not count under a cap": 11,
    "a failed training counts as paid": 1,
    "a reservation outlives its settlement": 0,
    "nobody looks at what a person has cost": 83,
    "trainings that are off go on": 17,
    "nobody's word is needed": 5,
    "a set that opens again is still approved": 299,
    "who waits for money waits for ever": 5,
    "photos are checked without consent": 2,
    "a set is submitted without consent": 28,
    "the row decides, and not the document": 2,
    "a consent never ends": 28,
    "another person's consent counts": 324,
    "nobody asks for the guardian of a child": 28,
    "a withdrawal erases nobody": 2,
    "a withdrawal without photos erases nobody": 93,
    "the sweep overlooks consents": 54,
    "a message that was not taken is done with": 0,
    "the next message goes although the one before was not taken": 0,
    "two messages of a job have one id": 0,
    "a submit that is refused is told as another place in the queue": 1,
    "an outbox leaves the index though a message was refused": 1,
    "an outbox is not listed before the save": 0,
    "what is delivered is not remembered": 0,
    "snapshots go before their time": 9,
    "what is due goes though a later set is under way": 64,
    "photos of a later set go with the earlier one": 177,
    "a photo that is deleted takes along what an earlier set is trained with": 105,
    "a later erasure does not know how far the revisions went": 1678,
    "what a clock has remembered that was ahead stays": 2205,
    "a fine-tune that is not found counts as deleted": 3683,
    "a row says that snapshots have gone which are there": 4,
    "what could not be removed is never tried again": 239,
    "a model that was kept long enough is said to be deleted and is not": 9,
    "a delivered job is not listed for what is to go": 4,
    "an order is sent before its intent is saved": 0,
    "another program's task is taken for the order's own": 9,
    "the slot of portraits is released while a task goes on": 0,
    "pictures are said to be stored that are not": 0,
    "the result does not tell of portraits": 0,
    "what was billed is not settled": 0,
    "a failed task counts as billed": 4,
    "a person's rows go while portraits are made of them": 124,
    "nothing is reserved for portraits": 0,
    "a model's portraits are never asked for": 0,
}


def seed_that_finds(mutant: Mutant, seeds: range) -> int | None:
    """Return a seed that finds ``mutant``: the one in the table, or else the first of ``seeds``.

    Those of messages are played with somebody who is told of everything, those of the audit with an audit,
    those of portraits with portraits of every model.
    """
    known = FOUND_BY_SEED.get(mutant.name)
    with alive(mutant):
        for seed in itertools.chain([] if known is None else [known], seeds):
            try:
                play(
                    seed,
                    tells=mutant in TOLD,
                    audited=mutant in MUTANTS_OF_AUDITS,
                    portraying=mutant in MUTANTS_OF_PORTRAITS,
                )
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
