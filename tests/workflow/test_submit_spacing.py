"""DashScope takes 1 submit a second from an account, however many may run."""

from __future__ import annotations

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.rules import Rules
from shared.domain.states import JobState
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.faults import NoFaults

PEOPLE = 6


def test_sets_that_close_together_are_sent_one_after_the_other_and_none_is_refused() -> None:
    cloud = SimulatedCloud(
        1,
        NoFaults(),
        rules=Rules(quiet_ms=60_000, concurrent_trainings=PEOPLE, kept_fine_tunes=1000),
        behaviour=Behaviour(
            training_seconds=600.0, fetch="start", concurrent_fine_tunes=PEOPLE, submits_per_second=1
        ),
    )
    cloud.gate.latency = 1
    with simulated(cloud):
        for number in range(PEOPLE):
            cloud.upload(f"person {number}", "1.jpg", b"FACE %d" % number)
        cloud.advance(2 * TICK_MS)
        # Two ticks at once: the spacing holds over all instances. More than 1 in a second is a violation.
        for _ in range(3):
            cloud.invoke_reconcile()
            cloud.invoke_reconcile()
            cloud.advance(TICK_MS)
        assert [job.state for job in cloud.jobs()] == [JobState.TRAINING] * PEOPLE
        submits = [call for call in cloud.gate.trace if call.operation == "CreateFineTune"]
        assert len(submits) == PEOPLE
    cloud.close()
