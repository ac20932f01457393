"""Operations on multipart uploads: initiate, upload or copy a part, complete, abort, list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from aliyun_local.oss.errors import OssError, invalid_argument, malformed_xml
from aliyun_local.oss.http.callbacks import call_back, callback_of
from aliyun_local.oss.http.conditions import COPY_SOURCE, check_conditions
from aliyun_local.oss.http.copy_responses import copy_source, source_header
from aliyun_local.oss.http.encryption import ALGORITHM, encryption_of
from aliyun_local.oss.http.listing_responses import Elements, common_prefixes
from aliyun_local.oss.http.object_attributes import attributes_to_write
from aliyun_local.oss.http.object_headers import md5_header, written_headers
from aliyun_local.oss.http.ranges import parse_range
from aliyun_local.oss.http.xml_documents import Content, iso_time, parse, text_of, xml_response
from aliyun_local.oss.state.objects import OBJECT_ACLS, check_acl
from aliyun_local.oss.state.parts import MAX_PART_NUMBER
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import StoredObject
    from aliyun_local.oss.state.parts import Part, Upload

MAX_LISTED = 1000


def initiate_multipart_upload(request: OssRequest) -> Response:
    """InitiateMultipartUpload."""
    encode = request.encoder()
    upload = request.store.uploads.start(
        request.bucket,
        request.key,
        attributes_to_write(request),
        origin=request.origin(),
        forbid_overwrite=request.flag("x-oss-forbid-overwrite"),
    )
    children: Elements = [
        *encode.tag(),
        ("Bucket", request.bucket),
        ("Key", encode(request.key)),
        ("UploadId", upload.id),
    ]
    response = xml_response("InitiateMultipartUploadResult", children)
    response.headers |= encryption_of(upload.attributes.headers)
    return response


def upload_part(request: OssRequest) -> Response:
    """UploadPart."""
    content = request.checked_payload()
    _refuse_encryption(request)
    number = _part_number(request)
    upload = _upload(request)
    part = request.store.uploads.put_part(upload, number, content, origin=request.origin())
    headers = _part_headers(part) | encryption_of(upload.attributes.headers)
    return Response(status=200, headers=headers)


def upload_part_copy(request: OssRequest) -> Response:
    """UploadPartCopy."""
    source = copy_source(request)
    number = _part_number(request)

    def choose(stored: StoredObject) -> tuple[int, int]:
        check_conditions(request, stored, COPY_SOURCE)
        header = request.header("x-oss-copy-source-range")
        return parse_range(header, stored.size, standard=False) or (0, stored.size)

    _, content = request.store.get_range(source.bucket, source.key, choose, version=source.version)
    origin = request.origin("ObjectCreated:UploadPartCopy")
    part = request.store.uploads.put_part(_upload(request), number, content, origin=origin)
    children: Content = [("LastModified", iso_time(part.modified_at)), ("ETag", f'"{part.etag}"')]
    response = xml_response("CopyPartResult", children)
    # oss2 reads the part's ETag from this header and not from the document.
    response.headers |= _part_headers(part) | source_header(request, source)
    return response


def complete_multipart_upload(request: OssRequest) -> Response:
    """CompleteMultipartUpload, with a list of parts or with ``x-oss-complete-all: yes``."""
    encode = request.encoder()
    body = request.checked_body()
    _refuse_encryption(request)
    wanted = _wanted_parts(request, body)
    acl = request.header("x-oss-object-acl")
    if acl:
        check_acl(acl, OBJECT_ACLS)
    callback = callback_of(request)
    stored = request.store.uploads.complete(
        _upload(request),
        wanted,
        acl=acl,
        origin=request.origin(),
        forbid_overwrite=request.flag("x-oss-forbid-overwrite"),
    )
    children: Elements = [
        *encode.tag(),
        ("Location", f"http://{request.bucket}.{request.account.endpoint()}/{quote(request.key, safe='')}"),
        ("Bucket", request.bucket),
        ("Key", encode(request.key)),
        ("ETag", f'"{stored.etag}"'),
    ]
    response = xml_response("CompleteMultipartUploadResult", children)
    response.headers |= written_headers(request, stored)
    return call_back(request, callback, stored, response)


def abort_multipart_upload(request: OssRequest) -> Response:
    """AbortMultipartUpload."""
    request.store.uploads.abort(_upload(request), origin=request.origin())
    return Response(status=204)


def list_parts(request: OssRequest) -> Response:
    """ListParts."""
    encode = request.encoder()
    limit = request.number("max-parts", 1, MAX_LISTED, MAX_LISTED)
    marker = request.number("part-number-marker", 0, 2**31, 0)
    upload = _upload(request)
    parts, is_truncated = request.store.uploads.list_parts(upload, marker=marker, limit=limit)
    children: Elements = [
        *encode.tag(),
        ("Bucket", request.bucket),
        ("Key", encode(request.key)),
        ("UploadId", upload.id),
        ("StorageClass", "Standard"),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", parts[-1].number if parts else 0),
        ("MaxParts", limit),
        ("IsTruncated", is_truncated),
    ]
    for part in parts:
        entry: Content = [
            ("PartNumber", part.number),
            ("LastModified", iso_time(part.modified_at)),
            ("ETag", f'"{part.etag}"'),
            ("Size", part.size),
            ("HashCrc64ecma", str(part.crc)),
        ]
        children.append(("Part", entry))
    return xml_response("ListPartsResult", children)


def list_multipart_uploads(request: OssRequest) -> Response:
    """ListMultipartUploads."""
    query, encode = request.query, request.encoder()
    limit = request.number("max-uploads", 1, MAX_LISTED, MAX_LISTED)
    names = ("prefix", "delimiter", "key-marker", "upload-id-marker")
    prefix, delimiter, key_marker, upload_id_marker = (query.get(name, "") for name in names)
    page = request.store.uploads.list_uploads(
        request.bucket,
        prefix=prefix,
        delimiter=delimiter,
        key_marker=key_marker,
        upload_id_marker=upload_id_marker,
        limit=limit,
    )
    # OSS names the last entry of every page as the next marker, even on the last page.
    last_upload = max((f"{upload.key}\0{upload.id}" for upload in page.rows), default="")
    last_entry = page.next_marker or max([last_upload, *page.common_prefixes])
    next_key, _, next_id = last_entry.partition("\0")
    children: Elements = [
        *encode.tag(),
        ("Bucket", request.bucket),
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
            ("Initiated", iso_time(upload.started_at)),
            ("StorageClass", upload.attributes.storage_class),
        ]
        children.append(("Upload", entry))
    children += common_prefixes(encode, page.common_prefixes)
    return xml_response("ListMultipartUploadsResult", children)


def _upload(request: OssRequest) -> Upload:
    return request.store.uploads.find(request.bucket, request.key, request.query["uploadId"])


def _refuse_encryption(request: OssRequest) -> None:
    if request.header(ALGORITHM):
        message = "The encryption of an upload is set when it is initiated, and not later."
        raise invalid_argument(message, ArgumentName=ALGORITHM)


def _wanted_parts(request: OssRequest, body: bytes) -> list[tuple[int, str]] | None:
    """Return the numbers and ETags of the parts to complete an upload with, None for all of them."""
    if request.header("x-oss-complete-all").lower() == "yes":
        if body.strip():
            raise invalid_argument("x-oss-complete-all does not go with a list of parts.")
        return None
    wanted = [
        (_number(text_of(node, "PartNumber")), text_of(node, "ETag"))
        for node in parse(body, "CompleteMultipartUpload").findall("Part")
    ]
    if not wanted:
        raise malformed_xml()
    return wanted


def _part_headers(part: Part) -> dict[str, str]:
    return {
        "ETag": f'"{part.etag}"',
        "Content-MD5": md5_header(part.etag),
        "x-oss-hash-crc64ecma": str(part.crc),
    }


def _part_number(request: OssRequest) -> int:
    return request.number("partNumber", 1, MAX_PART_NUMBER)


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 9):
        raise OssError(400, "MalformedXML", "A PartNumber is not a number.")
    return int(text)
