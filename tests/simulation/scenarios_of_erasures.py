"""Named stories of people who are erased, by an administrator or since they have withdrawn consent.

``scenarios.py`` has all others and says how they are told.
"""

from __future__ import annotations

from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.scenarios import (
    APART,
    CONSENTED,
    FACE,
    IS_TRAINING,
    MARKED,
    MINUTE_MS,
    OTHER_FACE,
    PHOTO,
    SWEEP_REST_MS,
    TRAINED,
    ZOE,
    Scenario,
    after_minutes,
    asked,
    consent,
    has_been_submitted,
    marker,
    once,
    then_upload,
    upload,
    zipped,
)

GONE = {"Li": frozenset({FACE})}
ALLOWED = {"delete_terminal": "allow"}


def is_erased(cloud: SimulatedCloud) -> bool:
    """When every erasure that was asked for is done."""
    erasures = cloud.invariants.administration.erasures
    return bool(erasures.rows) and not erasures.open_ones()


SCENARIOS_OF_ERASURES: tuple[Scenario, ...] = (
    Scenario(
        name="a person who is erased after the training, beside another one",
        steps=(
            *(PHOTO, MARKED, upload("Wu", "1.jpg", OTHER_FACE), upload("Wu", "_READY", b"")),
            asked("erase", "Li", when=after_minutes(2, once("Li", JobState.SUCCEEDED))),
        ),
        endings={"Li": (), "Wu": (TRAINED,)},
        behaviour=ALLOWED,
        erased=GONE,
    ),
    Scenario(
        name="a person who is erased while photos come",
        steps=(PHOTO, asked("erase", "Li", when=after_minutes(1, once("Li", JobState.COLLECTING)))),
        endings={"Li": ()},
        rules=Rules(quiet_ms=30 * MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS),
        behaviour=ALLOWED,
        erased=GONE,
    ),
    Scenario(
        name="a person who is erased while a submit has no answer",
        steps=(PHOTO, MARKED, asked("erase", "Li", when=has_been_submitted)),
        endings={"Li": ()},
        troubles={"CreateFineTune": (Fault.LOST,)},
        behaviour={**ALLOWED, "training_seconds": 120.0},
        erased=GONE,
    ),
    Scenario(
        name="a person who is erased during the training, whose photos were sent by file",
        steps=(PHOTO, MARKED, asked("erase", "Li", when=IS_TRAINING)),
        endings={"Li": ()},
        behaviour={**ALLOWED, "training_seconds": 120.0},
        photo_access="file",
        account="today",
        erased=GONE,
    ),
    Scenario(
        name="an erased person of whose name another one comes",
        steps=(
            *(PHOTO, MARKED),
            asked("erase", "Li", when=after_minutes(2, once("Li", JobState.SUCCEEDED))),
            then_upload("Li", "1.jpg", OTHER_FACE, when=is_erased),
        ),
        endings={"Li": (TRAINED,)},
        behaviour=ALLOWED,
        trained_on={"Li": frozenset({OTHER_FACE})},
        erased=GONE,
    ),
    Scenario(
        name="a person who is erased before a receiver has taken anything",
        steps=(PHOTO, MARKED, asked("erase", "Li", when=after_minutes(2, once("Li", JobState.SUCCEEDED)))),
        endings={"Li": ()},
        troubles={"POST message": (Fault.ERROR_BEFORE, Fault.UNREACHABLE, Fault.TIMEOUT) * 9},
        behaviour=ALLOWED,
        erased=GONE,
        tells=True,
    ),
    Scenario(
        name="a person who is erased, and another one, of whom a receiver is told",
        steps=(
            *(PHOTO, MARKED, upload("Wu", "1.jpg", OTHER_FACE), upload("Wu", "_READY", b"")),
            asked("erase", "Li", when=after_minutes(2, once("Li", JobState.SUCCEEDED))),
        ),
        endings={"Li": (), "Wu": (TRAINED,)},
        troubles={"POST message": (Fault.LOST, Fault.ERROR_AFTER)},
        behaviour=ALLOWED,
        erased=GONE,
        tells=True,
    ),
    Scenario(
        name="consent is withdrawn while the training runs",
        steps=(consent("Li"), PHOTO, MARKED, consent("Li", when=IS_TRAINING, withdrawn=True)),
        endings={"Li": ()},
        rules=CONSENTED,
        behaviour={**ALLOWED, "training_seconds": 3600.0},
        erased=GONE,
    ),
    Scenario(
        name="consent is withdrawn while the set waits for the slot",
        steps=(
            *(consent("Li"), consent("Wu"), PHOTO, MARKED),
            then_upload("Wu", "1.jpg", OTHER_FACE, when=IS_TRAINING),
            marker("Wu"),
            consent("Wu", when=once("Wu", JobState.QUEUED), withdrawn=True),
        ),
        endings={"Li": (TRAINED,), "Wu": ()},
        rules=CONSENTED,
        behaviour={**ALLOWED, "training_seconds": 900.0},
        erased={"Wu": frozenset({OTHER_FACE})},
    ),
    Scenario(
        name="consent is withdrawn before any photo has come",
        steps=(
            consent("Li"),
            consent("Li", when=after_minutes(2), withdrawn=True),
            *(consent("Wu"), upload("Wu", "1.jpg", OTHER_FACE), marker("Wu")),
        ),
        endings={"Li": (), "Wu": (TRAINED,)},
        rules=CONSENTED,
        erased={"Li": frozenset()},
    ),
    Scenario(
        name="a person with two spellings and a zip who is erased",
        steps=(
            upload(ZOE, f"/{APART}/1.jpg", FACE),
            upload(ZOE, "all.zip", zipped({"2.jpg": OTHER_FACE})),
            asked("erase", ZOE, when=after_minutes(1, once(ZOE, JobState.COLLECTING))),
        ),
        endings={ZOE: ()},
        rules=Rules(quiet_ms=30 * MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS),
        behaviour=ALLOWED,
        erased={ZOE: frozenset({FACE, OTHER_FACE})},
    ),
)
