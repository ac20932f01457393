"""Operations on the description of an object: its ACL, its tags, the target of a link, its restoration."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from aliyun_local.oss.errors import OssError, invalid_argument, malformed_xml
from aliyun_local.oss.http.object_attributes import attributes_of
from aliyun_local.oss.http.object_headers import version_header
from aliyun_local.oss.http.tagging import tag_set, tags_of_document
from aliyun_local.oss.http.xml_documents import parse, xml_response
from aliyun_local.oss.state.objects import SYMLINK
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest

DEFAULT_RESTORE_DAYS = 1
MAX_RESTORE_DAYS = 365
RESTORE_TIERS = ("Expedited", "Standard", "Bulk")


def get_object_acl(request: OssRequest) -> Response:
    """GetObjectAcl."""
    stored = request.store.find(request.bucket, request.key, request.version)
    grant = [("Grant", stored.attributes.acl)]
    response = xml_response(
        "AccessControlPolicy", [("Owner", request.account.owner()), ("AccessControlList", grant)]
    )
    response.headers |= version_header(request, stored)
    return response


def put_object_acl(request: OssRequest) -> Response:
    """PutObjectAcl."""
    acl = request.header("x-oss-object-acl")
    stored = request.store.set_object_acl(request.bucket, request.key, acl, version=request.version)
    return Response(status=200, headers=version_header(request, stored))


def get_object_tagging(request: OssRequest) -> Response:
    """GetObjectTagging."""
    stored = request.store.find(request.bucket, request.key, request.version)
    response = xml_response("Tagging", tag_set(stored.attributes.tags))
    response.headers |= version_header(request, stored)
    return response


def put_object_tagging(request: OssRequest) -> Response:
    """PutObjectTagging: replaces all tags."""
    tags = tags_of_document(request.checked_body())
    stored = request.store.set_tags(request.bucket, request.key, tags, version=request.version)
    return Response(status=200, headers=version_header(request, stored))


def delete_object_tagging(request: OssRequest) -> Response:
    """DeleteObjectTagging."""
    stored = request.store.set_tags(request.bucket, request.key, {}, version=request.version)
    return Response(status=204, headers=version_header(request, stored))


def put_symlink(request: OssRequest) -> Response:
    """PutSymlink; the target is not looked up before the link is read."""
    target = unquote(request.header("x-oss-symlink-target"))
    stored = request.store.put_symlink(
        request.bucket,
        request.key,
        target,
        attributes_of(request.http.headers),
        origin=request.origin(),
        forbid_overwrite=request.flag("x-oss-forbid-overwrite"),
    )
    return Response(status=200, headers=version_header(request, stored) | {"ETag": f'"{stored.etag}"'})


def get_symlink(request: OssRequest) -> Response:
    """GetSymlink."""
    stored = request.store.find(request.bucket, request.key, request.version)
    if stored.kind != SYMLINK:
        raise OssError(400, "NotSymlink", "The object you specified is not a symlink.", "0043-00000101")
    headers = version_header(request, stored) | {
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(int(stored.modified_at), usegmt=True),
        "x-oss-symlink-target": quote(stored.target, safe=""),
    }
    return Response(status=200, headers=headers)


def restore_object(request: OssRequest) -> Response:
    """RestoreObject: 202 when the restoration begins, 200 when it is done and only prolonged."""
    body = request.checked_body()
    root = parse(body, "RestoreRequest") if body.strip() else None
    days = ((root.findtext("Days") if root is not None else "") or "").strip()
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= MAX_RESTORE_DAYS):
        raise malformed_xml()
    version = request.version
    tier = ((root.findtext("JobParameters/Tier") if root is not None else "") or "").strip()
    is_cold = "Cold" in request.store.find(request.bucket, request.key, version).attributes.storage_class
    if tier and tier not in RESTORE_TIERS:
        raise invalid_argument("The restore tier is not one of Expedited, Standard and Bulk.")
    if tier and not is_cold:
        raise malformed_xml()
    begins = request.store.restore(
        request.bucket, request.key, int(days or DEFAULT_RESTORE_DAYS), version=version
    )
    stored = request.store.find(request.bucket, request.key, version)
    priority = {"x-oss-object-restore-priority": tier or "Standard"} if is_cold else {}
    return Response(status=202 if begins else 200, headers=version_header(request, stored) | priority)
