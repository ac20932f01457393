"""One local OSS for all tests of oss2, and a new bucket for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import LocalOss

if TYPE_CHECKING:
    import oss2


@pytest.fixture(scope="session")
def session_oss() -> Iterator[LocalOss]:
    with LocalOss() as made:
        yield made


@pytest.fixture
def oss(session_oss: LocalOss) -> Iterator[LocalOss]:
    yield session_oss
    session_oss.clock.release()


@pytest.fixture(scope="session")
def session_clients(session_oss: LocalOss) -> Iterator[Oss2Clients]:
    with Oss2Clients(session_oss) as made:
        yield made


@pytest.fixture
def clients(session_clients: Oss2Clients, oss: LocalOss) -> Oss2Clients:
    return session_clients


@pytest.fixture
def bucket(clients: Oss2Clients) -> oss2.Bucket:
    return clients.bucket()


@pytest.fixture
def service(clients: Oss2Clients) -> oss2.Service:
    return clients.service()
