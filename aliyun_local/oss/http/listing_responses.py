"""The wire of listing what is in a bucket: objects and their versions."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.http.bucket_responses import owner
from aliyun_local.oss.http.call import restore_state, xml_response
from aliyun_local.oss.http.xml_documents import Content, Encoder, iso_time
from aliyun_local.oss.state.versions import Listed, list_versions

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call
    from aliyun_local.oss.state.listing import Page
    from aliyun_local.oss.state.objects import StoredObject
    from aliyun_local.serving.wire import Response

MAX_KEYS = 1000
DEFAULT_KEYS = 100
MAX_NAME_BYTES = 1024


def list_objects(call: Call) -> Response:
    """GetBucket (ListObjects)."""
    query, encode = call.query, encoder(call)
    marker = query.get("marker", "")
    limit, page = _page(call, marker)
    children: list[tuple[str, Content]] = [
        *_listing_head(call, encode, limit, page),
        ("Marker", encode(marker)),
    ]
    if page.is_truncated:
        children.append(("NextMarker", encode(page.next_marker)))
    children += _entries(call, encode, page, with_owner=True)
    return xml_response("ListBucketResult", children)


def list_objects_v2(call: Call) -> Response:
    """ListObjectsV2."""
    query, encode = call.query, encoder(call)
    start_after, token = query.get("start-after", ""), query.get("continuation-token", "")
    marker = _from_token(token) if token else start_after
    limit, page = _page(call, marker)
    children: list[tuple[str, Content]] = [
        *_listing_head(call, encode, limit, page),
        ("StartAfter", encode(start_after)),
        ("KeyCount", len(page)),
    ]
    if token:
        children.append(("ContinuationToken", token))
    if page.is_truncated:
        children.append(("NextContinuationToken", _to_token(page.next_marker)))
    children += _entries(call, encode, page, with_owner=query.get("fetch-owner", "").lower() == "true")
    return xml_response("ListBucketResult", children)


def list_object_versions(call: Call) -> Response:
    """ListObjectVersions (GetBucketVersions)."""
    encode = encoder(call)
    names = ("prefix", "delimiter", "key-marker", "version-id-marker")
    prefix, delimiter, key_marker, version_marker = _checked_names(call, *names)
    if version_marker and not key_marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, ArgumentName="version-id-marker", ArgumentValue=version_marker[:100])
    limit = call.number("max-keys", 1, MAX_KEYS, DEFAULT_KEYS)
    page = list_versions(
        call.store,
        call.bucket,
        prefix=prefix,
        delimiter=delimiter,
        key_marker=key_marker,
        version_marker=version_marker,
        limit=limit,
    )
    children: list[tuple[str, Content]] = [
        ("Name", call.bucket),
        ("Prefix", encode(prefix)),
        ("KeyMarker", encode(key_marker)),
        ("VersionIdMarker", version_marker),
        ("MaxKeys", limit),
        ("Delimiter", encode(delimiter)),
        *encode.tag(),
        ("IsTruncated", page.is_truncated),
    ]
    if page.is_truncated:
        next_key, is_version, _ = page.next_marker.partition("\0")
        children.append(("NextKeyMarker", encode(next_key)))
        if is_version:
            children.append(("NextVersionIdMarker", page.rows[-1].stored.version))
    children += [_version(call, encode, listed) for listed in page.rows]
    children += [("CommonPrefixes", [("Prefix", encode(common))]) for common in page.common_prefixes]
    return xml_response("ListVersionsResult", children)


def encoder(call: Call) -> Encoder:
    """Return how the names of a listing are written.

    Raises:
        OssError: an encoding-type other than ``url``.
    """
    encoding_type = call.query.get("encoding-type", "")
    if encoding_type not in ("", "url"):
        raise invalid_argument("Invalid Encoding Method specified in Request.", ArgumentName="encoding-type")
    return Encoder(encoding_type)


def _page(call: Call, marker: str) -> tuple[int, Page[StoredObject]]:
    limit = call.number("max-keys", 1, MAX_KEYS, DEFAULT_KEYS)
    prefix, delimiter, *_ = _checked_names(call, "prefix", "delimiter", "marker", "start-after")
    page = call.store.list_objects(
        call.bucket,
        prefix=prefix,
        delimiter=delimiter,
        marker=marker,
        limit=limit,
    )
    return limit, page


def _listing_head(
    call: Call, encode: Encoder, limit: int, page: Page[StoredObject]
) -> list[tuple[str, Content]]:
    return [
        ("Name", call.bucket),
        ("Prefix", encode(call.query.get("prefix", ""))),
        ("MaxKeys", limit),
        ("Delimiter", encode(call.query.get("delimiter", ""))),
        ("IsTruncated", page.is_truncated),
        *encode.tag(),
    ]


def _entries(
    call: Call, encode: Encoder, page: Page[StoredObject], *, with_owner: bool
) -> list[tuple[str, Content]]:
    entries: list[tuple[str, Content]] = []
    for stored in page.rows:
        entry: list[tuple[str, Content]] = [
            ("Key", encode(stored.key)),
            ("LastModified", iso_time(stored.modified)),
            ("ETag", f'"{stored.etag}"'),
            ("Type", stored.kind),
            ("Size", stored.size),
            ("StorageClass", stored.attributes.storage_class),
        ]
        if stored.restored:
            entry.append(("RestoreInfo", restore_state(stored.restored, call.now)))
        if with_owner:
            entry.append(("Owner", owner(call)))
        entries.append(("Contents", entry))
    entries += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.common_prefixes]
    return entries


def _version(call: Call, encode: Encoder, listed: Listed) -> tuple[str, Content]:
    stored = listed.stored
    entry: list[tuple[str, Content]] = [
        ("Key", encode(stored.key)),
        ("VersionId", stored.version),
        ("IsLatest", listed.is_latest),
        ("LastModified", iso_time(stored.modified)),
    ]
    if not stored.is_marker:
        entry += [
            ("ETag", f'"{stored.etag}"'),
            ("Type", stored.kind),
            ("Size", stored.size),
            ("StorageClass", stored.attributes.storage_class),
        ]
    if stored.restored:
        entry.append(("RestoreInfo", restore_state(stored.restored, call.now)))
    entry.append(("Owner", owner(call)))
    return ("DeleteMarker" if stored.is_marker else "Version", entry)


def _checked_names(call: Call, *names: str) -> tuple[str, ...]:
    values = tuple(call.query.get(name, "") for name in names)
    for name, value in zip(names, values, strict=True):
        if len(value.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
            message = f"The length of {name} must be less than or equal to {MAX_NAME_BYTES}."
            raise invalid_argument(message, ArgumentName=name)
    return values


def _to_token(marker: str) -> str:
    return base64.urlsafe_b64encode(marker.encode()).decode().rstrip("=")


def _from_token(token: str) -> str:
    try:
        marker = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        marker = ""
    if _to_token(marker) != token:
        raise invalid_argument("The continuation token is not valid.", ArgumentName="continuation-token")
    return marker
