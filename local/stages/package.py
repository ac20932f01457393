"""The code of a release as it goes to Function Compute, built from this checkout."""

from __future__ import annotations

from typing import NamedTuple

from local.bytecode import find_python
from local.packaging import build_package
from local.runtimes import RUNTIMES
from local.stages.errors import NotStarted


class Code(NamedTuple):
    """A zip: its name, which carries the hash of its sources, its bytes, and its runtime."""

    name: str
    content: bytes
    runtime: str
    has_bytecode: bool


def build_code(runtime: str) -> Code:
    """Build the zip for a runtime, such as ``python3.10``.

    Raises:
        NotStarted: there is no such runtime, or a library is missing.
    """
    if runtime not in RUNTIMES:
        raise NotStarted(f"there is no package for {runtime}", f"Take one of {', '.join(RUNTIMES)}.")
    chosen = RUNTIMES[runtime]
    python = find_python(chosen.version)
    try:
        package = build_package(runtime=chosen, python=python)
    except FileNotFoundError as problem:
        raise NotStarted(str(problem)) from problem
    return Code(package.name, package.content, runtime, python is not None)
