"""Keeps the process of a mutant inside its folder: it writes nowhere else and reaches no other machine.

A mutant may build any path and any address. Python tells its audit hooks of such a call before it is made; a
hook that raises forbids the call, and no code can remove the hook again. Programs that a test starts are not
confined, but they import the tree and not the mutant.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# How many of an event's first arguments are paths that the call changes.
_PATHS = {
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
    "shutil.rmtree": 1,
    "sqlite3.connect": 1,
}
_IN_OPEN_FOLDERS = {"os.remove", "os.rmdir"}
_NO_FILES = {os.devnull, ":memory:"}
_THIS_MACHINE = ("127.", "::1", "localhost")


def confine(folder: Path) -> None:
    """Forbid this process, until it ends, to write outside of ``folder`` or to connect to another machine.

    A forbidden call raises PermissionError.
    """
    inside = folder.resolve()

    def forbid(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                _refuse_outside(inside, path)
        elif event in _PATHS:
            # shutil.rmtree, once it may remove a tree, names files in folders that it has open.
            if event not in _IN_OPEN_FOLDERS or arguments[-1] == -1:
                for path in arguments[: _PATHS[event]]:
                    _refuse_outside(inside, path)
        elif event == "socket.connect":
            _refuse_other_machines(arguments[1])

    sys.addaudithook(forbid)


def _refuse_outside(inside: Path, path: object) -> None:
    if not isinstance(path, str | bytes | os.PathLike):
        return  # a file that is open already
    name = os.fsdecode(path)
    if name in _NO_FILES:
        return
    place = Path(name)
    if not (place.parent.resolve() / place.name).is_relative_to(inside):
        raise PermissionError(f"a mutant may write only to its own folder, not to {name}")


def _refuse_other_machines(address: object) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(_THIS_MACHINE):
        raise PermissionError(f"a mutant may connect to this machine alone, not to {address[0]}")
