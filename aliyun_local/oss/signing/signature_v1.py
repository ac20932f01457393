"""OSS signature version 1, in a header or in the URL (OSS, "Signature version 1")."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

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

# The query parameters that are signed as part of the resource ("sub-resources").
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


def header_caller(
    request: Request, address: Address, credentials: Credentials, now: float, authorization: str
) -> str:
    """Return the access key id that signed the headers of ``request``.

    Raises:
        OssError: the signature does not hold.
    """
    access_key_id, colon, signature = authorization.removeprefix("OSS ").strip().partition(":")
    if not colon or not access_key_id or not signature:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    check_skew(parse_date(date), now)
    # alibabacloud-oss-v2 sends the token of a version 1 signature without the usual prefix.
    token = request.headers.get("x-oss-security-token") or request.headers.get("security-token")
    secret = secret_of(credentials, access_key_id, token, now)
    text = _string_to_sign(request, address, date)
    compare(signature, sign(secret, text), access_key_id, text)
    return access_key_id


def query_caller(request: Request, address: Address, credentials: Credentials, now: float) -> str:
    """Return the access key id that signed the URL of ``request``.

    Raises:
        OssError: the signature does not hold.
    """
    query = request.query
    access_key_id, expires, signature = (
        query.get(name, "") for name in ("OSSAccessKeyId", "Expires", "Signature")
    )
    if not (access_key_id and expires and signature):
        raise access_denied("OSSAccessKeyId, Expires and Signature must stand in the URL together.", "")
    if seconds_of(expires) is None:
        raise access_denied("Invalid date (should be seconds since epoch).", "0002-00000070")
    secret = secret_of(credentials, access_key_id, query.get("security-token"), now)
    text = _string_to_sign(request, address, expires)
    compare(signature, sign(secret, text), access_key_id, text)
    if now > int(expires):
        raise access_denied("Request has expired.", "0002-00000069")
    return access_key_id


def _string_to_sign(request: Request, address: Address, date: str) -> str:
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


def sign(secret: str, text: str) -> str:
    """Return the signature of ``text``."""
    if isinstance(secret, AnySecret):
        return secret
    digest = hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
