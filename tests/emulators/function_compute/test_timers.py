"""Timer triggers: when they are due, with which event, and which expressions are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.function_compute.queue import dispatching
from aliyun_local.function_compute.queue.schedules import Schedule, timer_event
from aliyun_local.template import TemplateError, TimerTrigger
from tests.emulators.function_compute.support import Deploy

RECORD = """
    def handler(event, context):
        print("run", event.decode())
"""


def timer(cron: str, payload: str = "", *, enabled: bool = True) -> TimerTrigger:
    return TimerTrigger(name="tick", function="f", cron=cron, payload=payload, enabled=enabled)


def test_a_timer_fires_at_its_interval_with_its_event(deploy: Deploy, clock: ManualClock) -> None:
    compute = deploy(RECORD, triggers=[timer("@every 5m", '{"a": 1}')])
    assert compute.run_due() == 0
    clock.advance(299)
    assert compute.run_due() == 0
    clock.advance(1.5)
    assert compute.run_due() == 1
    assert compute.run_due() == 0
    (line,) = (line for line in compute.logs("f") if line.startswith("run "))
    assert json.loads(line.removeprefix("run ")) == {
        "triggerTime": "2026-01-01T00:05:00Z",
        "triggerName": "tick",
        "payload": '{"a": 1}',
    }


def test_the_local_interval_takes_the_place_of_the_templates(deploy: Deploy, clock: ManualClock) -> None:
    compute = deploy(RECORD, triggers=[timer("@every 5m")], timer_interval_seconds=2.0)
    clock.advance(2)
    assert compute.run_due() == 1


def test_a_timer_that_fires_while_closing_begins_keeps_its_event_for_the_next_start(
    deploy: Deploy, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = deploy(RECORD, triggers=[timer("@every 5m")], data=tmp_path / "data")
    made = timer_event

    def closing_begins(trigger: TimerTrigger, moment: float) -> bytes:
        compute._lifecycle._closing = True
        return made(trigger, moment)

    with monkeypatch.context() as patch:
        patch.setattr(compute._lifecycle, "_closing", False)
        patch.setattr(dispatching, "timer_event", closing_begins)
        clock.advance(301)
        compute.run_due()
    assert compute.pending() == 1


def test_a_disabled_timer_does_not_fire(deploy: Deploy, clock: ManualClock) -> None:
    compute = deploy(RECORD, triggers=[timer("@every 1m", enabled=False)])
    clock.advance(3600)
    assert compute.run_due() == 0


def test_a_long_gap_makes_one_tick_and_not_one_for_every_interval(clock: ManualClock) -> None:
    schedule = Schedule(timer("@every 1m"), clock.now())
    assert schedule.take(clock.now() + 605) == clock.now() + 600
    assert schedule.next_at == clock.now() + 660


@pytest.mark.parametrize(
    ("cron", "after_seconds"),
    [
        ("0 0 4 * * *", 4 * 3600),
        ("30 */10 * * * *", 30),
        ("CRON_TZ=Asia/Shanghai 0 0 9 * * *", 3600),
        ("0 0 0 ? * MON", 4 * 86400),
    ],
)
def test_cron_has_six_fields_and_runs_in_utc_unless_told_otherwise(cron: str, after_seconds: int) -> None:
    start = ManualClock().now()
    assert Schedule(timer(cron), start).next_at == start + after_seconds


@pytest.mark.parametrize(
    "cron",
    ["*/5 * * * *", "* * * * * *", "@every 0m", "@every m", "CRON_TZ=Nowhere/X 0 0 4 * * *", "0 99 * * * *"],
)
def test_a_schedule_that_function_compute_would_refuse_is_refused(deploy: Deploy, cron: str) -> None:
    with pytest.raises(TemplateError, match="cronExpression"):
        deploy(RECORD, triggers=[timer(cron)])
