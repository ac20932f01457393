"""Reading of ``multipart/form-data`` (RFC 7578), as far as uploads of files use it. For ``file_responses``.

The standard library's e-mail parser copies a body several times and decodes it on the way; this one
takes slices, so that a large file costs its own size once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_PARTS = 1000
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)="((?:\\.|[^"\\])*)"', re.IGNORECASE)
_BARE_PARAMETER = re.compile(r";\s*(name|filename)=([^\s;\"]+)", re.IGNORECASE)


class MultipartError(ValueError):
    """The body is not multipart/form-data."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part: the field's name, the file's name (None: not a file) and the bytes."""

    name: str
    filename: str | None
    content: bytes


def parts(content_type: str, body: bytes) -> list[Part]:
    """Return the parts of ``body``, in order.

    Raises:
        MultipartError: ``content_type`` is another one or lacks its boundary, or the body is malformed.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        raise MultipartError("not multipart/form-data")
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise MultipartError("no boundary")
    try:
        delimiter = b"--" + (match[1] or match[2]).encode("ascii")
    except UnicodeEncodeError:
        raise MultipartError("a boundary that is not ASCII") from None
    found: list[Part] = []
    for head, content in _sections(body, delimiter):
        if len(found) == MAX_PARTS:
            raise MultipartError("too many parts")
        found.append(_part(head, content))
    return found


def _sections(body: bytes, delimiter: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield header block and content of each part; insist on the closing delimiter."""
    if body.startswith(delimiter):
        position = len(delimiter)
    else:
        start = body.find(b"\r\n" + delimiter)
        if start < 0:
            raise MultipartError("no part begins")
        position = start + 2 + len(delimiter)
    while not body.startswith(b"--", position):
        line_end = body.find(b"\r\n", position)
        head_end = body.find(b"\r\n\r\n", line_end)
        end = body.find(b"\r\n" + delimiter, head_end + 2)
        if line_end < 0 or head_end < 0 or end < 0:
            raise MultipartError("a part does not end")
        yield body[line_end + 2 : head_end], body[head_end + 4 : end]
        position = end + 2 + len(delimiter)


def _part(head: bytes, content: bytes) -> Part:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        label, _, value = line.partition(":")
        if label.strip().lower() == "content-disposition":
            given = {key.lower(): text for key, text in _BARE_PARAMETER.findall(value)}
            given |= {key.lower(): _unquoted(text) for key, text in _PARAMETER.findall(value)}
            if "name" in given:
                return Part(name=given["name"], filename=given.get("filename"), content=content)
    raise MultipartError("a part without a name")


def _unquoted(text: str) -> str:
    """Undo both ways of quoting that clients use: backslashes, and percent signs for quotes and line ends."""
    text = re.sub(r'\\(["\\])', r"\1", text)
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
