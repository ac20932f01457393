"""A client of the emulated DashScope over HTTP, the web that its account downloads from, and the account.

The fixtures here serve these tests and those of the official client, which give ``behaviour`` and ``web`` of
their own.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from PIL import Image

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.pictures.fetching import Fetched, FetchError, NotAuthorizedError
from aliyun_local.samples import portrait

API_KEY = "sk-test-0123456789"
PHOTO_URL = "https://photos/a.jpg"
"""Every test's web has a photo of one person there."""
Submit = Callable[..., str]
"""Submits a fine-tune with the files that it is given, and returns the job id."""
# 2025-09-02 09:51:02 in Beijing: the time in the published samples.
START = 1_756_777_862.0


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    """Return an image file."""
    file = io.BytesIO()
    image.save(file, kind, quality=88)
    return file.getvalue()


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A photo of one person."""
    return encoded(portrait(1, size=(320, 400)))


@pytest.fixture
def clock() -> ManualClock:
    """The account's clock, which only tests move."""
    return ManualClock(START)


@pytest.fixture
def studio(clock: ManualClock, behaviour: Behaviour, web: Web) -> Iterator[ModelStudio]:
    """The account, in memory."""
    studio = ModelStudio(None, clock, behaviour, web.fetch, random_seed=7)
    yield studio
    studio.close()


class Web:
    """The web of the account's downloads: an answer for each URL; may be changed at any time."""

    def __init__(self) -> None:
        self.pages: dict[str, Fetched | Exception] = {}
        self.fetched: list[str] = []

    def put(self, url: str, content: bytes, content_type: str = "image/jpeg") -> str:
        self.pages[url] = Fetched(content=content, content_type=content_type)
        return url

    def expire(self, url: str) -> None:
        self.pages[url] = NotAuthorizedError("answered 403")

    def fetch(self, url: str) -> Fetched:
        self.fetched.append(url)
        page = self.pages.get(url, FetchError("answered 404"))
        if isinstance(page, Exception):
            raise page
        return page


class Client:
    """DashScope over HTTP."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {API_KEY}"

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        return self.session.request(method, f"{self.base_url}/api/v1{path}", timeout=10, **given)

    def create(self, *files: str, **fields: Any) -> requests.Response:
        body = {"model": "facechain-finetune", "training_file_ids": list(files), **fields}
        return self.call("POST", "/fine-tunes", json=body)

    def created(self, *files: str, **fields: Any) -> str:
        """Submit, insist on success and return the job id."""
        response = self.create(*files, **fields)
        assert response.status_code == 200, response.text
        return str(response.json()["output"]["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        response = self.call("GET", f"/fine-tunes/{job_id}")
        assert response.status_code == 200, response.text
        output: dict[str, Any] = response.json()["output"]
        return output

    def status(self, job_id: str) -> str:
        return str(self.job(job_id)["status"])

    def upload(self, *files: tuple[str, bytes], descriptions: tuple[str, ...] = ()) -> dict[str, Any]:
        response = self.call(
            "POST",
            "/files",
            files=[("files", file) for file in files],
            data=[("descriptions", text) for text in descriptions],
        )
        assert response.status_code == 200, response.text
        data: dict[str, Any] = response.json()["data"]
        return data

    def detect(self, *urls: str) -> requests.Response:
        body = {"model": "facechain-facedetect", "input": {"images": list(urls)}, "parameters": {}}
        return self.call("POST", "/services/vision/facedetection/detect", json=body)


def error_of(response: requests.Response) -> tuple[int, str, str]:
    """Return status, code and message, after insisting on the shape that every error has."""
    body = response.json()
    assert set(body) == {"code", "message", "request_id"}
    assert response.headers["x-request-id"] == body["request_id"]
    assert "retry-after" not in response.headers
    return response.status_code, body["code"], body["message"]
