"""The operations that the local OSS serves, and how a request is matched with one of them.

How to add an operation, for example GetObjectLegalHold:

1. An entry in :data:`OPERATIONS`, under its name in OSS's API reference: method, scope, handler, the query
   parameter or header by which requests ask for it, and the access that callers need.
2. The handler: one function in the ``*_responses`` module of its group. It takes an
   :class:`~aliyun_local.oss.http.request.OssRequest`, calls the state and returns a response. Errors are
   raised as :class:`~aliyun_local.oss.errors.OssError`.
3. A method of the state, :class:`aliyun_local.oss.state.models.ObjectStore`, where the existing ones do not
   suffice.

A configuration of a bucket (a document that is only stored and returned) needs none of these, but one entry
in :data:`aliyun_local.oss.http.configuration_responses.CONFIGURATIONS`.

Everything else follows from the table: routing, access control, the names in the request log and in injected
faults, and the page of served operations, which ``python -m aliyun_local.coverage`` writes. A query parameter
that no list of OSS's sub-resources has yet goes into :mod:`aliyun_local.oss.signing.signature_v1` as well,
because clients sign it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, not_implemented
from aliyun_local.oss.http import bucket_responses as buckets
from aliyun_local.oss.http import configuration_responses as configurations
from aliyun_local.oss.http import copy_responses as copies
from aliyun_local.oss.http import description_responses as descriptions
from aliyun_local.oss.http import form_responses as forms
from aliyun_local.oss.http import listing_responses as listings
from aliyun_local.oss.http import multipart_responses as multipart
from aliyun_local.oss.http import object_responses as objects
from aliyun_local.oss.http import processing_responses as processing
from aliyun_local.oss.http.access import FORM, OWNER, READ, WRITE
from aliyun_local.oss.signing.signature_v1 import SUBRESOURCES

if TYPE_CHECKING:
    from aliyun_local.oss.addressing import Address
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.serving.wire import Request, Response


@dataclass(frozen=True)
class Operation:
    """An operation of OSS's API.

    Attributes:
        name: the name in the API reference.
        method: the HTTP method.
        scope: ``service``, ``bucket`` or ``object``.
        handler: answers a request for it.
        parameter: a query parameter that requests for it have: ``name`` or ``name=value``.
        header: a request header that requests for it have.
        access: one of the levels of :mod:`aliyun_local.oss.http.access`.
        takes_version: whether it takes a ``versionId``, if it has no parameter of its own.
        uploads: whether the body is the content of an object, and not a document about it.
        lists_or_writes: whether an operation of a bucket is about its objects, and not about the bucket.
        tells_missing_bucket: whether callers learn that the bucket does not exist before they are
            authenticated, as they do for all operations but those that can create it.
    """

    name: str
    method: str
    scope: str
    handler: Callable[[OssRequest], Response]
    parameter: str = ""
    header: str = ""
    access: str = OWNER
    takes_version: bool = False
    uploads: bool = False
    lists_or_writes: bool = False
    tells_missing_bucket: bool = True

    @property
    def is_about_data(self) -> bool:
        """Whether it reads or writes objects; the other operations manage buckets."""
        return self.scope == "object" or self.lists_or_writes

    def matches(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Return whether a request of this method and scope asks for this operation."""
        name, equals, value = self.parameter.partition("=")
        if name and (name not in query or (equals and query[name] != value)):
            return False
        return not self.header or self.header in headers


def _configuration_operations() -> Iterator[Operation]:
    for one in configurations.CONFIGURATIONS:
        yield Operation(f"GetBucket{one.title}", "GET", "bucket", one.get, parameter=one.parameter)
        yield Operation(f"PutBucket{one.title}", "PUT", "bucket", one.put, parameter=one.parameter)
        if one.deletable:
            yield Operation(
                f"DeleteBucket{one.title}", "DELETE", "bucket", one.delete, parameter=one.parameter
            )


def _listings() -> Iterator[Operation]:
    for name, parameter, handler, access in (
        ("ListLiveChannel", "live", listings.list_live_channels, OWNER),
        ("ListObjectVersions", "versions", listings.list_object_versions, OWNER),
        ("ListMultipartUploads", "uploads", multipart.list_multipart_uploads, OWNER),
        ("ListObjectsV2", "list-type=2", listings.list_objects_v2, READ),
        ("ListObjects", "", listings.list_objects, READ),
    ):
        yield Operation(
            name, "GET", "bucket", handler, parameter=parameter, access=access, lists_or_writes=True
        )


