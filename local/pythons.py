"""The unit and workflow tests on every Python that the project or a runtime has: ``make pythons``.

``make test`` has tested that of ``.venv``, which is left out here. Each other one gets an environment of its
own below ``.pythons``, from the same locked lists. On Python 3.10 the tests meet the library versions of
Function Compute's python3.10 instead of newer ones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.bytecode import find_python
from local.installation import COMPLETE, LISTS
from local.packaging import ROOT
from local.runtime_libraries import FOLDER
from local.runtimes import DEFAULT_RUNTIME

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
TESTS = ("tests/unit", "tests/workflow")
# What the runtime's older libraries differ in for tests alone: urllib3 1.26 remarks on what tablestore 5.4.1
# calls, and lacks an error that one test raises; tablestore 5.4.1 lacks a module that another signs with.
OF_OLD_LIBRARIES = (
    "-Wignore:HTTPResponse.getheader:DeprecationWarning",
    "--ignore=tests/unit/dashscope_client/test_silence.py",
    "--ignore=tests/workflow/test_revoked_links.py",
)
_OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
_LISTS = ("build.txt", "development.txt", "function-runtime.txt")
_PYTEST = ("-m", "pytest", "--quiet", "-p", "no:terminaldistreporter", "-n", "2", "--dist", "worksteal")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests on all Pythons that are here, one after the other; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.pythons", description=__doc__)
    parser.add_argument("--all", action="store_true", help="fail where one of the Pythons is missing")
    parser.add_argument("--install-only", action="store_true", help="only make the environments")
    given = parser.parse_args(arguments)
    failed = []
    for version in VERSIONS:
        if version == _OWN and not given.install_only:
            continue
        python = find_python(version)
        if python is None:
            print(f"Python {version} is not here, so nothing was tested on it.", file=sys.stderr)
            failed += [version] if given.all else []
            continue
        began = time.monotonic()
        environment = FOLDER / version
        passed = _is_ready(environment) or _install(python, environment)
        if passed and not given.install_only:
            passed = _test(version, environment)
        print(
            f"Python {version}: {'passed' if passed else 'failed'}, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        failed += [] if passed else [version]
    return int(bool(failed))


def _is_ready(environment: Path) -> bool:
    """Whether the environment is complete and no older than the lists that it is made from."""
    ready = environment / COMPLETE
    newest = max((LISTS / name).stat().st_mtime for name in _LISTS)
    return ready.exists() and ready.stat().st_mtime >= newest


def _install(python: Path, environment: Path) -> bool:
    command = [str(python), "-m", "local.installation", str(environment)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        return False
    (environment / COMPLETE).touch()
    return True


def _test(version: str, environment: Path) -> bool:
    is_old = version == DEFAULT_RUNTIME.version
    own = {"PYTHONPATH": str(environment / "function-runtime")} if is_old else {}
    command = [str(environment / "bin" / "python"), *_PYTEST, *(OF_OLD_LIBRARIES if is_old else ()), *TESTS]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **own}, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
