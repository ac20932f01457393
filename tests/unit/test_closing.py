"""Looking through a person's folder: the set is synchronised, marked, judged, and closed or rejected."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from shared.domain.completion import MARKER_RESTS_MS
from shared.domain.decide import Look
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.object_keys import Kind as UploadKind
from shared.domain.photo_set import MAX_RECORDED, NEVER, UNPACKING_TAKES_MS, ClosedBy
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Conflict, Permanent, RetryLater, Trouble
from shared.workflow.actions import carry_out
from shared.workflow.checking import TIME_FOR_A_CHECK_MS
from shared.workflow.closing import TIME_FOR_A_LOOK_MS, look_through
from shared.workflow.reconciling import reconcile
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo, trouble

S = JobState
MARKER = RULES.ready_marker
QUIET = NOW + RULES.quiet_ms
WAITS = photo("b.jpg", Verdict.UNCHECKED, retry=trouble(api=Api.FACE_CHECK, next_try_at=NOW + MINUTE_MS))
REFUSED = photo("b.jpg", Verdict.UNCHECKED, retry=trouble(Kind.ACCOUNT, Api.FACE_CHECK, next_try_at=NOW))
UNPURCHASED = AccountTrouble(
    "AccessDenied.Unpurchased", "switch it on", delay_seconds=60, kind=Kind.ACCOUNT, api=Api.FACE_CHECK
)


def folder_of(job: Job, *, marker_at: int = 0) -> Memory:
    """The job, and all of its photos in its person's folder."""
    memory = Memory(job)
    for one in job.photo_set.photos:
        memory.upload(one.name, at=one.uploaded_at, kind=_kind(one))
    if marker_at:
        memory.upload(MARKER, at=marker_at, kind=UploadKind.MARKER)
    return memory


def _kind(recorded: Photo) -> UploadKind:
    return UploadKind.ARCHIVE if recorded.name.endswith(".zip") else UploadKind.PHOTO


def look(memory: Memory, job: Job, rules: Rules = RULES) -> Job:
    """Look through the folder of the person of ``job``; returns their newest job afterwards."""
    after = look_through(memory.world(rules), job.person_id, memory.latest(job.person_id))
    assert after is not None
    return after


# -- closing and rejecting ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("photos", "marker_at", "rules", "now", "expected"),
    [
        ([photo()], 0, RULES, QUIET - 1, None),
        ([photo()], 0, RULES, QUIET, ClosedBy.QUIET),
        ([photo(), photo("bad.jpg", Verdict.NO_FACE)], 0, RULES, QUIET, ClosedBy.QUIET),
        ([photo()], 0, Rules(min_photos=2), QUIET, None),
        ([photo()], NOW - 1000, Rules(min_photos=2), NOW - 1001 + MARKER_RESTS_MS, None),
        ([photo()], NOW - 1000, Rules(min_photos=2), NOW - 1000 + MARKER_RESTS_MS, ClosedBy.MARKER),
        # The marker came before the photo, which has settled meanwhile.
        ([photo()], NOW - 2000, Rules(min_photos=2), NOW, None),
        ([photo()], NOW - 2000, Rules(min_photos=2), NOW + MINUTE_MS, ClosedBy.MARKER),
        ([photo("1"), photo("2")], 0, Rules(close_at=2), NOW, None),
        ([photo("1"), photo("2")], 0, Rules(close_at=2), NOW + MINUTE_MS, ClosedBy.COUNT),
    ],
)
def test_a_complete_set_is_closed_and_any_other_stays_open(
    photos: list[Photo], marker_at: int, rules: Rules, now: int, expected: ClosedBy | None
) -> None:
    memory = folder_of(job := collecting(*photos, rules=rules), marker_at=marker_at)
    memory.time = now
    after = look(memory, job, rules)
    assert after == memory[job]
    assert (after.state, after.closed_by) == ((S.QUEUED, expected.value) if expected else (S.COLLECTING, ""))
    assert [(one.name, one.verdict) for one in after.photo_set.photos] == [
        (one.name, one.verdict) for one in photos
    ]


