"""What the answers of oss2 tell, in our words. Called by :mod:`shared.clients.photo_bucket`."""

from __future__ import annotations

from typing import Any

from shared.domain.photos import Stored

LINK, APPENDABLE = "Symlink", "Appendable"
TAKEN_FROM = "x-oss-meta-taken-from"
"""Comes back with a HEAD, and not in a listing (OSS, "Manage object metadata")."""


def stored_by_head(head: Any) -> Stored:
    """Return what the answer to a HEAD tells; raises ValueError if it does not tell all of it."""
    if not head.etag or head.content_length is None or head.last_modified is None:
        raise ValueError("no ETag, size or time")
    is_link = head.object_type == LINK
    return Stored(
        etag=head.etag,
        size=head.content_length,
        modified_at=head.last_modified * 1000,
        is_link=is_link,
        is_appendable=head.object_type == APPENDABLE,
        # That of a link would be its target's.
        crc64="" if is_link or head.server_crc is None else str(head.server_crc),
        taken_from=head.headers.get(TAKEN_FROM, ""),
    )


def stored_by_listing(entry: Any) -> Stored:
    """Return what an entry of a listing tells."""
    return Stored(
        etag=entry.etag,
        size=entry.size,
        modified_at=entry.last_modified * 1000,
        is_link=entry.type == LINK,
        is_appendable=entry.type == APPENDABLE,
    )


def saved_bytes(processed: Any) -> int:
    """Return the size of a processed picture; raises ValueError if OSS does not tell it."""
    size_bytes = int(processed.fileSize)
    if size_bytes <= 0:
        raise ValueError("no picture was written")
    return size_bytes


def next_page(page: Any) -> str:
    """Return what the next page begins behind; empty: there is none."""
    return str(page.next_marker) if page.is_truncated else ""


def folder_of(prefix: str, key: str) -> str:
    """Return the folder right below ``prefix`` that ``key`` lies in; ``key`` itself if it lies in none."""
    name, slash, _ = key.removeprefix(prefix).partition("/")
    return f"{prefix}{name}/" if slash and key.startswith(prefix) else key
