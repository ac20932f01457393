"""The state of the local OSS as a whole.

The handlers in :mod:`aliyun_local.oss.http` change and read it, :mod:`aliyun_local.emulators` opens it, and
tests use it to look behind the wire. Its methods are in the modules of its layers, from the bottom to the
top: :mod:`~aliyun_local.oss.state.transactions`, :mod:`~aliyun_local.oss.state.buckets`,
:mod:`~aliyun_local.oss.state.readers`, :mod:`~aliyun_local.oss.state.writers`. Multipart uploads and the
configurations of buckets are parts of it with methods of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.oss.state.configurations import Configurations
from aliyun_local.oss.state.multipart import MultipartUploads
from aliyun_local.oss.state.writers import Writers

if TYPE_CHECKING:
    from pathlib import Path

    from aliyun_local.clock import Clock


class ObjectStore(Writers):
    """Everything that one account stores in OSS, in one region.

    Attributes:
        uploads: the multipart uploads.
        configurations: the configurations of the buckets.
    """

    def __init__(self, data: Path | None, clock: Clock) -> None:
        """Open or create the state under the folder ``data`` (None: in memory)."""
        super().__init__(data, clock)
        self.uploads = MultipartUploads(self)
        self.configurations = Configurations(self)
