"""The wire of writing, reading and deleting objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.call import (
    attributes_to_write,
    check_conditions,
    object_headers,
    version_header,
    written_headers,
    xml_response,
)
from aliyun_local.oss.http.callback_responses import callback_of, called_back
from aliyun_local.oss.http.compression import compressed
from aliyun_local.oss.http.configuration_responses import access_monitor
from aliyun_local.oss.http.listing_responses import encoder
from aliyun_local.oss.http.processing_responses import get_processed
from aliyun_local.oss.http.xml_documents import Content, parse, text_of
from aliyun_local.oss.state.versions import check_version_id
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call
    from aliyun_local.oss.state.objects import StoredObject

MAX_DELETED_KEYS = 1000
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*(?:,.*)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
}


def put_object(call: Call) -> Response:
    """PutObject."""
    callback = callback_of(call)
    stored = call.store.put(
        call.bucket,
        call.key,
        call.checked_body(),
        attributes_to_write(call),
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    response = Response(status=200, headers=written_headers(call, stored))
    return called_back(call, callback, "PutObject", stored, response)


def append_object(call: Call) -> Response:
    """AppendObject."""
    if "position" not in call.query:
        raise OssError(400, "MissingArgument", "Missing Some Required Arguments.", "0016-00000501")
    position = call.number("position", 0, 2**62)
    stored = call.store.append(
        call.bucket,
        call.key,
        call.checked_body(),
        position,
        # What describes an object is taken from the append that makes it; later ones are not even looked at.
        attributes_to_write(call, {} if position else None),
        origin=call.origin,
    )
    headers = written_headers(call, stored) | {"x-oss-next-append-position": str(stored.size)}
    return Response(status=200, headers=headers)


def get_object(call: Call) -> Response:
    """GetObject, whole, in part or through image processing."""
    process = call.query.get("x-oss-process", "")
    if process:
        return get_processed(call, process)
    overrides = _overridden(call)

    def choose(stored: StoredObject) -> tuple[int, int]:
        check_conditions(call, stored)
        return _range(call, stored) or (0, stored.size)

    stored, content = call.store.get_range(call.bucket, call.key, choose, version=call.version)
    headers = object_headers(call, stored) | overrides
    part = _range(call, stored)
    if part is None:
        return compressed(call, Response(status=200, headers=headers, body=content))
    headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{stored.size}"
    return Response(status=206, headers=headers, body=content)


def head_object(call: Call) -> Response:
    """HeadObject."""
    stored = call.store.head(call.bucket, call.key, call.version)
    check_conditions(call, stored)
    headers = object_headers(call, stored) | {"Content-Length": str(stored.size)}
    return Response(status=200, headers=headers)


def get_object_meta(call: Call) -> Response:
    """GetObjectMeta: size, ETag and time, and nothing of the metadata."""
    stored = call.store.head(call.bucket, call.key, call.version)
    every = object_headers(call, stored)
    wanted = ("ETag", "Last-Modified", "x-oss-hash-crc64ecma", "x-oss-object-type", "x-oss-storage-class")
    headers = {name: every[name] for name in wanted} | {"Content-Length": str(stored.size)}
    if access_monitor(call) == "Enabled":
        headers["x-oss-last-access-time"] = every["Last-Modified"]
    return Response(status=200, headers=headers | version_header(call, stored))


def delete_object(call: Call) -> Response:
    """DeleteObject: deleting what is not there succeeds."""
    version = call.version and check_version_id(call.version)
    deletion = call.store.delete(call.bucket, call.key, version=version, origin=call.origin)
    headers = {}
    if deletion.version:
        headers["x-oss-version-id"] = deletion.version
    if deletion.is_marker:
        headers["x-oss-delete-marker"] = "true"
    return Response(status=204, headers=headers)


def delete_multiple_objects(call: Call) -> Response:
    """DeleteMultipleObjects: up to 1,000 keys; a key that is not there counts as deleted."""
    root = parse(call.checked_body(), "Delete")
    wanted = [
        (text_of(node, "Key"), (node.findtext("VersionId") or "").strip()) for node in root.findall("Object")
    ]
    if not 1 <= len(wanted) <= MAX_DELETED_KEYS:
        raise OssError(400, "MalformedXML", f"A request deletes 1 to {MAX_DELETED_KEYS} objects.")
    for key, version in wanted:
        check_key(key)
        if version:
            check_version_id(version)
    encode = encoder(call)
    event = "ObjectRemoved:DeleteObjects"
    deleted: list[tuple[str, Content]] = []
    for key, version in wanted:
        deletion = call.store.delete(call.bucket, key, version=version, origin=call.origin, event=event)
        entry: list[tuple[str, Content]] = [("Key", encode(key))]
        if version:
            entry.append(("VersionId", version))
        if deletion.is_marker:
            entry += [("DeleteMarker", True), ("DeleteMarkerVersionId", deletion.version)]
        deleted.append(("Deleted", entry))
    if (root.findtext("Quiet") or "").strip().lower() == "true":
        return Response(status=200)
    return xml_response("DeleteResult", [*encode.tag(), *deleted])


def parse_range(header: str, size: int, *, standard: bool) -> tuple[int, int] | None:
    """Return start and stop of a Range header, or None when the whole object is to be sent.

    OSS ignores a range that does not lie within the object; in standard behaviour (the request header
    ``x-oss-range-behavior: standard``) it cuts it at the end instead. Of several ranges it takes the first
    (OSS, "How to obtain OSS resources by segmenting HTTP range requests").

    Raises:
        OssError: 416 InvalidRange, in standard behaviour, for a range that begins beyond the object.
    """
    match = _RANGE.fullmatch(header)
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return None
    if first:
        start, stop = int(first), int(last) + 1 if last else size
        if last and stop <= start:
            return None
    else:
        start, stop = size - int(last), size
    if 0 <= start < size and stop <= size:
        return start, stop
    if not standard:
        return None
    if start >= size:
        raise OssError(
            416, "InvalidRange", "The requested range cannot be satisfied.", ActualObjectSize=str(size)
        )
    return max(start, 0), min(stop, size)


def _range(call: Call, stored: StoredObject) -> tuple[int, int] | None:
    header = call.header("range")
    if not header:
        return None
    standard = call.header("x-oss-range-behavior").lower() == "standard"
    return parse_range(header, stored.size, standard=standard)


def _overridden(call: Call) -> dict[str, str]:
    overrides = {
        header: call.query[name] for name, header in _OVERRIDES.items() if call.query.get(name) is not None
    }
    if overrides and call.principal is None:
        message = "Response headers cannot be overridden in an anonymous request."
        raise OssError(400, "InvalidRequest", message)
    if any(_CONTROL.search(value) for value in overrides.values()):
        raise invalid_argument("An overridden response header holds a control character.")
    return overrides
