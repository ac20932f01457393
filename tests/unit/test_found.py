"""What a second reading has found in single steps."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.fine_tunes import FineTune
from shared.domain.job import open_job
from shared.domain.states import JobState
from shared.workflow.owning import find_own


def test_a_fine_tune_made_from_stored_files_is_the_jobs_own_when_its_snapshots_are_made_again() -> None:
    sent = replace(
        open_job("Li", 1, 1), state=JobState.QUEUED, attempt=1, files=("a.jpg",), file_ids=("file-1",)
    )
    again = sent.with_files(sent.photo_set, 2)
    made = FineTune(fine_tune_id="ft-1", status="RUNNING", files=("file-1",))
    assert find_own(sent, [made]) == made
    assert find_own(again, [made]) == made
