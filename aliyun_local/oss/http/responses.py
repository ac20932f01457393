"""OSS on the wire: address a request, check who signed it, hand it to its operation, shape the errors."""

from __future__ import annotations

import base64
import logging
import re
import secrets
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import check_bucket_name, locate
from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.access import FORM, authorize
from aliyun_local.oss.http.call import Call, Service
from aliyun_local.oss.http.operations import find_operation
from aliyun_local.oss.http.xml_documents import Content, document
from aliyun_local.oss.signing.signatures import authenticate
from aliyun_local.oss.signing.signed_request import Credentials
from aliyun_local.serving.wire import Refusal, Response

if TYPE_CHECKING:
    from aliyun_local.clock import Clock
    from aliyun_local.oss.addressing import Address
    from aliyun_local.oss.state.models import ObjectStore
    from aliyun_local.serving.wire import Request

_log = logging.getLogger(__name__)
_MAKES_BUCKET = ("PutBucket", "PutBucketAcl")
_FOLDED = re.compile(r"[\r\n\x00]")


class OssService:
    """The OSS of one account in one region, as a :class:`aliyun_local.serving.wire.Service`."""

    name = "oss"

    def __init__(
        self,
        store: ObjectStore,
        credentials: Credentials,
        clock: Clock,
        *,
        on_change: Callable[[], None] | None = None,
        region: str = "cn-beijing",
        account_id: str = "1234567890123456",
        endpoint_hosts: Collection[str] = (),
        callers_clock: Clock | None = None,
    ) -> None:
        """Serve ``store``.

        Args:
            store: the state.
            credentials: where secrets of access keys are; all of them act as the owner.
            clock: what expiry and clock skew are judged by.
            on_change: called after each commit that put a notification into the store's outbox.
            region: where this OSS is; version 4 signatures are bound to it.
            account_id: who owns everything.
            endpoint_hosts: host names, besides IP addresses and single labels, with the bucket in the path.
            callers_clock: what the dates of requests are compared with, where ``clock`` is moved at will and
                callers keep the machine's time; by default ``clock``.
        """
        self._service = Service(store=store, credentials=credentials, region=region, account_id=account_id)
        self._clock = clock
        self._callers_clock = callers_clock or clock
        self._endpoint_hosts = frozenset(endpoint_hosts)
        if on_change is not None:
            store.subscribe(on_change)

    def operation(self, request: Request) -> str:
        """Name the operation that ``request`` asks for; ``Unknown`` when it asks for none."""
        try:
            return find_operation(request, locate(request.host, request.raw_path, self._endpoint_hosts)).name
        except OssError:
            return "Unknown"

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        request_id = secrets.token_hex(12).upper()
        began = time.perf_counter()
        try:
            response = self._answer(request, request_id)
        except OssError as error:
            response = _error_response(error, request, request_id)
        except Exception:
            _log.exception("request %s failed", request_id)
            message = "We encountered an internal error. Please try again."
            response = _error_response(OssError(500, "InternalError", message), request, request_id)
        response.headers["x-oss-request-id"] = request_id
        response.headers["x-oss-server-time"] = str(int((time.perf_counter() - began) * 1000))
        return response

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """Return the error document that says ``refusal``."""
        request_id = secrets.token_hex(12).upper()
        response = _error_response(
            OssError(refusal.status, refusal.code, refusal.message), request, request_id
        )
        response.headers["x-oss-request-id"] = request_id
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        for name, value in request.headers.items():
            if _FOLDED.search(value):
                raise invalid_argument(f"The header {name[:64]!r} holds a line break.")
        address = locate(request.host, request.raw_path, self._endpoint_hosts)
        if address.bucket:
            check_bucket_name(address.bucket)
        now = self._clock.now()
        try:
            operation = find_operation(request, address)
        except OssError:
            # What is not here is told only to those who signed for it.
            self._principal(request, address, now)
            raise
        if address.bucket and operation.name not in _MAKES_BUCKET:
            # OSS tells whether a bucket exists before it looks at who asks.
            self._service.store.bucket(address.bucket)
        principal = None
        if operation.access != FORM:
            principal = self._principal(request, address, now)
            bucket = "" if operation.name in _MAKES_BUCKET else address.bucket
            authorize(self._service.store, principal, operation.access, bucket, address.key)
        call = Call(
            service=self._service,
            request=request,
            address=address,
            query=request.query,
            principal=principal,
            request_id=request_id,
            now=now,
        )
        return operation.handler(call)

    def _principal(self, request: Request, address: Address, now: float) -> str | None:
        service = self._service
        if "authorization" in request.headers:
            # A signature in a header is of this moment; one in a URL has a life of its own.
            now = self._callers_clock.now()
        return authenticate(request, address, service.credentials, service.region, now)


def _error_response(error: OssError, request: Request, request_id: str) -> Response:
    children: list[tuple[str, Content]] = [
        ("Code", error.code),
        ("Message", error.message),
        ("RequestId", request_id),
        ("HostId", request.host),
        *error.details.items(),
    ]
    if error.ec:
        children.append(("EC", error.ec))
    body = document("Error", children)
    headers = {"Content-Type": "application/xml", **error.headers}
    if error.ec:
        headers["x-oss-ec"] = error.ec
    if error.status == 304:
        return Response(status=304)
    if request.method == "HEAD":
        # A HEAD has no body; the SDKs read the same document from this header.
        headers["x-oss-err"] = base64.b64encode(body).decode()
        return Response(status=error.status, headers=headers)
    return Response(status=error.status, headers=headers, body=body)
