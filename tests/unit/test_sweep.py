"""The sweep: finds uploads whose event never came, and is held up by nobody's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.object_keys import PEOPLE_PREFIX, Kind, person_key
from shared.domain.photos import Verdict
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.domain.states import JobState
from shared.domain.sweeping import TRIES_OF_A_PAGE, SweepProgress
from shared.domain.trouble_kinds import Api
from shared.domain.trouble_kinds import Kind as TroubleKind
from shared.errors import AccountTrouble, RetryLater, Trouble
from shared.workflow.closing import look_through
from shared.workflow.sweep import EVENTS_TAKE_MS, TIME_FOR_A_PERSON_MS, sweep
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo

S = JobState
LONG_AGO = NOW - 10 * MINUTE_MS
SILENT = RetryLater("InternalError", "…", delay_seconds=1, api=Api.LISTING)
REFUSED = AccountTrouble("AccessDenied", "…", delay_seconds=1, kind=TroubleKind.ACCOUNT, api=Api.LISTING)


def swept(memory: Memory) -> int:
    """Let the sweep do one run's share."""
    world = memory.world()
    world.health.begin(memory.well_being)
    return sweep(world, memory.progress)


def uploads(*people: str) -> Memory:
    memory = Memory()
    for person in people:
        memory.upload("1.jpg", at=LONG_AGO, person_id=person)
    return memory


# -- what is found --------------------------------------------------------------------------------


def test_a_photo_without_a_row_is_recorded() -> None:
    memory = uploads("li")
    assert swept(memory) == 1
    (job,) = memory.rows.values()
    assert [one.name for one in job.photo_set.usable] == ["1.jpg"]
    assert memory.progress.rests_until == NOW + RULES.sweep_rest_ms
    assert swept(memory) == 0


def test_a_young_upload_is_left_to_its_event() -> None:
    memory = Memory()
    memory.upload("1.jpg", at=NOW - EVENTS_TAKE_MS)
    assert swept(memory) == 0
    memory.time += 1
    assert swept(memory) == 1


def test_a_zip_that_is_being_unpacked_has_its_turn_in_the_look_at_its_set_alone() -> None:
    zipped = photo("all.zip", Verdict.UNPACKING, uploaded_at=LONG_AGO)
    memory = Memory(collecting(zipped))
    memory.upload("all.zip", at=LONG_AGO, kind=Kind.ARCHIVE)
    assert swept(memory) == 0
    # Another zip under its name is news.
    memory.objects["people/li/all.zip"] = replace(memory.objects["people/li/all.zip"], etag="another")
    memory.progress = SweepProgress()
    assert swept(memory) == 1


def test_a_marker_whose_event_was_lost_closes_its_set() -> None:
    memory = Memory(job := collecting(photo("1.jpg", uploaded_at=LONG_AGO - 1)))
    memory.upload("1.jpg", at=LONG_AGO - 1)
    memory.upload(RULES.ready_marker, at=LONG_AGO, kind=Kind.MARKER)
    assert swept(memory) == 1
    assert (memory[job].state, memory[job].closed_by) == (S.QUEUED, "marker")


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING, S.SUCCEEDED])
def test_the_marker_of_a_set_that_is_closed_is_no_news(state: JobState) -> None:
    memory = Memory(job_in(state))
    memory.upload("a.jpg", at=NOW - 1000)
    memory.upload(RULES.ready_marker, at=LONG_AGO, kind=Kind.MARKER)
    assert swept(memory) == 0


def test_uploads_that_belong_to_nobody_are_noted_for_people_to_look_at() -> None:
    memory = uploads("li")
    stray = replace(memory.objects["people/li/1.jpg"])
    memory.objects |= {"people/stray.jpg": stray, "People/li/1.jpg": stray, "other/1.jpg": stray}
    # Consoles make such objects for folders, and systems theirs: nobody has to look at these.
    memory.objects |= {
        "people/": stray,
        "people/li/": stray,
        "people/li/b/": stray,
        "people/li/.DS_Store": stray,
    }
    swept(memory)
    assert set(memory.nobodys) == {"people/stray.jpg", "People/"}


# -- very many uploads of one person --------------------------------------------------------------


def test_what_a_full_set_has_no_room_for_is_not_taken_for_recorded() -> None:
    memory = uploads("li")
    memory.troubles["detect_faces"] = RetryLater("Throttling", "…", delay_seconds=1, api=Api.FACE_CHECK)
    for number in range(200):
        memory.upload(f"{number:03}.jpg", at=LONG_AGO)
    assert swept(memory) == 1
    (job,) = memory.rows.values()
    assert len(job.photo_set.unfinished) < 200
    assert memory.progress.may_miss(0, "people/li/1.jpg")
    del memory.troubles["detect_faces"]
    for _ in range(3):
        memory.time += MINUTE_MS
        memory.progress = replace(memory.progress, rests_until=0)
        swept(memory)
    assert len(memory.rows[job.job_id].photo_set.photos) == 201
    assert not memory.progress.may_miss(0, "people/li/1.jpg")


def test_a_photo_behind_the_part_of_a_folder_that_a_look_reads_is_recorded_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.sweep.PAGE", 3)
    monkeypatch.setattr("shared.workflow.folders.PAGE", 3)
    monkeypatch.setattr("shared.workflow.folders.MAX_PAGES", 2)
    memory = uploads("a", "z")
    for number in range(10):
        memory.upload(f"{number}.jpg", at=LONG_AGO)
    swept(memory)
    names = {job.person_id: [one.name for one in job.photo_set.photos] for job in memory.rows.values()}
    everything = [f"{number}.jpg" for number in range(10)]
    assert {person: sorted(photos) for person, photos in names.items()} == {
        "a": ["1.jpg"],
        "li": everything,
        "z": ["1.jpg"],
    }
    assert not memory.progress.may_miss(0, "people/li/1.jpg")


