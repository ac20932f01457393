"""The snapshots of a queued job are there before a POST names them, or the job says what is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.breakers import Breaker
from shared.domain.job import Job
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Verdict
from shared.domain.retry_state import TRIES_BESIDE_OTHERS
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, NotFound, Permanent, RequestTrouble, RetryLater, Trouble
from shared.workflow.snapshots import FRESH_MS, with_snapshots
from tests.unit.memory import CLEAN_JPEG, Memory
from tests.unit.support import NOW, collecting, photo, trouble

S = JobState
PASSING = RetryLater("InternalError", "…", delay_seconds=1, api=Api.READING)
ARCHIVED = Permanent("InvalidObjectState", "it is archived", api=Api.READING)
FORBIDDEN = RequestTrouble("AccessDenied", "…", delay_seconds=1, kind=Kind.UNKNOWN, api=Api.READING)
IN_DEBT = AccountTrouble("InDebt", "…", delay_seconds=1, kind=Kind.ACCOUNT, api=Api.READING)

LATER = NOW + FRESH_MS
WITH_METADATA = CLEAN_JPEG[:2] + b"\xff\xe1\x00\x0aExif\x00\x00GP" + CLEAN_JPEG[2:]


def queued(*, attempt: int = 0) -> tuple[Memory, Job]:
    job = collecting(photo("a.jpg"), photo("b.jpg")).closed(ClosedBy.QUIET, NOW)
    memory = Memory(job := replace(job, attempt=attempt, file_ids=("file-1",)))
    memory.time = LATER
    return memory, job


def test_snapshots_that_are_there_cost_no_write() -> None:
    memory, job = queued()
    assert with_snapshots(memory.world(), memory[job]) == replace(job, version=1)
    assert memory.prepared == []


def test_only_a_snapshot_that_was_not_made_minutes_ago_is_looked_at() -> None:
    for from_revision, time, is_made_again in ((0, LATER - 1, False), (0, LATER, True), (1, LATER - 1, True)):
        memory, job = queued()
        carried = replace(photo("a.jpg"), from_revision=from_revision)
        photo_set = replace(job.photo_set, photos=(carried, photo("b.jpg")))
        memory.rows[job.job_id] = replace(memory[job], photo_set=photo_set)
        memory.lost.add(job.files[0])
        memory.time = time
        with_snapshots(memory.world(), memory[job])
        assert bool(memory.prepared) is is_made_again


def test_a_snapshot_that_was_sent_in_vain_is_looked_at_however_new_it_is() -> None:
    memory, job = queued(attempt=1)
    memory.lost.add(job.files[0])
    memory.time = NOW
    with_snapshots(memory.world(), memory[job])
    assert memory.prepared == ["people/li/a.jpg"]


@pytest.mark.parametrize("problem", [None, ARCHIVED], ids=["gone", "archived"])
def test_a_lost_snapshot_is_made_again_from_the_same_picture(problem: Trouble | None) -> None:
    memory, job = queued()
    memory.lost.add(job.files[0])
    if problem is not None:
        memory.troubles[f"read_range {job.files[0]}"] = problem
    after = with_snapshots(memory.world(), memory[job])
    assert memory.prepared == ["people/li/a.jpg"]
    assert after.files == (f"submissions/{job.job_id}/token0.jpg", job.files[1])
    assert after == memory[job]
    assert after.file_ids == (), "a stored file is of the lost snapshot"
    assert after.photo_set.usable[0].snapshot == after.files[0]


def test_a_snapshot_that_is_made_again_is_cleaned_of_metadata_as_the_first_one_was() -> None:
    memory, job = queued()
    memory.lost.add(job.files[0])
    memory.snapshot_begins_with = memory.reads_any = WITH_METADATA
    after = with_snapshots(memory.world(), memory[job])
    assert memory.contents == {after.files[0]: CLEAN_JPEG}
    (deleted,) = memory.deleted
    assert deleted not in after.files


def test_a_photo_of_which_oss_makes_no_whole_jpeg_again_is_lost() -> None:
    memory, job = queued()
    memory.lost.add(job.files[0])
    memory.snapshot_begins_with, memory.reads_any = WITH_METADATA, b"<html>"
    after = with_snapshots(memory.world(), memory[job])
    lost = after.photo_set.photo("a.jpg")
    assert lost is not None
    assert (lost.verdict, lost.snapshot) == (Verdict.UNREADABLE, "")
    assert after.files == job.files[1:]


def test_a_lost_snapshot_is_not_made_again_from_a_picture_that_has_replaced_the_recorded_one() -> None:
    memory, job = queued()
    memory.lost.add(job.files[0])
    upload = memory.upload("a.jpg", at=NOW + 1)
    memory.objects[upload.key] = replace(memory.objects[upload.key], etag="another")
    after = with_snapshots(memory.world(), memory[job])
    (gone,) = [one for one in after.photo_set.photos if one.name == "a.jpg"]
    assert (gone.verdict, gone.detail) == (Verdict.UNREADABLE, "snapshot_lost: replaced")
    assert (after.files, memory.prepared) == (job.files[1:], [])


def test_the_files_of_an_attempt_stay_known_as_the_jobs_own() -> None:
    for attempt, earlier in ((0, ()), (1, ("submissions/x/a.jpg", "file-1"))):
        memory, job = queued(attempt=attempt)
        memory.lost.add(job.files[0])
        assert with_snapshots(memory.world(), memory[job]).earlier_files == earlier


def test_a_photo_whose_upload_is_gone_too_is_left_out_and_says_so() -> None:
    memory, job = queued()
    memory.lost |= {job.files[0], "people/li/a.jpg"}
    after = with_snapshots(memory.world(), memory[job])
    assert (after.state, after.files) == (S.QUEUED, (job.files[1],))
    lost = after.photo_set.photo("a.jpg")
    assert lost is not None
    assert (lost.verdict, lost.detail, lost.snapshot) == (
        Verdict.UNREADABLE,
        "snapshot_lost: NoSuchKey",
        "",
    )


def test_a_job_none_of_whose_photos_is_left_ends_with_the_reason() -> None:
    memory, job = queued()
    memory.troubles["prepare"] = NotFound("NoSuchKey", "…", kind=Kind.GONE)
    memory.lost = set(job.files)
    after = with_snapshots(memory.world(), memory[job])
    assert after.state is S.FAILED
    assert after.reason is not None
    assert after.reason.code == "photos_lost"


@pytest.mark.parametrize(
    ("tries", "passed_at", "is_lost"),
    [
        (0, NOW, False),
        (TRIES_BESIDE_OTHERS - 1, NOW, False),
        (TRIES_BESIDE_OTHERS, NOW, True),
        # Nobody has been served since: it may be everybody's trouble.
        (TRIES_BESIDE_OTHERS, 0, False),
    ],
)
@pytest.mark.parametrize("operation", ["read_range", "prepare"])
def test_a_trouble_that_no_document_knows_is_a_loss_only_by_evidence(
    tries: int, passed_at: int, is_lost: bool, operation: str
) -> None:
    memory, job = queued()
    held = trouble(Kind.UNKNOWN, Api.READING, tries=tries) if tries else None
    memory.rows[job.job_id] = job = replace(memory[job], retry=held)
    memory.lost = {job.files[0]} if operation == "prepare" else set()
    about = job.files[0] if operation == "read_range" else "people/li/a.jpg"
    memory.troubles[f"{operation} {about}"] = FORBIDDEN
    world = memory.world()
    world.health.begin(replace(memory.well_being, breakers={Api.READING: Breaker(passed_at=passed_at)}))
    if not is_lost:
        with pytest.raises(RequestTrouble, match="AccessDenied"):
            with_snapshots(world, job)
        return
    after = with_snapshots(world, job)
    assert job.files[0] not in after.files
    assert len(after.files) == (2 if operation == "read_range" else 1)


@pytest.mark.parametrize("problem", [PASSING, IN_DEBT], ids=["passing", "account"])
@pytest.mark.parametrize("operation", ["read_range", "prepare"])
def test_a_bucket_that_does_not_answer_loses_no_photo(problem: Trouble, operation: str) -> None:
    memory, job = queued()
    memory.troubles[operation] = problem
    memory.lost = {job.files[0]} if operation == "prepare" else set()
    with pytest.raises(RetryLater, match=problem.code):
        with_snapshots(memory.world(), memory[job])
    assert memory[job] == replace(job, version=1)
