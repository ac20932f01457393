"""When a set is complete: marker, count or quiet time, and what holds it open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.photos import Photo, Verdict
from shared.domain.rules import Rules
from shared.domain.set_completion import ClosedBy, completed_by, settled
from shared.domain.states import JobState
from tests.unit.support import NOW, RULES, collecting, job_in, photo

QUIET = NOW + RULES.quiet


def usable(count: int) -> list[Photo]:
    return [photo(f"{number:02}.jpg") for number in range(count)]


UNCHECKED = photo("unchecked.jpg", Verdict.UNCHECKED)
UNPACKING = photo("photos.zip", Verdict.UNPACKING)
BAD = photo("bad.jpg", Verdict.NO_FACE)
UNCHECKED_OFF = Rules(face_check=False)
THREE = Rules(min_photos=3)


@pytest.mark.parametrize(
    ("photos", "ready", "rules", "now", "expected"),
    [
        # No photo: nothing is ever complete.
        ([], 0, RULES, QUIET, None),
        ([], NOW, RULES, QUIET, None),
        # Quiet time, to the millisecond.
        (usable(1), 0, RULES, NOW, None),
        (usable(1), 0, RULES, QUIET - 1, None),
        (usable(1), 0, RULES, QUIET, ClosedBy.QUIET),
        (usable(9), 0, RULES, QUIET - 1, None),
        # Fewest usable photos.
        (usable(2), 0, THREE, QUIET + 10**9, None),
        ([*usable(2), BAD], 0, THREE, QUIET, None),
        (usable(3), 0, THREE, QUIET, ClosedBy.QUIET),
        # None usable at all: complete, to be rejected.
        ([BAD], 0, THREE, QUIET, ClosedBy.QUIET),
        ([BAD], 0, THREE, QUIET - 1, None),
        # The marker overrules quiet time and number.
        (usable(1), NOW, RULES, NOW, ClosedBy.MARKER),
        (usable(1), NOW, THREE, NOW, ClosedBy.MARKER),
        ([BAD], NOW, RULES, NOW, ClosedBy.MARKER),
        # A marker older than the latest photo (uploaded a second before NOW) says nothing.
        (usable(1), NOW - 1000, RULES, NOW, ClosedBy.MARKER),
        (usable(1), NOW - 1001, RULES, NOW, None),
        (usable(1), NOW - 1001, RULES, QUIET, ClosedBy.QUIET),
        # Ten close it at once; bad ones do not count.
        (usable(10), 0, RULES, NOW, ClosedBy.COUNT),
        (usable(10), NOW, RULES, NOW, ClosedBy.COUNT),
        (usable(11), 0, RULES, NOW, ClosedBy.COUNT),
        ([*usable(9), BAD], 0, RULES, NOW, None),
        # Another number, or none at all.
        (usable(2), 0, Rules(close_at=3), NOW, None),
        ([*usable(3), BAD], 0, Rules(close_at=3), NOW, ClosedBy.COUNT),
        (usable(37), 0, Rules(close_at=0), QUIET - 1, None),
        (usable(37), 0, Rules(close_at=0), QUIET, ClosedBy.QUIET),
        # A zip that is being unpacked holds the set like an unchecked photo, whatever is set.
        ([*usable(10), UNPACKING], NOW, RULES, QUIET, None),
        ([*usable(10), UNPACKING], NOW, Rules(face_check=False, close_at=3), QUIET, None),
        # An unchecked photo holds the set against everything.
        ([UNCHECKED], 0, RULES, QUIET + 10**9, None),
        ([*usable(10), UNCHECKED], 0, RULES, QUIET, None),
        ([*usable(3), UNCHECKED], NOW, RULES, QUIET, None),
        # With the check off it holds nothing.
        ([*usable(1), UNCHECKED], 0, UNCHECKED_OFF, QUIET, ClosedBy.QUIET),
        ([*usable(10), UNCHECKED], 0, UNCHECKED_OFF, NOW, ClosedBy.COUNT),
    ],
)
def test_the_first_of_marker_count_and_quiet_time_completes_a_set(
    photos: list[Photo], ready: int, rules: Rules, now: int, expected: ClosedBy | None
) -> None:
    job = replace(collecting(*photos, rules=rules), ready=ready)
    assert completed_by(job, rules, now) is expected
    after = settled(job, rules, now)
    if expected is None:
        assert after is job
    elif job.usable:
        assert (after.state, after.closed_by) == (JobState.QUEUED, expected.value)
    else:
        assert after.state is JobState.REJECTED


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.COLLECTING])
def test_only_a_collecting_set_is_ever_complete(state: JobState) -> None:
    job = job_in(state, ready=NOW)
    assert completed_by(job, RULES, QUIET + 10**9) is None
    assert settled(job, RULES, QUIET + 10**9) is job


def test_a_set_that_is_due_to_be_looked_at_and_is_quiet_does_close() -> None:
    # The moment that a set asks to be looked at is the moment at which it is complete.
    for count in range(1, 11):
        job = collecting(*usable(count))
        assert settled(job, RULES, job.next_look(RULES)).state is JobState.QUEUED


def test_settling_twice_is_settling_once() -> None:
    once = settled(collecting(*usable(2)), RULES, QUIET)
    assert settled(once, RULES, QUIET + 10**6) is once


def test_a_rejected_set_reopens_and_closes_with_the_photo_that_was_missing() -> None:
    rejected = settled(collecting(BAD), RULES, QUIET)
    assert rejected.state is JobState.REJECTED
    reopened = rejected.with_photo(photo("good.jpg"), RULES, QUIET + 5)
    closed = settled(reopened, RULES, QUIET + 5 + RULES.quiet)
    assert closed.state is JobState.QUEUED
    assert closed.files == ("submissions/x/good.jpg",)


def test_the_marker_of_a_rejected_set_does_not_close_the_reopened_one() -> None:
    rejected = settled(replace(collecting(BAD), ready=NOW), RULES, NOW)
    reopened = rejected.with_photo(photo("good.jpg", uploaded_at=NOW - 5000), RULES, NOW + 5)
    assert completed_by(reopened, RULES, NOW + 5) is None