# -- one person's trouble -------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [SILENT, KeyError("surprise")], ids=["foreseen", "unforeseen"])
def test_a_person_who_cannot_be_looked_up_holds_nobody_up_and_is_looked_up_again(problem: Exception) -> None:
    memory = uploads("bad", "good")
    memory.troubles["list_page people/bad/"] = problem
    assert swept(memory) == 2
    assert [job.person_id for job in memory.rows.values()] == ["good"]
    assert memory.progress.stuck == ("bad",)
    del memory.troubles["list_page people/bad/"]
    # Also when a later round would take everything of that time for recorded.
    memory.progress = replace(memory.progress, recorded_before=NOW, rests_until=0)
    assert swept(memory) == 1
    assert memory.progress.stuck == ()


def test_a_person_whose_uploads_were_recorded_by_their_own_events_is_stuck_no_more() -> None:
    memory = uploads("bad")
    memory.troubles["list_page people/bad/"] = SILENT
    swept(memory)
    assert memory.progress.stuck == ("bad",)
    del memory.troubles["list_page people/bad/"]
    look_through(memory.world(), "bad", None)
    memory.progress = replace(memory.progress, rests_until=0)
    assert swept(memory) == 0
    assert memory.progress.stuck == ()


def test_a_person_who_has_killed_runs_comes_last_and_then_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for deaths, order in ((0, ["a", "b"]), (1, ["b", "a"]), (DEATHS_ALLOWED, ["b"])):
        memory = uploads("a", "b")
        memory.well_being = replace(
            memory.well_being, deaths={f"{person_key('a')} Sweep": deaths}, died_at=NOW
        )
        swept(memory)
        assert [job.person_id for job in memory.rows.values()] == order
    assert "function_died" in caplog.text


def test_whoever_has_had_a_turn_is_not_the_first_again_when_a_run_ends_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = uploads("a", "b", "c")
    world = memory.world()

    def slow(*given: Any, **named: Any) -> object:
        memory.time += LIFE_MS - TIME_FOR_A_PERSON_MS
        return look_through(*given, **named)

    monkeypatch.setattr("shared.workflow.sweep.look_through", slow)
    assert sweep(world, memory.progress) == 1
    assert memory.progress.people_passed == ("a",)
    assert memory.progress.cursor == ""
    monkeypatch.undo()
    assert swept(memory) == 2
    assert [job.person_id for job in memory.rows.values()] == ["a", "b", "c"]


def test_a_run_that_had_time_for_nobody_writes_nothing() -> None:
    memory = uploads("li")
    world = memory.world()
    memory.time += LIFE_MS - TIME_FOR_A_PERSON_MS
    assert sweep(world, memory.progress) == 0
    assert (memory.rows, memory.progress) == ({}, SweepProgress())


def test_the_sweep_says_that_it_works_before_it_looks_anybody_up() -> None:
    memory = uploads("li")
    began: list[int] = []
    memory.before_save = lambda _: began.append(memory.well_being.run_began_at)
    swept(memory)
    assert began == [NOW]


# -- a bucket that does not answer ----------------------------------------------------------------


@pytest.mark.parametrize(
    "problem", [SILENT, REFUSED, ValueError("surprise")], ids=["passing", "refused", "unforeseen"]
)
def test_a_refused_page_rests_and_is_read_again(problem: Exception) -> None:
    memory = uploads("li")
    memory.troubles[f"list_page {PEOPLE_PREFIX}"] = problem
    with pytest.raises(type(problem)):
        swept(memory)
    assert (memory.progress.cursor, memory.progress.refusals) == ("", 1)
    assert memory.progress.rests_until == NOW + RULES.sweep_rest_ms
    assert memory.well_being.is_open(Api.LISTING) is (problem is REFUSED)


def test_a_page_that_is_refused_again_and_again_is_passed_over_with_its_person() -> None:
    memory = uploads("a", "b")
    memory.progress = SweepProgress(cursor="people/a/0.jpg", round_began=NOW)
    memory.troubles[f"list_page {PEOPLE_PREFIX}"] = SILENT
    for _ in range(TRIES_OF_A_PAGE):
        assert memory.progress.cursor == "people/a/0.jpg"
        with pytest.raises(RetryLater):
            swept(memory)
    memory.troubles.clear()
    assert swept(memory) == 1
    assert [job.person_id for job in memory.rows.values()] == ["b"]


@pytest.mark.parametrize("problem", [SILENT, REFUSED], ids=["passing", "refused"])
def test_no_page_is_passed_over_while_the_bucket_is_refused_to_all(problem: Trouble) -> None:
    memory = uploads("a")
    memory.progress = SweepProgress(cursor="people/a/0.jpg", round_began=NOW, refusals=100)
    memory.well_being = memory.well_being.failed(REFUSED.cause, NOW)
    memory.troubles[f"list_page {PEOPLE_PREFIX}"] = problem
    with pytest.raises(RetryLater):
        swept(memory)
    assert memory.progress.cursor == "people/a/0.jpg"


def test_folders_that_cannot_be_listed_keep_the_sweep_from_nothing() -> None:
    memory = uploads("li")
    memory.troubles["list_folders"] = SILENT
    assert swept(memory) == 1
