"""The controls over HTTP, under a path of each loopback server that no client of the service uses.

An endpoint on an IP address has the bucket first in its path, and no bucket's name has an underscore; no
other service has an operation that begins like that. Whoever may steer the cloud here can do no more than
somebody who holds its keys, and only on this machine: requests from other addresses are refused, whatever
address the servers listen on, and so are those that name another host, as a web page does whose name was
made to lead here. A page of another origin can neither read an answer nor send JSON or a DELETE, and nothing
else changes anything.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import parse_qs

from aliyun_local.control.controls import Controls
from aliyun_local.control.errors import ControlError
from aliyun_local.serving.wire import Request, Response

CONTROL_PATH = "/_control"
MAX_BODY_BYTES = 64 * 1024
_KINDS = ("error", "throttle", "drop", "delay")


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ControlledServer:
    """A server's answers, with the controls under :data:`CONTROL_PATH`."""

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
            "transitions": {"GET": self._transitions, "PUT": self._set_transitions},
        }

    def __call__(self, request: Request) -> Response:
        """Answer ``request``."""
        path = request.raw_path
        if path != CONTROL_PATH and not path.startswith(f"{CONTROL_PATH}/"):
            return self._answer(request)
        if not _is_loopback(_host_name(request.host)):
            # By the service's own host name this is an object's key.
            return self._answer(request)
        try:
            if not _is_loopback(request.remote_address):
                raise _Refused(403, "the controls are for callers on the same machine")
            if request.broken is not None:
                raise _Refused(request.broken.status, request.broken.message)
            return _json(200, self._run(request, path[len(CONTROL_PATH) :].strip("/")))
        except _Refused as refused:
            return _json(refused.status, {"error": refused.message})
        except ControlError as problem:
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
        body = _fields(request, "advance", "set", "hold", "release")
        if len(body) != 1:
            raise ControlError(
                'give one of {"advance": 60}, {"set": 1767225600}, {"hold": true}, {"release": true}'
            )
        clock = self._controls.clock
        if "advance" in body:
            clock.advance(_number(body, "advance", low=-1e9, high=1e9))
        elif "set" in body:
            clock.set(_number(body, "set", low=0, high=1e11))
        elif "release" in body:
            _true(body, "release")
            clock.release()
        elif body["hold"] is True:
            clock.hold()
        else:
            clock.hold(_number(body, "hold", low=0, high=1e11))
        return self._clock()

    def _faults(self, _: Request) -> object:
        return {"faults": [armed.as_json() for armed in self._controls.faults]}

    def _arm(self, request: Request) -> object:
        body = _fields(
            request,
            *(
                "service",
                "operation",
                "kind",
                "times",
                "status",
                "code",
                "message",
                "after_effect",
                "seconds",
            ),
        )
        service = _text(body, "service")
        operation = _text(body, "operation", "*")
        kind = _text(body, "kind", "error")
        times: int | None = 1
        if "times" in body:
            times = None if body["times"] is None else _whole(body, "times", low=1, high=1_000_000)
        faults = self._controls.faults
        if kind == "error":
            armed = faults.error(
                service,
                operation,
                status=_whole(body, "status", low=400, high=599),
                code=_text(body, "code"),
                message=_text(body, "message", ""),
                after_effect=_flag(body, "after_effect", default=False),
                times=times,
            )
        elif kind == "throttle":
            armed = faults.throttle(service, operation, times=times)
        elif kind == "drop":
            after_effect = _flag(body, "after_effect", default=True)
            armed = faults.drop(service, operation, after_effect=after_effect, times=times)
        elif kind == "delay":
            seconds = _number(body, "seconds", low=0, high=3600)
            armed = faults.delay(service, operation, seconds=seconds, times=times)
        else:
            raise ControlError(f"kind is {kind!r}; it must be {', '.join(_KINDS)}")
        return armed.as_json()

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
            raise ControlError(f"the log is not sorted out by {unknown[0]!r}; use service and operation")
        calls = self._controls.requests(query.get("service"), query.get("operation"))
        return {
            "requests": [
                {
                    "service": call.service,
                    "operation": call.operation,
                    "method": call.method,
                    "path": call.raw_path,
                    "status": call.status,
                    "at": call.at,
                }
                for call in calls
            ]
        }

    def _forget_requests(self, _: Request) -> object:
        self._controls.forget_requests()
        return {"requests": []}

    def _transitions(self, _: Request | None = None) -> object:
        return self._controls.transitions.as_json()

    def _set_transitions(self, request: Request) -> object:
        body = _fields(request, "progression", "reads", "seconds", "pending")
        progression = _text(body, "progression")
        transitions = self._controls.transitions
        if progression == "immediate":
            transitions.immediate()
        elif progression == "reads":
            transitions.after_reads(_whole(body, "reads", low=1, high=1000) if "reads" in body else 1)
        elif progression == "seconds":
            pending = _number(body, "pending", low=0, high=86_400) if "pending" in body else 0.0
            transitions.after_seconds(_number(body, "seconds", low=0, high=86_400), pending=pending)
        else:
            raise ControlError(f"progression is {progression!r}; it must be immediate, reads or seconds")
        return self._transitions()


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
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refused(415, "send the header Content-Type: application/json")
    if len(request.body) > MAX_BODY_BYTES:
        raise _Refused(413, f"a body has at most {MAX_BODY_BYTES} bytes here")


def _fields(request: Request, *names: str) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise ControlError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise ControlError("the body is not a JSON object")
    unknown = sorted(body.keys() - set(names))
    if unknown:
        raise ControlError(f"there is no field {unknown[0]!r}; there are {', '.join(names)}")
    return cast("dict[str, Any]", body)


def _text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise ControlError(f"{name} must be given as text" if value is None else f"{name} must be text")
    return value


def _number(body: Mapping[str, Any], name: str, *, low: float, high: float) -> float:
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ControlError(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


def _whole(body: Mapping[str, Any], name: str, *, low: int, high: int) -> int:
    value = _number(body, name, low=low, high=high)
    if value != int(value):
        raise ControlError(f"{name} must be a whole number")
    return int(value)


def _flag(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise ControlError(f"{name} must be true or false")
    return value


def _true(body: Mapping[str, Any], name: str) -> None:
    if body[name] is not True:
        raise ControlError(f"{name} can only be true")