@pytest.mark.parametrize("marker_at", [0, NOW - 1000])
def test_a_complete_set_without_a_usable_photo_is_rejected(marker_at: int) -> None:
    memory = folder_of(job := collecting(photo(verdict=Verdict.NO_FACE)), marker_at=marker_at)
    memory.time = QUIET
    assert look(memory, job).state is S.REJECTED


@pytest.mark.parametrize("state", [S.QUEUED, S.REJECTED])
def test_a_second_look_at_a_settled_set_changes_nothing(state: JobState) -> None:
    verdict = Verdict.USABLE if state is S.QUEUED else Verdict.NO_FACE
    memory = folder_of(job := collecting(photo(verdict=verdict)))
    memory.time = QUIET
    once = look(memory, job)
    assert once.state is state
    memory.time += 10**6
    assert look(memory, job) == once


def test_a_rejected_set_reopens_and_closes_with_the_photo_that_was_missing() -> None:
    memory = folder_of(job := collecting(photo("bad.jpg", Verdict.NO_FACE)))
    memory.time = QUIET
    assert look(memory, job).state is S.REJECTED
    memory.upload("good.jpg", at=memory.time)
    assert look(memory, job).state is S.COLLECTING
    memory.time += RULES.quiet_ms
    closed = look(memory, job)
    assert closed.state is S.QUEUED
    assert [one.name for one in closed.photo_set.usable] == ["good.jpg"]
    assert closed.files == tuple(one.snapshot for one in closed.photo_set.usable)


def test_a_photo_whose_event_was_lost_joins_the_set_that_is_queued() -> None:
    memory = folder_of(job := job_in(S.QUEUED))
    memory.upload("late.jpg")
    after = look(memory, job)
    assert (after.revision, after.state, after.closed_first_at) == (1, S.COLLECTING, NOW)
    assert [one.name for one in after.photo_set.usable] == ["a.jpg", "late.jpg"]


# -- photos without a verdict ---------------------------------------------------------------------


def test_a_photo_in_trouble_is_tried_again_when_its_pause_is_over_and_not_before() -> None:
    memory = folder_of(job := collecting(photo(), WAITS))
    assert look(memory, job).photo_set.photo("b.jpg") == WAITS
    memory.time = NOW + MINUTE_MS
    tried = look(memory, job)
    assert len(memory.checked) == 1
    assert tried.photo_set.usable == (photo(), replace(WAITS, verdict=Verdict.USABLE, retry=None))


def test_a_set_with_a_photo_that_has_no_verdict_never_closes() -> None:
    memory = folder_of(job := collecting(photo(), WAITS), marker_at=NOW - 1000)
    memory.troubles["detect_faces"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.FACE_CHECK)
    memory.time = NOW + 10**9
    after = look(memory, job)
    assert after.state is S.COLLECTING
    assert after.trouble is not None
    assert after.trouble.tries == 2
    assert after.due_at == after.trouble.next_try_at


def test_what_waits_for_an_api_is_tried_as_soon_as_that_works_whatever_its_pause() -> None:
    retry = trouble(Kind.ACCOUNT, Api.FACE_CHECK, next_try_at=NOW + 60 * MINUTE_MS)
    memory = folder_of(job := collecting(photo(), replace(REFUSED, retry=retry)))
    refused = memory.well_being.failed(UNPURCHASED.cause, NOW)
    # An upload's event does not read what is refused: nothing speaks against the pause.
    for health, usable in ((refused, 1), (None, 1), (memory.well_being, 2)):
        world = memory.world()
        if health is not None:
            world.health.begin(health)
        after = look_through(world, "li", memory[job])
        assert after is not None
        assert len(after.photo_set.usable) == usable
    assert len(memory.checked) == 1


def test_where_no_face_check_is_wanted_nothing_waits_for_a_refused_one() -> None:
    memory = folder_of(job := collecting(photo(), REFUSED))
    world = memory.world(Rules(face_check=False))
    world.health.begin(memory.well_being.failed(UNPURCHASED.cause, NOW))
    after = look_through(world, "li", memory[job])
    assert after is not None
    assert len(after.photo_set.usable) == 2
    assert memory.checked == []


