"""A whole cloud for each module; its tests stay out of one another's way by being about different people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .support import LocalStudio, running_studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStudio]:
    with running_studio(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture
def fresh_studio(tmp_path: Path) -> Iterator[LocalStudio]:
    """A cloud of a test's own, for what would be felt by everybody on it."""
    with running_studio(tmp_path / "cloud") as made:
        yield made
