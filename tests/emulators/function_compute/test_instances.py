"""The life of instances: reused, timed out, killed, replaced, limited, retired."""

from __future__ import annotations

import json
import os
import signal
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aliyun_local.function_compute.errors import ConcurrencyExceeded, FunctionNotFound, PayloadTooLarge
from aliyun_local.function_compute.running.pools import InstanceLimits
from tests.emulators.function_compute.support import FUNCTION, Deploy, gone, write_code


def test_an_instance_is_used_again_even_after_an_exception(deploy: Deploy) -> None:
    compute = deploy(
        """
        import os
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            if event == b"fail":
                raise ValueError
            return [os.getpid(), calls]
        """
    )
    process, _ = json.loads(compute.invoke("f", b"").body)
    compute.invoke("f", b"fail")
    assert json.loads(compute.invoke("f", b"").body) == [process, 3]


def test_a_timeout_kills_the_instance_and_what_it_started(deploy: Deploy, tmp_path: Path) -> None:
    compute = deploy(
        f"""
        import os, pathlib, subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "60"])
            pathlib.Path({str(tmp_path / "processes")!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
            print("begun")
            time.sleep(60)
        """,
        replace(FUNCTION, timeout_seconds=1),
    )
    result = compute.invoke("f", b"")
    assert result.error_type == "UnhandledInvocationError"
    assert result.error_kind == "FunctionTimeoutError"
    assert json.loads(result.body)["errorMessage"].startswith("Function timed out after 1 seconds")
    assert b"begun" in result.log_tail
    for process_id in map(int, (tmp_path / "processes").read_text().split()):
        assert gone(process_id)
    assert compute.instances("f") == []


def test_an_instance_that_exits_is_a_function_error_and_the_next_call_gets_a_new_one(deploy: Deploy) -> None:
    compute = deploy(
        """
        import os, sys
        def handler(event, context):
            if event == b"exit":
                print("last words")
                sys.exit(3)
            if event == b"abort":
                os.abort()
            return "fine"
        """
    )
    for event in (b"exit", b"abort"):
        result = compute.invoke("f", event)
        assert json.loads(result.body)["errorMessage"].startswith("Process exited unexpectedly before")
        assert result.error_type == "UnhandledInvocationError"
    assert "last words" in compute.logs("f")
    assert compute.invoke("f", b"").body == b"fine"


def test_a_run_over_the_functions_memory_is_ended_while_it_still_runs(deploy: Deploy) -> None:
    compute = deploy(
        """
        import time
        def handler(event, context):
            if event == b"much":
                held = bytearray(b"x") * (530 * 1024 * 1024)
                time.sleep(60)
            return "fine"
        """
    )
    result = compute.invoke("f", b"much")
    assert (result.error_type, result.error_kind) == ("UnhandledInvocationError", "FunctionOOMError")
    assert result.max_memory_mb > 512
    assert compute.instances("f") == []
    assert compute.invoke("f", b"").body == b"fine"


def test_a_run_that_held_too_much_fails_even_if_it_has_returned(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    return 'fine'\n", replace(FUNCTION, memory_mb=4))
    assert compute.invoke("f", b"").error_kind == "FunctionOOMError"


def test_an_instance_that_dies_between_requests_is_replaced(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    return 'fine'\n")
    compute.invoke("f", b"")
    process_id = compute.instances("f")[0].process_id
    os.kill(process_id, signal.SIGKILL)
    assert gone(process_id)
    assert compute.invoke("f", b"").body == b"fine"


def test_reserved_concurrency_refuses_a_call_too_many_and_runs_the_others(
    deploy: Deploy, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    begun = threading.Event()
    compute = deploy(
        f"""
        def handler(event, context):
            print("begun")
            return open({str(gate)!r}).read()
        """,
        replace(FUNCTION, reserved_concurrency=1),
        on_log=lambda _function, line: begun.set() if line == "begun" else None,
    )
    results: list[bytes] = []
    caller = threading.Thread(target=lambda: results.append(compute.invoke("f", b"").body))
    caller.start()
    assert begun.wait(20)
    with pytest.raises(ConcurrencyExceeded):
        compute.invoke("f", b"")
    gate.write_text("through")
    caller.join()
    assert results == [b"through"]


def test_calls_without_reserved_concurrency_wait_for_an_instance(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    return event\n", limits=InstanceLimits(unreserved=2))
    results: list[bytes] = []
    callers = [
        threading.Thread(target=lambda n=n: results.append(compute.invoke("f", b"%d" % n).body))
        for n in range(12)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(results) == sorted(b"%d" % n for n in range(12))
    assert len(compute.instances("f")) <= 2


def test_idle_instances_are_retired(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    pass\n", limits=InstanceLimits(idle_seconds=-1.0))
    compute.invoke("f", b"")
    instance = compute.instances("f")[0]
    compute.run_due()
    assert compute.instances("f") == []
    assert gone(instance.process_id)


def test_close_ends_a_running_instance_at_once(deploy: Deploy) -> None:
    begun = threading.Event()
    compute = deploy(
        "import time\ndef handler(event, context):\n    print('begun')\n    time.sleep(60)\n",
        replace(FUNCTION, timeout_seconds=60),
        on_log=lambda _function, line: begun.set() if line == "begun" else None,
    ).start()
    compute.invoke_async("f", b"")
    assert begun.wait(20)
    process_ids = [instance.process_id for instance in compute.instances("f")]
    before = time.monotonic()
    compute.close()
    assert time.monotonic() - before < 1.0
    assert process_ids
    assert all(gone(process_id, 0.1) for process_id in process_ids)


def test_unknown_functions_and_too_large_events_are_refused(deploy: Deploy) -> None:
    compute = deploy("def handler(event, context):\n    pass\n")
    with pytest.raises(FunctionNotFound):
        compute.invoke("g", b"")
    with pytest.raises(PayloadTooLarge):
        compute.invoke_async("f", b"x" * (128 * 1024 + 1))
    with pytest.raises(PayloadTooLarge):
        compute.invoke("f", bytes(32 * 1024 * 1024 + 1))


# -- code of a function's own, beside a layer --------------------------------------------------------------

OF_THE_LAYER = """
where = "layer"
"""
OWN_SOURCE = """
import os, sys
import common
def handler(event, context):
    folder = os.environ["FC_FUNC_CODE_PATH"]
    return [common.where, os.getcwd() == folder == sys.path[0], os.listdir(folder)]
"""


@pytest.mark.parametrize("preloaded", [(), ("common",)])
def test_a_function_with_a_source_of_its_own_finds_the_code_folder_as_its_layer(
    deploy: Deploy, tmp_path: Path, preloaded: tuple[str, ...]
) -> None:
    write_code(tmp_path / "code", OF_THE_LAYER, "common.py")
    own = replace(
        FUNCTION, source_code=textwrap.dedent(OWN_SOURCE), layers=("acs:fc:x:1:layers/l/versions/1",)
    )
    compute = deploy(
        "raise ValueError('index.py of the layer is not the function')", own, preloaded=preloaded
    )
    where, is_there, files = json.loads(compute.invoke("f", b"").body)
    assert (where, is_there) == ("layer", True)
    assert set(files) - {"__pycache__"} == {"index.py"}
