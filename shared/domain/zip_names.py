"""The names of a zip's files: read as their maker meant them, and one for each file that is taken out."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

MAX_LABEL_CHARACTERS = 300


def entry_name(raw: bytes, unicode_name: bytes = b"") -> str:
    """Return a file's name with ``/`` between its folders.

    A name in UTF-8 that came beside it comes first (APPNOTE.TXT, 4.6.9). The zip's flag for UTF-8 decides
    nothing: many programs write UTF-8 without it, others set it over the code page of the computer (D.1),
    which in China is GBK. UTF-8 is tried first, since hardly any GBK text is valid UTF-8. Bytes that are
    neither are read as cp437, in which any byte is a character, so that no name costs a zip.
    """
    for content, encoding in ((unicode_name, "utf-8"), (raw, "utf-8"), (raw, "gb18030")):
        try:
            name = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if name:
            break
    else:
        name = raw.decode("cp437")
    # "./1.jpg" is how archivers of Unix name a file of the folder that they were started in.
    return name.replace("\\", "/").removeprefix("./")


def printable(name: str) -> str:
    """Return a refused file's name without control characters, which a row or a page cannot hold."""
    return "".join(
        "\ufffd" if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in name[:MAX_LABEL_CHARACTERS]
    )


def own_names(names: Sequence[str], max_bytes: int) -> list[str]:
    """Return a name for each file: its own, and for the second of that name ``IMG_1 (2).jpg``, in this order.

    A name that a file has by itself is never given to another. ``max_bytes``: the longest name that may be
    made, in UTF-8; what is too long is cut before its number.
    """
    taken = set(names)
    met: Counter[str] = Counter()
    found = []
    for name in names:
        met[name] += 1
        own = name
        number = met[name]
        while number > 1:
            own = _numbered(name, number, max_bytes)
            if own not in taken:
                taken.add(own)
                break
            number += 1
        found.append(own)
    return found


def _numbered(name: str, number: int, max_bytes: int) -> str:
    folder, slash, file = name.rpartition("/")
    stem, dot, suffix = file.rpartition(".")
    if not stem:
        stem, dot, suffix = file, "", ""
    ending = f" ({number}){dot}{suffix}"
    too_long = len(f"{folder}{slash}{stem}{ending}".encode()) - max_bytes
    while too_long > 0 and stem:
        too_long -= len(stem[-1].encode())
        stem = stem[:-1]
    return f"{folder}{slash}{stem}{ending}"
