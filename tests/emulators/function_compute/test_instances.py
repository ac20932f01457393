"""What a handler sees inside an instance, and what becomes of instances."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.function_compute.instances import ConcurrencyExceeded
from aliyun_local.function_compute.models import FunctionNotFound, PayloadTooLarge

REPOSITORY = Path(__file__).resolve().parents[3]


def gone(process_id: int, within: float = 5.0) -> bool:
    """Tell whether a process is dead or about to be reaped."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
            threads = len(list(Path(f"/proc/{process_id}/task").iterdir()))
        except (FileNotFoundError, ProcessLookupError):
            return True
        # Its first thread is a zombie before the last one has ended, and only then can it be waited for.
        if status == "Z" and threads <= 1:
            return True
        threading.Event().wait(0.01)
    return False


def test_an_event_arrives_as_the_bytes_that_were_sent_and_bytes_return_as_they_are(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    return event[::-1]\n")
    assert compute.invoke("f", b"\x00\xff\xfeabc").body == b"cba\xfe\xff\x00"
    assert compute.invoke("f", b"").body == b""


def test_a_large_event_and_a_large_result_pass_whole(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    return event + event\n")
    event = os.urandom(3 * 1024 * 1024)
    assert compute.invoke("f", event).body == event + event


def test_a_result_that_is_no_text_leaves_as_json(deploy: Any) -> None:
    compute = deploy(
        """
        import datetime, decimal
        def handler(event, context):
            return {"b": decimal.Decimal("1.5"), "a": datetime.date(2026, 1, 2), "c": None}
        """
    )
    assert json.loads(compute.invoke("f", b"").body) == {"a": "2026-01-02", "b": 1.5, "c": None}
    assert compute.invoke("f", b"").body.startswith(b'{\n    "a"')


def test_the_context_tells_request_function_region_account_and_credentials(deploy: Any) -> None:
    compute = deploy(
        """
        import json
        def handler(event, context):
            c = context
            return json.dumps([c.request_id, c.function.name, c.function.handler, c.function.memory,
                c.function.timeout, c.service.name, c.region, c.account_id, c.retry_count,
                c.credentials.access_key_id, c.credentials.accessKeySecret, c.credentials.security_token,
                c.tracing.span_context, c.getLogger().name])
        """
    )
    result = compute.invoke("f", b"")
    request_id, *fixed, key, secret, token, span, logger = json.loads(result.body)
    assert request_id == result.request_id
    assert fixed == ["f", "index.handler", 512, 20, "", "cn-beijing", "42", 0]
    assert key.startswith("STS.")
    assert secret
    assert token.startswith("CAIS")
    assert (span, logger) == (None, "root")


def test_credentials_are_renewed_with_every_invocation_of_a_warm_instance(deploy: Any) -> None:
    compute = deploy(
        """
        import os
        def handler(event, context):
            assert context.credentials.security_token == os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"]
            return context.credentials.access_key_id + " " + str(os.getpid())
        """
    )
    first, first_process = compute.invoke("f", b"").body.split()
    second, second_process = compute.invoke("f", b"").body.split()
    assert first != second
    assert first_process == second_process


def test_python_3_12_has_credentials_in_the_environment_only(deploy: Any) -> None:
    compute = deploy(
        """
        import os
        def handler(event, context):
            return [hasattr(context, "credentials"), os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"][:4]]
        """,
        runtime="python3.12",
    )
    assert json.loads(compute.invoke("f", b"").body) == [False, "STS."]


def test_the_environment_is_the_functions_own_and_that_of_the_service(
    deploy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere")
    compute = deploy(
        "import os\ndef handler(event, context):\n    return dict(os.environ)\n",
        environment={"NAME": "值", "TABLE": "jobs"},
    )
    seen = json.loads(compute.invoke("f", b"").body)
    assert seen["NAME"] == "值"
    assert seen["FC_FUNCTION_NAME"] == "f"
    assert seen["TZ"] == "UTC"
    own = {name for name in seen if not name.startswith(("FC_", "ALIBABA_CLOUD_", "LC_"))}
    assert own == {"NAME", "TABLE", "PATH", "LANG", "TZ", "NO_PROXY"}


@pytest.mark.parametrize("handler", ["functions/collect.run", "functions.collect.run"])
def test_a_handler_in_a_folder_is_found_with_slash_and_with_dot(
    deploy: Any, tmp_path: Path, handler: str
) -> None:
    (tmp_path / "code" / "shared").mkdir(parents=True)
    (tmp_path / "code" / "shared" / "__init__.py").write_text("value = 7\n")
    compute = deploy(
        "from shared import value\ndef run(event, context):\n    return value\n",
        handler=handler,
    )
    assert compute.invoke("f", b"").body == b"7"


def test_a_function_cannot_import_the_emulators_even_from_their_own_checkout(deploy: Any) -> None:
    compute = deploy(
        f"""
        import sys
        sys.path.insert(0, {str(REPOSITORY)!r})
        def handler(event, context):
            try:
                import aliyun_local.function_compute.models
            except ModuleNotFoundError as problem:
                return str(problem)
            return "imported"
        """
    )
    assert compute.invoke("f", b"").body == b"No module named 'aliyun_local'"


def test_the_modules_of_the_emulator_are_not_importable_by_their_bare_names(deploy: Any) -> None:
    compute = deploy("import schedules\ndef handler(event, context):\n    return 'imported'\n")
    assert b"No module named 'schedules'" in compute.invoke("f", b"").body


def test_a_functions_own_package_may_have_the_emulators_name(deploy: Any, tmp_path: Path) -> None:
    (tmp_path / "code" / "aliyun_local").mkdir(parents=True)
    (tmp_path / "code" / "aliyun_local" / "__init__.py").write_text("")
    (tmp_path / "code" / "aliyun_local" / "settings.py").write_text("value = 'own'\n")
    (tmp_path / "code" / "models.py").write_text("value = 'models'\n")
    compute = deploy(
        """
        import models
        from aliyun_local.settings import value
        def handler(event, context):
            return value + models.value
        """
    )
    assert compute.invoke("f", b"").body == b"ownmodels"


def test_an_exception_becomes_the_documented_envelope(deploy: Any, tmp_path: Path) -> None:
    compute = deploy("def handler(event, context):\n    raise KeyError('图')\n")
    result = compute.invoke("f", b"")
    body = json.loads(result.body)
    assert result.error_type == "UnhandledInvocationError"
    assert (body["errorMessage"], body["errorType"]) == ("'图'", "KeyError")
    assert body["stackTrace"] == [
        [f'File "{tmp_path}/code/index.py"', "line 2", "in handler", "raise KeyError('图')"]
    ]
    assert any("[ERROR] KeyError" in line for line in compute.logs("f"))


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import nothing_of_this_name\n", "ImportModuleError"),
        ("def other(event, context):\n    pass\n", "HandlerNotFound"),
        ("def handler(event, context)\n", "SyntaxError"),
        ("def handler(event, context):\n    return object()\n", "TypeError"),
    ],
)
def test_a_handler_that_cannot_be_called_is_a_function_error(deploy: Any, source: str, kind: str) -> None:
    result = deploy(source).invoke("f", b"")
    assert result.error_type == "UnhandledInvocationError"
    assert json.loads(result.body)["errorType"] == kind


def test_an_instance_is_used_again_even_after_an_exception(deploy: Any) -> None:
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


def test_a_timeout_kills_the_instance_and_what_it_started(deploy: Any, tmp_path: Path) -> None:
    compute = deploy(
        f"""
        import os, pathlib, subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "60"])
            pathlib.Path({str(tmp_path / "processes")!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
            print("begun")
            time.sleep(60)
        """,
        timeout=1,
    )
    result = compute.invoke("f", b"")
    assert result.error_type == "UnhandledInvocationError"
    assert result.error_kind == "FunctionTimeoutError"
    assert json.loads(result.body)["errorMessage"].startswith("Function timed out after 1 seconds")
    assert b"begun" in result.log_tail
    for process_id in map(int, (tmp_path / "processes").read_text().split()):
        assert gone(process_id)
    assert compute.instances("f") == []


def test_an_instance_that_exits_is_a_function_error_and_the_next_call_gets_a_new_one(deploy: Any) -> None:
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


def test_a_run_over_the_functions_memory_is_ended_while_it_still_runs(deploy: Any) -> None:
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


def test_a_run_that_held_too_much_fails_even_if_it_has_returned(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    return 'fine'\n", memory=4)
    assert compute.invoke("f", b"").error_kind == "FunctionOOMError"


def test_an_instance_that_dies_between_requests_is_replaced(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    return 'fine'\n")
    compute.invoke("f", b"")
    process_id = compute.instances("f")[0].process_id
    os.kill(process_id, signal.SIGKILL)
    assert gone(process_id)
    assert compute.invoke("f", b"").body == b"fine"


def test_prints_and_log_records_are_kept_in_order_in_the_runtimes_format(deploy: Any, tmp_path: Path) -> None:
    compute = deploy(
        """
        import logging, sys
        def handler(event, context):
            print("one")
            logging.getLogger().info("two %s", "值")
            context.getLogger().debug("not shown")
            print("three", file=sys.stderr)
            sys.stdout.write("no end")
        """,
        data=tmp_path / "data",
    )
    result = compute.invoke("f", b"")
    _start, *lines, _end = (tmp_path / "data" / "logs" / "f.log").read_text(encoding="utf-8").splitlines()
    assert [lines[0], *lines[2:]] == ["one", "three", "no end"]
    moment, request_id, rest = lines[1].split(" ", 2)
    assert (request_id, rest) == (result.request_id, "[INFO] two 值")
    assert len(moment) == len("2026-01-01T00:00:00.000Z")
    assert moment.endswith("Z")
    assert result.log_tail.decode().splitlines()[1:-3] == lines


def test_more_log_than_a_pipe_holds_is_not_lost_and_long_lines_are_cut(deploy: Any) -> None:
    compute = deploy(
        """
        def handler(event, context):
            print("x" * 100_000)
            for number in range(1500):
                print(number, "y" * 200)
        """
    )
    compute.invoke("f", b"")
    lines = compute.logs("f")
    assert lines[1] == "x" * 32 * 1024
    assert len(lines) == 1 + 1 + 1500 + 1


def test_a_handler_that_closes_its_output_still_answers(deploy: Any) -> None:
    compute = deploy(
        "import os\ndef handler(event, context):\n    os.close(1)\n    os.close(2)\n    return 'fine'\n"
    )
    assert compute.invoke("f", b"").body == b"fine"


def test_reserved_concurrency_refuses_a_call_too_many_and_runs_the_others(
    deploy: Any, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    compute = deploy(
        f"""
        def handler(event, context):
            print("begun")
            return open({str(gate)!r}).read()
        """,
        concurrency=1,
        on_log=lambda _function, line: begun.set() if line == "begun" else None,
    )
    begun = threading.Event()
    results: list[bytes] = []
    caller = threading.Thread(target=lambda: results.append(compute.invoke("f", b"").body))
    caller.start()
    assert begun.wait(20)
    with pytest.raises(ConcurrencyExceeded):
        compute.invoke("f", b"")
    gate.write_text("through")
    caller.join()
    assert results == [b"through"]


def test_calls_without_reserved_concurrency_wait_for_an_instance(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    return event\n", default_concurrency=2)
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


def test_idle_instances_are_retired(deploy: Any, clock: ManualClock) -> None:
    compute = deploy("def handler(event, context):\n    pass\n", idle_seconds=-1.0)
    compute.invoke("f", b"")
    instance = compute.instances("f")[0]
    compute.run_due()
    assert compute.instances("f") == []
    assert gone(instance.process_id)


def test_close_ends_a_running_instance_at_once(deploy: Any) -> None:
    begun = threading.Event()
    compute = deploy(
        "import time\ndef handler(event, context):\n    print('begun')\n    time.sleep(60)\n",
        timeout=60,
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


def test_unknown_functions_and_too_large_events_are_refused(deploy: Any) -> None:
    compute = deploy("def handler(event, context):\n    pass\n")
    with pytest.raises(FunctionNotFound):
        compute.invoke("g", b"")
    with pytest.raises(PayloadTooLarge):
        compute.invoke_async("f", b"x" * (128 * 1024 + 1))
    with pytest.raises(PayloadTooLarge):
        compute.invoke("f", bytes(32 * 1024 * 1024 + 1))


def test_a_killed_parent_leaves_no_instance_and_loses_no_accepted_invocation(
    deploy: Any, tmp_path: Path
) -> None:
    log = tmp_path / "runs"
    source = f"""
        import os, time
        def handler(event, context):
            with open({str(log)!r}, "a") as file:
                file.write(f"{{os.getpid()}} {{context.request_id}} {{context.retry_count}}\\n")
            if event == b"slow" and not os.path.exists({str(tmp_path / "reopened")!r}):
                time.sleep(60)
    """
    deploy(source).close()  # writes the handler's file
    script = f"""
import sys
from pathlib import Path
from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.function_compute.models import FunctionCompute
from aliyun_local.template import Function, Resources
clock = ManualClock()
keys = AccessKeys(clock)
keys.add("LTAItest", "secret")
function = Function(name="f", handler="index.handler", runtime="python3.10", timeout=60, concurrency=1)
compute = FunctionCompute(Path({str(tmp_path / "data")!r}), Resources(functions={{"f": function}}), clock,
    code=Path({str(tmp_path / "code")!r}), credentials=keys.issue_sts, throttle_seconds=0.0).start()
print(compute.invoke_async("f", b"slow"), compute.invoke_async("f", b"waiting"), flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
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
    assert gone(int(log.read_text().split()[0]))
    (tmp_path / "reopened").touch()
    reopened = deploy(source, data=tmp_path / "data")
    assert reopened.pending() == 2
    assert reopened.run_due() == 2
    runs = [tuple(line.split()[1:]) for line in log.read_text().splitlines()]
    assert runs == [(slow, "0"), (slow, "0"), (waiting, "0")]
    assert reopened.pending() == 0
