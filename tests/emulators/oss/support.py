"""A local OSS for tests, with one access key: on a loopback port, or called directly.

The tests of the emulator use this, and the contracts of every client of OSS.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from aliyun_local.clock import Clock, ControlledClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Request, Response
from tests.emulators.direct_requests import direct_request

KEY_ID, SECRET, REGION, BUCKET = "LTAItest", "secret-of-the-test", "cn-beijing", "test-bucket"


def access_keys(clock: Clock) -> AccessKeys:
    """Return access keys with one long-lived key."""
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    return keys


def stored_contents(data: Path) -> list[bytes]:
    """Return the contents of all blobs under the data folder of a store, sorted."""
    return sorted(path.read_bytes() for path in (data / "objects").glob("??/*"))


class LocalOss:
    """A local OSS on a loopback port. Its clock is the machine's until a test moves it.

    A context manager, which starts with the constructor.
    """

    def __init__(self, data: Path | None = None) -> None:
        self.clock = ControlledClock()
        self.keys = access_keys(self.clock)
        self.store = ObjectStore(data, self.clock)
        self.behaviour = OssBehaviour()
        self.service = OssService(self.store, self.keys, self.clock, behaviour=self.behaviour)
        self.server = LoopbackServer(Front(self.service)).start()
        self._numbers = itertools.count(1)

    def __enter__(self) -> LocalOss:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.server.close()
        self.store.close()

    @property
    def url(self) -> str:
        return self.server.url

    def new_name(self) -> str:
        """Return the name of a bucket that does not exist."""
        return f"contract-{next(self._numbers)}"

    def new_bucket(self) -> str:
        """Create a bucket and return its name."""
        return self.store.create_bucket(self.new_name()).name


class Ask:
    """Asks a service directly; the test holds its clock."""

    def __init__(self, service: OssService) -> None:
        self._service = service

    def __call__(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        host: str = "127.0.0.1",
    ) -> Response:
        return self.send(direct_request(method, target, headers=headers, body=body, host=host))

    def send(self, request: Request) -> Response:
        return self._service.handle(request)
