"""The attributes of an object, read from the headers or form fields of the request that writes it.

Every handler that writes an object calls this: PutObject, AppendObject, CopyObject, PutSymlink, PostObject
and InitiateMultipartUpload. The opposite direction is :mod:`aliyun_local.oss.http.object_headers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.http import encryption
from aliyun_local.oss.http.tagging import tags_of_header
from aliyun_local.oss.state.objects import (
    DEFAULT_CONTENT_TYPE,
    OBJECT_ACLS,
    Attributes,
    check_acl,
    check_storage_class,
)

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest

MAX_USER_METADATA_BYTES = 8 * 1024
_STORED_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def holds_control_character(value: str) -> bool:
    """Return whether ``value`` would break out of the response header that it is sent in."""
    return _CONTROL.search(value) is not None


def attributes_to_write(
    request: OssRequest, headers: Mapping[str, str] | None = None, content_type: str = ""
) -> Attributes:
    """Return the attributes of a new object, with the default encryption of its bucket.

    ``headers`` default to those of the request.

    Raises:
        OssError: as :func:`attributes_of`.
    """
    given = request.http.headers if headers is None else headers
    return attributes_of(encryption.with_default(request.store, request.bucket, given), content_type)


def attributes_of(headers: Mapping[str, str], content_type: str = "") -> Attributes:
    """Return the attributes in ``headers``, which are lower-case headers or form fields.

    Raises:
        OssError: user metadata above 8 KB, an unknown storage class or ACL, illegal tags.
    """
    stored = {name: headers[name] for name in _STORED_HEADERS if headers.get(name)}
    metadata = {name: value for name, value in headers.items() if name.startswith("x-oss-meta-")}
    if any(map(holds_control_character, (*stored.values(), *metadata.values(), content_type))):
        raise invalid_argument("A header of the object holds a control character.")
    metadata_bytes = sum(len(name) + len(value.encode()) for name, value in metadata.items())
    if metadata_bytes > MAX_USER_METADATA_BYTES:
        raise invalid_argument("The user metadata is larger than 8 KB.")
    storage_class = headers.get("x-oss-storage-class", "")
    if storage_class:
        check_storage_class(storage_class)
    acl = headers.get("x-oss-object-acl") or "default"
    check_acl(acl, OBJECT_ACLS)
    return Attributes(
        content_type=content_type or headers.get("content-type") or DEFAULT_CONTENT_TYPE,
        headers=stored | metadata | encryption.encryption_of(headers),
        acl=acl,
        storage_class=storage_class,
        tags=tags_of_header(headers.get("x-oss-tagging", "")),
    )
