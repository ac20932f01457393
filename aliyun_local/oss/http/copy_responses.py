"""CopyObject: the source that a copy names, and the attributes that the copy takes from it.

UploadPartCopy reads its source through :func:`copy_source` too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.http.access import READ, authorize, check_readable_by_all
from aliyun_local.oss.http.conditions import COPY_SOURCE, check_conditions
from aliyun_local.oss.http.encryption import encryption_of, without_encryption
from aliyun_local.oss.http.object_attributes import attributes_to_write
from aliyun_local.oss.http.object_headers import version_header, written_headers
from aliyun_local.oss.http.xml_documents import iso_time, xml_response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import Attributes, StoredObject
    from aliyun_local.serving.wire import Response


def copy_object(request: OssRequest) -> Response:
    """CopyObject."""
    source = copy_source(request)
    check_conditions(request, source, COPY_SOURCE)
    stored = request.store.copy(
        source,
        request.bucket,
        request.key,
        _copied_attributes(request, source),
        origin=request.origin(),
        forbid_overwrite=request.flag("x-oss-forbid-overwrite"),
    )
    children = [("LastModified", iso_time(stored.modified_at)), ("ETag", f'"{stored.etag}"')]
    response = xml_response("CopyObjectResult", children)
    response.headers |= written_headers(request, stored) | source_header(request, source)
    return response


def copy_source(request: OssRequest) -> StoredObject:
    """Return the object that ``x-oss-copy-source`` names, if the caller may read it.

    Raises:
        OssError: InvalidArgument, AccessDenied, NoSuchBucket, NoSuchKey or NoSuchVersion.
    """
    path, question, query = request.header("x-oss-copy-source").partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid_argument("The copy source must be /bucket/key.", ArgumentName="x-oss-copy-source")
    check_key(key)
    authorize(request.store, request.principal, READ, bucket, key)
    name, _, version = query.partition("=")
    if question and (name != "versionId" or not version):
        raise invalid_argument("The copy source holds a query that is no versionId.")
    source = request.store.find(bucket, key, unquote(version))
    check_readable_by_all(source, request.account.behaviour)
    return source


def source_header(request: OssRequest, source: StoredObject) -> dict[str, str]:
    """Return the header that names the version of a copy's source."""
    version = version_header(request, source).get("x-oss-version-id")
    return {"x-oss-copy-source-version-id": version} if version else {}


def _copied_attributes(request: OssRequest, source: StoredObject) -> Attributes:
    content_type = request.header("content-type") or source.attributes.content_type
    given = attributes_to_write(request, content_type=content_type)
    attributes = replace(
        source.attributes,
        acl=given.acl,
        storage_class=given.storage_class,
        # A copy does not inherit the encryption of its source.
        headers=without_encryption(source.attributes.headers) | encryption_of(given.headers),
    )
    if _directive(request, "x-oss-metadata-directive") == "REPLACE":
        attributes = replace(attributes, content_type=given.content_type, headers=given.headers)
    if _directive(request, "x-oss-tagging-directive") == "REPLACE":
        attributes = replace(attributes, tags=given.tags)
    return attributes


def _directive(request: OssRequest, name: str) -> str:
    directive = request.header(name).upper() or "COPY"
    if directive not in ("COPY", "REPLACE"):
        raise invalid_argument(f"The {name} must be COPY or REPLACE.", ArgumentName=name)
    return directive
