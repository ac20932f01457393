"""Named stories of what is removed in its time; ``scenarios.py`` says how they are told."""

from __future__ import annotations

from typing import Any

from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.faults import Fault
from tests.simulation.scenarios import (
    FACE,
    MARKED,
    MINUTE_MS,
    OTHER_FACE,
    PHOTO,
    SWEEP_REST_MS,
    TRAINED,
    Ending,
    Scenario,
    after_minutes,
    failing,
    once,
    then_upload,
    upload,
    zipped,
)

SHORTLY = 6 * MINUTE_MS
"""Longer than any run lives, as a day is."""
PATIENCE = 6 * 60
"""A removal that was struck is tried again an hour later."""


def kept(**changes: Any) -> Rules:
    return Rules(**{"quiet_ms": MINUTE_MS, "sweep_rest_ms": SWEEP_REST_MS, **changes})


EVERYTHING = kept(keep_snapshots_ms=SHORTLY, keep_photos_ms=SHORTLY, keep_models_ms=SHORTLY)
ALLOWED = {"delete_terminal": "allow"}

SCENARIOS_OF_RETENTION: tuple[Scenario, ...] = (
    Scenario(
        name="a person whose snapshots, photos and model are kept for minutes, beside one who comes later",
        steps=(
            *(PHOTO, MARKED),
            then_upload("Wu", "1.jpg", OTHER_FACE, when=after_minutes(3, once("Li", JobState.SUCCEEDED))),
        ),
        endings={"Li": (TRAINED,), "Wu": (TRAINED,)},
        rules=EVERYTHING,
        behaviour=ALLOWED,
        patience=PATIENCE,
    ),
    Scenario(
        name="a second set that begins with the photos of the first, whose time comes meanwhile",
        steps=(
            *(PHOTO, MARKED),
            then_upload("Li", "2.jpg", OTHER_FACE, when=after_minutes(2, once("Li", JobState.SUCCEEDED))),
        ),
        endings={"Li": (TRAINED, TRAINED)},
        rules=kept(quiet_ms=8 * MINUTE_MS, keep_snapshots_ms=SHORTLY, keep_photos_ms=SHORTLY),
        patience=PATIENCE,
    ),
    Scenario(
        name="a zip and a failed training whose photos are kept for minutes, sent by file",
        steps=(
            failing("InvalidFile.NoHuman", 1),
            upload("Li", "all.zip", zipped({"1.jpg": FACE, "2.jpg": OTHER_FACE})),
        ),
        endings={"Li": (Ending(JobState.FAILED, failed=1, reason="InvalidFile.NoHuman"),)},
        rules=EVERYTHING,
        behaviour=ALLOWED,
        photo_access="file",
        account="today",
        patience=PATIENCE,
    ),
    Scenario(
        name="a bucket that does not delete at first",
        endings={"Li": (TRAINED,)},
        troubles={"DeleteObject": (Fault.ERROR_BEFORE, Fault.TIMEOUT, Fault.ERROR_AFTER)},
        rules=EVERYTHING,
        behaviour=ALLOWED,
        patience=PATIENCE,
    ),
    Scenario(
        name="a person whose records are kept for minutes",
        endings={"Li": ()},
        rules=kept(keep_snapshots_ms=0, keep_records_ms=SHORTLY),
        behaviour=ALLOWED,
        erased={"Li": frozenset({FACE})},
        patience=PATIENCE,
    ),
)
