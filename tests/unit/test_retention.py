"""When something of a job is to go, and which of it; and that changed settings count for those that ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.administration import NotPossible, once_more
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.lanes import KEPT_LANE
from shared.domain.money import DAY_MS
from shared.domain.photo_set import NEVER
from shared.domain.photos import Photo, Stored
from shared.domain.retention import (
    Part,
    due_parts,
    due_records,
    goes_on,
    is_it,
    keeps_all,
    kept_by,
    kept_by_later,
    moments,
    person_due_at,
    scheduled,
    without_photos,
)
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.settings import SettingsError, read_settings
from shared.workflow import rescheduling
from shared.workflow.retiming import OLD_INSTANCES_LIVE_MS, retime, settings_id
from tests.unit.memory import Memory
from tests.unit.support import NOW, job_in, photo

S = JobState
KEY = {"ERASE_KEY": "a key of sixteen characters"}
RULES = Rules(keep_photos_ms=30 * DAY_MS, keep_models_ms=90 * DAY_MS, keep_records_ms=90 * DAY_MS)


def ended(state: JobState = S.SUCCEEDED, *photos: Photo, **fields: Any) -> Job:
    known = {"ended_at": NOW, "fine_tune_id": "ft-1", "delivered": True}
    job = job_in(state, **{**known, **fields})
    return replace(job, photo_set=replace(job.photo_set, photos=photos))


def days(count: float) -> int:
    return NOW + int(count * DAY_MS)


# -- what is due, and when ---------------------------------------------------------------------------------


def test_there_is_nothing_to_look_for_only_where_every_part_is_kept_for_good() -> None:
    assert not keeps_all(Rules())
    for_good = Rules(keep_snapshots_ms=0)
    assert keeps_all(for_good)
    for part in Part:
        kept: dict[str, Any] = {f"keep_{part.value}_ms": DAY_MS}
        assert not keeps_all(replace(for_good, **kept))


def test_snapshots_go_after_a_week_and_nothing_else_unless_that_is_set() -> None:
    assert moments(ended(), Rules()) == {Part.SNAPSHOTS: days(7)}
    assert due_parts(ended(), Rules(), days(7) - 1) == frozenset()
    assert due_parts(ended(), Rules(), days(7)) == {Part.SNAPSHOTS}
    assert moments(ended(snapshots_removed_at=days(7)), Rules()) == {}
    assert moments(ended(), Rules(keep_snapshots_ms=0)) == {}


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (0, set()),
        (7, {Part.SNAPSHOTS}),
        (30, {Part.SNAPSHOTS, Part.PHOTOS}),
        (90, set(Part)),
    ],
)
def test_each_part_is_due_from_its_time_on_until_it_has_gone(day: int, due: set[Part]) -> None:
    assert due_parts(ended(), RULES, days(day)) == due


def test_what_has_not_ended_has_no_time() -> None:
    for state in (S.COLLECTING, S.REJECTED, S.QUEUED, S.SUBMITTING, S.TRAINING):
        assert moments(job_in(state), RULES) == {}


def test_only_a_model_that_is_there_has_a_time() -> None:
    assert Part.MODELS not in moments(ended(S.FAILED), RULES)
    assert Part.MODELS not in moments(ended(model_released_at=NOW), RULES)


def test_a_photo_that_was_sent_after_the_end_has_a_time_of_its_own() -> None:
    job = ended(S.SUCCEEDED, photo("a.jpg", uploaded_at=NOW - 5), photo("late.jpg", uploaded_at=days(10)))
    assert moments(job, RULES)[Part.PHOTOS] == days(30)
    assert goes(job, "a.jpg", lying(NOW - 5), days(30)) is True
    assert goes(job, "late.jpg", lying(days(10)), days(30)) is False
    left = without_photos(job, days(30), RULES)
    assert moments(left, RULES)[Part.PHOTOS] == days(40)
    assert Part.PHOTOS not in moments(without_photos(left, days(40), RULES), RULES)


def test_what_has_taken_the_place_of_a_photo_is_not_the_sets() -> None:
    job = ended(S.SUCCEEDED, photo("a.jpg", uploaded_at=NOW - 5))
    assert goes(job, "a.jpg", lying(NOW - 4), days(40)) is False
    assert goes(job, "b.jpg", lying(NOW - 5), days(40)) is None


def test_a_copy_of_a_photo_goes_with_the_set_since_no_other_record_has_it() -> None:
    job = ended(S.SUCCEEDED, replace(photo("a.jpg", uploaded_at=NOW - 5), etag="ITS"))
    assert goes(job, "a.jpg", lying(days(20), "ITS"), days(30)) is True
    assert goes(job, "a.jpg", lying(days(20), "ITS"), days(29)) is False


def test_where_the_content_is_forgotten_nothing_is_a_copy_of_it() -> None:
    job = ended(S.FAILED, replace(photo("a.jpg", uploaded_at=NOW - 5), etag=""))
    assert goes(job, "a.jpg", lying(NOW - 4, ""), days(40)) is False


def goes(job: Job, name: str, stored: Stored, now: int) -> bool | None:
    """Whether what lies under a name goes with the set; None: the set does not know the name."""
    due = due_records(job, name, RULES, now)
    return None if due is None else any(is_it(stored, photo) for photo in due)


def lying(modified_at: int, etag: str = "other") -> Stored:
    return Stored(etag=etag, size=6, modified_at=modified_at)


# -- the job in its lane -----------------------------------------------------------------------------------


def test_a_delivered_job_is_met_only_while_something_of_it_is_to_go() -> None:
    delivered = scheduled(ended(), Rules())
    assert (delivered.lane, delivered.due_at) == (KEPT_LANE, days(7))
    assert scheduled(replace(delivered, snapshots_removed_at=days(7)), Rules()).lane is None
    assert ended().with_delivery(NOW).lane is None
    assert replace(delivered, erasing_since=NOW).lane is None, "an erasure removes all of it"


@pytest.mark.parametrize("job", [job_in(S.QUEUED), job_in(S.REJECTED), ended(delivered=False)])
def test_what_has_work_left_keeps_the_moment_of_that(job: Job) -> None:
    assert scheduled(job, RULES) is job


# -- the person's other sets -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "fields", "is_going"),
    [
        (S.COLLECTING, {}, True),
        (S.QUEUED, {}, True),
        (S.SUBMITTING, {}, True),
        (S.TRAINING, {}, True),
        (S.SUCCEEDED, {"delivered": False}, True),
        (S.SUCCEEDED, {"delivered": True}, False),
        (S.REJECTED, {}, False),
    ],
)
def test_a_later_set_that_is_open_or_under_way_keeps_everything(
    state: JobState, fields: dict[str, Any], is_going: bool
) -> None:
    rejected = job_in(S.REJECTED, revision=3)
    assert goes_on([rejected, job_in(state, revision=2, **fields)]) is is_going


def test_photos_that_a_later_set_has_stay_until_its_own_time() -> None:
    carried, own = photo("a.jpg", from_revision=1), photo("b.jpg")
    later = replace(ended(S.SUCCEEDED, carried, own, revision=2), ended_at=days(10))
    assert kept_by_later([later], RULES, days(30)) == {"a.jpg", "b.jpg"}
    assert kept_by_later([later], RULES, days(40)) == frozenset()


def test_a_rejected_set_keeps_its_own_photos_and_not_those_it_began_with() -> None:
    rejected = job_in(S.REJECTED, revision=2)
    photos = (photo("a.jpg", from_revision=1), photo("b.jpg"))
    rejected = replace(rejected, photo_set=replace(rejected.photo_set, photos=photos))
    assert kept_by_later([rejected], RULES, days(400)) == {"b.jpg"}


def test_the_time_of_a_person_begins_with_the_end_of_the_newest_job() -> None:
    assert person_due_at(ended(), [], RULES) == days(90)
    assert person_due_at(ended(), [ended(revision=2)], RULES) == NEVER, "the later one says when"
    rejected = job_in(S.REJECTED, revision=2, changed_at=days(60))
    assert person_due_at(ended(), [rejected], RULES) == days(150)
    assert person_due_at(ended(), [], Rules()) == NEVER


# -- what follows ------------------------------------------------------------------------------------------


def test_a_failed_set_whose_photos_are_gone_is_not_trained_once_more() -> None:
    failed = ended(S.FAILED, photo("a.jpg"))
    assert once_more(failed, RULES, days(1)).photo_set.photos
    with pytest.raises(NotPossible, match="photos_removed"):
        once_more(without_photos(failed, days(30), RULES), RULES, days(31))


def test_the_next_set_begins_without_photos_that_are_gone() -> None:
    job = ended(S.SUCCEEDED, photo("a.jpg", snapshot="submissions/a"))
    assert job.next_revision(RULES, days(1)).photo_set.photos
    assert not without_photos(job, days(30), RULES).next_revision(RULES, days(31)).photo_set.photos


@pytest.mark.parametrize(("state", "is_known"), [(S.SUCCEEDED, True), (S.FAILED, False), (S.CANCELED, False)])
def test_photos_that_are_sent_again_are_trained_where_there_is_no_model(
    state: JobState, is_known: bool
) -> None:
    job = without_photos(ended(state, photo("a.jpg", etag="E", uploaded_at=NOW - 5)), days(30), RULES)
    again = Stored(etag="E", size=job.photo_set.photos[0].size, modified_at=days(31))
    assert job.photo_set.knows("a.jpg", again) is is_known


# -- the settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", list(Part))
def test_days_are_whole_and_nothing_stands_for_good(part: Part) -> None:
    variable, field = f"KEEP_{part.name}_DAYS", f"keep_{part.value}_ms"
    assert getattr(read_settings({**KEY, variable: "14.0"}).rules, field) == 14 * DAY_MS
    assert getattr(read_settings({**KEY, variable: "0"}).rules, field) == 0
    for text in ("1.5", "-1", "3651", "a week"):
        with pytest.raises(SettingsError, match=variable):
            read_settings({**KEY, variable: text})


def test_records_have_a_time_only_where_people_can_be_erased() -> None:
    with pytest.raises(SettingsError, match="ERASE_KEY"):
        read_settings({"KEEP_RECORDS_DAYS": "30"})


def health(rules: Rules, **fields: Any) -> Health:
    return replace(Health(settings_id=settings_id(rules), settings_seen_at=NOW), **fields)


def reschedule(memory: Memory, rules: Rules, told: Health, now: int) -> Health:
    memory.time = now
    world = memory.world(rules=rules)
    world.health.begin(replace(told, version=memory.well_being.version))
    rescheduling.reschedule(world, told)
    return memory.well_being


def test_changed_settings_count_for_jobs_that_have_ended_once_no_run_knows_the_old_ones() -> None:
    job = scheduled(ended(), Rules(keep_snapshots_ms=0))
    memory = Memory(job)
    reschedule(memory, Rules(), health(Rules(), kept_by="others"), NOW + OLD_INSTANCES_LIVE_MS - 1)
    assert memory[job].lane is None
    told = reschedule(memory, Rules(), health(Rules(), kept_by="others"), NOW + OLD_INSTANCES_LIVE_MS)
    assert (memory[job].lane, memory[job].due_at) == (KEPT_LANE, days(7))
    assert (told.kept_by, told.kept_up_to) == (kept_by(Rules()), "")


def test_nobody_is_gone_through_before_the_settings_have_been_seen() -> None:
    memory = Memory(ended())
    told = replace(health(Rules(), kept_by="others"), settings_id="others")
    reschedule(memory, Rules(), told, NOW + 2 * OLD_INSTANCES_LIVE_MS)
    assert memory.rows[ended().job_id].lane is None


def test_the_jobs_that_have_ended_are_gone_through_a_page_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescheduling, "PAGE", 2)
    jobs = [replace(ended(), person_id=f"person {number}") for number in range(5)]
    memory = Memory(*jobs)
    told = health(Rules(), kept_by="others")
    for count in (2, 4, 5):
        told = reschedule(memory, Rules(), told, NOW + OLD_INSTANCES_LIVE_MS)
        assert sum(job.lane == KEPT_LANE for job in memory.rows.values()) == count
        assert (told.kept_by == kept_by(Rules())) is (count == 5)


def test_settings_that_change_on_the_way_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescheduling, "PAGE", 2)
    jobs = [replace(ended(), person_id=f"person {number}") for number in range(3)]
    memory = Memory(*jobs)
    told = reschedule(memory, Rules(), health(Rules(), kept_by="others"), NOW + OLD_INSTANCES_LIVE_MS)
    other = Rules(keep_snapshots_ms=9 * DAY_MS)
    for _ in range(2):
        told = reschedule(memory, other, replace(told, settings_id=settings_id(other)), days(1))
    assert {job.due_at for job in memory.rows.values()} == {days(9)}


def test_the_first_settings_ever_are_taken_without_a_look() -> None:
    memory = Memory(ended())
    world = memory.world(rules=Rules())
    world.health.begin(memory.well_being)
    retime(world, Health())
    told = world.health.known
    assert told is not None
    assert told.kept_by == kept_by(Rules())
    assert memory.rows[ended().job_id].lane is None
