"""Asynchronous invocations: durable, retried, throttled, given up; and the triggers that make them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.function_compute.invocations import InvocationIdInUse
from aliyun_local.function_compute.schedules import Schedule
from aliyun_local.function_compute.triggers import OssTriggerPump
from aliyun_local.template import OssTrigger, TemplateError, TimerTrigger

RECORD = """
    def handler(event, context):
        print("run", event.decode(), context.request_id, context.retry_count)
        if event.startswith(b"fail"):
            raise RuntimeError("no luck")
"""


def runs(compute: Any) -> list[list[str]]:
    return [line.split()[1:] for line in compute.logs("f") if line.startswith("run ")]


def test_an_accepted_invocation_runs_in_the_background(deploy: Any) -> None:
    with deploy(RECORD) as compute:
        request_id = compute.invoke_async("f", b"event")
        assert compute.wait_idle(20)
    assert runs(compute) == [["event", request_id, "0"]]


def test_an_accepted_invocation_survives_a_process_that_never_got_to_run_it(
    deploy: Any, tmp_path: Path
) -> None:
    request_id = deploy(RECORD, data=tmp_path / "data").invoke_async("f", b"event")
    reopened = deploy(RECORD, data=tmp_path / "data")
    assert reopened.run_due() == 1
    assert runs(reopened) == [["event", request_id, "0"]]
    assert reopened.pending() == 0


def test_a_failing_function_is_retried_with_its_count_and_then_abandoned(deploy: Any) -> None:
    compute = deploy(RECORD, retries=2)
    request_id = compute.invoke_async("f", b"fail")
    assert compute.run_due() == 3
    assert runs(compute) == [["fail", request_id, "0"], ["fail", request_id, "1"], ["fail", request_id, "2"]]
    (given_up,) = compute.abandoned()
    assert (given_up.request_id, given_up.payload, given_up.retry_count) == (request_id, b"fail", 2)
    assert "no luck" in given_up.reason
    assert any("invocation abandoned" in line and request_id in line for line in compute.logs("f"))


def test_retries_wait_twice_as_long_each_time(deploy: Any, clock: ManualClock) -> None:
    compute = deploy(RECORD, retries=3, retry_seconds=1.0)
    compute.invoke_async("f", b"fail")
    ran = []
    for _ in range(9):
        ran.append(compute.run_due())
        clock.advance(1)
    assert ran == [1, 1, 0, 1, 0, 0, 0, 1, 0]


def test_a_retry_count_survives_a_restart(deploy: Any, tmp_path: Path, clock: ManualClock) -> None:
    first = deploy(RECORD, data=tmp_path / "data", retry_seconds=1.0)
    first.invoke_async("f", b"fail")
    first.run_due()
    clock.advance(1)
    reopened = deploy(RECORD, data=tmp_path / "data", retry_seconds=1.0)
    assert reopened.run_due() == 1
    assert runs(reopened)[0][2] == "1"


def test_no_retry_is_made_where_none_is_configured(deploy: Any) -> None:
    compute = deploy(RECORD, retries=0)
    compute.invoke_async("f", b"fail")
    assert compute.run_due() == 1
    assert len(compute.abandoned()) == 1


def test_an_invocation_that_waited_too_long_is_abandoned_without_a_run(
    deploy: Any, clock: ManualClock
) -> None:
    compute = deploy(RECORD, max_age=60)
    compute.invoke_async("f", b"event")
    clock.advance(61)
    assert compute.run_due() == 0
    assert compute.abandoned()[0].reason == "expired after 60 s"
    assert compute.pending() == 0


def test_a_throttled_invocation_waits_and_uses_up_no_retry(
    deploy: Any, tmp_path: Path, clock: ManualClock
) -> None:
    compute = deploy(RECORD, concurrency=1, retries=0, throttle_seconds=0.5).start()
    pool = compute._pools["f"]
    pool.reserve()
    compute.invoke_async("f", b"event")
    assert not compute.wait_idle(0.2)
    clock.advance(0.6)
    assert not compute.wait_idle(0.2)
    assert runs(compute) == []
    pool.release()
    clock.advance(60)
    assert compute.wait_idle(20)
    assert [run[2] for run in runs(compute)] == ["0"]
    assert compute.abandoned() == []


def test_a_function_with_no_concurrency_at_all_gives_up_after_five_hours(
    deploy: Any, clock: ManualClock
) -> None:
    compute = deploy(RECORD, concurrency=0).start()
    compute.invoke_async("f", b"event")
    assert not compute.wait_idle(0.2)
    clock.advance(5 * 3600 + 61)
    assert compute.wait_idle(20)
    assert "throttled" in compute.abandoned()[0].reason


def test_one_invocation_id_is_accepted_once(deploy: Any, tmp_path: Path) -> None:
    compute = deploy(RECORD, data=tmp_path / "data")
    first = compute.invoke_async("f", b"event", invocation_id="a")
    assert compute.run_due() == 1
    reopened = deploy(RECORD, data=tmp_path / "data")
    assert reopened.invoke_async("f", b"event", invocation_id="a") == first
    assert reopened.invoke_async("f", b"event", invocation_id="b") != first
    with pytest.raises(InvocationIdInUse):
        reopened.invoke_async("f", b"event", invocation_id="b", only_new=True)
    assert reopened.run_due() == 1


def test_a_task_says_how_far_it_is(deploy: Any, clock: ManualClock) -> None:
    compute = deploy(RECORD, retries=1, retry_seconds=10.0, max_age=60)

    def status(task_id: str) -> str:
        (task,) = compute.tasks("f", task_id)
        return str(task.status)

    compute.invoke_async("f", b"event", invocation_id="good")
    compute.invoke_async("f", b"fail", invocation_id="poor")
    assert (status("good"), status("poor")) == ("Enqueued", "Enqueued")
    compute.run_due()
    assert (status("good"), status("poor")) == ("Succeeded", "Retrying")
    clock.advance(10)
    compute.run_due()
    compute.invoke_async("f", b"event", invocation_id="late")
    clock.advance(61)
    compute.run_due()
    assert (status("poor"), status("late")) == ("Failed", "Expired")
    assert [task.id for task in compute.tasks("f")] == ["late", "good", "poor"]
    assert compute.tasks("f", "nothing") == []


# -- OSS ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    id: int
    key: str
    event_name: str = "ObjectCreated:PutObject"
    bucket: str = "photos"
    request_id: str = "R"


class Outbox:
    def __init__(self, *changes: Change) -> None:
        self.changes = list(changes)
        self.forgetful = False

    def pending_notifications(self, limit: int = 100) -> list[Change]:
        return self.changes[:limit]

    def acknowledge(self, notification_id: int) -> None:
        if self.forgetful:
            raise KeyboardInterrupt
        self.changes = [change for change in self.changes if change.id != notification_id]


def event_json(change: Change, account_id: str, region: str) -> dict[str, object]:
    return {"key": change.key, "account": account_id, "region": region}


ON_PHOTOS = {
    "oss_triggers": (
        OssTrigger(
            name="t",
            function="f",
            bucket="photos",
            events=("oss:ObjectCreated:PutObject", "oss:ObjectRemoved:*"),
            prefix="people/",
            suffix=".jpg",
        ),
    )
}


def test_an_oss_trigger_fires_for_its_bucket_events_prefix_and_suffix_only(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    print('run', event.decode())\n", triggers=ON_PHOTOS)
    outbox = Outbox(
        Change(1, "people/李/图+%2F.jpg"),
        Change(2, "people/a.png"),
        Change(3, "others/a.jpg"),
        Change(4, "people/a.jpg", "ObjectCreated:CopyObject"),
        Change(5, "people/b.jpg", "ObjectRemoved:DeleteObject"),
        Change(6, "people/a.jpg", bucket="another"),
    )
    assert OssTriggerPump(outbox, compute, event_json).drain() == 6
    assert outbox.changes == []
    compute.run_due()
    events = [json.loads(line.removeprefix("run ")) for line in compute.logs("f") if line.startswith("run ")]
    assert events == [
        {"key": "people/李/图+%2F.jpg", "account": "42", "region": "cn-beijing"},
        {"key": "people/b.jpg", "account": "42", "region": "cn-beijing"},
    ]


def test_a_crash_between_accepting_and_acknowledging_does_not_invoke_twice(deploy: Any) -> None:
    compute = deploy(RECORD, triggers=ON_PHOTOS)
    outbox = Outbox(Change(1, "people/a.jpg"))
    outbox.forgetful = True
    with pytest.raises(KeyboardInterrupt):
        OssTriggerPump(outbox, compute, event_json).drain()
    outbox.forgetful = False
    assert OssTriggerPump(outbox, compute, event_json).drain() == 1
    assert compute.pending() == 1


def test_a_started_pump_delivers_by_itself(deploy: Any) -> None:
    compute = deploy(RECORD, triggers=ON_PHOTOS)
    outbox = Outbox()
    pump = OssTriggerPump(outbox, compute, event_json).start()
    with compute._changed:
        outbox.changes.append(Change(1, "people/a.jpg"))
        pump.wake()
        assert compute._changed.wait_for(lambda: compute.pending() == 1, 20)
    pump.close()


# -- timers ------------------------------------------------------------------------------------------


def timer(cron: str, **options: Any) -> dict[str, Any]:
    return {"timer_triggers": (TimerTrigger(name="tick", function="f", cron=cron, **options),)}


def test_a_timer_fires_at_its_interval_with_its_event(deploy: Any, clock: ManualClock) -> None:
    compute = deploy(
        "def handler(event, context):\n    print('run', event.decode())\n",
        triggers=timer("@every 5m", payload='{"a": 1}'),
    )
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


def test_the_local_interval_takes_the_place_of_the_templates(deploy: Any, clock: ManualClock) -> None:
    compute = deploy(RECORD, triggers=timer("@every 5m"), tick_seconds=2.0)
    clock.advance(2)
    assert compute.run_due() == 1


def test_a_disabled_timer_does_not_fire(deploy: Any, clock: ManualClock) -> None:
    compute = deploy(RECORD, triggers=timer("@every 1m", enabled=False))
    clock.advance(3600)
    assert compute.run_due() == 0


def test_a_long_gap_makes_one_tick_and_not_one_for_every_interval(clock: ManualClock) -> None:
    schedule = Schedule(TimerTrigger(name="t", function="f", cron="@every 1m"), clock.now())
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
    assert Schedule(TimerTrigger(name="t", function="f", cron=cron), start).next_at == start + after_seconds


@pytest.mark.parametrize(
    "cron",
    ["*/5 * * * *", "* * * * * *", "@every 0m", "@every m", "CRON_TZ=Nowhere/X 0 0 4 * * *", "0 99 * * * *"],
)
def test_a_schedule_that_function_compute_would_refuse_is_refused(deploy: Any, cron: str) -> None:
    with pytest.raises(TemplateError, match="cronExpression"):
        deploy(RECORD, triggers=timer(cron))
