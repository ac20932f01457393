"""Named stories of an audit; ``scenarios.py`` has all others and says how they are told."""

from __future__ import annotations

from typing import cast

from shared.domain.object_keys import job_id
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.scenario_cloud import ScenarioCloud
from tests.simulation.scenarios import (
    FACE,
    IS_TRAINING,
    MARKED,
    MINUTE_MS,
    PHOTO,
    SWEEP_REST_MS,
    TRAINED,
    Ending,
    Moment,
    Scenario,
    Step,
    after_minutes,
    asked,
    once,
)
from tests.simulation.scenarios_of_erasures import ALLOWED, GONE

SLOW = Rules(quiet_ms=30 * MINUTE_MS, sweep_rest_ms=SWEEP_REST_MS)
COLLECTS = once("Li", JobState.COLLECTING)
NOT_ANSWERED = (Fault.UNREACHABLE, Fault.ERROR_BEFORE, Fault.LOST) * 3


def has_a_job(cloud: SimulatedCloud) -> bool:
    """When somebody has a row."""
    return bool(cloud.jobs())


def looked_at(person: str, *, when: Moment) -> Step:
    """Somebody opens the page of a person, and once more when the look has been forgotten."""

    def look(cloud: SimulatedCloud) -> None:
        onlookers = cast("ScenarioCloud", cloud).onlookers
        for later in (0, 11 * MINUTE_MS):
            cloud.kernel.at(cloud.kernel.now + later, lambda: onlookers.look_at(person))

    return Step(when, look)


SCENARIOS_OF_AUDITS: tuple[Scenario, ...] = (
    Scenario(
        name="an administrator who pauses, closes, resumes and cancels, and somebody who looks on",
        steps=(
            PHOTO,
            asked("pause", when=COLLECTS, reason="Li's guardian has called"),
            looked_at("Li", when=COLLECTS),
            asked("train", "Li", when=after_minutes(2, COLLECTS)),
            asked("resume", when=once("Li", JobState.QUEUED)),
            asked("cancel", job_id("Li", 1), when=IS_TRAINING),
        ),
        endings={"Li": (Ending(JobState.CANCELED, paid=1, reason="canceled_not_billed"),)},
        rules=SLOW,
        behaviour={"training_seconds": 400.0},
        audited=True,
    ),
    Scenario(
        name="an audit whose log store does not answer for a while",
        steps=(
            *(PHOTO, MARKED, looked_at("Li", when=has_a_job)),
            asked("first", job_id("Li", 1), when=has_a_job),
        ),
        endings={"Li": (TRAINED,)},
        troubles={"PutLogs": NOT_ANSWERED},
        audited=True,
    ),
    Scenario(
        name="a person who is erased before the audit has a record of what was asked",
        steps=(
            PHOTO,
            asked("photo_use", "Li", photo="1.jpg", when=COLLECTS),
            # What no version of the code knows is left alone for an hour.
            asked("of newer code", "Li", when=COLLECTS),
            asked("first", job_id("Li", 1), when=COLLECTS),
            asked("erase", "Li", when=after_minutes(1, COLLECTS)),
        ),
        endings={"Li": ()},
        rules=SLOW,
        behaviour=ALLOWED,
        troubles={"PutLogs": NOT_ANSWERED},
        erased=GONE,
        audited=True,
    ),
    Scenario(
        name="a person who is erased during the training, whose pictures were looked at",
        steps=(
            *(PHOTO, MARKED, looked_at("Li", when=has_a_job)),
            asked("erase", "Li", when=IS_TRAINING),
        ),
        endings={"Li": ()},
        behaviour={**ALLOWED, "training_seconds": 120.0},
        erased={"Li": frozenset({FACE})},
        audited=True,
    ),
)
