"""Files and folders for their owner alone: a data folder holds photos of people, keys and signed URLs.

The state of every service and the owner of the data folder make all their files here. The rights do not
depend on the umask, and what an older release left open is closed when it is opened again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def make_private_folder(path: Path) -> None:
    """Make ``path`` and the folders above it, as far as they are missing; an existing ``path`` is closed."""
    if not path.parent.exists():
        make_private_folder(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    _close_to_others(path, FOLDER_MODE)


def make_private_file(path: Path) -> None:
    """Make an empty file, unless there is one; close the one that there is."""
    os.close(_opened(str(path), os.O_WRONLY | os.O_CREAT))
    _close_to_others(path, FILE_MODE)


def open_private(path: Path, mode: str, **options: Any) -> IO[Any]:
    """Open ``path`` as the built-in ``open`` does; a new file is for its owner alone."""
    return open(path, mode, opener=_opened, **options)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; it appears whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with open_private(partial, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


def _close_to_others(path: Path, mode: int) -> None:
    # Of another owner's file the rights cannot be changed, and need not be.
    with suppress(OSError):
        if path.stat().st_mode & 0o077:
            path.chmod(mode)
