"""Waiting for ROS: what is shown, and when it ends."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import cast

import pytest

from local.stages.errors import Busy
from local.stages.events import MOST_SECONDS, follow
from local.stages.output import Output
from local.stages.ros import Event, Ros, Stack

STACK = Stack(
    stack_id="1",
    name="s",
    status="UPDATE_COMPLETE",
    reason="",
    outputs={},
    parameters={},
    updated_at="1",
    progress=None,
)


class Scripted:
    """A ROS whose stack goes through ``statuses``, one at each look."""

    def __init__(self, *statuses: str | None, events: tuple[tuple[Event, ...], ...] = ()) -> None:
        self.statuses, self._events = list(statuses), list(events)
        self.now = 0.0

    def stack(self, _: str) -> Stack | None:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return replace(STACK, status=status) if status else None

    def events(self, _: str, known: set[str]) -> list[Event]:
        found = self._events.pop(0) if self._events else ()
        return [event for event in found if event.event_id not in known]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, before: Stack | None = None) -> tuple[Stack | None, str]:
        shown = io.StringIO()
        ended = follow(
            cast(Ros, self),
            "1",
            Output(err=shown),
            before=before,
            sleep=self.sleep,
            monotonic=lambda: self.now,
        )
        return ended, shown.getvalue()


def event(number: str, status: str) -> Event:
    return Event(
        event_id=number, at="2026-11-29T09:00:00", resource="R", kind="K", status=status, reason="why"
    )


def test_each_event_is_shown_once_and_the_reason_of_a_failure_with_it() -> None:
    done, failed = event("1", "CREATE_COMPLETE"), event("2", "CREATE_FAILED")
    ros = Scripted("CREATE_IN_PROGRESS", "CREATE_FAILED", events=((done,), (done, failed)))
    ended, shown = ros.wait()
    assert ended is not None
    assert ended.status == "CREATE_FAILED"
    assert shown.count("CREATE_COMPLETE") == 1
    assert "why" in shown


def test_an_operation_that_ros_has_not_begun_yet_is_not_taken_for_ended() -> None:
    ros = Scripted("UPDATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_FAILED")
    ended, _ = ros.wait(before=STACK)
    assert ended is not None
    assert ended.status == "UPDATE_FAILED"


def test_one_that_ends_between_two_looks_is_seen_by_its_events() -> None:
    ros = Scripted("UPDATE_COMPLETE", events=((event("1", "UPDATE_COMPLETE"),),))
    ros.wait(before=STACK)
    assert ros.now == 0


def test_a_deleted_stack_is_gone_and_an_endless_operation_is_left_with_a_word() -> None:
    assert Scripted("DELETE_IN_PROGRESS", None).wait()[0] is None
    endless = Scripted("UPDATE_IN_PROGRESS")
    with pytest.raises(Busy, match="console"):
        endless.wait()
    assert MOST_SECONDS <= endless.now < MOST_SECONDS + 10
