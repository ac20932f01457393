"""The local cloud inside a test: production host names lead to emulators in this process.

``mock_aliyun`` is a context manager and a decorator; :mod:`aliyun_local.mocking.pytest_plugin` makes it a
pytest fixture.
"""

from aliyun_local.mocking.cloud import MockCloud
from aliyun_local.mocking.entry import mock_aliyun
from aliyun_local.mocking.interception import HostNotMocked

__all__ = ["HostNotMocked", "MockCloud", "mock_aliyun"]
