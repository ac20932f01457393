"""A client, and a wire on which the answers are put."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from shared.clients.dashscope import DashScope
from shared.clients.retries import Retries
from tests.unit.dashscope_client.support import API_KEY, BASE


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client() -> DashScope:
    return DashScope(BASE, API_KEY, retries=Retries(sleep=lambda _: None))
