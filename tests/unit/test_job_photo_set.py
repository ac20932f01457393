"""A job and its photo set: when it is due, how it closes, is rejected, opens again and goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.completion import MARKER_RESTS_MS, NEVER, UNPACKING_TAKES_MS, ClosedBy
from shared.domain.job import Job, Reason, open_job
from shared.domain.job_record import REOPENS_FOR_MS
from shared.domain.lanes import COLLECTING_LANE, QUEUE_LANE
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import reason, remedy
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import IllegalMove, JobState
from shared.domain.trouble_kinds import Kind
from tests.unit.support import (
    MINUTE_MS,
    NOW,
    RULES,
    cause,
    collecting,
    few_examples,
    job_in,
    photo,
    stored,
    trouble,
)

S = JobState


def submitted(*photos: Photo) -> Job:
    """A job whose set has closed and for which an attempt was intended."""
    return collecting(*photos).closed(ClosedBy.QUIET, NOW).attempting(NOW, expires_at=NOW)


def test_a_new_photo_puts_off_the_next_look_until_the_set_is_quiet() -> None:
    job = collecting(photo("a")).with_photo(photo("b"), RULES, NOW + 90_000)
    assert [one.name for one in job.photo_set.photos] == ["a", "b"]
    assert job.due_at == NOW + 90_000 + RULES.quiet_ms


@pytest.mark.parametrize(
    ("marker_at", "due_at"),
    [
        # It speaks for the photo, which was uploaded a second before NOW: the set is due soon.
        (NOW, NOW + MARKER_RESTS_MS),
        (NOW - 1000, NOW - 1000 + MARKER_RESTS_MS),
        # It overtook the photo, which is to settle.
        (NOW - 1001, NOW - 1000 + RULES.settle_ms),
        # It is much older than the photo and changes nothing.
        (NOW - 60 * MINUTE_MS, NOW + RULES.quiet_ms),
    ],
)
def test_a_marker_makes_the_set_due_at_once_if_it_speaks_for_all_photos(marker_at: int, due_at: int) -> None:
    job = collecting(photo())
    marked = job.with_photo_set(job.photo_set.with_marker(marker_at, NOW), RULES, NOW + 7)
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
    job = submitted(photo("carried")).next_revision(RULES, NOW)
    for one in photos:
        job = job.with_photo(one, RULES, NOW)
    marked = job.with_photo_set(job.photo_set.with_marker(NOW, NOW), RULES, NOW)
    assert marked.completed_by(RULES, NOW + MARKER_RESTS_MS) is None
    assert marked.due_at == due_at


def test_verdicts_that_come_later_bring_the_next_look_forward_or_put_it_off() -> None:
    job = collecting(photo("a", Verdict.UNCHECKED))
    assert job.due_at == NOW
    checked = job.photo_set.with_judged([photo("a")])
    assert job.with_photo_set(checked, RULES, NOW + 1).due_at == NOW + RULES.quiet_ms
    empty = job.photo_set.without_deleted(set())
    assert job.with_photo_set(empty, RULES, NOW + 1).due_at == NEVER


def test_a_look_that_failed_is_made_again_after_its_pause_whatever_changes_in_the_set() -> None:
    held = collecting(photo("a")).held_up(cause(), NOW)
    changed = held.with_photo_set(held.photo_set.with_marker(NOW, NOW), RULES, NOW + 1)
    assert (changed.due_at, changed.retry) == (held.due_at, held.retry)
    # Another photo is another set: the look is made when that asks for it.
    assert held.with_photo(photo("b"), RULES, NOW + 1).retry is None


def test_a_rejected_set_reopens_with_a_new_photo_and_forgets_why_it_was_rejected() -> None:
    rejected = job_in(S.REJECTED)
    assert rejected.reason is not None
    job = rejected.with_photo(photo("better"), RULES, NOW + 5)
    assert (job.state, job.reason, job.closed_by) == (S.COLLECTING, None, "")
    assert [one.name for one in job.photo_set.photos] == ["a.jpg", "better"]


def test_the_marker_of_a_rejected_set_does_not_close_the_reopened_one() -> None:
    bad = collecting(photo("bad.jpg", Verdict.NO_FACE))
    marked = bad.with_photo_set(bad.photo_set.with_marker(NOW, NOW), RULES, NOW)
    assert marked.completed_by(RULES, NOW + MARKER_RESTS_MS) is ClosedBy.MARKER
    reopened = marked.rejected(NOW).with_photo(photo("good.jpg", uploaded_at=NOW - 5000), RULES, NOW + 5)
    assert reopened.completed_by(RULES, NOW + 5) is None


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED])
@pytest.mark.parametrize("verdict", [Verdict.USABLE, Verdict.EMPTY])
def test_a_set_takes_no_more_photos_once_it_is_submitted(state: JobState, verdict: Verdict) -> None:
    assert not job_in(state).takes_photos
    with pytest.raises(IllegalMove):
        job_in(state).with_photo(photo("late", verdict), RULES, NOW)


@pytest.mark.parametrize("state", [state for state in S if state is not S.COLLECTING])
def test_only_a_collecting_set_is_ever_complete(state: JobState) -> None:
    job = job_in(state)
    marked = replace(job, photo_set=job.photo_set.with_marker(NOW, NOW))
    assert marked.photo_set.completed_by(RULES, NOW + MARKER_RESTS_MS) is ClosedBy.MARKER
    assert marked.completed_by(RULES, NOW + RULES.quiet_ms + 10**9) is None


def test_a_rejection_says_each_reason_once_and_drops_the_marker() -> None:
    job = collecting(photo("a", Verdict.NO_FACE), photo("b", Verdict.NO_FACE), photo("c", Verdict.EMPTY))
    marked = job.with_photo_set(job.photo_set.with_marker(NOW, NOW), RULES, NOW)
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
    assert (job.closed_first_at, job.place) == (NOW + 7, NOW + 7)


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
    assert after.photo_set.knows("late", stored(photo("late")))
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
    assert rejected.reason.message == f"{reason(Verdict.NO_FACE)} {remedy(Verdict.NO_FACE)}"
    assert rejected.with_photo(photo("c"), RULES, NOW).photo_set.usable[0].name == "a"


# -- photos that join a queued set ------------------------------------------------------------------

QUEUED_AT = NOW - 5 * MINUTE_MS
LATER = QUEUED_AT + REOPENS_FOR_MS


def queued(*photos: Photo, at: int = QUEUED_AT) -> Job:
    """A job whose set closed some minutes ago, and for which nothing was ever sent."""
    return collecting(*(photos or (photo("a"),)), now=at).closed(ClosedBy.COUNT, at)


@pytest.mark.parametrize(
    "verdict", [Verdict.USABLE, Verdict.UNPREPARED, Verdict.UNCHECKED, Verdict.UNPACKING]
)
def test_a_photo_that_may_be_used_opens_a_queued_set_again_and_the_set_keeps_its_place(
    verdict: Verdict,
) -> None:
    job = queued().with_photo(photo("b", verdict), RULES, NOW)
    assert (job.state, job.lane) == (S.COLLECTING, COLLECTING_LANE)
    assert (job.files, job.closed_at, job.closed_by) == ((), 0, "")
    assert (job.closed_first_at, job.place, job.deadline) == (QUEUED_AT, QUEUED_AT, LATER)
    again = job.with_photo_set(job.photo_set.with_judged([photo("b")]), RULES, NOW)
    closed = again.closed(ClosedBy.QUIET, NOW + 9)
    assert (closed.lane, closed.due_at, closed.place) == (QUEUE_LANE, QUEUED_AT, QUEUED_AT)
    assert (closed.closed_at, closed.closed_by) == (NOW + 9, "quiet")


@pytest.mark.parametrize("verdict", [Verdict.EMPTY, Verdict.NO_FACE, Verdict.DUPLICATE, Verdict.LINK])
def test_a_photo_that_cannot_be_used_is_recorded_and_opens_nothing(verdict: Verdict) -> None:
    job = queued()
    after = job.with_photo(photo("b", verdict), RULES, NOW)
    assert after.photo_set.photo("b") is not None
    assert replace(after, photo_set=job.photo_set, changed_at=job.changed_at) == job


def test_a_copy_of_a_picture_that_is_queued_opens_nothing() -> None:
    after = queued(photo("a")).with_photo(photo("b", etag="E-a"), RULES, NOW)
    assert after.state is S.QUEUED
    assert [one.verdict for one in after.photo_set.photos] == [Verdict.USABLE, Verdict.DUPLICATE]


@pytest.mark.parametrize("verdict", [Verdict.USABLE, Verdict.NO_FACE])
def test_a_queued_photo_that_is_overwritten_is_not_trained_on_any_more(verdict: Verdict) -> None:
    after = queued(photo("a"), photo("b")).with_photo(photo("a", verdict, etag="new"), RULES, NOW)
    assert (after.state, after.files, after.closed_first_at) == (S.COLLECTING, (), QUEUED_AT)
    assert [one.etag for one in after.photo_set.usable if one.name == "a"] != ["E-a"]


def test_a_queued_set_that_loses_its_only_photo_to_a_bad_one_is_rejected() -> None:
    after = queued(photo("a")).with_photo(photo("a", Verdict.NO_FACE, etag="new"), RULES, NOW)
    assert after.completed_by(RULES, NOW + RULES.quiet_ms) is ClosedBy.QUIET
    assert after.photo_set.new_usable == ()


@pytest.mark.parametrize("verdict", [Verdict.USABLE, Verdict.NO_FACE])
def test_no_photo_joins_a_queued_set_of_which_an_attempt_was_ever_intended(verdict: Verdict) -> None:
    tried = queued().attempting(NOW, expires_at=NOW).requeued(Reason("code", "message"), NOW)
    assert not tried.takes_photos
    with pytest.raises(IllegalMove, match="QUEUED after 1 attempts"):
        tried.with_photo(photo("b", verdict), RULES, NOW)


def test_a_set_that_opens_again_chooses_among_all_of_its_photos() -> None:
    many = [photo(f"{number:02}", uploaded_at=NOW - MINUTE_MS - number) for number in range(11)]
    job = queued(*many)
    assert len(job.files) == MAX_PHOTOS
    joined = job.with_photo(photo("newest", uploaded_at=NOW), RULES, NOW)
    assert {one.verdict for one in joined.photo_set.photos} == {Verdict.USABLE}
    closed = joined.closed(ClosedBy.COUNT, NOW)
    assert "submissions/x/newest" in closed.files
    assert len(closed.files) == MAX_PHOTOS


def test_trouble_of_the_queued_job_is_not_the_reopened_sets() -> None:
    held = queued().held_up(cause(Kind.PERSON, None), NOW)
    assert held.with_photo(photo("b"), RULES, NOW).retry is None


def test_a_set_that_opens_again_closes_at_the_latest_ten_minutes_after_it_closed_first() -> None:
    job = queued().with_photo(photo("b"), Rules(quiet_ms=86_400_000), NOW)
    assert job.due_at == LATER == QUEUED_AT + 10 * MINUTE_MS
    patient = Rules(quiet_ms=86_400_000)
    assert job.completed_by(patient, LATER - 1) is None
    assert job.completed_by(patient, LATER) is ClosedBy.DEADLINE
    again = job.closed(ClosedBy.DEADLINE, LATER).with_photo(photo("c"), patient, LATER + 1)
    assert again.completed_by(patient, LATER + 1) is ClosedBy.DEADLINE
    assert again.due_at <= LATER


def test_no_deadline_closes_a_set_with_a_photo_that_has_no_last_word() -> None:
    job = queued().with_photo(photo("b", Verdict.UNCHECKED, retry=trouble(Kind.API)), RULES, NOW)
    assert job.completed_by(RULES, LATER + 10**9) is None
    judged = job.with_photo_set(job.photo_set.with_judged([photo("b")]), RULES, LATER + 5)
    assert judged.completed_by(RULES, LATER + 5) is ClosedBy.DEADLINE


def test_the_marker_that_closed_a_set_speaks_for_what_joins_it_a_little_later() -> None:
    job = collecting(photo("a"), now=QUEUED_AT)
    marked = job.with_photo_set(job.photo_set.with_marker(NOW - MINUTE_MS, NOW), RULES, QUEUED_AT)
    joined = marked.closed(ClosedBy.MARKER, QUEUED_AT).with_photo(photo("b"), Rules(min_photos=5), NOW)
    assert joined.completed_by(Rules(min_photos=5), NOW + RULES.settle_ms) is ClosedBy.MARKER


def test_a_first_closing_has_no_deadline() -> None:
    job = collecting(photo())
    assert job.deadline == NEVER
    assert job.completed_by(Rules(min_photos=2), NOW + 10**12) is None


# -- the place ------------------------------------------------------------------------------------


def test_a_place_cannot_be_kept_for_photos_that_come_another_day() -> None:
    job = queued().with_photo(photo("b"), RULES, NOW)
    emptied = job.with_photo_set(job.photo_set.without_deleted(set()), RULES, NOW)
    assert (emptied.closed_first_at, emptied.deadline, emptied.due_at) == (0, NEVER, NEVER)
    later = emptied.with_photo(photo("c"), RULES, NOW + 10**9)
    assert later.completed_by(RULES, NOW + 10**9) is None
    assert later.closed(ClosedBy.QUIET, NOW + 2 * 10**9).place == NOW + 2 * 10**9


def test_a_set_keeps_its_place_when_some_of_its_photos_are_deleted() -> None:
    job = queued(photo("a"), photo("b")).with_photo(photo("c"), RULES, NOW)
    left = job.with_photo_set(job.photo_set.without_deleted({"b"}), RULES, NOW)
    assert left.closed_first_at == QUEUED_AT


def test_a_place_is_lost_with_a_rejection() -> None:
    joined = queued(photo("a")).with_photo(photo("a", Verdict.NO_FACE, etag="new"), RULES, NOW)
    rejected = joined.rejected(NOW)
    assert (rejected.closed_first_at, rejected.place, rejected.deadline) == (0, 0, NEVER)
    reopened = rejected.with_photo(photo("b"), RULES, NOW + 5)
    assert reopened.closed(ClosedBy.QUIET, NOW + 9).place == NOW + 9


def test_a_place_that_a_fast_clock_has_given_is_no_later_than_now() -> None:
    ahead = queued(at=NOW + 86_400_000).with_photo(photo("b"), RULES, NOW)
    closed = ahead.closed(ClosedBy.QUIET, NOW)
    assert (closed.place, closed.due_at, closed.closed_first_at) == (NOW, NOW, NOW)


@few_examples
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["good", "bad", "close", "hold up", "clear", "delete one"]),
            st.integers(1, 3 * MINUTE_MS),
        ),
        max_size=20,
    )
)
def test_no_way_of_sending_photos_moves_a_set_forward_in_the_queue(
    happenings: list[tuple[str, int]],
) -> None:
    now, job, first = QUEUED_AT, queued(), QUEUED_AT
    for number, (what, later) in enumerate(happenings):
        now += later
        if what in ("good", "bad"):
            verdict = Verdict.USABLE if what == "good" else Verdict.EMPTY
            job = job.with_photo(photo(f"p{number % 5}", verdict, etag=f"{number}"), RULES, now)
        elif what == "close" and job.state is S.COLLECTING and job.photo_set.new_usable:
            job = job.closed(ClosedBy.QUIET, now)
        elif what == "hold up":
            job = job.held_up(cause(), now)
        elif what == "clear":
            job = job.cleared(RULES, now)
        elif what == "delete one" and job.state is S.COLLECTING:
            names = [one.name for one in job.photo_set.photos[1:]]
            job = job.with_photo_set(job.photo_set.without_deleted(names), RULES, now)
        assert job.closed_first_at == 0 or first <= job.closed_first_at <= now
        first = job.closed_first_at or first
        if job.state is S.QUEUED:
            assert job.due_at >= job.place
            assert job.files == tuple(one.snapshot for one in job.photo_set.usable)
        if job.state is S.COLLECTING and job.retry is None and not job.photo_set.unfinished:
            assert job.due_at <= job.deadline


# -- rejected, given way, carried over -------------------------------------------------------------


def test_a_set_gives_way_to_an_earlier_result_and_says_so() -> None:
    job = replace(queued().with_photo(photo("b"), RULES, NOW), is_proved_new=False)
    gone = job.given_way(NOW + 1)
    assert (gone.state, gone.lane, gone.closed_first_at) == (S.REJECTED, None, 0)
    assert gone.reason is not None
    assert gone.reason.code == "earlier_result"


def test_a_rejected_set_drops_its_marker_for_good() -> None:
    bad = collecting(photo("bad", Verdict.NO_FACE))
    rejected = bad.with_photo_set(bad.photo_set.with_marker(NOW, NOW), RULES, NOW).rejected(NOW)
    assert not rejected.photo_set.is_new_marker(NOW)


@pytest.mark.parametrize(("code", "carried"), [("InvalidFile.NoHuman", 0), ("training_overdue", 1)])
def test_photos_that_a_training_failed_for_are_not_carried_over(code: str, carried: int) -> None:
    failed = job_in(S.TRAINING).ended(S.FAILED, Reason(code, "…"), NOW)
    assert len(failed.next_revision(RULES, NOW).photo_set.photos) == carried
