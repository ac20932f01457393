"""The wire of multipart uploads."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from aliyun_local.oss.errors import OssError, invalid_argument, malformed_xml
from aliyun_local.oss.http.call import attributes_to_write, check_conditions, written_headers, xml_response
from aliyun_local.oss.http.callback_responses import callback_of, called_back
from aliyun_local.oss.http.copy_responses import copy_source, source_header
from aliyun_local.oss.http.encryption import ALGORITHM, encryption_of
from aliyun_local.oss.http.listing_responses import encoder
from aliyun_local.oss.http.object_responses import parse_range
from aliyun_local.oss.http.xml_documents import Content, iso_time, parse, text_of
from aliyun_local.oss.state.buckets import check_acl
from aliyun_local.oss.state.multipart import MAX_PART_NUMBER, Part
from aliyun_local.oss.state.objects import OBJECT_ACLS
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call
    from aliyun_local.oss.state.objects import StoredObject

MAX_LISTED = 1000


def initiate_multipart_upload(call: Call) -> Response:
    """InitiateMultipartUpload."""
    encode = encoder(call)
    upload = call.store.uploads.start(
        call.bucket,
        call.key,
        attributes_to_write(call),
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    children: list[tuple[str, Content]] = [
        *encode.tag(),
        ("Bucket", call.bucket),
        ("Key", encode(call.key)),
        ("UploadId", upload.id),
    ]
    response = xml_response("InitiateMultipartUploadResult", children)
    response.headers |= encryption_of(upload.attributes.headers)
    return response


def upload_part(call: Call) -> Response:
    """UploadPart."""
    content = call.checked_body()
    upload_id = call.query["uploadId"]
    _check_encryption_is_settled(call)
    part = call.store.uploads.put_part(
        call.bucket, call.key, upload_id, _part_number(call), content, origin=call.origin
    )
    encrypted = encryption_of(call.store.uploads.find(call.bucket, call.key, upload_id).attributes.headers)
    return Response(status=200, headers=_part_headers(part) | encrypted)


def upload_part_copy(call: Call) -> Response:
    """UploadPartCopy."""
    source = copy_source(call)
    number = _part_number(call)

    def choose(stored: StoredObject) -> tuple[int, int]:
        check_conditions(call, stored, "x-oss-copy-source-")
        header = call.header("x-oss-copy-source-range")
        return parse_range(header, stored.size, standard=False) or (0, stored.size)

    _, content = call.store.get_range(source.bucket, source.key, choose, version=source.version)
    part = call.store.uploads.put_part(
        call.bucket,
        call.key,
        call.query["uploadId"],
        number,
        content,
        origin=call.origin,
        event="ObjectCreated:UploadPartCopy",
    )
    children: Content = [("LastModified", iso_time(part.modified)), ("ETag", f'"{part.etag}"')]
    response = xml_response("CopyPartResult", children)
    # oss2 reads the part's ETag from this header and not from the document.
    response.headers |= _part_headers(part) | source_header(call, source)
    return response


def complete_multipart_upload(call: Call) -> Response:
    """CompleteMultipartUpload, with a list of parts or with ``x-oss-complete-all: yes``."""
    encode = encoder(call)
    body = call.checked_body()
    _check_encryption_is_settled(call)
    if call.header("x-oss-complete-all").lower() == "yes":
        if body.strip():
            raise invalid_argument("x-oss-complete-all does not go with a list of parts.")
        wanted = None
    else:
        root = parse(body, "CompleteMultipartUpload")
        wanted = [
            (_number(text_of(node, "PartNumber")), text_of(node, "ETag")) for node in root.findall("Part")
        ]
        if not wanted:
            raise malformed_xml()
    acl = call.header("x-oss-object-acl")
    if acl:
        check_acl(acl, OBJECT_ACLS)
    callback = callback_of(call)
    stored = call.store.uploads.complete(
        call.bucket,
        call.key,
        call.query["uploadId"],
        wanted,
        acl=acl,
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    children: list[tuple[str, Content]] = [
        *encode.tag(),
        ("Location", f"http://{call.bucket}.{call.service.endpoint()}/{quote(call.key, safe='')}"),
        ("Bucket", call.bucket),
        ("Key", encode(call.key)),
        ("ETag", f'"{stored.etag}"'),
    ]
    response = xml_response("CompleteMultipartUploadResult", children)
    response.headers |= written_headers(call, stored)
    return called_back(call, callback, "CompleteMultipartUpload", stored, response)


def abort_multipart_upload(call: Call) -> Response:
    """AbortMultipartUpload."""
    call.store.uploads.abort(call.bucket, call.key, call.query["uploadId"], origin=call.origin)
    return Response(status=204)


def list_parts(call: Call) -> Response:
    """ListParts."""
    encode = encoder(call)
    limit = call.number("max-parts", 1, MAX_LISTED, MAX_LISTED)
    marker = call.number("part-number-marker", 0, 2**31, 0)
    upload_id = call.query["uploadId"]
    parts, truncated = call.store.uploads.parts(call.bucket, call.key, upload_id, marker=marker, limit=limit)
    children: list[tuple[str, Content]] = [
        *encode.tag(),
        ("Bucket", call.bucket),
        ("Key", encode(call.key)),
        ("UploadId", upload_id),
        ("StorageClass", "Standard"),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", parts[-1].number if parts else 0),
        ("MaxParts", limit),
        ("IsTruncated", truncated),
    ]
    for part in parts:
        entry: Content = [
            ("PartNumber", part.number),
            ("LastModified", iso_time(part.modified)),
            ("ETag", f'"{part.etag}"'),
            ("Size", part.size),
            ("HashCrc64ecma", str(part.crc)),
        ]
        children.append(("Part", entry))
    return xml_response("ListPartsResult", children)


def list_multipart_uploads(call: Call) -> Response:
    """ListMultipartUploads."""
    query, encode = call.query, encoder(call)
    limit = call.number("max-uploads", 1, MAX_LISTED, MAX_LISTED)
    names = ("prefix", "delimiter", "key-marker", "upload-id-marker")
    prefix, delimiter, key_marker, upload_id_marker = (query.get(name, "") for name in names)
    page = call.store.uploads.list(
        call.bucket,
        prefix=prefix,
        delimiter=delimiter,
        key_marker=key_marker,
        upload_id_marker=upload_id_marker,
        limit=limit,
    )
    # OSS names the last entry of a page as the next marker, also of the last page.
    last_upload = max((f"{upload.key}\0{upload.id}" for upload in page.rows), default="")
    last_entry = page.next_marker or max([last_upload, *page.common_prefixes])
    next_key, _, next_id = last_entry.partition("\0")
    children: list[tuple[str, Content]] = [
        *encode.tag(),
        ("Bucket", call.bucket),
        ("KeyMarker", encode(key_marker)),
        ("UploadIdMarker", upload_id_marker),
        ("NextKeyMarker", encode(next_key)),
        ("NextUploadIdMarker", next_id),
        ("Delimiter", encode(delimiter)),
        ("Prefix", encode(prefix)),
        ("MaxUploads", limit),
        ("IsTruncated", page.is_truncated),
    ]
    for upload in page.rows:
        entry: Content = [
            ("Key", encode(upload.key)),
            ("UploadId", upload.id),
            ("Initiated", iso_time(upload.started)),
            ("StorageClass", upload.attributes.storage_class),
        ]
        children.append(("Upload", entry))
    children += [("CommonPrefixes", [("Prefix", encode(common))]) for common in page.common_prefixes]
    return xml_response("ListMultipartUploadsResult", children)


def _check_encryption_is_settled(call: Call) -> None:
    if call.header(ALGORITHM):
        message = "The encryption of an upload is said when it is initiated, and not later."
        raise invalid_argument(message, ArgumentName=ALGORITHM)


def _part_headers(part: Part) -> dict[str, str]:
    return {
        "ETag": f'"{part.etag}"',
        "Content-MD5": base64.b64encode(bytes.fromhex(part.etag)).decode(),
        "x-oss-hash-crc64ecma": str(part.crc),
    }


def _part_number(call: Call) -> int:
    return call.number("partNumber", 1, MAX_PART_NUMBER)


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 9):
        raise OssError(400, "MalformedXML", "A PartNumber is not a number.")
    return int(text)
