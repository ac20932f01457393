"""The runtimes' packages, each written by ``make package``'s own code, unpacked and run by its own Python.

``make runtimes`` installs what these tests need. Without it, or without the Python of a runtime, they are
skipped and say so. With ``RUNTIMES_NEEDED=1``, as CI has it, they fail instead.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.bytecode import find_python
from local.deployment import FunctionCode
from local.packaging import LAYER_FOLDER
from local.releasing import release
from local.runtime_libraries import libraries_of
from local.runtimes import RUNTIMES, Runtime
from tests.end_to_end.support import LocalStudio, running_studio


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """A zip as a layer has it, and the Python and libraries that Function Compute has beside it."""

    runtime: Runtime
    zipped: Path
    layer: Path
    python: Path
    libraries: Path


@pytest.fixture(scope="session", params=RUNTIMES)
def unpacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    runtime = RUNTIMES[request.param]
    python, libraries = find_python(runtime.version), libraries_of(runtime)
    if python is None or not libraries.is_dir():
        reason = f"needs Python {runtime.version} and 'make runtimes'"
        if os.environ.get("RUNTIMES_NEEDED"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp(runtime.name)
    zipped = release(folder / "dist", runtime)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder / "opt")
    return Unpacked(
        runtime=runtime,
        zipped=zipped,
        layer=folder / "opt" / LAYER_FOLDER,
        python=python,
        libraries=libraries,
    )


@pytest.fixture(scope="session")
def studio(unpacked: Unpacked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStudio]:
    """A local cloud whose functions run from the zip alone, each instance in an interpreter of its own."""
    code = FunctionCode(
        folder=unpacked.layer,
        libraries=unpacked.libraries,
        runtime=unpacked.runtime.name,
        interpreter=unpacked.python,
    )
    with running_studio(tmp_path_factory.mktemp("cloud"), code=code) as made:
        yield made
