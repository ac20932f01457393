"""The local cloud inside of a test: production host names lead to emulators in this process.

``mock_aliyun`` is a context manager and a decorator; :mod:`local.mocking.pytest_plugin` has it as a fixture.
"""

from local.mocking.cloud import MockCloud
from local.mocking.entry import mock_aliyun
from local.mocking.interception import HostNotMocked

__all__ = ["HostNotMocked", "MockCloud", "mock_aliyun"]
