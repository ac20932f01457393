"""Following a fine-tune to its end, delivering the outcome, and releasing the slot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job, Reason
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Conflict, Permanent, RetryLater, Trouble
from shared.workflow.canceling import CANCEL_AGAIN_MS
from shared.workflow.saving import LONGEST_BETWEEN_QUESTIONS_MS
from shared.workflow.training import (
    TRIES_BEFORE_THE_LIST,
    TRIES_TO_FORGET,
    deliver,
    poll,
    release_unused,
)
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, fine_tune, job_in, trouble

S = JobState
HOUR_MS = 60 * MINUTE_MS
SILENT = RetryLater("InternalError", "…", delay_seconds=1, api=Api.TRAINING)
REFUSED = AccountTrouble("InvalidApiKey", "…", delay_seconds=120, kind=Kind.ACCOUNT, api=Api.TRAINING)


def training(
    status: str = "RUNNING", *, of: dict[str, Any] | None = None, **changes: Any
) -> tuple[Memory, Job]:
    """A job in training for two minutes, and its fine-tune in ``status``, changed by ``of``."""
    job = job_in(S.TRAINING, fine_tune_id="ft-1", **changes)
    memory = Memory(job)
    memory.known["ft-1"] = fine_tune(status, "ft-1", **(of or {}))
    memory.time = NOW + 2 * MINUTE_MS
    return memory, job


def listed(memory: Memory, job: Job, status: str, **changes: Any) -> None:
    """Let the list alone tell of the fine-tune."""
    memory.known.clear()
    memory.listed = [
        fine_tune(status, "ft-1", files=(f"https://photos.oss.example/{job.files[0]}",), **changes)
    ]


# -- which answers are an end ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("SUCCEEDED", S.SUCCEEDED),
        ("FAILED", S.FAILED),
        ("CANCELED", S.CANCELED),
        *((going, S.TRAINING) for going in ("PENDING", "QUEUING", "RUNNING", "CANCELING")),
        *((unknown, S.TRAINING) for unknown in ("CANCELLED", "succeeded", "UNKNOWN", "")),
    ],
)
def test_only_the_three_final_statuses_are_an_end_and_any_other_goes_on(status: str, state: JobState) -> None:
    memory, job = training(status, of={"finetuned_output": "model"}, failures=5)
    assert poll(memory.world(), memory[job]).state is state


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("InvalidFile.NoHuman", "no face", Reason("InvalidFile.NoHuman", "no face")),
        ("", "", Reason("training_failed", "DashScope gave no reason; look at the photos and train again.")),
    ],
)
def test_a_failed_training_says_why_in_dashscopes_words_if_it_has_any(
    code: str, message: str, reason: Reason
) -> None:
    memory, job = training("FAILED", of={"code": code, "message": message})
    assert poll(memory.world(), memory[job]).reason == reason


@pytest.mark.parametrize(("failures", "state"), [(0, S.QUEUED), (1, S.QUEUED), (2, S.FAILED)])
def test_a_fault_of_dashscopes_is_trained_again_up_to_the_attempts_that_are_allowed(
    failures: int, state: JobState
) -> None:
    memory, job = training("FAILED", of={"code": "InternalError"}, failures=failures)
    assert poll(memory.world(Rules(max_attempts=3)), memory[job]).state is state


def test_a_poll_without_news_writes_nothing() -> None:
    memory, job = training(fine_tune_status="RUNNING", running_since=NOW)
    assert poll(memory.world(), memory[job]) == replace(job, version=1)


def test_a_success_without_a_models_name_is_asked_for_again_and_then_has_the_name_of_its_id() -> None:
    memory, job = training("SUCCEEDED", of={"usage": 1, "ended_at": NOW})
    for tries in range(1, TRIES_BEFORE_THE_LIST + 2):
        waiting = poll(memory.world(), memory[job])
        assert (waiting.state, waiting.usage) == (S.TRAINING, 0)
        assert waiting.retry is not None
        assert (waiting.retry.tries, waiting.retry.cause.code) == (tries, "no_output")
        assert waiting.is_due(memory.time)
        memory.listed = [memory.known["ft-1"]]
    done = poll(memory.world(), memory[job])
    assert (done.state, done.finetuned_output, done.usage) == (S.SUCCEEDED, "facechain-finetune-ft-1", 1)


def test_a_name_that_comes_later_is_the_models_name() -> None:
    memory, job = training("SUCCEEDED")
    poll(memory.world(), memory[job])
    memory.known["ft-1"] = replace(memory.known["ft-1"], finetuned_output="facechain-x")
    assert poll(memory.world(), memory[job]).finetuned_output == "facechain-x"


# -- polls that fail ------------------------------------------------------------------------------


def test_a_fine_tune_that_cannot_be_asked_about_is_followed_by_the_list() -> None:
    memory, job = training()
    listed(memory, job, "SUCCEEDED", finetuned_output="model")
    memory.troubles["fine_tune"] = SILENT
    for tries in range(1, TRIES_BEFORE_THE_LIST + 1):
        waiting = poll(memory.world(), memory[job])
        assert waiting.state is S.TRAINING
        assert waiting.retry is not None
        assert waiting.retry.tries == tries
    assert poll(memory.world(), memory[job]).state is S.SUCCEEDED


def test_a_poll_that_works_again_ends_the_trouble() -> None:
    memory, job = training(retry=trouble(api=Api.TRAINING), fine_tune_status="RUNNING", running_since=NOW)
    assert poll(memory.world(), memory[job]).retry is None


@pytest.mark.parametrize("tries", [0, 1, 10, 100])
def test_however_often_a_poll_fails_the_next_is_soon_since_the_slot_waits_for_it(tries: int) -> None:
    memory, job = training(retry=trouble(api=Api.TRAINING, tries=tries) if tries else None)
    memory.troubles |= {"fine_tune": SILENT, "fine_tunes": SILENT}
    waiting = poll(memory.world(), memory[job])
    assert waiting.retry is not None
    assert memory.time < waiting.retry.next_try_at <= memory.time + LONGEST_BETWEEN_QUESTIONS_MS


def test_a_refused_key_is_shown_to_everybody_at_once() -> None:
    memory, job = training()
    memory.troubles["fine_tune"] = REFUSED
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    assert memory.well_being.is_open(Api.TRAINING)


# -- a fine-tune that is gone ---------------------------------------------------------------------


def test_a_fine_tune_that_the_list_shows_is_not_gone_whatever_its_own_address_says() -> None:
    memory, job = training()
    listed(memory, job, "SUCCEEDED", finetuned_output="model")
    assert poll(memory.world(), memory[job]).state is S.SUCCEEDED


def test_a_fine_tune_that_is_gone_from_the_list_as_well_ends_its_job() -> None:
    memory, job = training()
    memory.known.clear()
    ended = poll(memory.world(), memory[job])
    assert ended.state is S.FAILED
    assert ended.reason is not None
    assert ended.reason.code == "fine_tune_vanished"


def test_a_fine_tune_that_has_just_been_made_may_be_unknown_for_a_minute() -> None:
    memory, job = training()
    memory.known.clear()
    memory.time = NOW + MINUTE_MS - 1
    assert poll(memory.world(), memory[job]) == replace(job, version=1)
    memory.time += 1
    assert poll(memory.world(), memory[job]).state is S.FAILED


@pytest.mark.parametrize(
    ("account", "state"), [("workspace-1", S.FAILED), ("workspace-2", S.TRAINING), ("", S.TRAINING)]
)
def test_under_another_key_a_fine_tune_is_gone_only_if_the_list_is_of_the_same_account(
    account: str, state: JobState
) -> None:
    memory, job = training(key_id="earlier key", account=account)
    memory.known.clear()
    memory.listed = [fine_tune("FAILED", "ft-5", account="workspace-1")]
    after = poll(memory.world(), memory[job])
    assert after.state is state
    if state is S.TRAINING:
        assert after.retry is not None
        assert (after.retry.cause.code, after.retry.cause.kind) == ("other_account", Kind.PERSON)


# -- a fine-tune that does not end ----------------------------------------------------------------


@pytest.mark.parametrize("status", ["PENDING", "QUEUING"])
def test_waiting_at_dashscope_is_not_training_and_has_two_days(status: str) -> None:
    memory, job = training(status, fine_tune_status=status)
    memory.time = NOW + 48 * HOUR_MS
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    memory.time += 1
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    assert memory.canceled == ["ft-1"]
    overdue = is_canceled(memory, job)
    assert overdue.reason is not None
    assert "did not end within 6 hours" in overdue.reason.message


def test_a_training_has_its_deadline_from_when_it_was_first_seen_to_run() -> None:
    memory, job = training(fine_tune_status="QUEUING")
    memory.time = begins = NOW + 20 * HOUR_MS
    rules = Rules(training_deadline_ms=HOUR_MS)
    assert poll(memory.world(rules), memory[job]).running_since == begins
    memory.time = begins + HOUR_MS
    assert poll(memory.world(rules), memory[job]).state is S.TRAINING
    memory.time += 1
    assert poll(memory.world(rules), memory[job]).state is S.TRAINING
    assert memory.canceled == ["ft-1"]
    overdue = is_canceled(memory, job, rules)
    assert overdue.reason is not None
    assert overdue.reason.code == "training_overdue"


def is_canceled(memory: Memory, job: Job, rules: Rules = RULES) -> Job:
    """Let DashScope have cancelled the fine-tune, and return the job, which has ended by that."""
    memory.known["ft-1"] = fine_tune("CANCELED", "ft-1")
    ended = poll(memory.world(rules), memory[job])
    assert ended.state is S.FAILED
    return ended


@pytest.mark.parametrize("status", ["RUNNING", "CANCELING"])
def test_an_overdue_training_holds_its_slot_until_it_is_canceled_and_for_half_an_hour_at_most(
    status: str,
) -> None:
    memory, job = training(running_since=NOW)
    memory.time = overdue_since = NOW + 6 * HOUR_MS + 1
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    memory.known["ft-1"] = fine_tune(status, "ft-1")
    while memory.time <= overdue_since + HOUR_MS // 2:
        assert poll(memory.world(), memory[job]).state is S.TRAINING
        memory.time += MINUTE_MS
    after = poll(memory.world(), memory[job])
    assert (after.state, after.reason and after.reason.code) == (S.FAILED, "training_overdue")


def test_an_overdue_training_that_ends_while_it_is_canceled_is_a_model_like_any_other() -> None:
    memory, job = training(running_since=NOW)
    memory.time = NOW + 7 * HOUR_MS
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    memory.known["ft-1"] = fine_tune("SUCCEEDED", "ft-1", finetuned_output="model-1")
    assert poll(memory.world(), memory[job]).state is S.SUCCEEDED


@pytest.mark.parametrize("problem", [SILENT, Permanent("UnsupportedOperation", "…", api=Api.TRAINING)])
def test_an_overdue_training_that_is_said_to_run_and_is_not_canceled_keeps_the_slot_and_says_so(
    problem: Trouble,
) -> None:
    memory, job = training(running_since=NOW)
    memory.troubles["cancel_fine_tune"] = problem
    memory.time = NOW + 7 * HOUR_MS
    after = poll(memory.world(), memory[job])
    assert after.state is S.TRAINING
    assert after.retry is not None
    assert after.retry.cause.code == "cancel_failed"
    assert after.retry.next_try_at == memory.time + CANCEL_AGAIN_MS
    memory.time += HOUR_MS
    assert poll(memory.world(), memory[job]).state is S.TRAINING


def test_a_fine_tune_that_is_canceled_when_it_is_overdue_was_canceled_by_us() -> None:
    for since, state in ((NOW, S.FAILED), (NOW + 6 * HOUR_MS, S.CANCELED)):
        memory, job = training("CANCELED", running_since=since)
        memory.time = NOW + 7 * HOUR_MS
        assert poll(memory.world(), memory[job]).state is state


# -- delivery -------------------------------------------------------------------------------------


def ended(**changes: Any) -> tuple[Memory, Job]:
    return Memory(job := job_in(S.SUCCEEDED, **changes)), job


def test_a_delivered_job_has_a_result_and_leaves_the_work_in_hand() -> None:
    memory, job = ended()
    after = deliver(memory.world(), memory[job])
    assert (after.delivered, after.result_at, after.lane) == (True, NOW, None)
    assert list(memory.results) == ["results/li/1.json"]


def test_a_result_is_written_although_dashscope_does_not_forget_the_photos() -> None:
    memory, job = ended(file_ids=("file-0",))
    memory.troubles["delete_file"] = SILENT
    after = deliver(memory.world(), memory[job])
    assert (after.delivered, after.result_at) == (False, NOW)
    assert after.retry is not None
    assert list(memory.results) == ["results/li/1.json"]


@pytest.mark.parametrize("problem", [SILENT, KeyError("surprise")], ids=["foreseen", "unforeseen"])
def test_what_cannot_be_forgotten_is_left_behind_after_some_tries_and_the_result_is_written_once(
    problem: Exception,
) -> None:
    memory, job = ended(file_ids=("file-0",))
    memory.troubles["delete_file"] = problem
    assert TRIES_TO_FORGET == 6
    for _ in range(TRIES_TO_FORGET):
        assert not memory[job].delivered
        deliver(memory.world(), memory[job])
    assert memory[job].delivered
    assert memory.calls.count("deliver") == 1


def test_the_tries_of_the_write_are_none_of_forgetting() -> None:
    memory, job = ended(file_ids=("file-0",), retry=trouble(api=Api.WRITING, tries=TRIES_TO_FORGET))
    memory.troubles["delete_file"] = SILENT
    after = deliver(memory.world(), memory[job])
    assert after.retry is not None
    assert (after.delivered, after.retry.tries) == (False, 1)


def test_a_result_that_cannot_be_written_is_not_delivered() -> None:
    memory, job = ended()
    memory.troubles["write_json"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)
    with pytest.raises(RetryLater):
        deliver(memory.world(), memory[job])
    assert not memory[job].delivered


# -- releasing the slot ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "durations_ms", "kept"),
    [(S.SUCCEEDED, (5_000, 7_000), 3), (S.FAILED, (5_000,), 2), (S.CANCELED, (5_000,), 2)],
)
def test_only_a_success_teaches_its_duration_and_keeps_its_fine_tune(
    state: JobState, durations_ms: tuple[int, ...], kept: int
) -> None:
    job = job_in(state, submitted_at=NOW, ended_at=NOW + 7_000)
    memory = Memory(job, slot=Slot(holders=("other-1", job.job_id), durations_ms=(5_000,), kept=3))
    release_unused(memory.world(), job.job_id)
    assert memory.held.holders == ("other-1",)
    assert (memory.held.durations_ms, memory.held.kept) == (durations_ms, kept)


def test_a_row_that_cannot_be_written_does_not_hold_the_slot_for_a_training_that_has_ended() -> None:
    memory, job = training("SUCCEEDED", of={"finetuned_output": "model"})
    memory.held = Slot(holders=(job.job_id,), kept=3)
    memory.troubles["save"] = RetryLater("OTSPartitionUnavailable", "…", delay_seconds=1)
    for _ in range(2):
        with pytest.raises(RetryLater):
            poll(memory.world(), memory[job])
    assert (memory.held.holders, memory.held.ended_fine_tunes, memory.held.kept) == ((), ("ft-1",), 3)
    memory.held = replace(memory.held, ended_fine_tunes=())
    with pytest.raises(RetryLater):
        poll(memory.world(), memory[job])
    assert memory.held.ended_fine_tunes == ("ft-1",)


def test_a_row_that_cannot_be_written_does_not_hold_the_slot_for_a_fine_tune_that_is_gone() -> None:
    memory, job = training()
    memory.held = Slot(holders=(job.job_id,), kept=3)
    memory.known.clear()
    memory.troubles["save"] = RetryLater("OTSPartitionUnavailable", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        poll(memory.world(), memory[job])
    assert memory.held.holders == ()


def test_the_slot_stays_with_a_job_whose_next_fine_tune_another_run_has_begun() -> None:
    memory, job = training("FAILED", of={"code": "InternalError.Algo"})
    memory.held = Slot(holders=(job.job_id,))
    seen = memory[job]
    memory.save(seen, seen)
    memory.troubles["save"] = RetryLater("no_answer", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        poll(memory.world(), seen)
    assert memory.held.holders == (job.job_id,)


def test_a_row_that_cannot_be_written_holds_the_slot_while_its_training_goes_on() -> None:
    memory, job = training("RUNNING")
    memory.held = Slot(holders=(job.job_id,))
    memory.troubles["save"] = RetryLater("OTSPartitionUnavailable", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        poll(memory.world(), memory[job])
    assert memory.held.holders == (job.job_id,)


def test_a_row_that_another_run_has_written_is_not_taken_for_one_that_cannot_be_written() -> None:
    memory, job = training("SUCCEEDED", of={"finetuned_output": "model"})
    memory.held = Slot(holders=(job.job_id,))
    memory.troubles["save"] = Conflict("another run was faster")
    with pytest.raises(Conflict):
        poll(memory.world(), memory[job])
    assert memory.held.holders == (job.job_id,)


@pytest.mark.parametrize(("fine_tune_id", "accepted_at"), [("ft-1", NOW), ("", 0)])
def test_a_released_slot_knows_when_a_submit_was_last_accepted(fine_tune_id: str, accepted_at: int) -> None:
    job = job_in(S.FAILED, submitted_at=NOW, fine_tune_id=fine_tune_id)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    release_unused(memory.world(), job.job_id)
    assert memory.held.accepted_at == accepted_at


def test_a_released_slot_knows_every_fine_tune_that_was_made_for_the_job() -> None:
    job = job_in(S.FAILED, fine_tune_id="ft-2", earlier_fine_tunes=("", "ft-1"))
    memory = Memory(job, slot=Slot(holders=(job.job_id,), ended_fine_tunes=("ft-0",)))
    release_unused(memory.world(), job.job_id)
    assert memory.held.ended_fine_tunes == ("ft-0", "ft-1", "ft-2")


def test_a_job_that_does_not_hold_the_slot_releases_nothing() -> None:
    job = job_in(S.FAILED)
    memory = Memory(job, slot=Slot(holders=("other-1",), kept=3))
    before = memory.slot()
    release_unused(memory.world(), job.job_id)
    assert memory.held == before


@pytest.mark.parametrize(
    ("state", "is_released"),
    [(S.QUEUED, False), (S.SUBMITTING, False), (S.TRAINING, False), (S.COLLECTING, True), (S.FAILED, True)],
)
def test_a_holder_is_looked_at_again_before_the_slot_is_taken_from_it(
    state: JobState, is_released: bool
) -> None:
    job = job_in(state, due_at=NOW)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    assert release_unused(memory.world(), job.job_id) is is_released
    assert memory.held.holders == (() if is_released else (job.job_id,))


def test_a_holder_that_takes_the_slot_again_while_it_is_looked_at_keeps_it() -> None:
    job = job_in(S.FAILED)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))

    def taken_again(_: Slot) -> None:
        memory.held = replace(memory.held, version=memory.held.version + 1)

    memory.before_save_slot = taken_again
    with pytest.raises(Conflict):
        release_unused(memory.world(), job.job_id)
    assert memory.held.holders == (job.job_id,)


def test_the_slot_of_a_job_without_a_row_is_taken_back() -> None:
    memory = Memory(slot=Slot(holders=("0" * 20 + "-1",)))
    assert release_unused(memory.world(), "0" * 20 + "-1")
    assert memory.held.holders == ()


def test_the_fine_tune_of_a_job_without_a_row_may_still_be_there() -> None:
    memory = Memory(slot=Slot(holders=("gone-1",), kept=3))
    release_unused(memory.world(), "gone-1")
    assert (memory.held.holders, memory.held.kept) == ((), 3)
