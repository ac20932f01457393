"""OSS signature version 4, in a header or in the URL (OSS, "Signature version 4 (recommended)").

:mod:`aliyun_local.oss.signing.signatures` calls this for requests and forms.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from aliyun_local.clock import utc
from aliyun_local.credentials import AnySecret
from aliyun_local.oss.errors import access_denied, invalid_argument
from aliyun_local.oss.signing.signed_request import (
    MAX_SKEW_SECONDS,
    authorization_fields,
    check_skew,
    compare,
    parse_date,
    whole_number,
)

if TYPE_CHECKING:
    from aliyun_local.oss.signing.signed_request import SignedRequest

MAX_EXPIRES_SECONDS = 7 * 24 * 3600
ALGORITHM = "OSS4-HMAC-SHA256"


@dataclass(frozen=True, kw_only=True)
class CredentialScope:
    """The scope that a version 4 signature is bound to, and the access key that made it."""

    access_key_id: str
    date: str
    region: str
    product: str


def header_caller(request: SignedRequest, authorization: str) -> str:
    """Return the access key id that signed the headers of ``request``.

    Raises:
        OssError: the signature is not valid.
    """
    fields = authorization_fields(authorization, ALGORITHM, "=")
    if "Credential" not in fields or "Signature" not in fields:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    headers = request.headers
    if headers.get("x-oss-content-sha256") != "UNSIGNED-PAYLOAD":
        raise invalid_argument("The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.")
    scope = scope_of(fields["Credential"], request.region, "Authorization header")
    date = headers.get("x-oss-date", "")
    if not date:
        date = utc(parse_date(headers.get("date", ""))).strftime("%Y%m%dT%H%M%SZ")
    check_scope_date(scope, date)
    check_skew(parse_date(date), request.now)
    secret = request.secret_of(scope.access_key_id, headers.get("x-oss-security-token"))
    text = _string_to_sign(request, scope, date, fields.get("AdditionalHeaders", ""))
    compare(fields["Signature"], sign(secret, scope, text.encode()), scope.access_key_id, text)
    return scope.access_key_id


def query_caller(request: SignedRequest) -> str:
    """Return the access key id that signed the URL of ``request``.

    Raises:
        OssError: the signature is not valid, or has expired.
    """
    query = request.query
    if query.get("x-oss-signature-version") != ALGORITHM:
        raise invalid_argument("The x-oss-signature-version of the URL is not supported.")
    names = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
    credential, date, expires, signature = (query.get(name, "") for name in names)
    if not (credential and date and expires and signature):
        raise invalid_argument(f"A signed URL needs {', '.join(names)}.")
    expires_seconds = whole_number(expires) or 0
    if not 1 <= expires_seconds <= MAX_EXPIRES_SECONDS:
        message = f"x-oss-expires must be between 1 and {MAX_EXPIRES_SECONDS} seconds."
        raise invalid_argument(message, "0002-00000232", ArgumentName="x-oss-expires", ArgumentValue=expires)
    scope = scope_of(credential, request.region)
    check_scope_date(scope, date)
    secret = request.secret_of(scope.access_key_id, query.get("x-oss-security-token"))
    text = _string_to_sign(request, scope, date, query.get("x-oss-additional-headers", ""))
    compare(signature, sign(secret, scope, text.encode()), scope.access_key_id, text)
    signed_at = parse_date(date)
    if signed_at - request.now > MAX_SKEW_SECONDS:
        raise access_denied("The request is not valid yet.", "")
    if request.now > signed_at + expires_seconds:
        raise access_denied("Request has expired.", "0002-00000236")
    return scope.access_key_id


def sign(secret: str, scope: CredentialScope, text: bytes) -> str:
    """Return the signature of ``text``."""
    if isinstance(secret, AnySecret):
        return secret
    key = _signing_key(secret, scope.date, scope.region, scope.product)
    return hmac.new(key, text, "sha256").hexdigest()


def scope_of(credential: str, region: str, place: str = "credential") -> CredentialScope:
    """Return the scope in a signature's credential.

    Raises:
        OssError: the credential is malformed, or of another region or service.
    """
    parts = credential.split("/")
    if len(parts) != 5 or not (parts[0] and parts[1]) or parts[4] != "aliyun_v4_request":
        raise invalid_argument("The credential of the signature is invalid.")
    scope = CredentialScope(access_key_id=parts[0], date=parts[1], region=parts[2], product=parts[3])
    if scope.region != region:
        if place == "credential":
            raise invalid_argument("The signing region in credential is invalid.", "0002-00000226")
        raise invalid_argument(f"Invalid signing region in {place}.", "0002-00000226")
    if scope.product != "oss":
        raise invalid_argument("Invalid signing product in Authorization header, should be 'oss'.")
    return scope


def check_scope_date(scope: CredentialScope, date: str) -> None:
    """Refuse a scope of another day than ``date``.

    Raises:
        OssError: InvalidArgument.
    """
    parse_date(date)
    if not date.startswith(scope.date) or len(scope.date) != 8:
        raise invalid_argument("The signing date and x-oss-date are not of the same day.")


def _string_to_sign(request: SignedRequest, scope: CredentialScope, date: str, additional: str) -> str:
    names = [name for name in additional.split(";") if name]
    chosen = {
        name: value.strip()
        for name, value in request.headers.items()
        if name.startswith("x-oss-") or name in ("content-type", "content-md5") or name in names
    }
    missing = [name for name in names if name not in chosen]
    if missing:
        raise invalid_argument(f"The signed header {missing[0]} is not in the request.")
    query = sorted(
        (quote(name, safe=""), quote(value, safe=""))
        for name, value in request.query.items()
        if name != "x-oss-signature"
    )
    canonical = "\n".join(
        [
            request.http.method,
            quote(request.resource, safe="/"),
            "&".join(f"{name}={value}" if value else name for name, value in query),
            "".join(f"{name}:{chosen[name]}\n" for name in sorted(chosen)),
            ";".join(sorted(names)),
            request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    place = f"{scope.date}/{scope.region}/{scope.product}/aliyun_v4_request"
    return "\n".join([ALGORITHM, date, place, digest])


@functools.lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, product: str) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for step in (date, region, product, "aliyun_v4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key