# Within a method and a scope the first match wins, so operations with a parameter or header stand first.
OPERATIONS: tuple[Operation, ...] = (
    *_configuration_operations(),
    Operation("DescribeRegions", "GET", "service", buckets.describe_regions, parameter="regions"),
    Operation("ListBuckets", "GET", "service", buckets.list_buckets),
    Operation("GetBucketInfo", "GET", "bucket", buckets.get_bucket_info, parameter="bucketInfo"),
    Operation("GetBucketLocation", "GET", "bucket", buckets.get_bucket_location, parameter="location"),
    Operation("GetBucketStat", "GET", "bucket", buckets.get_bucket_stat, parameter="stat"),
    Operation("GetBucketAcl", "GET", "bucket", buckets.get_bucket_acl, parameter="acl"),
    Operation("GetBucketVersioning", "GET", "bucket", buckets.get_bucket_versioning, parameter="versioning"),
    *_listings(),
    Operation(
        "PutBucketAcl", "PUT", "bucket", buckets.put_bucket_acl, parameter="acl", tells_missing_bucket=False
    ),
    Operation("PutBucketVersioning", "PUT", "bucket", buckets.put_bucket_versioning, parameter="versioning"),
    Operation("PutBucket", "PUT", "bucket", buckets.put_bucket, tells_missing_bucket=False),
    Operation("DeleteBucket", "DELETE", "bucket", buckets.delete_bucket),
    Operation(
        "DeleteMultipleObjects",
        "POST",
        "bucket",
        objects.delete_multiple_objects,
        parameter="delete",
        access=WRITE,
        lists_or_writes=True,
    ),
    Operation("PostObject", "POST", "bucket", forms.post_object, access=FORM, lists_or_writes=True),
    Operation(
        "UploadPartCopy",
        "PUT",
        "object",
        multipart.upload_part_copy,
        parameter="uploadId",
        header="x-oss-copy-source",
        access=WRITE,
    ),
    Operation(
        "UploadPart",
        "PUT",
        "object",
        multipart.upload_part,
        parameter="uploadId",
        access=WRITE,
        uploads=True,
    ),
    Operation("PutObjectAcl", "PUT", "object", descriptions.put_object_acl, parameter="acl"),
    Operation("PutObjectTagging", "PUT", "object", descriptions.put_object_tagging, parameter="tagging"),
    Operation("PutSymlink", "PUT", "object", descriptions.put_symlink, parameter="symlink", access=WRITE),
    Operation("CopyObject", "PUT", "object", copies.copy_object, header="x-oss-copy-source", access=WRITE),
    Operation("PutObject", "PUT", "object", objects.put_object, access=WRITE, uploads=True),
    Operation("ListParts", "GET", "object", multipart.list_parts, parameter="uploadId"),
    Operation("GetObjectAcl", "GET", "object", descriptions.get_object_acl, parameter="acl"),
    Operation("GetObjectTagging", "GET", "object", descriptions.get_object_tagging, parameter="tagging"),
    Operation("GetSymlink", "GET", "object", descriptions.get_symlink, parameter="symlink", access=READ),
    Operation("GetObjectMeta", "GET", "object", objects.get_object_meta, parameter="objectMeta", access=READ),
    Operation("GetObject", "GET", "object", objects.get_object, access=READ, takes_version=True),
    Operation(
        "GetObjectMeta", "HEAD", "object", objects.get_object_meta, parameter="objectMeta", access=READ
    ),
    Operation("HeadObject", "HEAD", "object", objects.head_object, access=READ, takes_version=True),
    Operation(
        "AbortMultipartUpload",
        "DELETE",
        "object",
        multipart.abort_multipart_upload,
        parameter="uploadId",
        access=WRITE,
    ),
    Operation(
        "DeleteObjectTagging", "DELETE", "object", descriptions.delete_object_tagging, parameter="tagging"
    ),
    # Clients delete a link with this parameter; a link is an object like any other.
    Operation("DeleteObject", "DELETE", "object", objects.delete_object, parameter="symlink", access=WRITE),
    Operation("DeleteObject", "DELETE", "object", objects.delete_object, access=WRITE, takes_version=True),
    Operation(
        "InitiateMultipartUpload",
        "POST",
        "object",
        multipart.initiate_multipart_upload,
        parameter="uploads",
        access=WRITE,
    ),
    Operation(
        "CompleteMultipartUpload",
        "POST",
        "object",
        multipart.complete_multipart_upload,
        parameter="uploadId",
        access=WRITE,
    ),
    Operation(
        "AppendObject",
        "POST",
        "object",
        objects.append_object,
        parameter="append",
        access=WRITE,
        uploads=True,
    ),
    Operation("RestoreObject", "POST", "object", descriptions.restore_object, parameter="restore"),
    Operation("PostProcessTask", "POST", "object", processing.process_object, parameter="x-oss-process"),
)

_BY_METHOD_AND_SCOPE: dict[tuple[str, str], list[Operation]] = {}
for _operation in OPERATIONS:
    _BY_METHOD_AND_SCOPE.setdefault((_operation.method, _operation.scope), []).append(_operation)

# Sub-resources that modify an operation instead of naming another one.
_MODIFIERS = frozenset(
    name
    for name in SUBRESOURCES
    if name.startswith("response-")
    or name
    in (
        *("security-token", "continuation-token", "x-oss-process", "x-oss-request-payer"),
        *("x-oss-traffic-limit", "callback", "callback-var", "regionList"),
    )
)


def find_operation(request: Request, address: Address) -> Operation:
    """Return the operation that ``request`` asks for.

    Raises:
        OssError: 405 MethodNotAllowed, or 501 NotImplemented for a sub-resource that is not served.
    """
    query, headers = request.query, request.headers
    for operation in _BY_METHOD_AND_SCOPE.get((request.method, address.scope), ()):
        if operation.matches(query, headers):
            known = _MODIFIERS | {"versionId"} if operation.takes_version else _MODIFIERS
            unknown = sorted(SUBRESOURCES.intersection(query) - known)
            if unknown and not operation.parameter:
                raise not_implemented(f"The sub-resource {unknown[0]!r}")
            return operation
    message = "The specified method is not allowed against this resource."
    raise OssError(405, "MethodNotAllowed", message, Method=request.method, ResourceType=address.scope)
