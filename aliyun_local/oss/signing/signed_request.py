"""A request whose signature is checked, and the steps that all versions of OSS's signature share.

:mod:`aliyun_local.oss.http.responses` makes a :class:`SignedRequest` for every request. The modules of the
versions read their own headers or query parameters from it, and call the functions here for secrets, dates
and the comparison.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

from aliyun_local.credentials import AnySecret, InvalidSecurityToken, SecurityTokenExpired, UnknownAccessKey
from aliyun_local.oss.errors import OssError, access_denied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aliyun_local.oss.addressing import Address
    from aliyun_local.serving.wire import Headers, Request

MAX_SKEW_SECONDS = 15 * 60
_BASIC_FORMAT = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


class Credentials(Protocol):
    """The secrets of access keys; see :class:`aliyun_local.credentials.AccessKeys`."""

    def find(self, access_key_id: str, security_token: str | None = None, now: float | None = None) -> str:
        """Return a secret or raise an UnknownAccessKey."""


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """A request with everything that its signature depends on.

    Every version signs the ``address``; version 4 is bound to a ``region``. ``now`` is in seconds since the
    epoch.
    """

    http: Request
    address: Address
    credentials: Credentials
    region: str
    now: float

    @property
    def headers(self) -> Headers:
        """The request headers."""
        return self.http.headers

    @property
    def query(self) -> Mapping[str, str]:
        """The decoded query parameters."""
        return self.http.query

    @property
    def resource(self) -> str:
        """The signed name of the target: ``/``, ``/bucket/`` or ``/bucket/key``."""
        return f"/{self.address.bucket}/{self.address.key}" if self.address.bucket else "/"

    def secret_of(self, access_key_id: str, token: str | None) -> str:
        """Return the secret of an access key.

        Raises:
            OssError: as :func:`secret_of`.
        """
        return secret_of(self.credentials, access_key_id, token, self.now)


def secret_of(credentials: Credentials, access_key_id: str, token: str | None, now: float) -> str:
    """Return the secret of an access key.

    Raises:
        OssError: the key or its security token is unknown, or the token has expired.
    """
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


def compare(given: str, expected: str, access_key_id: str, text: str) -> None:
    """Refuse a signature that is not the ``expected`` one, made over ``text``.

    Raises:
        OssError: SignatureDoesNotMatch.
    """
    if isinstance(expected, AnySecret):
        return
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        message = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        )
        raise OssError(
            403,
            "SignatureDoesNotMatch",
            message,
            "0002-00000040",
            OSSAccessKeyId=access_key_id,
            SignatureProvided=given,
            StringToSign=text,
        )


def authorization_fields(authorization: str, version: str, separator: str) -> dict[str, str]:
    """Return the fields of an Authorization header: ``version name<separator>value, ...``."""
    fields: dict[str, str] = {}
    for item in authorization.removeprefix(version).split(","):
        name, _, value = item.strip().partition(separator)
        fields[name] = value
    return fields


def parse_date(text: str) -> float:
    """Return the seconds since the epoch of a date as HTTP or as version 4 writes it.

    Raises:
        OssError: AccessDenied for any other text.
    """
    try:
        if _BASIC_FORMAT.fullmatch(text):
            # Far cheaper than strptime, and every version 4 signature is dated like this.
            year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
            hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
            return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        raise access_denied(
            "OSS authentication requires a valid Date: the Date or x-oss-date header is missing or invalid.",
            "0002-00000201",
        ) from None


def whole_number(text: str) -> int | None:
    """Return the whole number in ``text``, None for any other text."""
    # The length is bounded because Python refuses to convert thousands of digits.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def check_skew(signed_at: float, now: float) -> None:
    """Refuse a request that was signed too long ago, or too far ahead.

    Raises:
        OssError: RequestTimeTooSkewed.
    """
    if abs(signed_at - now) > MAX_SKEW_SECONDS:
        message = "The difference between the request time and the current time is too large."
        raise OssError(403, "RequestTimeTooSkewed", message, "0002-00000504")
