"""The lines that functions log: the runner writes them, ``FunctionCompute.logs`` shows them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

from aliyun_local.private_files import make_private_folder, open_private

LOG_LINES_KEPT = 2000


class FunctionLogs:
    """The last lines of each function in memory, and all of them in one file a function. Thread-safe."""

    def __init__(self, folder: Path | None, on_log: Callable[[str, str], object] | None = None) -> None:
        """Write below ``folder``, if one is given, and tell ``on_log`` the function's name and the line."""
        self._folder = folder
        self._on_log = on_log
        self._lock = threading.Lock()
        self._files: dict[str, IO[str]] = {}
        self._recent: dict[str, deque[str]] = {}
        if folder is not None:
            make_private_folder(folder)

    def write(self, function: str, line: str) -> None:
        """Append a line, given without its end."""
        with self._lock:
            self._recent.setdefault(function, deque(maxlen=LOG_LINES_KEPT)).append(line)
            if self._folder is not None:
                if function not in self._files:
                    path = self._folder / f"{function}.log"
                    self._files[function] = open_private(path, "a", encoding="utf-8", buffering=1)
                self._files[function].write(line + "\n")
        if self._on_log is not None:
            self._on_log(function, line)

    def recent(self, function: str) -> list[str]:
        """Return the last lines of a function, oldest first."""
        with self._lock:
            return list(self._recent.get(function, ()))

    def close(self) -> None:
        """Close the files; lines that still come are kept in memory only."""
        with self._lock:
            self._folder = None
            for file in self._files.values():
                file.close()
            self._files.clear()
