"""Fixtures: an account, its HTTP front on loopback, and photos to submit to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.samples import landscape, portrait
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from tests.emulators.dashscope.support import API_KEY, PHOTO_URL, Client, Web, encoded
from tests.emulators.dashscope.support import clock as clock
from tests.emulators.dashscope.support import photo as photo
from tests.emulators.dashscope.support import studio as studio


@pytest.fixture(scope="session")
def pair() -> bytes:
    return encoded(portrait(1, size=(480, 360), faces=2))


@pytest.fixture(scope="session")
def scenery() -> bytes:
    return encoded(landscape(1, (400, 300)))


@pytest.fixture
def behaviour() -> Behaviour:
    # The list of these tests has the account's own fine-tunes only; test_shared_lists.py has the others.
    return Behaviour(
        pending_seconds=2,
        training_seconds=300,
        rejection_seconds=5,
        canceling_seconds=3,
        foreign_fine_tunes=0,
        # As it was until mid-2026: these tests submit twice to see something else than this limit.
        submits_per_second=2,
    )


@pytest.fixture
def web(photo: bytes, pair: bytes, scenery: bytes) -> Web:
    web = Web()
    web.put(PHOTO_URL, photo)
    web.put("https://photos/b.jpg", photo)
    web.put("https://photos/pair.jpg", pair)
    web.put("https://photos/scenery.jpg", scenery)
    return web


@pytest.fixture
def front(studio: ModelStudio, clock: ManualClock) -> Front:
    service = DashScopeService(studio, clock, api_keys=[API_KEY, "sk-second"], wait=lambda _: None)
    return Front(service, sleep=clock.advance)


@pytest.fixture
def client(front: Front) -> Iterator[Client]:
    with LoopbackServer(front) as server:
        client = Client(server.url)
        yield client
        client.session.close()


@pytest.fixture
def submit(client: Client, clock: ManualClock) -> Callable[..., str]:
    """Submit a fine-tune, a second after the one before it: the rate limit has room for it."""

    def submit(*files: str) -> str:
        clock.advance(1)
        return client.created(*(files or (PHOTO_URL,)))

    return submit
