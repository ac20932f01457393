"""The operator's commands in this process, as they are typed, before a local cloud."""

from __future__ import annotations

import io
import json
import os
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.cloud import LocalCloud
from aliyun_local.ros.state.failures import ResourceFailures
from local import __main__ as commands
from local.stages import command_line, deploying
from local.stages.context import Context
from local.stages.credentials import Credentials
from local.stages.output import Output
from local.stages.package import Code, build_code

TICK_SECONDS = 0.5
LONGEST_SLEEP_SECONDS = 0.05
FAST = ("--parameter", "QuietSeconds=5", "--parameter", "SettleSeconds=2", "--parameter", "SweepSeconds=5")


@dataclass(frozen=True)
class Run:
    """How a command ended, and what it showed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


class StaticCredentials(Credentials):
    """A key of this process: the official chain reads the environment once, when it is imported."""

    def __init__(self, cloud: LocalCloud) -> None:
        super().__init__()
        self._account = cloud.account

    def _made(self) -> Any:
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.models import Config

        key = self._account
        return Client(
            Config(
                type="access_key", access_key_id=key.access_key_id, access_key_secret=key.access_key_secret
            )
        )


class Operator:
    """Somebody who types commands, and what they type when they are asked."""

    def __init__(self, cloud: LocalCloud, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud, self.home = cloud, home
        self.answers: list[str] = []
        self.asked: list[str] = []
        self.asleep: Callable[[], None] = lambda: None
        """Called at each wait."""
        self.shown: list[str] = []
        """All that was ever shown, by any command."""
        self._patch = monkeypatch
        monkeypatch.chdir(home)
        for name in list(os.environ):
            if name.startswith(("ALIBABA_", "DASHSCOPE", "STATUS_", "ADMIN_", "OSS_", "OTS_")):
                monkeypatch.delenv(name)
        for name, value in cloud.endpoints.items():
            if not name.startswith(("STATUS", "ADMIN")):
                monkeypatch.setenv(name, value)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        self._context_of = command_line.context_of
        monkeypatch.setattr(command_line, "context_of", self._context)
        monkeypatch.setattr(command_line, "Output", self._output)

    def run(self, *arguments: str) -> Run:
        """Type a command; the stage is ``dev``."""
        self._out, self._err = io.StringIO(), io.StringIO()
        command, *rest = arguments
        status = commands.main([command, "--stage", "dev", *rest])
        run = Run(status, self._out.getvalue(), self._err.getvalue())
        self.shown.append(run.out + run.err)
        return run

    def deploy(self, *arguments: str) -> Run:
        return self.run("deploy", *FAST, *arguments)

    def releases(self, number: int) -> None:
        """Have this checkout give other code: one byte more in its zip."""

        def build(runtime: str) -> Code:
            return with_change(build_code(runtime), number)

        self._patch.setattr(deploying, "build_code", build)

    @property
    def failures(self) -> ResourceFailures:
        """Failures of resources, to be armed."""
        return self.cloud.stacks.failures

    def slow(self, seconds: float) -> None:
        """Have each step of a resource take so long."""
        self.cloud.stacks.behaviour.resource_seconds = seconds

    def until_busy(self) -> None:
        """Wait until an operation goes on."""
        ends = time.monotonic() + 20
        while not any(stack.status.endswith("IN_PROGRESS") for stack in self.cloud.stacks.store.stacks()):
            assert time.monotonic() < ends
            time.sleep(0.01)

    def deploy_elsewhere(self) -> None:
        """Change the stack by ROS itself, as another operator would."""
        stack = self.cloud.stacks.store.stacks()[0]
        source = replace(stack.source, parameters={**stack.source.parameters, "MaxAttempts": "3"})
        self.cloud.stacks.update(stack.id, source)

    @property
    def remembered(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / ".local/stages/dev.json").read_text())
        return found

    def _context(self, given: Namespace, output: Output) -> Context:
        made = self._context_of(given, output)
        return replace(made, sleep=self._sleep, credentials=StaticCredentials(self.cloud))

    def _output(self, **more: Any) -> Output:
        return Output(**more, out=self._out, err=self._err, ask=self._ask)

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else ""

    def _sleep(self, seconds: float) -> None:
        self.asleep()
        time.sleep(min(seconds, LONGEST_SLEEP_SECONDS))


def with_change(code: Code, number: int) -> Code:
    """Return other code that does the same."""
    import zipfile

    buffer = io.BytesIO(code.content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("python/release_number.py", f"NUMBER = {number}\n")
    name = code.name.replace(".zip", f"-{number}.zip")
    return code._replace(name=name, content=buffer.getvalue())
