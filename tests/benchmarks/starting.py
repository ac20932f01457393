"""The suite of the local cloud's start: the time until all endpoints answer, beside importing the SDKs."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from local.options import PORT_NAMES
from local.packaging import ROOT
from tests.benchmarks.harness import Benchmark, milliseconds

PATIENCE_SECONDS = 60
# The request to each endpoint; the status function answers only from a process of its own.
_PATHS = {
    "OSS_ENDPOINT": "/",
    "OTS_ENDPOINT": "/ListTable",
    "DASHSCOPE_HTTP_BASE_URL": "/api/v1/fine-tunes",
    "FC_ENDPOINT": "/2023-03-30/functions",
    "STATUS_URL": "/healthz",
}


@contextmanager
def starting() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of starting."""
    yield [
        Benchmark(
            name="Start of the local cloud until every endpoint answers",
            unit="ms",
            measure=_start_the_local_cloud,
            peer_name="python -c 'import oss2, tablestore'",
            peer=milliseconds(_import_the_sdks),
            bar=3,
        )
    ]


def _import_the_sdks() -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import oss2, tablestore"], check=True, capture_output=True
    )


def _start_the_local_cloud() -> float:
    """Start it on an empty folder, as ``make up`` does; return the milliseconds until all answer."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = Path(made)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOCAL_DATA": str(folder / "data")}
        environment |= {f"LOCAL_PORT_{name.upper()}": "0" for name in PORT_NAMES}
        began = time.perf_counter()
        with (
            (folder / "output").open("wb") as output,
            subprocess.Popen(
                [sys.executable, "-m", "local", "up"],
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=output,
            ) as process,
        ):
            try:
                endpoints = _wait_for_endpoints(folder, process)
                for name, path in _PATHS.items():
                    _ask(urlsplit(endpoints[name]).netloc, path)
                return (time.perf_counter() - began) * 1000
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(PATIENCE_SECONDS)


def _wait_for_endpoints(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    path = folder / ".local" / "endpoints.env"
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not path.exists():
        if process.poll() is not None or time.perf_counter() > deadline:
            raise RuntimeError(f"the local cloud did not start: {(folder / 'output').read_text()}")
        time.sleep(0.002)
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def _ask(address: str, path: str) -> None:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status >= 500:
        raise RuntimeError(f"{path} was answered by {answer.status}")
