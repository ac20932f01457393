"""The workflow's steps over a world in memory, where a single answer or a single race decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest

from shared.domain.decide import Observed, Submit
from shared.domain.fine_tunes import FineTune
from shared.domain.job import (
    COLLECTING_LANE,
    DELIVERY_LANE,
    MAX_RECORDED,
    MAX_REMEMBERED,
    QUEUE_LANE,
    RUNNING_LANE,
    Job,
    Reason,
    open_job,
)
from shared.domain.lingering import Lingering
from shared.domain.object_keys import Kind, Upload, person_key
from shared.domain.photos import Stored, Verdict
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.slot import SUBMIT_SPACING, Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.errors import AccountTrouble, Conflict, NotFound, OutcomeUnknown, RetryLater, Trouble
from shared.workflow import tick
from shared.workflow.account import make_room
from shared.workflow.intake import take_in_photo
from shared.workflow.linger import Lingerer
from shared.workflow.photo_set import look_through
from shared.workflow.ports import Listed, World
from shared.workflow.submitting import resolve, submit
from shared.workflow.sweep import sweep
from shared.workflow.training import poll, release
from tests.unit.support import MINUTE, NOW, RULES, collecting, fine_tune, job_in, photo

S = JobState
LIFE = 120_000
TWO = Rules(concurrent_trainings=2)


class Memory:
    """Everything outside, in memory: both tables, the bucket, DashScope and the clock."""

    name = "photos"

    def __init__(self, *jobs: Job, slot: Slot | None = None) -> None:
        self.time = NOW
        self.rows = {job.job_id: replace(job, version=1) for job in jobs}
        self.held = replace(slot or Slot(), version=1)
        self.progress = SweepProgress()
        self.save_takes = 0
        self.copies: dict[str, str] = {}
        self.gone_snapshots: set[str] = set()
        self.objects: dict[str, Stored] = {}
        self.listed: list[FineTune] = []
        self.list_trouble: Trouble | None = None
        self.known: dict[str, FineTune] = {}
        self.created: list[tuple[str, ...]] = []
        self.deleted: list[str] = []
        self.checked: list[str] = []
        self.answer: FineTune | Trouble = fine_tune("PENDING", "ft-new")

    def world(self, rules: Rules = RULES) -> World:
        tokens = iter(f"token{number}" for number in range(10_000))
        return World(
            jobs=self,
            control=self,
            bucket=self,
            trainer=self,
            clock=self,
            rules=rules,
            dead_at=self.time + LIFE,
            token=lambda: next(tokens),
            random=lambda: 0.5,
        )

    def __getitem__(self, job: Job) -> Job:
        return self.rows[job.job_id]

    def upload(self, name: str, *, at: int = NOW, person_id: str = "li") -> Upload:
        """Put a photo with the ETag that :func:`photo` gives it."""
        upload = Upload(person_id, name, Kind.PHOTO)
        self.objects[upload.key] = Stored(etag=f"E-{name}", size=1000, modified_at=at)
        return upload

    # -- the clock

    def now(self) -> int:
        return self.time

    def monotonic(self) -> int:
        return self.time

    def sleep(self, milliseconds: int) -> None:
        self.time += milliseconds

    # -- the tables

    def latest(self, person_id: str) -> Job | None:
        return next(iter(self.revisions_of(person_key(person_id))), None)

    def revisions_of(self, key: str) -> list[Job]:
        jobs = [job for job in self.rows.values() if job.person_key == key]
        return sorted(jobs, key=lambda job: -job.revision)

    def find(self, ids: Iterable[str]) -> dict[str, Job | None]:
        return {name: self.rows.get(name) for name in ids}

    def in_hand(self, count: int) -> tuple[list[str], list[str]]:
        return [*self._in_lane(RUNNING_LANE), *self._in_lane(DELIVERY_LANE)], self._in_lane(QUEUE_LANE)[
            :count
        ]

    def due(self, now: int, count: int) -> list[str]:
        return [name for name in self._in_lane(COLLECTING_LANE) if self.rows[name].due_at <= now][:count]

    def _in_lane(self, lane: int) -> list[str]:
        jobs = [job for job in self.rows.values() if job.lane == lane]
        return [job.job_id for job in sorted(jobs, key=lambda job: job.due_at)]

    def save(self, before: Job | None, after: Job) -> Job:
        stored = self.rows.get(after.job_id)
        if (stored.version if stored else 0) != (before.version if before else 0):
            raise Conflict("the job has moved on")
        self.time += self.save_takes
        saved = replace(after, version=(stored.version if stored else 0) + 1)
        self.rows[after.job_id] = saved
        return saved

    def slot(self) -> Slot:
        return self.held

    def save_slot(self, before: Slot, after: Slot) -> Slot:
        if self.held.version != before.version:
            raise Conflict("the slot has moved on")
        self.held = replace(after, version=before.version + 1)
        return self.held

    def read_all(self) -> tuple[Slot, SweepProgress, Lingering]:
        return self.held, self.progress, Lingering()

    def save_lingering(self, before: Lingering, after: Lingering) -> Lingering:
        return replace(after, version=before.version + 1)

    def save_sweep(self, before: SweepProgress, after: SweepProgress) -> SweepProgress:
        assert before == self.progress
        self.progress = replace(after, version=before.version + 1)
        return self.progress

    # -- the bucket

    def copy(self, key: str, target: str) -> None:
        if key in self.gone_snapshots:
            raise NotFound("NoSuchKey", key)
        self.copies[target] = key

    def stored(self, key: str) -> Stored | None:
        return self.objects.get(key)

    def prepare(self, key: str, snapshot: str) -> int:
        assert key in self.objects
        return self.objects[key].size

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        return b""

    def write(self, key: str, content: bytes) -> None:
        raise AssertionError("nothing is unpacked here")

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = [Listed(key, self.objects[key]) for key in keys[:count]]
        return page, keys[count - 1] if len(keys) > count else ""

    def signed_url(self, key: str) -> str:
        return f"https://photos.oss.example/{key}?signature=s"

    def read(self, key: str) -> bytes:
        raise AssertionError("no photo comes this way")

    def write_json(self, key: str, text: str) -> None:
        raise AssertionError("nothing is delivered here")

    # -- DashScope

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        self.created.append(tuple(files))
        if isinstance(self.answer, Trouble):
            raise self.answer
        return self.answer

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        if fine_tune_id not in self.known:
            raise NotFound("NotFound", "Not Found!")
        return self.known[fine_tune_id]

    def fine_tunes(self) -> Iterator[FineTune]:
        if self.list_trouble is not None:
            raise self.list_trouble
        return iter(self.listed)

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        raise AssertionError("nothing is cancelled here")

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        self.deleted.append(fine_tune_id)

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        self.checked += urls
        return [(True, "") for _ in urls]

    def upload_file(self, name: str, content: bytes) -> str:
        raise AssertionError("no photo goes this way")


# -- taking photos in -----------------------------------------------------------------------------


def unchecked(count: int) -> Job:
    return collecting(*(photo(f"u-{number:03}", Verdict.UNCHECKED) for number in range(count)))


def remembering(job: Job, count: int) -> Job:
    return replace(job, earlier={f"{number:012x}": "00000000" for number in range(count)})


def test_a_photo_that_would_push_out_an_unchecked_one_has_to_wait_and_loses_nothing() -> None:
    memory = Memory(job := unchecked(MAX_RECORDED))
    with pytest.raises(RetryLater) as raised:
        take_in_photo(memory.world(), memory.upload("one-more"))
    assert raised.value.code == "set_crowded"
    assert memory[job].photos == job.photos
    assert not memory[job].knows("one-more", "E-one-more")


def test_a_crowded_set_that_has_closed_does_not_keep_the_next_one_waiting() -> None:
    photos = [photo(f"{number:03}") for number in range(MAX_RECORDED)]
    job = collecting(*photos[:MAX_PHOTOS]).closed("count", NOW)
    memory = Memory(replace(job, photos=tuple(photos)))
    taken = take_in_photo(memory.world(), memory.upload("later", at=NOW + 1))
    assert taken.job is not None
    assert (taken.outcome, taken.job.revision) == ("usable", 2)


def test_a_crowded_set_gets_its_face_checks_although_more_photos_wait_in_the_folder() -> None:
    memory = Memory(job := unchecked(MAX_RECORDED))
    for one in job.photos:
        memory.upload(one.name)
    memory.upload("one-more")
    look_through(memory.world(), "li")
    assert memory.checked
    assert len(memory[job].unchecked) < MAX_RECORDED


def test_a_crowded_set_gets_its_face_checks_although_a_zip_waits_in_the_folder() -> None:
    memory = Memory(job := unchecked(MAX_RECORDED))
    for name in (*(one.name for one in job.photos), "photos.zip"):
        memory.upload(name)
    look_through(memory.world(), "li")
    assert memory.checked
    assert len(memory[job].unchecked) < MAX_RECORDED


@pytest.mark.parametrize("state", [S.COLLECTING, S.REJECTED, S.QUEUED, S.SUCCEEDED])
def test_a_folder_that_a_row_cannot_remember_takes_no_more_photos(
    state: JobState, caplog: pytest.LogCaptureFixture
) -> None:
    memory = Memory(job := remembering(job_in(state), MAX_REMEMBERED))
    taken = take_in_photo(memory.world(), memory.upload("one-more"))
    assert taken.outcome == "folder_full"
    assert list(memory.rows) == [job.job_id]
    assert memory[job].photos == job.photos
    assert "folder_full" in caplog.text


def test_what_a_full_folder_knows_is_still_known() -> None:
    memory = Memory(remembering(job_in(S.QUEUED), MAX_REMEMBERED))
    assert take_in_photo(memory.world(), memory.upload("a.jpg")).outcome == "known"


@pytest.mark.parametrize(("remembered", "found"), [(MAX_REMEMBERED - 1, 1), (MAX_REMEMBERED, 0)])
def test_the_sweep_does_not_look_for_what_a_full_folder_cannot_take(remembered: int, found: int) -> None:
    memory = Memory(remembering(job_in(S.SUCCEEDED, delivered=True), remembered))
    memory.upload("one-more", at=NOW - 10 * MINUTE)
    assert sweep(memory.world(), SweepProgress()) == found


def test_a_late_photo_under_a_used_name_leaves_what_is_trained_on_record() -> None:
    job = collecting(*(photo(f"{number}") for number in range(MAX_PHOTOS))).closed("count", NOW)
    memory = Memory(job)
    upload = memory.upload("3", at=NOW - 1)
    memory.objects[upload.key] = replace(memory.objects[upload.key], etag="overwritten")
    assert take_in_photo(memory.world(), upload).outcome == "over_limit"
    *trained, newer = memory[job].photos
    assert tuple(trained) == job.photos
    assert (newer.name, newer.etag, newer.verdict) == ("3", "overwritten", Verdict.OVER_LIMIT)
    assert take_in_photo(memory.world(), upload).outcome == "known"


# -- staying --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "stays"),
    [(0, True), (NOW, True), (NOW + 1, False), (NOW + MINUTE, False), (NOW + 365 * 24 * 60 * MINUTE, True)],
)
def test_nobody_stays_beside_another_but_a_clock_ahead_of_time_keeps_nobody_away(
    until: int, stays: bool
) -> None:
    job = job_in(S.TRAINING, submitted_at=NOW - 300_000, fine_tune_id="ft-1")
    memory = Memory(job)
    memory.known["ft-1"] = fine_tune("SUCCEEDED", "ft-1", finetuned_output="model")
    seen = Observed(
        now=NOW,
        slot=Slot(holders=(job.job_id,), durations=(302_000,) * 5),
        running=(memory[job],),
        lingering=Lingering(until=until),
    )
    assert Lingerer(memory.world(), NOW + MINUTE).stay(seen) is stays
    assert memory[job].state is (S.SUCCEEDED if stays else S.TRAINING)


def test_who_stays_and_finds_that_another_run_has_moved_the_job_goes_on_at_once() -> None:
    job = job_in(S.TRAINING, submitted_at=NOW - 300_000, fine_tune_id="ft-1")
    memory = Memory(job)
    memory.known["ft-1"] = fine_tune("SUCCEEDED", "ft-1", finetuned_output="model")
    seen = Observed(
        now=NOW,
        slot=Slot(holders=(job.job_id,), durations=(302_000,) * 5),
        running=(replace(memory[job], version=memory[job].version - 1),),
    )
    assert Lingerer(memory.world(), NOW + MINUTE).stay(seen)
    assert memory[job].state is S.TRAINING


# -- submitting -----------------------------------------------------------------------------------


def test_a_holder_that_goes_on_writes_the_slot_so_that_a_pending_release_loses() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    seen_before = memory.slot()
    submitted = submit(memory.world(), memory[job], memory.slot())
    assert submitted.state is S.TRAINING
    assert memory.held.holders == (job.job_id,)
    assert memory.held.taken_at == NOW
    with pytest.raises(Conflict):
        memory.save_slot(seen_before, seen_before.released(job.job_id))


def test_a_holder_whose_slot_was_changed_meanwhile_sends_nothing() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job, slot=Slot(holders=(job.job_id,)))
    stale = memory.slot()
    release(memory.world(), job.job_id, None)
    with pytest.raises(Conflict):
        submit(memory.world(), memory[job], stale)
    assert memory.created == []
    assert memory[job].state is S.QUEUED


def test_a_refused_submit_that_another_run_carries_on_with_leaves_it_its_place() -> None:
    job = job_in(S.QUEUED)
    memory = Memory(job)
    memory.answer = RetryLater("Throttling", "…", delay=20)
    first = memory.world()
    save_slot = memory.save_slot

    def another_run_goes_on_first(before: Slot, after: Slot) -> Slot:
        if after.closed_until:
            # Between the job's return to the queue and the release of its place.
            memory.save_slot = save_slot  # type: ignore[method-assign]
            memory.answer = fine_tune("PENDING", "ft-new")
            submit(memory.world(), memory[job], memory.slot())
        return save_slot(before, after)

    memory.save_slot = another_run_goes_on_first  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        submit(first, memory[job], memory.slot())
    assert memory[job].state is S.TRAINING
    assert memory.held.holders == (job.job_id,)


def test_two_submits_keep_their_distance_even_when_the_second_holds_a_place_already() -> None:
    job = job_in(S.QUEUED)
    for clocks_differ in (-100, 100, -SUBMIT_SPACING - 100):
        memory = Memory(job, slot=Slot(holders=(job.job_id,), taken_at=NOW + clocks_differ))
        submit(memory.world(), memory[job], memory.slot())
        assert memory.held.taken_at == NOW + SUBMIT_SPACING


def test_a_place_that_was_taken_long_ago_is_not_waited_for() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(taken_at=NOW - 5 * MINUTE))
    submit(memory.world(), memory[job], memory.slot())
    assert memory.held.taken_at == NOW


def test_a_run_that_was_too_slow_to_send_puts_the_job_back_with_its_place() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.save_takes = SUBMIT_SPACING + 1
    put_back = submit(memory.world(), memory[job], memory.slot())
    assert put_back.state is S.QUEUED
    assert memory.created == []
    assert memory.held.held_by(job.job_id)
    memory.save_takes = 0
    assert submit(memory.world(), put_back, memory.slot()).state is S.TRAINING


OVERDUE = AccountTrouble("Arrearage", "make sure your account is in good standing", delay=120)


def test_trouble_of_the_account_that_shows_in_the_list_closes_the_queue_with_its_reason() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(holders=("other-1",)))
    memory.list_trouble = OVERDUE
    with pytest.raises(AccountTrouble):
        submit(memory.world(TWO), memory[job], memory.slot())
    assert memory.held.trouble == Reason(OVERDUE.code, OVERDUE.message)
    assert (memory.held.closed_until, memory.held.refusals) == (NOW + 120_000, 1)
    assert memory.held.holders == ("other-1",)
    assert memory.created == []
    assert memory[job] == replace(job, version=1)


@pytest.mark.parametrize(
    "trouble",
    [RetryLater("list_incomplete", "…", delay=10), OutcomeUnknown("no_answer", "…", delay=30)],
    ids=lambda trouble: trouble.code,
)
def test_a_list_that_cannot_be_read_this_time_closes_nothing(trouble: Trouble) -> None:
    memory = Memory(job := job_in(S.QUEUED))
    before = memory.slot()
    memory.list_trouble = trouble
    with pytest.raises(type(trouble)):
        submit(memory.world(), memory[job], memory.slot())
    assert memory.held == before
    assert memory.created == []


def test_a_full_account_closes_the_queue_and_remembers_how_many_there_are() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.listed = [fine_tune("SUCCEEDED", f"ft-{number}") for number in range(RULES.kept_fine_tunes)]
    memory.listed += [fine_tune("FAILED", "ft-failed"), fine_tune("CANCELED", "ft-canceled")]
    with pytest.raises(AccountTrouble) as raised:
        submit(memory.world(), memory[job], memory.slot())
    assert raised.value.code == "fine_tunes_full"
    assert (memory.held.kept, memory.held.holders, memory.held.refusals) == (20, (), 1)
    assert memory.held.trouble == Reason("fine_tunes_full", raised.value.message)
    assert memory.held.closed_until == NOW + 120_000


def test_a_refused_submit_gives_its_place_back_and_the_queue_waits() -> None:
    memory = Memory(job := job_in(S.QUEUED), slot=Slot(holders=("other-1",)))
    memory.answer = RetryLater("Throttling", "slow down", delay=20)
    assert submit(memory.world(TWO), memory[job], memory.slot()).state is S.QUEUED
    assert (memory.held.holders, memory.held.closed_until) == (("other-1",), NOW + 20_000)
    assert memory.held.trouble == Reason("Throttling", "slow down")


def test_a_full_account_is_probed_once_a_run_however_many_places_there_are() -> None:
    memory = Memory(*(job_in(S.QUEUED, f"p{number}") for number in range(5)))
    memory.listed = [fine_tune("SUCCEEDED", f"ft-{number}") for number in range(RULES.kept_fine_tunes)]
    tick.reconcile(memory.world(Rules(concurrent_trainings=3)))
    assert memory.held.refusals == 1
    assert memory.held.closed_until == NOW + 120_000


def test_a_refused_account_is_probed_once_a_run_however_many_places_there_are() -> None:
    memory = Memory(*(job_in(S.QUEUED, f"p{number}") for number in range(5)))
    memory.list_trouble = OVERDUE
    tick.reconcile(memory.world(Rules(concurrent_trainings=3)))
    assert memory.held.refusals == 1
    assert memory.held.closed_until == NOW + 120_000


@pytest.mark.parametrize(("waited", "state"), [(59_999, S.SUBMITTING), (60_000, S.QUEUED)])
def test_an_attempt_is_believed_lost_a_minute_after_its_sender_is_dead(waited: int, state: JobState) -> None:
    assert RULES.list_settles == 60_000
    memory = Memory(job := job_in(S.SUBMITTING, attempt_expires_at=NOW))
    memory.time = NOW + waited
    assert resolve(memory.world(), memory[job]).state is state


def test_an_attempt_that_the_list_shows_is_adopted_without_waiting() -> None:
    memory = Memory(job := job_in(S.SUBMITTING, attempt_expires_at=NOW + LIFE))
    memory.listed = [fine_tune("PENDING", "ft-1", files=(f"https://photos.oss.example/{job.files[0]}",))]
    assert resolve(memory.world(), memory[job]).fine_tune_id == "ft-1"


@pytest.mark.parametrize(("places", "sent"), [(1, 0), (2, 1)])
def test_a_set_that_closes_is_not_submitted_beside_one_that_runs_without_a_place(
    places: int, sent: int
) -> None:
    memory = Memory(job_in(S.TRAINING, "runaway"), job := job_in(S.QUEUED))
    tick.submit_next(memory.world(Rules(concurrent_trainings=places)), memory[job])
    assert len(memory.created) == sent


def test_one_that_runs_with_its_place_is_not_counted_twice() -> None:
    runs = job_in(S.TRAINING, "runs")
    memory = Memory(runs, job := job_in(S.QUEUED), slot=Slot(holders=(runs.job_id,)))
    tick.submit_next(memory.world(Rules(concurrent_trainings=2)), memory[job])
    assert memory[job].state is S.TRAINING


def test_a_set_that_closes_is_submitted_though_the_index_still_shows_the_last_one_and_not_it_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = job_in(S.TRAINING, "last")
    memory = Memory(last, job := job_in(S.QUEUED), slot=Slot(holders=(last.job_id,)))
    monkeypatch.setattr(memory, "in_hand", lambda count: ([last.job_id], [last.job_id][:count]))
    tick.submit_next(memory.world(Rules(concurrent_trainings=2)), memory[job])
    assert memory[job].state is S.TRAINING


def test_a_set_that_closes_overtakes_nobody_whom_a_full_page_may_hide() -> None:
    ahead = [job_in(S.QUEUED, f"ahead {number}", due_at=NOW - 10 + number) for number in range(4)]
    memory = Memory(*ahead, job := job_in(S.QUEUED, due_at=NOW))
    tick.submit_next(memory.world(Rules(concurrent_trainings=2)), memory[job])
    assert memory[ahead[0]].state is S.TRAINING
    assert memory[job].state is S.QUEUED


def test_a_run_submits_one_of_two_queued_holders_under_a_lowered_limit() -> None:
    first, second = job_in(S.QUEUED, "first"), job_in(S.QUEUED, "second")
    memory = Memory(first, second, slot=Slot(holders=(first.job_id, second.job_id)))
    memory.known = {"ft-new": fine_tune("PENDING", "ft-new")}
    report = tick.reconcile(memory.world())
    assert len(memory.created) == 1
    assert (memory[first].state, memory[second].state) == (S.TRAINING, S.QUEUED)
    assert memory.held.holders == (first.job_id, second.job_id)
    assert report.actions[Submit.__name__.lower()] == 1


# -- the outcome ----------------------------------------------------------------------------------


def test_a_success_without_a_models_name_is_not_done_yet() -> None:
    memory = Memory(job := job_in(S.TRAINING, fine_tune_id="ft-1"))
    memory.known = {"ft-1": fine_tune("SUCCEEDED", "ft-1", usage=1, ended_at=NOW)}
    waiting = poll(memory.world(), memory[job])
    assert (waiting.state, waiting.fine_tune_status) == (S.TRAINING, "SUCCEEDED")
    assert (waiting.usage, waiting.ended_at) == (0, 0)
    assert poll(memory.world(), memory[job]) == waiting
    memory.known["ft-1"] = replace(memory.known["ft-1"], finetuned_output="facechain-x")
    done = poll(memory.world(), memory[job])
    assert (done.state, done.finetuned_output, done.usage) == (S.SUCCEEDED, "facechain-x", 1)


def test_a_success_in_the_list_alone_needs_the_models_name_too() -> None:
    memory = Memory(job := job_in(S.TRAINING, fine_tune_id="ft-1"))
    memory.time = NOW + 2 * MINUTE
    files = (f"https://photos.oss.example/{job.files[0]}",)
    memory.listed = [fine_tune("SUCCEEDED", "ft-1", files=files)]
    assert poll(memory.world(), memory[job]).state is S.TRAINING
    memory.listed = [replace(memory.listed[0], finetuned_output="facechain-x")]
    memory.time += 2 * MINUTE
    assert poll(memory.world(), memory[job]).state is S.SUCCEEDED


# -- room in the account --------------------------------------------------------------------------


@pytest.mark.parametrize(("bucket", "deleted"), [("photos", ["ft-1"]), ("theirs", [])])
def test_only_fine_tunes_made_from_our_own_bucket_are_ever_deleted(bucket: str, deleted: list[str]) -> None:
    # To this deployment the other one's people look erased.
    job = open_job("erased", 1, NOW)
    file = f"https://{bucket}.oss.example/submissions/{job.job_id}/a.jpg"
    memory = Memory()
    room = make_room(
        memory.world(Rules(delete_superseded=True)), [fine_tune("SUCCEEDED", "ft-1", files=(file,))]
    )
    assert memory.deleted == deleted
    assert room is bool(deleted)


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
def test_only_the_three_final_statuses_are_an_end_and_anything_else_goes_on(
    status: str, state: JobState
) -> None:
    job = job_in(S.TRAINING, submitted_at=NOW - MINUTE, fine_tune_id="ft-1", failures=5)
    memory = Memory(job)
    memory.known["ft-1"] = fine_tune(status, "ft-1", finetuned_output="model")
    assert poll(memory.world(), memory[job]).state is state
