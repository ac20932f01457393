"""The way of a photo through the code is walked once: no step is taken again, and each fact is read once.

A profile function follows the calls of the real handler through ``functions``, ``shared.workflow`` and
``shared.domain``. A module is entered by a call while none of its functions runs, and left when the last of
them returns. What a world is made of is no step, since all steps use it: the ports, which describe the
services and the clock, the records of how these services are and how photos get to DashScope, and the pace of
the face checks. Nor is it one to ask the row at hand whether the person is being erased, as every step does.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType
from unittest import mock

import pytest

import functions.collect
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.workflow.support import tick

FOLLOWED = ("functions.", "shared.workflow.", "shared.domain.")
OF_A_WORLD = tuple(
    f"shared.workflow.{name}" for name in ("ports", "access_record", "health_record", "pacing", "forgotten")
)

KNOWN = ["collecting", "recording", "describing", "recognizing"]
RECORDED = [*KNOWN, "opening", "checking", "photo_access", "saving"]
LOOKED_THROUGH = ["closing", "folders", "recognizing", "marking", "saving"]
"""A look asks once whether all in the folder is recorded and which marker there is, and saves the set."""
THREE = b'{"photos": 3}'
"""A marker that speaks for three photos: the third one closes the set."""
CLOSED = [*RECORDED, *LOOKED_THROUGH]
WITH_FILES = ["snapshots", "account", "training_files", "photo_access"]
SUBMITTED = [*CLOSED, "submit_next", "submitting", *WITH_FILES, "owning", "owning"]
"""``account`` says whether another may be sent; ``owning`` whether the job has its fine-tune already, and it
is told of the new one."""
WHAT_A_JOB_IS = {
    *("job", "job_record", "met_folders", "held_back", "states", "object_keys"),
    *("photo_set", "completion", "copies", "crowding", "row_size", "photos", "jpeg", "markers"),
}
"""The modules of the domain that a photo's record takes: the job, its states, its set, photos and files."""
for step in (*SUBMITTED, "restoring"):
    # An import runs the module's body, which is no step of a photo.
    importlib.import_module(f"shared.workflow.{step}")