def test_a_look_at_one_person_ends_in_time_for_the_next_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [photo(f"{number:02}", Verdict.UNCHECKED) for number in range(50)]
    memory = folder_of(job := collecting(*waiting))

    def slow(urls: list[str]) -> list[tuple[bool, str]]:
        memory.time += 8_000
        return [(True, "")] * len(urls)

    monkeypatch.setattr(memory, "detect_faces", slow)
    after = look_through(replace(memory.world(), dead_at=NOW + 10**9), "li", memory[job])
    assert after is not None
    assert memory.time <= NOW + TIME_FOR_A_LOOK_MS - TIME_FOR_A_CHECK_MS + 8_000
    assert len(after.photo_set.usable) in (30, 40)
    # Nothing is lost of what was done, and the rest is due.
    assert after.due_at <= memory.time


@pytest.mark.parametrize("waiting", ["one-more", "photos.zip"])
def test_a_crowded_set_gets_its_face_checks_although_more_uploads_wait_in_the_folder(waiting: str) -> None:
    unchecked = tuple(photo(f"u-{number:03}", Verdict.UNCHECKED) for number in range(MAX_RECORDED))
    job = collecting(photo())
    memory = folder_of(job := replace(job, photo_set=replace(job.photo_set, photos=unchecked)))
    memory.upload(waiting, kind=_kind(photo(waiting)))
    after = look(memory, job)
    assert memory.checked
    assert len(after.photo_set.unfinished) < MAX_RECORDED


@pytest.mark.parametrize(("waiting", "then"), [("one-more", S.QUEUED), ("photos.zip", S.COLLECTING)])
def test_a_set_that_had_no_room_for_all_of_its_folder_is_not_closed_before_it_has(
    waiting: str, then: JobState
) -> None:
    """What is left out would be a set of its own, which is paid for."""
    unchecked = tuple(photo(f"u-{number:03}", Verdict.UNCHECKED) for number in range(100))
    job = collecting(photo())
    memory = folder_of(job := replace(job, photo_set=replace(job.photo_set, photos=unchecked)))
    memory.upload(waiting, kind=_kind(photo(waiting)))
    memory.upload(MARKER, at=NOW + MINUTE_MS, kind=UploadKind.MARKER)
    memory.time = QUIET
    after = look(memory, job)
    assert after.photo_set.unfinished == ()
    assert (after.state, after.photo_set.photo(waiting)) == (S.COLLECTING, None)
    # The next look comes at once, and the checks have made room.
    assert after.due_at <= memory.time
    after = look(memory, after)
    assert after.photo_set.photo(waiting) is not None
    assert after.state is then


def test_of_a_folder_too_large_to_be_read_whole_the_marker_is_found_and_the_page_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.folders.PAGE", 2)
    monkeypatch.setattr("shared.workflow.folders.MAX_PAGES", 1)
    memory = folder_of(job := collecting(photo("0"), photo("1")), marker_at=NOW - 1000)
    for name in "23456":
        memory.upload(name, at=NOW - 2000)
    memory.time = NOW + MARKER_RESTS_MS
    world = memory.world()
    assert look_through(world, "li", memory[job]) == memory[job]
    assert (memory[job].state, memory[job].closed_by) == (S.QUEUED, "marker")
    for behind, names in (("people/li/3", "45"), ("people/li/0", "23"), ("people/a/1.jpg", "")):
        before = {one.name for one in memory[job].photo_set.photos}
        look_through(world, "li", memory[job], behind=behind)
        assert {one.name for one in memory[job].photo_set.photos} - before == set(names)


def test_the_page_that_is_asked_for_hides_nothing_of_the_beginning_of_a_large_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.folders.PAGE", 2)
    monkeypatch.setattr("shared.workflow.folders.MAX_PAGES", 1)
    memory = folder_of(job := collecting(photo("1")))
    for name in "0234":
        memory.upload(name, at=NOW - 2000)
    look_through(memory.world(), "li", memory[job], behind="people/li/2")
    assert [one.name for one in memory[job].photo_set.photos] == ["1", "0", "3", "4"]


