"""One cloud for all tests of a worker; they stay out of one another's way by being about different people.

While a worker is about tests of other folders, its clouds' timers rest: they would take the time of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .support import LocalStudio, running_studio


class Resting:
    """Stops a cloud's timers before a test of another folder and starts them before one of this."""

    def __init__(self, studio: LocalStudio) -> None:
        self._studio = studio

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._studio.tick(Path(__file__).parent in item.path.parents)


@contextmanager
def resting(studio: LocalStudio, config: pytest.Config) -> Iterator[LocalStudio]:
    plugin = Resting(studio)
    config.pluginmanager.register(plugin)
    yield studio
    config.pluginmanager.unregister(plugin)


@pytest.fixture(scope="session")
def session_studio(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[LocalStudio]:
    with running_studio(tmp_path_factory.mktemp("cloud")) as made, resting(made, pytestconfig):
        yield made


@pytest.fixture(scope="session")
def url_studio(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[LocalStudio]:
    """A cloud whose OSS account is an old one: DashScope downloads from its public door."""
    with (
        running_studio(tmp_path_factory.mktemp("old"), oss_account="old") as made,
        resting(made, pytestconfig),
    ):
        yield made


@pytest.fixture
def studio(session_studio: LocalStudio) -> Iterator[LocalStudio]:
    """The shared cloud; what a test has injected or switched is undone after it."""
    behaviour = session_studio.cloud.studio.behaviour
    before = dict(vars(behaviour))
    yield session_studio
    for front in session_studio.cloud.fronts.values():
        front.clear_faults()
    vars(behaviour).update(before)


@pytest.fixture
def fresh_studio(tmp_path: Path) -> Iterator[LocalStudio]:
    """A cloud of a test's own, for what would be felt by everybody on it."""
    with running_studio(tmp_path / "cloud") as made:
        yield made
