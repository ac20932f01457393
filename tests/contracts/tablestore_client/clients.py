"""The clients to test: two versions with their codecs, in every Python on this machine.

The code paths of the official client differ by version, by Python (its C++ codec loads only on CPython 3.12)
and by an option. The running Python is always tested with both versions, other Pythons where installed.
``test_contract`` and ``conftest`` use this module.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).parents[3]
RUNTIME_LIBRARIES = Path(sys.prefix) / "function-runtime"
PYTHONS = ((3, 10), (3, 11), (3, 12))
# The packages that the client imports and that run in any Python. Others are built for the running Python.
_PORTABLE = ("tablestore", "google", "urllib3", "certifi", "six.py", "future", "flatbuffers")
_UNUSED = {
    "aiohttp.py": "def __getattr__(name):\n    return type(name, (), {})\n",
    "crc32c.py": "def crc32c(data, value=0):\n    raise NotImplementedError\n",
}


Outcomes: TypeAlias = dict[str, str | None]
"""The outcomes of promises by their names: ``None`` for a kept one, else the traceback."""


@dataclass(frozen=True)
class Client:
    """A client to test. Without ``python`` it is the client that this process imports."""

    name: str
    version: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    python: Path | None = None

    @property
    def is_old(self) -> bool:
        """Whether this is the version in the runtime of Function Compute."""
        return self.version < (6,)

    def ask(self, url: str, scratch: Path) -> Outcomes:
        """Check every promise in a separate process and return the outcomes."""
        libraries = RUNTIME_LIBRARIES if self.is_old else _portable(scratch)
        process = subprocess.run(
            [
                *(str(self.python), "-S", "-W", "ignore", "-m", "tests.contracts.tablestore_client.contract"),
                *(url, json.dumps(self.options)),
            ],
            cwd=ROOT,
            env={
                "PYTHONPATH": os.pathsep.join((str(ROOT), str(libraries))),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PATH": os.environ.get("PATH", os.defpath),
            },
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert process.returncode == 0, process.stderr
        answer = json.loads(process.stdout.splitlines()[-1])
        assert tuple(answer["client"])[: len(self.version)] == self.version
        outcomes: Outcomes = answer["outcomes"]
        return outcomes


def every_client() -> Iterator[Client]:
    """Yield the clients to test, those of the running Python first."""
    running = sys.version_info[:2]
    yield Client("6.4 native, signature V2", (6, 4))
    yield Client("6.4 pure Python, signature V4", (6, 4), {"enable_native": False, "region": "cn-beijing"})
    yield Client(f"5.4.1 on {_dotted(running)}", (5, 4, 1), python=Path(sys.executable))
    for version in PYTHONS:
        found = None if version == running else _find(version)
        if found is not None:
            yield Client(f"5.4.1 on {_dotted(version)}", (5, 4, 1), python=found)
            yield Client(f"6.4 on {_dotted(version)}", (6, 4), python=found)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


@cache
def _find(version: tuple[int, int]) -> Path | None:
    name = f"python{_dotted(version)}"
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(name)
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted(managed.glob(f"{_dotted(version)}.*/bin/{name}"), reverse=True)
    for candidate in candidates:
        asked = "import sys; sys.exit(sys.version_info[:2] != " + repr(version) + ")"
        try:
            if (
                subprocess.run([candidate, "-S", "-c", asked], capture_output=True, timeout=10).returncode
                == 0
            ):
                return candidate
        except OSError:
            continue
    return None


def _portable(scratch: Path) -> Path:
    """Make a folder of the installed 6.4 that any Python can import, with stubs for compiled packages."""
    folder = scratch / "portable"
    folder.mkdir()
    spec = find_spec("tablestore")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parents[1]
    for name in _PORTABLE:
        (folder / name).symlink_to(installed / name)
    for name, text in _UNUSED.items():
        (folder / name).write_text(text)
    return folder
