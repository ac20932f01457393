"""A run that stays for a training: beside no other run, and on with the work when another was faster."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from shared.domain import lingering
from shared.domain.decide import Observed
from shared.domain.job import Job
from shared.domain.lingering import Lingering, Plan
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from shared.errors import RetryLater
from shared.workflow import linger, training
from shared.workflow.linger import Lingerer
from shared.workflow.looks import Looks
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, fine_tune, job_in

S = JobState


def about_to_end() -> tuple[Memory, Job, Observed]:
    """A training that is likely to end before the next tick, and has ended at DashScope."""
    job = job_in(S.TRAINING, submitted_at=NOW - 300_000, fine_tune_id="ft-1")
    memory = Memory(job)
    memory.known["ft-1"] = fine_tune("SUCCEEDED", "ft-1", finetuned_output="model")
    slot = Slot(holders=(job.job_id,), durations_ms=(302_000,) * 5)
    return memory, job, Observed(now=NOW, slot=slot, running=(memory[job],))


def lingerer(memory: Memory) -> Lingerer:
    world, next_tick_at = memory.world(), NOW + MINUTE_MS
    return Lingerer(world, next_tick_at, Looks(world.clock, next_tick_at))


@pytest.mark.parametrize(
    ("until", "stays"),
    [
        (0, True),
        (NOW, True),
        (NOW + 1, False),
        (NOW + MINUTE_MS, False),
        (NOW + 2 * RULES.linger_ms, False),
        (NOW + 2 * RULES.linger_ms + 1, True),
        (NOW + 365 * 24 * 60 * MINUTE_MS, True),
    ],
)
def test_no_run_stays_beside_another_but_a_clock_far_ahead_keeps_none_away(until: int, stays: bool) -> None:
    memory, job, seen = about_to_end()
    seen = replace(seen, lingering=Lingering(until=until))
    assert lingerer(memory).stay(seen) is stays
    assert memory[job].state is (S.SUCCEEDED if stays else S.TRAINING)


def test_a_run_that_stays_and_finds_that_another_has_moved_the_job_goes_on_at_once() -> None:
    memory, job, seen = about_to_end()
    seen = replace(seen, running=(replace(memory[job], version=memory[job].version - 1),))
    assert lingerer(memory).stay(seen)
    assert memory[job].state is S.TRAINING


@pytest.mark.parametrize(
    "problem",
    [RetryLater("OTSServerBusy", "…", delay_seconds=1), KeyError("surprise")],
    ids=["trouble", "error"],
)
@pytest.mark.parametrize("operation", ["save_lingering", "fine_tunes"])
def test_a_run_that_cannot_stay_leaves_and_raises_nothing(problem: Exception, operation: str) -> None:
    memory, job, seen = about_to_end()
    memory.troubles[operation] = problem
    # A fine-tune that has an answer of its own no more is looked for in the list.
    memory.known.clear()
    memory.rows[job.job_id] = old = replace(memory[job], changed_at=NOW - 10 * MINUTE_MS)
    assert not lingerer(memory).stay(replace(seen, running=(old,)))
    assert memory[job].state is S.TRAINING


def test_the_row_says_until_when_a_run_stays_and_that_the_training_has_cost_as_much() -> None:
    memory, _, seen = about_to_end()
    assert lingerer(memory).stay(seen)
    assert memory.staying.stayed_ms == {"ft-1": memory.staying.until - NOW}


@pytest.mark.parametrize("waits", [True, False])
def test_a_run_stays_until_just_before_the_next_tick_where_somebody_waits_for_the_slot(waits: bool) -> None:
    memory, job, seen = about_to_end()
    queue = (job_in(S.QUEUED, person_id="next"),) if waits else ()
    seen = replace(seen, queue=queue, running=(replace(memory[job], submitted_at=NOW - 250_000),))
    assert lingerer(memory).stay(seen) is waits
    assert (NOW + MINUTE_MS - 3_500 < memory.staying.until <= NOW + MINUTE_MS - 2_500) is waits


@pytest.mark.parametrize(
    "halt",
    [{"paused": Pause(because="a holiday", by="admin", since=NOW)}, {"halted_until": NOW + MINUTE_MS}],
    ids=["paused", "halted"],
)
def test_nobody_waits_for_the_slot_in_a_queue_that_does_not_move(halt: dict[str, Any]) -> None:
    memory, job, seen = about_to_end()
    slot = replace(seen.slot, **halt)
    running = (replace(memory[job], submitted_at=NOW - 250_000),)
    seen = replace(seen, queue=(job_in(S.QUEUED, person_id="next"),), running=running, slot=slot)
    assert not lingerer(memory).stay(seen)
    assert memory.staying.until == 0


def test_a_run_leaves_when_another_look_would_be_too_close_to_the_last() -> None:
    memory, _, seen = about_to_end()
    memory.known["ft-1"] = fine_tune("RUNNING", "ft-1")
    looked_at: list[int] = []

    class Noting(Looks):
        def note(self, job: Job, *, is_missed: bool = False) -> None:
            looked_at.append(memory.time)
            super().note(job, is_missed=is_missed)

    world, next_tick_at = memory.world(), NOW + MINUTE_MS
    seen = replace(seen, queue=(job_in(S.QUEUED, person_id="next"),))
    assert not Lingerer(world, next_tick_at, Noting(memory, next_tick_at)).stay(seen)
    assert len(looked_at) > 10
    assert min(after - before for before, after in itertools.pairwise([NOW, *looked_at])) >= 2_000
    assert looked_at[-1] <= next_tick_at - 2_500


@pytest.mark.parametrize(("note_takes_ms", "looks"), [(0, 1), (1, 0)])
def test_a_run_whose_stay_has_become_too_short_for_a_look_leaves(
    note_takes_ms: int, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, job, seen = about_to_end()
    save = memory.save_lingering

    def save_slowly(before: Lingering, after: Lingering) -> Lingering:
        memory.time += note_takes_ms
        return save(before, after)

    monkeypatch.setattr(memory, "save_lingering", save_slowly)
    seen = replace(seen, lingering=Lingering(stayed_ms={"ft-1": RULES.linger_ms - 2_000}))
    assert lingerer(memory).stay(seen) is bool(looks)
    assert memory[job].state is (S.SUCCEEDED if looks else S.TRAINING)


@pytest.mark.parametrize("takes_ms", [300, 4_000])
def test_looks_that_take_long_are_no_closer_and_the_stay_is_no_longer(
    takes_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, job, seen = about_to_end()
    memory.known["ft-1"] = fine_tune("RUNNING", "ft-1")
    other = job_in(S.TRAINING, person_id="other", submitted_at=NOW - 10_000, fine_tune_id="ft-2")
    memory.rows[other.job_id] = other
    memory.known["ft-2"] = fine_tune("RUNNING", "ft-2")
    looked: dict[str, list[tuple[int, int]]] = {}

    def poll_slowly(_: object, polled: Job) -> Job:
        began = memory.time
        memory.time += takes_ms
        looked.setdefault(polled.fine_tune_id, []).append((began, memory.time))
        return polled

    monkeypatch.setattr(training, "poll", poll_slowly)
    seen = replace(seen, queue=(job_in(S.QUEUED, person_id="next"),), running=(memory[job], other))
    assert not lingerer(memory).stay(seen)
    assert set(looked) == {"ft-1", "ft-2"}
    for looks in looked.values():
        begun = [began for began, _ in looks]
        waits = [began - ended for (_, ended), began in zip(looks, begun[1:], strict=False)]
        assert min(waits) >= 2_000
        # The other one's look may have been in the way.
        assert max(waits) <= 9_000 + takes_ms
        assert begun[-1] <= memory.staying.until + takes_ms


def test_a_run_looks_at_the_moments_that_it_has_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, job, seen = about_to_end()
    planned: list[Plan | None] = []

    def noted(*arguments: Any, **more: Any) -> Plan | None:
        planned.append(lingering.plan(*arguments, **more))
        return planned[-1]

    looked_at: list[int] = []

    def poll(_: object, polled: Job) -> Job:
        looked_at.append(memory.time - NOW)
        return polled

    monkeypatch.setattr(linger, "plan", noted)
    monkeypatch.setattr(training, "poll", poll)
    running = (replace(memory[job], submitted_at=NOW - 270_000),)
    assert not lingerer(memory).stay(replace(seen, running=running))
    (only,) = planned
    assert only
    assert looked_at == list(only.looks_in_ms)
