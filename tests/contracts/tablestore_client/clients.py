"""Which clients there are to speak for: two versions, their codecs, and every Python that is found.

The client's code paths differ by version, by Python (its C++ codec loads on CPython 3.12 alone) and by an
option. The running Python is always among them, with both versions; others are taken where they are found.
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
from typing import Any

ROOT = Path(__file__).parents[3]
RUNTIME_LIBRARIES = Path(sys.prefix) / "function-runtime"
PYTHONS = ((3, 10), (3, 11), (3, 12))
# What the client imports and what serves any Python: the rest of what is installed is built for this one.
_PORTABLE = ("tablestore", "google", "urllib3", "certifi", "six.py", "future", "flatbuffers")
_UNUSED = {
    "aiohttp.py": "def __getattr__(name):\n    return type(name, (), {})\n",
    "crc32c.py": "def crc32c(data, value=0):\n    raise NotImplementedError\n",
}


@dataclass(frozen=True)
class Client:
    """A client to speak for; without ``python`` it is the one that is imported here."""

    name: str
    version: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    python: Path | None = None

    @property
    def is_old(self) -> bool:
        """Whether it is the one of Function Compute's runtime."""
        return self.version < (6,)

    def ask(self, url: str, scratch: Path) -> dict[str, str | None]:
        """Run every promise in a process of its own and return what became of each."""
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
        outcomes: dict[str, str | None] = answer["outcomes"]
        return outcomes


def every_client() -> Iterator[Client]:
    """Yield the clients to speak for, those of the running Python first."""
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
    """Lay out what is pure Python, or built for every one, of the installed 6.4; the rest is stubbed."""
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
