"""Instances that are forked off a process with the libraries loaded are instances like any others."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.function_compute import models, processes
from aliyun_local.function_compute.models import FunctionCompute
from aliyun_local.function_compute.processes import Nursery

from .test_instances import gone

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
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Nursery]]:
    """Have deployments use a nursery of this test's own; it is in the list once there is one."""
    made: list[Nursery] = []

    def make(code: Path, libraries: Path | None, modules: tuple[str, ...]) -> Nursery:
        made.append(Nursery(code, libraries, modules))
        return made[-1]

    monkeypatch.setattr(models, "nursery_of", make)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "library.py").write_text(LIBRARY)
    yield made
    for one in made:
        one.close()


@pytest.fixture
def forking(nursery: list[Nursery], deploy: Any) -> Callable[..., FunctionCompute]:
    def make(**options: Any) -> FunctionCompute:
        return deploy(SOURCE, preloaded=("library", "nothing_of_this_name"), **options)

    return make


def call(compute: FunctionCompute, event: bytes = b"") -> Any:
    result = compute.invoke("f", event)
    assert result.error_type is None, result.body
    return json.loads(result.body)


def test_the_library_is_loaded_in_the_nursery_and_the_handler_in_the_instance(
    forking: Any, nursery: list[Nursery]
) -> None:
    compute = forking()
    process, parent, loaded_in, handled = call(compute)
    assert process == compute.instances("f")[0].process_id
    assert parent == loaded_in == nursery[0].pid
    assert handled == "handled"
    assert "handled" in compute.logs("f")


def test_instances_share_the_nursery_and_nothing_else(forking: Any, nursery: list[Nursery]) -> None:
    compute = forking(warm_instances=0)
    first, second = call(compute), call(compute)
    assert first[0] != second[0]
    assert first[1:] == second[1:]
    assert os.getpgid(nursery[0].pid or 0) == nursery[0].pid
    assert gone(first[0])


def test_the_environment_is_exactly_the_functions_own(
    forking: Any, deploy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere")
    forked = call(forking(environment={"NAME": "值"}), b"environment")
    started = call(deploy(SOURCE, environment={"NAME": "值"}), b"environment")
    changing = {"FC_INSTANCE_ID", "LC_CTYPE"} | {name for name in started if name.startswith("ALIBABA_CLOUD")}
    assert forked.keys() - {"LC_CTYPE"} == started.keys() - {"LC_CTYPE"}
    assert {name: forked[name] for name in forked.keys() - changing} == {
        name: started[name] for name in started.keys() - changing
    }


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "LD_LIBRARY_PATH", "LANG"])
def test_what_the_interpreter_has_to_know_at_its_start_is_told_then(
    forking: Any, nursery: list[Nursery], name: str
) -> None:
    process, parent, loaded_in, _ = call(forking(environment={name: "1"}))
    assert (parent, loaded_in) == (os.getpid(), process)
    assert nursery[0].pid is None


def test_a_timeout_ends_an_instance_and_what_it_started_and_leaves_the_nursery(
    forking: Any, nursery: list[Nursery]
) -> None:
    hangs = threading.Event()
    compute = forking(timeout=1, on_log=lambda _, line: hangs.set() if line == "hangs" else None)
    process = call(compute)[0]
    assert compute.invoke("f", b"hang").error_kind == "FunctionTimeoutError"
    assert hangs.is_set()
    assert gone(process)
    # Killed all at once, they need not be dead all at once.
    assert all(gone(one) for one in processes_of_group(process))
    assert call(compute)[1] == nursery[0].pid


def test_memory_is_counted_for_each_instance(forking: Any) -> None:
    compute = forking()
    assert compute.invoke("f", b"much").error_kind == "FunctionOOMError"
    result = compute.invoke("f", b"")
    assert 0 < result.max_memory_mb < 100


def test_an_instance_that_was_killed_between_requests_is_replaced(
    forking: Any, nursery: list[Nursery]
) -> None:
    compute = forking()
    process = call(compute)[0]
    (instance,) = compute.instances("f")
    os.kill(process, signal.SIGKILL)
    assert gone(process)
    while instance.alive:  # its last thread goes a moment after the first one
        threading.Event().wait(0.001)
    after = call(compute)
    assert after[0] != process
    assert after[1] == nursery[0].pid
    # Nobody waits for it any more: it is not left behind as a zombie.
    assert not Path(f"/proc/{process}").exists()


def test_a_nursery_that_was_killed_is_replaced_and_its_instances_end(
    forking: Any, nursery: list[Nursery]
) -> None:
    compute = forking()
    process, first, _, _ = call(compute)
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    after = call(compute)
    assert after[1] == nursery[0].pid != first
    assert gone(process)


def test_a_nursery_that_ends_takes_its_instances_along(forking: Any, nursery: list[Nursery]) -> None:
    process = call(forking())[0]
    nursery[0].close()
    assert gone(process)


def test_close_ends_what_runs_at_once(forking: Any) -> None:
    hangs = threading.Event()
    compute = forking(on_log=lambda _, line: hangs.set() if line == "hangs" else None).start()
    compute.invoke_async("f", b"hang")
    assert hangs.wait(20)
    process = compute.instances("f")[0].process_id
    compute.close()
    assert gone(process)


def test_no_process_is_a_function_error_of_the_services_own(
    forking: Any, nursery: list[Nursery], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes.sys, "executable", "/nowhere/python")
    with pytest.raises(models.ServiceUnavailable):
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
