"""The JSON body that arms a failure of a stack's resource, for :mod:`aliyun_local.control.api`."""

from __future__ import annotations

from aliyun_local.control.errors import ControlError
from aliyun_local.control.fields import Fields
from aliyun_local.ros.state.failures import ACTIONS, ANY, ResourceFailure, ResourceFailures

_NAMES = ("resource", "action", "code", "message", "times")
_MAX_TIMES = 1_000_000


def arm_failure(failures: ResourceFailures, body: bytes) -> ResourceFailure:
    """Arm the failure that ``body`` describes.

    Raises:
        ControlError: a field is missing, unknown or out of bounds.
    """
    fields = Fields.of(body, _NAMES)
    action = fields.text("action", ANY)
    if action not in (*ACTIONS, ANY):
        raise ControlError(f"action is {action!r}; it must be {', '.join(ACTIONS)} or {ANY}")
    times: int | None = 1
    if "times" in fields:
        times = None if fields.is_null("times") else fields.whole("times", low=1, high=_MAX_TIMES)
    return failures.arm(
        fields.text("resource"),
        action,
        code=fields.text("code"),
        message=fields.text("message", ""),
        times=times,
    )
