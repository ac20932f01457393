"""The face checks of one instance keep their distance."""

from __future__ import annotations

from shared.workflow.pacing import SPACING_MS, Pacer
from tests.unit.memory import Memory
from tests.unit.support import NOW


def test_the_first_check_of_an_instance_waits_for_nothing() -> None:
    Pacer().wait(clock := Memory())
    assert clock.time == NOW


def test_checks_that_follow_one_another_are_a_second_apart() -> None:
    pacer, clock = Pacer(), Memory()
    for _ in range(5):
        pacer.wait(clock)
    assert clock.time == NOW + 4 * SPACING_MS


def test_a_check_after_a_rest_waits_only_for_what_is_left_of_the_second() -> None:
    pacer, clock = Pacer(), Memory()
    pacer.wait(clock)
    clock.time += SPACING_MS - 1
    pacer.wait(clock)
    assert clock.time == NOW + SPACING_MS
    clock.time += SPACING_MS
    pacer.wait(clock)
    assert clock.time == NOW + 2 * SPACING_MS


def test_a_clock_that_makes_no_sense_keeps_nobody_waiting() -> None:
    pacer, clock = Pacer(), Memory()
    pacer.wait(clock)
    clock.time = before = NOW - 10**6
    pacer.wait(clock)
    assert clock.time == before
