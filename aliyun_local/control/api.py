"""The controls over HTTP, under a path of every loopback server that no client of its service uses.

The local clouds put a :class:`ControlledServer` around the front of each service.

The path is free: an endpoint on an IP address has the bucket first in its path, and no name of a bucket has
an underscore; no other service has an operation that begins like that.

The controls are safe to leave on, because they give no caller more than the keys of the cloud would, and only
callers on this machine reach them:

- Requests from other addresses are refused, whatever address the server listens on.
- Requests that name another host go to the service. A web page whose host name was made to resolve to this
  machine makes such requests.
- Upload callbacks of OSS are refused: they come from this machine, with a body of the uploader's choice. Each
  carries the header ``x-oss-tag``, which no uploader can leave out.
- A web page of another origin can neither read an answer nor send JSON or a DELETE, and nothing else changes
  anything.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import parse_qs

from aliyun_local.control.controls import Controls
from aliyun_local.control.errors import ControlError
from aliyun_local.control.failure_fields import arm_failure
from aliyun_local.control.fault_fields import arm
from aliyun_local.control.fields import Fields
from aliyun_local.control.transitions import MAX_READS, MAX_SECONDS
from aliyun_local.serving.wire import Admission, LoggedRequest, Request, Response
from aliyun_local.switches import SwitchError

CONTROL_PATH = "/_control"
CALLBACK_HEADER = "x-oss-tag"
MAX_BODY_BYTES = 64 * 1024
_LATEST_SECONDS = 1e11
_MAX_STEP_SECONDS = 1e9


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ControlledServer:
    """The answers of a server, with the controls under :data:`CONTROL_PATH`."""

    def __init__(self, answer: Callable[[Request], Response], controls: Controls) -> None:
        """Put ``controls`` before ``answer``."""
        self._answer = answer
        self._controls = controls
        self._routes: dict[str, dict[str, Callable[[Request], object]]] = {
            "": {"GET": self._show},
            "reset": {"POST": self._reset},
            "clock": {"GET": self._clock, "PUT": self._set_clock},
            "faults": {"GET": self._faults, "POST": self._arm, "DELETE": self._disarm_all},
            "requests": {"GET": self._requests, "DELETE": self._forget_requests},
            "ledger": {"GET": self._ledger},
            "resource-failures": {
                "GET": self._failures,
                "POST": self._arm_failure,
                "DELETE": self._disarm_failures,
            },
            "behaviour": {"GET": self._behaviour, "PUT": self._set_behaviour},
            "transitions": {"GET": self._transitions, "PUT": self._set_transitions},
        }

    def __call__(self, request: Request) -> Response:
        """Answer ``request``."""
        path = request.raw_path
        if path != CONTROL_PATH and not path.startswith(f"{CONTROL_PATH}/"):
            return self._answer(request)
        if not _is_loopback(_host_name(request.host)):
            # With the host name of a bucket, this path is the key of an object.
            return self._answer(request)
        try:
            if not _is_loopback(request.remote_address):
                raise _Refused(403, "the controls are for callers on the same machine")
            if CALLBACK_HEADER in request.headers:
                raise _Refused(403, "the controls take no upload callbacks")
            if request.defect is not None:
                raise _Refused(request.defect.status, request.defect.message)
            if request.expects_body:
                return Response(status=100, admission=Admission(most_bytes=MAX_BODY_BYTES))
            return _json(200, self._run(request, path[len(CONTROL_PATH) :].strip("/")))
        except _Refused as refused:
            return _json(refused.status, {"error": refused.message})
        except (ControlError, SwitchError) as problem:
            return _json(400, {"error": str(problem)})

    def _run(self, request: Request, path: str) -> object:
        name, _, rest = path.partition("/")
        if name == "faults" and rest:
            if request.method != "DELETE":
                raise _Refused(405, "a single fault can only be deleted")
            return self._disarm(rest)
        if name not in self._routes or rest:
            known = ", ".join(f"{CONTROL_PATH}/{known}" for known in self._routes if known)
            raise _Refused(404, f"there is no such control; there are {known}")
        methods = self._routes[name]
        if request.method not in methods:
            raise _Refused(405, f"{CONTROL_PATH}/{name} takes {', '.join(methods)}")
        if request.method in ("POST", "PUT"):
            _check_json(request)
        return methods[request.method](request)

    def _show(self, _: Request) -> object:
        return {
            "services": self._controls.services,
            "controls": [f"{CONTROL_PATH}/{name}" for name in self._routes if name],
        }

    def _reset(self, _: Request) -> object:
        self._controls.reset()
        return {"reset": True}

    def _clock(self, _: Request | None = None) -> object:
        clock = self._controls.clock
        return {"now": clock.now(), "held": clock.is_held}

    def _set_clock(self, request: Request) -> object:
        fields = Fields.of(request.body, ("advance", "set", "hold", "release"))
        if len(fields) != 1:
            raise ControlError(
                'give one of {"advance": 60}, {"set": 1767225600}, {"hold": true}, {"release": true}'
            )
        clock = self._controls.clock
        if "advance" in fields:
            clock.advance(fields.number("advance", low=-_MAX_STEP_SECONDS, high=_MAX_STEP_SECONDS))
        elif "set" in fields:
            clock.set(fields.number("set", low=0, high=_LATEST_SECONDS))
        elif "release" in fields:
            if not fields.is_true("release"):
                raise ControlError("release can only be true")
            clock.release()
        elif fields.is_true("hold"):
            clock.hold()
        else:
            clock.hold(fields.number("hold", low=0, high=_LATEST_SECONDS))
        return self._clock()

    def _faults(self, _: Request) -> object:
        return {"faults": [armed.as_json() for armed in self._controls.faults]}

    def _arm(self, request: Request) -> object:
        return arm(self._controls.faults, request.body).as_json()

    def _disarm(self, fault_id: str) -> object:
        for armed in self._controls.faults:
            if str(armed.id) == fault_id:
                armed.remove()
                return armed.as_json()
        raise _Refused(404, f"no fault {fault_id} is armed; GET {CONTROL_PATH}/faults lists them")

    def _disarm_all(self, _: Request) -> object:
        self._controls.faults.clear()
        return {"faults": []}

    def _requests(self, request: Request) -> object:
        query = {name: values[-1] for name, values in parse_qs(request.raw_query).items()}
        unknown = sorted(query.keys() - {"service", "operation"})
        if unknown:
            raise ControlError(f"the log is not filtered by {unknown[0]!r}; use service and operation")
        logged = self._controls.requests(query.get("service"), query.get("operation"))
        return {"requests": [_logged_json(one) for one in logged]}

    def _forget_requests(self, _: Request) -> object:
        self._controls.forget_requests()
        return {"requests": []}

    def _ledger(self, _: Request) -> object:
        return {"fine_tunes": [asdict(entry) for entry in self._controls.ledger]}

    def _failures(self, _: Request) -> object:
        return {"resource_failures": [asdict(armed) for armed in self._controls.resource_failures.armed]}

    def _arm_failure(self, request: Request) -> object:
        return asdict(arm_failure(self._controls.resource_failures, request.body))

    def _disarm_failures(self, _: Request) -> object:
        self._controls.resource_failures.clear()
        return {"resource_failures": []}

    def _behaviour(self, _: Request | None = None) -> object:
        return self._controls.switches.as_json()

    def _set_behaviour(self, request: Request) -> object:
        switches = self._controls.switches
        switches.set(Fields.of(request.body, switches.as_json()).values())
        return self._behaviour()

    def _transitions(self, _: Request | None = None) -> object:
        return self._controls.transitions.as_json()

    def _set_transitions(self, request: Request) -> object:
        fields = Fields.of(request.body, ("progression", "reads", "seconds", "pending"))
        progression = fields.text("progression")
        transitions = self._controls.transitions
        if progression == "immediate":
            transitions.immediate()
        elif progression == "reads":
            transitions.after_reads(fields.whole("reads", low=1, high=MAX_READS) if "reads" in fields else 1)
        elif progression == "seconds":
            pending = fields.number("pending", low=0, high=MAX_SECONDS) if "pending" in fields else 0.0
            seconds = fields.number("seconds", low=0, high=MAX_SECONDS)
            transitions.after_seconds(seconds, pending_seconds=pending)
        else:
            raise ControlError(f"progression is {progression!r}; it must be immediate, reads or seconds")
        return self._transitions()


def _logged_json(logged: LoggedRequest) -> dict[str, object]:
    return {
        "service": logged.service,
        "operation": logged.operation,
        "method": logged.method,
        "path": logged.raw_path,
        "status": logged.status,
        "at": logged.answered_at,
    }


def _host_name(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_loopback(name: str) -> bool:
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _json(status: int, content: object) -> Response:
    return Response(
        status=status,
        headers={"Content-Type": "application/json"},
        body=json.dumps(content, ensure_ascii=False).encode("utf-8", "replace") + b"\n",
    )


def _check_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _Refused(415, "send the header Content-Type: application/json")
    if len(request.body) > MAX_BODY_BYTES:
        raise _Refused(413, f"a body has at most {MAX_BODY_BYTES} bytes here")
