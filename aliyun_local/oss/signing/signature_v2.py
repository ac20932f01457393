"""OSS signature version 2, in a header or in the URL, which oss2 can still make.

It signs the whole query, and says itself which headers besides ``x-oss-`` ones it signs.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

from aliyun_local.credentials import AnySecret
from aliyun_local.oss.errors import access_denied, invalid_argument
from aliyun_local.oss.signing.signed_request import (
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

VERSION = "OSS2"


def header_caller(
    request: Request, address: Address, credentials: Credentials, now: float, authorization: str
) -> str:
    """Return the access key id that signed the headers of ``request``.

    Raises:
        OssError: the signature does not hold.
    """
    fields: dict[str, str] = {}
    for item in authorization.removeprefix(VERSION).split(","):
        name, _, value = item.strip().partition(":")
        fields[name] = value
    access_key_id, signature = fields.get("AccessKeyId", ""), fields.get("Signature", "")
    if not access_key_id or not signature:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    check_skew(parse_date(date), now)
    secret = secret_of(credentials, access_key_id, request.headers.get("x-oss-security-token"), now)
    text = _string_to_sign(request, address, date, fields.get("AdditionalHeaders", ""))
    compare(signature, _sign(secret, text), access_key_id, text)
    return access_key_id


def query_caller(request: Request, address: Address, credentials: Credentials, now: float) -> str:
    """Return the access key id that signed the URL of ``request``.

    Raises:
        OssError: the signature does not hold, or holds no longer.
    """
    query = request.query
    names = ("x-oss-access-key-id", "x-oss-expires", "x-oss-signature")
    access_key_id, expires, signature = (query.get(name, "") for name in names)
    if not (access_key_id and expires and signature):
        raise invalid_argument(f"A signed URL needs {', '.join(names)}.")
    end = seconds_of(expires)
    if end is None:
        raise access_denied("Invalid date (should be seconds since epoch).", "")
    secret = secret_of(credentials, access_key_id, query.get("security-token"), now)
    text = _string_to_sign(request, address, expires, query.get("x-oss-additional-headers", ""))
    compare(signature, _sign(secret, text), access_key_id, text)
    if now > end:
        raise access_denied("Request has expired.", "")
    return access_key_id


def _string_to_sign(request: Request, address: Address, date: str, additional: str) -> str:
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
    resource = quote(f"/{address.bucket}/{address.key}" if address.bucket else "/", safe="")
    if query:
        resource += "?" + "&".join(f"{name}={value}" if value else name for name, value in query)
    return "\n".join(
        [
            request.method,
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
