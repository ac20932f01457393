"""Named stories of portraits; ``scenarios.py`` has all others and says how they are told."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache

from PIL import Image

from shared.domain.portrait_styles import TEMPLATE_STYLE, Wanted
from shared.domain.rules import Rules
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.faults import Fault
from tests.simulation.scenarios import (
    FACE,
    MARKED,
    MINUTE_MS,
    OTHER_FACE,
    PHOTO,
    SWEEP_REST_MS,
    TRAINED,
    Scenario,
    Step,
    asked,
    at_once,
    upload,
)

MADE_TWO, MADE_ONE = ("SUCCEEDED", 2), ("SUCCEEDED", 1)
TWO = Rules(
    quiet_ms=MINUTE_MS,
    sweep_rest_ms=SWEEP_REST_MS,
    portraits_allowed=True,
    portraits=(Wanted("f_idcard_female", 2),),
)
TEMPLATE = "templates/spring.jpg"
QUICK = {"task_seconds": 15.0}


@lru_cache(maxsize=1)
def template() -> bytes:
    """Return a picture as templates have to be."""
    file = io.BytesIO()
    Image.new("RGB", (768, 1024), "white").save(file, "JPEG")
    return file.getvalue()


def _put_template(cloud: SimulatedCloud) -> None:
    cloud.place(TEMPLATE, template())


def portraits_fail(code: str, *, images: int | None = None) -> Step:
    """DashScope's next task of portraits fails."""
    return Step(at_once, lambda cloud: cloud.studio.portraits.fail_next(code, "simulated", images=images))


def are_being_made(cloud: SimulatedCloud) -> bool:
    """When an order has been sent to DashScope, or is about to be."""
    return any(order.attempt for job in cloud.jobs() for order in job.portraits)


SCENARIOS_OF_PORTRAITS: tuple[Scenario, ...] = (
    Scenario(
        name="portraits of a new model",
        rules=TWO,
        behaviour=QUICK,
        portraits={"Li": (MADE_TWO,)},
    ),
    Scenario(
        name="portraits of a style and of a template, with the visible label, of which somebody is told",
        steps=(Step(at_once, _put_template), PHOTO, MARKED),
        rules=replace(
            TWO,
            label_portraits=True,
            portraits=(Wanted("f_idcard_female", 1), Wanted(TEMPLATE_STYLE, 1, TEMPLATE)),
        ),
        behaviour=QUICK,
        portraits={"Li": (MADE_ONE, MADE_ONE)},
        tells=True,
    ),
    Scenario(
        name="portraits of two people against one slot",
        steps=(PHOTO, upload("Wu", "1.jpg", OTHER_FACE), MARKED, upload("Wu", "_READY", b"", after=3_000)),
        endings={"Li": (TRAINED,), "Wu": (TRAINED,)},
        rules=TWO,
        behaviour=QUICK,
        portraits={"Li": (MADE_TWO,), "Wu": (MADE_TWO,)},
        patience=60,
    ),
    Scenario(
        name="portraits whose first task fails, and of whose second one picture is missing",
        steps=(
            portraits_fail("InternalError.Algo"),
            portraits_fail("InternalError.Algo", images=1),
            *(PHOTO, MARKED),
        ),
        rules=TWO,
        behaviour=QUICK,
        portraits={"Li": (MADE_ONE,)},
    ),
    Scenario(
        name="portraits while calls of DashScope and of the bucket fail",
        rules=TWO,
        behaviour=QUICK,
        troubles={
            "GeneratePortraits": (Fault.BUSY,),
            "GetTask": (Fault.TIMEOUT, Fault.GARBAGE, Fault.ERROR_BEFORE),
            "ListTasks": (Fault.GARBAGE,),
            "DownloadPortrait": (Fault.LOST, Fault.GARBAGE),
            "PutObject portrait": (Fault.ERROR_BEFORE, Fault.LOST),
        },
        portraits={"Li": (MADE_TWO,)},
        patience=90,
    ),
    Scenario(
        name="a person who is erased while portraits are made",
        steps=(PHOTO, MARKED, asked("erase", "Li", when=are_being_made)),
        endings={"Li": ()},
        rules=TWO,
        behaviour={"delete_terminal": "allow", "task_seconds": 60.0},
        erased={"Li": frozenset({FACE})},
    ),
)
