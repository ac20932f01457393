"""The doors of OSS: the internal endpoint, the default public domain, and domains that are bound to buckets.

:mod:`aliyun_local.oss.http.responses` asks here for every request. The door is known by the endpoint that
took the request, which the local clouds write into it; a request without one came through the internal door.

OSS, "Access OSS through a custom domain name" (2025-12) and "Regions and endpoints" (2026-08): accounts that
activated OSS on or after 2025-03-20 may not call data operations through the default public domain of a
region of the mainland. Management of buckets goes through, and so does everything through the internal
endpoint and through a bound domain.

Nothing is published about the order of this check and the others. The account that counts is the bucket's
owner, so the bucket is found first; the answer is the same for everybody, so it comes before the signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import host_name
from aliyun_local.oss.errors import public_endpoint_forbidden
from aliyun_local.serving.destinations import PUBLIC_OSS

if TYPE_CHECKING:
    from aliyun_local.oss.behaviour import OssBehaviour
    from aliyun_local.serving.wire import Request


def bucket_bound_to(host: str, domains: Mapping[str, str]) -> str:
    """Return the bucket to which the host of a Host header is bound, an empty text for a host that is not."""
    if not domains:
        return ""
    name = host_name(host).rstrip(".")
    return next((bucket for domain, bucket in domains.items() if domain.lower() == name), "")


def bound_bucket(request: Request, behaviour: OssBehaviour) -> str:
    """Return the bucket whose bound domain ``request`` names at the public door, else an empty text."""
    return bucket_bound_to(request.host, behaviour.domains) if request.endpoint == PUBLIC_OSS else ""


def check_data_access(request: Request, behaviour: OssBehaviour) -> None:
    """Refuse a request for data that came through the default public domain, if the account may not do so.

    Raises:
        OssError: 400 PublicEndpointForbidden.
    """
    if request.endpoint != PUBLIC_OSS or behaviour.public_data_access:
        return
    if not bound_bucket(request, behaviour):
        raise public_endpoint_forbidden()
