"""A local OSS on a loopback port, and the official client for it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aliyun_local.clock import ManualClock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Headers, Request, Response

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, which Python 3.12 remarks on while it compiles it.
    warnings.simplefilter("ignore")
    import oss2

KEY_ID, SECRET, REGION, BUCKET = "LTAItest", "secret-of-the-test", "cn-beijing", "test-bucket"


@dataclass
class LocalOss:
    """What a test needs of one running OSS."""

    store: ObjectStore
    keys: AccessKeys
    service: OssService
    front: Front
    server: LoopbackServer
    sessions: list[oss2.Session] = field(default_factory=list)

    def session(self) -> oss2.Session:
        self.sessions.append(oss2.Session())
        return self.sessions[-1]

    def bucket(self, auth: object = None, name: str = BUCKET, region: str = REGION) -> oss2.Bucket:
        auth = auth or oss2.AuthV4(KEY_ID, SECRET)
        return oss2.Bucket(auth, self.server.url, name, region=region, session=self.session())

    def account(self) -> oss2.Service:
        auth = oss2.AuthV4(KEY_ID, SECRET)
        return oss2.Service(auth, self.server.url, region=REGION, session=self.session())

    def close(self) -> None:
        # oss2 leaves its connections open, and an open socket is a warning.
        for session in self.sessions:
            session.session.close()
        self.server.close()
        self.store.close()

    def url(self, path: str) -> str:
        return f"{self.server.url}{path}"


def start(data: Path | None, **options: object) -> LocalOss:
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    store = ObjectStore(data, clock)
    service = OssService(store, keys, clock, **options)
    front = Front(service)
    return LocalOss(store, keys, service, front, LoopbackServer(front).start())


@pytest.fixture
def local_oss(tmp_path: Path) -> Iterator[LocalOss]:
    running = start(tmp_path / "oss")
    running.store.create_bucket(BUCKET)
    yield running
    running.close()


@pytest.fixture
def bucket(local_oss: LocalOss) -> oss2.Bucket:
    return local_oss.bucket()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> Iterator[ObjectStore]:
    made = ObjectStore(None, clock)
    made.create_bucket(BUCKET)
    yield made
    made.close()


@pytest.fixture
def keys(clock: ManualClock) -> AccessKeys:
    made = AccessKeys(clock)
    made.add(KEY_ID, SECRET)
    return made


@pytest.fixture
def ask(store: ObjectStore, keys: AccessKeys, clock: ManualClock) -> Callable[..., Response]:
    """Send one request straight to a service whose clock the test holds."""
    service = OssService(store, keys, clock)

    def send(
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        host: str = "127.0.0.1",
    ) -> Response:
        path, _, query = target.partition("?")
        return service.handle(
            Request(
                method=method,
                host=host,
                raw_path=path,
                raw_query=query,
                headers=Headers(headers or {}),
                body=body,
            )
        )

    return send
