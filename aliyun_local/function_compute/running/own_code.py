"""The folders of functions whose code stands in the template: ``index.py``, as ROS makes it.

A folder's name is the hash of its content, so functions with the same code share one, and a function that
gets other code gets another folder. ``deployed`` asks for them whenever an instance starts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path

MODULE = "index.py"
"""The file that ROS makes of a ``SourceCode`` for Python (ROS, "ALIYUN::FC3::Function": Code)."""


class OwnCode:
    """Writes sources into folders below one; without a place, below a temporary one that goes with it."""

    def __init__(self, place: Path | None = None) -> None:
        """Keep the folders in ``place``; nothing is written yet."""
        self._place = place

    def folder(self, source: str) -> Path:
        """Return the folder that holds ``source`` alone. Many may ask at once.

        Raises:
            OSError: it cannot be written.
        """
        if self._place is None:
            self._place = Path(tempfile.mkdtemp(prefix="function-code-"))
            weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)
        content = source.encode("utf-8")
        folder = (self._place / hashlib.sha256(content).hexdigest()[:16]).resolve()
        if not (folder / MODULE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            partial = folder / f".{os.urandom(8).hex()}"
            partial.write_bytes(content)
            partial.replace(folder / MODULE)
        return folder