def test_a_look_that_works_forgets_the_trouble_of_the_looks_before() -> None:
    memory = Memory(job := collecting(photo()))
    memory.troubles["list_page people/"] = RetryLater("InternalError", "…", delay_seconds=1)
    held = job.held_up(trouble(Kind.PASSING, Api.LISTING).cause, NOW)
    memory = folder_of(held)
    memory.time = held.due_at
    after = look(memory, job)
    assert (after.retry, after.due_at) == (None, job.due_at)


# -- snapshots of another revision ----------------------------------------------------------------


def second_set() -> Job:
    """A second revision with a carried photo and a new one."""
    second = job_in(S.SUCCEEDED, delivered=True).next_revision(RULES, NOW)
    return second.with_photo(photo("new.jpg", snapshot=f"submissions/{second.job_id}/new.jpg"), RULES, NOW)


def test_a_carried_photo_gets_a_snapshot_of_its_own() -> None:
    memory = folder_of(job := second_set())
    memory.time = QUIET
    closed = look(memory, job)
    assert closed.state is S.QUEUED
    assert all(file.startswith(f"submissions/{job.job_id}/") for file in closed.files)
    assert memory.copies == {closed.files[0]: "submissions/x/a.jpg"}


@pytest.mark.parametrize(
    "problem",
    [
        None,
        Permanent("InvalidObjectState", "it is archived", api=Api.WRITING),
        RetryLater("AccessDenied", "not for you", delay_seconds=1, kind=Kind.UNKNOWN, api=Api.WRITING),
    ],
    ids=["gone", "archived", "forbidden"],
)
def test_a_carried_photo_whose_snapshot_is_lost_is_prepared_again_from_its_upload(
    problem: Trouble | None,
) -> None:
    memory = folder_of(job := second_set())
    if problem is None:
        memory.lost.add("submissions/x/a.jpg")
    else:
        memory.troubles["copy submissions/x/a.jpg"] = problem
    memory.time = QUIET
    waiting = look(memory, job)
    assert waiting.state is S.COLLECTING
    assert [one.verdict for one in waiting.photo_set.photos] == [Verdict.UNPREPARED, Verdict.USABLE]
    assert waiting.due_at <= memory.time
    closed = look(memory, job)
    assert (closed.state, len(closed.files)) == (S.QUEUED, 2)
    assert all(file.startswith(f"submissions/{job.job_id}/") for file in closed.files)
    assert memory.prepared == ["people/li/a.jpg"]


@pytest.mark.parametrize(
    ("deaths", "minutes_ago"), [(DEATHS_ALLOWED - 1, 0), (DEATHS_ALLOWED, 29), (DEATHS_ALLOWED, 30)]
)
def test_a_copy_that_has_killed_runs_rests_for_half_an_hour_and_its_set_with_it(
    deaths: int, minutes_ago: int
) -> None:
    memory = folder_of(job := second_set())
    memory.time = QUIET
    died_at = QUIET - minutes_ago * MINUTE_MS
    piece = f"{job.person_key} copy {photo().etag}"
    memory.well_being = Health(version=1, deaths={piece: deaths}, died_at=died_at)
    world = memory.world()
    world.health.begin(memory.well_being)
    if (deaths, minutes_ago) == (DEATHS_ALLOWED, 29):
        with pytest.raises(RetryLater, match="function_died") as raised:
            look_through(world, "li", memory[job])
        assert (raised.value.delay_seconds, raised.value.kind) == (60, Kind.OBJECT)
        assert memory.copies == {}
    else:
        look_through(world, "li", memory[job])
        assert memory[job].state is S.QUEUED


