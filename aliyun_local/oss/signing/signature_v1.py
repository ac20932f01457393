"""OSS signature version 1, in a header or in the URL (OSS, "Signature version 1").

:mod:`aliyun_local.oss.signing.signatures` calls this for requests and forms. The table of operations reads
:data:`SUBRESOURCES`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from aliyun_local.credentials import AnySecret
from aliyun_local.oss.errors import access_denied, invalid_argument
from aliyun_local.oss.signing.signed_request import check_skew, compare, parse_date, whole_number

if TYPE_CHECKING:
    from aliyun_local.oss.signing.signed_request import SignedRequest

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


def header_caller(request: SignedRequest, authorization: str) -> str:
    """Return the access key id that signed the headers of ``request``.

    Raises:
        OssError: the signature is not valid.
    """
    access_key_id, colon, signature = authorization.removeprefix("OSS ").strip().partition(":")
    if not colon or not access_key_id or not signature:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    check_skew(parse_date(date), request.now)
    # alibabacloud-oss-v2 sends the token of a version 1 signature without the usual prefix.
    token = request.headers.get("x-oss-security-token") or request.headers.get("security-token")
    secret = request.secret_of(access_key_id, token)
    text = _string_to_sign(request, date)
    compare(signature, sign(secret, text), access_key_id, text)
    return access_key_id


def query_caller(request: SignedRequest) -> str:
    """Return the access key id that signed the URL of ``request``.

    Raises:
        OssError: the signature is not valid, or has expired.
    """
    query = request.query
    access_key_id, expires, signature = (
        query.get(name, "") for name in ("OSSAccessKeyId", "Expires", "Signature")
    )
    if not (access_key_id and expires and signature):
        raise access_denied("OSSAccessKeyId, Expires and Signature must stand in the URL together.", "")
    expires_at = whole_number(expires)
    if expires_at is None:
        raise access_denied("Invalid date (should be seconds since epoch).", "0002-00000070")
    secret = request.secret_of(access_key_id, query.get("security-token"))
    text = _string_to_sign(request, expires)
    compare(signature, sign(secret, text), access_key_id, text)
    if request.now > expires_at:
        raise access_denied("Request has expired.", "0002-00000069")
    return access_key_id


def sign(secret: str, text: str) -> str:
    """Return the signature of ``text``."""
    if isinstance(secret, AnySecret):
        return secret
    digest = hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _string_to_sign(request: SignedRequest, date: str) -> str:
    headers = request.headers
    # Sorted by name: sorted by line, x-oss-copy-source-range would stand before x-oss-copy-source.
    oss_headers = [
        f"{name}:{value.strip()}\n" for name, value in sorted(headers.items()) if name.startswith("x-oss-")
    ]
    signed = sorted((name, value) for name, value in request.query.items() if name in SUBRESOURCES)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    return "\n".join(
        [
            request.http.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            "".join(oss_headers) + request.resource + (f"?{query}" if query else ""),
        ]
    )
