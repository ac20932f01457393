"""A local OSS that runs for all tests of a client, with a clock that tests may put forward."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from aliyun_local.clock import SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front

KEY_ID, SECRET, REGION = "LTAIcontract", "secret-of-the-contract", "cn-beijing"


class MovableClock(SystemClock):
    """The machine's clock, by which clients sign, put forward by ``moved`` seconds."""

    moved = 0.0

    def now(self) -> float:
        return super().now() + self.moved


class RunningOss:
    """A local OSS on a loopback port, and names for buckets that no other test uses."""

    def __init__(self) -> None:
        self.clock = MovableClock()
        self.keys = AccessKeys(self.clock)
        self.keys.add(KEY_ID, SECRET)
        self.store = ObjectStore(None, self.clock)
        self.server = LoopbackServer(Front(OssService(self.store, self.keys, self.clock))).start()
        self._numbers: Iterator[int] = itertools.count(1)

    @property
    def url(self) -> str:
        return self.server.url

    def new_name(self) -> str:
        return f"contract-{next(self._numbers)}"

    def close(self) -> None:
        self.server.close()
        self.store.close()
