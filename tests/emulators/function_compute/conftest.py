"""A function of a few lines, deployed on a local Function Compute of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.function_compute.models import FunctionCompute
from aliyun_local.template import AsyncConfig, Function, Resources

Deploy = Callable[..., FunctionCompute]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def deploy(tmp_path: Path, clock: ManualClock) -> Iterator[Deploy]:
    """Write a handler file and return a FunctionCompute with the one function ``f`` that runs it."""
    keys = AccessKeys(clock)
    keys.add("LTAItest", "secret")
    opened: list[FunctionCompute] = []

    def make(
        source: str,
        *,
        data: Path | None = None,
        runtime: str = "python3.10",
        timeout: int = 20,
        memory: int = 512,
        concurrency: int | None = None,
        retries: int = 3,
        max_age: int = 86_400,
        environment: dict[str, str] | None = None,
        handler: str = "index.handler",
        triggers: dict[str, Any] | None = None,
        **options: Any,
    ) -> FunctionCompute:
        code = tmp_path / "code"
        file = code / (handler.rpartition(".")[0].replace(".", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        function = Function(
            name="f",
            handler=handler,
            runtime=runtime,
            timeout=timeout,
            memory=memory,
            environment=environment or {},
            concurrency=concurrency,
            asynchronous=AsyncConfig(max_retries=retries, max_age_seconds=max_age),
        )
        resources = Resources(functions={"f": function}, account_id="42", **(triggers or {}))
        compute = FunctionCompute(
            data, resources, clock, code=code, credentials=keys.issue_sts, **{"retry_seconds": 0.0, **options}
        )
        opened.append(compute)
        return compute

    yield make
    for compute in opened:
        compute.close()
