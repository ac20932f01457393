"""OSS signature version 4, in a header or in the URL (OSS, "Signature version 4 (recommended)")."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from aliyun_local.clock import utc
from aliyun_local.credentials import AnySecret
from aliyun_local.oss.errors import access_denied, invalid_argument
from aliyun_local.oss.signing.signed_request import (
    MAX_SKEW_SECONDS,
    Credentials,
    check_skew,
    compare,
    parse_date,
    seconds_of,
    secret_of,
)

if TYPE_CHECKING:
    from aliyun_local.oss.addressing import Address
    from aliyun_local.serving.wire import Request

MAX_EXPIRES_SECONDS = 7 * 24 * 3600
ALGORITHM = "OSS4-HMAC-SHA256"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The scope of a version 4 signature, and whose it is."""

    access_key_id: str
    date: str
    region: str
    product: str


def header_caller(
    request: Request, address: Address, credentials: Credentials, region: str, now: float, authorization: str
) -> str:
    """Return the access key id that signed the headers of ``request``.

    Raises:
        OssError: the signature does not hold.
    """
    fields: dict[str, str] = {}
    for item in authorization.removeprefix(ALGORITHM).split(","):
        name, _, value = item.strip().partition("=")
        fields[name] = value
    if "Credential" not in fields or "Signature" not in fields:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    headers = request.headers
    if headers.get("x-oss-content-sha256") != "UNSIGNED-PAYLOAD":
        raise invalid_argument("The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.")
    scope = scope_of(fields["Credential"], region, "Authorization header")
    moment = headers.get("x-oss-date", "")
    if not moment:
        parsed = parse_date(headers.get("date", ""))
        moment = utc(parsed).strftime("%Y%m%dT%H%M%SZ")
    check_scope_date(scope, moment)
    check_skew(parse_date(moment), now)
    secret = secret_of(credentials, scope.access_key_id, headers.get("x-oss-security-token"), now)
    additional = [name for name in fields.get("AdditionalHeaders", "").split(";") if name]
    text = _string_to_sign(request, address, scope, moment, additional, request.query)
    compare(fields["Signature"], sign(secret, scope, text.encode()), scope.access_key_id, text)
    return scope.access_key_id


def query_caller(
    request: Request, address: Address, credentials: Credentials, region: str, now: float
) -> str:
    """Return the access key id that signed the URL of ``request``.

    Raises:
        OssError: the signature does not hold.
    """
    query = request.query
    if query.get("x-oss-signature-version") != ALGORITHM:
        raise invalid_argument("The x-oss-signature-version of the URL is not supported.")
    names = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
    credential, moment, expires, signature = (query.get(name, "") for name in names)
    if not (credential and moment and expires and signature):
        raise invalid_argument(f"A signed URL needs {', '.join(names)}.")
    if not 1 <= (seconds_of(expires) or 0) <= MAX_EXPIRES_SECONDS:
        message = f"x-oss-expires must be between 1 and {MAX_EXPIRES_SECONDS} seconds."
        raise invalid_argument(message, "0002-00000232", ArgumentName="x-oss-expires", ArgumentValue=expires)
    scope = scope_of(credential, region)
    check_scope_date(scope, moment)
    secret = secret_of(credentials, scope.access_key_id, query.get("x-oss-security-token"), now)
    additional = [name for name in query.get("x-oss-additional-headers", "").split(";") if name]
    signed = {name: value for name, value in query.items() if name != "x-oss-signature"}
    text = _string_to_sign(request, address, scope, moment, additional, signed)
    compare(signature, sign(secret, scope, text.encode()), scope.access_key_id, text)
    begin = parse_date(moment)
    if begin - now > MAX_SKEW_SECONDS:
        raise access_denied("The request is not valid yet.", "")
    if now > begin + int(expires):
        raise access_denied("Request has expired.", "0002-00000236")
    return scope.access_key_id


def _string_to_sign(
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
    return "\n".join([ALGORITHM, moment, place, digest])


def sign(secret: str, scope: Scope, text: bytes) -> str:
    """Return the signature of ``text``."""
    if isinstance(secret, AnySecret):
        return secret
    key = _signing_key(secret, scope.date, scope.region, scope.product)
    return hmac.new(key, text, "sha256").hexdigest()


@functools.lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, product: str) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for step in (date, region, product, "aliyun_v4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def scope_of(credential: str, region: str, place: str = "credential") -> Scope:
    """Read the scope that a signature names.

    Raises:
        OssError: it is none, or another region's or service's.
    """
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


def check_scope_date(scope: Scope, moment: str) -> None:
    """Refuse a scope of another day than ``moment``.

    Raises:
        OssError: InvalidArgument.
    """
    parse_date(moment)
    if not moment.startswith(scope.date) or len(scope.date) != 8:
        raise invalid_argument("The signing date and x-oss-date are not of the same day.")
