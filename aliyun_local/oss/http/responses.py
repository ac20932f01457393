"""OSS as a service: the way of a request from the wire to its handler and back.

:mod:`aliyun_local.emulators` puts an :class:`OssService` behind a front. A request is addressed, matched with
an operation, let in or refused at its door, authenticated and authorized, in this order. Then the handler of
the operation answers it. Every :class:`~aliyun_local.oss.errors.OssError` on the way becomes an error
document.
"""

from __future__ import annotations

import base64
import logging
import re
import secrets
import time
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import check_bucket_name, locate
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.doors import bound_bucket, check_data_access
from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.access import FORM, authorize
from aliyun_local.oss.http.operations import find_operation
from aliyun_local.oss.http.request import Account, OssRequest
from aliyun_local.oss.http.xml_documents import Content, document
from aliyun_local.oss.signing.signatures import authenticate
from aliyun_local.oss.signing.signed_request import SignedRequest
from aliyun_local.serving.destinations import no_listeners
from aliyun_local.serving.wire import Admission, Refusal, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from aliyun_local.clock import Clock
    from aliyun_local.oss.addressing import Address
    from aliyun_local.oss.http.operations import Operation
    from aliyun_local.oss.signing.signed_request import Credentials
    from aliyun_local.oss.state.models import ObjectStore
    from aliyun_local.serving.destinations import Listeners
    from aliyun_local.serving.wire import Request

# "PutObject": 5 GB in one request.
MAX_CONTENT_BYTES = 5 * 1024**3
# A form is taken apart in memory; the real OSS takes 5 GB here too.
MAX_FORM_BYTES = 128 * 1024**2
# No document in a request is as large; the longest is a list of 10,000 parts or of 1,000 keys to delete.
MAX_DOCUMENT_BYTES = 4 * 1024**2
# Where errors with an EC send their readers, in the published answers of the real service.
_TROUBLE_PAGE = "https://api.aliyun.com/troubleshoot"
_log = logging.getLogger(__name__)
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
        region: str = "cn-beijing",
        account_id: str = "1234567890123456",
        callers_clock: Clock | None = None,
        listeners: Listeners = no_listeners,
        behaviour: OssBehaviour | None = None,
    ) -> None:
        """Serve ``store``.

        Args:
            store: the state.
            credentials: the secrets of access keys; every key acts as the owner.
            clock: the clock by which URLs and tokens expire.
            region: the region of this OSS; version 4 signatures are bound to it.
            account_id: the owner of everything.
            callers_clock: the clock that the dates of requests are compared with, by default ``clock``. The
                callers keep the machine's time in a cloud that has its own clock moved.
            listeners: returns the addresses of the cloud around this OSS, which callbacks never reach.
            behaviour: the account's switches.
        """
        self._account = Account(
            store=store,
            credentials=credentials,
            region=region,
            id=account_id,
            listeners=listeners,
            behaviour=behaviour or OssBehaviour(),
        )
        self._clock = clock
        self._callers_clock = callers_clock or clock

    def operation(self, request: Request) -> str:
        """Return the name of the operation that ``request`` asks for, ``Unknown`` if there is none."""
        try:
            return find_operation(request, self.address(request)).name
        except OssError:
            return "Unknown"

    def address(self, request: Request) -> Address:
        """Return the bucket and the object that ``request`` is about.

        Raises:
            OssError: the path is not UTF-8, or the key breaks a rule of OSS.
        """
        return locate(request.host, request.raw_path, bound_bucket(request, self._account.behaviour))

    def admit(self, request: Request) -> Admission | Response:
        """Return how large a body may be, or the refusal of a caller who may not send one."""
        admitted: list[Admission] = []

        def run(request_id: str) -> Response:
            operation, _ = self._authorized(request, request_id)
            admitted.append(_admission(operation))
            return Response(status=100)

        response = self._answered(request, run)
        return admitted[0] if admitted else response

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""

        def run(request_id: str) -> Response:
            operation, authorized = self._authorized(request, request_id)
            return operation.handler(authorized)

        return self._answered(request, run)

    def _answered(self, request: Request, run: Callable[[str], Response]) -> Response:
        """Return what ``run`` returns for a new request id, and an error document for what it raises."""
        request_id = _new_request_id()
        began = time.perf_counter()
        try:
            response = run(request_id)
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
        """Return the error document for ``refusal``."""
        request_id = _new_request_id()
        error = OssError(refusal.status, refusal.code, refusal.message)
        response = _error_response(error, request, request_id)
        response.headers["x-oss-request-id"] = request_id
        return response

    def _authorized(self, request: Request, request_id: str) -> tuple[Operation, OssRequest]:
        """Return the operation of ``request`` and what its handler gets; the head of a request is enough.

        Raises:
            OssError: there is no such operation, or the caller may not ask for it.
        """
        for name, value in request.headers.items():
            if _FOLDED.search(value):
                raise invalid_argument(f"The header {name[:64]!r} holds a line break.")
        address = self.address(request)
        if address.bucket:
            check_bucket_name(address.bucket)
        now = self._clock.now()
        try:
            operation = find_operation(request, address)
        except OssError:
            if address.key:
                check_data_access(request, self._account.behaviour)
            # Only authenticated callers learn which operations are not served.
            self._principal(request, address, now)
            raise
        store = self._account.store
        if address.bucket and operation.tells_missing_bucket:
            store.bucket(address.bucket)
        if operation.is_about_data:
            check_data_access(request, self._account.behaviour)
        principal = None
        if operation.access != FORM:
            principal = self._principal(request, address, now)
            bucket = address.bucket if operation.tells_missing_bucket else ""
            authorize(store, principal, operation.access, bucket, address.key)
        return operation, OssRequest(
            account=self._account,
            http=request,
            address=address,
            operation=operation.name,
            principal=principal,
            request_id=request_id,
            now=now,
        )

    def _principal(self, request: Request, address: Address, now: float) -> str | None:
        account = self._account
        if "authorization" in request.headers:
            # A signature in a header is as old as the request; one in a URL has an expiry of its own.
            now = self._callers_clock.now()
        return authenticate(
            SignedRequest(
                http=request, address=address, credentials=account.credentials, region=account.region, now=now
            )
        )


def _admission(operation: Operation) -> Admission:
    if operation.uploads:
        return Admission(most_bytes=MAX_CONTENT_BYTES, spools=True)
    return Admission(most_bytes=MAX_FORM_BYTES if operation.access == FORM else MAX_DOCUMENT_BYTES)


def _new_request_id() -> str:
    return secrets.token_hex(12).upper()


def _error_response(error: OssError, request: Request, request_id: str) -> Response:
    children: list[tuple[str, Content]] = [
        ("Code", error.code),
        ("Message", error.message),
        ("RequestId", request_id),
        ("HostId", request.host),
        *error.details.items(),
    ]
    if error.ec:
        children += [("EC", error.ec), ("RecommendDoc", f"{_TROUBLE_PAGE}?q={error.ec}")]
    body = document("Error", children)
    headers = {"Content-Type": "application/xml", **error.headers}
    if error.ec:
        headers["x-oss-ec"] = error.ec
    if error.status == 304:
        return Response(status=304)
    if request.method == "HEAD":
        # The answer to a HEAD has no body; the SDKs read the same document from this header.
        headers["x-oss-err"] = base64.b64encode(body).decode()
        return Response(status=error.status, headers=headers)
    return Response(status=error.status, headers=headers, body=body)
