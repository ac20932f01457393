"""The response headers by which OSS describes an object to its readers and to its writers.

Handlers of objects, copies, links, multipart uploads and form uploads call this. The opposite direction is
:mod:`aliyun_local.oss.http.object_attributes`.
"""

from __future__ import annotations

import base64
from email.utils import formatdate
from typing import TYPE_CHECKING

from aliyun_local.oss.http import encryption

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import Restoration, StoredObject


def object_headers(request: OssRequest, stored: StoredObject) -> dict[str, str]:
    """Return the headers of an answer to a reader of ``stored``."""
    headers = version_header(request, stored) | {
        "Content-Type": stored.attributes.content_type,
        "Accept-Ranges": "bytes",
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(int(stored.modified_at), usegmt=True),
        "x-oss-object-type": stored.kind,
        "x-oss-hash-crc64ecma": str(stored.crc),
        "x-oss-storage-class": stored.attributes.storage_class,
    }
    if stored.kind == "Appendable":
        headers["x-oss-next-append-position"] = str(stored.size)
    if stored.kind == "Normal":
        headers["Content-MD5"] = md5_header(stored.etag)
    if stored.attributes.tags:
        headers["x-oss-tagging-count"] = str(len(stored.attributes.tags))
    if stored.restoration:
        headers["x-oss-restore"] = restore_state(stored.restoration, request.now)
    for name, value in stored.attributes.headers.items():
        headers[name if name.startswith("x-") else name.title()] = value
    return headers


def written_headers(request: OssRequest, stored: StoredObject) -> dict[str, str]:
    """Return the headers of an answer to the writer of ``stored``."""
    headers = version_header(request, stored) | {"ETag": f'"{stored.etag}"'}
    if stored.kind == "Normal":
        headers["Content-MD5"] = md5_header(stored.etag)
    encrypted = {
        name: value for name, value in stored.attributes.headers.items() if name in encryption.HEADERS
    }
    return headers | encrypted | {"x-oss-hash-crc64ecma": str(stored.crc)}


def version_header(request: OssRequest, stored: StoredObject) -> dict[str, str]:
    """Return the header that names a version; buckets that never had versioning have none."""
    versioned = request.store.bucket(stored.bucket).versioning
    return {"x-oss-version-id": stored.version} if versioned else {}


def md5_header(etag: str) -> str:
    """Return the Content-MD5 of a content whose ETag is its MD5 in hex."""
    return base64.b64encode(bytes.fromhex(etag)).decode()


def restore_state(restoration: Restoration, now: float) -> str:
    """Return how headers and listings say whether an archived object can be read at ``now``."""
    if now < restoration.readable_from:
        return 'ongoing-request="true"'
    expiry = formatdate(int(restoration.readable_until), usegmt=True)
    return f'ongoing-request="false", expiry-date="{expiry}"'
