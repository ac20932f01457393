"""Everything that a test may do to a cloud from outside, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from aliyun_local.clock import Clock, ControlledClock
from aliyun_local.control.errors import ControlError
from aliyun_local.control.faults import FaultControls
from aliyun_local.control.services import NAMES, find_front
from aliyun_local.control.transitions import Transitions
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.serving.wire import Call, Front


class Controls:
    """The controls of one cloud, whose parts are asked for anew each time, since a reset makes new ones."""

    def __init__(
        self,
        clock: Clock,
        *,
        fronts: Callable[[], Mapping[str, Front]],
        behaviour: Callable[[], Behaviour],
        default_behaviour: Callable[[], Behaviour],
        reset: Callable[[], object],
    ) -> None:
        """Take the cloud's parts.

        Args:
            clock: the cloud's time.
            fronts: the services by their short names.
            behaviour: DashScope's switches as they are.
            default_behaviour: the same as they were at first.
            reset: throws away all state.
        """
        self._clock = clock
        self._fronts = fronts
        self._reset = reset
        self.faults = FaultControls(fronts)
        self.transitions = Transitions(behaviour, default_behaviour)

    @property
    def clock(self) -> ControlledClock:
        """The cloud's clock.

        Raises:
            ControlError: whoever started the cloud gave it a clock of another kind.
        """
        if not isinstance(self._clock, ControlledClock):
            raise ControlError("the clock was given by whoever started this cloud; move it there")
        return self._clock

    @property
    def services(self) -> list[str]:
        """The names of the services that are here."""
        return [NAMES[short] for short in self._fronts()]

    def requests(self, service: str | None = None, operation: str | None = None) -> list[Call]:
        """Return the latest requests, oldest first; of one service or operation if it is named.

        Raises:
            ControlError: there is no such service.
        """
        fronts = self._fronts()
        if service is not None:
            find_front(fronts, service)
        calls = [
            replace(call, service=NAMES[short])
            for short, front in fronts.items()
            if service in (None, NAMES[short])
            for call in list(front.calls)
            if operation in (None, call.operation)
        ]
        return sorted(calls, key=lambda call: call.number)

    def forget_requests(self) -> None:
        """Empty the request log."""
        for front in self._fronts().values():
            front.calls.clear()

    def reset(self) -> None:
        """Make the cloud as it was at first: no state, no faults, no log, the machine's time."""
        self.faults.clear()
        if isinstance(self._clock, ControlledClock):
            self._clock.release()
        self._reset()
        self.forget_requests()
        self.transitions.reset()
