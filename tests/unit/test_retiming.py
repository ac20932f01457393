"""Changed settings and clocks that ran ahead: the moments of looks are set right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.photo_set import ClosedBy
from shared.domain.retry_state import LONGEST_PAUSE_MS
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.errors import Conflict, RetryLater, Trouble
from shared.workflow import retiming
from shared.workflow.retiming import (
    OLD_INSTANCES_LIVE_MS,
    TIME_FOR_A_PAGE_MS,
    retime,
    set_clocks_right,
    settings_id,
)
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo

SLOW = Rules(quiet_ms=24 * 60 * MINUTE_MS)
KNOWN = Health(version=1, settings_id=settings_id(SLOW), settings_seen_at=NOW - 10**9, is_retimed=True)


def sets(count: int) -> list[Job]:
    """Open sets whose looks were computed with a long quiet time."""
    return [collecting(photo(), rules=SLOW, person_id=f"person {number:03}") for number in range(count)]


def run(memory: Memory, rules: Rules = RULES) -> bool:
    """One tick's part."""
    world = memory.world(rules)
    world.health.begin(memory.well_being)
    return retime(world, memory.well_being)


def due(memory: Memory) -> set[int]:
    return {job.due_at for job in memory.rows.values()}


# -- settings -------------------------------------------------------------------------------------


def test_each_setting_changes_the_word_for_all_of_them() -> None:
    assert settings_id(RULES) == settings_id(Rules())
    changed = [Rules(quiet_ms=1), Rules(min_photos=2), Rules(close_at=2), Rules(face_check=False)]
    assert len({settings_id(rules) for rules in (RULES, *changed)}) == 5


def test_a_changed_setting_takes_effect_at_once_in_every_open_set_and_in_the_halted_queue() -> None:
    memory = Memory(*sets(3), slot=Slot(halted_until=NOW + 10**6, refusals=4))
    memory.well_being = KNOWN
    assert run(memory)
    assert due(memory) == {NOW + RULES.quiet_ms}
    assert (memory.held.halted_until, memory.held.refusals) == (0, 4)
    assert (memory.well_being.settings_id, memory.well_being.is_retimed) == (settings_id(RULES), False)


def test_settings_that_stay_cost_nothing() -> None:
    memory = Memory(*sets(3))
    memory.well_being = KNOWN
    assert not run(memory, SLOW)
    assert (memory.calls, memory.well_being) == ([], KNOWN)


def test_what_instances_with_the_old_settings_wrote_last_is_gone_through_as_well() -> None:
    memory = Memory(*sets(1))
    memory.well_being = KNOWN
    run(memory)
    late = collecting(photo(), rules=SLOW, person_id="late")
    memory.rows[late.job_id] = replace(late, version=1)
    memory.time += OLD_INSTANCES_LIVE_MS - 1
    assert not run(memory)
    memory.time += 1
    assert run(memory)
    assert due(memory) == {NOW + RULES.quiet_ms}
    assert memory.well_being.is_retimed
    calls = len(memory.calls)
    memory.time += 10**9
    assert not run(memory)
    assert len(memory.calls) == calls


def test_a_halt_of_the_queue_ends_once_with_new_settings_and_not_with_each_part_of_the_work() -> None:
    halted = Slot(halted_until=NOW + 10**6)
    for later in (
        replace(KNOWN, settings_id=settings_id(RULES), is_retimed=False),
        replace(KNOWN, retimed_up_to="1 2 3"),
    ):
        memory = Memory(*sets(1), slot=halted)
        memory.well_being = later
        assert run(memory)
        assert memory.held.halted_until == halted.halted_until


def test_the_first_settings_of_a_deployment_are_only_noted() -> None:
    memory = Memory(*sets(1), slot=Slot(halted_until=NOW + 10**6))
    assert not run(memory)
    assert (memory.well_being.settings_id, memory.well_being.is_retimed) == (settings_id(RULES), True)
    assert memory.well_being.settings_seen_at == NOW
    assert memory.held.halted_until == NOW + 10**6


