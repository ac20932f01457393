"""The wire of operations on one object."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.oss import images
from local.oss.access import READ, WRITE, authorize
from local.oss.addressing import check_key
from local.oss.call import attributes_of, check_conditions, object_headers, xml_response
from local.oss.errors import OssError, invalid_argument, not_implemented
from local.oss.objects import Attributes
from local.oss.xml_documents import iso_time
from local.wire import Response

if TYPE_CHECKING:
    from local.oss.call import Call
    from local.oss.objects import StoredObject

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
    if call.header("x-oss-callback"):
        raise not_implemented("An upload callback")
    stored = call.store.put(
        call.bucket,
        call.key,
        call.checked_body(),
        attributes_of(call.request.headers),
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    return Response(status=200, headers=written_headers(stored))


def append_object(call: Call) -> Response:
    """AppendObject."""
    if "position" not in call.query:
        raise OssError(400, "MissingArgument", "Missing Some Required Arguments.", "0016-00000501")
    stored = call.store.append(
        call.bucket,
        call.key,
        call.checked_body(),
        call.number("position", 0, 2**62),
        attributes_of(call.request.headers),
        origin=call.origin,
    )
    headers = written_headers(stored) | {"x-oss-next-append-position": str(stored.size)}
    return Response(status=200, headers=headers)


def get_object(call: Call) -> Response:
    """GetObject, whole, in part or through image processing."""
    process = call.query.get("x-oss-process", "")
    if process:
        return _get_processed(call, process)
    overrides = _overridden(call)

    def choose(stored: StoredObject) -> tuple[int, int]:
        check_conditions(call, stored)
        return _range(call, stored) or (0, stored.size)

    stored, content = call.store.get_range(call.bucket, call.key, choose)
    headers = object_headers(stored) | overrides
    part = _range(call, stored)
    if part is None:
        return Response(status=200, headers=headers, body=content)
    headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{stored.size}"
    return Response(status=206, headers=headers, body=content)


def head_object(call: Call) -> Response:
    """HeadObject."""
    stored = call.store.head(call.bucket, call.key)
    check_conditions(call, stored)
    headers = object_headers(stored) | {"Content-Length": str(stored.size)}
    return Response(status=200, headers=headers)


def get_object_meta(call: Call) -> Response:
    """GetObjectMeta: size, ETag and time, and nothing of the metadata."""
    stored = call.store.head(call.bucket, call.key)
    every = object_headers(stored)
    wanted = ("ETag", "Last-Modified", "x-oss-hash-crc64ecma", "x-oss-object-type", "x-oss-storage-class")
    headers = {name: every[name] for name in wanted} | {"Content-Length": str(stored.size)}
    return Response(status=200, headers=headers)


def delete_object(call: Call) -> Response:
    """DeleteObject: deleting what is not there succeeds."""
    call.store.delete(call.bucket, call.key, origin=call.origin)
    return Response(status=204)


def copy_object(call: Call) -> Response:
    """CopyObject."""
    source = copy_source(call)
    directive = call.header("x-oss-metadata-directive").upper() or "COPY"
    if directive not in ("COPY", "REPLACE"):
        raise invalid_argument("The metadata directive must be COPY or REPLACE.")
    stored = call.store.copy(
        source,
        call.bucket,
        call.key,
        attributes_of(call.request.headers) if directive == "REPLACE" else None,
        acl=call.header("x-oss-object-acl") or "default",
        check=lambda stored: check_conditions(call, stored, "x-oss-copy-source-"),
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    children = [("LastModified", iso_time(stored.modified)), ("ETag", f'"{stored.etag}"')]
    response = xml_response("CopyObjectResult", children)
    response.headers |= written_headers(stored)
    return response


def get_object_acl(call: Call) -> Response:
    """GetObjectACL."""
    stored = call.store.head(call.bucket, call.key)
    account = call.service.account_id
    return xml_response(
        "AccessControlPolicy",
        [
            ("Owner", [("ID", account), ("DisplayName", account)]),
            ("AccessControlList", [("Grant", stored.attributes.acl)]),
        ],
    )


def put_object_acl(call: Call) -> Response:
    """PutObjectACL."""
    call.store.set_object_acl(call.bucket, call.key, call.header("x-oss-object-acl"))
    return Response(status=200)


def process_object(call: Call) -> Response:
    """Process an image and save the result as an object (``...|sys/saveas,o_<key>,b_<bucket>``)."""
    try:
        text = call.request.body.decode("utf-8")
    except UnicodeError:
        raise invalid_argument("The body is not UTF-8.") from None
    name, _, value = text.strip().partition("=")
    if name != "x-oss-process" or not value:
        raise OssError(400, "MissingArgument", "The body must be x-oss-process=<actions>|sys/saveas,...")
    instructions, _, save = unquote(value).partition("|")
    if not save.startswith("sys/saveas"):
        raise invalid_argument("The result of processing must be saved with sys/saveas.")
    options = dict(piece.partition("_")[::2] for piece in save.split(",")[1:])
    bucket = _decode(options["b"]) if options.get("b") else call.bucket
    key = _decode(options.get("o", ""))
    check_key(key)
    authorize(call.store, call.principal, WRITE, bucket)
    _, source = call.store.get_range(call.bucket, call.key, _processable)
    result = images.process(source, instructions)
    attributes = Attributes(content_type=result.content_type)
    stored = call.store.put(bucket, key, result.content, attributes, origin=call.origin)
    body = {"bucket": bucket, "fileSize": stored.size, "object": key, "status": "OK"}
    return Response(
        status=200,
        headers={"Content-Type": "application/json"},
        body=json.dumps(body, ensure_ascii=False).encode(),
    )


def copy_source(call: Call) -> tuple[str, str]:
    """Return the bucket and key that ``x-oss-copy-source`` names, if the caller may read it.

    Raises:
        OssError: InvalidArgument or AccessDenied.
    """
    bucket, _, key = unquote(call.header("x-oss-copy-source")).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid_argument("The copy source must be /bucket/key.", ArgumentName="x-oss-copy-source")
    check_key(key)
    authorize(call.store, call.principal, READ, bucket, key)
    return bucket, key


def written_headers(stored: StoredObject) -> dict[str, str]:
    """Return the headers that tell a writer what was kept."""
    return {"ETag": f'"{stored.etag}"', "x-oss-hash-crc64ecma": str(stored.crc)}


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


def _get_processed(call: Call, process: str) -> Response:
    def choose(stored: StoredObject) -> tuple[int, int]:
        check_conditions(call, stored)
        return _processable(stored)

    stored, content = call.store.get_range(call.bucket, call.key, choose)
    result = images.process(content, process)
    described = object_headers(stored)
    headers = {name: described[name] for name in ("ETag", "Last-Modified", "x-oss-object-type")}
    headers["Content-Type"] = result.content_type
    return Response(status=200, headers=headers, body=result.content)


def _processable(stored: StoredObject) -> tuple[int, int]:
    # One byte above the limit is enough for the refusal; more need not be read.
    return 0, min(stored.size, images.MAX_SOURCE_BYTES + 1)


def _decode(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        raise OssError(400, "BadRequest", "Input is not base64 decoding.") from None
