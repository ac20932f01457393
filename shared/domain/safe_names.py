"""Names for the files of a zip that no computer stumbles over, made of whatever people call their photos.

A name of an upload may climb out of its folder, hold what a system forbids or hides, or differ from another
one by letter case alone. Where it is unpacked, none of this may matter: names are relative, without ``..``,
and no two of them mean the same file on a Mac or on Windows. Pure.
"""

from __future__ import annotations

import unicodedata

MAX_SEGMENT_BYTES = 150
"""With a number and a folder before it, a path stays within the 260 characters of Windows mostly."""
_FORBIDDEN = frozenset('<>:"|?*\\')
_RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
)
"""Microsoft, "Naming Files, Paths, and Namespaces"."""


class SafeNames:
    """Gives each file a name of its own, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: dict[str, str] = {}
        """The folders, as they were asked for and as they are called."""
        self._taken: set[str] = set()

    def of(self, folder: str, name: str) -> str:
        """Return the name, below ``folder``, of the file that is called ``name``."""
        segments = [folder, *(safe_segment(one) for one in name.replace("\\", "/").split("/"))]
        path = ""
        for segment in segments[:-1]:
            path = self._folder(path, segment)
        return self._file(path, segments[-1])

    def _folder(self, path: str, segment: str) -> str:
        asked = _folded(f"{path}{segment}")
        if asked not in self._folders:
            called, number = segment, 1
            while _folded(f"{path}{called}") in self._files:
                number += 1
                called = f"{segment} ({number})"
            self._folders[asked] = f"{path}{called}/"
            self._taken.add(_folded(f"{path}{called}"))
        return self._folders[asked]

    def _file(self, path: str, segment: str) -> str:
        called, number = segment, 1
        while (folded := _folded(f"{path}{called}")) in self._files or folded in self._taken:
            number += 1
            stem, dot, suffix = segment.rpartition(".")
            called = f"{stem} ({number}){dot}{suffix}" if stem else f"{segment} ({number})"
        self._files.add(folded)
        return f"{path}{called}"


def safe_segment(segment: str) -> str:
    """Return a part of a path that can stand in a folder anywhere."""
    plain = "".join("_" if _is_forbidden(one) else one for one in unicodedata.normalize("NFC", segment))
    plain = _shortened(plain).rstrip(". ").lstrip(" ")
    if plain in ("", ".", ".."):
        return "_"
    return f"_{plain}" if plain.partition(".")[0].rstrip().upper() in _RESERVED else plain


def _is_forbidden(character: str) -> bool:
    """Whether a character is a control, a mark that turns text around, a half of one, or not allowed."""
    return character in _FORBIDDEN or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _shortened(segment: str) -> str:
    stem, dot, suffix = segment.rpartition(".")
    if not stem or len(suffix.encode("utf-8")) > 16:
        stem, dot, suffix = segment, "", ""
    ending = f"{dot}{suffix}"
    while len(f"{stem}{ending}".encode()) > MAX_SEGMENT_BYTES:
        stem = stem[:-1]
    return f"{stem}{ending}"


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
