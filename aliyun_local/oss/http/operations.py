"""Every operation that the local OSS has, and how a request is told to be one of them.

This table is the only place that knows which operations there are; routing, access and coverage read it.
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
from aliyun_local.oss.http import form_upload
from aliyun_local.oss.http import listing_responses as listings
from aliyun_local.oss.http import multipart_responses as multipart
from aliyun_local.oss.http import object_responses as objects
from aliyun_local.oss.http import processing_responses as processing
from aliyun_local.oss.http.access import FORM, OWNER, READ, WRITE
from aliyun_local.oss.signing.signature_v1 import SUBRESOURCES

if TYPE_CHECKING:
    from aliyun_local.oss.addressing import Address
    from aliyun_local.oss.http.call import Call
    from aliyun_local.serving.wire import Request, Response


@dataclass(frozen=True)
class Operation:
    """An operation by its name in OSS's API reference: what it is known by, what it needs, what does it.

    ``parameter`` is a query parameter that must be there (``name`` or ``name=value``), ``header`` a
    request header that must be there. ``access`` is one of the words of :mod:`aliyun_local.oss.http.access`;
    ``versioned`` says that an operation without a parameter of its own takes a ``versionId``.
    """

    name: str
    method: str
    scope: str
    handler: Callable[[Call], Response]
    parameter: str = ""
    header: str = ""
    access: str = OWNER
    versioned: bool = False

    def matches(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Return whether a request of this method and scope is this operation."""
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


# Within a method and a scope the first match wins, so the particular stands before the general.
OPERATIONS: tuple[Operation, ...] = (
    *_configuration_operations(),
    Operation("ListLiveChannel", "GET", "bucket", configurations.list_live_channels, parameter="live"),
    Operation("DescribeRegions", "GET", "service", buckets.describe_regions, parameter="regions"),
    Operation("ListBuckets", "GET", "service", buckets.list_buckets),
    Operation("GetBucketInfo", "GET", "bucket", buckets.get_bucket_info, parameter="bucketInfo"),
    Operation("GetBucketLocation", "GET", "bucket", buckets.get_bucket_location, parameter="location"),
    Operation("GetBucketStat", "GET", "bucket", buckets.get_bucket_stat, parameter="stat"),
    Operation("GetBucketAcl", "GET", "bucket", buckets.get_bucket_acl, parameter="acl"),
    Operation("GetBucketVersioning", "GET", "bucket", buckets.get_bucket_versioning, parameter="versioning"),
    Operation("ListObjectVersions", "GET", "bucket", listings.list_object_versions, parameter="versions"),
    Operation("ListMultipartUploads", "GET", "bucket", multipart.list_multipart_uploads, parameter="uploads"),
    Operation(
        "ListObjectsV2", "GET", "bucket", listings.list_objects_v2, parameter="list-type=2", access=READ
    ),
    Operation("ListObjects", "GET", "bucket", listings.list_objects, access=READ),
    Operation("PutBucketAcl", "PUT", "bucket", buckets.put_bucket_acl, parameter="acl"),
    Operation("PutBucketVersioning", "PUT", "bucket", buckets.put_bucket_versioning, parameter="versioning"),
    Operation("PutBucket", "PUT", "bucket", buckets.put_bucket),
    Operation("DeleteBucket", "DELETE", "bucket", buckets.delete_bucket),
    Operation(
        "DeleteMultipleObjects",
        "POST",
        "bucket",
        objects.delete_multiple_objects,
        parameter="delete",
        access=WRITE,
    ),
    Operation("PostObject", "POST", "bucket", form_upload.post_object, access=FORM),
    Operation(
        "UploadPartCopy",
        "PUT",
        "object",
        multipart.upload_part_copy,
        parameter="uploadId",
        header="x-oss-copy-source",
        access=WRITE,
    ),
    Operation("UploadPart", "PUT", "object", multipart.upload_part, parameter="uploadId", access=WRITE),
    Operation("PutObjectAcl", "PUT", "object", descriptions.put_object_acl, parameter="acl"),
    Operation("PutObjectTagging", "PUT", "object", descriptions.put_object_tagging, parameter="tagging"),
    Operation("PutSymlink", "PUT", "object", descriptions.put_symlink, parameter="symlink", access=WRITE),
    Operation("CopyObject", "PUT", "object", copies.copy_object, header="x-oss-copy-source", access=WRITE),
    Operation("PutObject", "PUT", "object", objects.put_object, access=WRITE),
    Operation("ListParts", "GET", "object", multipart.list_parts, parameter="uploadId"),
    Operation("GetObjectAcl", "GET", "object", descriptions.get_object_acl, parameter="acl"),
    Operation("GetObjectTagging", "GET", "object", descriptions.get_object_tagging, parameter="tagging"),
    Operation("GetSymlink", "GET", "object", descriptions.get_symlink, parameter="symlink", access=READ),
    Operation("GetObjectMeta", "GET", "object", objects.get_object_meta, parameter="objectMeta", access=READ),
    Operation("GetObject", "GET", "object", objects.get_object, access=READ, versioned=True),
    Operation(
        "GetObjectMeta", "HEAD", "object", objects.get_object_meta, parameter="objectMeta", access=READ
    ),
    Operation("HeadObject", "HEAD", "object", objects.head_object, access=READ, versioned=True),
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
    # Clients delete a link as such; it is an object like any other.
    Operation("DeleteObject", "DELETE", "object", objects.delete_object, parameter="symlink", access=WRITE),
    Operation("DeleteObject", "DELETE", "object", objects.delete_object, access=WRITE, versioned=True),
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
    Operation("AppendObject", "POST", "object", objects.append_object, parameter="append", access=WRITE),
    Operation("RestoreObject", "POST", "object", descriptions.restore_object, parameter="restore"),
    Operation("PostProcessTask", "POST", "object", processing.process_object, parameter="x-oss-process"),
)

_BY_PLACE: dict[tuple[str, str], list[Operation]] = {}
for _operation in OPERATIONS:
    _BY_PLACE.setdefault((_operation.method, _operation.scope), []).append(_operation)

# Sub-resources that shape an operation instead of naming another one.
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
        OssError: 405 MethodNotAllowed, or 501 NotImplemented for a sub-resource that is not here.
    """
    query, headers = request.query, request.headers
    for operation in _BY_PLACE.get((request.method, address.scope), ()):
        if operation.matches(query, headers):
            known = _MODIFIERS | {"versionId"} if operation.versioned else _MODIFIERS
            unknown = sorted(SUBRESOURCES.intersection(query) - known)
            if unknown and not operation.parameter:
                raise not_implemented(f"The sub-resource {unknown[0]!r}")
            return operation
    message = "The specified method is not allowed against this resource."
    raise OssError(405, "MethodNotAllowed", message, Method=request.method, ResourceType=address.scope)
