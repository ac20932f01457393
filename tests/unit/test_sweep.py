"""The sweep's look-ups of people whose folder is full."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.photo_set import MAX_REMEMBERED
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.workflow.sweep import sweep
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, job_in, remembering


@pytest.mark.parametrize(("remembered", "found"), [(MAX_REMEMBERED - 1, 1), (MAX_REMEMBERED, 0)])
def test_the_sweep_does_not_look_for_photos_that_a_full_folder_cannot_take(
    remembered: int, found: int
) -> None:
    job = replace(job_in(JobState.SUCCEEDED), delivered=True)
    memory = Memory(remembering(job, remembered))
    memory.upload("one-more", at=NOW - 10 * MINUTE_MS)
    assert sweep(memory.world(), SweepProgress()) == found
