"""Results outlive tables: the newest result of a person becomes the row that has been lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job, Reason
from shared.domain.photos import Stored, Verdict
from shared.domain.retention import scheduled
from shared.domain.retry_state import TRIES_OF_AN_OBJECT
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, Permanent, RetryLater, Trouble
from shared.views import job_as_json
from shared.workflow.recording import record_photo
from shared.workflow.restoring import restore
from tests.unit.memory import Memory
from tests.unit.support import NOW, RULES, collecting, job_in, photo, photo_set, trouble

S = JobState
DONE = job_in(
    S.SUCCEEDED,
    delivered=True,
    fine_tune_status="SUCCEEDED",
    finetuned_output="facechain-x",
    usage=1,
    submitted_at=NOW + 1,
    ended_at=NOW + 2,
)


def bucket_with(results: dict[str, bytes | str]) -> Memory:
    """A bucket that holds results of Li's, by their names, over empty tables."""
    memory = Memory()
    for name, text in results.items():
        key = f"results/li/{name}"
        memory.objects[key] = Stored(etag="R", size=len(text), modified_at=NOW)
        memory.contents[key] = text.encode() if isinstance(text, str) else text
    return memory


def restored(memory: Memory, **changes: Any) -> Job:
    job = restore(memory.world(), "li", **changes)
    assert job is not None
    assert job == memory[job]
    return job


def test_a_result_becomes_the_row_that_it_was_written_from() -> None:
    job = restored(bucket_with({"1.json": job_as_json(DONE)}))
    assert (job.state, job.revision, job.finetuned_output) == (S.SUCCEEDED, 1, "facechain-x")
    assert (job.fine_tune_id, job.usage, job.delivered) == (DONE.fine_tune_id, 1, True)
    assert job == scheduled(job, RULES), "what is kept for so many days is kept no longer than that"
    for name in ("opened_at", "closed_at", "submitted_at", "ended_at", "fine_tune_status"):
        assert getattr(job, name) == getattr(DONE, name)
    (kept,) = job.photo_set.photos
    assert kept == replace(DONE.photo_set.photos[0], snapshot="")


def test_the_photos_of_a_result_come_back_as_they_were_judged_without_their_snapshots() -> None:
    photos = (
        photo("a.zip", Verdict.UNPACKED, detail="1 taken out, 1 refused"),
        photo("a.zip/b.txt", Verdict.NOT_AN_IMAGE, detail="no picture", archive="a.zip"),
        photo("old.jpg", from_revision=1),
    )
    done = replace(DONE, revision=2, photo_set=replace(DONE.photo_set, photos=photos))
    job = restored(bucket_with({"2.json": job_as_json(done)}))
    assert job.photo_set.photos == tuple(replace(one, snapshot="") for one in photos)


def test_a_failure_keeps_its_reason() -> None:
    failed = replace(DONE, state=S.FAILED, reason=Reason("training_overdue", "too long"), finetuned_output="")
    assert restored(bucket_with({"1.json": job_as_json(failed)})).reason == failed.reason


def test_a_set_that_never_came_to_a_training_is_restored_without_one() -> None:
    refused = job_in(S.QUEUED).ended(S.FAILED, Reason("photos_lost", "gone"), NOW)
    job = restored(bucket_with({"1.json": job_as_json(refused)}))
    assert (job.state, job.reason, job.submitted_at) == (S.FAILED, refused.reason, 0)
    assert (job.fine_tune_id, job.fine_tune_status, job.finetuned_output, job.usage) == ("", "", "", 0)


def test_the_newest_result_counts_and_names_that_are_no_results_do_not() -> None:
    second = replace(DONE, revision=2, finetuned_output="newer")
    tenth = replace(DONE, revision=10, finetuned_output="newest")
    memory = bucket_with(
        {
            "1.json": job_as_json(DONE),
            "10.json": job_as_json(tenth),
            "2.json": job_as_json(second),
            "11.txt": "{}",
            "notes/12.json": "{}",
            "99999.json.bak": "{}",
        }
    )
    assert restored(memory).finetuned_output == "newest"


def test_a_person_without_results_has_nothing_to_restore() -> None:
    memory = bucket_with({})
    assert restore(memory.world(), "li") is None
    assert (memory.calls, memory.rows) == (["list results/li/"], {})


def test_a_person_whose_name_begins_alike_has_results_of_their_own() -> None:
    memory = bucket_with({"1.json": job_as_json(DONE)})
    assert restore(memory.world(), "l") is None


def test_of_an_object_in_the_place_of_a_result_no_more_is_read_than_a_result_has() -> None:
    memory = bucket_with({"1.json": b" " * 1_000_001})
    with pytest.raises(Permanent, match="object_too_large"):
        restore(memory.world(), "li")
    assert memory.rows == {}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"photos": [{}], "state": "SUCCEEDED"}',
        b'{"photos": [], "state": "DREAMING"}',
        b'{"photos": [], "state": "COLLECTING"}',
        b'{"photos": [], "state": "SUCCEEDED", "ended_at": 5}',
        b'{"photos": [], "state": "SUCCEEDED", "trainings_billed": Infinity}',
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_of_a_result_that_cannot_be_read_only_that_there_was_one_is_known(text: bytes) -> None:
    job = restored(bucket_with({"3.json": text}))
    assert (job.state, job.revision, job.delivered) == (S.FAILED, 3, True)
    assert job.reason is not None
    assert job.reason.code == "result_unreadable"


