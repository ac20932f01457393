"""An attempt whose answer is missing: adopted, sent again, or left open, by what the list proves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from shared.domain.fine_tunes import OUR_MODEL, FineTune
from shared.domain.job import Job
from shared.domain.lanes import ASIDE_LANE, QUEUE_LANE
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Conflict, RetryLater
from shared.workflow.owning import (
    SHORTEST_LIST_MS,
    TIME_FOR_A_PAGE_MS,
    TIME_FOR_THE_LIST_MS,
    adopt,
    find_own,
    own,
)
from shared.workflow.refusing import TRIES_BESIDE_OTHERS
from shared.workflow.resolving import TRIES_AT_ITS_PLACE, resolve
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, fine_tune, job_in, trouble

S = JobState
GRACE_MS = RULES.listing_delay_ms
UNREADABLE = RetryLater("list_incomplete", "…", delay_seconds=10, api=Api.TRAINING)
REFUSED = AccountTrouble("InvalidApiKey", "…", delay_seconds=120, kind=Kind.ACCOUNT, api=Api.TRAINING)


def lost(**changes: Any) -> tuple[Memory, Job]:
    """A job whose attempt had no answer, once the list has had the time to show it."""
    job = replace(job_in(S.SUBMITTING, attempt_expires_at=NOW), **changes)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    memory.time = NOW + GRACE_MS
    return memory, job


def file_of(job: Job) -> str:
    return f"https://photos.oss.example/{job.files[0]}?signature=s"


# -- adopting -------------------------------------------------------------------------------------


def test_an_attempt_that_the_list_shows_is_adopted_without_waiting() -> None:
    memory, job = lost(attempt_expires_at=NOW + LIFE_MS)
    memory.time = NOW
    memory.listed = [fine_tune("PENDING", "ft-1", files=(file_of(job),))]
    adopted = resolve(memory.world(), memory[job])
    assert (adopted.state, adopted.fine_tune_id) == (S.TRAINING, "ft-1")


@pytest.mark.parametrize(
    "files",
    [("submissions/x/before.jpg",), ("file-7",)],
    ids=["of an earlier attempt", "stored with DashScope"],
)
def test_a_fine_tune_is_the_jobs_own_by_any_file_that_any_attempt_was_sent_with(
    files: tuple[str, ...],
) -> None:
    job = job_in(S.SUBMITTING, earlier_files=("submissions/x/before.jpg",), file_ids=("file-7", ""))
    mine = fine_tune("RUNNING", "ft-1", files=tuple(f"https://photos.oss.example/{file}" for file in files))
    assert find_own(job, [fine_tune("RUNNING", "ft-2", files=("https://a/b.jpg",)), mine]) == mine
    assert find_own(replace(job, earlier_fine_tunes=("ft-1",)), [mine]) is None


def test_a_fine_tune_without_any_of_the_files_is_never_adopted() -> None:
    job = job_in(S.SUBMITTING, file_ids=("",))
    assert find_own(job, [fine_tune("RUNNING", "ft-1"), fine_tune("RUNNING", "ft-2", files=("",))]) is None


def test_the_newest_part_of_the_list_does_until_the_list_has_had_its_grace() -> None:
    memory, job = lost()
    memory.time = NOW + GRACE_MS - 1
    resolve(memory.world(), memory[job])
    assert memory.calls.count("list newest") == 1
    assert "list fine-tunes" not in memory.calls


def test_the_proof_takes_the_whole_list_in_all_the_time_that_the_run_has() -> None:
    memory, job = lost()
    given: list[float] = []

    def whole(*, within_seconds: float) -> Iterator[FineTune]:
        given.append(within_seconds)
        return iter(())

    world = memory.world()
    with mock.patch.object(memory, "fine_tunes", whole):
        assert resolve(world, memory[job]).state is S.QUEUED
    assert given == [(LIFE_MS - TIME_FOR_A_PAGE_MS) / 1000]
    assert given[0] > SHORTEST_LIST_MS / 1000


def test_a_run_that_has_no_time_for_the_whole_list_leaves_it_to_the_next() -> None:
    memory, job = lost()
    world, before = memory.world(), memory[job]
    memory.time += LIFE_MS - TIME_FOR_THE_LIST_MS
    with pytest.raises(RetryLater) as raised:
        resolve(world, before)
    assert raised.value.code == "no_time"
    assert memory.calls == []


def test_a_list_that_is_too_long_for_a_proof_keeps_this_job_alone() -> None:
    memory, job = lost()
    memory.troubles["fine_tunes"] = RetryLater(
        "list_too_long", "…", delay_seconds=10, kind=Kind.PERSON, api=Api.TRAINING
    )
    world = memory.world()
    held = resolve(world, memory[job])
    assert held.state is S.SUBMITTING
    assert held.retry is not None
    assert (held.retry.cause.code, held.retry.waits_for) == ("list_too_long", None)
    assert not world.health.is_open(Api.TRAINING)


# -- sending again --------------------------------------------------------------------------------


@pytest.mark.parametrize(("waited_ms", "state"), [(GRACE_MS - 1, S.SUBMITTING), (GRACE_MS, S.QUEUED)])
def test_an_attempt_is_believed_lost_once_its_sender_is_dead_and_the_list_has_had_its_grace(
    waited_ms: int, state: JobState
) -> None:
    memory, job = lost()
    memory.time = NOW + waited_ms
    assert resolve(memory.world(), memory[job]).state is state


def test_a_run_that_has_stood_still_gives_no_place_in_the_slot_to_an_attempt_that_has_been_resolved() -> None:
    memory, job = lost()
    memory.held = replace(memory.held, holders=("other-1",))
    memory.rows[job.job_id] = replace(memory[job], version=memory[job].version + 1)
    with pytest.raises(Conflict):
        resolve(memory.world(), job)
    assert memory.held.holders == ("other-1",)


@pytest.mark.parametrize("others", [(), ("other-1",)], ids=["a free slot", "a slot that others hold"])
def test_an_attempt_whose_intent_came_late_takes_its_place_so_that_others_know_what_they_wait_for(
    others: tuple[str, ...],
) -> None:
    memory, job = lost(attempt_expires_at=NOW + LIFE_MS)
    memory.held = replace(memory.held, holders=others)
    assert resolve(memory.world(), memory[job]).state is S.SUBMITTING
    assert memory.held.holders == (*others, job.job_id)
    before = memory.held
    resolve(memory.world(), memory[job])
    assert memory.held == before


@pytest.mark.parametrize("tries", range(4))
def test_a_lost_answer_or_two_cost_no_place_and_then_the_job_steps_aside(tries: int) -> None:
    memory, job = lost(retry=trouble(Kind.PASSING, Api.TRAINING, tries=tries) if tries else None)
    queued = resolve(memory.world(), memory[job])
    assert queued.retry is not None
    assert (queued.state, queued.retry.tries) == (S.QUEUED, tries + 1)
    assert queued.lane == (QUEUE_LANE if tries < TRIES_AT_ITS_PLACE else ASIDE_LANE)
    assert queued.reason is not None
    assert queued.counted_attempts == 0


def test_a_set_whose_answers_are_always_lost_while_others_are_accepted_is_given_up() -> None:
    memory, job = lost(retry=trouble(Kind.PASSING, Api.TRAINING, tries=TRIES_BESIDE_OTHERS - 1))
    memory.held = replace(memory.held, accepted_at=NOW)
    ended = resolve(memory.world(), memory[job])
    assert ended.state is S.FAILED
    assert ended.reason is not None


def test_what_the_last_answer_said_is_told_rather_than_that_this_one_is_missing() -> None:
    memory, job = lost(retry=trouble(Kind.UNKNOWN, Api.TRAINING, tries=1))
    queued = resolve(memory.world(), memory[job])
    assert queued.reason is not None
    assert queued.reason.code == "some_code"
    memory, job = lost(retry=trouble(Kind.PERSON, Api.TRAINING, tries=1))
    queued = resolve(memory.world(), memory[job])
    assert queued.reason is not None
    assert queued.reason.code == "submit_lost"


# -- a list that cannot be read -------------------------------------------------------------------


def test_an_attempt_is_never_sent_again_while_the_list_cannot_be_read() -> None:
    memory, job = lost()
    memory.troubles["fine_tunes"] = UNREADABLE
    for tries in range(1, 30):
        memory.time += MINUTE_MS
        waiting = resolve(memory.world(), memory[job])
        assert waiting.state is S.SUBMITTING
        assert waiting.retry is not None
        assert (waiting.retry.tries, waiting.retry.cause.code) == (tries, "list_incomplete")
        assert waiting.is_due(memory.time), "it is asked again with every tick"
    del memory.troubles["fine_tunes"]
    memory.held = replace(memory.held, accepted_at=memory.time)
    queued = resolve(memory.world(), memory[job])
    assert queued.retry is not None
    assert (queued.state, queued.retry.tries) == (S.QUEUED, 1), "no try of the submit"


def test_while_only_time_is_missing_a_list_that_cannot_be_read_changes_nothing() -> None:
    memory, job = lost()
    memory.time = NOW + GRACE_MS - 1
    memory.troubles["fine_tunes"] = UNREADABLE
    assert resolve(memory.world(), memory[job]) == replace(job, version=1)


def test_a_refused_key_is_shown_to_everybody_at_once() -> None:
    memory, job = lost()
    memory.troubles["fine_tunes"] = REFUSED
    resolve(memory.world(), memory[job])
    assert memory.well_being.is_open(Api.TRAINING)


# -- what cannot be proved ------------------------------------------------------------------------


def unclear(status: str, **changes: Any) -> FineTune:
    """A fine-tune of the attempt's minutes whose files say nothing."""
    made = fine_tune(status, "ft-9", model=OUR_MODEL, created_at=NOW + 1000)
    return replace(made, **changes)