def test_more_sets_than_one_run_goes_through_are_gone_through_by_the_next_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retiming, "PAGE", 2)
    monkeypatch.setattr(retiming, "PAGES_A_RUN", 3)
    memory = Memory(*sets(14))
    memory.well_being = KNOWN
    for left in (8, 2, 0):
        assert run(memory)
        assert sum(at != NOW + RULES.quiet_ms for at in (job.due_at for job in memory.rows.values())) == left
    assert (memory.well_being.settings_id, memory.well_being.retimed_up_to) == (settings_id(RULES), "")


def test_a_run_without_time_leaves_all_to_the_next() -> None:
    memory = Memory(*sets(1))
    memory.well_being = KNOWN
    world = memory.world(RULES)
    world.health.begin(KNOWN)
    memory.time += LIFE_MS - TIME_FOR_A_PAGE_MS
    assert not retime(world, KNOWN)
    assert memory.well_being.settings_id == KNOWN.settings_id
    assert run(memory)


@pytest.mark.parametrize(
    "problem", [Conflict("another run was faster"), RetryLater("OTSServerBusy", "…", delay_seconds=1)]
)
def test_one_set_that_cannot_be_saved_keeps_no_other_from_it(problem: Trouble) -> None:
    first, second = sets(2)
    memory = Memory(first, second)
    memory.well_being = KNOWN
    memory.troubles[f"save {first.job_id}"] = problem
    assert run(memory)
    assert (memory[first].due_at, memory[second].due_at) == (first.due_at, NOW + RULES.quiet_ms)


def test_a_set_whose_look_stays_when_it_was_keeps_no_other_from_it() -> None:
    stays, changes = collecting(photo(), person_id="person 000"), sets(2)[1]
    memory = Memory(stays, changes)
    memory.well_being = KNOWN
    assert run(memory)
    assert (memory[stays].version, memory[changes].due_at) == (1, NOW + RULES.quiet_ms)


# -- clocks ---------------------------------------------------------------------------------------


def test_a_moment_that_no_right_clock_would_have_named_is_set_right() -> None:
    ahead = collecting(photo(), now=NOW + 24 * 60 * MINUTE_MS)
    memory = Memory(ahead)
    assert set_clocks_right(memory.world())
    assert memory[ahead].due_at <= NOW + RULES.quiet_ms
    assert memory[ahead].photo_set.last_photo_at == NOW
    assert not set_clocks_right(memory.world())


def test_a_place_in_the_queue_that_a_clock_ahead_has_given_is_one_of_now() -> None:
    """Whoever closes meanwhile would overtake it until that moment."""
    tomorrow = NOW + 24 * 60 * MINUTE_MS
    ahead = collecting(photo(), now=tomorrow).closed(ClosedBy.QUIET, tomorrow)
    memory = Memory(ahead, other := job_in(JobState.QUEUED, "other", due_at=NOW - 1, closed_first_at=NOW - 1))
    assert set_clocks_right(memory.world())
    assert (memory[ahead].due_at, memory[ahead].place) == (NOW, NOW)
    assert memory[other].version == 1
    assert not set_clocks_right(memory.world())


def test_moments_that_a_clock_within_bounds_may_have_named_are_left_alone() -> None:
    usual = collecting(photo())
    memory = Memory(replace(usual, due_at=NOW + LONGEST_PAUSE_MS + CLOCKS_DIFFER_MS - 1))
    assert not set_clocks_right(memory.world())
    assert memory[usual].version == 1


def test_a_set_that_waits_for_a_photo_waits_for_ever() -> None:
    waits = collecting(photo(), rules=Rules(min_photos=3))
    memory = Memory(waits)
    assert not set_clocks_right(memory.world(Rules(min_photos=3)))
    assert memory[waits].state is JobState.COLLECTING
