"""Every operation that the local OSS has, and how a request is told to be one of them.

This table is the only place that knows which operations there are; routing, access and coverage read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.oss import bucket_responses, form_upload, multipart_responses, object_responses
from local.oss.access import FORM, OWNER, READ, WRITE
from local.oss.errors import OssError, not_implemented
from local.oss.signatures import SUBRESOURCES

if TYPE_CHECKING:
    from local.oss.addressing import Address
    from local.oss.call import Call
    from local.wire import Request, Response


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation: the request it is known by, the access it needs, and the function that carries it out.

    ``parameter`` is a query parameter that must be there (``name`` or ``name=value``), ``header`` a
    request header that must be there. ``access`` is one of the words of :mod:`local.oss.access`.
    """

    name: str
    method: str
    scope: str
    handler: Callable[[Call], Response]
    parameter: str = ""
    header: str = ""
    access: str = OWNER

    def matches(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Return whether a request of this method and scope is this operation."""
        name, equals, value = self.parameter.partition("=")
        if name and (name not in query or (equals and query[name] != value)):
            return False
        return not self.header or self.header in headers


# Within a method and a scope the first match wins, so the particular stands before the general.
OPERATIONS: tuple[Operation, ...] = (
    Operation(name="GetService", method="GET", scope="service", handler=bucket_responses.list_buckets),
    Operation(
        name="GetBucketInfo",
        method="GET",
        scope="bucket",
        parameter="bucketInfo",
        handler=bucket_responses.get_bucket_info,
    ),
    Operation(
        name="GetBucketLocation",
        method="GET",
        scope="bucket",
        parameter="location",
        handler=bucket_responses.get_bucket_location,
    ),
    Operation(
        name="GetBucketAcl",
        method="GET",
        scope="bucket",
        parameter="acl",
        handler=bucket_responses.get_bucket_acl,
    ),
    Operation(
        name="ListMultipartUploads",
        method="GET",
        scope="bucket",
        parameter="uploads",
        handler=multipart_responses.list_multipart_uploads,
    ),
    Operation(
        name="ListObjectsV2",
        method="GET",
        scope="bucket",
        parameter="list-type=2",
        access=READ,
        handler=bucket_responses.list_objects_v2,
    ),
    Operation(
        name="GetBucket",
        method="GET",
        scope="bucket",
        access=READ,
        handler=bucket_responses.list_objects,
    ),
    Operation(
        name="PutBucketAcl",
        method="PUT",
        scope="bucket",
        parameter="acl",
        handler=bucket_responses.put_bucket_acl,
    ),
    Operation(name="PutBucket", method="PUT", scope="bucket", handler=bucket_responses.put_bucket),
    Operation(name="DeleteBucket", method="DELETE", scope="bucket", handler=bucket_responses.delete_bucket),
    Operation(
        name="DeleteMultipleObjects",
        method="POST",
        scope="bucket",
        parameter="delete",
        access=WRITE,
        handler=bucket_responses.delete_multiple_objects,
    ),
    Operation(name="PostObject", method="POST", scope="bucket", access=FORM, handler=form_upload.post_object),
    Operation(
        name="UploadPartCopy",
        method="PUT",
        scope="object",
        parameter="uploadId",
        header="x-oss-copy-source",
        access=WRITE,
        handler=multipart_responses.upload_part_copy,
    ),
    Operation(
        name="UploadPart",
        method="PUT",
        scope="object",
        parameter="uploadId",
        access=WRITE,
        handler=multipart_responses.upload_part,
    ),
    Operation(
        name="PutObjectACL",
        method="PUT",
        scope="object",
        parameter="acl",
        handler=object_responses.put_object_acl,
    ),
    Operation(
        name="CopyObject",
        method="PUT",
        scope="object",
        header="x-oss-copy-source",
        access=WRITE,
        handler=object_responses.copy_object,
    ),
    Operation(
        name="PutObject", method="PUT", scope="object", access=WRITE, handler=object_responses.put_object
    ),
    Operation(
        name="ListParts",
        method="GET",
        scope="object",
        parameter="uploadId",
        handler=multipart_responses.list_parts,
    ),
    Operation(
        name="GetObjectACL",
        method="GET",
        scope="object",
        parameter="acl",
        handler=object_responses.get_object_acl,
    ),
    Operation(
        name="GetObjectMeta",
        method="GET",
        scope="object",
        parameter="objectMeta",
        access=READ,
        handler=object_responses.get_object_meta,
    ),
    Operation(
        name="GetObject", method="GET", scope="object", access=READ, handler=object_responses.get_object
    ),
    Operation(
        name="GetObjectMeta",
        method="HEAD",
        scope="object",
        parameter="objectMeta",
        access=READ,
        handler=object_responses.get_object_meta,
    ),
    Operation(
        name="HeadObject", method="HEAD", scope="object", access=READ, handler=object_responses.head_object
    ),
    Operation(
        name="AbortMultipartUpload",
        method="DELETE",
        scope="object",
        parameter="uploadId",
        access=WRITE,
        handler=multipart_responses.abort_multipart_upload,
    ),
    Operation(
        name="DeleteObject",
        method="DELETE",
        scope="object",
        access=WRITE,
        handler=object_responses.delete_object,
    ),
    Operation(
        name="InitiateMultipartUpload",
        method="POST",
        scope="object",
        parameter="uploads",
        access=WRITE,
        handler=multipart_responses.initiate_multipart_upload,
    ),
    Operation(
        name="CompleteMultipartUpload",
        method="POST",
        scope="object",
        parameter="uploadId",
        access=WRITE,
        handler=multipart_responses.complete_multipart_upload,
    ),
    Operation(
        name="AppendObject",
        method="POST",
        scope="object",
        parameter="append",
        access=WRITE,
        handler=object_responses.append_object,
    ),
    Operation(
        name="ProcessObject",
        method="POST",
        scope="object",
        parameter="x-oss-process",
        handler=object_responses.process_object,
    ),
)

# Sub-resources that shape an operation instead of naming another one.
_MODIFIERS = frozenset(
    name
    for name in SUBRESOURCES
    if name.startswith("response-")
    or name
    in ("security-token", "continuation-token", "x-oss-process", "x-oss-request-payer", "x-oss-traffic-limit")
)


def find_operation(request: Request, address: Address) -> Operation:
    """Return the operation that ``request`` asks for.

    Raises:
        OssError: 405 MethodNotAllowed, or 501 NotImplemented for a sub-resource that is not here.
    """
    query, headers = request.query, request.headers
    candidates = [
        operation
        for operation in OPERATIONS
        if operation.method == request.method and operation.scope == address.scope
    ]
    for operation in candidates:
        if operation.matches(query, headers):
            unknown = sorted(SUBRESOURCES.intersection(query) - _MODIFIERS)
            if unknown and not operation.parameter:
                raise not_implemented(f"The sub-resource {unknown[0]!r}")
            return operation
    message = "The specified method is not allowed against this resource."
    raise OssError(405, "MethodNotAllowed", message, Method=request.method, ResourceType=address.scope)
