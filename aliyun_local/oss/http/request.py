"""One request as the handlers of OSS see it, and the account that it is for.

:mod:`aliyun_local.oss.http.responses` makes an :class:`OssRequest` as soon as the operation and the caller
are known. Every handler in a ``*_responses`` module takes one and returns a response.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import names_no_service
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.xml_documents import Content, Encoder
from aliyun_local.oss.images.quota import ProcessingQuota
from aliyun_local.oss.state.checksums import md5_etag
from aliyun_local.oss.state.objects import Origin
from aliyun_local.payloads import pieces_of
from aliyun_local.serving.destinations import no_listeners

if TYPE_CHECKING:
    from aliyun_local.oss.addressing import Address
    from aliyun_local.oss.signing.signed_request import Credentials
    from aliyun_local.oss.state.models import ObjectStore
    from aliyun_local.payloads import Payload
    from aliyun_local.serving.destinations import Listeners
    from aliyun_local.serving.wire import Request


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account that owns every bucket here, in one region.

    ``listeners`` returns the addresses of the cloud around this OSS, which callbacks never reach.
    """

    store: ObjectStore
    credentials: Credentials
    region: str
    id: str
    listeners: Listeners = no_listeners
    behaviour: OssBehaviour = field(default_factory=OssBehaviour)
    processing_quota: ProcessingQuota = field(default_factory=ProcessingQuota)

    def endpoint(self, *, internal: bool = False) -> str:
        """Return the host name that OSS has in this region."""
        return f"oss-{self.region}{'-internal' if internal else ''}.aliyuncs.com"

    def owner(self) -> Content:
        """Return the elements that name the account as an owner."""
        return [("ID", self.id), ("DisplayName", self.id)]


@dataclass(frozen=True, kw_only=True)
class OssRequest:
    """A request whose operation and caller are known.

    ``operation`` is the name of the operation. ``principal`` is the access key id of the caller, None for an
    anonymous caller. ``now`` is in seconds since the epoch.
    """

    account: Account
    http: Request
    address: Address
    operation: str
    principal: str | None
    request_id: str
    now: float

    @property
    def store(self) -> ObjectStore:
        """The state."""
        return self.account.store

    @property
    def query(self) -> Mapping[str, str]:
        """The decoded query parameters."""
        return self.http.query

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

    def origin(self, event: str = "") -> Origin:
        """Return the origin of a change that this request makes; ``event`` names its notification."""
        return Origin(request_id=self.request_id, source_ip=self.http.remote_address, event=event)

    def endpoint(self, *, internal: bool = False) -> str:
        """Return the host of OSS as the caller can reach it: callers by IP address keep that address."""
        host = self.http.host
        return host if names_no_service(host) else self.account.endpoint(internal=internal)

    def encoder(self) -> Encoder:
        """Return how keys are written in the answer, as ``encoding-type`` asks for.

        Raises:
            OssError: an encoding-type other than ``url``.
        """
        encoding_type = self.query.get("encoding-type", "")
        if encoding_type not in ("", "url"):
            message = "Invalid Encoding Method specified in Request."
            raise invalid_argument(message, ArgumentName="encoding-type")
        return Encoder(encoding_type)

    def header(self, name: str) -> str:
        """Return a request header, or an empty string."""
        return self.http.headers.get(name, "").strip()

    def flag(self, name: str) -> bool:
        """Return whether a header is ``true``."""
        return self.header(name).lower() == "true"

    def number(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return a query parameter that is a whole number.

        Raises:
            OssError: InvalidArgument for a value that is not a whole number from ``low`` to ``high``.
        """
        text = self.query.get(name, "")
        if not text and default is not None:
            return default
        if text.isascii() and text.isdigit() and len(text) <= 18 and low <= int(text) <= high:
            return int(text)
        message = f"Argument {name} must be an integer between {low} and {high}."
        raise invalid_argument(message, ArgumentName=name, ArgumentValue=text[:100])

    def checked_body(self) -> bytes:
        """Return a document in the body, checked as :meth:`checked_payload` does."""
        return b"".join(pieces_of(self.checked_payload()))

    def checked_payload(self) -> Payload:
        """Return the body after checking it against its Content-MD5, if one was sent.

        Raises:
            OssError: InvalidDigest.
        """
        given = self.header("content-md5")
        body = self.http.payload
        if given:
            try:
                digest = base64.b64decode(given, validate=True)
            except (binascii.Error, ValueError):
                digest = b""
            if len(digest) != 16:
                raise OssError(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
            if digest.hex().upper() != md5_etag(body):
                message = "The Content-MD5 you specified did not match what we received."
                raise OssError(400, "InvalidDigest", message)
        return body
