"""OSS signature version 2, in a header or in the URL, which oss2 can still make.

:mod:`aliyun_local.oss.signing.signatures` calls this. Version 2 signs the whole query, and names the headers
besides ``x-oss-`` ones that it signs.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

from aliyun_local.credentials import AnySecret
from aliyun_local.oss.errors import access_denied, invalid_argument
from aliyun_local.oss.signing.signed_request import (
    authorization_fields,
    check_skew,
    compare,
    parse_date,
    whole_number,
)

if TYPE_CHECKING:
    from aliyun_local.oss.signing.signed_request import SignedRequest

VERSION = "OSS2"


def header_caller(request: SignedRequest, authorization: str) -> str:
    """Return the access key id that signed the headers of ``request``.

    Raises:
        OssError: the signature is not valid.
    """
    fields = authorization_fields(authorization, VERSION, ":")
    access_key_id, signature = fields.get("AccessKeyId", ""), fields.get("Signature", "")
    if not access_key_id or not signature:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    check_skew(parse_date(date), request.now)
    secret = request.secret_of(access_key_id, request.headers.get("x-oss-security-token"))
    text = _string_to_sign(request, date, fields.get("AdditionalHeaders", ""))
    compare(signature, _sign(secret, text), access_key_id, text)
    return access_key_id


def query_caller(request: SignedRequest) -> str:
    """Return the access key id that signed the URL of ``request``.

    Raises:
        OssError: the signature is not valid, or has expired.
    """
    query = request.query
    names = ("x-oss-access-key-id", "x-oss-expires", "x-oss-signature")
    access_key_id, expires, signature = (query.get(name, "") for name in names)
    if not (access_key_id and expires and signature):
        raise invalid_argument(f"A signed URL needs {', '.join(names)}.")
    expires_at = whole_number(expires)
    if expires_at is None:
        raise access_denied("Invalid date (should be seconds since epoch).", "")
    secret = request.secret_of(access_key_id, query.get("security-token"))
    text = _string_to_sign(request, expires, query.get("x-oss-additional-headers", ""))
    compare(signature, _sign(secret, text), access_key_id, text)
    if request.now > expires_at:
        raise access_denied("Request has expired.", "")
    return access_key_id


def _string_to_sign(request: SignedRequest, date: str, additional: str) -> str:
    headers = request.headers
    names = {name for name in additional.split(";") if name}
    missing = sorted(name for name in names if name not in headers)
    if missing:
        raise invalid_argument(f"The signed header {missing[0]} is not in the request.")
    lines = [
        f"{name}:{value.strip()}\n"
        for name, value in sorted(headers.items())
        if name.startswith("x-oss-") or name in names
    ]
    query = sorted(
        (quote(name, safe=""), quote(value, safe=""))
        for name, value in request.query.items()
        if name != "x-oss-signature"
    )
    resource = quote(request.resource, safe="")
    if query:
        resource += "?" + "&".join(f"{name}={value}" if value else name for name, value in query)
    return "\n".join(
        [
            request.http.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            "".join(lines) + ";".join(sorted(names)),
            resource,
        ]
    )


def _sign(secret: str, text: str) -> str:
    if isinstance(secret, AnySecret):
        return secret
    digest = hmac.digest(secret.encode(), text.encode("utf-8", "surrogateescape"), "sha256")
    return base64.b64encode(digest).decode()
