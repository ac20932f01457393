"""What a job that has not ended waits for, and about when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.completion import MARKER_RESTS_MS, MARKER_WAITS_MS
from shared.domain.job import Job, Reason
from shared.domain.job_record import REOPENS_FOR_MS
from shared.domain.markers import NOTHING, Announced
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import Words
from shared.domain.rules import Rules
from shared.domain.slot import LONGEST_HALT_MS, Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.http_api.waiting_words import SENTENCES
from tests.unit.http_api.support import Api, at, document
from tests.unit.support import MINUTE_MS, NOW, collecting, job_in, photo, trouble

S = JobState
LOW, HIGH = 200_000, 400_000
RULES = Rules()


def waiting(
    job: Job, *, rules: Rules = RULES, now: int = NOW, ahead: int = 0, language: str = "en", **slot: Any
) -> dict[str, Any]:
    """``waiting_for`` of the job's own document, which is also that of the person."""
    api = Api(job)
    api.rules, api.now, api.jobs.ahead = rules, now, ahead
    api.held = Slot(**{"durations_ms": (LOW, HIGH), **slot})
    headers = {"Accept-Language": language}
    person = document(api.call("/people/li", headers=headers))
    own = document(api.call(f"/jobs/{job.job_id}", headers=headers))
    assert own == person["current"]
    assert own["waiting_for"] == person["waiting_for"]
    assert own["blocked_by"] is person["blocked_by"] is None
    found: dict[str, Any] = own["waiting_for"]
    return found


def code_and_time(found: dict[str, Any]) -> tuple[str, str | None]:
    return found["code"], found["at"]


