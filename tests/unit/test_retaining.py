"""What a run removes of a job whose time has come, what it leaves, and how it puts off what it cannot do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.money import DAY_MS
from shared.domain.object_keys import snapshot_folder
from shared.domain.photo_set import NEVER
from shared.domain.photos import Photo
from shared.domain.requests import ERASE
from shared.domain.retention import scheduled
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import NotFound, Permanent, RetryLater
from shared.workflow import retaining
from shared.workflow.retaining import (
    ASKED_AGAIN_MS,
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    REFUSED_AGAIN_MS,
    WAITS_MS,
    retain,
)
from tests.unit.memory import Memory
from tests.unit.support import NOW, job_in, photo

S = JobState
RULES = Rules(keep_snapshots_ms=DAY_MS, keep_photos_ms=DAY_MS, keep_models_ms=DAY_MS)
SNAPSHOTS = Rules(keep_snapshots_ms=DAY_MS)
PHOTOS = Rules(keep_snapshots_ms=0, keep_photos_ms=DAY_MS)
MODELS = Rules(keep_snapshots_ms=0, keep_models_ms=DAY_MS)
RECORDS = Rules(keep_snapshots_ms=0, keep_records_ms=DAY_MS)
DUE = NOW + DAY_MS


def done(*photos: Photo, rules: Rules = RULES, state: JobState = S.SUCCEEDED, **fields: Any) -> Job:
    """A delivered job, which has closed and ended now."""
    known = {"ended_at": NOW, "closed_at": NOW, "fine_tune_id": "ft-1", "delivered": True}
    job = job_in(state, **{**known, **fields})
    taken = photos or (photo(uploaded_at=NOW - 30_000),)
    return scheduled(replace(job, photo_set=replace(job.photo_set, photos=taken)), rules)


def retained(memory: Memory, job: Job, rules: Rules = RULES, at: int = DUE, **changes: Any) -> Job:
    memory.time = at
    retain(memory.world(rules, **changes), [job.job_id])
    return memory.rows[job.job_id]


# -- the bucket ------------------------------------------------------------------------------------------


def test_what_lies_in_the_folder_goes_if_it_is_the_sets_and_stays_if_it_is_anybody_elses() -> None:
    job = done(photo(uploaded_at=NOW - 30_000), photo("gone.jpg"), rules=PHOTOS, revision=2)
    job = replace(job, photo_set=replace(job.photo_set, has_history=True))
    memory = Memory(job)
    for name, at in {
        "a.jpg": NOW - 30_000,
        "remembered.jpg": NOW - 20_000,
        "remembered late.jpg": NOW - 9_000,
        "never recorded.jpg": NOW - 20_000,
        ".hidden": NOW - 20_000,
    }.items():
        memory.upload(name, at=at)
    memory.mark(at=NOW - 20_000)
    memory.seen = {(job.person_key, name): "E" for name in ("remembered.jpg", "remembered late.jpg")}
    after = retained(memory, job, PHOTOS)
    assert sorted(memory.deleted) == ["people/li/_READY", "people/li/a.jpg", "people/li/remembered.jpg"]
    assert (after.photos_removed_at, after.snapshots_removed_at, after.due_at) == (DUE, 0, NEVER)


def test_the_folders_of_other_spellings_are_looked_through_as_well() -> None:
    one = photo("/Zoe\u0308/a.jpg", uploaded_at=NOW - 30_000)
    job = done(one, rules=PHOTOS, person_id="Zo\u00eb")
    memory = Memory(job)
    upload = memory.upload(one.name, person_id="Zo\u00eb", at=NOW - 30_000)
    retained(memory, job, PHOTOS)
    assert memory.deleted == [upload.key]


def test_only_the_snapshots_of_the_job_go() -> None:
    job = done(rules=SNAPSHOTS)
    memory = Memory(job)
    own = f"{snapshot_folder(job.job_id)}1.jpg"
    for key in (own, f"{snapshot_folder(job.job_id + '1')}1.jpg"):
        memory.upload("a.jpg")
        memory.objects[key] = memory.objects["people/li/a.jpg"]
    after = retained(memory, job, SNAPSHOTS)
    assert memory.deleted == [own]
    assert (after.snapshots_removed_at, after.photos_removed_at, after.due_at) == (DUE, 0, NEVER)


def test_a_run_without_time_leaves_the_rest_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    job = done(*(photo(f"{number}.jpg", uploaded_at=NOW - 30_000) for number in range(5)), rules=PHOTOS)
    memory = Memory(job)
    for number in range(5):
        memory.upload(f"{number}.jpg", at=NOW - 30_000)
    delete = memory.delete

    def slow(key: str) -> None:
        delete(key)
        del memory.objects[key]
        memory.time += 16_000

    monkeypatch.setattr(memory, "delete", slow)
    after = retained(memory, job, PHOTOS)
    assert 0 < len(memory.deleted) < 5
    assert (after.photos_removed_at, after.due_at) == (0, DUE)
    for _ in range(5):
        after = retained(memory, job, PHOTOS, at=memory.time)
    assert len(memory.deleted) == 5
    assert after.photos_removed_at


def test_what_was_replaced_since_it_was_listed_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    job = done(rules=PHOTOS)
    memory = Memory(job)
    upload = memory.upload("a.jpg", at=NOW - 30_000)
    listed = memory.list_page

    def list_page(prefix: str, after: str, count: int) -> Any:
        page = listed(prefix, after, count)
        memory.upload("a.jpg", at=DUE - 1, etag="E-new")
        return page

    monkeypatch.setattr(memory, "list_page", list_page)
    retained(memory, job, PHOTOS)
    assert upload.key not in memory.deleted


# -- whom nothing is taken from --------------------------------------------------------------------------


@pytest.mark.parametrize("later", [job_in(S.COLLECTING), job_in(S.TRAINING), job_in(S.SUCCEEDED)])
def test_nothing_goes_while_a_later_set_is_open_or_under_way(later: Job) -> None:
    job = done()
    memory = Memory(job, replace(later, revision=2), job_in(S.REJECTED, revision=3))
    memory.upload("a.jpg", at=NOW - 30_000)
    after = retained(memory, job)
    assert memory.deleted == []
    assert after == replace(job, due_at=DUE + WAITS_MS, version=2)


def test_nothing_goes_of_whoever_is_being_erased() -> None:
    going = replace(done(), erasing_since=NOW)
    memory = Memory(going)
    assert retained(memory, going).version == 1
    job = done()
    memory = Memory(job, done(revision=2, erasing_since=NOW))
    memory.upload("a.jpg", at=NOW - 30_000)
    assert retained(memory, job).due_at == DUE + WAITS_MS
    assert memory.deleted == []


def test_a_job_that_the_index_names_too_early_is_left_alone() -> None:
    job = done()
    memory = Memory(job)
    assert retained(memory, job, at=DUE - 1) == replace(job, version=1)


def test_a_row_that_cannot_be_read_and_one_that_kills_runs_hold_up_nobody() -> None:
    jobs = [done(rules=SNAPSHOTS, person_id=name) for name in ("a", "b", "c")]
    memory = Memory(*jobs)
    memory.unread[jobs[0].job_id] = Unread(jobs[0].job_id, "unreadable_row", "newer code has written it")
    memory.time = DUE
    world = memory.world(SNAPSHOTS)
    deaths = {f"{jobs[1].job_id} Retain": 3}
    world.health.begin(replace(memory.well_being, beat_at=DUE, deaths=deaths, died_at=DUE))
    retain(world, [job.job_id for job in jobs])
    assert [memory[job].snapshots_removed_at for job in jobs] == [0, 0, DUE]


# -- the model and the records -----------------------------------------------------------------------------


def test_a_model_goes_and_the_account_keeps_one_fewer() -> None:
    job = done(rules=MODELS)
    memory = Memory(job)
    memory.held = replace(memory.held, kept=4)
    after = retained(memory, job, MODELS)
    assert (memory.deleted, memory.held.kept) == (["ft-1"], 3)
    assert (after.model_released_at, after.due_at) == (DUE, NEVER)


def test_a_model_that_is_gone_already_is_noted_as_gone() -> None:
    job = done(rules=MODELS)
    memory = Memory(job)
    memory.troubles["delete_fine_tune"] = NotFound("NotFound", "gone")
    assert retained(memory, job, MODELS).model_released_at == DUE


def test_what_dashscope_refuses_is_tried_again_in_a_week_and_what_passes_within_a_day() -> None:
    job = done(rules=MODELS)
    memory = Memory(job)
    memory.troubles["delete_fine_tune"] = Permanent("Conflict", "no", api=Api.TRAINING)
    refused = retained(memory, job, MODELS)
    assert refused.retry is not None
    assert (refused.retry.cause.code, refused.due_at) == ("model_not_removed", DUE + REFUSED_AGAIN_MS)
    memory.troubles["delete_fine_tune"] = RetryLater("Busy", "later", delay_seconds=1, api=Api.TRAINING)
    pauses = []
    for _ in range(8):
        at = memory.rows[job.job_id].due_at
        pauses.append(retained(memory, job, MODELS, at=at).due_at - at)
    assert pauses == sorted(pauses)
    assert FIRST_PAUSE_MS < pauses[0] < pauses[-1] == LONGEST_PAUSE_MS
    memory.troubles.clear()
    assert retained(memory, job, MODELS, at=memory.rows[job.job_id].due_at).retry is None


def test_the_next_part_goes_at_its_time_though_one_before_it_is_refused() -> None:
    rules = replace(MODELS, keep_photos_ms=3 * DAY_MS)
    job = done(rules=rules)
    memory = Memory(job)
    memory.upload("a.jpg", at=NOW - 30_000)
    memory.troubles["delete_fine_tune"] = Permanent("Conflict", "no", api=Api.TRAINING)
    assert retained(memory, job, rules).due_at == NOW + 3 * DAY_MS
    after = retained(memory, job, rules, at=NOW + 3 * DAY_MS)
    assert after.photos_removed_at
    assert after.retry is not None


@pytest.mark.parametrize("kind", [Kind.OBJECT, Kind.ACCOUNT, Kind.PASSING])
def test_a_delete_that_is_refused_opens_no_breaker_and_the_rest_goes(kind: Kind) -> None:
    job = done()
    memory = Memory(job)
    memory.upload("a.jpg", at=NOW - 30_000)
    memory.troubles["delete people/li/a.jpg"] = Permanent("Denied", "no", kind=kind, api=Api.WRITING)
    after = retained(memory, job)
    assert after.retry is not None
    assert (after.retry.cause.code, after.photos_removed_at) == ("photos_not_removed", 0)
    assert (after.snapshots_removed_at, after.model_released_at) == (DUE, DUE)
    assert not memory.well_being.breakers


def test_a_bucket_that_is_not_listed_postpones_the_job_with_its_trouble() -> None:
    job = done(rules=SNAPSHOTS)
    memory = Memory(job)
    memory.troubles["list_page"] = RetryLater("Busy", "later", delay_seconds=1, api=Api.LISTING)
    after = retained(memory, job, SNAPSHOTS)
    assert after.retry is not None
    assert (after.retry.cause.code, after.due_at) == ("Busy", DUE + FIRST_PAUSE_MS)


def test_a_person_whose_time_has_come_is_asked_to_be_erased_and_nothing_else_is_removed() -> None:
    rules = replace(RECORDS, keep_photos_ms=DAY_MS)
    job = done(rules=rules)
    memory = Memory(job)
    memory.upload("a.jpg", at=NOW - 30_000)
    after = retained(memory, job, rules, erase_key="k")
    (asked,) = memory.asked.values()
    assert (asked.kind, asked.subject, asked.asked_by) == (ERASE, "li", "KEEP_RECORDS_DAYS")
    assert memory.bell.is_rung
    assert (memory.deleted, after.due_at) == ([], DUE + ASKED_AGAIN_MS)


def test_an_earlier_job_asks_for_nobody_where_a_later_one_has_ended() -> None:
    job, later = done(rules=RECORDS), done(rules=RECORDS, revision=2, ended_at=DUE)
    memory = Memory(job, later)
    assert retained(memory, job, RECORDS, erase_key="k").due_at == NEVER
    assert not memory.asked


def test_a_rejected_set_puts_the_erasure_off_until_its_own_time() -> None:
    job, rejected = done(rules=RECORDS), job_in(S.REJECTED, revision=2, changed_at=NOW + 5)
    memory = Memory(job, rejected)
    assert retained(memory, job, RECORDS, erase_key="k").due_at == DUE + 5
    assert retained(memory, job, RECORDS, at=DUE + 5, erase_key="k").due_at == DUE + 5 + ASKED_AGAIN_MS
    assert len(memory.asked) == 1


def test_another_run_that_was_faster_is_left_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    job = done(rules=SNAPSHOTS)
    memory = Memory(job)
    memory.time = DUE
    retain(memory.world(SNAPSHOTS), [job.job_id])
    stale = {job.job_id: replace(job, version=1)}
    monkeypatch.setattr(memory, "find_each", lambda _: dict(stale))
    retain(memory.world(SNAPSHOTS), [job.job_id])
    assert memory[job].version == 2


def test_no_run_stays_for_long_with_it() -> None:
    jobs = [done(rules=SNAPSHOTS, person_id=f"p{number}") for number in range(5)]
    memory = Memory(*jobs)
    memory.save_takes_ms = retaining.TIME_FOR_A_RUN_MS // 2
    memory.time = DUE
    retain(memory.world(SNAPSHOTS), [job.job_id for job in jobs])
    assert 0 < sum(bool(memory[job].snapshots_removed_at) for job in jobs) < 5
