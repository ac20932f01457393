"""Asynchronous invocations: durable, retried, throttled, given up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.errors import InvocationIdInUse
from aliyun_local.function_compute.queue.dispatching import RetryPauses
from aliyun_local.template import AsyncConfig, Function
from tests.emulators.function_compute.support import FUNCTION, Deploy

RECORD = """
    def handler(event, context):
        print("run", event.decode(), context.request_id, context.retry_count)
        if event.startswith(b"fail"):
            raise RuntimeError("no luck")
"""


def retried(max_retries: int, max_age_seconds: int = 86_400) -> Function:
    config = AsyncConfig(max_retries=max_retries, max_age_seconds=max_age_seconds)
    return replace(FUNCTION, asynchronous=config)


def runs(compute: FunctionCompute) -> list[list[str]]:
    return [line.split()[1:] for line in compute.logs("f") if line.startswith("run ")]


def test_an_accepted_invocation_runs_in_the_background(deploy: Deploy) -> None:
    with deploy(RECORD) as compute:
        request_id = compute.invoke_async("f", b"event")
        assert compute.wait_idle(20)
    assert runs(compute) == [["event", request_id, "0"]]


def test_an_accepted_invocation_survives_a_process_that_never_got_to_run_it(
    deploy: Deploy, tmp_path: Path
) -> None:
    request_id = deploy(RECORD, data=tmp_path / "data").invoke_async("f", b"event")
    reopened = deploy(RECORD, data=tmp_path / "data")
    assert reopened.run_due() == 1
    assert runs(reopened) == [["event", request_id, "0"]]
    assert reopened.pending() == 0


def test_a_failing_function_is_retried_with_its_count_and_then_abandoned(deploy: Deploy) -> None:
    compute = deploy(RECORD, retried(2))
    request_id = compute.invoke_async("f", b"fail")
    assert compute.run_due() == 3
    assert runs(compute) == [["fail", request_id, "0"], ["fail", request_id, "1"], ["fail", request_id, "2"]]
    (given_up,) = compute.abandoned()
    assert (given_up.request_id, given_up.payload, given_up.retry_count) == (request_id, b"fail", 2)
    assert "no luck" in given_up.reason
    assert any("invocation abandoned" in line and request_id in line for line in compute.logs("f"))


def test_retries_wait_twice_as_long_each_time(deploy: Deploy, clock: ManualClock) -> None:
    compute = deploy(RECORD, retried(3), pauses=RetryPauses(after_failure_seconds=1.0))
    compute.invoke_async("f", b"fail")
    ran = []
    for _ in range(9):
        ran.append(compute.run_due())
        clock.advance(1)
    assert ran == [1, 1, 0, 1, 0, 0, 0, 1, 0]


def test_a_retry_count_survives_a_restart(deploy: Deploy, tmp_path: Path, clock: ManualClock) -> None:
    first = deploy(RECORD, data=tmp_path / "data", pauses=RetryPauses(after_failure_seconds=1.0))
    first.invoke_async("f", b"fail")
    first.run_due()
    clock.advance(1)
    reopened = deploy(RECORD, data=tmp_path / "data", pauses=RetryPauses(after_failure_seconds=1.0))
    assert reopened.run_due() == 1
    assert runs(reopened)[0][2] == "1"


def test_no_retry_is_made_where_none_is_configured(deploy: Deploy) -> None:
    compute = deploy(RECORD, retried(0))
    compute.invoke_async("f", b"fail")
    assert compute.run_due() == 1
    assert len(compute.abandoned()) == 1


def test_an_invocation_that_waited_too_long_is_abandoned_without_a_run(
    deploy: Deploy, clock: ManualClock
) -> None:
    compute = deploy(RECORD, retried(3, max_age_seconds=60))
    compute.invoke_async("f", b"event")
    clock.advance(61)
    assert compute.run_due() == 0
    assert compute.abandoned()[0].reason == "expired after 60 s"
    assert compute.pending() == 0


def test_a_throttled_invocation_waits_and_uses_up_no_retry(
    deploy: Deploy, tmp_path: Path, clock: ManualClock
) -> None:
    compute = deploy(RECORD, replace(retried(0), reserved_concurrency=1)).start()
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
    deploy: Deploy, clock: ManualClock
) -> None:
    compute = deploy(RECORD, replace(FUNCTION, reserved_concurrency=0)).start()
    compute.invoke_async("f", b"event")
    assert not compute.wait_idle(0.2)
    clock.advance(5 * 3600 + 61)
    assert compute.wait_idle(20)
    assert "throttled" in compute.abandoned()[0].reason


def test_one_invocation_id_is_accepted_once(deploy: Deploy, tmp_path: Path) -> None:
    compute = deploy(RECORD, data=tmp_path / "data")
    first = compute.invoke_async("f", b"event", invocation_id="a")
    assert compute.run_due() == 1
    reopened = deploy(RECORD, data=tmp_path / "data")
    assert reopened.invoke_async("f", b"event", invocation_id="a") == first
    assert reopened.invoke_async("f", b"event", invocation_id="b") != first
    with pytest.raises(InvocationIdInUse):
        reopened.invoke_async("f", b"event", invocation_id="b", only_new=True)
    assert reopened.run_due() == 1


def test_a_task_says_how_far_it_is(deploy: Deploy, clock: ManualClock) -> None:
    compute = deploy(RECORD, retried(1, max_age_seconds=60), pauses=RetryPauses(after_failure_seconds=10.0))

    def status(task_id: str) -> str:
        (task,) = compute.tasks("f", task_id)
        return task.status

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
