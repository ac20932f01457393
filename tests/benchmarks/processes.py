"""Processes of the benchmarks' own, and the emulated services in one of them.

Used by the suites ``importing``, ``services`` and ``uploads``: a measured process is another one than the one
that measures, and the services must not share its processor time or its memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property

from local.packaging import ROOT
from tests.benchmarks.stores import BUCKET, KEY_ID, SECRET

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oss2


@contextmanager
def running(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of the benchmarks, which ends with its standard input."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait()


def first_line(process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return the JSON object with which a process says that it is ready."""
    assert process.stdout
    answer: dict[str, str] = json.loads(process.stdout.readline())
    return answer


class StoresProcess:
    """The process of :mod:`tests.benchmarks.stores`, started when it is first needed."""

    def __init__(self, opened: ExitStack) -> None:
        """End the process with ``opened``."""
        self._opened = opened

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """The environment of ``collect`` there."""
        folder = self._opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        return first_line(self._opened.enter_context(running("tests.benchmarks.stores", folder)))

    @cached_property
    def bucket(self) -> oss2.Bucket:
        """The bucket there, by the SDK."""
        auth = oss2.AuthV4(KEY_ID, SECRET)
        return oss2.Bucket(
            auth, self.environment["OSS_ENDPOINT"], BUCKET, region="cn-beijing", enable_crc=False
        )
