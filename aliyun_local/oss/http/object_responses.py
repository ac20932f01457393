"""Operations on the content of an object: PutObject, AppendObject, GetObject, HeadObject, deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.access import check_readable_by_all
from aliyun_local.oss.http.callbacks import call_back, callback_of
from aliyun_local.oss.http.compression import compressed
from aliyun_local.oss.http.conditions import check_conditions
from aliyun_local.oss.http.configuration_responses import access_monitor
from aliyun_local.oss.http.object_attributes import attributes_to_write, holds_control_character
from aliyun_local.oss.http.object_headers import object_headers, version_header, written_headers
from aliyun_local.oss.http.processing_responses import get_processed
from aliyun_local.oss.http.ranges import requested_range
from aliyun_local.oss.http.xml_documents import Content, parse, text_of, xml_response
from aliyun_local.oss.state.versions import check_version_id
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import StoredObject

MAX_DELETED_KEYS = 1000
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
}


def put_object(request: OssRequest) -> Response:
    """PutObject."""
    callback = callback_of(request)
    stored = request.store.put(
        request.bucket,
        request.key,
        request.checked_payload(),
        attributes_to_write(request),
        origin=request.origin(),
        forbid_overwrite=request.flag("x-oss-forbid-overwrite"),
    )
    response = Response(status=200, headers=written_headers(request, stored))
    return call_back(request, callback, stored, response)


def append_object(request: OssRequest) -> Response:
    """AppendObject."""
    if "position" not in request.query:
        raise OssError(400, "MissingArgument", "Missing Some Required Arguments.", "0016-00000501")
    position = request.number("position", 0, 2**62)
    stored = request.store.append(
        request.bucket,
        request.key,
        request.checked_payload(),
        position,
        # The first append sets the attributes; OSS does not even look at those of later ones.
        attributes_to_write(request, {} if position else None),
        origin=request.origin(),
    )
    headers = written_headers(request, stored) | {"x-oss-next-append-position": str(stored.size)}
    return Response(status=200, headers=headers)


def get_object(request: OssRequest) -> Response:
    """GetObject, whole, in part or through image processing."""
    process = request.query.get("x-oss-process", "")
    if process:
        return get_processed(request, process)
    overrides = _overridden(request)

    def choose(stored: StoredObject) -> tuple[int, int]:
        check_readable_by_all(stored, request.account.behaviour)
        check_conditions(request, stored)
        return requested_range(request, stored) or (0, stored.size)

    stored, content = request.store.get_range(request.bucket, request.key, choose, version=request.version)
    headers = object_headers(request, stored) | overrides
    part = requested_range(request, stored)
    if part is None:
        return compressed(request, Response(status=200, headers=headers, body=content))
    headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{stored.size}"
    return Response(status=206, headers=headers, body=content)


def head_object(request: OssRequest) -> Response:
    """HeadObject."""
    stored = request.store.head(request.bucket, request.key, request.version)
    check_conditions(request, stored)
    headers = object_headers(request, stored) | {"Content-Length": str(stored.size)}
    return Response(status=200, headers=headers)


def get_object_meta(request: OssRequest) -> Response:
    """GetObjectMeta: size, ETag and time, without the user metadata."""
    stored = request.store.head(request.bucket, request.key, request.version)
    described = object_headers(request, stored)
    wanted = ("ETag", "Last-Modified", "x-oss-hash-crc64ecma", "x-oss-object-type", "x-oss-storage-class")
    headers = {name: described[name] for name in wanted} | {"Content-Length": str(stored.size)}
    if access_monitor(request) == "Enabled":
        headers["x-oss-last-access-time"] = described["Last-Modified"]
    return Response(status=200, headers=headers | version_header(request, stored))


def delete_object(request: OssRequest) -> Response:
    """DeleteObject; deleting an object that does not exist succeeds."""
    version = request.version and check_version_id(request.version)
    deletion = request.store.delete(request.bucket, request.key, version=version, origin=request.origin())
    headers = {}
    if deletion.version:
        headers["x-oss-version-id"] = deletion.version
    if deletion.is_marker:
        headers["x-oss-delete-marker"] = "true"
    return Response(status=204, headers=headers)


def delete_multiple_objects(request: OssRequest) -> Response:
    """DeleteMultipleObjects: up to 1,000 keys; a key that does not exist counts as deleted."""
    root = parse(request.checked_body(), "Delete")
    wanted = [
        (text_of(node, "Key"), (node.findtext("VersionId") or "").strip()) for node in root.findall("Object")
    ]
    if not 1 <= len(wanted) <= MAX_DELETED_KEYS:
        raise OssError(400, "MalformedXML", f"A request deletes 1 to {MAX_DELETED_KEYS} objects.")
    for key, version in wanted:
        check_key(key)
        if version:
            check_version_id(version)
    encode = request.encoder()
    origin = request.origin("ObjectRemoved:DeleteObjects")
    deleted: list[tuple[str, Content]] = []
    for key, version in wanted:
        deletion = request.store.delete(request.bucket, key, version=version, origin=origin)
        entry: list[tuple[str, Content]] = [("Key", encode(key))]
        if version:
            entry.append(("VersionId", version))
        if deletion.is_marker:
            entry += [("DeleteMarker", True), ("DeleteMarkerVersionId", deletion.version)]
        deleted.append(("Deleted", entry))
    if (root.findtext("Quiet") or "").strip().lower() == "true":
        return Response(status=200)
    return xml_response("DeleteResult", [*encode.tag(), *deleted])


def _overridden(request: OssRequest) -> dict[str, str]:
    overrides = {
        header: request.query[name]
        for name, header in _OVERRIDES.items()
        if request.query.get(name) is not None
    }
    if overrides and request.principal is None:
        message = "Response headers cannot be overridden in an anonymous request."
        raise OssError(400, "InvalidRequest", message)
    if any(map(holds_control_character, overrides.values())):
        raise invalid_argument("An overridden response header holds a control character.")
    return overrides
