"""The wire of operations on the service and on buckets."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from local.oss.call import xml_response
from local.oss.errors import OssError, invalid_argument
from local.oss.xml_documents import Content, Encoder, iso_time, parse, text_of
from local.wire import Response

if TYPE_CHECKING:
    from local.oss.call import Call
    from local.oss.listing import Page
    from local.oss.objects import Bucket, StoredObject

MAX_KEYS = 1000
DEFAULT_KEYS = 100
MAX_DELETED_KEYS = 1000


def list_buckets(call: Call) -> Response:
    """GetService (ListBuckets)."""
    prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
    limit = call.number("max-keys", 1, MAX_KEYS, DEFAULT_KEYS)
    page = call.store.buckets(prefix=prefix, marker=marker, limit=limit)
    children: list[tuple[str, Content]] = [
        ("Prefix", prefix),
        ("Marker", marker),
        ("MaxKeys", limit),
        ("IsTruncated", page.is_truncated),
        ("NextMarker", page.next_marker),
        ("Owner", _owner(call)),
        ("Buckets", [("Bucket", _bucket(call, bucket)) for bucket in page.rows]),
    ]
    return xml_response("ListAllMyBucketsResult", children)


def put_bucket(call: Call) -> Response:
    """PutBucket: also changes the ACL of a bucket that is there."""
    storage_class = "Standard"
    if call.request.body.strip():
        root = parse(call.checked_body(), "CreateBucketConfiguration")
        storage_class = root.findtext("StorageClass") or storage_class
    acl = call.header("x-oss-acl") or "private"
    call.store.create_bucket(call.bucket, region=call.service.region, acl=acl, storage_class=storage_class)
    return Response(status=200, headers={"Location": f"/{call.bucket}"})


def delete_bucket(call: Call) -> Response:
    """DeleteBucket."""
    call.store.delete_bucket(call.bucket)
    return Response(status=204)


def get_bucket_info(call: Call) -> Response:
    """GetBucketInfo."""
    bucket = call.store.bucket(call.bucket)
    children = [
        *_bucket(call, bucket),
        ("Owner", _owner(call)),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("DataRedundancyType", "LRS"),
        ("AccessMonitor", "Disabled"),
    ]
    return xml_response("BucketInfo", [("Bucket", children)])


def get_bucket_location(call: Call) -> Response:
    """GetBucketLocation."""
    return xml_response("LocationConstraint", f"oss-{call.store.bucket(call.bucket).region}")


def get_bucket_acl(call: Call) -> Response:
    """GetBucketAcl."""
    grant: Content = [("Grant", call.store.bucket(call.bucket).acl)]
    return xml_response("AccessControlPolicy", [("Owner", _owner(call)), ("AccessControlList", grant)])


def put_bucket_acl(call: Call) -> Response:
    """PutBucketAcl."""
    call.store.set_bucket_acl(call.bucket, call.header("x-oss-acl"))
    return Response(status=200)


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


def delete_multiple_objects(call: Call) -> Response:
    """DeleteMultipleObjects: up to 1,000 keys; a key that is not there counts as deleted."""
    root = parse(call.checked_body(), "Delete")
    keys = [text_of(node, "Key") for node in root.findall("Object")]
    if not 1 <= len(keys) <= MAX_DELETED_KEYS:
        raise OssError(400, "MalformedXML", f"A request deletes 1 to {MAX_DELETED_KEYS} objects.")
    encode = encoder(call)
    for key in keys:
        call.store.delete(call.bucket, key, origin=call.origin, event="ObjectRemoved:DeleteObjects")
    if (root.findtext("Quiet") or "").strip().lower() == "true":
        return Response(status=200)
    deleted: list[tuple[str, Content]] = [("Deleted", [("Key", encode(key))]) for key in keys]
    return xml_response("DeleteResult", [*encode.tag(), *deleted])


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
    page = call.store.list_objects(
        call.bucket,
        prefix=call.query.get("prefix", ""),
        delimiter=call.query.get("delimiter", ""),
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
        if with_owner:
            entry.append(("Owner", _owner(call)))
        entries.append(("Contents", entry))
    entries += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.common_prefixes]
    return entries


def _owner(call: Call) -> Content:
    account = call.service.account_id
    return [("ID", account), ("DisplayName", account)]


def _bucket(call: Call, bucket: Bucket) -> list[tuple[str, Content]]:
    return [
        ("Name", bucket.name),
        ("Location", f"oss-{bucket.region}"),
        ("Region", bucket.region),
        ("CreationDate", iso_time(bucket.created)),
        ("ExtranetEndpoint", call.service.endpoint()),
        ("IntranetEndpoint", call.service.endpoint(internal=True)),
        ("StorageClass", bucket.storage_class),
    ]


def _to_token(marker: str) -> str:
    return base64.urlsafe_b64encode(marker.encode()).decode().rstrip("=")


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        raise invalid_argument(
            "The continuation token is not valid.", ArgumentName="continuation-token"
        ) from None
