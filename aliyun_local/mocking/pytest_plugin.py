"""The pytest fixture ``mock_aliyun``, registered by the distribution's ``pytest11`` entry point."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aliyun_local.mocking.cloud import MockCloud
from aliyun_local.mocking.entry import mock_aliyun as mocked


@pytest.fixture
def mock_aliyun() -> Iterator[MockCloud]:
    """The cloud of one test, empty at first."""
    with mocked() as cloud:
        yield cloud
