"""A request is carried out once, whatever has happened since another run has carried it out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.administration import (
    REMEMBERED_REQUESTS,
    NotPossible,
    asked_to_train,
    canceled,
    once_more,
    with_request,
    without_photo,
)
from shared.domain.job import Job
from shared.domain.object_keys import job_id, snapshot_folder, upload_key
from shared.domain.photos import Verdict
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_work import MAX_ORDERS, with_wanted
from shared.domain.queue import to_submit
from shared.domain.requests import Request, request_id
from shared.domain.rules import Rules
from shared.domain.share_links import row_of as links_of
from shared.domain.slot import REMEMBERED_SWITCHES, Pause, Slot
from shared.domain.states import JobState
from shared.domain.timeline import Move, with_move
from shared.errors import Conflict
from shared.workflow.administering import carry_out
from shared.workflow.canceling import wanted
from shared.workflow.ports import World
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, fine_tune, job_in, photo, stored

LI = job_id("li", 1)
EARLIER = NOW - MINUTE_MS
PORTRAYING = replace(RULES, portraits_allowed=True)


def request(kind: str, subject: str = "", *, number: int = 1, photo: str = "", at: int = EARLIER) -> Request:
    return Request(
        request_id=request_id(at, str(number)),
        kind=kind,
        asked_at=at,
        asked_by="admin",
        subject=subject,
        photo=photo,
        reason="moving house",
    )


# -- the queue -------------------------------------------------------------------------------------------


def test_a_slow_run_does_not_resume_a_queue_that_was_paused_since() -> None:
    memory = Memory(slot=Slot(paused=Pause("first", "admin", NOW)))
    resume, pause = request("resume", number=1), request("pause", number=2)
    assert carry_out(memory.world(), resume) == "resumed"
    assert carry_out(memory.world(), pause) == "paused"
    assert carry_out(memory.world(), resume) == "resumed", "it was, once"
    assert memory.held.paused is not None


def test_a_resume_that_found_no_pause_does_not_end_a_later_one_in_a_slow_run() -> None:
    memory = Memory()
    resume, pause = request("resume", number=1), request("pause", number=2)
    assert carry_out(memory.world(), resume) == "not_paused"
    assert carry_out(memory.world(), pause) == "paused"
    assert carry_out(memory.world(), resume) == "resumed", "for all that this run can tell"
    assert memory.held.paused is not None


def test_a_slow_run_does_not_pause_a_queue_that_was_resumed_since() -> None:
    memory = Memory()
    pause, resume = request("pause", number=1), request("resume", number=2)
    for one, outcome in ((pause, "paused"), (resume, "resumed"), (pause, "paused")):
        assert carry_out(memory.world(), one) == outcome
    assert memory.held.paused is None


def test_a_second_pause_gives_its_own_reason_and_keeps_the_time_of_the_first() -> None:
    memory = Memory(slot=Slot(paused=Pause("first", "admin", EARLIER - 1)))
    assert carry_out(memory.world(), request("pause")) == "paused"
    assert memory.held.paused == Pause("moving house", "admin", EARLIER - 1)


def test_the_slot_remembers_only_the_latest_requests_that_have_switched_it() -> None:
    memory = Memory()
    for number in range(REMEMBERED_SWITCHES + 5):
        carry_out(memory.world(), request(("pause", "resume")[number % 2], number=number))
    assert len(memory.held.switched_by) == REMEMBERED_SWITCHES
    assert memory.held.switched_by[-1].endswith(f"-{REMEMBERED_SWITCHES + 4}")


def test_a_slow_run_does_not_put_first_who_was_overtaken_by_another_since() -> None:
    head, second, third = (
        replace(job_in(JobState.QUEUED, person), closed_first_at=NOW + at, due_at=NOW + at)
        for at, person in enumerate(("li", "wu", "zhao"))
    )
    memory = Memory(head, second, third)
    of_second, of_third = request("first", second.job_id), request("first", third.job_id, number=2)
    for one in (of_second, of_third, of_second):
        assert carry_out(memory.world(), one) == "moved_first"
    assert memory[third].place < memory[second].place < memory[head].place


def test_a_slow_run_does_not_move_a_job_that_was_first_already_before_who_was_put_first_since() -> None:
    head, second = (
        replace(job_in(JobState.QUEUED, person), closed_first_at=NOW + at, due_at=NOW + at)
        for at, person in enumerate(("li", "wu"))
    )
    memory = Memory(head, second)
    of_head, of_second = request("first", head.job_id), request("first", second.job_id, number=2)
    outcomes = [carry_out(memory.world(), one) for one in (of_head, of_second, of_head)]
    assert outcomes == ["first_already", "moved_first", "moved_first"], "for all that it can tell"
    assert memory[second].place < memory[head].place


def test_a_job_is_put_before_the_first_that_still_waits_where_the_index_shows_who_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, head, third = (
        replace(job_in(state, person), closed_first_at=NOW + at, due_at=NOW + at)
        for at, (person, state) in enumerate(
            (("li", JobState.SUBMITTING), ("wu", JobState.QUEUED), ("zhao", JobState.QUEUED))
        )
    )
    memory = Memory(gone, head, third)
    names = [job.job_id for job in (gone, head, third)]
    monkeypatch.setattr(memory, "in_hand", lambda count: ([], names[:count]))
    assert carry_out(memory.world(), request("first", third.job_id)) == "moved_first"
    assert memory[third].place < memory[head].place


# -- cancelling ------------------------------------------------------------------------------------------


def between_tries(usage: int) -> Job:
    """A job whose first fine-tune DashScope has failed, and billed ``usage`` times; it waits for the next."""
    return job_in(JobState.QUEUED, attempt=1, failures=1, usage=usage, earlier_fine_tunes=("ft-1",))


@pytest.mark.parametrize(("usage", "code"), [(0, "canceled_not_billed"), (1, "canceled_and_billed")])
def test_a_job_that_is_cancelled_between_two_tries_says_whether_the_first_was_billed(
    usage: int, code: str
) -> None:
    memory = Memory(between_tries(usage))
    assert carry_out(memory.world(), request("cancel", LI)) == "canceled_later"
    job = memory.rows[LI]
    assert (job.state, job.reason and job.reason.code) == (JobState.CANCELED, code)


def test_a_job_of_which_nothing_was_sent_is_cancelled_at_no_cost() -> None:
    memory = Memory(job_in(JobState.QUEUED))
    assert carry_out(memory.world(), request("cancel", LI)) == "canceled"
    reason = memory.rows[LI].reason
    assert reason is not None
    assert reason.code == "canceled_before_submit"


def test_when_somebody_asked_for_a_cancellation_stays_as_it_was_noted_first() -> None:
    job = replace(between_tries(0), cancel_asked_at=EARLIER)
    assert canceled(job, NOW).cancel_asked_at == EARLIER


def test_a_cancellation_that_was_noted_by_a_run_that_died_is_answered_by_the_next() -> None:
    memory = Memory(job_in(JobState.TRAINING))
    # The clock of ``status`` runs ahead: times tell nothing, the request's id does.
    asked = request("cancel", LI, at=NOW + MINUTE_MS)
    for _ in range(2):
        assert carry_out(memory.world(), asked) == "cancel_asked"
    assert memory.rows[LI].answered == (asked.request_id,)


def test_a_cancelled_fine_tune_costs_what_the_tries_before_it_have_cost() -> None:
    job = job_in(JobState.TRAINING, usage=1, earlier_fine_tunes=("ft-1",))
    assert wanted(job, fine_tune(usage=0)).code == "canceled_and_billed"
    assert wanted(job, fine_tune(usage=1)).code == "canceled_and_billed"
    assert wanted(replace(job, usage=0), fine_tune(usage=0)).code == "canceled_not_billed"
    assert wanted(replace(job, usage=0), fine_tune(usage=1)).code == "canceled_and_billed"


def test_a_job_that_is_to_be_cancelled_is_not_submitted_when_its_submit_has_failed() -> None:
    job = replace(job_in(JobState.QUEUED, attempt=1), due_at=NOW, closed_first_at=NOW)
    asked = replace(job, cancel_asked_at=NOW)
    assert to_submit(Slot(), [job], [], [], 1, NOW, rules=Rules()) == [job]
    assert to_submit(Slot(), [asked], [], [], 1, NOW, rules=Rules()) == []
    assert to_submit(Slot(), [], [], [asked], 1, NOW, rules=Rules()) == [], (
        "also when it holds the slot still"
    )


# -- trying again ----------------------------------------------------------------------------------------


def test_a_retry_that_a_run_has_carried_out_before_it_died_is_answered_with_its_revision() -> None:
    memory = Memory(job_in(JobState.FAILED))
    for _ in range(2):
        assert carry_out(memory.world(), request("retry", LI)) == f"retried: {job_id('li', 2)}"
    assert len(memory.rows) == 2


def test_a_retry_says_so_when_photos_have_opened_the_next_revision_before_it() -> None:
    memory = Memory(job_in(JobState.FAILED), replace(collecting(photo("b.jpg")), revision=2))
    assert carry_out(memory.world(), request("retry", LI)) == "not_newest"
    assert carry_out(memory.world(), request("retry", LI, number=2)) == "not_newest"


def test_photos_of_an_earlier_revision_are_no_new_ones_in_a_retry() -> None:
    failed = job_in(JobState.FAILED)
    carried = failed.photo_set.with_photo(photo("old.jpg", from_revision=1), NOW)
    again = once_more(replace(failed, revision=2, photo_set=carried), RULES, NOW)
    assert {one.name: one.from_revision for one in again.photo_set.photos} == {"a.jpg": 0, "old.jpg": 1}


# -- sets and photos -------------------------------------------------------------------------------------


def test_a_photo_that_was_uploaded_after_its_deletion_was_asked_for_stays() -> None:
    recorded = photo(uploaded_at=EARLIER - 1)
    memory = Memory(collecting(recorded))
    key = upload_key("li", "a.jpg")
    memory.objects[key] = stored(recorded, etag="E-new", modified_at=EARLIER + 1)
    assert carry_out(memory.world(), request("photo_delete", "li", photo="a.jpg")) == "photo_replaced"
    assert memory.deleted == []
    memory.objects[key] = stored(recorded, modified_at=EARLIER)
    assert carry_out(memory.world(), request("photo_delete", "li", photo="a.jpg")) == "photo_deleted"
    assert memory.deleted == [key, recorded.snapshot]


def test_a_deletion_that_a_run_has_carried_out_before_it_died_is_answered_as_such() -> None:
    memory = Memory(collecting(photo(), photo("b.jpg")))
    for _ in range(2):
        assert carry_out(memory.world(), request("photo_delete", "li", photo="a.jpg")) == "photo_deleted"
    assert [one.name for one in memory.rows[LI].photo_set.photos] == ["b.jpg"]


@pytest.mark.parametrize(
    ("earlier", "outcome"),
    [(JobState.SUBMITTING, "photo_deleted_later"), (JobState.SUCCEEDED, "photo_deleted")],
)
def test_a_photo_that_an_earlier_set_is_still_trained_with_is_not_said_to_be_out(
    earlier: JobState, outcome: str
) -> None:
    recorded = replace(photo(from_revision=1), snapshot=f"{snapshot_folder(LI)}a.jpg")
    memory = Memory(job_in(earlier), replace(collecting(recorded, photo("b.jpg")), revision=2))
    for _ in range(2):
        assert carry_out(memory.world(), request("photo_delete", "li", photo="a.jpg")) == outcome
    assert [one.name for one in memory.rows[job_id("li", 2)].photo_set.photos] == ["b.jpg"]
    # The set that is being trained needs its snapshot yet.
    assert (recorded.snapshot in memory.deleted) is (earlier is JobState.SUCCEEDED)


def test_a_photo_of_the_set_that_is_being_submitted_goes_from_the_bucket_alone() -> None:
    memory = Memory(job_in(JobState.SUBMITTING))
    assert carry_out(memory.world(), request("photo_delete", "li", photo="a.jpg")) == "photo_deleted_later"
    assert memory.rows[LI].photo_set.photo("a.jpg") is not None


def test_a_queued_set_opens_again_for_a_photo_that_would_have_been_trained_and_for_no_other() -> None:
    useless = photo("b.jpg", Verdict.NO_FACE)
    queued = job_in(JobState.QUEUED)
    queued = replace(queued, photo_set=queued.photo_set.with_photo(useless, NOW))
    assert without_photo(queued, "b.jpg", RULES, NOW).state is JobState.QUEUED
    assert without_photo(queued, "a.jpg", RULES, NOW).state is JobState.COLLECTING


def test_who_asked_for_the_training_of_what_was_there_asked_for_nothing_that_comes_once_it_is_gone() -> None:
    asked = asked_to_train(collecting(photo()), RULES, NOW)
    assert asked.photo_set.train_asked_at == NOW
    emptied = without_photo(asked, "a.jpg", RULES, NOW)
    assert emptied.photo_set.train_asked_at == 0
    two = asked_to_train(collecting(photo(), photo("b.jpg")), RULES, NOW)
    assert without_photo(two, "a.jpg", RULES, NOW).photo_set.train_asked_at == NOW


def test_an_overruled_verdict_is_overruled_once() -> None:
    memory = Memory(collecting(photo(verdict=Verdict.NO_FACE)))
    asked = request("photo_use", "li", photo="a.jpg", at=NOW + MINUTE_MS)
    for _ in range(2):
        assert carry_out(memory.world(), asked) == "photo_used"


# -- what is kept ----------------------------------------------------------------------------------------


def test_a_job_remembers_the_latest_requests_alone() -> None:
    job = job_in(JobState.QUEUED)
    for number in range(10):
        job = with_request(job, str(number))
    assert job.answered == tuple("23456789")


def test_a_clock_that_is_behind_puts_no_timeline_out_of_order() -> None:
    moves = with_move((Move("QUEUED", NOW),), Move("SUBMITTING", NOW - 1))
    assert moves == (Move("QUEUED", NOW), Move("SUBMITTING", NOW))
    assert with_move(moves, Move("TRAINING", NOW + 1))[-1] == Move("TRAINING", NOW + 1)


def test_a_set_whose_zip_is_being_unpacked_is_not_cancelled() -> None:
    unpacking = collecting(photo("a.zip", Verdict.UNPACKING))
    with pytest.raises(NotPossible, match="still_unpacking"):
        canceled(unpacking, NOW)


def test_a_model_is_released_once() -> None:
    memory = Memory(job_in(JobState.SUCCEEDED, fine_tune_id=fine_tune().fine_tune_id), slot=Slot(kept=3))
    asked = request("release", LI)
    for _ in range(2):
        assert carry_out(memory.world(), asked) == "released"
    assert carry_out(memory.world(), request("release", LI, number=2)) == "released_already"
    assert (memory.deleted, memory.held.kept) == ([fine_tune().fine_tune_id], 2)


# -- links -----------------------------------------------------------------------------------------------


def test_a_slow_run_writes_no_link_of_an_erased_person_into_the_row_of_the_next() -> None:
    memory, row = Memory(), links_of("li")
    told = json.dumps({"link_id": "0123456789abcdef", "expires_at": NOW + MINUTE_MS})
    for at in (EARLIER, NOW):
        made = replace(request("link_made", "li", at=at), reason=told)
        assert carry_out(memory.world(), made) == "link_made"
        if at == EARLIER:
            held = memory.documents[row]
            memory.delete_json(row, held)
    with pytest.raises(Conflict):
        memory.save_json(row, held, held.value)


# -- portraits -------------------------------------------------------------------------------------------


def with_model(**changes: Any) -> Job:
    return job_in(JobState.SUCCEEDED, finetuned_output="model", delivered=True, ended_at=NOW, **changes)


def world_of(memory: Memory) -> World:
    """Return the world of a deployment that makes portraits."""
    return memory.world(PORTRAYING)


def asked(kind: str, reason: str, number: int = 1) -> Request:
    return replace(request(kind, LI, number=number), reason=reason)


def test_portraits_are_ordered_once_by_one_request() -> None:
    memory = Memory(with_model())
    order = asked("portraits", "f_idcard_male:3")
    for _ in range(2):
        assert carry_out(world_of(memory), order) == "portraits_ordered: 1"
    for number in range(2, 2 + REMEMBERED_REQUESTS):
        told = carry_out(world_of(memory), asked("portraits", "f_idcard_male:1", number))
        assert told == f"portraits_ordered: {number}"
    assert carry_out(world_of(memory), order) == "portraits_ordered: 1", "the order itself tells"
    orders = world_of(memory).jobs.find([LI])[LI].portraits  # type: ignore[union-attr]  # it is there
    assert (len(orders), orders[0].wanted.pictures) == (1 + REMEMBERED_REQUESTS, 3)


@pytest.mark.parametrize(
    ("job", "rules", "outcome"),
    [
        (with_model(), RULES, "portraits_off"),
        (job_in(JobState.TRAINING), PORTRAYING, "no_model"),
        (with_model(model_released_at=NOW), PORTRAYING, "model_released"),
        (
            with_wanted(with_model(), [Wanted("f_idcard_male", 1)] * MAX_ORDERS, NOW),
            PORTRAYING,
            "too_many_portraits",
        ),
        (with_model(erasing_since=NOW), PORTRAYING, "being_erased"),
    ],
)
def test_portraits_that_cannot_be_made_are_not_ordered(job: Job, rules: Rules, outcome: str) -> None:
    memory = Memory(job)
    assert carry_out(memory.world(rules), asked("portraits", "f_idcard_male:1")) == outcome


def test_an_order_that_newer_code_has_written_is_left() -> None:
    memory = Memory(with_model())
    assert carry_out(world_of(memory), asked("portraits", "f_of_next_year:1")).startswith("unknown")


def test_an_order_is_cancelled_once_and_says_whether_something_was_sent_before() -> None:
    job = with_wanted(with_model(), [Wanted("f_idcard_male", 1)] * 2, NOW)
    tried = replace(job.portraits[1], attempt=1)
    memory = Memory(replace(job, portraits=(job.portraits[0], tried)))
    for number, code in ((1, "canceled_before_submit"), (2, "portraits_canceled")):
        for _ in range(2):
            told = carry_out(world_of(memory), asked("portraits_cancel", str(number), number))
            assert told == "portraits_canceled"
        found = world_of(memory).jobs.find([LI])[LI]
        assert found is not None
        reason = found.portraits[number - 1].reason
        assert reason is not None
        assert reason.code == code
    assert carry_out(world_of(memory), asked("portraits_cancel", "1", 3)) == "order_not_queued"
    assert carry_out(world_of(memory), asked("portraits_cancel", "9", 4)) == "order_unknown"
    assert carry_out(world_of(memory), asked("portraits_cancel", "x", 5)) == "order_unknown"
