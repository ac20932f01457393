"""A function of a few lines, deployed on a local Function Compute of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.clock import ManualClock
from tests.emulators.function_compute.support import Deploy


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def deploy(tmp_path: Path, clock: ManualClock) -> Iterator[Deploy]:
    made = Deploy(tmp_path / "code", clock)
    yield made
    made.close()
