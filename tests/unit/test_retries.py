"""Trying again: a few times, with pauses that grow and differ, and never beyond its time."""

from __future__ import annotations

from contextlib import suppress

import pytest

from shared.clients.retries import FIRST_PAUSE_SECONDS, TRIES, Retries
from shared.errors import Conflict, NotFound, RetryLater, Trouble

BUSY = RetryLater("busy", "busy", delay_seconds=1)


class Time:
    """A clock that only sleeping and the calls themselves move."""

    def __init__(self, jitter: float = 0.5) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []
        self.jitter = jitter

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def retries(self) -> Retries:
        return Retries(sleep=self.sleep, random=lambda: self.jitter, now=lambda: self.seconds)


class Calls:
    """A call that raises its troubles one after the other, and each time takes a while."""

    def __init__(self, time: Time, *troubles: Trouble, takes: float = 0.0) -> None:
        self.time, self.troubles, self.takes, self.made = time, list(troubles), takes, 0

    def __call__(self) -> str:
        self.made += 1
        self.time.seconds += self.takes
        if self.troubles:
            raise self.troubles.pop(0)
        return "done"


def test_a_busy_moment_is_waited_out_with_a_pause_that_grows() -> None:
    time = Time()
    assert time.retries().call(Calls(time, BUSY, BUSY), within_seconds=5) == "done"
    assert time.pauses == [FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS]


@pytest.mark.parametrize(("wants_seconds", "tries"), [(2.0, 2), (2.1, 1)])
def test_a_pause_of_more_than_two_seconds_is_left_to_a_later_run(wants_seconds: float, tries: int) -> None:
    calls = Calls(time := Time(), RetryLater("busy", "…", delay_seconds=wants_seconds))
    with suppress(RetryLater):
        time.retries().call(calls, within_seconds=5)
    assert calls.made == tries


@pytest.mark.parametrize("jitter", [0.0, 0.25, 0.999])
def test_the_pauses_of_two_runs_that_wait_for_one_another_differ(jitter: float) -> None:
    time = Time(jitter)
    time.retries().call(Calls(time, BUSY), within_seconds=5)
    assert time.pauses == [pytest.approx(FIRST_PAUSE_SECONDS * (0.5 + jitter))]


def test_a_service_that_stays_busy_is_given_up_after_a_few_tries() -> None:
    time = Time()
    calls = Calls(time, *[BUSY] * 20)
    with pytest.raises(RetryLater):
        time.retries().call(calls, within_seconds=60)
    assert calls.made == TRIES
    assert len(time.pauses) == TRIES - 1


def test_no_try_begins_when_the_time_is_over() -> None:
    time = Time()
    calls = Calls(time, *[BUSY] * 20, takes=4)
    with pytest.raises(RetryLater):
        time.retries().call(calls, within_seconds=5)
    assert calls.made == 2
    assert time.seconds < 2 * 4 + 1


@pytest.mark.parametrize(
    "trouble",
    [Conflict("overtaken"), NotFound("gone", "gone"), RetryLater("account", "later", delay_seconds=60)],
    ids=lambda trouble: trouble.code,
)
def test_a_trouble_that_another_try_cannot_cure_is_raised_at_once(trouble: Trouble) -> None:
    time = Time()
    calls = Calls(time, trouble)
    with pytest.raises(type(trouble)):
        time.retries().call(calls, within_seconds=5)
    assert calls.made == 1
    assert time.pauses == []
