"""The instances of one function: their number, the idle ones, and the right to use one.

An invocation first reserves the right to run, and only then takes an instance. So a caller is refused before
a process is started for it, and the dispatcher can begin several invocations before the first instance is
ready. ``runner`` takes and gives back, ``FunctionCompute`` and the dispatcher reserve.

Idle times are those of real processes and are measured with the monotonic clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from aliyun_local.function_compute.errors import ConcurrencyExceeded
from aliyun_local.function_compute.running.instances import Instance, InstanceExited
from aliyun_local.template import Function


@dataclass(frozen=True, kw_only=True)
class InstanceLimits:
    """The bounds on the instances of a function: those that run on this machine, and those that it keeps.

    A function without reserved concurrency has ``unreserved`` instances at the most; no function has more
    than ``per_function``, whatever it has reserved. Up to ``warm`` idle ones are kept, for ``idle_seconds``.
    """

    unreserved: int = 4
    per_function: int = 16
    warm: int = 2
    idle_seconds: float = 300.0


class InstancePool:
    """The instances of one function. Thread-safe."""

    def __init__(self, function: Function, start: Callable[[], Instance], limits: InstanceLimits) -> None:
        """Start instances with ``start`` as needed, within ``limits``."""
        self.function = function
        reserved = function.reserved_concurrency
        self._most = min(limits.unreserved if reserved is None else reserved, limits.per_function)
        self._refuses = reserved is not None and reserved <= limits.per_function
        self._start = start
        self._limits = limits
        self._changed = threading.Condition()
        self._reserved = 0
        self._keeps = True
        self._idle: list[Instance] = []
        self._busy: set[Instance] = set()
        self._closed = False

    @property
    def refuses(self) -> bool:
        """Whether a call too many is refused at once, as reserved concurrency does in the cloud.

        Where the limit is this machine's own, callers wait for their turn instead.
        """
        return self._refuses

    @property
    def free(self) -> int:
        """The number of invocations that could begin now."""
        with self._changed:
            return 0 if self._closed else self._most - self._reserved

    @property
    def instances(self) -> list[Instance]:
        """Every instance there is, busy or idle."""
        with self._changed:
            return [*self._busy, *self._idle]

    def reserve(self, wait_seconds: float = 0.0) -> None:
        """Take the right to one invocation, waiting up to ``wait_seconds`` for it.

        Raises:
            ConcurrencyExceeded: all rights are taken, or the pool is closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._reserved < self._most, wait_seconds)
            if self._closed or self._reserved >= self._most:
                raise ConcurrencyExceeded
            self._reserved += 1

    def release(self) -> None:
        """Give the right back."""
        with self._changed:
            self._reserved -= 1
            self._changed.notify()

    def take(self) -> Instance:
        """Return an idle instance, or a new one; the caller holds a reservation.

        Raises:
            InstanceExited: the pool is closed.
            OSError: no process could be started.
        """
        with self._changed:
            while self._idle and not self._closed:
                instance = self._idle.pop()
                if instance.is_running:
                    self._busy.add(instance)
                    return instance
                instance.close()
        instance = self._start()
        with self._changed:
            if not self._closed:
                self._busy.add(instance)
                return instance
        instance.close()
        raise InstanceExited("the pool is closed")

    def give_back(self, instance: Instance, *, usable: bool) -> None:
        """Keep ``instance`` warm if it is ``usable`` and there is room, else end it."""
        with self._changed:
            self._busy.discard(instance)
            if usable and self._keeps and not self._closed and len(self._idle) < self._limits.warm:
                instance.released_at = time.monotonic()
                self._idle.append(instance)
                return
        instance.close()

    def retire_idle(self) -> None:
        """End the instances that have been idle for too long."""
        oldest = time.monotonic() - self._limits.idle_seconds
        with self._changed:
            old = [instance for instance in self._idle if instance.released_at < oldest]
            self._idle = [instance for instance in self._idle if instance.released_at >= oldest]
        for instance in old:
            instance.close()

    def retire(self) -> None:
        """Keep no instance any more: the idle ones end now, the busy ones with their invocation."""
        with self._changed:
            self._keeps = False
            idle, self._idle = self._idle, []
        for instance in idle:
            instance.close()

    def close(self) -> None:
        """End every instance; an invocation that runs on one learns that it exited."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
            self._changed.notify_all()
        for instance in busy:
            instance.kill()
        for instance in idle:
            instance.close()
