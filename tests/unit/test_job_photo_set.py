"""A job and its photo set: when it is due, and how it closes, is rejected, reopens and goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Reason, open_job
from shared.domain.photo_set import NEVER, UNPACKING_TAKES_MS, ClosedBy
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import reason
from shared.domain.rules import Rules
from shared.domain.states import IllegalMove, JobState
from tests.unit.support import NOW, RULES, collecting, job_in, photo

S = JobState


def test_a_new_photo_puts_off_the_next_look_until_the_set_is_quiet() -> None:
    job = collecting(photo("a")).with_photo(photo("b"), RULES, NOW + 90_000)
    assert [one.name for one in job.photo_set.photos] == ["a", "b"]
    assert job.due_at == NOW + 90_000 + RULES.quiet_ms


@pytest.mark.parametrize(
    ("marker_at", "due_at"),
    [
        # It speaks for the photo, which was uploaded a second before NOW: the set is due at once.
        (NOW, NOW),
        (NOW - 1000, NOW),
        # It is older than the photo and changes nothing.
        (NOW - 1001, NOW + RULES.quiet_ms),
    ],
)
def test_a_marker_makes_the_set_due_at_once_if_it_speaks_for_all_photos(marker_at: int, due_at: int) -> None:
    job = collecting(photo())
    marked = job.with_photo_set(job.photo_set.with_marker(marker_at), RULES, NOW + 7)
    assert (marked.state, marked.due_at, marked.changed_at) == (S.COLLECTING, due_at, NOW + 7)


@pytest.mark.parametrize(
    ("photos", "due_at"),
    [
        # Carried photos alone complete nothing, so only another photo is worth a look.
        ([], NEVER),
        # A zip holds the set open until the run that unpacks it is dead.
        ([photo("a.zip", Verdict.UNPACKING)], NOW + UNPACKING_TAKES_MS),
    ],
)
def test_a_marked_set_that_cannot_close_is_not_due_in_every_tick(photos: list[Photo], due_at: int) -> None:
    job = collecting(photo("carried")).closed(ClosedBy.QUIET, NOW).next_revision(RULES, NOW)
    for one in photos:
        job = job.with_photo(one, RULES, NOW)
    marked = job.with_photo_set(job.photo_set.with_marker(NOW), RULES, NOW)
    assert marked.photo_set.is_marked
    assert marked.completed_by(RULES, NOW) is None
    assert marked.due_at == due_at


def test_verdicts_of_postponed_checks_bring_the_next_look_forward_or_put_it_off() -> None:
    job = collecting(photo("a", Verdict.UNCHECKED))
    assert job.due_at == NOW
    checked = job.photo_set.with_verdicts({"a": (Verdict.USABLE, "")})
    assert job.with_photo_set(checked, RULES, NOW + 1).due_at == NOW + RULES.quiet_ms
    empty = job.photo_set.without_deleted(set())
    assert job.with_photo_set(empty, RULES, NOW + 1).due_at == NEVER


def test_a_rejected_set_reopens_with_a_new_photo_and_forgets_why_it_was_rejected() -> None:
    rejected = job_in(S.REJECTED)
    assert rejected.reason is not None
    job = rejected.with_photo(photo("better"), RULES, NOW + 5)
    assert (job.state, job.reason, job.closed_by) == (S.COLLECTING, None, "")
    assert [one.name for one in job.photo_set.photos] == ["a.jpg", "better"]


def test_the_marker_of_a_rejected_set_does_not_close_the_reopened_one() -> None:
    bad = collecting(photo("bad.jpg", Verdict.NO_FACE))
    marked = bad.with_photo_set(bad.photo_set.with_marker(NOW), RULES, NOW)
    assert marked.completed_by(RULES, NOW) is ClosedBy.MARKER
    reopened = marked.rejected(NOW).with_photo(photo("good.jpg", uploaded_at=NOW - 5000), RULES, NOW + 5)
    assert reopened.completed_by(RULES, NOW + 5) is None


@pytest.mark.parametrize("state", [S.QUEUED, S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_closed_set_takes_no_more_photos(state: JobState) -> None:
    with pytest.raises(IllegalMove):
        job_in(state).with_photo(photo("late"), RULES, NOW)


@pytest.mark.parametrize("state", [state for state in S if state is not S.COLLECTING])
def test_only_a_collecting_set_is_ever_complete(state: JobState) -> None:
    job = job_in(state)
    marked = replace(job, photo_set=job.photo_set.with_marker(NOW))
    assert marked.photo_set.completed_by(RULES, NOW) is ClosedBy.MARKER
    assert marked.completed_by(RULES, NOW + RULES.quiet_ms + 10**9) is None


def test_a_rejection_says_each_reason_once_and_drops_the_marker() -> None:
    job = collecting(photo("a", Verdict.NO_FACE), photo("b", Verdict.NO_FACE), photo("c", Verdict.EMPTY))
    marked = job.with_photo_set(job.photo_set.with_marker(NOW), RULES, NOW)
    rejected = marked.rejected(NOW + 1)
    assert rejected.state is S.REJECTED
    assert rejected.reason is not None
    assert rejected.reason.code == "no_usable_photo"
    assert rejected.reason.message.count("No face was found") == 1
    assert "The file is empty" in rejected.reason.message
    assert rejected.photo_set.ready_at == 0


def test_rejecting_a_set_without_photos_still_says_something() -> None:
    rejected = open_job("li", 1, NOW).rejected(NOW)
    assert rejected.reason is not None
    assert "No photo arrived" in rejected.reason.message


def test_closing_fixes_the_snapshots_and_takes_a_place_in_the_queue() -> None:
    job = collecting(photo("a"), photo("b", Verdict.NO_FACE), photo("c")).closed(ClosedBy.QUIET, NOW + 7)
    assert job.state is S.QUEUED
    assert job.files == ("submissions/x/a", "submissions/x/c")
    assert (job.closed_at, job.closed_by, job.due_at) == (NOW + 7, "quiet", NOW + 7)


def test_only_the_snapshots_of_ten_photos_are_submitted() -> None:
    photos = [photo(f"{number:02}") for number in range(12)]
    job = collecting(photo("bad", Verdict.EMPTY), *photos).closed(ClosedBy.COUNT, NOW)
    assert job.files == tuple(f"submissions/x/{number:02}" for number in range(10))
    assert job.photo_set == collecting(photo("bad", Verdict.EMPTY), *photos).photo_set.closed()


@pytest.mark.parametrize("state", [S.REJECTED, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_neither_a_rejected_nor_an_ended_set_can_close(state: JobState) -> None:
    with pytest.raises(IllegalMove):
        job_in(state).closed(ClosedBy.QUIET, NOW)


def test_a_late_photo_is_recorded_beside_the_set_and_changes_nothing_that_is_submitted() -> None:
    job = job_in(S.TRAINING)
    late = job.photo_set.with_late_photo(photo("late", Verdict.OVER_LIMIT))
    after = job.with_photo_set(late, RULES, NOW + 1)
    assert after.knows("late", "E-late")
    assert (after.files, after.state, after.due_at) == (job.files, job.state, job.due_at)


def test_the_next_revision_is_an_open_set_that_follows_the_closed_one() -> None:
    first = collecting(photo("a")).closed(ClosedBy.QUIET, NOW)
    second = first.next_revision(RULES, NOW + 4)
    assert (second.revision, second.state, second.opened_at) == (2, S.COLLECTING, NOW + 4)
    assert second.photo_set == first.photo_set.following(NOW + 4, carried_from=1)
    alone = first.next_revision(Rules(carry_over=False), NOW + 4)
    assert alone.photo_set == first.photo_set.following(NOW + 4, carried_from=0)
    assert (second.files, second.closed_at, second.due_at, second.version) == ((), 0, 0, 0)


def test_a_revision_whose_new_photos_are_all_unusable_is_rejected_for_these_alone() -> None:
    first = collecting(photo("a")).closed(ClosedBy.QUIET, NOW)
    second = first.next_revision(RULES, NOW).with_photo(photo("b", Verdict.NO_FACE), RULES, NOW)
    assert second.completed_by(RULES, NOW + RULES.quiet_ms) is ClosedBy.QUIET
    assert second.photo_set.new_usable == ()
    rejected = second.rejected(NOW + RULES.quiet_ms)
    assert rejected.reason is not None
    assert rejected.reason.message == reason(Verdict.NO_FACE)
    assert rejected.with_photo(photo("c"), RULES, NOW).photo_set.usable[0].name == "a"


@pytest.mark.parametrize(("code", "carried"), [("InvalidFile.NoHuman", 0), ("training_overdue", 1)])
def test_photos_that_a_training_failed_for_are_not_carried_over(code: str, carried: int) -> None:
    failed = job_in(S.TRAINING).ended(S.FAILED, Reason(code, "…"), NOW)
    assert len(failed.next_revision(RULES, NOW).photo_set.photos) == carried
