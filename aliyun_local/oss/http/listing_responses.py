"""Operations that list the content of a bucket: objects, versions and live channels."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.http.object_headers import restore_state
from aliyun_local.oss.http.xml_documents import Content, Encoder, iso_time, xml_response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.listing import Page
    from aliyun_local.oss.state.objects import StoredObject
    from aliyun_local.oss.state.versions import ListedVersion
    from aliyun_local.serving.wire import Response

MAX_KEYS = 1000
DEFAULT_KEYS = 100
MAX_NAME_BYTES = 1024
Elements = list[tuple[str, Content]]


def list_objects(request: OssRequest) -> Response:
    """ListObjects (GetBucket)."""
    query, encode = request.query, request.encoder()
    marker = query.get("marker", "")
    limit, page = _page(request, marker)
    children: Elements = [*_listing_head(request, encode, limit, page), ("Marker", encode(marker))]
    if page.is_truncated:
        children.append(("NextMarker", encode(page.next_marker)))
    children += _entries(request, encode, page, with_owner=True)
    return xml_response("ListBucketResult", children)


def list_objects_v2(request: OssRequest) -> Response:
    """ListObjectsV2."""
    query, encode = request.query, request.encoder()
    start_after, token = query.get("start-after", ""), query.get("continuation-token", "")
    marker = _from_token(token) if token else start_after
    limit, page = _page(request, marker)
    children: Elements = [
        *_listing_head(request, encode, limit, page),
        ("StartAfter", encode(start_after)),
        ("KeyCount", len(page)),
    ]
    if token:
        children.append(("ContinuationToken", token))
    if page.is_truncated:
        children.append(("NextContinuationToken", _to_token(page.next_marker)))
    children += _entries(request, encode, page, with_owner=query.get("fetch-owner", "").lower() == "true")
    return xml_response("ListBucketResult", children)


def list_object_versions(request: OssRequest) -> Response:
    """ListObjectVersions (GetBucketVersions)."""
    encode = request.encoder()
    names = ("prefix", "delimiter", "key-marker", "version-id-marker")
    prefix, delimiter, key_marker, version_marker = _checked_names(request, *names)
    if version_marker and not key_marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, ArgumentName="version-id-marker", ArgumentValue=version_marker[:100])
    limit = request.number("max-keys", 1, MAX_KEYS, DEFAULT_KEYS)
    page = request.store.list_versions(
        request.bucket,
        prefix=prefix,
        delimiter=delimiter,
        key_marker=key_marker,
        version_marker=version_marker,
        limit=limit,
    )
    children: Elements = [
        ("Name", request.bucket),
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
    children += [_version(request, encode, listed) for listed in page.rows]
    children += common_prefixes(encode, page.common_prefixes)
    return xml_response("ListVersionsResult", children)


def list_live_channels(request: OssRequest) -> Response:
    """ListLiveChannel: always empty, because the local OSS takes no live streams."""
    limit = request.number("max-keys", 1, MAX_KEYS, DEFAULT_KEYS)
    children: Elements = [
        ("Prefix", request.query.get("prefix", "")),
        ("Marker", request.query.get("marker", "")),
        ("MaxKeys", limit),
        ("IsTruncated", False),
        ("NextMarker", ""),
    ]
    return xml_response("ListLiveChannelResult", children)


def common_prefixes(encode: Encoder, prefixes: list[str]) -> Elements:
    """Return the elements of the common prefixes in a listing."""
    return [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in prefixes]


def _page(request: OssRequest, marker: str) -> tuple[int, Page[StoredObject]]:
    limit = request.number("max-keys", 1, MAX_KEYS, DEFAULT_KEYS)
    prefix, delimiter, *_ = _checked_names(request, "prefix", "delimiter", "marker", "start-after")
    page = request.store.list_objects(
        request.bucket, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit
    )
    return limit, page


def _listing_head(request: OssRequest, encode: Encoder, limit: int, page: Page[StoredObject]) -> Elements:
    return [
        ("Name", request.bucket),
        ("Prefix", encode(request.query.get("prefix", ""))),
        ("MaxKeys", limit),
        ("Delimiter", encode(request.query.get("delimiter", ""))),
        ("IsTruncated", page.is_truncated),
        *encode.tag(),
    ]


def _entries(request: OssRequest, encode: Encoder, page: Page[StoredObject], *, with_owner: bool) -> Elements:
    entries: Elements = []
    for stored in page.rows:
        entry: Elements = [
            ("Key", encode(stored.key)),
            ("LastModified", iso_time(stored.modified_at)),
            *_description(request, stored),
        ]
        if with_owner:
            entry.append(("Owner", request.account.owner()))
        entries.append(("Contents", entry))
    return entries + common_prefixes(encode, page.common_prefixes)


def _version(request: OssRequest, encode: Encoder, listed: ListedVersion) -> tuple[str, Content]:
    stored = listed.stored
    entry: Elements = [
        ("Key", encode(stored.key)),
        ("VersionId", stored.version),
        ("IsLatest", listed.is_latest),
        ("LastModified", iso_time(stored.modified_at)),
        *([] if stored.is_marker else _description(request, stored)),
        ("Owner", request.account.owner()),
    ]
    return ("DeleteMarker" if stored.is_marker else "Version", entry)


def _description(request: OssRequest, stored: StoredObject) -> Elements:
    elements: Elements = [
        ("ETag", f'"{stored.etag}"'),
        ("Type", stored.kind),
        ("Size", stored.size),
        ("StorageClass", stored.attributes.storage_class),
    ]
    if stored.restoration:
        elements.append(("RestoreInfo", restore_state(stored.restoration, request.now)))
    return elements


def _checked_names(request: OssRequest, *names: str) -> tuple[str, ...]:
    values = tuple(request.query.get(name, "") for name in names)
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
