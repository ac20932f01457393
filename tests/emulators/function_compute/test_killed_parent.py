"""A local Function Compute that is killed: its processes end, and its queue goes on where it was."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.emulators.function_compute.support import Deploy, gone

REPOSITORY = Path(__file__).resolve().parents[3]
HANDLER = """
    import os, time
    def handler(event, context):
        with open({log!r}, "a") as file:
            file.write(f"{{os.getpid()}} {{os.getppid()}} {{context.request_id}} {{context.retry_count}}\\n")
        if event == b"slow" and not os.path.exists({reopened!r}):
            time.sleep(60)
"""
PARENT = """
import sys
from dataclasses import replace
from pathlib import Path
from aliyun_local.clock import ManualClock
from aliyun_local.function_compute.queue.dispatching import RetryPauses
from tests.emulators.function_compute.support import FUNCTION, Deploy

source, code, data, *preloaded = sys.argv[1:]
compute = Deploy(Path(code), ManualClock())(
    source,
    replace(FUNCTION, timeout_seconds=60, reserved_concurrency=1),
    data=Path(data),
    preloaded=tuple(preloaded),
    pauses=RetryPauses(after_throttling_seconds=0.0),
).start()
print(compute.invoke_async("f", b"slow"), compute.invoke_async("f", b"waiting"), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("preloaded", [(), ("json",)], ids=["started", "forked"])
def test_a_killed_parent_leaves_no_process_and_loses_no_accepted_invocation(
    deploy: Deploy, tmp_path: Path, preloaded: tuple[str, ...]
) -> None:
    log, reopen = tmp_path / "runs", tmp_path / "reopened"
    source = HANDLER.format(log=str(log), reopened=str(reopen))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, source, tmp_path / "code", tmp_path / "data", *preloaded],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        slow, waiting = parent.stdout.readline().decode().split()
        deadline = time.monotonic() + 20
        while not log.exists() or not log.read_text().endswith("\n"):
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
        parent.kill()
    instance, parent_of_instance = map(int, log.read_text().split()[:2])
    assert gone(instance)
    assert (parent_of_instance != parent.pid) == bool(preloaded)
    assert gone(parent_of_instance)
    reopen.touch()
    reopened = deploy(source, data=tmp_path / "data")
    assert reopened.pending() == 2
    assert reopened.run_due() == 2
    runs = [tuple(line.split()[2:]) for line in log.read_text().splitlines()]
    assert runs == [(slow, "0"), (slow, "0"), (waiting, "0")]
    assert reopened.pending() == 0
