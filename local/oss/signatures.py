"""Who signed a request: OSS signature versions 1 and 4, in a header, in the URL or over a form's policy.

OSS, "Signature version 1" and "Signature version 4 (recommended)". A request without one is anonymous; what
an anonymous caller may do is not decided here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from local.clock import utc
from local.credentials import AnySecret, InvalidSecurityToken, SecurityTokenExpired, UnknownAccessKey
from local.oss.errors import OssError, access_denied, invalid_argument

if TYPE_CHECKING:
    from local.oss.addressing import Address
    from local.wire import Request

MAX_SKEW_SECONDS = 15 * 60
MAX_V4_EXPIRES_SECONDS = 7 * 24 * 3600
V4_ALGORITHM = "OSS4-HMAC-SHA256"

# The query parameters that version 1 signs as part of the resource ("sub-resources").
_SUBRESOURCE_NAMES = """
acl append asyncFetch bucketInfo callback callback-var cname comp continuation-token cors delete
encryption endTime group img inventory inventoryId lifecycle link live location logging metaQuery
objectInfo objectMeta partNumber policy position processConfiguration qos qosInfo referer regionList
replication replicationLocation replicationProgress requestPayment resourceGroup response-cache-control
response-content-disposition response-content-encoding response-content-language response-content-type
response-expires restore security-token sequential startTime stat status style styleName symlink tagging
transferAcceleration uploadId uploads versionId versioning versions vod website worm wormExtend wormId
accessPoint accessPointPolicy bucketArchiveDirectRead httpsConfig publicAccessBlock qosRequester
redundancyTransition requesterQosInfo resourcePool resourcePoolBuckets resourcePoolInfo
x-oss-ac-forward-allow x-oss-ac-source-ip x-oss-ac-subnet-mask x-oss-ac-vpc-id x-oss-access-point-name
x-oss-async-process x-oss-process x-oss-redundancy-transition-taskid x-oss-request-payer
x-oss-target-redundancy-type x-oss-traffic-limit x-oss-write-get-object-response
"""
SUBRESOURCES = frozenset(_SUBRESOURCE_NAMES.split())


class Credentials(Protocol):
    """Where the secrets of access keys are; see :class:`local.credentials.AccessKeys`."""

    def find(self, access_key_id: str, security_token: str | None = None, now: float | None = None) -> str:
        """Return a secret or raise an UnknownAccessKey."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The scope of a version 4 signature, and whose it is."""

    access_key_id: str
    date: str
    region: str
    product: str


def authenticate(
    request: Request, address: Address, credentials: Credentials, region: str, now: float
) -> str | None:
    """Return the access key id that signed ``request``, or None when nobody did.

    Args:
        request: as it came.
        address: what the request is about; both versions sign it.
        credentials: the keys that are known.
        region: where this service is; version 4 is bound to a region.
        now: seconds since the epoch.

    Raises:
        OssError: whatever OSS answers to a signature that does not hold.
    """
    authorization = request.headers.get("authorization", "").strip()
    query = request.query
    in_query = "Signature" in query or "x-oss-signature" in query
    if authorization and in_query:
        raise invalid_argument("Only one of the Authorization header and a signature in the URL is allowed.")
    if authorization.startswith("OSS "):
        return _v1_header(request, address, credentials, now, authorization)
    if authorization.startswith(V4_ALGORITHM):
        return _v4_header(request, address, credentials, region, now, authorization)
    if authorization:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    if "x-oss-signature" in query or "x-oss-signature-version" in query:
        return _v4_query(request, address, credentials, region, now)
    if in_query or "OSSAccessKeyId" in query:
        return _v1_query(request, address, credentials, now)
    return None


def authenticate_form(
    fields: Mapping[str, str], credentials: Credentials, region: str, now: float
) -> str | None:
    """Return the access key id that signed the policy of a form, or None for a form without a signature.

    ``fields`` have lower-case names (OSS, "PostObject": a form's field names do not depend on case).

    Raises:
        OssError: whatever OSS answers to a signature that does not hold.
    """
    policy = fields.get("policy", "")
    token = fields.get("x-oss-security-token")
    if fields.get("x-oss-signature-version"):
        if fields["x-oss-signature-version"] != V4_ALGORITHM:
            raise invalid_argument("The signature version of the form is not supported.")
        scope = _scope(fields.get("x-oss-credential", ""), region)
        _check_scope_date(scope, fields.get("x-oss-date", ""))
        secret = _secret(credentials, scope.access_key_id, token, now)
        wanted = _v4_sign(secret, scope, policy.encode())
        _compare(fields.get("x-oss-signature", ""), wanted, scope.access_key_id, policy)
        return scope.access_key_id
    access_key_id = fields.get("ossaccesskeyid", "")
    if not access_key_id and "signature" not in fields:
        return None
    secret = _secret(credentials, access_key_id, token, now)
    wanted = _v1_sign(secret, policy)
    _compare(fields.get("signature", ""), wanted, access_key_id, policy)
    return access_key_id


