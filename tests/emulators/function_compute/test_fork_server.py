"""Instances that are forked off a process with the libraries loaded are instances like any others."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.errors import ServiceUnavailable
from aliyun_local.function_compute.running import runner
from aliyun_local.function_compute.running.deployed import Code
from aliyun_local.function_compute.running.fork_server import ForkServer
from aliyun_local.function_compute.running.pools import InstanceLimits
from tests.emulators.function_compute.support import FUNCTION, Deploy, gone

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

LIBRARY = """
import os
loaded_in = os.getpid()
"""
SOURCE = """
import library, os, sys, time
def handler(event, context):
    if event == b"environment":
        return dict(os.environ)
    if event == b"hang":
        os.system("sleep 60 &")
        print("hangs")
        time.sleep(60)
    if event == b"much":
        held = bytearray(b"x") * (530 * 1024 * 1024)
    print("handled", file=sys.stderr)
    return [os.getpid(), os.getppid(), library.loaded_in, "handled" if "index" in sys.modules else ""]
"""


@pytest.fixture
def fork_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ForkServer]]:
    """Have deployments use a fork server of this test's own; it is in the list once there is one."""
    made: list[ForkServer] = []

    def make(code: Code) -> ForkServer:
        made.append(ForkServer(code))
        return made[-1]

    monkeypatch.setattr(runner, "fork_server_of", make)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "library.py").write_text(LIBRARY)
    yield made
    for one in made:
        one.close()


Forking = Callable[..., FunctionCompute]


@pytest.fixture
def forking(fork_servers: list[ForkServer], deploy: Deploy) -> Forking:
    return partial(deploy, SOURCE, preloaded=("library", "nothing_of_this_name"))


def call(compute: FunctionCompute, event: bytes = b"") -> Any:
    result = compute.invoke("f", event)
    assert result.error_type is None, result.body
    return json.loads(result.body)


def test_the_library_is_loaded_in_the_fork_server_and_the_handler_in_the_instance(
    forking: Forking, fork_servers: list[ForkServer]
) -> None:
    compute = forking()
    process, parent, loaded_in, handled = call(compute)
    assert process == compute.instances("f")[0].process_id
    assert parent == loaded_in == fork_servers[0].pid
    assert handled == "handled"
    assert "handled" in compute.logs("f")


def test_instances_share_the_fork_server_and_nothing_else(
    forking: Forking, fork_servers: list[ForkServer]
) -> None:
    compute = forking(limits=InstanceLimits(warm=0))
    first, second = call(compute), call(compute)
    assert first[0] != second[0]
    assert first[1:] == second[1:]
    assert os.getpgid(fork_servers[0].pid or 0) == fork_servers[0].pid
    assert gone(first[0])


def test_the_environment_is_exactly_the_functions_own(
    forking: Forking, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere")
    named = replace(FUNCTION, environment={"NAME": "值"})
    forked = call(forking(named), b"environment")
    started = call(deploy(SOURCE, named), b"environment")
    changing = {"FC_INSTANCE_ID", "LC_CTYPE"} | {name for name in started if name.startswith("ALIBABA_CLOUD")}
    assert forked.keys() - {"LC_CTYPE"} == started.keys() - {"LC_CTYPE"}
    assert {name: forked[name] for name in forked.keys() - changing} == {
        name: started[name] for name in started.keys() - changing
    }


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "LD_LIBRARY_PATH", "LANG"])
def test_what_the_interpreter_has_to_know_at_its_start_is_told_then(
    forking: Forking, fork_servers: list[ForkServer], name: str
) -> None:
    process, parent, loaded_in, _ = call(forking(replace(FUNCTION, environment={name: "1"})))
    assert (parent, loaded_in) == (os.getpid(), process)
    assert fork_servers[0].pid is None


def test_a_timeout_ends_an_instance_and_what_it_started_and_leaves_the_fork_server(
    forking: Forking, fork_servers: list[ForkServer]
) -> None:
    hangs = threading.Event()
    compute = forking(
        replace(FUNCTION, timeout_seconds=1),
        on_log=lambda _, line: hangs.set() if line == "hangs" else None,
    )
    process = call(compute)[0]
    assert compute.invoke("f", b"hang").error_kind == "FunctionTimeoutError"
    assert hangs.is_set()
    assert gone(process)
    # Killed all at once, they need not be dead all at once.
    assert all(gone(one) for one in processes_of_group(process))
    assert call(compute)[1] == fork_servers[0].pid


def test_memory_is_counted_for_each_instance(forking: Forking) -> None:
    compute = forking()
    assert compute.invoke("f", b"much").error_kind == "FunctionOOMError"
    result = compute.invoke("f", b"")
    assert 0 < result.max_memory_mb < 100


def test_an_instance_that_was_killed_between_requests_is_replaced(
    forking: Forking, fork_servers: list[ForkServer]
) -> None:
    compute = forking()
    process = call(compute)[0]
    (instance,) = compute.instances("f")
    os.kill(process, signal.SIGKILL)
    assert gone(process)
    while instance.is_running:  # its last thread goes a moment after the first one
        threading.Event().wait(0.001)
    after = call(compute)
    assert after[0] != process
    assert after[1] == fork_servers[0].pid
    # It was waited for: it is not left behind as a zombie.
    assert not Path(f"/proc/{process}").exists()


def test_a_fork_server_that_was_killed_is_replaced_and_its_instances_end(
    forking: Forking, fork_servers: list[ForkServer]
) -> None:
    compute = forking()
    process, first, _, _ = call(compute)
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    after = call(compute)
    assert after[1] == fork_servers[0].pid != first
    assert gone(process)


def test_a_fork_server_that_ends_takes_its_instances_along(
    forking: Forking, fork_servers: list[ForkServer]
) -> None:
    process = call(forking())[0]
    fork_servers[0].close()
    assert gone(process)


def test_close_ends_what_runs_at_once(forking: Forking) -> None:
    hangs = threading.Event()
    compute = forking(on_log=lambda _, line: hangs.set() if line == "hangs" else None).start()
    compute.invoke_async("f", b"hang")
    assert hangs.wait(20)
    process = compute.instances("f")[0].process_id
    compute.close()
    assert gone(process)


def test_no_process_is_a_function_error_of_the_services_own(
    forking: Forking, fork_servers: list[ForkServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ServiceUnavailable):
        forking().invoke("f", b"")


def processes_of_group(group: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(own) == group and state != "Z":
                found.append(int(folder.name))
    return found
