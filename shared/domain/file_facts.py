"""What is known of an upload's file when its kind is asked for, and what the answer is.

The rules of :mod:`shared.domain.file_kinds` take and return these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.photos import Verdict

START_BYTES = 64 * 1024
END_BYTES = 64 * 1024
"""So much of a file is read at most. The first bytes tell most kinds. In the last 64 KB are the end of a
picture, and the list of a film's properties, which cameras write behind the film."""


class Kind(NamedTuple):
    """The kind of a file: the verdict on it, and its name in English for the detail beside the verdict."""

    verdict: Verdict
    what: str


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """A file as far as it has been read.

    Attributes:
        name: the key below the person's folder.
        size: bytes in all.
        start: the first bytes, :data:`START_BYTES` at most.
        end: the last bytes, :data:`END_BYTES` at most; empty where nobody has asked for them. Of a file that
            ``start`` holds wholly, the same again.
        beside: the names of the person's other files.
    """

    name: str
    size: int
    start: bytes
    end: bytes = b""
    beside: Collection[str] = ()

    @property
    def is_in_hand(self) -> bool:
        """Whether ``start`` is the whole file."""
        return self.size <= len(self.start)

    @property
    def suffix(self) -> str:
        """What stands behind the last dot of the name, in lower case; empty without one."""
        _, dot, suffix = self.name.rpartition("/")[2].rpartition(".")
        return suffix.lower() if dot else ""

    @property
    def stem(self) -> str:
        """The name without what stands behind its last dot, in lower case."""
        return stem_of(self.name)


def stem_of(name: str) -> str:
    """Return a name, with its folders, without what stands behind its last dot, in lower case."""
    folder, slash, last = name.lower().rpartition("/")
    return f"{folder}{slash}{last.rpartition('.')[0] or last}"
