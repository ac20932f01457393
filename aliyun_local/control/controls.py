"""All controls of a local cloud in one object.

The local clouds make one and hand it to their users. :mod:`aliyun_local.control.api` serves it over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from aliyun_local.clock import Clock, ControlledClock
from aliyun_local.control.errors import ControlError
from aliyun_local.control.faults import FaultControls
from aliyun_local.control.services import NAMES, find_front
from aliyun_local.control.transitions import Transitions
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.fine_tune_ledger import LedgerEntry
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.ros.state.failures import ResourceFailures
from aliyun_local.ros.state.models import Stacks
from aliyun_local.serving.wire import Front, LoggedRequest
from aliyun_local.switches import Switches


class Controls:
    """The controls of one cloud.

    The parts of the cloud are given as functions that return them, because a reset makes new ones.

    Attributes:
        faults: arms errors, dropped replies, delays and throttling.
        transitions: how fine-tunes and portrait tasks move from state to state.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        fronts: Callable[[], Mapping[str, Front]],
        behaviour: Callable[[], Behaviour],
        default_behaviour: Callable[[], Behaviour],
        oss_behaviour: Callable[[], OssBehaviour],
        stacks: Callable[[], Stacks | None] = lambda: None,
        ledger: Callable[[], Sequence[LedgerEntry]],
        reset: Callable[[], object],
    ) -> None:
        """Take the cloud's parts.

        Args:
            clock: the cloud's clock.
            fronts: returns the services by their short names.
            behaviour: returns DashScope's switches.
            default_behaviour: returns DashScope's switches with their initial values.
            oss_behaviour: returns OSS's switches.
            stacks: returns the stacks of ROS, None in a cloud without them.
            ledger: returns every fine-tune that was ever submitted.
            reset: deletes all state, and brings back the first switches.
        """
        self._behaviour = behaviour
        self._oss_behaviour = oss_behaviour
        self._stacks = stacks
        self._no_failures = ResourceFailures()
        self._ledger = ledger
        self._clock = clock
        self._fronts = fronts
        self._reset = reset
        self.faults = FaultControls(fronts)
        self.transitions = Transitions(behaviour, default_behaviour)

    @property
    def clock(self) -> ControlledClock:
        """The cloud's clock.

        Raises:
            ControlError: the cloud was started with a clock of another kind.
        """
        if not isinstance(self._clock, ControlledClock):
            raise ControlError("the clock was given to this cloud when it was started; move it there")
        return self._clock

    @property
    def switches(self) -> Switches:
        """The switches of the account's services as they are now."""
        stacks = self._stacks()
        return Switches(
            oss=self._oss_behaviour(),
            dashscope=self._behaviour(),
            ros=stacks.behaviour if stacks else RosBehaviour(),
        )

    @property
    def resource_failures(self) -> ResourceFailures:
        """The failures of stacks' resources; in a cloud without stacks they strike nothing."""
        stacks = self._stacks()
        return stacks.failures if stacks else self._no_failures

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """Every fine-tune ever submitted, deleted ones included, oldest first: what the bill is made of."""
        return self._ledger()

    @property
    def services(self) -> list[str]:
        """The names of the cloud's services."""
        return [NAMES[short] for short in self._fronts()]

    def requests(self, service: str | None = None, operation: str | None = None) -> list[LoggedRequest]:
        """Return the latest requests, oldest first, optionally of one service or operation.

        Raises:
            ControlError: the service does not exist in this cloud.
        """
        fronts = self._fronts()
        if service is not None:
            find_front(fronts, service)
        found = [
            replace(logged, service=NAMES[short])
            for short, front in fronts.items()
            if service in (None, NAMES[short])
            for logged in list(front.log)
            if operation in (None, logged.operation)
        ]
        return sorted(found, key=lambda logged: logged.number)

    def forget_requests(self) -> None:
        """Empty the request log."""
        for front in self._fronts().values():
            front.log.clear()

    def reset(self) -> None:
        """Bring the cloud to its start: no data, faults or log, the machine's time, its first switches."""
        self.faults.clear()
        self.resource_failures.clear()
        if isinstance(self._clock, ControlledClock):
            self._clock.release()
        self._reset()
        self.forget_requests()
        self.transitions.reset()