@pytest.mark.parametrize("status", ["PENDING", "QUEUING", "RUNNING", "CANCELING", ""])
def test_while_a_fine_tune_that_may_be_the_jobs_goes_on_nothing_is_adopted_or_sent(status: str) -> None:
    memory, job = lost()
    memory.listed = [unclear(status)]
    waiting = resolve(memory.world(), memory[job])
    assert (waiting.state, waiting.fine_tune_id) == (S.SUBMITTING, "")
    assert waiting.retry is not None
    assert (waiting.retry.cause.code, waiting.retry.cause.kind) == ("submit_unclear", Kind.PERSON)
    assert "ft-9" in waiting.retry.cause.message


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "CANCELED"])
def test_once_it_has_ended_the_job_ends_and_names_it(status: str) -> None:
    memory, job = lost()
    memory.listed = [unclear(status)]
    ended = resolve(memory.world(), memory[job])
    assert (ended.state, ended.fine_tune_id) == (S.FAILED, "")
    assert ended.reason is not None
    assert ended.reason.code == "submit_unclear"
    assert "ft-9" in ended.reason.message


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": NOW - 60 * MINUTE_MS},
        {"model": "another-model"},
        {"files": ("https://elsewhere/1.jpg", "https://elsewhere/2.jpg")},
    ],
    ids=["of another time", "of another model", "of another number of files"],
)
def test_a_fine_tune_that_is_plainly_not_the_jobs_keeps_nobody_waiting(changes: dict[str, Any]) -> None:
    memory, job = lost()
    memory.listed = [unclear("RUNNING", **changes)]
    assert resolve(memory.world(), memory[job]).state is S.QUEUED


