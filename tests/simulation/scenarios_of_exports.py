"""Named stories of people who are exported; ``scenarios.py`` has all others and says how they are told."""

from __future__ import annotations

from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.scenarios import (
    FACE,
    MARKED,
    OTHER_FACE,
    PHOTO,
    TRAINED,
    Scenario,
    after_minutes,
    asked,
    once,
    upload,
)
from tests.simulation.stores import BUCKET

ALLOWED = {"delete_terminal": "allow"}
IS_TRAINED = after_minutes(2, once("Li", JobState.SUCCEEDED))


def has_begun_export(cloud: SimulatedCloud) -> bool:
    """When a zip is being written."""
    return bool(cloud.objects.uploads.list_uploads(BUCKET, prefix="exports/").rows)


def has_export(cloud: SimulatedCloud) -> bool:
    """When a zip is there."""
    rows = cloud.objects.list_objects(BUCKET, prefix="exports/", limit=10).rows
    return any(row.key.endswith(".zip") for row in rows)


SCENARIOS_OF_EXPORTS: tuple[Scenario, ...] = (
    Scenario(
        name="a person who is exported after the training, beside another one",
        steps=(
            *(PHOTO, MARKED, upload("Wu", "1.jpg", OTHER_FACE), upload("Wu", "_READY", b"")),
            asked("export", "Li", when=IS_TRAINED),
        ),
        endings={"Li": (TRAINED,), "Wu": (TRAINED,)},
        exported={"Li": frozenset({FACE})},
    ),
    Scenario(
        name="a person who is exported while calls of the bucket fail",
        steps=(PHOTO, MARKED, asked("export", "Li", when=IS_TRAINED)),
        endings={"Li": (TRAINED,)},
        troubles={
            "InitiateMultipartUpload": (Fault.LOST, Fault.ERROR_AFTER),
            "UploadPart": (Fault.ERROR_BEFORE, Fault.LOST),
            "CompleteMultipartUpload": (Fault.LOST,),
            "PutObject progress": (Fault.TIMEOUT, Fault.LOST),
        },
        exported={"Li": frozenset({FACE})},
    ),
    Scenario(
        name="a person who is erased in the midst of an export",
        steps=(
            *(PHOTO, MARKED),
            asked("export", "Li", when=IS_TRAINED),
            asked("erase", "Li", when=has_begun_export),
        ),
        endings={"Li": ()},
        behaviour=ALLOWED,
        erased={"Li": frozenset({FACE})},
    ),
    Scenario(
        name="a person who is erased once the zip is there",
        steps=(
            *(PHOTO, MARKED),
            asked("export", "Li", when=IS_TRAINED),
            asked("erase", "Li", when=has_export),
        ),
        endings={"Li": ()},
        behaviour=ALLOWED,
        erased={"Li": frozenset({FACE})},
    ),
)
