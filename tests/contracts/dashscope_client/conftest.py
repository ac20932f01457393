"""The official client, pointed at an account of its own on loopback, under a clock that the tests hold."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import SimpleNamespace

import dashscope
import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.samples import landscape, portrait
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from tests.emulators.dashscope.support import API_KEY, START, Web, encoded

PHOTO = "https://photos/a.jpg"


@pytest.fixture(scope="session")
def photo() -> bytes:
    return encoded(portrait(1, size=(320, 400)))


@pytest.fixture(scope="session")
def web_pages(photo: bytes) -> dict[str, bytes]:
    return {
        PHOTO: photo,
        "https://photos/b.jpg": photo,
        "https://photos/scenery.jpg": encoded(landscape(1, (400, 300))),
        "https://photos/template.jpg": encoded(portrait(300, size=(540, 720))),
    }


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(
        pending_seconds=2, training_seconds=300, canceling_seconds=3, task_pending_seconds=2, task_seconds=20
    )


@pytest.fixture
def web(web_pages: dict[str, bytes]) -> Web:
    web = Web()
    for url, content in web_pages.items():
        web.put(url, content)
    return web


@pytest.fixture
def studio(clock: ManualClock, behaviour: Behaviour, web: Web) -> Iterator[ModelStudio]:
    studio = ModelStudio(None, clock, behaviour, web.fetch, random_seed=7)
    yield studio
    studio.close()


@pytest.fixture
def front(studio: ModelStudio, clock: ManualClock) -> Front:
    # A stream's waits move the clock, so that one request sees a whole training.
    service = DashScopeService(studio, clock, api_keys=[API_KEY], wait=lambda _: clock.advance(60))
    return Front(service, sleep=clock.advance)


@pytest.fixture
def base_url(front: Front, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the account, set for both surfaces of the client."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with LoopbackServer(front) as server:
        url = f"{server.url}/api/v1"
        monkeypatch.setattr(dashscope, "base_http_api_url", url)
        monkeypatch.setattr(dashscope, "api_key", API_KEY)
        yield url


@pytest.fixture
def held_time(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client's own pauses pass on the account's clock."""
    held = SimpleNamespace(time=clock.now, monotonic=clock.now, sleep=clock.advance)
    importlib.import_module("dashscope.cli.fine_tunes")
    for module in ("dashscope.finetune.finetunes", "dashscope.client.base_api", "dashscope.cli.fine_tunes"):
        monkeypatch.setattr(f"{module}.time", held)


@pytest.fixture
def trained(studio: ModelStudio, clock: ManualClock) -> str:
    """The ``finetuned_output`` of a fine-tune that succeeded."""
    job = studio.create_fine_tune(model="facechain-finetune", training_file_ids=[PHOTO])
    clock.advance(400)
    return studio.fine_tune(job.job_id).finetuned_output
