"""The slot of a job whose row cannot be read: kept while its fine-tune may be going, and not for ever."""

from __future__ import annotations

import pytest

from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job
from shared.domain.object_keys import snapshot_key
from shared.domain.photo_access import Way
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.stored_files import StoredFile, mark_of, name_for_training
from shared.workflow.reclaiming import RUNS_LAST_MS, reclaim
from tests.unit.memory import Memory
from tests.unit.support import NOW, RULES, fine_tune, job_in

DAY_MS = 86_400_000
ODD = job_in(JobState.TRAINING, "odd")
OTHER = job_in(JobState.TRAINING, "other")
LONG_AGO = NOW - RUNS_LAST_MS - RULES.listing_delay_ms


def held(*listed: FineTune, taken_at: int = LONG_AGO) -> Memory:
    """The slot is held by a job whose row says nothing, and the list shows fine-tunes."""
    memory = Memory(ODD, slot=Slot(holders=(ODD.job_id,), taken_at=taken_at, kept=3))
    memory.listed = list(listed)
    return memory


def made_for(job: Job, status: str, fine_tune_id: str = "ft-1") -> FineTune:
    key = snapshot_key(job.job_id, "0123456789abcdef")
    return fine_tune(status, fine_tune_id, files=(f"https://photos.oss.example/{key}",))


@pytest.mark.parametrize(("status", "kept"), [("SUCCEEDED", 3), ("FAILED", 2), ("CANCELED", 2)])
def test_the_slot_is_free_again_once_the_list_says_that_the_fine_tune_has_ended(
    status: str, kept: int
) -> None:
    memory = held(made_for(ODD, status))
    assert reclaim(memory.world(), ODD.job_id)
    assert (memory.held.holders, memory.held.kept) == ((), kept)
    assert memory.held.ended_fine_tunes == ("ft-1",)
    assert memory[ODD].version == 1, "the row stays as it is"


@pytest.mark.parametrize("status", ["PENDING", "QUEUING", "RUNNING", "CANCELING", "DREAMING"])
def test_the_slot_is_kept_while_a_fine_tune_of_the_job_is_going(status: str) -> None:
    memory = held(made_for(ODD, "FAILED", "ft-1"), made_for(ODD, status, "ft-2"))
    assert not reclaim(memory.world(), ODD.job_id)
    assert memory.held.held_by(ODD.job_id)


def test_the_slot_is_free_when_the_list_shows_that_there_never_was_a_fine_tune() -> None:
    memory = held(made_for(OTHER, "RUNNING"))
    assert reclaim(memory.world(), ODD.job_id)


@pytest.mark.parametrize(
    ("taken_at", "is_reclaimed"),
    [
        (LONG_AGO, True),
        # The run that took it may be alive, or its fine-tune missing in the list for being so new.
        (LONG_AGO + 1, False),
        (NOW, False),
        # No right clock would have said so.
        (NOW + 86_400_000, True),
    ],
)
def test_nothing_is_believed_before_a_new_fine_tune_would_show(taken_at: int, is_reclaimed: bool) -> None:
    memory = held(taken_at=taken_at)
    assert reclaim(memory.world(), ODD.job_id) is is_reclaimed
    assert ("list fine-tunes" in memory.calls) is is_reclaimed


@pytest.mark.parametrize(
    ("files", "status", "is_reclaimed"),
    [
        ((), "RUNNING", False),
        (("https://elsewhere.example/1.jpg",), "RUNNING", False),
        ((), "SUCCEEDED", True),
    ],
)
def test_a_fine_tune_that_does_not_tell_whose_it_is_may_be_the_jobs_while_it_is_going(
    files: tuple[str, ...], status: str, is_reclaimed: bool
) -> None:
    memory = held(fine_tune(status, "ft-9", files=files))
    assert reclaim(memory.world(), ODD.job_id) is is_reclaimed


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_by_way_of_the_file_service_the_names_of_the_files_tell_whose_they_are(status: str) -> None:
    memory = held(fine_tune(status, "ft-1", files=("file-7",)))
    names = (f"submissions/{name}/0123456789abcdef.jpg" for name in (ODD.job_id, OTHER.job_id))
    files = [name_for_training(mark_of(memory.name), key) for key in names]
    memory.stored_files = [StoredFile("file-7", files[0]), StoredFile("file-8", files[1])]
    is_over = status == "SUCCEEDED"
    assert reclaim(memory.world(way=Way.FILE), ODD.job_id) is is_over
    assert memory.held.ended_fine_tunes == (("ft-1",) if is_over else ())


@pytest.mark.parametrize(
    ("way", "listed"),
    [(Way.URL, ()), (Way.URL, (made_for(ODD, "FAILED"),)), (Way.FILE, (made_for(ODD, "FAILED"),))],
)
def test_files_are_listed_only_where_they_may_tell_more(way: Way, listed: tuple[FineTune, ...]) -> None:
    memory = held(*listed)
    memory.troubles["files"] = AssertionError("nobody asks")
    assert reclaim(memory.world(way=way), ODD.job_id)


@pytest.mark.parametrize(("age_ms", "is_reclaimed"), [(6 * DAY_MS, False), (8 * DAY_MS, True)])
def test_what_has_gone_on_for_a_week_without_telling_whose_it_is_is_another_models(
    age_ms: int, is_reclaimed: bool
) -> None:
    memory = held(fine_tune("RUNNING", "ft-9", created_at=NOW - age_ms))
    assert reclaim(memory.world(), ODD.job_id) is is_reclaimed


def test_how_many_files_a_doubtful_fine_tune_has_tells_nothing() -> None:
    memory = held(fine_tune("RUNNING", "ft-9", files=("file-1", "file-2")))
    assert not reclaim(memory.world(), ODD.job_id)


def test_a_slot_that_the_job_holds_no_more_is_left_alone() -> None:
    memory = held()
    memory.held = Slot(holders=(OTHER.job_id,), taken_at=LONG_AGO)
    assert not reclaim(memory.world(), ODD.job_id)
    assert memory.held.holders == (OTHER.job_id,)
