"""The wire of copying: what a copy's source is, and what of it the copy keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.http.access import READ, authorize
from aliyun_local.oss.http.call import (
    attributes_to_write,
    check_conditions,
    version_header,
    written_headers,
    xml_response,
)
from aliyun_local.oss.http.encryption import encryption_of, without_encryption
from aliyun_local.oss.http.xml_documents import iso_time

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call
    from aliyun_local.oss.state.objects import Attributes, StoredObject
    from aliyun_local.serving.wire import Response


def copy_object(call: Call) -> Response:
    """CopyObject."""
    source = copy_source(call)
    check_conditions(call, source, "x-oss-copy-source-")
    stored = call.store.copy(
        source,
        call.bucket,
        call.key,
        _copied_attributes(call, source),
        origin=call.origin,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    children = [("LastModified", iso_time(stored.modified)), ("ETag", f'"{stored.etag}"')]
    response = xml_response("CopyObjectResult", children)
    response.headers |= written_headers(call, stored) | source_header(call, source)
    return response


def copy_source(call: Call) -> StoredObject:
    """Return what ``x-oss-copy-source`` names, if the caller may read it.

    Raises:
        OssError: InvalidArgument, AccessDenied, NoSuchBucket, NoSuchKey or NoSuchVersion.
    """
    path, question, query = call.header("x-oss-copy-source").partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid_argument("The copy source must be /bucket/key.", ArgumentName="x-oss-copy-source")
    check_key(key)
    authorize(call.store, call.principal, READ, bucket, key)
    name, _, version = query.partition("=")
    if question and (name != "versionId" or not version):
        raise invalid_argument("The copy source holds a query that is no versionId.")
    return call.store.find(bucket, key, unquote(version))


def source_header(call: Call, source: StoredObject) -> dict[str, str]:
    """Return the header that names the version that was copied."""
    version = version_header(call, source).get("x-oss-version-id")
    return {"x-oss-copy-source-version-id": version} if version else {}


def _copied_attributes(call: Call, source: StoredObject) -> Attributes:
    content_type = call.header("content-type") or source.attributes.content_type
    given = attributes_to_write(call, content_type=content_type)
    attributes = replace(
        source.attributes,
        acl=given.acl,
        storage_class=given.storage_class,
        # How the source is encrypted says nothing about the copy.
        headers=without_encryption(source.attributes.headers) | encryption_of(given.headers),
    )
    if _directive(call, "x-oss-metadata-directive") == "REPLACE":
        attributes = replace(attributes, content_type=given.content_type, headers=given.headers)
    if _directive(call, "x-oss-tagging-directive") == "REPLACE":
        attributes = replace(attributes, tags=given.tags)
    return attributes


def _directive(call: Call, name: str) -> str:
    directive = call.header(name).upper() or "COPY"
    if directive not in ("COPY", "REPLACE"):
        raise invalid_argument(f"The {name} must be COPY or REPLACE.", ArgumentName=name)
    return directive
