"""The smoke test's person on the whole workflow: checked like anybody, and never paid for."""

from __future__ import annotations

from shared.domain.held_back import SMOKE_PERSON
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.faults import NoFaults
from tests.workflow.support import tick


def test_its_photos_are_checked_and_never_trained_though_a_marker_and_ten_photos_say_so() -> None:
    cloud = SimulatedCloud(1, NoFaults(), rules=Rules(close_at=3))
    names = [f"{number}.jpg" for number in range(10)]
    for name in names:
        cloud.upload(SMOKE_PERSON, name, f"FACE {name}".encode())
    cloud.upload(SMOKE_PERSON, "_READY", b"")
    cloud.upload("Li", "a.jpg", b"FACE of another")
    cloud.upload("Li", "_READY", b"")
    with simulated(cloud):
        jobs = {job.person_id: job for job in tick(cloud, 15)}
        paid = cloud.studio.ledger()
    cloud.close()
    assert {photo.verdict for photo in jobs[SMOKE_PERSON].photo_set.photos} == {Verdict.USABLE}
    assert len(jobs[SMOKE_PERSON].photo_set.photos) == len(names)
    assert (jobs[SMOKE_PERSON].state, jobs["Li"].state) == (JobState.COLLECTING, JobState.SUCCEEDED)
    assert len(paid) == 1
