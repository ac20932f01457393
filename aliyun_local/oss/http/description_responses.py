"""The wire of what is said about an object: ACL, tags, the target of a link, the state of an archived one."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from aliyun_local.oss.errors import OssError, invalid_argument, malformed_xml
from aliyun_local.oss.http.bucket_responses import owner
from aliyun_local.oss.http.call import attributes_of, version_header, xml_response
from aliyun_local.oss.http.tagging import tag_set, tags_of_document
from aliyun_local.oss.http.xml_documents import parse
from aliyun_local.oss.state.objects import SYMLINK
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call

DEFAULT_RESTORE_DAYS = 1
MAX_RESTORE_DAYS = 365
RESTORE_TIERS = ("Expedited", "Standard", "Bulk")


def get_object_acl(call: Call) -> Response:
    """GetObjectAcl."""
    stored = call.store.find(call.bucket, call.key, call.version)
    response = xml_response(
        "AccessControlPolicy",
        [("Owner", owner(call)), ("AccessControlList", [("Grant", stored.attributes.acl)])],
    )
    response.headers |= version_header(call, stored)
    return response


def put_object_acl(call: Call) -> Response:
    """PutObjectAcl."""
    acl = call.header("x-oss-object-acl")
    stored = call.store.set_object_acl(call.bucket, call.key, acl, version=call.version)
    return Response(status=200, headers=version_header(call, stored))


def get_object_tagging(call: Call) -> Response:
    """GetObjectTagging."""
    stored = call.store.find(call.bucket, call.key, call.version)
    response = xml_response("Tagging", tag_set(stored.attributes.tags))
    response.headers |= version_header(call, stored)
    return response


def put_object_tagging(call: Call) -> Response:
    """PutObjectTagging: replaces all tags."""
    tags = tags_of_document(call.checked_body())
    stored = call.store.set_tags(call.bucket, call.key, tags, version=call.version)
    return Response(status=200, headers=version_header(call, stored))


def delete_object_tagging(call: Call) -> Response:
    """DeleteObjectTagging."""
    stored = call.store.set_tags(call.bucket, call.key, {}, version=call.version)
    return Response(status=204, headers=version_header(call, stored))


def put_symlink(call: Call) -> Response:
    """PutSymlink: the target is not looked at before somebody reads the link."""
    target = unquote(call.header("x-oss-symlink-target"))
    stored = call.store.put_symlink(
        call.bucket,
        call.key,
        target,
        attributes_of(call.request.headers),
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    return Response(status=200, headers=version_header(call, stored) | {"ETag": f'"{stored.etag}"'})


def get_symlink(call: Call) -> Response:
    """GetSymlink."""
    stored = call.store.find(call.bucket, call.key, call.version)
    if stored.kind != SYMLINK:
        raise OssError(400, "NotSymlink", "The object you specified is not a symlink.", "0043-00000101")
    headers = version_header(call, stored) | {
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(int(stored.modified), usegmt=True),
        "x-oss-symlink-target": quote(stored.target, safe=""),
    }
    return Response(status=200, headers=headers)


def restore_object(call: Call) -> Response:
    """RestoreObject: 202 when it begins, 200 when the object can be read already and stays so for longer."""
    body = call.checked_body()
    root = parse(body, "RestoreRequest") if body.strip() else None
    days = ((root.findtext("Days") if root is not None else "") or "").strip()
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= MAX_RESTORE_DAYS):
        raise malformed_xml()
    version = call.version
    tier = ((root.findtext("JobParameters/Tier") if root is not None else "") or "").strip()
    cold = "Cold" in call.store.find(call.bucket, call.key, version).attributes.storage_class
    if tier and tier not in RESTORE_TIERS:
        raise invalid_argument("The restore tier is not one of Expedited, Standard and Bulk.")
    if tier and not cold:
        raise malformed_xml()
    begins = call.store.restore(call.bucket, call.key, int(days or DEFAULT_RESTORE_DAYS), version=version)
    stored = call.store.find(call.bucket, call.key, version)
    priority = {"x-oss-object-restore-priority": tier or "Standard"} if cold else {}
    return Response(status=202 if begins else 200, headers=version_header(call, stored) | priority)
