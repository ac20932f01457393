"""Bytecode for the zip, made by a Python of the version that Function Compute runs it with.

A cold start compiles each module that it loads, unless its bytecode lies beside it; that is a sixth of the
first JSON answer and a third of the first page. Three things follow from what bytecode is:

- It fits one version of Python, so an interpreter of that version has to make it. Where this machine has
  none, the zip goes without; it runs all the same. Python overlooks bytecode of another version.
- It is of the unchecked kind (PEP 552), which holds no time of its source: nobody changes a deployed file.
- Python 3.10 writes constant sets in the order of their hashes, so these are not left to chance: the same
  sources and the same Python give the same bytes.

Called by :mod:`local.packaging`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

_FOLDER = "/code"
"""What it says of where the files lie, wherever it was made; Python sets that right when it loads a file."""
_SECONDS = 300
_TELL = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2], sys.executable)"


def find_python(version: str) -> Path | None:
    """Return a CPython of ``version``, such as 3.10: this one, or one on the path, or of pyenv, or none.

    pyenv puts a ``python3.10`` on the path that does nothing unless this version is chosen, so its folder is
    looked through as well, the newest first.
    """
    on_path = shutil.which(f"python{version}")
    roots = {Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")}
    if on_path and Path(on_path).parent.name == "shims":
        roots.add(Path(on_path).parent.parent)
    found_there = (path for root in roots for path in root.glob(f"versions/{version}.*/bin/python{version}"))
    of_pyenv = sorted(found_there, key=_patch_level, reverse=True)
    for candidate in (sys.executable, on_path, *map(str, of_pyenv)):
        implementation, found, path = _told_by(candidate) if candidate else ("", "", "")
        if (implementation, found) == ("cpython", version):
            return Path(path)
    return None


def bytecode_of(sources: Iterable[tuple[str, bytes]], python: Path) -> dict[str, bytes]:
    """Compile modules by ``python``; returns the bytecode by archive name.

    Args:
        sources: archive names ending in ``.py``, and contents.
        python: the interpreter.

    Raises:
        RuntimeError: a module cannot be compiled by this Python.
    """
    with tempfile.TemporaryDirectory(prefix="bytecode-") as made:
        folder = Path(made) / "code"
        for name, content in sources:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", _FOLDER]
        done = subprocess.run(
            [str(python), "-s", "-W", "ignore", "-m", "compileall", *options, str(folder)],
            # Elsewhere than the sources, whose packages would be taken for Python's own.
            cwd=made,
            env={"PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{python} cannot compile the code: {(done.stdout + done.stderr).strip()}")
        files = sorted(folder.rglob("*.pyc"))
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _patch_level(python: Path) -> int:
    """Return 13 of ``versions/3.10.13/bin/python3.10``; what is no release comes last."""
    patch = python.parents[1].name.rpartition(".")[2]
    return int(patch) if patch.isdecimal() else -1


def _told_by(python: str) -> tuple[str, str, str]:
    """Return what an interpreter says of itself: its kind, its version, and where it really lies."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", _TELL],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except OSError:
        return "", "", ""
    kind, version, path = (*done.stdout.strip().split(" ", 2), "", "", "")[:3]
    return kind, version, path
