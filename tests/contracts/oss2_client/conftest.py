"""One local OSS for all tests of oss2, and a new bucket for each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.contracts.oss2_client.running import KEY_ID, REGION, SECRET, RunningOss

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, which Python 3.12 remarks on while it compiles it.
    warnings.simplefilter("ignore")
    import oss2

BucketMaker = Callable[..., oss2.Bucket]


@pytest.fixture(scope="session")
def running() -> Iterator[RunningOss]:
    made = RunningOss()
    yield made
    made.close()


@pytest.fixture
def oss(running: RunningOss) -> Iterator[RunningOss]:
    yield running
    running.clock.moved = 0.0


@pytest.fixture(scope="session")
def session() -> Iterator[oss2.Session]:
    made = oss2.Session()
    # oss2 leaves answers unread that it does not need, and so their connections open: a warning to pytest.
    made.session.hooks["response"].append(_finish)
    yield made
    made.session.close()


def _finish(response: requests.Response, **_: object) -> None:
    if response.request.method != "GET" or not response.ok:
        assert isinstance(response.content, bytes)


@pytest.fixture
def open_bucket(oss: RunningOss, session: oss2.Session) -> BucketMaker:
    """Return a client of a bucket, by default a new one and with a version 4 signature."""

    def opened(name: str = "", auth: object = None, **options: object) -> oss2.Bucket:
        if not name:
            name = oss.new_name()
            oss.store.create_bucket(name)
        options = {"region": REGION, "session": session, **options}
        return oss2.Bucket(auth or oss2.AuthV4(KEY_ID, SECRET), oss.url, name, **options)

    return opened


@pytest.fixture
def bucket(open_bucket: BucketMaker) -> oss2.Bucket:
    return open_bucket()


@pytest.fixture
def service(oss: RunningOss, session: oss2.Session) -> oss2.Service:
    return oss2.Service(oss2.AuthV4(KEY_ID, SECRET), oss.url, region=REGION, session=session)
