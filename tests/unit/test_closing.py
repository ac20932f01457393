"""Looking through a person's folder: the set is synchronised, marked, checked, and closed or rejected."""

from __future__ import annotations

import pytest

from shared.domain.decide import Look
from shared.domain.job import Job
from shared.domain.object_keys import Kind
from shared.domain.photo_set import MAX_RECORDED, NEVER, UNPACKING_TAKES_MS, ClosedBy
from shared.domain.photos import Photo, Verdict
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.errors import Conflict, RetryLater
from shared.workflow.actions import carry_out
from shared.workflow.closing import look_through
from shared.workflow.reconciling import reconcile
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, photo
from tests.unit.test_photo_set_completion import COMPLETIONS

S = JobState
MARKER = RULES.ready_marker


def folder_of(job: Job, *, marker_at: int = 0) -> Memory:
    """The job, and all of its photos in its person's folder."""
    memory = Memory(job)
    for one in job.photo_set.photos:
        memory.upload(one.name, at=one.uploaded_at)
    if marker_at:
        memory.upload(MARKER, at=marker_at, kind=Kind.MARKER)
    memory.face_trouble = RetryLater("Throttling.RateQuota", "slow down", delay_seconds=1)
    return memory


@pytest.mark.parametrize(
    ("photos", "marker_at", "rules", "now", "expected"),
    [row for row in COMPLETIONS if not any(one.verdict is Verdict.UNPACKING for one in row[0])],
)
def test_a_complete_set_is_closed_for_its_photos_or_rejected_for_want_of_them(
    photos: list[Photo], marker_at: int, rules: Rules, now: int, expected: ClosedBy | None
) -> None:
    memory = folder_of(job := collecting(*photos, rules=rules), marker_at=marker_at)
    memory.time = now
    after = look_through(memory.world(rules), "li", memory[job])
    assert after == memory[job]
    if expected is None:
        assert (memory[job].state, memory[job].photo_set.photos) == (S.COLLECTING, job.photo_set.photos)
    elif job.photo_set.usable:
        assert (memory[job].state, memory[job].closed_by) == (S.QUEUED, expected.value)
    else:
        assert memory[job].state is S.REJECTED


@pytest.mark.parametrize("state", [S.QUEUED, S.REJECTED])
def test_a_second_look_at_a_settled_set_changes_nothing(state: JobState) -> None:
    verdict = Verdict.USABLE if state is S.QUEUED else Verdict.NO_FACE
    memory = folder_of(job := collecting(photo(verdict=verdict)))
    memory.time = NOW + RULES.quiet_ms
    once = look_through(memory.world(), "li", memory[job])
    assert once is not None
    assert once.state is state
    memory.time += 10**6
    assert look_through(memory.world(), "li", once) == once
    assert memory[job] == once


def test_a_rejected_set_reopens_and_closes_with_the_photo_that_was_missing() -> None:
    memory = folder_of(job := collecting(photo("bad.jpg", Verdict.NO_FACE)))
    memory.time = NOW + RULES.quiet_ms
    rejected = look_through(memory.world(), "li", memory[job])
    assert rejected is not None
    assert rejected.state is S.REJECTED
    memory.upload("good.jpg", at=memory.time)
    memory.face_trouble = None
    reopened = look_through(memory.world(), "li", rejected)
    assert reopened is not None
    assert reopened.state is S.COLLECTING
    memory.time += RULES.quiet_ms
    closed = look_through(memory.world(), "li", reopened)
    assert closed is not None
    assert closed.state is S.QUEUED
    assert [one.name for one in closed.photo_set.usable] == ["good.jpg"]
    assert closed.files == tuple(one.snapshot for one in closed.photo_set.usable)


@pytest.mark.parametrize("waiting", ["one-more", "photos.zip"])
def test_a_crowded_set_gets_its_face_checks_although_more_uploads_wait_in_the_folder(waiting: str) -> None:
    unchecked = [photo(f"u-{number:03}", Verdict.UNCHECKED) for number in range(MAX_RECORDED)]
    memory = folder_of(job := collecting(*unchecked))
    memory.upload(waiting)
    memory.face_trouble = None
    look_through(memory.world(), "li", memory[job])
    assert memory.checked
    assert len(memory[job].photo_set.unchecked) < MAX_RECORDED


# -- a marker that closes nothing -----------------------------------------------------------------


def test_a_photo_that_was_recorded_and_deleted_meanwhile_is_never_closed_in() -> None:
    """The job that the caller read is old: another run has recorded a photo that is deleted by now."""
    memory = folder_of(old := collecting(photo("1")), marker_at=NOW + MINUTE_MS)
    memory.face_trouble = None
    old = memory[old]
    memory.save(old, old.with_photo(photo("private"), RULES, NOW))
    memory.upload("late", at=NOW)
    memory.time = NOW + 2 * MINUTE_MS
    with pytest.raises(Conflict):
        look_through(memory.world(), "li", old)
    assert memory[old].state is S.COLLECTING
    after = look_through(memory.world(), "li", memory.latest("li"))
    assert after is not None
    assert after.state is S.QUEUED
    assert [one.name for one in after.photo_set.photos] == ["1", "late"]


def test_a_tick_looks_at_the_set_as_it_is_and_not_as_it_was_observed() -> None:
    memory = folder_of(job := collecting(photo("1")), marker_at=NOW + MINUTE_MS)
    observed = memory[job]
    memory.save(observed, observed.with_photo(photo("private"), RULES, NOW))
    memory.time = NOW + 2 * MINUTE_MS
    assert carry_out(memory.world(), Look(observed))
    assert [one.name for one in memory[job].photo_set.photos] == ["1"]


def looks_in_ten_ticks(memory: Memory) -> int:
    looks = 0
    for _ in range(10):
        memory.time += MINUTE_MS
        looks += reconcile(memory.world(Rules(sweep_rest_ms=10**9))).actions.get("look", 0)
    return looks


def test_a_marker_after_carried_photos_alone_is_not_looked_at_in_every_tick() -> None:
    second = collecting(photo("old.jpg")).closed(ClosedBy.QUIET, NOW).next_revision(RULES, NOW)
    memory = folder_of(second, marker_at=NOW - 10)
    marked = look_through(memory.world(), "li", memory[second])
    assert marked is not None
    assert (marked.state, marked.photo_set.ready_at, marked.due_at) == (S.COLLECTING, NOW - 10, NEVER)
    memory.progress = memory.progress.resting(NOW + 10**9)
    assert looks_in_ten_ticks(memory) == 0


def test_a_marked_set_with_a_zip_is_looked_at_when_the_run_that_unpacks_it_is_dead() -> None:
    unpacking = photo("a.zip", Verdict.UNPACKING, recorded_at=NOW)
    memory = folder_of(job := collecting(photo("1.jpg"), unpacking), marker_at=NOW - 10)
    marked = look_through(memory.world(), "li", memory[job])
    assert marked is not None
    assert (marked.state, marked.photo_set.is_marked) == (S.COLLECTING, True)
    assert marked.due_at == NOW + UNPACKING_TAKES_MS
    memory.progress = memory.progress.resting(NOW + 10**9)
    memory.time = NOW + UNPACKING_TAKES_MS - MINUTE_MS - 1
    assert reconcile(memory.world(Rules(sweep_rest_ms=10**9))).actions == {}
