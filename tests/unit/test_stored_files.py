"""Which of the files in DashScope's file service somebody still needs, and what a job is given of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.consenting import set_aside
from shared.domain.control_rows import Document
from shared.domain.job import Job
from shared.domain.photo_access import ASKED_AGAIN_MS, ROW, LearntAccess, Way
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.stored_files import (
    MAY_BE_IN_USE_MS,
    FileName,
    StoredFile,
    is_needed,
    mark_of,
    name_for_check,
    name_for_training,
    parse_name,
)
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import NotFound, Permanent, RetryLater, Trouble
from shared.workflow.account import OWNERS, remember_owner
from shared.workflow.submitting import submit
from shared.workflow.training_files import TRIES_OF_A_FILE, TrainingFiles, forget_files, prepare_files
from tests.unit.memory import DOOR, Memory
from tests.unit.support import MINUTE_MS, NOW, job_in, photo, trouble

S = JobState
MARK = mark_of("photos")
UNCHECKED = Rules(face_check=False)
FULL = Permanent("BadRequest.TooMany", "Out of number", kind=Kind.API, api=Api.TRAINING)
TOO_LARGE = Permanent("BadRequest.TooLarge", "too large", kind=Kind.OBJECT, api=Api.TRAINING)


def own_snapshots(job: Job, *names: str) -> Job:
    """Give ``job`` photos whose snapshots are its own."""
    keys = {name: f"submissions/{job.job_id}/{name}" for name in names}
    photos = tuple(photo(name, snapshot=key) for name, key in keys.items())
    return replace(job, photo_set=replace(job.photo_set, photos=photos), files=tuple(keys.values()))


def queued(*names: str, **changes: Any) -> Job:
    return replace(own_snapshots(job_in(S.QUEUED), *(names or ("a.jpg",))), **changes)


def names_of(job: Job) -> list[str]:
    return [name_for_training(MARK, key) for key in job.files]


# -- the names ---------------------------------------------------------------------------------------


def test_a_name_tells_the_deployment_the_purpose_the_job_and_the_snapshot() -> None:
    job = queued()
    assert parse_name(MARK, names_of(job)[0]) == FileName("train", job.job_id, "a.jpg")
    assert parse_name(MARK, name_for_check(MARK, job.files[0])) == FileName("check", job.job_id, "a.jpg")


@pytest.mark.parametrize(
    "name", ["", "cat.jpg", f"{MARK}_train_x", f"{MARK}_train_x_y_z", f"{mark_of('other')}_train_x_y"]
)
def test_a_file_with_another_name_is_not_ours(name: str) -> None:
    assert parse_name(MARK, name) is None


def test_no_two_buckets_have_a_mark_in_common() -> None:
    assert mark_of("photos-2") != MARK
    assert len(MARK) == 13


# -- who needs a file --------------------------------------------------------------------------------

OLD = NOW - MAY_BE_IN_USE_MS


def need(
    job: Job | Unread | None, *, file: str = "f", snapshot: str = "a.jpg", is_full: bool = False
) -> bool:
    job_id = queued().job_id
    named = FileName("train", job_id, snapshot)
    return is_needed(StoredFile(file, "n", OLD), named, {job_id: job}, NOW, is_full=is_full)


@pytest.mark.parametrize(("created_at", "needed"), [(OLD + 1, True), (OLD, False), (None, False)])
@pytest.mark.parametrize("purpose", ["check", "train", "something new"])
def test_a_young_file_may_be_in_use_whatever_it_is_for(
    purpose: str, created_at: int | None, needed: bool
) -> None:
    named = FileName(purpose, queued().job_id, "a.jpg")
    assert is_needed(StoredFile("f", "n", created_at), named, {}, NOW) is needed


def test_an_old_file_of_a_check_is_needed_by_nobody_although_its_job_waits() -> None:
    job = queued()
    named = FileName("check", job.job_id, "a.jpg")
    assert not is_needed(StoredFile("f", "n", OLD), named, {job.job_id: job}, NOW)


def test_an_old_file_that_names_no_job_is_needed_by_nobody() -> None:
    assert not is_needed(StoredFile("f", "n", OLD), FileName("train", "probe", "a.jpg"), {}, NOW)


def test_a_file_of_a_job_without_a_row_is_not_needed_and_one_whose_row_cannot_be_read_is() -> None:
    assert not need(None)
    assert need(Unread(queued().job_id, "unreadable_row", "…"))


@pytest.mark.parametrize("state", [S.QUEUED, S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_job_needs_its_files_until_it_is_delivered(state: JobState) -> None:
    job = own_snapshots(job_in(state), "a.jpg")
    assert need(job)
    assert not need(replace(job, delivered=True))


@pytest.mark.parametrize("state", [S.COLLECTING, S.REJECTED])
def test_a_set_that_is_open_needs_no_files(state: JobState) -> None:
    assert not need(own_snapshots(job_in(state), "a.jpg"))


def test_a_job_needs_the_files_that_its_row_names_those_of_earlier_attempts_too_and_no_others() -> None:
    assert not need(queued(), snapshot="lost.jpg")
    assert need(queued(file_ids=("f",)), snapshot="lost.jpg")
    assert need(queued(earlier_files=("f",)), snapshot="lost.jpg")
    assert need(queued(earlier_files=("submissions/x/lost.jpg",)), snapshot="lost.jpg")


@pytest.mark.parametrize(
    ("state", "needed"), [(S.QUEUED, False), (S.SUBMITTING, True), (S.TRAINING, True), (S.FAILED, True)]
)
def test_in_a_full_store_a_job_that_waits_gives_its_files_up(state: JobState, needed: bool) -> None:
    assert need(own_snapshots(job_in(state), "a.jpg"), is_full=True) is needed


# -- what DashScope is given -------------------------------------------------------------------------


def prepared(memory: Memory, job: Job, way: Way | None, **changes: Any) -> tuple[Job, TrainingFiles]:
    world = memory.world(**changes, way=way)
    return prepare_files(world, memory[job], memory.slot())


def holding(*jobs: Job, slot: Slot | None = None) -> Memory:
    memory = Memory(*jobs, slot=slot)
    memory.reads_any = b"a snapshot"
    return memory


def test_by_url_each_snapshot_is_signed_and_nothing_is_stored() -> None:
    job = queued("a.jpg", "b.jpg")
    memory = holding(job)
    same, files = prepared(memory, job, Way.URL)
    assert (same, files.file_ids) == (memory[job], ())
    assert files.sendable == tuple(memory.signed_url(key) for key in job.files)
    assert memory.uploaded == {}


def test_by_file_each_snapshot_is_stored_under_its_name_in_its_order() -> None:
    job = queued("b.jpg", "a.jpg")
    memory = holding(job)
    _, files = prepared(memory, job, Way.FILE)
    assert files.file_ids == files.sendable == ("file-1", "file-2")
    assert list(memory.uploaded) == names_of(job)


def test_a_file_that_a_run_has_stored_before_it_died_is_found_by_its_name() -> None:
    job = queued("a.jpg", "b.jpg")
    memory = holding(job)
    memory.stored_files = [StoredFile("left", names_of(job)[1], NOW)]
    assert prepared(memory, job, Way.FILE)[1].file_ids == ("file-1", "left")


def test_of_a_file_that_was_stored_twice_the_one_that_was_sent_is_sent_again() -> None:
    job = queued(file_ids=("sent",), attempt=1)
    memory = holding(job)
    (name,) = names_of(job)
    memory.stored_files = [StoredFile(one, name, NOW) for one in ("newer", "sent", "older")]
    assert prepared(memory, job, Way.FILE)[1].file_ids == ("sent",)
    assert memory.uploaded == {}


def test_a_job_whose_way_has_become_the_url_goes_by_it_and_is_known_by_its_earlier_files_too() -> None:
    job = queued(file_ids=("sent",), attempt=1)
    memory = holding(job)
    submitted = submit(memory.world(way=Way.URL), memory[job], memory.slot())
    assert memory.created == [(memory.signed_url(job.files[0]),)]
    assert (submitted.file_ids, submitted.all_file_ids) == ((), ("sent",))
    forget_files(memory.world(way=Way.URL), submitted)
    assert memory.deleted_files == ["sent"]


def test_files_that_take_the_place_of_lost_ones_do_not_let_those_be_forgotten() -> None:
    job = queued("a.jpg", "b.jpg", file_ids=("gone", "there"), attempt=1)
    memory = holding(job)
    memory.stored_files = [StoredFile("there", names_of(job)[1], NOW)]
    submitted = submit(memory.world(way=Way.FILE), memory[job], memory.slot())
    assert submitted.file_ids == ("file-1", "there")
    assert submitted.earlier_files == ("gone",)
    assert memory.created == [submitted.file_ids]


@pytest.mark.parametrize("files", [{"file_ids": ("sent",)}, {"earlier_files": ("sent",)}])
def test_whose_a_model_is_that_was_made_from_stored_files_is_remembered(
    files: dict[str, Any],
) -> None:
    for job, remembered in ((job_in(S.SUCCEEDED, **files), True), (job_in(S.SUCCEEDED), False)):
        memory = holding(job)
        remember_owner(memory.world(), job)
        assert memory.etags(OWNERS, [job.fine_tune_id]) == (
            {job.fine_tune_id: job.job_id} if remembered else {}
        )


@pytest.mark.parametrize(
    ("rules", "open_url", "way"),
    [(Rules(), True, "url"), (Rules(), False, "file"), (UNCHECKED, True, "file")],
)
def test_where_nothing_is_known_a_check_of_our_own_picture_decides_unless_checks_are_off(
    rules: Rules, open_url: bool, way: str
) -> None:
    job = queued()
    memory = holding(job)
    if not open_url:
        memory.troubles["detect_faces"] = RetryLater("InternalError", "…", delay_seconds=1)
    files = prepared(memory, job, None, rules=rules)[1]
    assert bool(files.file_ids) is (way == "file")
    assert bool(memory.checked) is (rules.face_check and open_url)


def test_where_checks_are_off_the_daily_question_is_not_asked_either() -> None:
    job = queued()
    memory = holding(job)
    known = LearntAccess(Way.FILE, DOOR, NOW - ASKED_AGAIN_MS)
    memory.documents[ROW] = Document(value=known.as_value(), version=1)
    assert prepared(memory, job, None, rules=UNCHECKED)[1].file_ids == ("file-1",)
    assert memory.checked == []


# -- what is given up --------------------------------------------------------------------------------


class Refusing(Memory):
    """A file service that refuses the files whose names end so."""

    refused: Collection[str] = ("b.jpg",)
    refusal: Trouble = TOO_LARGE

    def upload_file(self, name: str, content: bytes, api: Api) -> str:
        assert api is Api.TRAINING
        if name.endswith(tuple(self.refused)):
            raise self.refusal
        return super().upload_file(name, content, api)


def refused_before(tries: int, *, kind: Kind = Kind.OBJECT, api: Api = Api.TRAINING) -> Job:
    return queued("a.jpg", "b.jpg", retry=trouble(kind, api, tries=tries))


def refusing(job: Job, *, accepted_at: int = NOW) -> Refusing:
    memory = Refusing(job, slot=Slot(accepted_at=accepted_at))
    memory.reads_any = b"a snapshot"
    return memory


def test_a_file_that_is_refused_again_while_others_are_accepted_is_left_out() -> None:
    job = refused_before(TRIES_OF_A_FILE)
    memory = refusing(job)
    after, files = prepared(memory, job, Way.FILE)
    assert (after.files, files.file_ids) == (job.files[:1], ("file-1",))
    given_up = after.photo_set.photo("b.jpg")
    assert given_up is not None
    assert (given_up.verdict, given_up.snapshot) == (Verdict.UNREADABLE, "")
    assert given_up.detail == "file_not_stored: BadRequest.TooLarge"
    assert memory[job] == after


def test_a_set_that_has_no_file_left_has_failed_and_is_not_sent() -> None:
    job = refused_before(TRIES_OF_A_FILE)
    memory = refusing(job)
    memory.refused = (".jpg",)
    after = submit(memory.world(way=Way.FILE), memory[job], memory.slot())
    assert after.state is S.FAILED
    assert after.reason is not None
    assert after.reason.code == "files_not_stored"
    assert memory.created == []


@pytest.mark.parametrize(
    ("job", "accepted_at"),
    [
        (queued("a.jpg", "b.jpg"), NOW),
        (refused_before(TRIES_OF_A_FILE - 1), NOW),
        (refused_before(TRIES_OF_A_FILE), NOW - MINUTE_MS),
        (refused_before(TRIES_OF_A_FILE), NOW + 1),
        (refused_before(9, api=Api.READING), NOW),
        (refused_before(9, kind=Kind.API), NOW),
    ],
    ids=["first", "too few", "nobody since", "clock ahead", "another trouble", "of all"],
)
def test_a_refused_file_is_not_given_up_without_enough_tries_beside_others(
    job: Job, accepted_at: int
) -> None:
    memory = refusing(job, accepted_at=accepted_at)
    with pytest.raises(Permanent):
        prepared(memory, job, Way.FILE)
    assert memory[job].files == job.files


def test_a_full_store_costs_no_photo_however_often_it_refuses() -> None:
    job = refused_before(9)
    memory = refusing(job)
    memory.refusal = FULL
    with pytest.raises(Permanent):
        prepared(memory, job, Way.FILE)
    assert memory[job].files == job.files


@pytest.mark.parametrize(("tries", "given_up"), [(3, True), (2, False)])
def test_a_snapshot_that_cannot_be_read_is_given_up_by_its_own_tries(tries: int, given_up: bool) -> None:
    job = queued(retry=trouble(Kind.OBJECT, Api.READING, tries=tries))
    memory = holding(job)
    memory.troubles["read"] = NotFound("NoSuchKey", "…", kind=Kind.OBJECT, api=Api.READING)
    if given_up:
        assert prepared(memory, job, Way.FILE)[0].state is S.FAILED
    else:
        with pytest.raises(NotFound):
            prepared(memory, job, Way.FILE)


# -- a run that is too short -------------------------------------------------------------------------


class Slow(Memory):
    """A file service that needs half a minute for each file."""

    def upload_file(self, name: str, content: bytes, api: Api) -> str:
        self.time += 30_000
        return super().upload_file(name, content, api)


def test_a_run_ends_before_it_is_killed_and_the_next_one_stores_the_files_that_are_left() -> None:
    job = queued("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")
    memory = Slow(job)
    memory.reads_any = b"a snapshot"
    world = memory.world(way=Way.FILE)
    with pytest.raises(RetryLater) as raised:
        submit(world, memory[job], memory.slot())
    assert raised.value.code == "no_time"
    assert memory.time < world.dead_at
    assert 0 < len(memory.uploaded) < 5
    assert (memory[job].attempt, memory[job].retry, memory.held.holders) == (0, None, ())
    submitted = submit(memory.world(way=Way.FILE), memory[job], memory.slot())
    assert (submitted.state, len(submitted.file_ids), len(memory.uploaded)) == (S.TRAINING, 5, 5)


def test_a_set_that_waits_for_consent_keeps_no_file_at_dashscope() -> None:
    job = queued(file_ids=("f",))
    named = FileName("train", job.job_id, "a.jpg")
    waits = set_aside(job, "consent_expired", NOW)
    for one, needed in ((job, True), (waits, False)):
        assert is_needed(StoredFile("f", "n", OLD), named, {job.job_id: one}, NOW) is needed