def test_a_copy_that_has_killed_again_after_its_rest_is_made_anew_from_the_upload() -> None:
    memory = folder_of(job := second_set())
    memory.time = QUIET
    piece = f"{job.person_key} copy {photo().etag}"
    memory.well_being = Health(version=1, deaths={piece: DEATHS_ALLOWED + 1}, died_at=QUIET)
    world = memory.world()
    world.health.begin(memory.well_being)
    look_through(world, "li", memory[job])
    assert memory.copies == {}
    assert [one.name for one in memory[job].photo_set.unfinished] == ["a.jpg"]


def test_a_bucket_that_cannot_be_written_to_loses_no_carried_photo() -> None:
    memory = folder_of(job := second_set())
    memory.troubles["copy"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)
    memory.time = QUIET
    with pytest.raises(RetryLater, match="InternalError"):
        look(memory, job)
    assert memory[job] == replace(job, version=1)


# -- a person whose earlier results could not be looked for ---------------------------------------


def unproved() -> Memory:
    job = replace(collecting(photo()), is_proved_new=False)
    memory = folder_of(job)
    memory.time = QUIET
    return memory


def test_a_set_that_is_not_proved_new_is_closed_once_the_bucket_shows_no_earlier_result() -> None:
    memory = unproved()
    closed = look(memory, collecting())
    assert (closed.state, closed.is_proved_new) == (S.QUEUED, True)
    assert "list results/li/" in memory.calls


