"""The pytest fixture: ``pytest_plugins = ["local.mocking.pytest_plugin"]`` in the root ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.mocking.cloud import MockCloud
from local.mocking.entry import mock_aliyun as mocked


@pytest.fixture
def mock_aliyun() -> Iterator[MockCloud]:
    """The cloud of one test, empty at first."""
    with mocked() as cloud:
        yield cloud
