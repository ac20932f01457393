"""A local OSS for each test: on a loopback port with oss2 as its client, or called directly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import BUCKET, Ask, LocalOss, access_keys

if TYPE_CHECKING:
    import oss2


@pytest.fixture
def local_oss(tmp_path: Path) -> Iterator[LocalOss]:
    with LocalOss(tmp_path / "oss") as running:
        running.store.create_bucket(BUCKET)
        yield running


@pytest.fixture
def clients(local_oss: LocalOss) -> Iterator[Oss2Clients]:
    with Oss2Clients(local_oss) as made:
        yield made


@pytest.fixture
def bucket(clients: Oss2Clients) -> oss2.Bucket:
    return clients.bucket(BUCKET)


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
    return access_keys(clock)


@pytest.fixture
def ask(store: ObjectStore, keys: AccessKeys, clock: ManualClock) -> Ask:
    return Ask(OssService(store, keys, clock))