def test_a_set_that_is_not_proved_new_is_not_closed_while_the_bucket_does_not_answer() -> None:
    memory = unproved()
    memory.troubles["list_page results/li/"] = RetryLater("InternalError", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        look(memory, collecting())
    assert memory[collecting()].state is S.COLLECTING


def test_a_set_gives_way_to_an_earlier_result_and_nothing_is_paid_for_again() -> None:
    memory = unproved()
    memory.upload("ignored")
    del memory.objects["people/li/ignored"]
    memory.objects["results/li/1.json"] = memory.objects["people/li/a.jpg"]
    memory.contents["results/li/1.json"] = b"{}"
    with pytest.raises(Conflict):
        look(memory, collecting())
    newest = memory.latest("li")
    assert newest is not None
    assert (newest.revision, newest.state.is_terminal) == (2, True)
    assert carry_out(memory.world(), Look(memory[collecting()]))
    first = memory[collecting()]
    assert first.state is S.REJECTED
    assert first.reason is not None
    assert first.reason.code == "earlier_result"


# -- zips -----------------------------------------------------------------------------------------


def test_a_zip_in_trouble_keeps_no_photo_beside_it_from_being_recorded() -> None:
    memory = folder_of(job := collecting(photo()))
    memory.upload("all.zip", kind=UploadKind.ARCHIVE)
    memory.upload("b.jpg")
    memory.troubles["read_range people/li/all.zip"] = RetryLater("InternalError", "…", delay_seconds=1)
    after = look(memory, job)
    assert [one.name for one in after.photo_set.photos] == ["a.jpg", "all.zip", "b.jpg"]
    assert after.state is S.COLLECTING


def test_what_comes_out_of_a_zip_is_left_to_its_own_events_until_the_zip_is_done() -> None:
    held = trouble(api=Api.READING, next_try_at=NOW + MINUTE_MS)
    unpacking = photo("all.zip", Verdict.UNPACKING, recorded_at=NOW - UNPACKING_TAKES_MS, retry=held)
    memory = folder_of(job := collecting(photo(), unpacking))
    memory.upload("all.zip/1.jpg")
    memory.upload("beside.jpg")
    after = look(memory, job)
    assert [one.name for one in after.photo_set.photos] == ["a.jpg", "all.zip", "beside.jpg"]


def test_the_log_says_how_many_photos_were_deleted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    memory = folder_of(job := collecting(photo("a"), photo("b"), photo("c")))
    del memory.objects["people/li/b"]
    look(memory, job)
    (line,) = [one.getMessage() for one in caplog.records if "photos_deleted" in one.getMessage()]
    assert json.loads(line)["photos"] == 1


def test_a_copy_of_a_deleted_photo_is_used_in_its_place() -> None:
    copy = photo("copy.jpg", Verdict.DUPLICATE, etag="E-a.jpg")
    memory = folder_of(job := collecting(photo(), copy))
    memory.objects["people/li/copy.jpg"] = memory.objects.pop("people/li/a.jpg")
    after = look(memory, job)
    assert [(one.name, one.verdict) for one in after.photo_set.photos] == [("copy.jpg", Verdict.USABLE)]


def test_a_look_asks_the_memory_once_for_all_that_the_row_does_not_know() -> None:
    job = job_in(S.SUCCEEDED, delivered=True).next_revision(RULES, NOW)
    memory = folder_of(job := job.with_photo(photo("new.jpg"), RULES, NOW))
    memory.upload("long ago.jpg")
    memory.upload("long ago.zip", kind=UploadKind.ARCHIVE)
    memory.seen = {(job.person_key, name): f"E-{name}" for name in ("long ago.jpg", "long ago.zip")}
    assert look(memory, job) == memory[job]
    assert memory.calls.count("etags") == 1
    assert memory[job].version == 1


# -- races ----------------------------------------------------------------------------------------


def test_a_photo_that_was_recorded_and_deleted_meanwhile_is_never_closed_in() -> None:
    """The job that the caller read is old: another run has recorded a photo that is deleted by now."""
    memory = folder_of(old := collecting(photo("1")), marker_at=NOW + MINUTE_MS)
    old = memory[old]
    memory.save(old, old.with_photo(photo("private"), RULES, NOW))
    memory.upload("late", at=NOW)
    memory.time = NOW + 2 * MINUTE_MS
    with pytest.raises(Conflict):
        look_through(memory.world(), "li", old)
    assert memory[old].state is S.COLLECTING
    after = look(memory, old)
    assert after.state is S.QUEUED
    assert [one.name for one in after.photo_set.photos] == ["1", "late"]


def test_a_tick_looks_at_the_set_as_it_is_and_not_as_it_was_observed() -> None:
    memory = folder_of(job := collecting(photo("1")), marker_at=NOW + MINUTE_MS)
    observed = memory[job]
    memory.save(observed, observed.with_photo(photo("private"), RULES, NOW))
    memory.time = NOW + 2 * MINUTE_MS
    assert carry_out(memory.world(), Look(observed))
    assert [one.name for one in memory[job].photo_set.photos] == ["1"]


# -- a marker that closes nothing -----------------------------------------------------------------


def looks_in_ten_ticks(memory: Memory) -> int:
    looks = 0
    for _ in range(10):
        memory.time += MINUTE_MS
        looks += reconcile(memory.world(Rules(sweep_rest_ms=10**9))).actions.get("look", 0)
    return looks


def test_a_marker_after_carried_photos_alone_is_not_looked_at_in_every_tick() -> None:
    second = collecting(photo("old.jpg")).closed(ClosedBy.QUIET, NOW).next_revision(RULES, NOW)
    memory = folder_of(second, marker_at=NOW - 10)
    marked = look(memory, second)
    assert (marked.state, marked.photo_set.ready_at, marked.due_at) == (S.COLLECTING, NOW - 10, NEVER)
    memory.progress = memory.progress.resting(NOW + 10**9)
    assert looks_in_ten_ticks(memory) == 0


def test_a_marked_set_with_a_zip_is_looked_at_when_the_run_that_unpacks_it_is_dead() -> None:
    unpacking = photo("a.zip", Verdict.UNPACKING, recorded_at=NOW)
    memory = folder_of(job := collecting(photo("1.jpg"), unpacking), marker_at=NOW - 10)
    marked = look(memory, job)
    assert (marked.state, marked.photo_set.ready_at) == (S.COLLECTING, NOW - 10)
    assert marked.due_at == NOW + UNPACKING_TAKES_MS
    memory.progress = memory.progress.resting(NOW + 10**9)
    memory.time = NOW + UNPACKING_TAKES_MS - MINUTE_MS - 1
    assert reconcile(memory.world(Rules(sweep_rest_ms=10**9))).actions == {}
