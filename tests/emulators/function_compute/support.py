"""Functions for tests: one of a few lines with its own Function Compute, or several behind the APIs."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.http.responses import FunctionComputeService, HttpTriggerService
from aliyun_local.function_compute.http.signatures import SignatureCheck
from aliyun_local.function_compute.queue.dispatching import RetryPauses
from aliyun_local.function_compute.running.deployed import Code, DeployedFunctions
from aliyun_local.function_compute.running.pools import InstanceLimits
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from aliyun_local.template import AsyncConfig, Function, HttpTrigger, OssTrigger, Resources, TimerTrigger

KEY_ID, SECRET, ACCOUNT = "LTAItest", "secret-of-the-test", "1234567890123456"
# A test that looks at one thing takes this and replaces it.
FUNCTION = Function(name="f", handler="index.handler", runtime="python3.10", timeout_seconds=20)
AT_ONCE = RetryPauses(after_failure_seconds=0.0)

# One file for all functions of `start`; the event says what a run is to do.
SOURCE = """
    import json
    import os
    import time

    def handler(event, context):
        print("run", event.decode(errors="replace"), context.retry_count)
        if event == b"raise":
            raise ValueError("no luck")
        if event == b"fail once" and int(context.retry_count) == 0:
            raise ValueError("not yet")
        if event == b"exit":
            os._exit(3)
        if event == b"sleep":
            time.sleep(60)
        if event == b"memory":
            return str(len(bytearray(os.urandom(1)) * (130 * 1024 * 1024)))
        if event == b"object":
            return {"b": 1, "a": [context.function.name, context.request_id]}
        if event == b"unserialisable":
            return object()
        return event

    def web(event, context):
        request = json.loads(event)
        query = request["queryParameters"]
        if "raise" in query:
            raise ValueError("no luck")
        if "bad" in query:
            return {"statusCode": "none"}
        return {
            "statusCode": int(query.get("status", 200)),
            "headers": {"Content-Type": "application/json", "X-Mine": "yes"},
            "body": json.dumps(request),
        }
"""


def write_code(folder: Path, source: str, file: str = "index.py") -> None:
    """Write ``source`` as a file of a deployment's code."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source), encoding="utf-8")


def keys_of(clock: ManualClock | SystemClock) -> AccessKeys:
    """Return the keys of an account that has one."""
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    return keys


class Deploy:
    """Deploys one handler at a time, as the function ``f``; closes all that it deployed."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        """Write the code to ``folder``."""
        self._folder = folder
        self._clock = clock
        self._keys = keys_of(clock)
        self._deployed: list[FunctionCompute] = []

    def __call__(
        self,
        source: str,
        function: Function = FUNCTION,
        *,
        triggers: Sequence[OssTrigger | TimerTrigger | HttpTrigger] = (),
        preloaded: tuple[str, ...] = (),
        data: Path | None = None,
        limits: InstanceLimits | None = None,
        pauses: RetryPauses = AT_ONCE,
        timer_interval_seconds: float | None = None,
        on_log: Callable[[str, str], object] | None = None,
    ) -> FunctionCompute:
        """Write the file of ``function`` and return a Function Compute that has it; nothing runs yet."""
        write_code(self._folder, source, function.handler.rpartition(".")[0].replace(".", "/") + ".py")
        resources = Resources(
            functions={function.name: function},
            oss_triggers=tuple(trigger for trigger in triggers if isinstance(trigger, OssTrigger)),
            timer_triggers=tuple(trigger for trigger in triggers if isinstance(trigger, TimerTrigger)),
            http_triggers=tuple(trigger for trigger in triggers if isinstance(trigger, HttpTrigger)),
            account_id="42",
        )
        compute = FunctionCompute(
            DeployedFunctions(
                resources=resources,
                code=Code(folder=self._folder, preloaded=preloaded),
                credentials=self._keys.issue_sts,
            ),
            self._clock,
            data=data,
            limits=limits,
            pauses=pauses,
            timer_interval_seconds=timer_interval_seconds,
            on_log=on_log,
        )
        self._deployed.append(compute)
        return compute

    def close(self) -> None:
        for compute in self._deployed:
            compute.close()


def gone(process_id: int, within_seconds: float = 5.0) -> bool:
    """Tell whether a process is dead or about to be reaped."""
    deadline = time.monotonic() + within_seconds
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


@dataclass
class LocalFunctions:
    """One running Function Compute with its two servers."""

    compute: FunctionCompute
    keys: AccessKeys
    api: LoopbackServer
    front: Front
    trigger: LoopbackServer
    lines: list[tuple[str, str]]

    def runs(self, event: str) -> list[str]:
        """Return the retry counts of the runs that got ``event``, in order."""
        marked = f"run {event} "
        return [line.removeprefix(marked) for _, line in list(self.lines) if line.startswith(marked)]

    def wait_idle(self) -> None:
        """Wait until no asynchronous invocation is left."""
        assert self.compute.wait_idle(20)

    def __enter__(self) -> LocalFunctions:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self.api.close()
        self.trigger.close()
        self.compute.close()


def _resources() -> Resources:
    echo = Function(
        name="echo", handler="index.handler", runtime="python3.10", timeout_seconds=20, memory_mb=128
    )
    functions = [
        replace(echo, environment={"NAME": "值"}, asynchronous=AsyncConfig(max_retries=2)),
        replace(echo, name="hasty", timeout_seconds=1),
        replace(echo, name="closed", reserved_concurrency=0),
        replace(echo, name="web", handler="index.web"),
        replace(echo, name="guarded", handler="index.web"),
        replace(echo, name="tick"),
    ]
    return Resources(
        functions={function.name: function for function in functions},
        oss_triggers=(
            OssTrigger(
                name="photos",
                function="echo",
                bucket="photos",
                events=("oss:ObjectCreated:PutObject",),
                prefix="people/",
            ),
        ),
        timer_triggers=(TimerTrigger(name="tick", function="tick", cron="@every 60m", payload="p"),),
        http_triggers=(
            HttpTrigger(
                name="h", function="web", auth_type="anonymous", methods=("GET", "HEAD", "POST", "DELETE")
            ),
            HttpTrigger(name="h", function="guarded", auth_type="function", methods=("GET", "POST")),
        ),
        account_id=ACCOUNT,
    )


def start(folder: Path) -> LocalFunctions:
    """Deploy several functions with their code in ``folder``, and serve them."""
    code = folder / "code"
    write_code(code, SOURCE)
    clock = SystemClock()
    keys = keys_of(clock)
    lines: list[tuple[str, str]] = []
    compute = FunctionCompute(
        DeployedFunctions(resources=_resources(), code=Code(folder=code), credentials=keys.issue_sts),
        clock,
        pauses=AT_ONCE,
        on_log=lambda function, line: lines.append((function, line)),
    ).start()
    signatures = SignatureCheck(keys, clock)
    front = Front(FunctionComputeService(compute, authenticate=signatures))
    trigger = HttpTriggerService(compute, "guarded", authenticate=signatures)
    return LocalFunctions(
        compute=compute,
        keys=keys,
        api=LoopbackServer(front).start(),
        front=front,
        trigger=LoopbackServer(Front(trigger)).start(),
        lines=lines,
    )
