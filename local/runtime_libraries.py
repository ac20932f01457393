"""Folders with the runtimes' own libraries, each installed by a Python of the runtime's version.

``make runtimes`` makes them, and tests of the zips run functions on them (tests/packages). Each folder is
named after its runtime and is left alone once it is complete and its locked list is the same.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from local.bytecode import find_python
from local.installation import LISTS, LOCKED, PIP, InstallationError, run_pip
from local.runtimes import RUNTIMES, Runtime

FOLDER = Path(__file__).resolve().parent.parent / ".pythons"
"""Where environments of other Pythons and these folders are."""
_COMPLETE = ".complete"


def libraries_of(runtime: Runtime, folder: Path = FOLDER) -> Path:
    """Return the folder of a runtime's libraries; it need not be there."""
    return folder / runtime.name


def install(runtime: Runtime, python: Path, folder: Path = FOLDER) -> Path:
    """Install the libraries of ``runtime`` by its ``python``, unless they are there; returns their folder.

    Raises:
        InstallationError: pip could not; the message is its own.
    """
    listed = LISTS / runtime.own_libraries
    state = hashlib.sha256(listed.read_bytes()).hexdigest()
    libraries = libraries_of(runtime, folder)
    complete = libraries / _COMPLETE
    if complete.exists() and complete.read_text(encoding="utf-8") == state:
        return libraries
    shutil.rmtree(libraries, ignore_errors=True)
    tools = folder / f"{runtime.name}-tools"
    # pip builds what has no wheel with a setuptools whose hash is locked; it must not lie beside them.
    run_pip("the build tool", [str(python), "-m", "venv", "--clear", str(tools)])
    installer = str(tools / "bin" / "python")
    run_pip("the build tool", [installer, *PIP, *LOCKED, "-r", str(LISTS / "build.txt")])
    target = ("--no-deps", "--target", str(libraries), "-r", str(listed))
    run_pip(f"the libraries of {runtime.name}", [installer, *PIP, *LOCKED, *target])
    shutil.rmtree(tools)
    complete.write_text(state, encoding="utf-8")
    return libraries


def main(arguments: Sequence[str] | None = None) -> int:
    """Install the libraries of the runtimes that this machine has a Python for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.runtime_libraries", description=__doc__)
    parser.add_argument("--all", action="store_true", help="fail where the Python of a runtime is missing")
    given = parser.parse_args(arguments)
    missing = 0
    for runtime in RUNTIMES.values():
        python = find_python(runtime.version)
        if python is None:
            missing += 1
            print(
                f"There is no python{runtime.version} here; nothing can run as {runtime.name}.",
                file=sys.stderr,
            )
            continue
        try:
            install(runtime, python)
        except InstallationError as problem:
            print(problem, file=sys.stderr)
            return 1
    return int(given.all and missing > 0)


if __name__ == "__main__":
    sys.exit(main())
