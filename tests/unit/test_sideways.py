"""A photo in which no face was found is looked at from its other sides, once, before that is its verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job
from shared.domain.photo_access import Way
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RetryLater, Trouble
from shared.workflow.checking import TIME_FOR_A_PHOTO_MS, judge
from shared.workflow.ports import World
from shared.workflow.sideways import TIME_FOR_A_TURN_MS, TURNS
from shared.workflow.snapshots import with_snapshots
from tests.unit.memory import Memory
from tests.unit.support import NOW, collecting, job_in, photo

NO_FACE = (False, "no face detected")
FACE = (True, "")
UNCHECKED = photo("a.jpg", Verdict.UNCHECKED)
JOB = collecting(UNCHECKED)
REFUSED = Permanent("InvalidParameter.DataInspection", "…", kind=Kind.PICTURE, api=Api.FACE_CHECK)
PASSING = RetryLater("InternalError", "…", delay_seconds=1, api=Api.PROCESSING)


def lying(degrees: int | None) -> Memory:
    """A photo that shows a face once it is turned by so many degrees; None: none at all."""
    memory = Memory(JOB)
    memory.faces = NO_FACE
    if degrees is not None:
        memory.faces_turned = {degrees: FACE}
    return memory


def judged(memory: Memory, world: World | None = None, one: Photo = UNCHECKED) -> Photo:
    return judge(world or memory.world(), f"people/li/{one.name}", one, JOB)


def left_behind(memory: Memory) -> set[str]:
    return set(memory.turned) - set(memory.deleted)


@pytest.mark.parametrize("degrees", TURNS)
def test_a_photo_whose_face_lies_on_its_side_is_usable_with_the_turned_snapshot(degrees: int) -> None:
    memory = lying(degrees)
    found = judged(memory)
    assert (found.verdict, found.detail, found.turned) == (Verdict.USABLE, "", degrees)
    assert memory.turned[found.snapshot] == (UNCHECKED.snapshot, degrees)
    assert found.snapshot.startswith(f"submissions/{JOB.job_id}/")
    # Neither the other two are left, nor is the one deleted that the row names.
    assert left_behind(memory) == {found.snapshot}
    assert UNCHECKED.snapshot not in memory.deleted


def test_a_photo_without_a_face_is_told_so_and_leaves_nothing_behind() -> None:
    memory = lying(None)
    found = judged(memory)
    assert found == replace(UNCHECKED, verdict=Verdict.NO_FACE, detail="no face detected")
    assert [call for call in memory.calls if call.startswith("turn")] == ["turn 90", "turn 270", "turn 180"]
    assert left_behind(memory) == set()


def test_the_three_turned_pictures_take_one_turn_of_the_rate_limit() -> None:
    memory = lying(180)
    judged(memory)
    assert (memory.paced, len(memory.checked)) == (2, 4)


def test_by_file_the_three_are_stored_for_the_check_alone() -> None:
    memory = lying(270)
    memory.reads_any = b"picture"
    found = judged(memory, memory.world(way=Way.FILE))
    assert (len(memory.uploaded), memory.stored_files) == (4, [])
    # By file the test's face check knows no degrees, so that no face is found.
    assert found.verdict is Verdict.NO_FACE


@pytest.mark.parametrize(
    ("faces", "verdict"),
    [
        (FACE, Verdict.USABLE),
        ((False, "several faces"), Verdict.SEVERAL_FACES),
        ((False, "the face is blurred"), Verdict.UNFIT),
    ],
)
def test_only_a_photo_without_a_face_is_turned(faces: tuple[bool, str], verdict: Verdict) -> None:
    memory = lying(90)
    memory.faces = faces
    assert judged(memory).verdict is verdict
    assert memory.turned == {}


def test_a_refused_picture_is_not_turned_and_nothing_is_where_checks_are_off() -> None:
    memory = lying(90)
    memory.troubles["detect_faces"] = REFUSED
    assert judged(memory).verdict is Verdict.UNFIT
    memory.troubles.clear()
    assert judged(memory, memory.world(Rules(face_check=False))).verdict is Verdict.USABLE
    assert memory.turned == {}


def test_a_group_that_lies_on_its_side_is_told_that_it_is_a_group() -> None:
    memory = lying(None)
    memory.faces_turned = {90: (False, "several faces")}
    found = judged(memory)
    assert (found.verdict, found.snapshot) == (Verdict.SEVERAL_FACES, UNCHECKED.snapshot)
    assert left_behind(memory) == set()


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        ("turn", PASSING),
        ("turn", RetryLater("QpsLimitExceeded", "…", delay_seconds=1, api=Api.PROCESSING)),
    ],
)
def test_trouble_with_a_turn_stays_with_the_photo_and_all_of_it_is_done_again(
    operation: str, problem: Trouble
) -> None:
    memory = lying(90)
    memory.troubles[operation] = problem
    held = judged(memory)
    assert (held.verdict, held.snapshot) == (Verdict.UNCHECKED, UNCHECKED.snapshot)
    assert held.retry is not None
    assert held.retry.cause.code == problem.code
    assert left_behind(memory) == set()
    memory.troubles.clear()
    found = judged(memory, one=held)
    assert (found.verdict, found.turned, found.retry) == (Verdict.USABLE, 90, None)


def test_trouble_with_the_check_of_the_turned_ones_stays_with_the_photo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = lying(90)
    usual = memory.detect_faces

    def first_alone(urls: list[str]) -> list[tuple[bool, str]]:
        if len(urls) > 1:
            raise RetryLater("InternalError", "…", delay_seconds=1, api=Api.FACE_CHECK)
        return usual(urls)

    monkeypatch.setattr(memory, "detect_faces", first_alone)
    held = judged(memory)
    assert held.verdict is Verdict.UNCHECKED
    assert held.retry is not None
    assert held.retry.cause.api is Api.FACE_CHECK
    assert left_behind(memory) == set()


@pytest.mark.parametrize("operation", ["turn", "detect_faces"])
def test_a_refusal_of_a_turned_picture_is_no_finding_about_the_photo(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = lying(90)
    usual = memory.detect_faces
    if operation == "turn":
        memory.troubles["turn"] = Permanent("ImageDamage", "…", kind=Kind.PICTURE, api=Api.PROCESSING)
    else:

        def refuses_three(urls: list[str]) -> list[tuple[bool, str]]:
            if len(urls) > 1:
                raise REFUSED
            return usual(urls)

        monkeypatch.setattr(memory, "detect_faces", refuses_three)
    assert judged(memory).verdict is Verdict.NO_FACE
    assert left_behind(memory) == set()


def test_pictures_that_cannot_be_deleted_are_left_behind() -> None:
    memory = lying(90)
    memory.troubles["delete"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)
    assert judged(memory).verdict is Verdict.USABLE
    assert len(memory.turned) == 3


@pytest.mark.parametrize("slow", ["face check", "first turn"])
def test_a_photo_that_the_invocation_is_too_short_for_stays_unchecked_and_has_no_trouble(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = lying(90)
    check, turn = memory.detect_faces, memory.turn

    def slow_check(urls: list[str]) -> list[tuple[bool, str]]:
        memory.time += TIME_FOR_A_PHOTO_MS - TIME_FOR_A_TURN_MS + 1 if slow == "face check" else 0
        return check(urls)

    def slow_turn(key: str, degrees: int, target: str) -> None:
        memory.time += TIME_FOR_A_PHOTO_MS - TIME_FOR_A_TURN_MS + 1
        turn(key, degrees, target)

    monkeypatch.setattr(memory, "detect_faces", slow_check)
    monkeypatch.setattr(memory, "turn", slow_turn)
    world = replace(memory.world(), dead_at=NOW + TIME_FOR_A_PHOTO_MS + 1)
    found = judged(memory, world)
    assert (found.verdict, found.retry, found.snapshot) == (Verdict.UNCHECKED, None, UNCHECKED.snapshot)
    assert found.recorded_at == memory.time
    assert len(memory.turned) <= 1


def test_a_lost_snapshot_is_made_again_as_it_was_turned() -> None:
    job: Job = job_in(JobState.QUEUED)
    turned = replace(photo(), turned=270, recorded_at=NOW - 10**9)
    job = replace(job, photo_set=replace(job.photo_set, photos=(turned,)))
    memory = Memory(job)
    memory.upload("a.jpg")
    memory.lost.add(turned.snapshot)
    after = with_snapshots(memory.world(), memory[job])
    (made,) = after.files
    assert memory.turned[made][1] == 270
    assert memory.prepared == ["people/li/a.jpg"]
