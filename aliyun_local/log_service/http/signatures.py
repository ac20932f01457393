"""The caller of a request: the signature of version 1, checked against the account's keys.

Its form is that of "Request signatures".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from email.utils import parsedate_to_datetime

from aliyun_local.credentials import AccessKeys, AnySecret, UnknownAccessKey
from aliyun_local.log_service.errors import (
    parameter_invalid,
    request_time_expired,
    signature_not_match,
    unauthorized,
)
from aliyun_local.serving.wire import Request

MAX_SKEW_SECONDS = 15 * 60
_AUTHORIZATION = re.compile(r"LOG ([^:\s]+):(\S+)")
_DIGESTS = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256}


def check_signature(request: Request, keys: AccessKeys, now: float) -> None:
    """Let a signed request pass.

    Raises:
        LogServiceError: it is not signed, its key is unknown, its signature wrong or its date too far off.
    """
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise unauthorized("The Authorization header is missing or has no form that is known here")
    digest = _DIGESTS.get(request.headers.get("x-log-signaturemethod", ""))
    if digest is None:
        raise parameter_invalid("x-log-signaturemethod must be hmac-sha1 or hmac-sha256")
    try:
        moment = parsedate_to_datetime(_date(request)).timestamp()
    except (ValueError, TypeError, IndexError):
        raise request_time_expired() from None
    if abs(moment - now) > MAX_SKEW_SECONDS:
        raise request_time_expired()
    try:
        secret = keys.find(found[1], request.headers.get("x-acs-security-token"))
    except UnknownAccessKey:
        raise unauthorized("AccessKeyId is not valid, or its security token is not") from None
    expected = hmac.new(secret.encode(), string_to_sign(request).encode(), digest).digest()
    if not isinstance(secret, AnySecret) and not hmac.compare_digest(
        base64.b64encode(expected).decode(), found[2]
    ):
        raise signature_not_match()


def string_to_sign(request: Request) -> str:
    """Return what the signature of ``request`` signs."""
    headers = request.headers
    # x-log-date repeats Date for proxies that change that one; the official client adds it after signing.
    signed = sorted(
        name for name in headers if name.startswith(("x-log-", "x-acs-")) and name != "x-log-date"
    )
    resource = request.path
    if request.query:
        # Neither names nor values are percent-encoded here, unlike in the URL.
        resource += "?" + "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    parts = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), _date(request)]
    return "\n".join([*parts, *(f"{name}:{headers[name].strip()}" for name in signed), resource])


def _date(request: Request) -> str:
    """The date that is signed; x-log-date goes before Date, which proxies change."""
    return request.headers.get("x-log-date") or request.headers.get("date", "")
