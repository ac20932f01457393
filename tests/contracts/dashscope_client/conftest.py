"""Fixtures of the official client: an account of its own on loopback, and a clock that the tests move.

The tests import the client's classes from their modules: the package's own stub lists fewer methods than the
classes have.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import dashscope
import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.samples import landscape, portrait
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front
from tests.emulators.dashscope.support import API_KEY, PHOTO_URL, Web, encoded
from tests.emulators.dashscope.support import clock as clock
from tests.emulators.dashscope.support import photo as photo
from tests.emulators.dashscope.support import studio as studio


class Answer(Protocol):
    """Any answer of the 1.x client. Its own types do not say that ``code`` and ``message`` may be None."""

    @property
    def status_code(self) -> int: ...
    @property
    def code(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...


def result_of(answer: Answer) -> tuple[int, str | None, str | None]:
    """Return status, code and message."""
    return answer.status_code, answer.code, answer.message


@pytest.fixture(scope="session")
def web_pages(photo: bytes) -> dict[str, bytes]:
    return {
        PHOTO_URL: photo,
        "https://photos/b.jpg": photo,
        "https://photos/scenery.jpg": encoded(landscape(1, (400, 300))),
        "https://photos/template.jpg": encoded(portrait(300, size=(540, 720))),
    }


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(
        pending_seconds=2,
        training_seconds=300,
        canceling_seconds=3,
        task_pending_seconds=2,
        task_seconds=20,
        foreign_fine_tunes=0,
        # As it was until mid-2026: these tests submit twice to see something else than this limit.
        submits_per_second=2,
    )


@pytest.fixture
def web(web_pages: dict[str, bytes]) -> Web:
    web = Web()
    for url, content in web_pages.items():
        web.put(url, content)
    return web


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
def client(base_url: str) -> Iterator[dashscope.Client]:
    """The 2.x client, which asks once and does not try again."""
    with dashscope.Client(api_key=API_KEY, base_url=base_url, max_retries=0) as client:
        yield client


@pytest.fixture
def upload(tmp_path: Path, photo: bytes) -> Path:
    """A photo on disk, to be uploaded."""
    path = tmp_path / "a.jpg"
    path.write_bytes(photo)
    return path


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
    job = studio.create_fine_tune(model="facechain-finetune", training_file_ids=[PHOTO_URL])
    clock.advance(400)
    return studio.fine_tune(job.job_id).finetuned_output
