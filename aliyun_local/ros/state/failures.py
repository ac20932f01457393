"""Resources that fail on demand, for tests of what a deployment does then; a control arms them."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, replace

from aliyun_local.ros.kinds.base import ResourceFailed

ANY = "*"
ACTIONS = ("CREATE", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True)
class ResourceFailure:
    """A failure of the next ``times`` steps of a resource.

    Attributes:
        id: its number.
        resource: the logical id, or the type, or ``*`` for any.
        action: ``CREATE``, ``UPDATE``, ``DELETE``, or ``*`` for any.
        code: the code of the resource's service.
        message: its message.
        times: how often it is still to strike; None for ever.
    """

    id: int
    resource: str
    action: str
    code: str
    message: str
    times: int | None = 1


class ResourceFailures:
    """The failures that are armed. Thread-safe."""

    def __init__(self) -> None:
        """Arm none."""
        self._armed: list[ResourceFailure] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def arm(
        self, resource: str, action: str = ANY, *, code: str, message: str = "", times: int | None = 1
    ) -> ResourceFailure:
        """Let steps of ``resource`` fail, as :class:`ResourceFailure` says."""
        with self._lock:
            armed = ResourceFailure(
                id=next(self._ids),
                resource=resource,
                action=action,
                code=code,
                message=message or f"{code} was asked for",
                times=times,
            )
            self._armed.append(armed)
        return armed

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    @property
    def armed(self) -> list[ResourceFailure]:
        """What is armed, in the order of arming."""
        with self._lock:
            return list(self._armed)

    def strike(self, logical_id: str, kind: str, action: str) -> None:
        """Fail, if that is armed for this step.

        Raises:
            ResourceFailed: it is.
        """
        with self._lock:
            for position, armed in enumerate(self._armed):
                if armed.resource in (logical_id, kind, ANY) and armed.action in (action, ANY):
                    self._use(position, armed)
                    raise ResourceFailed(armed.code, armed.message)

    def _use(self, position: int, armed: ResourceFailure) -> None:
        if armed.times is None:
            return
        if armed.times <= 1:
            del self._armed[position]
        else:
            self._armed[position] = replace(armed, times=armed.times - 1)
