"""What is remembered of an upload whose record has left the rows: its latest content, as a word.

Photos of earlier revisions, and those that a full row has no room for, are kept in a table of their own, by
person and name. Whoever finds an upload asks it, so that a late or repeated event opens nothing.
:mod:`shared.workflow.saving` writes it, and :mod:`shared.workflow.recording` asks.
"""

from __future__ import annotations

from shared.domain.photos import JUDGED_AGAIN, Photo, Stored


def remembered_as(photo: Photo) -> str:
    """Return what is remembered of ``photo``: its content, and of a refused one also which upload it was."""
    return f"{photo.etag}@{photo.known_until}" if photo.verdict in JUDGED_AGAIN else photo.etag


def is_remembered(memory: str | None, stored: Stored) -> bool:
    """Whether ``memory``, the latest of an object's name, is of ``stored``."""
    if memory is None:
        return False
    etag, _, known_until = memory.partition("@")
    return etag == stored.etag and (not known_until or stored.modified_at <= int(known_until))
