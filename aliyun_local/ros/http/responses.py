"""The service: finds the operation of a request, checks its caller, and writes the answer as JSON."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from aliyun_local.clock import Clock
from aliyun_local.credentials import AccessKeys
from aliyun_local.ros.errors import RosError
from aliyun_local.ros.http.calls import Call, parameters_of
from aliyun_local.ros.http.neighbours import CALLER, STS_VERSION, caller_identity
from aliyun_local.ros.http.operations import OPERATIONS, VERSION
from aliyun_local.ros.http.signatures import SignatureCheck
from aliyun_local.ros.http.tokens import ClientTokens
from aliyun_local.ros.state.change_sets import ChangeSets
from aliyun_local.ros.state.models import Stacks
from aliyun_local.serving.wire import Admission, Refusal, Request, Response

UNKNOWN_OPERATION = "Unknown"
# A template of 512 KB, percent-encoded, with its parameters.
MAX_REQUEST_BYTES = 4 * 1024**2
_log = logging.getLogger(__name__)


class RosService:
    """The API of 2019-09-10; a :class:`aliyun_local.serving.wire.Service`."""

    name = "ros"

    def __init__(self, stacks: Stacks, keys: AccessKeys, clock: Clock, callers_clock: Clock) -> None:
        """Serve ``stacks`` to the owners of ``keys``, whose dates are compared with ``callers_clock``."""
        self._stacks = stacks
        self._change_sets = ChangeSets(stacks, clock)
        self._signatures = SignatureCheck(keys, callers_clock)
        self._tokens = ClientTokens()

    def operation(self, request: Request) -> str:
        """Return the name of the operation, or ``Unknown``."""
        name = _action(request, parameters_of(request))
        return name if name in OPERATIONS else UNKNOWN_OPERATION

    def admit(self, request: Request) -> Admission | Response:
        """Return how large a body may be, or the refusal of a caller whose head is not signed."""
        try:
            if request.headers.get("authorization"):
                self._signatures.check(request, request.query)
        except RosError as problem:
            return _refused(problem)
        return Admission(most_bytes=MAX_REQUEST_BYTES)

    def handle(self, request: Request) -> Response:
        """Answer ``request``."""
        given = parameters_of(request)
        try:
            action = _action(request, given)
            self._signatures.check(request, given)
            version = request.headers.get("x-acs-version") or given.get("Version", "")
            call = Call(self._stacks, self._change_sets, given)
            if (action, version) == (CALLER, STS_VERSION):
                document = caller_identity(call)
            elif action not in OPERATIONS or version != VERSION:
                raise RosError(404, "InvalidAction.NotFound", "Specified api is not found, please check.")
            else:
                document = self._tokens.once(action, given, lambda: OPERATIONS[action](call))
            return _answer(200, {**document, "RequestId": _request_id()})
        except RosError as problem:
            return _refused(problem)
        except Exception as problem:
            _log.exception("%s failed", self.operation(request))
            message = f"{type(problem).__name__} in the emulator"
            return _refused(RosError(500, "InternalServerError", message))

    def refuse(self, request: Request, refusal: Refusal) -> Response:  # noqa: ARG002 (the protocol's)
        """Return the error that says ``refusal``."""
        return _refused(RosError(refusal.status, refusal.code, refusal.message))


def _action(request: Request, given: Mapping[str, str]) -> str:
    return request.headers.get("x-acs-action") or given.get("Action", "")


def _refused(problem: RosError) -> Response:
    document = {
        "Code": problem.code,
        "Message": problem.message,
        "RequestId": _request_id(),
        "HostId": "ros.aliyuncs.com",
    }
    return _answer(problem.status, document)


def _answer(status: int, document: Mapping[str, Any]) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json;charset=utf-8"},
        body=json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", errors="replace"),
    )


def _request_id() -> str:
    return str(uuid.uuid4()).upper()
