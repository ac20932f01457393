"""One request as the handlers see it, and the headers that readers and writers share."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import names_no_service
from aliyun_local.oss.errors import OssError, invalid_argument, not_modified, precondition_failed
from aliyun_local.oss.http import encryption
from aliyun_local.oss.http.tagging import tags_of_header
from aliyun_local.oss.http.xml_documents import Content, document
from aliyun_local.oss.state.buckets import check_acl
from aliyun_local.oss.state.objects import DEFAULT_CONTENT_TYPE, OBJECT_ACLS, Attributes, Origin, StoredObject
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.addressing import Address
    from aliyun_local.oss.signing.signed_request import Credentials
    from aliyun_local.oss.state.models import ObjectStore
    from aliyun_local.serving.wire import Request

MAX_USER_METADATA_BYTES = 8 * 1024
STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
_KEPT_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
# What would let a stored value break out of the header that gives it back.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the handlers know about the service they are part of."""

    store: ObjectStore
    credentials: Credentials
    region: str
    account_id: str

    def endpoint(self, *, internal: bool = False) -> str:
        """Return the host name that OSS has in this region."""
        return f"oss-{self.region}{'-internal' if internal else ''}.aliyuncs.com"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request on its way through a handler. ``principal`` is None for an anonymous caller."""

    service: Service
    request: Request
    address: Address
    query: Mapping[str, str]
    principal: str | None
    request_id: str
    now: float

    @property
    def store(self) -> ObjectStore:
        """The state."""
        return self.service.store

    def endpoint(self, *, internal: bool = False) -> str:
        """Return the host at which OSS is; who came by an address is not led away from it."""
        host = self.request.host
        return host if names_no_service(host) else self.service.endpoint(internal=internal)

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.address.bucket

    @property
    def key(self) -> str:
        """The object's key."""
        return self.address.key

    @property
    def version(self) -> str:
        """The version that the request asks for, empty for the current one.

        Raises:
            OssError: InvalidArgument for a ``versionId`` without a value.
        """
        version = self.query.get("versionId", "")
        if "versionId" in self.query and not version:
            raise invalid_argument("Version id cannot be the empty string", ArgumentName="versionId")
        return version

    @property
    def origin(self) -> Origin:
        """Whence the changes of this request come."""
        return Origin(request_id=self.request_id, source_ip=self.request.remote_address)

    def header(self, name: str) -> str:
        """Return a request header, or an empty string."""
        return self.request.headers.get(name, "").strip()

    def flag(self, name: str) -> bool:
        """Return whether a header says ``true``."""
        return self.header(name).lower() == "true"

    def number(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return a query parameter that is a whole number.

        Raises:
            OssError: InvalidArgument when it is none or not within ``low``..``high``.
        """
        text = self.query.get(name, "")
        if not text and default is not None:
            return default
        if text.isascii() and text.isdigit() and len(text) <= 18 and low <= int(text) <= high:
            return int(text)
        message = f"Argument {name} must be an integer between {low} and {high}."
        raise invalid_argument(message, ArgumentName=name, ArgumentValue=text[:100])

    def checked_body(self) -> bytes:
        """Return the body after its Content-MD5, if one was sent, has been verified.

        Raises:
            OssError: InvalidDigest.
        """
        given = self.header("content-md5")
        body = self.request.body
        if given:
            try:
                digest = base64.b64decode(given, validate=True)
            except (binascii.Error, ValueError):
                digest = b""
            if len(digest) != 16:
                raise OssError(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
            if digest != hashlib.md5(body, usedforsecurity=False).digest():
                message = "The Content-MD5 you specified did not match what we received."
                raise OssError(400, "InvalidDigest", message)
        return body


def xml_response(root: str, children: Content) -> Response:
    """Return a 200 with an XML document."""
    body = document(root, children)
    return Response(status=200, headers={"Content-Type": "application/xml"}, body=body)


def attributes_to_write(
    call: Call, headers: Mapping[str, str] | None = None, content_type: str = ""
) -> Attributes:
    """Read what a writer, and its bucket, say about an object; ``headers`` default to the request's.

    Raises:
        OssError: as :func:`attributes_of`.
    """
    given = call.request.headers if headers is None else headers
    return attributes_of(encryption.with_default(call.store, call.bucket, given), content_type)


def attributes_of(headers: Mapping[str, str], content_type: str = "") -> Attributes:
    """Read what a writer says about an object out of lower-case headers or form fields.

    Raises:
        OssError: user metadata above 8 KB, or a storage class, an ACL or tags that are none.
    """
    kept = {name: headers[name] for name in _KEPT_HEADERS if headers.get(name)}
    kept |= {name: value for name, value in headers.items() if name.startswith("x-oss-meta-")}
    if any(_CONTROL.search(value) for value in (*kept.values(), content_type)):
        raise invalid_argument("A header of the object holds a control character.")
    user_bytes = sum(len(name) + len(value.encode()) for name, value in kept.items() if name.startswith("x-"))
    if user_bytes > MAX_USER_METADATA_BYTES:
        raise invalid_argument("The user metadata is larger than 8 KB.")
    storage_class = headers.get("x-oss-storage-class", "")
    if storage_class and storage_class not in STORAGE_CLASSES:
        raise invalid_argument("The storage class is not one of those that OSS knows.")
    acl = headers.get("x-oss-object-acl") or "default"
    check_acl(acl, OBJECT_ACLS)
    return Attributes(
        content_type=content_type or headers.get("content-type") or DEFAULT_CONTENT_TYPE,
        headers=kept | encryption.encryption_of(headers),
        acl=acl,
        storage_class=storage_class,
        tags=tags_of_header(headers.get("x-oss-tagging", "")),
    )


def object_headers(call: Call, stored: StoredObject) -> dict[str, str]:
    """Return the headers by which OSS describes an object."""
    headers = version_header(call, stored) | {
        "Content-Type": stored.attributes.content_type,
        "Accept-Ranges": "bytes",
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(int(stored.modified), usegmt=True),
        "x-oss-object-type": stored.kind,
        "x-oss-hash-crc64ecma": str(stored.crc),
        "x-oss-storage-class": stored.attributes.storage_class,
    }
    if stored.kind == "Appendable":
        headers["x-oss-next-append-position"] = str(stored.size)
    if stored.kind == "Normal":
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(stored.etag)).decode()
    if stored.attributes.tags:
        headers["x-oss-tagging-count"] = str(len(stored.attributes.tags))
    if stored.restored:
        headers["x-oss-restore"] = restore_state(stored.restored, call.now)
    for name, value in stored.attributes.headers.items():
        headers[name if name.startswith("x-") else name.title()] = value
    return headers


def written_headers(call: Call, stored: StoredObject) -> dict[str, str]:
    """Return the headers that tell a writer what was kept."""
    headers = version_header(call, stored) | {"ETag": f'"{stored.etag}"'}
    if stored.kind == "Normal":
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(stored.etag)).decode()
    encrypted = {
        name: value
        for name, value in stored.attributes.headers.items()
        if name in (encryption.ALGORITHM, encryption.KEY, encryption.DATA_ALGORITHM)
    }
    return headers | encrypted | {"x-oss-hash-crc64ecma": str(stored.crc)}


def version_header(call: Call, stored: StoredObject) -> dict[str, str]:
    """Return the header that names a version, which OSS sends as soon as a bucket has had versioning."""
    versioned = call.store.bucket(stored.bucket).versioning
    return {"x-oss-version-id": stored.version} if versioned else {}


def check_conditions(call: Call, stored: StoredObject, prefix: str = "") -> None:
    """Hold the request's ``If-...`` headers (with ``prefix``: those about a copy's source) against an object.

    Raises:
        OssError: 304 NotModified or 412 PreconditionFailed.
    """
    modified = int(stored.modified)
    match = call.header(f"{prefix}if-match")
    if match and not _matches(match, stored.etag):
        raise precondition_failed("If-Match")
    none_match = call.header(f"{prefix}if-none-match")
    if none_match and _matches(none_match, stored.etag):
        raise not_modified()
    since = _seconds(call.header(f"{prefix}if-modified-since"))
    if since is not None and not none_match and modified <= since:
        raise not_modified()
    before = _seconds(call.header(f"{prefix}if-unmodified-since"))
    if before is not None and modified > before:
        raise precondition_failed("If-Unmodified-Since")


def restore_state(restored: tuple[float, float], now: float) -> str:
    """Return how OSS says whether an archived object can be read, in a header and in listings."""
    if now < restored[0]:
        return 'ongoing-request="true"'
    return f'ongoing-request="false", expiry-date="{formatdate(int(restored[1]), usegmt=True)}"'


def _matches(wanted: str, etag: str) -> bool:
    candidates = (item.strip().removeprefix("W/").strip('"').upper() for item in wanted.split(","))
    return any(item in ("*", etag) for item in candidates)


def _seconds(date: str) -> int | None:
    # An unreadable date counts as not sent, as RFC 9110 asks for these headers.
    try:
        return timegm(parsedate_to_datetime(date).utctimetuple()) if date else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
