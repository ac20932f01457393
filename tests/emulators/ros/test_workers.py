"""The threads of operations: one after the other for each stack."""

from __future__ import annotations

import threading

from aliyun_local.ros.state.workers import Workers


def assert_set(event: threading.Event) -> None:
    assert event.wait(20)


def test_an_operation_waits_for_the_thread_of_the_one_before_it_on_its_stack_alone() -> None:
    workers = Workers()
    go, second, other = (threading.Event() for _ in range(3))
    workers.begin("stack", lambda _: assert_set(go))
    workers.begin("stack", lambda _: second.set())
    workers.begin("other", lambda _: other.set())
    assert other.wait(20)
    assert not second.wait(0.05)
    go.set()
    assert workers.wait(20)
    assert second.is_set()
