"""The suite of cold starts: imports, beside those of the SDKs alone, and the size of the zip.

Each sample is a process of its own with the libraries of Function Compute's runtime and the code of the zip,
with the bytecode that is packed for the runtime's Python; here it is made for the Python that measures. It
sums the processor's time of the import statements in their thread, from the first line to the answer to the
first event. Imports on the way count; waits do not, nor does the time that numpy's idle workers spin.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from aliyun_local.samples import encoded, portrait
from local.packaging import LAYER_FOLDER, build_package
from local.runtimes import RUNTIME_LIBRARIES
from tests.benchmarks.harness import Benchmark, Sample
from tests.benchmarks.processes import StoresProcess
from tests.benchmarks.stores import BUCKET, KEY_ID, SECRET
from tests.http_events import http_event

SAMPLES, TOKEN = 7, "token-of-the-cold-starts"
KILOBYTE = 1000
# The time of the outermost import statements, which includes that of the inner ones; import_module is one.
_PROBE = """
import builtins, importlib, json, sys, time
from types import SimpleNamespace
depth, spent = 0, 0.0
def timed(inner):
    def call(*given, **named):
        global depth, spent
        if depth:
            return inner(*given, **named)
        depth, began = 1, time.thread_time()
        try:
            return inner(*given, **named)
        finally:
            depth, spent = 0, spent + time.thread_time() - began
    return call
builtins.__import__ = timed(builtins.__import__)
importlib.import_module = timed(importlib.import_module)
exec(sys.argv[1])
print(json.dumps(spent * 1000))
"""
_CALL = """
from functions import {name}
credentials = SimpleNamespace(access_key_id={key!r}, access_key_secret={secret!r}, security_token="")
context = SimpleNamespace(credentials=credentials, function=SimpleNamespace(timeout=60))
answer = {name}.handler({event!r}, context)
assert {check}, answer
"""


@contextmanager
def importing() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of a cold start; the services are started with the first measurement."""
    with ExitStack() as opened:
        starts = _ColdStarts(opened)
        tables, tables_and_oss = "import tablestore", "import oss2, tablestore"
        all_three = "import oss2, tablestore, dashscope"
        yield [
            starts.benchmark("status with its first event, nobody", starts.nobody, tables, 1.15),
            starts.benchmark("status with its first event, a person", starts.person, tables, 1.15),
            starts.benchmark("status with its first page, a person", starts.page, tables, 1.45),
            starts.benchmark("status with its first page, the overview", starts.overview, tables, 1.45),
            starts.benchmark("status with its first page, a photo", starts.pictures, tables_and_oss, 1.45),
            starts.benchmark("collect with its first event", starts.collect, all_three, 0.6),
            starts.benchmark("reconcile with its first event", starts.reconcile, all_three, 0.6),
            Benchmark(
                name="The zip's own code",
                unit="KB",
                measure=lambda: build_package().own_bytes / KILOBYTE,
                bar=1_400,
            ),
        ]


class _ColdStarts:
    """Processes that import and answer one event, and the services that they call."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self._stores = StoresProcess(opened)
        self._photos = itertools.count()

    def benchmark(self, event: str, measure: Sample, peer: str, bar: float) -> Benchmark:
        return Benchmark(
            name=f"Imports of {event}",
            unit="ms",
            measure=measure,
            peer_name=peer,
            peer=lambda: self._imported(peer, [RUNTIME_LIBRARIES], {}),
            bar=bar,
            samples=SAMPLES,
        )

    def nobody(self) -> float:
        return self._status("/people/nobody", "application/json", 404)

    def person(self) -> float:
        return self._status(f"/people/{self._somebody}", "application/json", 200)

    def page(self) -> float:
        return self._status(f"/people/{self._somebody}", "text/html", 200)

    def overview(self) -> float:
        return self._status("/", "text/html", 200)

    def pictures(self) -> float:
        """A page with a small picture, which the function has OSS make: it needs oss2 as well."""
        return self._status(f"/people/{self._photographed}", "text/html", 200)

    @cached_property
    def _somebody(self) -> str:
        """A person with nothing that OSS could show."""
        self._collect("somebody", b"no picture", "text_file")
        return "somebody"

    @cached_property
    def _photographed(self) -> str:
        """A person with a photo."""
        self._collect("photographed", self._photo, "usable")
        return "photographed"

    @cached_property
    def _photo(self) -> bytes:
        return encoded(portrait(7, size=(480, 600)))

    def _status(self, path: str, accept: str, status: int) -> float:
        event = http_event("GET", path, headers={"Authorization": f"Bearer {TOKEN}", "Accept": accept})
        return self._called("status", event, f"answer['statusCode'] == {status}")

    def collect(self) -> float:
        return self._collect(f"cold-{next(self._photos)}", self._photo, "usable")

    def _collect(self, person: str, photo: bytes, verdict: str) -> float:
        key = f"people/{person}/1.jpg"
        self._stores.bucket.put_object(key, photo)
        entry = {
            "eventName": "ObjectCreated:PutObject",
            "oss": {"bucket": {"name": BUCKET}, "object": {"key": key}},
        }
        return self._called("collect", {"events": [entry]}, f"answer['outcomes'] == {{{key!r}: {verdict!r}}}")

    def reconcile(self) -> float:
        return self._called("reconcile", {"payload": ""}, "'rounds' in answer and not answer['troubles']")

    def _called(self, name: str, event: Mapping[str, Any], check: str) -> float:
        script = _CALL.format(
            name=name, key=KEY_ID, secret=SECRET, event=json.dumps(event).encode(), check=check
        )
        environment = {**self._stores.environment, "STATUS_TOKEN": TOKEN}
        return self._imported(script, [self._code, RUNTIME_LIBRARIES], environment)

    def _imported(self, script: str, folders: Sequence[Path], environment: Mapping[str, str]) -> float:
        path = os.pathsep.join(map(str, folders))
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _PROBE, script],
            cwd=folders[0],
            env={**os.environ, **environment, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return float(json.loads(done.stdout.splitlines()[-1]))

    @cached_property
    def _code(self) -> Path:
        folder = self._opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        with zipfile.ZipFile(io.BytesIO(build_package(python=Path(sys.executable)).content)) as package:
            package.extractall(folder)
        return Path(folder) / LAYER_FOLDER
