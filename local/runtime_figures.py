"""What each runtime costs: the size of its zip, and the imports of a cold start from it, side by side.

``make runtimes`` shows it. Every sample is a process of its own that finds the unpacked zip and the runtime's
own libraries, as Function Compute gives them; the runtimes take turns, so that a busy moment of the machine
hits both. What counts is the time of the processor, and of all samples the smallest and the median.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.bytecode import find_python
from local.packaging import LAYER_FOLDER, Package, build_package
from local.runtime_libraries import libraries_of
from local.runtimes import RUNTIMES, Runtime

SAMPLES = 21
_SECONDS = 60
IMPORTS: Mapping[str, str] = {
    "status, JSON": "functions.status, shared.clients.rows, tablestore",
    "status, a page": "functions.status, shared.clients.rows, tablestore, shared.pages.rendering",
    "collect": "functions.collect, shared.clients.rows, tablestore, oss2, requests",
}
"""What a function has imported by the end of its first event."""
_PROBE = "import sys, time; began = time.process_time(); import {modules}; print(time.process_time() - began)"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A runtime that can be measured here: its Python, its zip, and the folders on the path."""

    runtime: Runtime
    python: Path
    package: Package
    path: tuple[Path, ...]

    def seconds(self, modules: str) -> float:
        """Return the processor's time for the import of ``modules`` in a new process.

        Raises:
            subprocess.CalledProcessError: a module cannot be imported.
        """
        done = subprocess.run(
            [str(self.python), "-S", "-W", "ignore", "-c", _PROBE.format(modules=modules)],
            env={
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join(map(str, self.path)),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        return float(done.stdout)


def main() -> int:
    """Print the figures of the runtimes whose Python and libraries are here; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="runtimes-") as folder:
        prepared = [one for runtime in RUNTIMES.values() if (one := _prepare(runtime, Path(folder)))]
        for one in prepared:
            content = one.package.content
            print(
                f"{one.runtime.name}: zip {len(content):,} bytes, of them {one.package.bytecode_bytes:,}"
                f" bytecode; deflated about {len(zlib.compress(content, 9)):,}"
            )
        for title, modules in IMPORTS.items():
            _show(title, prepared, [[one.seconds(modules) for one in prepared] for _ in range(SAMPLES)])
    return 0


def _prepare(runtime: Runtime, folder: Path) -> Prepared | None:
    python, libraries = find_python(runtime.version), libraries_of(runtime)
    if python is None or not libraries.is_dir():
        print(
            f"{runtime.name}: needs Python {runtime.version} and 'make runtimes'",
            file=sys.stderr,
        )
        return None
    package = build_package(runtime=runtime, python=python)
    place = folder / runtime.name
    zipped = folder / package.name
    zipped.write_bytes(package.content)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(place)
    return Prepared(runtime=runtime, python=python, package=package, path=(place / LAYER_FOLDER, libraries))


def _show(title: str, prepared: Sequence[Prepared], samples: Sequence[Sequence[float]]) -> None:
    columns = list(zip(*samples, strict=True))
    if not columns:
        return
    first = min(columns[0]), statistics.median(columns[0])
    for one, column in zip(prepared, columns, strict=True):
        least, middle = min(column), statistics.median(column)
        print(
            f"{title:15} {one.runtime.name}: {least * 1000:4.0f} ms at least, {middle * 1000:4.0f} ms"
            f" in the middle  ({least / first[0]:.2f} and {middle / first[1]:.2f} of the first runtime's)"
        )


if __name__ == "__main__":
    sys.exit(main())
