"""Signatures of requests, versions 2 and 4, and signatures of responses. ``responses`` checks and makes them.

Both versions sign the operation's path and the sorted ``x-ots-`` headers. Version 2 signs with the secret
itself (HMAC-SHA1), version 4 with a key derived from the secret for a day and a region (HMAC-SHA256). A
response is signed with the key of its request, always by HMAC-SHA1. The official clients refuse an unsigned
response.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache

from aliyun_local.credentials import (
    AccessKeys,
    AnySecret,
    InvalidSecurityToken,
    SecurityTokenExpired,
    UnknownAccessKey,
)
from aliyun_local.serving.wire import Request
from aliyun_local.tablestore.errors import (
    TableStoreError,
    authentication_failed,
    missing_header,
    parameter_invalid,
)

PREFIX = "x-ots-"
DATE_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
MAX_CLOCK_SKEW_SECONDS = 15 * 60
_SIGNATURE_V2, _SIGNATURE_V4 = "x-ots-signature", "x-ots-signaturev4"
_REQUIRED = (
    "x-ots-date",
    "x-ots-apiversion",
    "x-ots-accesskeyid",
    "x-ots-instancename",
    "x-ots-contentmd5",
)


class Caller:
    """An authenticated caller."""

    def __init__(self, access_key_id: str, key: bytes) -> None:
        """Take the id, and the key with which the request was signed."""
        self.access_key_id = access_key_id
        self._key = key

    def authorization(self, operation: str, headers: Mapping[str, str]) -> str:
        """Return the ``Authorization`` header of a response with ``headers`` (names in lower case)."""
        text = f"{_header_lines(headers)}\n/{operation}"
        signature = base64.b64encode(hmac.digest(self._key, text.encode(), "sha1")).decode()
        return f"OTS {self.access_key_id}:{signature}"


def content_md5(body: bytes) -> str:
    """Return the digest of a body for the ``x-ots-contentmd5`` header."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def authenticate(request: Request, operation: str, keys: AccessKeys, now: float) -> Caller:
    """Return the caller that sent ``request`` at ``now``, in seconds since the Unix epoch.

    Raises:
        TableStoreError: a header is missing or malformed, or the signature is wrong.
    """
    headers = dict(request.headers)
    version = _SIGNATURE_V4 if _SIGNATURE_V4 in headers else _SIGNATURE_V2
    for name in (*_REQUIRED, version):
        if name not in headers:
            raise missing_header(name)
    _check_date(headers["x-ots-date"], now)
    # The signature covers this header, so the head alone shows who the caller is.
    if not request.expects_body and headers["x-ots-contentmd5"] != content_md5(request.body):
        raise authentication_failed(
            "Mismatch between MD5 value of request body and x-ots-contentmd5 in header."
        )
    access_key_id = headers["x-ots-accesskeyid"]
    secret = _secret(keys, access_key_id, headers.get("x-ots-ststoken"), now)
    text = f"/{operation}\nPOST\n\n{_header_lines(headers)}\n"
    if version == _SIGNATURE_V4:
        for name in ("x-ots-signdate", "x-ots-signregion"):
            if name not in headers:
                raise missing_header(name)
        key = _key_v4(secret, headers["x-ots-signdate"], headers["x-ots-signregion"])
        digest = hmac.digest(key, (text + "ots").encode(errors="surrogateescape"), "sha256")
    else:
        key = secret.encode()
        digest = hmac.digest(key, text.encode(errors="surrogateescape"), "sha1")
    given = headers[version].encode(errors="surrogateescape")
    if not isinstance(secret, AnySecret) and not hmac.compare_digest(base64.b64encode(digest), given):
        raise authentication_failed("Signature mismatch.")
    return Caller(access_key_id, key)


def _header_lines(headers: Mapping[str, str]) -> str:
    signed = [
        f"{name}:{value.strip()}"
        for name, value in headers.items()
        if name.startswith(PREFIX) and name not in (_SIGNATURE_V2, _SIGNATURE_V4)
    ]
    signed.sort()
    return "\n".join(signed)


def _key_v4(secret: str, date: str, region: str) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for part in (date, region, "ots", "aliyun_v4_request"):
        key = hmac.digest(key, part.encode(errors="surrogateescape"), "sha256")
    return base64.b64encode(key)


def _check_date(date: str, now: float) -> None:
    try:
        sent_at = _parse_date(date)
    except ValueError as problem:
        raise parameter_invalid(f"Invalid date format: {date}.") from problem
    if abs(sent_at - now) > MAX_CLOCK_SKEW_SECONDS:
        raise authentication_failed(f"Mismatch between system time and x-ots-date: {date}.")


@lru_cache(maxsize=64)
def _parse_date(date: str) -> float:
    """Return a date in seconds since the Unix epoch.

    Clients write dates to the second, so a busy client repeats them and the cache pays.
    """
    return datetime.strptime(date, DATE_FORMAT).replace(tzinfo=timezone.utc).timestamp()


def _secret(keys: AccessKeys, access_key_id: str, security_token: str | None, now: float) -> str:
    refusal: TableStoreError
    try:
        return keys.find(access_key_id, security_token, now)
    except SecurityTokenExpired:
        refusal = authentication_failed("The STS token is expired.")
    except InvalidSecurityToken:
        refusal = authentication_failed("The STS token is invalid.")
    except UnknownAccessKey:
        refusal = authentication_failed("The AccessKeyID does not exist.")
    raise refusal
