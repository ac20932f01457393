"""What a seed draws beside the faults of single calls: troubles that stay, and changes of the deployment.

The troubles come from the matrix's table, so from the emulators' documented errors: at one photo, at one
person, at an API; once, for minutes, until the end of all faults, or (at one person) until somebody mends it.
The changes are those that a deployment meets: other settings, a clock a day ahead, photos deleted while a run
looks at them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from shared.domain.object_keys import job_id, person_key, spellings
from tests.simulation.cloud import TICK_MS, SimulatedCloud
from tests.simulation.matrix.cells import Scope, answers_of
from tests.simulation.matrix.operations import OPERATIONS, Operation
from tests.simulation.matrix.stages import STRUCK, STRUCK_PHOTO
from tests.simulation.standing import DEATH, EVER, Standing

MINUTE_MS = 60_000
DAY_MS = 86_400_000
FIRST_PHOTO = "0.jpg"


def draw_troubles(cloud: SimulatedCloud, chance: random.Random, people: Sequence[str], ends_at: int) -> str:
    """Let troubles stand in the way from now on; returns the person whose trouble stays, or ""."""
    stuck = ""
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        person = stuck or chance.choice(people)
        trouble = _draw(cloud, chance, person, ends_at)
        cloud.gate.standings.troubles.append(trouble)
        if trouble.ends_at == EVER:
            stuck = person
    return stuck


def draw_changes(cloud: SimulatedCloud, chance: random.Random, people: Sequence[str], lasts_ms: int) -> None:
    """Let the deployment change while the story goes on."""
    kernel = cloud.kernel
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        changes = chance.choice(
            (
                {"quiet_ms": chance.choice((20_000, 240_000))},
                {"min_photos": chance.choice((1, 2, 3))},
                {"close_at": chance.choice((2, 10))},
                {"face_check": chance.random() < 0.5},
                {"carry_over": chance.random() < 0.5},
            )
        )
        kernel.at(kernel.start + chance.randint(0, lasts_ms), partial(cloud.change_rules, **changes))
    if chance.random() < 0.3:
        # A run looks at a set a moment after its tick has begun.
        tick = kernel.start + chance.randrange(lasts_ms // TICK_MS) * TICK_MS
        person, number = chance.choice(people), chance.choice((0, 0, 1))
        kernel.at(tick + chance.randint(0, 5_000), lambda: cloud.delete(person, f"{number}.jpg"))
    if not cloud.skew and chance.random() < 0.1:
        begins = kernel.start + chance.randint(0, lasts_ms - TICK_MS)
        kernel.believes_times = False
        kernel.at(begins, lambda: setattr(cloud, "ahead_ms", DAY_MS))
        kernel.at(begins + TICK_MS, lambda: setattr(cloud, "ahead_ms", 0))


def _draw(cloud: SimulatedCloud, chance: random.Random, person: str, ends_at: int) -> Standing:
    operation = chance.choice(OPERATIONS)
    _, answer = chance.choice(list(answers_of(operation)))
    own = [Scope.OBJECT] * bool(operation.this_object) + [Scope.PERSON] * bool(operation.this_person)
    scope = chance.choice([*own, Scope.API])
    begins = cloud.kernel.start + chance.randint(0, ends_at - cloud.kernel.start)
    ends = chance.choice((min(begins + chance.randint(1, 3) * MINUTE_MS, ends_at), ends_at, EVER))
    if ends == EVER and (scope is Scope.API or operation.name == "CancelFineTune"):
        # A training that is overdue and not cancelled uses the slot of all, and says so.
        ends = ends_at
    # Runs that all die are no runs at all.
    is_once = chance.random() < 0.2 or (answer == DEATH and scope is Scope.API)
    return Standing(
        service=operation.service,
        operation=operation.name,
        answer=answer,
        about=_about(operation, scope, person),
        begins_at=begins,
        ends_at=ends_at if is_once else ends,
        times=1 if is_once else EVER,
    )


def _about(operation: Operation, scope: Scope, person: str) -> tuple[str, ...]:
    """What a struck call is about, as in the matrix, for one of the seed's people."""
    if scope is Scope.API:
        return ()
    if scope is Scope.PERSON:
        folders = (f"{prefix}/{folder}/" for folder in spellings(person) for prefix in ("people", "results"))
        return (*folders, person_key(person))
    return tuple(
        text.replace(job_id(STRUCK, 1), job_id(person, 1))
        .replace(f"/{STRUCK}/", f"/{person}/")
        .replace(STRUCK_PHOTO, FIRST_PHOTO)
        for text in operation.this_object
    )