# Version 1


def _v1_header(
    request: Request, address: Address, credentials: Credentials, now: float, authorization: str
) -> str:
    access_key_id, colon, signature = authorization.removeprefix("OSS ").strip().partition(":")
    if not colon or not access_key_id or not signature:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    _check_skew(_parse_date(date), now)
    # alibabacloud-oss-v2 sends the token of a version 1 signature without the usual prefix.
    token = request.headers.get("x-oss-security-token") or request.headers.get("security-token")
    secret = _secret(credentials, access_key_id, token, now)
    text = _v1_string_to_sign(request, address, date)
    _compare(signature, _v1_sign(secret, text), access_key_id, text)
    return access_key_id


def _v1_query(request: Request, address: Address, credentials: Credentials, now: float) -> str:
    query = request.query
    access_key_id, expires, signature = (
        query.get(name, "") for name in ("OSSAccessKeyId", "Expires", "Signature")
    )
    if not (access_key_id and expires and signature):
        raise access_denied("OSSAccessKeyId, Expires and Signature must stand in the URL together.", "")
    if _seconds(expires) is None:
        raise access_denied("Invalid date (should be seconds since epoch).", "0002-00000070")
    secret = _secret(credentials, access_key_id, query.get("security-token"), now)
    text = _v1_string_to_sign(request, address, expires)
    _compare(signature, _v1_sign(secret, text), access_key_id, text)
    if now > int(expires):
        raise access_denied("Request has expired.", "0002-00000069")
    return access_key_id


def _v1_string_to_sign(request: Request, address: Address, date: str) -> str:
    headers = request.headers
    # By name: as whole lines, x-oss-copy-source-range would stand before x-oss-copy-source.
    oss_headers = [
        f"{name}:{value.strip()}\n" for name, value in sorted(headers.items()) if name.startswith("x-oss-")
    ]
    signed = sorted((name, value) for name, value in request.query.items() if name in SUBRESOURCES)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    resource = f"/{address.bucket}/{address.key}" if address.bucket else "/"
    return "\n".join(
        [
            request.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            "".join(oss_headers) + resource + (f"?{query}" if query else ""),
        ]
    )


def _v1_sign(secret: str, text: str) -> str:
    if isinstance(secret, AnySecret):
        return secret
    digest = hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


# Version 4


def _v4_header(
    request: Request, address: Address, credentials: Credentials, region: str, now: float, authorization: str
) -> str:
    fields: dict[str, str] = {}
    for item in authorization.removeprefix(V4_ALGORITHM).split(","):
        name, _, value = item.strip().partition("=")
        fields[name] = value
    if "Credential" not in fields or "Signature" not in fields:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    headers = request.headers
    if headers.get("x-oss-content-sha256") != "UNSIGNED-PAYLOAD":
        raise invalid_argument("The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.")
    scope = _scope(fields["Credential"], region, "Authorization header")
    moment = headers.get("x-oss-date", "")
    if not moment:
        parsed = _parse_date(headers.get("date", ""))
        moment = utc(parsed).strftime("%Y%m%dT%H%M%SZ")
    _check_scope_date(scope, moment)
    _check_skew(_parse_date(moment), now)
    secret = _secret(credentials, scope.access_key_id, headers.get("x-oss-security-token"), now)
    additional = [name for name in fields.get("AdditionalHeaders", "").split(";") if name]
    text = _v4_string_to_sign(request, address, scope, moment, additional, request.query)
    _compare(fields["Signature"], _v4_sign(secret, scope, text.encode()), scope.access_key_id, text)
    return scope.access_key_id


def _v4_query(request: Request, address: Address, credentials: Credentials, region: str, now: float) -> str:
    query = request.query
    if query.get("x-oss-signature-version") != V4_ALGORITHM:
        raise invalid_argument("The x-oss-signature-version of the URL is not supported.")
    names = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
    credential, moment, expires, signature = (query.get(name, "") for name in names)
    if not (credential and moment and expires and signature):
        raise invalid_argument(f"A signed URL needs {', '.join(names)}.")
    if not 1 <= (_seconds(expires) or 0) <= MAX_V4_EXPIRES_SECONDS:
        message = f"x-oss-expires must be between 1 and {MAX_V4_EXPIRES_SECONDS} seconds."
        raise invalid_argument(message, "0002-00000232", ArgumentName="x-oss-expires", ArgumentValue=expires)
    scope = _scope(credential, region)
    _check_scope_date(scope, moment)
    secret = _secret(credentials, scope.access_key_id, query.get("x-oss-security-token"), now)
    additional = [name for name in query.get("x-oss-additional-headers", "").split(";") if name]
    signed = {name: value for name, value in query.items() if name != "x-oss-signature"}
    text = _v4_string_to_sign(request, address, scope, moment, additional, signed)
    _compare(signature, _v4_sign(secret, scope, text.encode()), scope.access_key_id, text)
    begin = _parse_date(moment)
    if begin - now > MAX_SKEW_SECONDS:
        raise access_denied("The request is not valid yet.", "")
    if now > begin + int(expires):
        raise access_denied("Request has expired.", "0002-00000236")
    return scope.access_key_id