@pytest.mark.parametrize("state", [S.REJECTED, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_job_to_which_nothing_happens_by_itself_waits_for_nothing(state: JobState) -> None:
    job = job_in(state, delivered=state is not S.REJECTED)
    api = Api(job)
    for path in (f"/jobs/{job.job_id}", "/people/li"):
        shown = document(api.call(path))
        assert (shown["waiting_for"], shown["blocked_by"]) == (None, None)


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_job_whose_outcome_is_not_written_out_yet_waits_for_that(state: JobState) -> None:
    assert code_and_time(waiting(job_in(state))) == ("result", None)
    assert code_and_time(waiting(job_in(state, result_at=NOW))) == ("cleanup", None)


# -- a set that collects --------------------------------------------------------------------------


def test_a_set_closes_when_no_photo_has_come_for_the_quiet_time() -> None:
    found = waiting(collecting(photo()))
    assert found == {
        "code": "quiet_time",
        "message": "The set closes by itself unless another photo arrives; "
        "the marker _READY closes it at once.",
        "at": at(NOW + RULES.quiet_ms),
    }


def test_a_set_without_a_usable_photo_closes_likewise() -> None:
    found = waiting(collecting(photo(verdict=Verdict.NO_FACE)))
    assert code_and_time(found) == ("quiet_time", at(NOW + RULES.quiet_ms))


@pytest.mark.parametrize("passed", [RULES.quiet_ms, RULES.quiet_ms + 1, 10 * RULES.quiet_ms])
def test_a_set_whose_time_has_come_is_closed_by_the_next_run_and_names_no_time(passed: int) -> None:
    assert code_and_time(waiting(collecting(photo()), now=NOW + passed)) == ("closing", None)


def test_a_set_that_has_its_number_of_photos_or_its_marker_settles_and_is_closed_by_the_next_run() -> None:
    rules = Rules(close_at=2)
    full = collecting(photo("a"), photo("b"), rules=rules)
    settled_at = NOW - 1000 + rules.settle_ms
    assert code_and_time(waiting(full, rules=rules)) == ("settling", at(settled_at))
    assert code_and_time(waiting(full, rules=rules, now=settled_at)) == ("closing", None)
    marked = with_marker(collecting(photo()))
    assert code_and_time(waiting(marked)) == ("settling", at(NOW + MARKER_RESTS_MS))
    assert code_and_time(waiting(marked, now=NOW + MARKER_RESTS_MS)) == ("closing", None)


def test_a_set_whose_marker_names_photos_says_which_have_not_arrived() -> None:
    named = with_marker(collecting(photo("1.jpg")), Announced(names=("1.jpg", "2.jpg")))
    shown = waiting(named)
    assert code_and_time(shown) == ("announced_photos", at(NOW + MARKER_WAITS_MS))
    assert shown["message"].startswith(
        "The marker speaks for 2 photos, and 1 of them have not arrived: 2.jpg;"
    )
    many = with_marker(collecting(photo("1.jpg")), Announced(names=tuple(f"{n}.jpg" for n in range(2, 9))))
    assert "2.jpg, 3.jpg, 4.jpg, 5.jpg, 6.jpg, …" in waiting(many)["message"]
    counted = with_marker(collecting(photo("1.jpg")), Announced(photos=5))
    assert "speaks for 5 photos, and 4 of them have not arrived;" in waiting(counted)["message"]


def with_marker(job: Job, announced: Announced = NOTHING) -> Job:
    return job.with_photo_set(job.photo_set.with_marker(NOW, NOW, announced), RULES, NOW)


def test_a_set_with_too_few_photos_says_how_many_it_needs_and_how_to_close_it_as_it_is() -> None:
    rules = Rules(min_photos=5, ready_marker="_DONE")
    found = waiting(collecting(photo("a"), photo("b"), rules=rules), rules=rules)
    assert code_and_time(found) == ("more_photos", None)
    assert "2 of the 5 usable photos" in found["message"]
    assert "marker _DONE" in found["message"]


@pytest.mark.parametrize("photos", [[], [photo(from_revision=1)]])
def test_a_set_without_a_new_photo_waits_for_one(photos: list[Photo]) -> None:
    job = replace(collecting(), photo_set=PhotoSet(photos=tuple(photos)))
    assert code_and_time(waiting(job)) == ("photos", None)


def test_a_set_with_an_unprepared_photo_waits_for_its_preparation() -> None:
    job = collecting(photo("a"), photo("b", Verdict.UNCHECKED), photo("c", Verdict.UNPREPARED))
    assert code_and_time(waiting(job)) == ("preparation", None)


def test_a_set_that_photos_have_joined_while_it_was_queued_closes_again_by_its_deadline() -> None:
    queued = job_in(S.QUEUED)
    joined_at = NOW + 9 * MINUTE_MS
    reopened = queued.with_photo(photo("b"), RULES, joined_at)
    found = waiting(reopened, now=joined_at)
    assert code_and_time(found) == ("closing_again", at(NOW + REOPENS_FOR_MS))
    assert "keeps its place" in found["message"]
    soon = queued.with_photo(photo("b"), RULES, NOW)
    assert code_and_time(waiting(soon)) == ("closing_again", at(NOW + RULES.quiet_ms))
    assert code_and_time(waiting(reopened, now=NOW + REOPENS_FOR_MS)) == ("closing", None)


def test_a_set_with_too_few_photos_that_was_closed_before_closes_again_as_it_is() -> None:
    rules = Rules(min_photos=5)
    reopened = job_in(S.QUEUED).with_photo(photo("b"), rules, NOW)
    assert code_and_time(waiting(reopened, rules=rules)) == ("closing_again", at(NOW + REOPENS_FOR_MS))


def test_a_set_with_an_unchecked_photo_waits_for_the_face_check() -> None:
    job = collecting(photo("a"), photo("b", Verdict.UNCHECKED))
    assert code_and_time(waiting(job)) == ("face_check", None)
    assert code_and_time(waiting(job, now=NOW + 10 * RULES.quiet_ms)) == ("face_check", None)


def test_a_set_with_a_zip_waits_for_its_photos() -> None:
    job = collecting(photo("a"), photo("all.zip", Verdict.UNPACKING))
    found = waiting(job)
    assert found["code"] == "unpacking"
    assert found["at"] == at(job.photo_set.next_look_at(RULES))
    assert waiting(job, now=NOW + 10 * MINUTE_MS)["at"] is None


@pytest.mark.parametrize(("kind", "moment"), [(Kind.PASSING, at(NOW + MINUTE_MS)), (Kind.ACCOUNT, None)])
def test_a_zip_in_trouble_waits_for_its_pause_and_one_that_waits_for_an_api_for_the_next_run(
    kind: Kind, moment: str | None
) -> None:
    retry = trouble(kind, Service.READING, next_try_at=NOW + MINUTE_MS)
    job = collecting(photo("a"), photo("all.zip", Verdict.UNPACKING, retry=retry))
    assert code_and_time(waiting(job)) == ("retry", moment)


# -- a job that is queued, submitted or trained -----------------------------------------------------


def test_a_queued_job_whose_turn_it_is_is_submitted_by_the_next_run() -> None:
    assert code_and_time(waiting(job_in(S.QUEUED))) == ("submit", None)


@pytest.mark.parametrize(("ahead", "holders", "rounds"), [(0, 1, 1), (1, 0, 1), (2, 1, 3)])
def test_a_queued_job_behind_others_waits_for_a_place(ahead: int, holders: int, rounds: int) -> None:
    names = tuple(f"h{number}-1" for number in range(holders))
    found = waiting(job_in(S.QUEUED), ahead=ahead, holders=names)
    assert code_and_time(found) == ("slot", at(NOW - (-rounds * HIGH // MINUTE_MS) * MINUTE_MS))


def test_a_queued_job_in_a_closed_queue_waits_until_it_opens() -> None:
    trouble = Reason("Throttling", "…")
    found = waiting(job_in(S.QUEUED), ahead=3, halted_until=NOW + 90_001, trouble=trouble)
    assert code_and_time(found) == ("queue_halted", at(NOW + 90_001))
    opened = waiting(job_in(S.QUEUED), halted_until=NOW, trouble=trouble)
    assert code_and_time(opened) == ("submit", None)


def test_a_halt_that_no_right_clock_has_written_holds_nobody_up() -> None:
    trouble = Reason("Arrearage", "…")
    found = waiting(
        job_in(S.QUEUED), halted_until=NOW + LONGEST_HALT_MS + CLOCKS_DIFFER_MS + 1, trouble=trouble
    )
    assert code_and_time(found) == ("submit", None)


def test_a_submit_is_settled_when_its_sender_is_dead_and_the_list_has_had_its_time() -> None:
    job = job_in(S.SUBMITTING, attempt_expires_at=NOW + 30_000)
    settled_at = NOW + 30_000 + RULES.listing_delay_ms
    assert code_and_time(waiting(job)) == ("submit_outcome", at(settled_at))
    assert code_and_time(waiting(job, now=settled_at + 1)) == ("submit_outcome", None)


def test_a_training_ends_when_this_accounts_trainings_do() -> None:
    job = job_in(S.TRAINING)
    assert code_and_time(waiting(job)) == ("training_end", at(NOW + 7 * MINUTE_MS))
    assert code_and_time(waiting(job, now=NOW + 7 * MINUTE_MS + 1)) == ("training_end", None)


def test_a_training_that_dashscope_keeps_in_its_queue_says_so_until_it_runs() -> None:
    job = job_in(S.TRAINING, fine_tune_status="QUEUING")
    assert code_and_time(waiting(job)) == ("dashscope_queue", None)
    running = job_in(S.TRAINING, fine_tune_status="QUEUING", running_since=NOW)
    assert waiting(running)["code"] == "training_end"


# -- the sentences --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [sentence.words for sentence in SENTENCES.values()])
def test_every_sentence_is_a_plain_one_in_both_languages(words: Words) -> None:
    assert words.english.isascii()
    assert words.english.endswith(".")
    assert words.chinese.endswith("。")
    assert set(words.chinese) & set(",;:?!()") == set()


def test_the_message_is_in_the_language_that_is_asked_for() -> None:
    found = waiting(collecting(photo()), language="zh-CN")
    assert found["message"] == "若不再有新照片，照片集将自动关闭；上传标记文件 _READY 可立即关闭。"


def test_no_document_of_jobs_and_no_history_shows_it() -> None:
    api = Api(collecting(photo()))
    assert "waiting_for" not in document(api.call("/jobs"))["jobs"][0]
    assert "waiting_for" not in document(api.call("/people/li"))["revisions"][0]
