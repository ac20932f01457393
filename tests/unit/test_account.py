"""Room under the account's cap: only superseded fine-tunes of our own are ever deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest import mock

import pytest

from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job, open_job
from shared.domain.money import DAY_MS
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.errors import Permanent, RetryLater
from shared.workflow.account import counted, make_room
from tests.unit.memory import Memory
from tests.unit.support import NOW, fine_tune, job_in

S = JobState
DELETING = Rules(delete_superseded=True)


def fine_tune_of(
    job: Job, fine_tune_id: str, *, bucket: str = "photos", status: str = "SUCCEEDED"
) -> FineTune:
    file = f"https://{bucket}.oss.example/submissions/{job.job_id}/a.jpg"
    return fine_tune(status, fine_tune_id, files=(file,), created_at=NOW)


def superseded() -> tuple[Memory, Job, Job]:
    """A person with two models."""
    first = job_in(S.SUCCEEDED, delivered=True)
    second = replace(first, revision=2)
    return Memory(first, second), first, second


@pytest.mark.parametrize(("rules", "deleted"), [(DELETING, ["ft-1"]), (Rules(), [])])
def test_the_fine_tune_of_a_superseded_revision_is_deleted_if_that_is_wanted(
    rules: Rules, deleted: list[str]
) -> None:
    memory, first, second = superseded()
    account = [fine_tune_of(second, "ft-2"), fine_tune_of(first, "ft-1")]
    assert make_room(memory.world(rules), account) is bool(deleted)
    assert memory.deleted == deleted


def test_of_several_superseded_fine_tunes_the_oldest_goes_and_no_more_than_one() -> None:
    memory, first, _ = superseded()
    newer, older = (
        fine_tune_of(first, "ft-newer"),
        replace(fine_tune_of(first, "ft-older"), created_at=NOW - 1),
    )
    assert make_room(memory.world(DELETING), [newer, older])
    assert memory.deleted == ["ft-older"]


@pytest.mark.parametrize("bucket", ["photos", "theirs"])
def test_a_fine_tune_of_a_person_without_any_row_is_never_deleted(bucket: str) -> None:
    # The person may have been erased, or the row may be in another deployment's tables.
    memory = Memory()
    account = [fine_tune_of(open_job("erased", 1, NOW), "ft-1", bucket=bucket)]
    assert not make_room(memory.world(DELETING), account)
    assert memory.deleted == []


def test_a_fine_tune_that_was_made_from_another_bucket_is_never_deleted() -> None:
    memory, first, _ = superseded()
    assert not make_room(memory.world(DELETING), [fine_tune_of(first, "ft-1", bucket="theirs")])
    assert memory.deleted == []


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "CANCELED", "PENDING"])
def test_only_a_fine_tune_that_has_succeeded_is_deleted(status: str) -> None:
    memory, first, _ = superseded()
    assert not make_room(memory.world(DELETING), [fine_tune_of(first, "ft-1", status=status)])
    assert memory.deleted == []


@pytest.mark.parametrize("state", [S.COLLECTING, S.TRAINING, S.FAILED, S.CANCELED])
def test_a_newer_revision_without_a_model_supersedes_nothing(state: JobState) -> None:
    first = job_in(S.SUCCEEDED, delivered=True)
    memory = Memory(first, replace(job_in(state), revision=2))
    assert not make_room(memory.world(DELETING), [fine_tune_of(first, "ft-1")])
    assert memory.deleted == []


def test_a_refused_deletion_makes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, first, _ = superseded()

    def refuse(_: str) -> None:
        raise Permanent("UnsupportedOperation", "The fine-tune job can not be deleted")

    monkeypatch.setattr(memory, "delete_fine_tune", refuse)
    assert not make_room(memory.world(DELETING), [fine_tune_of(first, "ft-1")])


# -- the count, and how much of the list it takes -------------------------------------------------


COUNTED = Slot(kept=3, taken_at=NOW)
TOO_LONG = RetryLater("list_too_long", "…", delay_seconds=10, api=Api.TRAINING)
NEVER_TRIED = job_in(S.QUEUED)
TRIED = replace(NEVER_TRIED, attempt=1)


@pytest.mark.parametrize("queued", [NEVER_TRIED, TRIED], ids=["never tried", "tried before"])
def test_a_queued_set_takes_the_newest_part_of_the_list_alone(queued: Job) -> None:
    memory = Memory()
    memory.list_is_short = False
    slot, _ = counted(memory.world(), queued, COUNTED)
    assert memory.calls == ["list newest"]
    assert slot.kept == 3


def test_a_set_that_was_tried_so_long_ago_that_the_newest_part_does_not_reach_it_takes_the_whole_list() -> (
    None
):
    memory = Memory()
    memory.list_is_short = memory.list_is_reached = False
    memory.listed = [fine_tune("SUCCEEDED", "ft-1")]
    slot, account = counted(memory.world(), TRIED, COUNTED)
    assert memory.calls == ["list newest", "list fine-tunes"]
    assert (slot.kept, account) == (1, memory.listed)
    assert counted(memory.world(), NEVER_TRIED, COUNTED)[0].kept == 3


@pytest.mark.parametrize(
    "slot",
    [Slot(taken_at=NOW), Slot(kept=20, taken_at=NOW), Slot(kept=3, taken_at=NOW - DAY_MS)],
    ids=["never counted", "the cap is reached", "counted on another day"],
)
def test_the_account_is_counted_anew(slot: Slot) -> None:
    memory = Memory()
    memory.list_is_short = False
    assert counted(memory.world(), NEVER_TRIED, slot)[0].kept == 0
    assert memory.calls == ["list fine-tunes"]


def test_a_list_that_was_read_whole_in_passing_counts() -> None:
    memory = Memory()
    assert counted(memory.world(), NEVER_TRIED, COUNTED)[0].kept == 0


@pytest.mark.parametrize("queued", [NEVER_TRIED, TRIED], ids=["never tried", "tried before"])
def test_a_list_that_is_too_long_keeps_no_queued_set(queued: Job) -> None:
    memory = Memory()

    def whole() -> Iterator[FineTune]:
        raise TOO_LONG

    memory.list_is_short = memory.list_is_reached = False
    world = memory.world()
    with mock.patch.object(memory, "fine_tunes", whole):
        assert counted(world, queued, Slot(kept=3, taken_at=NOW - DAY_MS))[0].kept == 3
    assert memory.calls == ["list newest"]


def test_another_trouble_of_the_list_keeps_everybody() -> None:
    memory = Memory()
    memory.troubles["fine_tunes"] = RetryLater("unreachable", "…", delay_seconds=10, api=Api.TRAINING)
    with pytest.raises(RetryLater):
        counted(memory.world(), NEVER_TRIED, COUNTED)
