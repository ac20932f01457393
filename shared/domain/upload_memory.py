"""What is remembered of uploads whose records have left the rows: names' latest contents, and who has them.

Photos of earlier revisions, and those that a full row has no room for, are kept in a table of their own, by
person and name. Whoever finds an upload asks it, so that a late or repeated event opens nothing. A photo that
could be trained on is kept by its content too, so that the same bytes under another name, or sent in another
way, open nothing either. :mod:`shared.workflow.saving` writes this, :mod:`shared.workflow.recognizing` asks.

An entry of a name tells its latest content. An entry of a content tells the name that had it last, and with
which ETag: the entry of that name then says whether it still has it. A content is written as a word that no
name can be, and a version of this program that does not know such entries never asks for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.photos import JUDGED_AGAIN, Photo, Stored, Verdict

_CONTROL = "\0"
"""No name of an upload holds a control character (:mod:`shared.domain.object_keys`)."""


class Original(NamedTuple):
    """The photo that a content was remembered of."""

    name: str
    etag: str


def entries_of(photo: Photo) -> dict[str, str]:
    """Return all that is remembered of ``photo``: its name's latest content, and who has that content."""
    return {photo.name: remembered_as(photo), **_holder_of(photo)}


def remembered_as(photo: Photo) -> str:
    """Return what is remembered of ``photo``: its content, and of a refused one also which upload it was."""
    return f"{photo.etag}@{photo.known_until}" if photo.verdict in JUDGED_AGAIN else photo.etag


def is_remembered(memory: str | None, stored: Stored) -> bool:
    """Whether ``memory``, the latest of an object's name, is of ``stored``."""
    if memory is None:
        return False
    etag, _, known_until = memory.partition("@")
    return etag == stored.etag and (not known_until or stored.modified_at <= int(known_until))


def contents_of(content: Photo | Stored) -> list[str]:
    """Return the words that stand for a content: one for its ETag, and one for its CRC-64 and size."""
    words = [f"{_CONTROL}etag {content.etag}"]
    return [*words, f"{_CONTROL}crc64 {content.crc64} {content.size}"] if content.crc64 else words


def original_in(memory: Mapping[str, str], content: Stored) -> Original | None:
    """Return whom ``memory`` names as the holder of ``content``, None if nobody."""
    for word in contents_of(content):
        if word in memory:
            etag, _, name = memory[word].partition(" ")
            return Original(name, etag)
    return None


def as_resent(name: str, stored: Stored) -> dict[str, str]:
    """Return the entries of an upload that has been sent again with another ETag."""
    return {name: stored.etag} | dict.fromkeys(contents_of(stored), f"{stored.etag} {name}")


def _holder_of(photo: Photo) -> dict[str, str]:
    """A refused picture is judged again under any name, and a copy has an original of its own."""
    if photo.verdict not in (Verdict.USABLE, Verdict.UNPACKED) and not photo.is_left_over:
        return {}
    return dict.fromkeys(contents_of(photo), f"{photo.etag} {photo.name}")
