"""The conditions of a request: its ``If-...`` headers, compared with the object that it reads.

Readers, copies and part copies call this before any content is read.
"""

from __future__ import annotations

from calendar import timegm
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import not_modified, precondition_failed

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import StoredObject

COPY_SOURCE = "x-oss-copy-source-"
"""The prefix of the conditions that are about the source of a copy."""


def check_conditions(request: OssRequest, stored: StoredObject, prefix: str = "") -> None:
    """Refuse a request whose ``If-...`` headers do not hold for ``stored``.

    Raises:
        OssError: 304 NotModified or 412 PreconditionFailed.
    """
    modified_at = int(stored.modified_at)
    match = request.header(f"{prefix}if-match")
    if match and not _matches(match, stored.etag):
        raise precondition_failed("If-Match")
    none_match = request.header(f"{prefix}if-none-match")
    if none_match and _matches(none_match, stored.etag):
        raise not_modified()
    since = _epoch_seconds(request.header(f"{prefix}if-modified-since"))
    if since is not None and not none_match and modified_at <= since:
        raise not_modified()
    before = _epoch_seconds(request.header(f"{prefix}if-unmodified-since"))
    if before is not None and modified_at > before:
        raise precondition_failed("If-Unmodified-Since")


def _matches(wanted: str, etag: str) -> bool:
    candidates = (item.strip().removeprefix("W/").strip('"').upper() for item in wanted.split(","))
    return any(item in ("*", etag) for item in candidates)


def _epoch_seconds(date: str) -> int | None:
    # RFC 9110 asks servers to ignore these headers when their date is unreadable.
    try:
        return timegm(parsedate_to_datetime(date).utctimetuple()) if date else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
