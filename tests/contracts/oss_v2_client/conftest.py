"""One local OSS for all tests of alibabacloud-oss-v2, and a new bucket for each."""

from __future__ import annotations

from collections.abc import Iterator

import alibabacloud_oss_v2 as oss
import pytest

from tests.contracts.oss_v2_client.clients import Clients
from tests.emulators.oss.support import LocalOss


@pytest.fixture(scope="session")
def session_clients() -> Iterator[Clients]:
    with LocalOss() as running, Clients(running) as made:
        yield made


@pytest.fixture
def clients(session_clients: Clients) -> Iterator[Clients]:
    yield session_clients
    session_clients.running.clock.release()


@pytest.fixture
def running(clients: Clients) -> LocalOss:
    return clients.running


@pytest.fixture
def client(clients: Clients) -> oss.Client:
    return clients()


@pytest.fixture
def bucket(running: LocalOss) -> str:
    return running.new_bucket()