def test_the_row_is_higher_than_what_the_tables_hold_already() -> None:
    memory = bucket_with({"1.json": job_as_json(DONE)})
    memory.save(None, replace(collecting(), revision=4))
    assert restored(memory, above=4).revision == 5


def test_the_result_of_the_set_itself_is_no_earlier_one() -> None:
    memory = bucket_with({"1.json": job_as_json(DONE)})
    memory.save(None, DONE)
    with pytest.raises(Conflict):
        restore(memory.world(), "li", above=1)
    newest = memory.latest("li")
    assert newest is not None
    assert newest.revision == 1


def test_a_bucket_that_does_not_answer_is_asked_again_before_anything_is_decided() -> None:
    for operation in ("list_page", "read"):
        memory = bucket_with({"1.json": job_as_json(DONE)})
        memory.troubles[operation] = RetryLater("InternalError", "…", delay_seconds=1)
        with pytest.raises(RetryLater):
            restore(memory.world(), "li")
        assert memory.rows == {}


ARCHIVED = Permanent("InvalidObjectState", "it is archived", kind=Kind.OBJECT, api=Api.READING)
TOO_LONG = Permanent("object_too_large", "…", kind=Kind.OBJECT, api=Api.READING)
SILENT = RetryLater("InternalError", "…", delay_seconds=1, api=Api.READING)


@pytest.mark.parametrize(
    ("problem", "tries", "is_given_up"),
    [
        (ARCHIVED, 0, False),
        (ARCHIVED, TRIES_OF_AN_OBJECT - 1, False),
        (ARCHIVED, TRIES_OF_AN_OBJECT, True),
        (TOO_LONG, TRIES_OF_AN_OBJECT, True),
        # What passes is waited for: without an answer nothing may be paid for.
        (SILENT, 100, False),
    ],
)
def test_a_result_that_will_not_be_read_is_given_up_after_some_tries_and_the_photos_are_trained(
    problem: Trouble, tries: int, is_given_up: bool
) -> None:
    memory = bucket_with({"1.json": job_as_json(DONE), "2.json": job_as_json(replace(DONE, revision=2))})
    memory.troubles["read"] = problem
    before = trouble(problem.kind, Api.READING, tries=tries) if tries else None
    if not is_given_up:
        with pytest.raises(type(problem)):
            restore(memory.world(), "li", before=before)
        assert memory.rows == {}
        return
    job = restored(memory, before=before)
    assert job.reason is not None
    assert (job.state, job.reason.code) == (S.FAILED, "result_unreadable")
    news = record_photo(memory.world(), memory.upload("a.jpg", at=NOW - 1000), job)
    assert (news.outcome, news.job and news.job.revision) == (Verdict.USABLE.value, 3)


def test_a_set_that_another_run_has_opened_meanwhile_is_not_written_over() -> None:
    memory = bucket_with({"1.json": job_as_json(DONE)})
    other = collecting(photo())
    memory.rows[other.job_id] = replace(other, version=1)
    with pytest.raises(Conflict):
        restore(memory.world(), "li")


def test_a_photo_that_was_trained_before_the_tables_were_lost_pays_for_nothing_again() -> None:
    memory = bucket_with({"1.json": job_as_json(DONE)})
    upload = memory.upload("a.jpg", at=NOW - 1000)
    recorded = record_photo(memory.world(), upload, None)
    assert (recorded.outcome, memory.created, len(memory.rows)) == ("known", [], 1)
    news = record_photo(memory.world(), memory.upload("b.jpg"), recorded.job)
    assert news.job is not None
    assert (news.outcome, news.job.revision) == (Verdict.USABLE.value, 2)


def test_the_photos_of_earlier_results_stay_known_although_the_newest_does_not_show_them() -> None:
    first = replace(DONE, photo_set=photo_set(photo("first.jpg"), photo("changed.jpg", etag="E-old")))
    second = replace(DONE, revision=2, photo_set=photo_set(photo("second.jpg"), photo("changed.jpg")))
    third = replace(DONE, revision=3, photo_set=photo_set(photo("third.jpg")))
    memory = bucket_with({f"{job.revision}.json": job_as_json(job) for job in (first, second, third)})
    job = restored(memory)
    assert job.photo_set.dropped == ()
    assert {name: seen for (_, name), seen in memory.seen.items() if name.isprintable()} == {
        name: f"E-{name}" for name in ("first.jpg", "changed.jpg", "second.jpg")
    }
    uploads = [memory.upload(name, at=NOW - 1000) for name in ("first.jpg", "second.jpg", "third.jpg")]
    assert {record_photo(memory.world(), upload, job).outcome for upload in uploads} == {"known"}


def test_a_result_that_was_listed_and_is_gone_decides_nothing() -> None:
    memory = bucket_with({"1.json": job_as_json(DONE)})
    memory.contents.clear()
    with pytest.raises(RetryLater, match="result_gone"):
        restore(memory.world(), "li")
    assert memory.rows == {}


@pytest.mark.parametrize("tells_checksum", [True, False], ids=["of this version", "of an earlier version"])
def test_a_result_tells_the_checksums_so_that_a_copy_sent_in_parts_opens_nothing(
    tells_checksum: bool,
) -> None:
    done = replace(DONE, photo_set=photo_set(photo("a.jpg", crc64="7")))
    text = job_as_json(done)
    memory = bucket_with({"1.json": text if tells_checksum else text.replace('"crc64"', '"unknown"')})
    job = restored(memory)
    upload = memory.upload("copy.jpg", etag="E-of-parts", crc64="7")
    outcome = record_photo(memory.world(), upload, job).outcome
    assert outcome == ("duplicate" if tells_checksum else "usable")