def _v4_string_to_sign(
    request: Request,
    address: Address,
    scope: Scope,
    moment: str,
    additional: list[str],
    query: Mapping[str, str],
) -> str:
    chosen = {
        name: value.strip()
        for name, value in request.headers.items()
        if name.startswith("x-oss-") or name in ("content-type", "content-md5") or name in additional
    }
    missing = [name for name in additional if name not in chosen]
    if missing:
        raise invalid_argument(f"The signed header {missing[0]} is not in the request.")
    encoded = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query.items())
    resource = f"/{address.bucket}/{address.key}" if address.bucket else "/"
    canonical = "\n".join(
        [
            request.method,
            quote(resource, safe="/"),
            "&".join(f"{name}={value}" if value else name for name, value in encoded),
            "".join(f"{name}:{chosen[name]}\n" for name in sorted(chosen)),
            ";".join(sorted(additional)),
            request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    place = f"{scope.date}/{scope.region}/{scope.product}/aliyun_v4_request"
    return "\n".join([V4_ALGORITHM, moment, place, digest])


def _v4_sign(secret: str, scope: Scope, text: bytes) -> str:
    if isinstance(secret, AnySecret):
        return secret
    key = f"aliyun_v4{secret}".encode()
    for step in (scope.date, scope.region, scope.product, "aliyun_v4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _scope(credential: str, region: str, place: str = "credential") -> Scope:
    parts = credential.split("/")
    if len(parts) != 5 or not (parts[0] and parts[1]) or parts[4] != "aliyun_v4_request":
        raise invalid_argument("The credential of the signature is invalid.")
    scope = Scope(access_key_id=parts[0], date=parts[1], region=parts[2], product=parts[3])
    if scope.region != region:
        if place == "credential":
            raise invalid_argument("The signing region in credential is invalid.", "0002-00000226")
        raise invalid_argument(f"Invalid signing region in {place}.", "0002-00000226")
    if scope.product != "oss":
        raise invalid_argument("Invalid signing product in Authorization header, should be 'oss'.")
    return scope


def _check_scope_date(scope: Scope, moment: str) -> None:
    _parse_date(moment)
    if not moment.startswith(scope.date) or len(scope.date) != 8:
        raise invalid_argument("The signing date and x-oss-date are not of the same day.")


# Both versions


def _secret(credentials: Credentials, access_key_id: str, token: str | None, now: float) -> str:
    try:
        return credentials.find(access_key_id, token, now)
    except SecurityTokenExpired:
        message = "The security token you provided has expired."
        raise OssError(403, "SecurityTokenExpired", message, "0002-00000007") from None
    except InvalidSecurityToken:
        message = "The security token you provided is invalid."
        raise OssError(403, "InvalidSecurityToken", message, "0002-00000006") from None
    except UnknownAccessKey:
        message = "The OSS Access Key Id you provided does not exist in our records."
        raise OssError(
            403, "InvalidAccessKeyId", message, "0002-00000902", OSSAccessKeyId=access_key_id
        ) from None


def _compare(given: str, wanted: str, access_key_id: str, text: str) -> None:
    if isinstance(wanted, AnySecret):
        return
    if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        message = "The request signature we calculated does not match the signature you provided."
        raise OssError(
            403,
            "SignatureDoesNotMatch",
            f"{message} Check your key and signing method.",
            "0002-00000040",
            OSSAccessKeyId=access_key_id,
            SignatureProvided=given,
            StringToSign=text,
        )


def _parse_date(text: str) -> float:
    try:
        if len(text) == 16 and text.endswith("Z"):
            return timegm(datetime.strptime(text, "%Y%m%dT%H%M%SZ").timetuple())
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        raise access_denied(
            "OSS authentication requires a valid Date: the Date or x-oss-date header is missing or invalid.",
            "0002-00000201",
        ) from None


def _seconds(text: str) -> int | None:
    # The length is bounded because Python refuses to convert thousands of digits.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _check_skew(date: float, now: float) -> None:
    if abs(date - now) > MAX_SKEW_SECONDS:
        message = "The difference between the request time and the current time is too large."
        raise OssError(403, "RequestTimeTooSkewed", message, "0002-00000504")
