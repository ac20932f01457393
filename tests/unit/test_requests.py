"""What operators ask for is carried out by a tick, once, and answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.control_rows import Doorbell
from shared.domain.requests import PROBE, Request, request_id
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, RetryLater
from shared.workflow.requests import REQUESTS_A_RUN, TRIED_FOR_MS, answer_requests
from tests.unit.memory import Memory
from tests.unit.support import NOW, cause


def asked(*kinds: str, slot: Slot | None = None) -> Memory:
    """Requests, one after the other, and the doorbell rung for them."""
    memory = Memory(slot=slot)
    for number, kind in enumerate(kinds):
        name = request_id(NOW + number, "token")
        memory.asked[name] = Request(request_id=name, kind=kind, asked_at=NOW + number, asked_by="admin")
    memory.bell = Doorbell(is_rung=True, version=1)
    return memory


def outcomes(memory: Memory) -> list[str]:
    return [one.outcome.partition(":")[0] for one in memory.asked.values()]


@pytest.mark.parametrize("bell", [None, Doorbell()])
def test_without_a_bell_nobody_looks_for_requests(bell: Doorbell | None) -> None:
    memory = asked(PROBE)
    memory.troubles["pending"] = AssertionError("nobody has rung")
    assert not answer_requests(memory.world(), bell)


def test_a_probe_lets_the_halted_queue_and_every_refused_api_be_tried_at_once() -> None:
    memory = asked(PROBE, slot=Slot(halted_until=NOW + 10**6, refusals=5))
    memory.well_being = memory.well_being.failed(cause(Kind.ACCOUNT, Api.FACE_CHECK), NOW)
    world = memory.world()
    world.health.begin(memory.well_being)
    assert answer_requests(world, memory.bell)
    assert (memory.held.halted_until, memory.held.refusals) == (0, 5)
    assert memory.well_being.breaker(Api.FACE_CHECK).wants_probe(NOW)
    assert memory.well_being.is_open(Api.FACE_CHECK), "only the API itself can show that it works"
    assert (outcomes(memory), memory.bell.is_rung) == (["done"], False)


def test_a_probe_of_what_works_changes_nothing() -> None:
    memory = asked(PROBE)
    before = memory.well_being
    answer_requests(memory.world(), memory.bell)
    assert (memory.held.version, memory.well_being) == (1, before)


def test_a_request_that_this_version_does_not_know_waits_for_newer_code_and_keeps_nobody_waiting() -> None:
    memory = asked("dance", PROBE)
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory), memory.bell.is_rung) == (["", "done"], True)


def test_a_request_that_no_version_knows_for_an_hour_is_answered_so() -> None:
    memory = asked("dance")
    memory.time = NOW + TRIED_FOR_MS
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory), memory.bell.is_rung) == (["unknown"], False)


def test_more_requests_than_one_run_takes_keep_the_bell_rung() -> None:
    memory = asked(*[PROBE] * (REQUESTS_A_RUN + 1))
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory).count("done"), memory.bell.is_rung) == (REQUESTS_A_RUN, True)
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory).count("done"), memory.bell.is_rung) == (REQUESTS_A_RUN + 1, False)


@pytest.mark.parametrize("operation", ["save_slot", "settle"])
def test_a_request_that_could_not_be_carried_out_is_not_forgotten(operation: str) -> None:
    memory = asked(PROBE, slot=Slot(halted_until=NOW + 10**6))
    memory.troubles[operation] = Conflict("another run was faster")
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory), memory.bell.is_rung) == ([""], True)
    del memory.troubles[operation]
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory), memory.bell.is_rung) == (["done"], False)


def test_tables_that_do_not_answer_leave_the_bell_rung() -> None:
    memory = asked(PROBE, slot=Slot(halted_until=NOW + 10**6))
    memory.troubles["save_slot"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    answer_requests(memory.world(), memory.bell)
    assert (outcomes(memory), memory.bell.is_rung) == ([""], True)


def test_whoever_rings_while_the_requests_are_answered_is_heard_by_the_next_run() -> None:
    memory = asked(PROBE)
    heard = memory.bell
    memory.bell = replace(heard, version=2)
    answer_requests(memory.world(), heard)
    assert memory.bell == replace(heard, version=2)
