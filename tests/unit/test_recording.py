"""Recording a photo where its set is crowded, its folder full, or its set closed before it came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.photo_set import MAX_RECORDED, MAX_REMEMBERED, ClosedBy
from shared.domain.photos import Verdict
from shared.domain.rules import MAX_PHOTOS
from shared.domain.states import JobState
from shared.errors import RetryLater
from shared.workflow.recording import record_photo
from tests.unit.memory import Memory
from tests.unit.support import NOW, RULES, collecting, job_in, photo, remembering

S = JobState


def test_a_photo_that_would_push_out_an_unchecked_one_has_to_wait_and_loses_nothing() -> None:
    unchecked = [photo(f"u-{number:03}", Verdict.UNCHECKED) for number in range(MAX_RECORDED)]
    memory = Memory(job := collecting(*unchecked))
    with pytest.raises(RetryLater) as raised:
        record_photo(memory.world(), memory.upload("one-more"), memory[job])
    assert raised.value.code == "set_crowded"
    assert memory[job].photo_set == job.photo_set
    assert not memory[job].knows("one-more", "E-one-more")


def test_a_crowded_set_that_has_closed_does_not_keep_the_next_one_waiting() -> None:
    photos = [photo(f"{number:03}") for number in range(MAX_RECORDED)]
    job = collecting(*photos[:MAX_PHOTOS]).closed(ClosedBy.COUNT, NOW)
    memory = Memory(job := replace(job, photo_set=replace(job.photo_set, photos=tuple(photos))))
    recorded = record_photo(memory.world(), memory.upload("later", at=NOW + 1), memory[job])
    assert recorded.job is not None
    assert (recorded.outcome, recorded.job.revision) == ("usable", 2)


@pytest.mark.parametrize("state", [S.COLLECTING, S.REJECTED, S.QUEUED, S.SUCCEEDED])
def test_a_folder_that_a_row_cannot_remember_takes_no_more_photos(
    state: JobState, caplog: pytest.LogCaptureFixture
) -> None:
    memory = Memory(job := remembering(job_in(state), MAX_REMEMBERED))
    recorded = record_photo(memory.world(), memory.upload("one-more"), memory[job])
    assert recorded.outcome == "folder_full"
    assert list(memory.rows) == [job.job_id]
    assert memory[job].photo_set == job.photo_set
    assert "folder_full" in caplog.text


def test_the_photos_of_a_full_folder_are_still_known() -> None:
    memory = Memory(job := remembering(job_in(S.QUEUED), MAX_REMEMBERED))
    assert record_photo(memory.world(), memory.upload("a.jpg"), memory[job]).outcome == "known"


def test_a_late_photo_under_a_used_name_leaves_the_record_of_the_trained_one() -> None:
    job = collecting(*(photo(f"{number}") for number in range(MAX_PHOTOS))).closed(ClosedBy.COUNT, NOW)
    memory = Memory(job)
    upload = memory.upload("3", at=NOW - 1)
    memory.objects[upload.key] = replace(memory.objects[upload.key], etag="overwritten")
    assert record_photo(memory.world(), upload, memory[job]).outcome == "over_limit"
    *trained, newer = memory[job].photo_set.photos
    assert tuple(trained) == job.photo_set.photos
    assert (newer.name, newer.etag, newer.verdict) == ("3", "overwritten", Verdict.OVER_LIMIT)
    assert record_photo(memory.world(), upload, memory[job]).outcome == "known"


def test_a_job_that_was_read_too_early_is_read_again_after_the_save_that_another_run_won() -> None:
    job = collecting(photo("a"))
    memory = Memory(job)
    stale = memory[job]
    memory.save(stale, stale.with_photo(photo("b"), RULES, NOW))
    recorded = record_photo(memory.world(), memory.upload("c"), stale)
    assert recorded.outcome == "usable"
    assert [one.name for one in memory[job].photo_set.photos] == ["a", "b", "c"]
    assert memory.calls == ["latest"]
    assert len(memory.checked) == 1, "the verdict of the first try counts for the second"
