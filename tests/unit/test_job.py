"""Every change that can happen to a job, one at a time and in long random sequences."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.clients.job_rows import to_columns
from shared.domain.job import (
    COLLECTING_LANE,
    DELIVERY_LANE,
    FOREVER,
    MAX_RECORDED,
    MAX_REMEMBERED,
    QUEUE_LANE,
    RUNNING_LANE,
    Job,
    Reason,
    fingerprint,
    open_job,
)
from shared.domain.object_keys import job_id, person_key
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import reason
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.set_completion import ClosedBy, completed_by, settled
from shared.domain.states import IllegalMove, JobState
from tests.unit.support import MINUTE, NOW, RULES, collecting, fine_tune, job_in, photo

S = JobState
WHY = Reason("code", "message")


# -- who it is ------------------------------------------------------------------------------------


def test_a_job_is_known_by_its_person_and_revision() -> None:
    job = open_job("李雷", 3, NOW)
    assert job.job_id == job_id("李雷", 3)
    assert job.person_key == person_key("李雷")


@pytest.mark.parametrize(
    ("state", "delivered", "lane"),
    [
        (S.COLLECTING, False, COLLECTING_LANE),
        (S.REJECTED, False, None),
        (S.QUEUED, False, QUEUE_LANE),
        (S.SUBMITTING, False, RUNNING_LANE),
        (S.TRAINING, False, RUNNING_LANE),
        (S.SUCCEEDED, False, DELIVERY_LANE),
        (S.FAILED, False, DELIVERY_LANE),
        (S.CANCELED, False, DELIVERY_LANE),
        (S.SUCCEEDED, True, None),
        (S.FAILED, True, None),
        (S.CANCELED, True, None),
    ],
)
def test_a_job_has_a_lane_exactly_while_there_is_work_in_hand(
    state: JobState, delivered: bool, lane: int | None
) -> None:
    assert job_in(state, delivered=delivered).lane == lane


# -- the photo set --------------------------------------------------------------------------------


def test_photos_stand_in_the_order_in_which_they_were_recorded() -> None:
    assert [one.name for one in collecting(photo("b"), photo("a"), photo("c")).photos] == ["b", "a", "c"]


def test_a_photo_of_the_same_name_replaces_the_earlier_one_and_moves_to_the_end() -> None:
    job = collecting(photo("a"), photo("b")).with_photo(photo("a", etag="new"), RULES, NOW + 5)
    assert [(one.name, one.etag) for one in job.photos] == [("b", "E-b"), ("a", "new")]
    assert job.knows("a", "new")
    assert not job.knows("a", "E-a")


def test_a_new_photo_starts_the_quiet_time_anew() -> None:
    job = collecting(photo("a")).with_photo(photo("b"), RULES, NOW + 90_000)
    assert job.last_photo_at == NOW + 90_000
    assert job.due_at == NOW + 90_000 + RULES.quiet


def test_a_rejected_set_reopens_with_a_new_photo_and_forgets_why_it_was_rejected() -> None:
    rejected = job_in(S.REJECTED)
    assert rejected.reason is not None
    job = rejected.with_photo(photo("better"), RULES, NOW + 5)
    assert (job.state, job.reason, job.closed_by) == (S.COLLECTING, None, "")
    assert [one.name for one in job.photos] == ["a.jpg", "better"]


@pytest.mark.parametrize("state", [S.QUEUED, S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_closed_set_takes_no_more_photos(state: JobState) -> None:
    with pytest.raises(IllegalMove):
        job_in(state).with_photo(photo("late"), RULES, NOW)


def test_a_rejection_says_each_reason_once_and_drops_the_marker() -> None:
    job = collecting(
        photo("a", Verdict.NO_FACE), photo("b", Verdict.NO_FACE), photo("c", Verdict.EMPTY)
    ).with_marker(NOW, NOW)
    rejected = job.rejected(NOW + 1)
    assert rejected.state is S.REJECTED
    assert rejected.reason is not None
    assert rejected.reason.code == "no_usable_photo"
    assert rejected.reason.message.count("No face was found") == 1
    assert "The file is empty" in rejected.reason.message
    assert rejected.ready == 0


def test_rejecting_a_set_without_photos_still_says_something() -> None:
    rejected = open_job("li", 1, NOW).rejected(NOW)
    assert rejected.reason is not None
    assert "No photo arrived" in rejected.reason.message


def test_verdicts_are_filled_in_by_name_and_leave_other_photos_alone() -> None:
    job = collecting(photo("a", Verdict.UNCHECKED), photo("b", Verdict.UNCHECKED), photo("c"))
    news = {
        "a": (Verdict.USABLE, ""),
        "b": (Verdict.NO_FACE, "no face detected"),
        "gone": (Verdict.EMPTY, ""),
    }
    after = job.with_verdicts(news, RULES, NOW + 1)
    assert [(one.name, one.verdict, one.detail) for one in after.photos] == [
        ("a", Verdict.USABLE, ""),
        ("b", Verdict.NO_FACE, "no face detected"),
        ("c", Verdict.USABLE, ""),
    ]
    assert after.state is S.COLLECTING
    assert after.last_photo_at == job.last_photo_at


@pytest.mark.parametrize(
    ("rules", "photos", "expected"),
    [
        (RULES, [photo()], NOW + 120_000),
        (RULES, [photo(verdict=Verdict.EMPTY)], NOW + 120_000),
        (RULES, [photo(verdict=Verdict.UNCHECKED)], NOW),
        (RULES, [photo("a"), photo("b", Verdict.UNCHECKED)], NOW),
        (Rules(quiet=5000), [photo()], NOW + 5000),
        (Rules(min_photos=2), [photo()], FOREVER),
        (Rules(min_photos=2), [photo("a"), photo("b")], NOW + 120_000),
        (Rules(min_photos=2), [photo(verdict=Verdict.EMPTY)], NOW + 120_000),
        (RULES, [photo(str(number)) for number in range(10)], NOW),
        (RULES, [photo(str(number)) for number in range(9)], NOW + 120_000),
    ],
)
def test_a_set_says_when_it_wants_to_be_looked_at(rules: Rules, photos: list[Photo], expected: int) -> None:
    job = collecting(*photos, rules=rules)
    assert job.next_look(rules) == expected
    assert job.due_at == expected


def test_a_marked_set_wants_to_be_looked_at_at_once_even_with_too_few_photos() -> None:
    rules = Rules(min_photos=5)
    job = collecting(photo(), rules=rules).with_marker(NOW, NOW + 3)
    assert job.due_at == NOW + 3
    assert job.with_verdicts({}, rules, NOW + 4).due_at <= NOW + 4


@pytest.mark.parametrize(
    ("uploaded", "marker", "marked"),
    [
        ([NOW], 0, False),
        ([NOW], NOW, True),
        ([NOW], NOW + 1, True),
        ([NOW], NOW - 1, False),
        ([NOW - 5, NOW], NOW - 1, False),
        ([NOW - 5, NOW - 3], NOW - 1, True),
    ],
)
def test_the_marker_speaks_for_the_photos_that_were_there_before_it(
    uploaded: list[int], marker: int, marked: bool
) -> None:
    photos = [photo(str(number), uploaded_at=at) for number, at in enumerate(uploaded)]
    assert replace(collecting(*photos), ready=marker).is_marked == marked


def test_a_photo_uploaded_after_the_marker_makes_the_marker_stale() -> None:
    job = collecting(photo("a", uploaded_at=NOW)).with_marker(NOW + 1, NOW + 2)
    assert job.is_marked
    after = job.with_photo(photo("b", uploaded_at=NOW + 2), RULES, NOW + 3)
    assert not after.is_marked
    assert after.due_at == NOW + 3 + RULES.quiet


def test_replacing_the_photo_that_was_too_late_for_the_marker_makes_the_marker_speak_again() -> None:
    job = collecting(photo("a", uploaded_at=NOW + 5)).with_marker(NOW, NOW)
    assert not job.is_marked
    assert job.with_photo(photo("a", uploaded_at=NOW - 5), RULES, NOW).is_marked


# -- closing --------------------------------------------------------------------------------------


def test_closing_fixes_the_snapshots_and_takes_a_place_in_the_queue() -> None:
    job = collecting(photo("a"), photo("b", Verdict.NO_FACE), photo("c")).closed("quiet", NOW + 7)
    assert job.state is S.QUEUED
    assert job.files == ("submissions/x/a", "submissions/x/c")
    assert (job.closed_at, job.closed_by, job.due_at) == (NOW + 7, "quiet", NOW + 7)


def test_only_the_first_ten_usable_photos_are_submitted_and_the_others_say_why_not() -> None:
    photos = [photo(f"{number:02}") for number in range(12)]
    job = collecting(photo("bad", Verdict.EMPTY), *photos).closed("count", NOW)
    assert job.files == tuple(f"submissions/x/{number:02}" for number in range(10))
    assert [one.verdict for one in job.photos] == [Verdict.EMPTY, *[Verdict.USABLE] * 10] + [
        Verdict.OVER_LIMIT
    ] * 2


@pytest.mark.parametrize("state", [S.REJECTED, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_neither_a_rejected_nor_an_ended_set_can_close(state: JobState) -> None:
    with pytest.raises(IllegalMove):
        job_in(state).closed("quiet", NOW)


def test_a_late_photo_is_recorded_beside_the_set_and_changes_nothing_that_is_submitted() -> None:
    job = job_in(S.TRAINING)
    after = job.with_late_photo(photo("late", Verdict.OVER_LIMIT), NOW + 1)
    assert after.knows("late", "E-late")
    assert (after.files, after.state, after.due_at) == (job.files, job.state, job.due_at)


ALONE = Rules(carry_over=False)


def test_the_next_revision_knows_every_earlier_photo_and_has_none_of_its_own() -> None:
    first = collecting(photo("a"), photo("b", Verdict.EMPTY)).closed("quiet", NOW)
    second = (
        first.next_revision(ALONE, NOW + 1).with_photo(photo("c"), RULES, NOW + 2).closed("quiet", NOW + 3)
    )
    third = second.next_revision(ALONE, NOW + 4)
    assert (third.revision, third.state, third.photos) == (3, S.COLLECTING, ())
    assert third.earlier == {fingerprint(name): f"E-{name}" for name in "abc"}
    assert all(third.knows(name, f"E-{name}") for name in "abc")
    assert not third.knows("a", "changed")


def test_the_next_revision_remembers_the_latest_content_of_a_name() -> None:
    first = collecting(photo("a")).closed("quiet", NOW)
    second = first.next_revision(ALONE, NOW).with_photo(photo("a", etag="new"), RULES, NOW)
    assert second.knows("a", "new")
    # The content of the first revision is no longer what stands under the name.
    assert not second.knows("a", "E-a")
    assert second.closed("quiet", NOW).next_revision(ALONE, NOW).earlier == {fingerprint("a"): "new"}


def test_the_next_revision_begins_with_what_was_usable_before_and_is_not_complete_by_that() -> None:
    first = collecting(photo("a"), photo("b", Verdict.NO_FACE)).closed("quiet", NOW)
    second = first.next_revision(RULES, NOW)
    assert [(one.name, one.verdict, one.from_revision) for one in second.photos] == [("a", Verdict.USABLE, 1)]
    assert completed_by(second, RULES, NOW + 10 * RULES.quiet) is None
    assert second.next_look(RULES) == FOREVER
    third = second.with_photo(photo("c"), RULES, NOW).closed("quiet", NOW).next_revision(RULES, NOW)
    assert {one.name: one.from_revision for one in third.photos} == {"a": 1, "c": 2}


def test_photos_from_before_count_towards_the_least_but_do_not_fill_the_set() -> None:
    rules = Rules(min_photos=2)
    full = collecting(*(photo(f"{number}") for number in range(MAX_PHOTOS))).closed("count", NOW)
    second = full.next_revision(rules, NOW).with_photo(photo("new"), rules, NOW)
    assert completed_by(second, rules, NOW) is None
    assert completed_by(second, rules, NOW + rules.quiet) is ClosedBy.QUIET


def test_a_revision_whose_new_photos_are_all_unusable_is_rejected_for_these_alone() -> None:
    first = collecting(photo("a")).closed("quiet", NOW)
    second = first.next_revision(RULES, NOW).with_photo(photo("b", Verdict.NO_FACE), RULES, NOW)
    rejected = settled(second, RULES, NOW + RULES.quiet)
    assert rejected.state is S.REJECTED
    assert rejected.reason is not None
    assert rejected.reason.message == reason(Verdict.NO_FACE)
    assert rejected.with_photo(photo("c"), RULES, NOW).usable[0].name == "a"


@pytest.mark.parametrize(("code", "carried"), [("InvalidFile.NoHuman", 0), ("training_overdue", 1)])
def test_photos_that_a_training_failed_for_are_not_carried_over(code: str, carried: int) -> None:
    failed = job_in(S.TRAINING).ended(S.FAILED, Reason(code, "…"), NOW)
    assert len(failed.next_revision(RULES, NOW).photos) == carried


def test_of_more_than_ten_usable_photos_the_newest_are_trained_on() -> None:
    photos = [photo(f"{number:02}", uploaded_at=NOW - abs(number - 7) * 1000) for number in range(14)]
    closed = collecting(*photos).closed("quiet", NOW)
    assert [one.name for one in closed.usable] == [f"{number:02}" for number in range(2, 12)]
    assert {one.name for one in closed.photos if one.verdict is Verdict.OVER_LIMIT} == {
        "00",
        "01",
        "12",
        "13",
    }


def test_a_new_photo_is_trained_on_before_those_of_earlier_revisions_even_when_it_is_older() -> None:
    full = collecting(*(photo(f"{number}") for number in range(MAX_PHOTOS))).closed("count", NOW)
    found_late = photo("old", uploaded_at=NOW - 60 * MINUTE)
    second = full.next_revision(RULES, NOW).with_photo(found_late, RULES, NOW).closed("quiet", NOW)
    assert "old" in {one.name for one in second.usable}
    assert len(second.usable) == MAX_PHOTOS


def test_a_deleted_photo_leaves_the_set_and_its_duplicate_may_take_its_place() -> None:
    job = collecting(photo("a"), photo("b"), photo("c", etag="E-a"))
    assert job.photos[2].verdict is Verdict.DUPLICATE
    left = job.without_deleted({"b", "c"}, RULES, NOW)
    assert [one.name for one in left.photos] == ["b"]
    assert not left.knows("c", "E-a"), "it is looked at anew"
    assert job.without_deleted({"a", "b", "c", "d"}, RULES, NOW) is job
    assert left.without_deleted(set(), RULES, NOW).due_at == FOREVER


def test_what_is_remembered_is_short_and_the_same_forever() -> None:
    # Stored rows hold it, so it may never change.
    assert fingerprint("a.jpg") == "509b0d4641a7"
    assert fingerprint("李雷.jpg") != fingerprint("李蕾.jpg")
    assert len(fingerprint("\ud800" + "n" * 2000)) == 12
    etag = "5B3C1A2E053D763E1B002CC607C5A0FE"
    later = collecting(photo("a.jpg", etag=etag)).closed("quiet", NOW).next_revision(ALONE, NOW)
    assert later.earlier == {"509b0d4641a7": "5B3C1A2E"}
    assert later.knows("a.jpg", etag)
    assert not later.knows("a.jpg", etag[::-1])
    assert not later.knows("b.jpg", etag)


def test_a_picture_that_was_changed_and_changed_back_while_the_set_is_open_is_recorded_anew() -> None:
    second = collecting(photo("a")).closed("quiet", NOW).next_revision(ALONE, NOW)
    assert second.knows("a", "E-a")
    changed = second.with_photo(photo("a", etag="new"), RULES, NOW)
    assert not changed.knows("a", "E-a")
    back = changed.with_photo(photo("a"), RULES, NOW)
    assert back.knows("a", "E-a")
    assert not back.knows("a", "new")


def test_a_picture_that_is_changed_back_after_the_set_has_closed_is_news() -> None:
    second = collecting(photo("a")).closed("quiet", NOW).next_revision(ALONE, NOW)
    closed = second.with_photo(photo("a", etag="new"), RULES, NOW).closed("quiet", NOW)
    assert closed.knows("a", "new")
    # As it is for the set that follows, where the newest content of each name counts.
    assert not closed.next_revision(ALONE, NOW).knows("a", "E-a")
    assert not closed.knows("a", "E-a")


# -- the size of the row --------------------------------------------------------------------------


def test_a_folder_full_of_rubbish_never_grows_the_set_beyond_what_a_row_holds() -> None:
    job = collecting(photo("good"))
    for number in range(MAX_RECORDED + 50):
        job = job.with_photo(photo(f"bad-{number}", Verdict.NOT_AN_IMAGE), RULES, NOW)
    assert len(job.photos) == MAX_RECORDED
    assert job.photo("good") is not None
    # What no longer has a record is still known, so that no event or sweep takes it in again.
    assert all(job.knows(f"bad-{number}", f"E-bad-{number}") for number in range(MAX_RECORDED + 50))


def test_a_usable_photo_finds_room_in_a_row_that_rubbish_has_filled() -> None:
    job = collecting(*(photo(f"bad-{number}", Verdict.EMPTY) for number in range(MAX_RECORDED)))
    job = job.with_photo(photo("good"), RULES, NOW)
    assert len(job.photos) == MAX_RECORDED
    assert [one.name for one in job.usable] == ["good"]
    assert job.knows("bad-0", "E-bad-0")


def test_making_room_in_a_full_row_leaves_the_job_it_starts_from_as_it_was() -> None:
    before = collecting(*(photo(f"bad-{number}", Verdict.EMPTY) for number in range(MAX_RECORDED)))
    frozen = copy.deepcopy(before)
    before.with_photo(photo("good"), RULES, NOW)
    assert before == frozen


def test_replacing_a_photo_of_a_full_row_drops_nothing() -> None:
    job = collecting(*(photo(f"bad-{number}", Verdict.EMPTY) for number in range(MAX_RECORDED)))
    after = job.with_photo(photo("bad-7", Verdict.EMPTY, etag="new"), RULES, NOW)
    assert len(after.photos) == MAX_RECORDED
    assert after.earlier == {}


def test_late_photos_never_grow_the_row_beyond_what_it_holds() -> None:
    job = job_in(S.QUEUED)
    for number in range(MAX_RECORDED + 50):
        job = job.with_late_photo(photo(f"late-{number}", Verdict.OVER_LIMIT), NOW)
    assert len(job.photos) == MAX_RECORDED
    assert all(job.knows(f"late-{number}", f"E-late-{number}") for number in range(MAX_RECORDED + 50))


def test_a_late_photo_of_a_known_name_is_known_afterwards() -> None:
    late = photo("a.jpg", Verdict.OVER_LIMIT, etag="overwritten")
    before = job_in(S.QUEUED)
    job = before.with_late_photo(late, NOW)
    assert job.knows("a.jpg", "overwritten")
    # What is trained keeps its record, and the newer picture has its verdict behind it.
    assert job.photos == (*before.photos, late)
    assert job.photo("a.jpg") == before.photo("a.jpg")
    # What is known is the latest content: the old one would be news again.
    assert not job.knows("a.jpg", "E-a.jpg")


def test_the_next_revision_knows_a_late_photo_of_a_known_name_too() -> None:
    late = photo("a.jpg", Verdict.OVER_LIMIT, etag="overwritten")
    job = job_in(S.QUEUED).with_late_photo(late, NOW)
    assert job.next_revision(ALONE, NOW).knows("a.jpg", "overwritten")


TWO_MEGABYTES = 2 * 1024 * 1024


def test_a_row_stays_below_tablestores_two_megabytes_whatever_is_dropped_into_a_folder() -> None:
    remembered = {fingerprint(str(number)): f"{number:08X}" for number in range(MAX_REMEMBERED - 1)}
    job = replace(open_job("li", 1, NOW), earlier=remembered)
    # The longest names that OSS allows, of characters that take the most room in JSON.
    for number in range(MAX_RECORDED + 50):
        assert not job.is_full or number > MAX_RECORDED
        name = f"{number:06}" + '"' * 1000
        job = job.with_photo(photo(name, Verdict.EMPTY, etag="E" * 32), RULES, NOW)
    job = job.with_photo(photo("good"), RULES, NOW).closed("quiet", NOW)
    for row in (job, job.next_revision(ALONE, NOW)):
        assert row.is_full
        texts = [value for value in to_columns(row).values() if isinstance(value, str)]
        assert max(len(text.encode("utf-8")) for text in texts) < TWO_MEGABYTES


@pytest.mark.parametrize(
    ("remembered", "full"), [(0, False), (MAX_REMEMBERED - 1, False), (MAX_REMEMBERED, True)]
)
@pytest.mark.parametrize("state", list(S))
def test_a_person_is_full_when_a_row_can_remember_no_more(
    state: JobState, remembered: int, full: bool
) -> None:
    job = job_in(state, earlier={f"{number:012x}": "E" for number in range(remembered)})
    assert job.is_full is full


@pytest.mark.parametrize("verdict", [Verdict.UNCHECKED, Verdict.USABLE])
def test_a_set_is_crowded_when_another_photo_would_find_no_room(verdict: Verdict) -> None:
    job = open_job("li", 1, NOW)
    for number in range(MAX_RECORDED):
        assert not job.is_crowded
        job = job.with_photo(photo(f"u-{number}", verdict), RULES, NOW)
    assert job.is_crowded
    assert len(job.photos) == MAX_RECORDED


def test_a_set_with_a_single_refused_photo_is_not_crowded_and_that_one_makes_room() -> None:
    photos = [photo(f"u-{number}", Verdict.UNCHECKED) for number in range(MAX_RECORDED - 1)]
    job = collecting(photo("bad", Verdict.EMPTY), *photos)
    assert len(job.photos) == MAX_RECORDED
    assert not job.is_crowded
    after = job.with_photo(photo("one-more", Verdict.UNCHECKED), RULES, NOW)
    assert after.is_crowded
    assert after.photo("one-more") is not None
    assert after.photo("bad") is None
    assert after.knows("bad", "E-bad")


def test_a_crowded_set_has_room_again_when_a_face_check_refuses_a_photo() -> None:
    job = collecting(*(photo(f"u-{number}", Verdict.UNCHECKED) for number in range(MAX_RECORDED)))
    assert not job.with_verdicts({"u-7": (Verdict.NO_FACE, "")}, RULES, NOW).is_crowded


# -- the submit and the outcome -------------------------------------------------------------------


def test_an_attempt_is_counted_and_says_when_its_run_is_dead() -> None:
    job = job_in(S.QUEUED, reason=WHY).attempting(NOW + 1, expires_at=NOW + 60, file_ids=("f1",))
    assert (job.state, job.attempt, job.attempt_expires_at) == (S.SUBMITTING, 1, NOW + 60)
    assert (job.submitted_at, job.file_ids, job.reason) == (NOW + 1, ("f1",), None)


def test_an_attempt_that_was_sent_without_an_answer_has_no_sender_any_more() -> None:
    job = job_in(S.SUBMITTING, attempt_expires_at=NOW + 60_000)
    sent = job.sent(NOW + 5)
    assert sent == replace(job, attempt_expires_at=NOW + 5, changed_at=NOW + 5)


def test_a_requeued_job_goes_back_to_its_old_place() -> None:
    job = job_in(S.QUEUED, closed_at=NOW - 500, due_at=NOW - 500)
    back = job.attempting(NOW, expires_at=NOW).requeued(WHY, NOW + 1)
    assert (back.state, back.due_at, back.reason) == (S.QUEUED, NOW - 500, WHY)
    assert (back.attempt, back.failures) == (1, 0)


@pytest.mark.parametrize(("failures", "expected"), [(0, 2), (1, 3)])
def test_only_failures_of_the_jobs_own_are_counted(failures: int, expected: int) -> None:
    job = job_in(S.SUBMITTING, failures=2).requeued(WHY, NOW, failures=failures)
    assert job.failures == expected


def test_a_submitted_job_owns_its_fine_tune() -> None:
    job = job_in(S.SUBMITTING).submitted(fine_tune("QUEUING", "ft-1"), NOW)
    assert (job.state, job.fine_tune_id, job.fine_tune_status) == (S.TRAINING, "ft-1", "QUEUING")


def test_a_success_keeps_the_models_name_the_bill_and_dashscopes_end_time() -> None:
    done = fine_tune("SUCCEEDED", finetuned_output="facechain-x", usage=1, ended_at=NOW + 300)
    job = job_in(S.TRAINING, usage=1, reason=WHY).succeeded(done, NOW + 400)
    assert (job.state, job.finetuned_output, job.usage) == (S.SUCCEEDED, "facechain-x", 2)
    assert (job.ended_at, job.changed_at, job.reason) == (NOW + 300, NOW + 400, None)


def test_without_an_end_time_of_dashscopes_ours_is_taken() -> None:
    assert job_in(S.TRAINING).succeeded(fine_tune("SUCCEEDED"), NOW + 9).ended_at == NOW + 9
    assert job_in(S.TRAINING).ended(S.FAILED, WHY, NOW + 9, fine_tune("FAILED")).ended_at == NOW + 9
    assert job_in(S.TRAINING).ended(S.FAILED, WHY, NOW + 9).ended_at == NOW + 9


def test_a_retried_job_remembers_the_failed_fine_tune_as_its_own() -> None:
    job = job_in(S.TRAINING, fine_tune_id="ft-1", closed_at=NOW - 9)
    again = job.retrying(fine_tune("FAILED", "ft-1", usage=1), WHY, NOW)
    assert (again.state, again.due_at, again.failures) == (S.QUEUED, NOW - 9, 1)
    assert (again.fine_tune_id, again.earlier_fine_tunes, again.usage) == ("", ("ft-1",), 1)
    # There is no fine-tune at the moment, so there is no status of one.
    assert again.fine_tune_status == ""
    twice = again.attempting(NOW, expires_at=NOW).submitted(fine_tune("RUNNING", "ft-2"), NOW)
    assert twice.retrying(fine_tune("FAILED", "ft-2", usage=1), WHY, NOW).earlier_fine_tunes == (
        "ft-1",
        "ft-2",
    )


def test_an_end_without_a_fine_tune_keeps_the_last_known_status() -> None:
    job = job_in(S.TRAINING, fine_tune_status="RUNNING", usage=1).ended(S.CANCELED, WHY, NOW)
    assert (job.state, job.fine_tune_status, job.usage, job.reason) == (S.CANCELED, "RUNNING", 1, WHY)


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_delivery_takes_an_ended_job_out_of_the_work_in_hand_and_nothing_else(state: JobState) -> None:
    job = job_in(state)
    delivered = job.with_delivery(NOW + 5)
    assert delivered == replace(job, delivered=True, changed_at=NOW + 5)
    assert delivered.lane is None


MOVES: dict[str, tuple[Callable[[Job], Job], set[JobState]]] = {
    # what is done, and from which states the table of moves lets it happen
    "with_photo": (lambda job: job.with_photo(photo("x"), RULES, NOW), {S.COLLECTING, S.REJECTED}),
    "rejected": (lambda job: job.rejected(NOW), {S.COLLECTING, S.REJECTED}),
    "attempting": (lambda job: job.attempting(NOW, expires_at=NOW), {S.QUEUED, S.SUBMITTING}),
    "sent": (lambda job: job.sent(NOW), {S.QUEUED, S.SUBMITTING}),
    "submitted": (lambda job: job.submitted(fine_tune(), NOW), {S.SUBMITTING, S.TRAINING}),
    "requeued": (lambda job: job.requeued(WHY, NOW), {S.COLLECTING, S.SUBMITTING, S.TRAINING, S.QUEUED}),
    "still_training": (lambda job: job.still_training(fine_tune(), NOW), {S.SUBMITTING, S.TRAINING}),
    "succeeded": (lambda job: job.succeeded(fine_tune(), NOW), {S.TRAINING, S.SUCCEEDED}),
    "retrying": (
        lambda job: job.retrying(fine_tune(), WHY, NOW),
        {S.COLLECTING, S.SUBMITTING, S.TRAINING, S.QUEUED},
    ),
    "ended failed": (
        lambda job: job.ended(S.FAILED, WHY, NOW),
        {S.SUBMITTING, S.TRAINING, S.FAILED},
    ),
    "with_delivery": (lambda job: job.with_delivery(NOW), {S.SUCCEEDED, S.FAILED, S.CANCELED}),
    "ended canceled": (
        lambda job: job.ended(S.CANCELED, WHY, NOW),
        {S.COLLECTING, S.REJECTED, S.QUEUED, S.SUBMITTING, S.TRAINING, S.CANCELED},
    ),
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("name", MOVES)
def test_each_change_is_possible_in_its_states_and_raises_in_all_others(name: str, state: JobState) -> None:
    change, legal = MOVES[name]
    if state in legal:
        change(job_in(state))
    else:
        with pytest.raises(IllegalMove):
            change(job_in(state))


# -- long random lives ----------------------------------------------------------------------------

VERDICTS = list(Verdict)


def _random_change(job: Job, rules: Rules, now: int, random_: random.Random) -> Job:
    """One change that some workflow would make of ``job``."""
    if job.state.is_open:
        choice = random_.randrange(6)
        if choice <= 2:
            name = f"p{random_.randrange(30)}"
            new = photo(
                name,
                random_.choice(VERDICTS[:9]),
                etag=f"{name}-{random_.randrange(3)}",
                uploaded_at=now - random_.randrange(5000),
                snapshot=f"submissions/{job.job_id}/{random_.randrange(10**9)}.jpg",
            )
            return settled(job.with_photo(new, rules, now), rules, now)
        if choice == 3:
            news = {
                one.name: (random_.choice([Verdict.USABLE, Verdict.NO_FACE]), "") for one in job.unchecked
            }
            return job.with_verdicts(news, rules, now)
        if choice == 4:
            return job.with_marker(now - random_.randrange(3000), now)
        return settled(job, rules, now)
    if job.state is S.QUEUED:
        if random_.random() < 0.1:
            return job.ended(S.CANCELED, WHY, now)
        return job.attempting(now, expires_at=now + 60_000)
    if job.state is S.SUBMITTING:
        return random_.choice(
            [
                lambda: job.sent(now),
                lambda: job.submitted(fine_tune("PENDING", f"ft-{random_.randrange(10**6)}"), now),
                lambda: job.requeued(WHY, now, failures=random_.randrange(2)),
                lambda: job.ended(S.FAILED, WHY, now),
            ]
        )()
    if job.state is S.TRAINING:
        seen = fine_tune("RUNNING", job.fine_tune_id, usage=1, finetuned_output="m")
        return random_.choice(
            [
                lambda: job.still_training(seen, now),
                lambda: job.succeeded(seen, now),
                lambda: job.retrying(seen, WHY, now),
                lambda: job.ended(S.CANCELED, WHY, now, seen),
            ]
        )()
    return random_.choice([lambda: job.with_delivery(now), lambda: job.next_revision(rules, now)])()


@pytest.mark.parametrize("seed", range(40))
def test_a_random_life_keeps_every_promise_at_every_step(seed: int) -> None:
    random_ = random.Random(seed)
    rules = Rules(
        min_photos=random_.choice([1, 2, 4]),
        face_check=random_.random() < 0.7,
        carry_over=random_.random() < 0.7,
    )
    now, job = NOW, open_job("li", 1, NOW)
    seen: set[tuple[str, str]] = set()
    for _ in range(120):
        # Clocks of different machines disagree: time mostly goes forward, and sometimes back.
        now += random_.choice([1, 100, 3000, 200_000, -500])
        frozen = copy.deepcopy(job)
        after = _random_change(job, rules, now, random_)
        assert job == frozen, "a change altered the job that it was given"
        seen.update((one.name, one.etag) for one in after.photos)
        if after.revision != job.revision:
            assert after.revision == job.revision + 1
            assert all(one.from_revision for one in after.photos)
            assert {one.name for one in after.photos} <= {one.name for one in job.photos if one.snapshot}
            assert rules.carry_over or after.photos == ()
            assert all(after.knows(one.name, one.etag) for one in job.photos)
            assert set(job.earlier) <= set(after.earlier)
        else:
            assert after.changed_at >= job.changed_at
            if job.state.is_terminal:
                assert after.state is job.state
                assert after.delivered >= job.delivered
            if not job.state.is_open:
                assert (after.files, after.closed_at, after.closed_by) == (
                    job.files,
                    job.closed_at,
                    job.closed_by,
                )
                assert after.usage >= job.usage
                assert after.attempt >= job.attempt
                assert set(job.earlier_fine_tunes) <= set(after.earlier_fine_tunes)
        if not after.state.is_open:
            assert 1 <= len(after.files) <= MAX_PHOTOS
            assert len(set(after.files)) == len(after.files)
            assert list(after.files) == [one.snapshot for one in after.usable]
            assert not (rules.face_check and after.unchecked)
        if after.state is S.QUEUED:
            assert after.due_at == after.closed_at
        assert len(after.photos) <= MAX_RECORDED
        assert len({one.name for one in after.photos}) == len(after.photos)
        assert (after.lane is None) == (
            after.state is S.REJECTED or (after.state.is_terminal and after.delivered)
        )
        job = after
    assert {fingerprint(name) for name, _ in seen} <= {fingerprint(one.name) for one in job.photos} | set(
        job.earlier
    )


def test_a_clock_that_goes_back_does_not_take_the_time_of_change_with_it() -> None:
    job = collecting(photo("a"), now=NOW)
    assert job.with_photo(photo("b"), RULES, NOW - MINUTE).changed_at == NOW


@pytest.mark.parametrize(
    ("created", "shown"),
    [(None, NOW), (NOW, NOW), (NOW - 999, NOW), (NOW - 1000, NOW - 1000), (NOW + 5000, NOW)],
)
def test_a_fine_tune_that_an_earlier_attempt_made_was_submitted_then(created: int | None, shown: int) -> None:
    owned = job_in(S.SUBMITTING).submitted(fine_tune("SUCCEEDED", created_at=created), NOW + 70_000)
    assert owned.submitted_at == shown
