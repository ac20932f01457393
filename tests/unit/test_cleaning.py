"""A snapshot with metadata is written anew without them, and nobody is given the other one."""

from __future__ import annotations

import pytest

from shared.domain.photos import Verdict
from shared.errors import RetryLater
from shared.workflow.checking import judge
from shared.workflow.cleaning import without_its_metadata
from tests.unit.memory import CLEAN_JPEG, Memory
from tests.unit.support import collecting, photo

DIRTY_JPEG = CLEAN_JPEG[:2] + b"\xff\xe1\x00\x0aExif\x00\x00GP" + CLEAN_JPEG[2:]
BUSY = RetryLater("ServiceUnavailable", "…", delay_seconds=1)
SET = collecting()
NEW = photo("a.jpg", Verdict.UNPREPARED)


def dirty(content: bytes = DIRTY_JPEG) -> Memory:
    """A bucket in which every snapshot begins with metadata and has ``content``."""
    memory = Memory()
    memory.snapshot_begins_with = DIRTY_JPEG
    memory.reads_any = content
    return memory


def test_a_snapshot_with_metadata_is_written_anew_without_them_and_the_other_one_is_deleted() -> None:
    memory = dirty()
    judged = judge(memory.world(), "people/li/a.jpg", NEW, SET)
    assert judged.verdict is Verdict.USABLE
    assert memory.contents == {judged.snapshot: CLEAN_JPEG}
    (deleted,) = memory.deleted
    assert deleted != judged.snapshot
    assert deleted.startswith(f"submissions/{SET.job_id}/")
    (checked,) = memory.checked
    assert judged.snapshot in checked


def test_a_snapshot_without_metadata_costs_no_call_more() -> None:
    memory = Memory()
    judge(memory.world(), "people/li/a.jpg", NEW, SET)
    assert (memory.contents, memory.deleted) == ({}, [])


@pytest.mark.parametrize("operation", ["read", "write"])
def test_a_snapshot_that_cannot_be_cleaned_now_is_not_checked_and_is_tried_again(operation: str) -> None:
    memory = dirty()
    memory.troubles[operation] = BUSY
    judged = judge(memory.world(), "people/li/a.jpg", NEW, SET)
    assert (judged.verdict, judged.snapshot) == (Verdict.UNPREPARED, "")
    assert judged.retry is not None
    assert memory.checked == []


def test_a_snapshot_that_is_no_whole_jpeg_is_given_to_nobody() -> None:
    memory = dirty(DIRTY_JPEG[:-2])
    judged = judge(memory.world(), "people/li/a.jpg", NEW, SET)
    assert (judged.verdict, judged.snapshot) == (Verdict.NOT_AN_IMAGE, "")
    assert (memory.contents, memory.checked) == ({}, [])


def test_the_other_one_may_stay_in_the_account_when_it_cannot_be_deleted() -> None:
    memory = dirty()
    memory.troubles["delete"] = BUSY
    clean = without_its_metadata(memory.world(), "submissions/li-1/dirty.jpg", "li-1")
    assert memory.contents == {clean: CLEAN_JPEG}
