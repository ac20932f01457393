"""One local OSS for all tests of alibabacloud-oss-v2, and a new bucket for each."""

from __future__ import annotations

from collections.abc import Iterator

import alibabacloud_oss_v2 as oss
import pytest
from alibabacloud_oss_v2.transport.requests_client import RequestsHttpClient

from tests.contracts.oss2_client.running import KEY_ID, REGION, SECRET, RunningOss


class Clients:
    """Makes clients over one connection pool, which is closed at the end."""

    def __init__(self, running: RunningOss) -> None:
        self.running = running
        self.transport = RequestsHttpClient()

    def __call__(
        self,
        *,
        key_id: str = KEY_ID,
        secret: str = SECRET,
        token: str | None = None,
        signature: str = "v4",
        **options: object,
    ) -> oss.Client:
        config = oss.config.load_default()
        config.region = REGION
        config.endpoint = self.running.url
        config.signature_version = signature
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token)
        config.http_client = self.transport
        # Refusals are told at once: what the client would repeat is not what is tested here.
        config.retry_max_attempts = 1
        for name, value in options.items():
            setattr(config, name, value)
        return oss.Client(config)


@pytest.fixture(scope="session")
def session_clients() -> Iterator[Clients]:
    made = Clients(RunningOss())
    yield made
    made.transport.close()
    made.running.close()


@pytest.fixture
def clients(session_clients: Clients) -> Iterator[Clients]:
    yield session_clients
    session_clients.running.clock.moved = 0.0


@pytest.fixture
def running(clients: Clients) -> RunningOss:
    return clients.running


@pytest.fixture
def client(clients: Clients) -> oss.Client:
    return clients()


@pytest.fixture
def bucket(running: RunningOss) -> str:
    name = running.new_name()
    running.store.create_bucket(name)
    return name
