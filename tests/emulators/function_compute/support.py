"""A few deployed functions behind the APIs and an HTTP trigger, on loopback, for the official clients."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from aliyun_local.clock import SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.function_compute.models import FunctionCompute
from aliyun_local.function_compute.responses import FunctionComputeService, HttpTriggerService
from aliyun_local.function_compute.signatures import SignatureCheck
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from aliyun_local.template import AsyncConfig, Function, HttpTrigger, OssTrigger, Resources, TimerTrigger

KEY_ID, SECRET, ACCOUNT = "LTAItest", "secret-of-the-test", "1234567890123456"

# One file for all functions; what a run is to do comes with the event.
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


@dataclass
class LocalFunctions:
    """What a test needs of one running Function Compute."""

    compute: FunctionCompute
    keys: AccessKeys
    api: LoopbackServer
    front: Front
    trigger: LoopbackServer
    lines: list[tuple[str, str]] = field(default_factory=list)

    def runs(self, event: str) -> list[str]:
        """Return the retry counts of the runs that got ``event``, in order."""
        marked = f"run {event} "
        return [line.removeprefix(marked) for _, line in list(self.lines) if line.startswith(marked)]

    def settle(self) -> None:
        """Wait until no asynchronous invocation is left."""
        assert self.compute.wait_idle(20)

    def close(self) -> None:
        self.api.close()
        self.trigger.close()
        self.compute.close()


def _function(name: str, handler: str = "handler", timeout: int = 20, **options: object) -> Function:
    return Function(
        name=name,
        handler=f"index.{handler}",
        runtime="python3.10",
        timeout=timeout,
        memory=128,
        **options,  # type: ignore[arg-type]
    )


def start(folder: Path) -> LocalFunctions:
    """Deploy the functions with their code in ``folder``, and serve them."""
    code = folder / "code"
    code.mkdir()
    (code / "index.py").write_text(textwrap.dedent(SOURCE), encoding="utf-8")
    functions = [
        _function("echo", environment={"NAME": "值"}, asynchronous=AsyncConfig(max_retries=2)),
        _function("hasty", timeout=1),
        _function("closed", concurrency=0),
        _function("web", "web"),
        _function("guarded", "web"),
        _function("tick"),
    ]
    resources = Resources(
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
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    lines: list[tuple[str, str]] = []
    compute = FunctionCompute(
        None,
        resources,
        clock,
        code=code,
        credentials=keys.issue_sts,
        retry_seconds=0.0,
        on_log=lambda function, line: lines.append((function, line)),
    ).start()
    signatures = SignatureCheck(keys, clock)
    front = Front(FunctionComputeService(compute, authenticate=signatures))
    trigger = HttpTriggerService(compute, "guarded", authenticate=signatures)
    return LocalFunctions(
        compute,
        keys,
        LoopbackServer(front).start(),
        front,
        LoopbackServer(Front(trigger)).start(),
        lines,
    )