def test_a_fine_tune_of_another_job_of_ours_keeps_nobody_waiting() -> None:
    memory, job = lost()
    other = job_in(S.TRAINING, "wu", fine_tune_id="ft-9")
    memory.rows[other.job_id] = other
    memory.held = replace(memory.held, holders=(job.job_id, other.job_id))
    memory.listed = [unclear("RUNNING")]
    assert resolve(memory.world(), memory[job]).state is S.QUEUED


@pytest.mark.parametrize(
    ("account", "listed", "state"),
    [
        ("", [], S.SUBMITTING),
        ("workspace-1", [], S.SUBMITTING),
        ("workspace-1", [fine_tune("FAILED", "ft-5", account="workspace-2", created_at=1)], S.SUBMITTING),
        ("workspace-1", [fine_tune("FAILED", "ft-5", account="workspace-1", created_at=1)], S.QUEUED),
    ],
    ids=["nothing known", "empty list", "another account", "the same account"],
)
def test_the_list_of_another_key_proves_nothing_unless_it_is_of_the_same_account(
    account: str, listed: list[FineTune], state: JobState
) -> None:
    memory, job = lost(key_id="earlier key")
    memory.held = replace(memory.held, account=account)
    memory.listed = listed
    after = resolve(memory.world(), memory[job])
    assert after.state is state
    assert after.retry is not None
    assert (after.retry.cause.code == "other_account") is (state is S.SUBMITTING)


# -- owning ---------------------------------------------------------------------------------------


def test_an_accepted_submit_forgets_the_slots_trouble_and_one_without_news_writes_no_slot() -> None:
    memory, job = lost()
    memory.held = replace(memory.held, refusals=3, refused_jobs=("other-1",))
    own(memory.world(), memory[job], fine_tune("PENDING", "ft-1"), memory.slot())
    assert (memory.held.refusals, memory.held.refused_jobs, memory.held.accepted_at) == (0, (), memory.time)
    memory, job = lost()
    own(memory.world(), memory[job], fine_tune("PENDING", "ft-1"), memory.slot())
    assert memory.held.version == 1


def test_a_slot_that_was_changed_meanwhile_takes_no_fine_tune_from_its_job() -> None:
    memory, job = lost()
    memory.held = replace(memory.held, refusals=3)
    memory.troubles["save_slot"] = Conflict("the slot has moved on")
    owned = own(memory.world(), memory[job], fine_tune("PENDING", "ft-1"), memory.slot())
    assert memory[job] == owned
    assert owned.fine_tune_id == "ft-1"


def test_an_adopted_fine_tune_says_nothing_about_whether_submits_are_accepted_now() -> None:
    memory, job = lost()
    memory.held = replace(memory.held, refusals=3)
    adopt(memory.world(), memory[job], fine_tune("RUNNING", "ft-1"))
    assert memory.held.refusals == 3
