"""The JSON body that arms a fault, for :mod:`aliyun_local.control.api`."""

from __future__ import annotations

from dataclasses import fields as fields_of

from aliyun_local.control.errors import ControlError
from aliyun_local.control.faults import MAX_DELAY_SECONDS, MAX_FAULT_SECONDS, ArmedFault, FaultControls
from aliyun_local.control.fields import Fields
from aliyun_local.control.targets import Target
from aliyun_local.serving.wire import ANY_OPERATION

_KINDS = ("error", "throttle", "drop", "delay")
_TARGETS = tuple(field.name for field in fields_of(Target))
_NAMES = (
    *("service", "operation", "kind", "times", "for_seconds"),
    *("status", "code", "message", "after_effect", "seconds"),
    *_TARGETS,
)
_MAX_TIMES = 1_000_000


def arm(faults: FaultControls, body: bytes) -> ArmedFault:
    """Arm the fault that ``body`` describes.

    Raises:
        ControlError: a field is missing, unknown or out of bounds.
    """
    fields = Fields.of(body, _NAMES)
    service = fields.text("service")
    operation = fields.text("operation", ANY_OPERATION)
    times: int | None = 1
    if "times" in fields:
        if "for_seconds" in fields:
            raise ControlError("give times or for_seconds, not both")
        times = None if fields.is_null("times") else fields.whole("times", low=1, high=_MAX_TIMES)
    for_seconds = None
    if "for_seconds" in fields:
        for_seconds = fields.number("for_seconds", low=0.001, high=MAX_FAULT_SECONDS)
    on = _target(fields)
    kind = fields.text("kind", "error")
    if kind == "error":
        return faults.error(
            service,
            operation,
            code=fields.text("code"),
            status=fields.whole("status", low=200, high=599) if "status" in fields else None,
            message=fields.text("message", ""),
            after_effect=fields.flag("after_effect", default=False),
            times=times,
            for_seconds=for_seconds,
            on=on,
        )
    if kind == "throttle":
        return faults.throttle(service, operation, times=times, for_seconds=for_seconds, on=on)
    if kind == "drop":
        after_effect = fields.flag("after_effect", default=True)
        return faults.drop(
            service, operation, after_effect=after_effect, times=times, for_seconds=for_seconds, on=on
        )
    if kind == "delay":
        seconds = fields.number("seconds", low=0, high=MAX_DELAY_SECONDS)
        return faults.delay(service, operation, seconds=seconds, times=times, for_seconds=for_seconds, on=on)
    raise ControlError(f"kind is {kind!r}; it must be {', '.join(_KINDS)}")


def _target(fields: Fields) -> Target:
    given: dict[str, str | int] = {}
    for name in _TARGETS:
        if name in fields:
            given[name] = fields.text_or_whole(name) if name == "partition_key" else fields.text(name)
    return Target(**given)  # type: ignore[arg-type]  # each has been read as what its field is
