"""The caller of a request: three kinds of signature, checked against the account's keys.

The services of ``responses`` ask for a check before anything else, unless a trigger is open to all.

``FC`` is the API of 2016's own (Function Compute, "Signature authentication"). The client of 2023-03-30 signs
with ``ACS3-HMAC-SHA256``, which HTTP triggers with ``authType: function`` ask for, too ("Request syntax and
signature method V3"). ``acs`` is its predecessor with HMAC-SHA1, which the same client uses on request. Each
covers another part of the request, so each has a string to sign of its own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote

from aliyun_local.clock import Clock
from aliyun_local.credentials import (
    AccessKeys,
    InvalidSecurityToken,
    SecurityTokenExpired,
    UnknownAccessKey,
)
from aliyun_local.function_compute.http.errors import RequestRefused, access_denied, missing_header
from aliyun_local.serving.wire import Request

# "Signature authentication": how far the client's clock may be from the service's.
MAX_SKEW_SECONDS = 15 * 60
_FC = re.compile(r"FC ([^:\s]+):(\S+)")
_ACS3 = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-fA-F]+)"
)
_ACS = re.compile(r"acs ([^:\s]+):(\S+)")

Authenticator = Callable[[Request, bool], None]
"""Checks the caller of a request; raises :class:`RequestRefused` to turn it away.

The second argument says whether the request is for an HTTP trigger, whose query the ``FC`` signature covers.
"""


class SignatureCheck:
    """An :data:`Authenticator` that knows the account's access keys."""

    def __init__(self, keys: AccessKeys, clock: Clock) -> None:
        """Check against ``keys`` at the time of ``clock``."""
        self._keys = keys
        self._clock = clock

    def __call__(self, request: Request, for_trigger: bool) -> None:
        """Let ``request`` pass, or refuse it.

        Raises:
            RequestRefused: it is not signed, its key is unknown, its signature wrong or its date too far off.
        """
        authorization = request.headers.get("authorization", "").strip()
        if not authorization:
            raise access_denied("required HTTP header Authorization was not specified")
        if found := _FC.fullmatch(authorization):
            self._check_fc(request, *found.groups(), for_trigger=for_trigger)
        elif found := _ACS3.fullmatch(authorization):
            self._check_acs3(request, *found.groups())
        elif found := _ACS.fullmatch(authorization):
            self._check_acs(request, *found.groups())
        else:
            raise access_denied("the HTTP header Authorization has no form that is known here")

    def _check_fc(self, request: Request, key_id: str, signature: str, *, for_trigger: bool) -> None:
        secret = self._secret(key_id, request.headers.get("x-fc-security-token"))
        self._check_date("Date", request.headers.get("date", ""), _http_date)
        expected = _hmac(secret, fc_string_to_sign(request, for_trigger=for_trigger), "sha256")
        _compare(_decoded(signature), expected)

    def _check_acs3(self, request: Request, key_id: str, signed_headers: str, signature: str) -> None:
        secret = self._secret(key_id, request.headers.get("x-acs-security-token"))
        self._check_date("x-acs-date", request.headers.get("x-acs-date", ""), _iso_date)
        # The body's own digest, whatever the header for it says; if that lies, nothing matches. Before the
        # body is there, the header is believed.
        digest = request.headers.get("x-acs-content-sha256", "")
        if not request.expects_body:
            digest = hashlib.sha256(request.body).hexdigest()
        canonical = acs3_canonical_request(request, signed_headers.lower().split(";"), digest)
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        _compare(bytes.fromhex(signature) if len(signature) % 2 == 0 else b"", _hmac(secret, text, "sha256"))

    def _check_acs(self, request: Request, key_id: str, signature: str) -> None:
        secret = self._secret(key_id, request.headers.get("x-acs-security-token"))
        self._check_date("Date", request.headers.get("date", ""), _http_date)
        _compare(_decoded(signature), _hmac(secret, acs_string_to_sign(request), "sha1"))

    def _secret(self, key_id: str, security_token: str | None) -> str:
        try:
            return self._keys.find(key_id, security_token or None)
        except SecurityTokenExpired:
            raise access_denied("the security token has expired") from None
        except InvalidSecurityToken:
            raise access_denied("the security token is not one of this access key") from None
        except UnknownAccessKey:
            raise RequestRefused(403, "InvalidAccessKeyID", f"invalid access key ID '{key_id}'") from None

    def _check_date(self, header: str, value: str, parse: Callable[[str], datetime]) -> None:
        if not value:
            raise missing_header(header)
        try:
            moment = parse(value).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            raise access_denied(f"the HTTP header {header} is not a date: {value!r}") from None
        if abs(moment - self._clock.now()) > MAX_SKEW_SECONDS:
            raise access_denied(f"the HTTP header {header} is more than 15 minutes off: {value}")


def fc_string_to_sign(request: Request, *, for_trigger: bool) -> str:
    """Return the string that the ``FC`` signature of ``request`` signs."""
    headers = request.headers
    lines = [
        request.method.upper(),
        *(headers.get(name, "") for name in ("content-md5", "content-type", "date")),
    ]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-fc-")]
    lines.append(request.path)
    if for_trigger:
        # Also where there is no query: the line is there then, and empty.
        pairs = parse_qsl(request.raw_query, keep_blank_values=True)
        lines.append("\n".join(sorted(f"{name}={value}" for name, value in pairs)))
    return "\n".join(lines)


def acs3_canonical_request(request: Request, signed_headers: list[str], digest: str) -> str:
    """Return the canonical request of signature version 3; ``digest`` is that of the body."""
    query = sorted(parse_qsl(request.raw_query, keep_blank_values=True))
    return "\n".join(
        [
            request.method,
            request.raw_path or "/",
            "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
            "".join(f"{name}:{_header(request, name).strip()}\n" for name in signed_headers),
            ";".join(signed_headers),
            digest,
        ]
    )


def acs_string_to_sign(request: Request) -> str:
    """Return the string that the ``acs`` signature of ``request`` signs."""
    headers = request.headers
    names = ("accept", "content-md5", "content-type", "date")
    lines = [request.method, *(headers.get(name, "") for name in names)]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-acs-")]
    query = sorted(parse_qsl(request.raw_query, keep_blank_values=True))
    pairs = "&".join(f"{name}={value}" if value else name for name, value in query)
    lines.append(f"{request.raw_path}?{pairs}" if pairs else request.raw_path)
    return "\n".join(lines)


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, request.host if name == "host" else "")


def _hmac(secret: str, text: str, digest: str) -> bytes:
    # A path may hold bytes that are no UTF-8.
    return hmac.new(secret.encode(), text.encode(errors="surrogateescape"), digest).digest()


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _compare(given: bytes, expected: bytes) -> None:
    if not hmac.compare_digest(given, expected):
        raise _not_matching()


def _not_matching() -> RequestRefused:
    return RequestRefused(
        403,
        "SignatureNotMatch",
        "The request signature we calculated does not match the signature you provided."
        " Check your access key and signing method",
    )


def _http_date(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _iso_date(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
