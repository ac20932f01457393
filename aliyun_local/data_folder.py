"""A data folder and its one owner: two local clouds on one folder would lose each other's writes.

Used by :mod:`aliyun_local.cloud`. The lock is the operating system's, so it ends with its process, however
that ends. The file beside it names the owner for the message that a second one gets.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO

from aliyun_local.private_files import make_private_file, make_private_folder, open_private

LOCK_NAME = "lock"
DISPOSABLE_NAME = ".disposable"
"""Marks a folder whose data no run means to keep."""


class DataFolderInUse(RuntimeError):
    """Another local cloud runs on the same data folder; the message names it and says what to do."""


class DataFolderNotDisposable(RuntimeError):
    """The folder was to be emptied, but holds data that is to be kept."""


class DataFolder:
    """A folder that this process owns until :meth:`close`."""

    def __init__(self, path: Path | None, *, disposable: bool = False) -> None:
        """Take ``path``, which is made if it is not there; None is a temporary folder, removed at the end.

        Args:
            path: the folder.
            disposable: the folder begins empty each time. A folder that was ever taken otherwise is not
                emptied: its data may be somebody's.

        Raises:
            DataFolderInUse: another process owns it. Nothing in it has been touched.
            DataFolderNotDisposable: it holds data that no disposable run has made.
        """
        self._temporary = tempfile.TemporaryDirectory(prefix="aliyun-local-") if path is None else None
        self.path = Path(self._temporary.name) if self._temporary else Path(path or "")
        if not self.path.exists():
            make_private_folder(self.path)
        self._lock = _lock(self.path)
        mark = self.path / DISPOSABLE_NAME
        if not disposable:
            mark.unlink(missing_ok=True)
            return
        left = [entry for entry in self.path.iterdir() if entry.name != LOCK_NAME]
        if left and not mark.exists():
            self.close()
            raise DataFolderNotDisposable(
                f"{path} holds data that is to be kept; choose another data folder, or remove it yourself"
            )
        for entry in left:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        make_private_file(mark)

    def close(self) -> None:
        """Let go of the folder."""
        self._lock.close()
        if self._temporary is not None:
            self._temporary.cleanup()


def _lock(folder: Path) -> IO[str]:
    lock = open_private(folder / LOCK_NAME, "a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read().strip() or "another local cloud"
        lock.close()
        raise DataFolderInUse(
            f"{folder} is in use by {owner}; stop that one, or choose another data folder"
        ) from None
    lock.truncate(0)
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name
    lock.write(f"process {os.getpid()} ({shlex.join([*name.split(), *sys.argv[1:]])}, since {since})\n")
    lock.flush()
    return lock