class Walk:
    """The modules that a call of ``collect.handler`` enters, in their order, once for each time."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self._running: Counter[str] = Counter()

    def follow(self, handler: Callable[..., object], *given: object) -> object:
        """Call ``handler`` and follow it."""
        sys.setprofile(self._profile)
        try:
            return handler(*given)
        finally:
            sys.setprofile(None)

    def steps(self) -> list[str]:
        """The modules of the workflow, each as often as it was entered."""
        prefix = "shared.workflow."
        return [name.removeprefix(prefix) for name in self.entered if name.startswith(prefix)]

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        name, code = str(frame.f_globals.get("__name__", "")), frame.f_code
        if not name.startswith(FOLLOWED) or name in OF_A_WORLD:
            return
        # A generator goes on for the function that iterates over it, and ends after that function. The
        # methods of a dataclass, which are compiled from a string, only make and compare values.
        if code.co_flags & inspect.CO_GENERATOR or code.co_filename == "<string>":
            return
        if event == "call":
            if not self._running[name]:
                self.entered.append(name)
            self._running[name] += 1
        elif event == "return":
            self._running[name] -= 1


@pytest.fixture
def cloud() -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud(1, NoFaults(), rules=Rules(quiet_ms=60_000, close_at=3, kept_fine_tunes=1000))
    with simulated(cloud):
        yield cloud
    cloud.close()


def followed(cloud: SimulatedCloud, name: str, content: bytes) -> tuple[Walk, Counter[str]]:
    """Upload a file; returns the walk of its event through the code, and the calls that it made."""
    walk, start = Walk(), len(cloud.gate.trace)
    handler = functions.collect.handler
    with mock.patch.object(functions.collect, "handler", lambda *given: walk.follow(handler, *given)):
        cloud.upload("anna", name, content)
        cloud.advance(10_000)
    return walk, Counter(f"{call.service} {call.operation}" for call in cloud.gate.trace[start:])


def upload(cloud: SimulatedCloud, person: str, count: int) -> None:
    for number in range(count):
        cloud.upload(person, f"{number}.jpg", f"FACE {person} {number}".encode())
        cloud.advance(10_000)


def announce(cloud: SimulatedCloud, person: str) -> None:
    """Upload two photos, and a marker that speaks for three."""
    upload(cloud, person, 2)
    cloud.upload(person, "_READY", THREE)
    cloud.advance(10_000)


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_photo_that_closes_nothing_is_collected_recorded_and_checked(
    cloud: SimulatedCloud, earlier: int
) -> None:
    upload(cloud, "anna", earlier)
    walk, _ = followed(cloud, "new.jpg", b"FACE new")
    steps = RECORDED if earlier else [*RECORDED[:5], "restoring", *RECORDED[5:]]
    assert walk.steps() == steps
    assert len(cloud.jobs()[0].photo_set.usable) == earlier + 1


def test_a_photo_takes_eight_modules_of_the_workflow_and_what_a_job_is(cloud: SimulatedCloud) -> None:
    upload(cloud, "anna", 1)
    walk, _ = followed(cloud, "new.jpg", b"FACE new")
    handler, *others = walk.entered
    assert handler == "functions.collect"
    workflow = {f"shared.workflow.{name}" for name in RECORDED}
    assert set(others) - workflow == {f"shared.domain.{name}" for name in WHAT_A_JOB_IS}


def test_a_photo_that_is_known_already_is_not_checked_again(cloud: SimulatedCloud) -> None:
    upload(cloud, "anna", 1)
    walk, _ = followed(cloud, "0.jpg", b"FACE anna 0")
    assert walk.steps() == KNOWN


def test_a_photo_that_closes_its_set_takes_every_step_once_up_to_the_submit(cloud: SimulatedCloud) -> None:
    announce(cloud, "anna")
    walk, _ = followed(cloud, "new.jpg", b"FACE new")
    assert cloud.jobs()[0].state is JobState.TRAINING
    assert walk.steps() == SUBMITTED


def test_a_set_that_closes_while_the_slot_is_held_costs_one_look_at_the_slot(cloud: SimulatedCloud) -> None:
    announce(cloud, "bob")
    cloud.upload("bob", "2.jpg", b"FACE bob 2")
    cloud.advance(10_000)
    announce(cloud, "anna")
    walk, calls = followed(cloud, "new.jpg", b"FACE new")
    assert [job.state for job in cloud.jobs()] == [JobState.QUEUED, JobState.TRAINING]
    assert walk.steps() == [*CLOSED, "submit_next"]
    assert (calls["ots GetRow"], calls["ots GetRange jobs_in_hand"]) == (1, 0)


def test_a_marker_goes_straight_to_the_look_at_the_set(cloud: SimulatedCloud) -> None:
    upload(cloud, "anna", 1)
    walk, _ = followed(cloud, "_READY", b"")
    assert walk.steps() == ["collecting", *LOOKED_THROUGH]
    tick(cloud, 2)
    assert cloud.jobs()[0].closed_by == "marker"


def test_each_fact_is_read_once_for_a_photo_that_closes_its_set_and_is_submitted(
    cloud: SimulatedCloud,
) -> None:
    # The first fine-tune of a deployment also tells, once, which account it is in.
    upload(cloud, "bob", 3)
    tick(cloud, 15)
    announce(cloud, "anna")
    _, calls = followed(cloud, "new.jpg", b"FACE new")
    assert {job.person_id: job.state for job in cloud.jobs()}["anna"] is JobState.TRAINING
    assert calls == {
        # The person's newest job, the slot, and the work in hand.
        "ots GetRange jobs": 1,
        "ots GetRow": 1,
        "ots GetRange jobs_in_hand": 1,
        # The photo, its snapshot, and the person's folder.
        "oss HeadObject": 1,
        "oss PostObject saveas": 1,
        "oss GetObject range": 1,
        "oss ListObjects": 1,
        # The face, the account's fine-tunes, and the POST.
        "dashscope DetectFaces": 1,
        "dashscope ListFineTunes": 1,
        "dashscope CreateFineTune": 1,
        # The job: recorded, closed, intended, submitted. The slot: taken.
        "ots PutRow jobs": 4,
        "ots PutRow control": 1,
    }
