"""The marker of a folder is read once and noted; one that cannot be used counts as an empty one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.breakers import Breaker
from shared.domain.job import Job
from shared.domain.markers import MAX_MARKER_BYTES, NOTHING, Announced
from shared.domain.retry_state import TRIES_BESIDE_OTHERS
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Permanent, RetryLater, Trouble
from shared.workflow.closing import look_through
from shared.workflow.marking import UNUSABLE
from tests.unit.memory import Memory
from tests.unit.support import NOW, collecting, photo, trouble

FIVE = b'{"photos": 5}'
BUSY = RetryLater("InternalError", "…", delay_seconds=1, api=Api.READING)
DENIED = AccountTrouble("AccessDenied", "…", delay_seconds=1, api=Api.READING)


def folder(content: bytes = FIVE, *jobs: Job, name: str = "_READY") -> tuple[Memory, Job]:
    job = jobs[0] if jobs else collecting(photo())
    memory = Memory(job)
    memory.upload("a.jpg", at=NOW - 1000)
    memory.mark(content, at=NOW - 500, name=name)
    return memory, job


def look(memory: Memory) -> Job:
    job = look_through(memory.world(), "li", memory.latest("li"))
    assert job is not None
    return job


@pytest.mark.parametrize("name", ["_READY", "READY", "_ready.txt"])
def test_a_marker_is_noted_with_what_it_says(name: str) -> None:
    memory, _ = folder(name=name)
    noted = look(memory).photo_set
    assert (noted.ready_at, noted.marker_noted_at) == (NOW - 500, NOW)
    assert noted.announced == Announced(photos=5)


def test_a_marker_is_read_once_and_the_newest_one_counts() -> None:
    memory, _ = folder()
    look(memory)
    memory.troubles["read people/li/_READY"] = AssertionError("read again")
    look(memory)
    memory.mark(b'{"photos": 7}', at=NOW - 400, name="READY")
    assert look(memory).photo_set.announced == Announced(photos=7)


def test_an_empty_marker_is_not_read() -> None:
    memory, _ = folder(b"")
    memory.troubles["read"] = AssertionError("read")
    assert look(memory).photo_set.ready_at == NOW - 500


@pytest.mark.parametrize("content", [b"done", b"x" * (MAX_MARKER_BYTES + 1)])
def test_a_marker_that_cannot_be_used_counts_as_an_empty_one_and_is_shown(content: bytes) -> None:
    memory, _ = folder(content)
    if len(content) > MAX_MARKER_BYTES:
        memory.troubles["read"] = Permanent("object_too_large", "…", kind=Kind.OBJECT, api=Api.READING)
    noted = look(memory).photo_set
    assert (noted.ready_at, noted.announced) == (NOW - 500, NOTHING)
    assert memory.nobodys == {"people/li/_READY": UNUSABLE}


@pytest.mark.parametrize("problem", [BUSY, DENIED])
def test_a_marker_that_cannot_be_read_now_is_read_by_the_next_look(problem: Trouble) -> None:
    memory, job = folder()
    memory.troubles["read"] = problem
    with pytest.raises(Trouble, match=problem.code):
        look(memory)
    assert memory[job].photo_set.ready_at == 0


def test_a_marker_that_is_refused_again_and_again_while_others_are_read_counts_as_an_empty_one() -> None:
    retry = trouble(Kind.UNKNOWN, Api.READING, tries=TRIES_BESIDE_OTHERS)
    memory, _ = folder(FIVE, replace(collecting(photo()), retry=retry))
    memory.well_being = replace(memory.well_being, breakers={Api.READING: Breaker(passed_at=NOW)})
    memory.troubles["read"] = Permanent("AccessDenied", "…", kind=Kind.UNKNOWN, api=Api.READING)
    world = memory.world()
    world.health.begin(memory.well_being)
    noted = look_through(world, "li", memory.latest("li"))
    assert noted is not None
    assert noted.state is JobState.COLLECTING
    assert (noted.photo_set.ready_at, noted.photo_set.announced) == (NOW - 500, NOTHING)
