"""Room under the account's cap: only superseded fine-tunes of our own are ever deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job, open_job
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.errors import Permanent
from shared.workflow.account import make_room
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
