"""The code that runs side by side: the previous release, the working tree, and changed copies of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from local.packaging import OWN_PACKAGES, ROOT

PREVIOUS_RELEASE = "8a1699e760d582de93d67ad77dcde049a5ddfccc"
"""The commit that is deployed where somebody upgrades to this code. ``docs/upgrades.md`` names it as well."""
_RELEASES = ROOT / ".local" / "releases"


class NoPreviousRelease(RuntimeError):
    """git has not got the commit of the previous release: fetch the whole history (git fetch --unshallow)."""

    def __init__(self) -> None:
        super().__init__(f"{type(self).__doc__} {PREVIOUS_RELEASE}")


class Change(NamedTuple):
    """A text of a file, there exactly once, and what takes its place."""

    path: str
    old: str
    new: str


def previous_release() -> Path:
    """Return the folder of the previous release, which is unpacked once.

    Raises:
        NoPreviousRelease: the history is not there.
    """
    folder = _RELEASES / PREVIOUS_RELEASE
    if not folder.exists():
        _RELEASES.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_RELEASES) as made:
            unpacked = Path(made) / "unpacked"
            with zipfile.ZipFile(BytesIO(_archive())) as archive:
                archive.extractall(unpacked)
            try:
                unpacked.rename(folder)
            except OSError:
                # Another process was faster.
                assert folder.exists()
    return folder


def _archive() -> bytes:
    command = ["git", "-C", str(ROOT), "archive", "--format=zip", PREVIOUS_RELEASE, *OWN_PACKAGES]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise NoPreviousRelease from RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


@contextmanager
def changed_copy(changes: Sequence[Change], of: Path = ROOT) -> Iterator[Path]:
    """A copy of the code in ``of`` with ``changes``; the working tree's by default."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for package in OWN_PACKAGES:
            shutil.copytree(of / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        for path, old, new in changes:
            text = (folder / path).read_text("utf-8")
            assert text.count(old) == 1, f"{path} has {text.count(old)} times: {old}"
            (folder / path).write_text(text.replace(old, new), "utf-8")
        yield folder
