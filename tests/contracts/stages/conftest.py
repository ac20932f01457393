"""An operator before an empty local account, with a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aliyun_local.cloud import CloudOptions, LocalCloud
from tests.contracts.stages.support import TICK_SECONDS, Operator


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(CloudOptions(data=tmp_path / "data", tick_seconds=TICK_SECONDS)) as running:
        yield running


@pytest.fixture
def operator(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    home = tmp_path / "home"
    home.mkdir()
    return Operator(cloud, home, monkeypatch)
