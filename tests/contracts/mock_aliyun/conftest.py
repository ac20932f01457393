"""The fixture as users get it, and the official clients with nothing but production host names."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator

import pytest

from aliyun_local.mocking.pytest_plugin import mock_aliyun

with warnings.catch_warnings():
    # Their imports warn of escapes, of identity of literals, and of a missing C++ codec.
    warnings.simplefilter("ignore")
    import fc2  # noqa: F401
    import oss2
    import tablestore

__all__ = ["mock_aliyun"]

OSS_ENDPOINT = "https://oss-cn-beijing-internal.aliyuncs.com"
PUBLIC_ENDPOINT = "https://oss-cn-beijing.aliyuncs.com"
OTS_ENDPOINT = "https://studio.cn-beijing.ots.aliyuncs.com"
QUIET = logging.getLogger("tests.mock_aliyun")
QUIET.setLevel(logging.CRITICAL + 1)

OpenBucket = Callable[..., oss2.Bucket]
OpenTables = Callable[..., tablestore.OTSClient]


@pytest.fixture
def open_bucket() -> Iterator[OpenBucket]:
    """Return a client of oss2; its connections are closed at the end."""
    sessions: list[oss2.Session] = []

    def opened(endpoint: str = OSS_ENDPOINT, auth: object = None, name: str = "photos") -> oss2.Bucket:
        sessions.append(oss2.Session())
        auth = auth or oss2.AuthV4("any-id", "any-secret")
        return oss2.Bucket(auth, endpoint, name, region="cn-beijing", session=sessions[-1])

    yield opened
    for session in sessions:
        session.session.close()


@pytest.fixture
def bucket(open_bucket: OpenBucket) -> oss2.Bucket:
    return open_bucket()


@pytest.fixture
def open_tables() -> Iterator[OpenTables]:
    clients: list[tablestore.OTSClient] = []

    def opened(
        endpoint: str = OTS_ENDPOINT, key_id: str = "any-id", secret: str = "any-secret", **options: object
    ) -> tablestore.OTSClient:
        options.setdefault("retry_policy", tablestore.retry.NoRetryPolicy())
        clients.append(
            tablestore.OTSClient(endpoint, key_id, secret, "studio", logger_name=QUIET.name, **options)
        )
        return clients[-1]

    yield opened
    for client in clients:
        client.connection.pool.clear()
