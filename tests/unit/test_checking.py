"""Checking a photo: the cheap facts first, the snapshot, and a face check that may have to wait."""

from __future__ import annotations

import pytest

from shared.domain.photos import MAX_PREPARED_BYTES, MAX_SOURCE_BYTES, Photo, Verdict
from shared.domain.rules import Rules
from shared.errors import NotFound, Permanent, RetryLater, Trouble
from shared.workflow.checking import FACE_CHECK_TRIES, FIRST_PAUSE_MS, check_faces, check_photo
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import NOW, RULES, collecting, photo

KEY = "people/li/new.jpg"
NEW = photo("new.jpg", Verdict.UNCHECKED, snapshot="")
THROTTLED = RetryLater("Throttling.RateQuota", "slow down", delay_seconds=1)


def checked(memory: Memory, new: Photo = NEW, rules: Rules = RULES) -> Photo:
    return check_photo(memory.world(rules), KEY, new, collecting(photo("a.jpg")))


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        (photo("new.jpg", Verdict.UNCHECKED, size=0), Verdict.EMPTY),
        (photo("new.jpg", Verdict.UNCHECKED, size=MAX_SOURCE_BYTES + 1), Verdict.TOO_MANY_BYTES),
        (photo("new.jpg", Verdict.UNCHECKED, etag="E-a.jpg"), Verdict.DUPLICATE),
    ],
    ids=["empty", "too large", "a copy"],
)
def test_a_photo_that_cheap_facts_refuse_is_neither_prepared_nor_shown_to_dashscope(
    new: Photo, verdict: Verdict
) -> None:
    memory = Memory()
    assert checked(memory, new).verdict is verdict
    assert (memory.prepared, memory.checked) == ([], [])


def test_a_photo_with_a_face_is_usable_and_has_a_snapshot_of_its_set() -> None:
    memory = Memory()
    found = checked(memory)
    assert found.verdict is Verdict.USABLE
    assert found.snapshot == f"submissions/{collecting().job_id}/token0.jpg"
    assert memory.prepared == [KEY]
    assert len(memory.checked) == 1


@pytest.mark.parametrize(
    ("prepared_as", "verdict"),
    [
        (MAX_PREPARED_BYTES + 1, Verdict.TOO_MANY_BYTES),
        (Permanent("InvalidArgument", "no picture"), Verdict.NOT_AN_IMAGE),
        (Permanent("ImageTooLarge", "too many pixels"), Verdict.TOO_MANY_PIXELS),
    ],
)
def test_a_photo_that_its_snapshot_refuses_is_not_shown_to_dashscope(
    prepared_as: int | Trouble, verdict: Verdict
) -> None:
    memory = Memory()
    memory.prepared_as = prepared_as
    found = checked(memory)
    assert (found.verdict, found.snapshot) == (verdict, "")
    assert memory.checked == []


def test_a_photo_that_is_taken_away_while_it_is_checked_is_tried_again() -> None:
    memory = Memory()
    memory.prepared_as = NotFound("NoSuchKey", "no such object")
    with pytest.raises(RetryLater) as raised:
        checked(memory)
    assert raised.value.code == "photo_changed"


def test_a_photo_for_which_no_time_is_left_is_tried_again() -> None:
    memory = Memory()
    world = memory.world()
    memory.time += LIFE_MS - 20_000
    with pytest.raises(RetryLater) as raised:
        check_photo(world, KEY, NEW, collecting())
    assert raised.value.code == "no_time"
    assert memory.prepared == []


def test_a_throttled_face_check_is_tried_again_with_growing_pauses_and_then_postponed() -> None:
    memory = Memory()
    memory.face_trouble = THROTTLED
    found = checked(memory)
    assert (found.verdict, found.detail) == (Verdict.UNCHECKED, "Throttling.RateQuota")
    assert found.snapshot
    assert memory.time == NOW + sum(FIRST_PAUSE_MS * 2**attempt for attempt in range(FACE_CHECK_TRIES - 1))


def test_an_absent_face_check_is_postponed_at_once() -> None:
    memory = Memory()
    memory.face_trouble = RetryLater("unreachable", "DashScope could not be reached", delay_seconds=20)
    assert checked(memory).verdict is Verdict.UNCHECKED
    assert memory.time == NOW


def test_a_picture_that_the_face_check_refuses_is_unfit_and_says_why() -> None:
    memory = Memory()
    memory.face_trouble = Permanent("InvalidFile", "cannot be read")
    found = checked(memory)
    assert (found.verdict, found.detail) == (Verdict.UNFIT, "InvalidFile: cannot be read")


def test_with_the_face_check_off_a_prepared_photo_is_usable() -> None:
    memory = Memory()
    assert checked(memory, rules=Rules(face_check=False)).verdict is Verdict.USABLE
    assert memory.checked == []


def test_postponed_checks_give_verdicts_by_name_and_leave_out_those_that_still_have_none() -> None:
    memory = Memory()
    waiting = [photo("a", Verdict.UNCHECKED), photo("b", Verdict.UNCHECKED)]
    assert check_faces(memory.world(), waiting) == {"a": (Verdict.USABLE, ""), "b": (Verdict.USABLE, "")}
    memory.face_trouble = THROTTLED
    assert check_faces(memory.world(), waiting) == {}
    memory.face_trouble = None
    late = memory.world()
    memory.time += LIFE_MS
    assert check_faces(late, waiting) == {}
