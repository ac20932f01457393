"""A deployed template: its stores, its triggers, and its functions in processes of their own.

The template is resolved with parameters that lead to loopback endpoints, just as ROS resolves it with the
cloud's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aliyun_local.clock import Clock, SystemClock
from aliyun_local.credentials import AccessKeys, TemporaryCredentials
from aliyun_local.emulators import ACCOUNT_ID, REGION, Emulators
from aliyun_local.function_compute.models import FunctionCompute
from aliyun_local.function_compute.responses import FunctionComputeService, HttpTriggerService
from aliyun_local.function_compute.signatures import Authenticator
from aliyun_local.function_compute.triggers import OssTriggerPump
from aliyun_local.oss.state.notifications import event_json
from aliyun_local.serving.wire import Front
from aliyun_local.template import Resources, Template

CREDENTIALS_KEPT_SECONDS = 3600.0
# Function Compute lets the pauses between asynchronous retries grow to minutes; nobody waits that long here.
MAX_RETRY_DELAY_SECONDS = 5.0
WARM_INSTANCES = 5


def resolve(template: Path, parameters: Mapping[str, object]) -> Resources:
    """Resolve ``template`` for the local account; raises TemplateError."""
    pseudo = {"ALIYUN::Region": REGION, "ALIYUN::TenantId": ACCOUNT_ID}
    attributes = {"StatusTrigger.UrlInternet": "http://127.0.0.1"}
    return Template.from_file(template).resolve(parameters, pseudo, attributes)


class Deployment:
    """The functions of resolved :class:`Resources` over :class:`Emulators`; triggers fire once it started."""

    def __init__(
        self,
        emulators: Emulators,
        resources: Resources,
        clock: Clock,
        keys: AccessKeys,
        *,
        code: Path,
        libraries: Path | None = None,
        preloaded: Sequence[str] = (),
        data: Path | None = None,
        authenticate: Authenticator | None = None,
        tick_seconds: float | None = None,
        on_log: Callable[[str, str], object] | None = None,
    ) -> None:
        """Make the stores and load the code.

        Args:
            emulators: where buckets and tables are made.
            resources: what is deployed.
            clock: the time of timers, queue and events.
            keys: issues the functions' temporary credentials.
            code: the folder of the functions' code.
            libraries: a folder of libraries that the functions find before this environment's.
            preloaded: modules that all instances import, loaded once for all of them.
            data: the folder for queue and logs; None keeps both in memory.
            authenticate: checks who calls the API.
            tick_seconds: the timers' interval; None leaves the template's.
            on_log: gets a function's name and each line that it logs.
        """
        emulators.create(resources)
        self.resources = resources
        self.compute = FunctionCompute(
            data,
            resources,
            clock,
            code=code,
            # Clients compare the life of their credentials with the machine's clock.
            credentials=_KeptCredentials(keys, SystemClock()),
            libraries=libraries,
            preloaded=preloaded,
            tick_seconds=tick_seconds,
            max_delay_seconds=MAX_RETRY_DELAY_SECONDS,
            # More processes than cores would only start slower; what waits for one waits its turn.
            max_instances=max(2, os.cpu_count() or 2),
            warm_instances=WARM_INSTANCES,
            on_log=on_log,
        )
        self.fronts = {
            "fc": Front(FunctionComputeService(self.compute, authenticate=authenticate), now=clock.now)
        }
        if len(resources.http_triggers) == 1:
            trigger = HttpTriggerService(self.compute, authenticate=authenticate)
            self.fronts["status"] = Front(trigger, now=clock.now)
        self._pump = OssTriggerPump(emulators.objects, self.compute, event_json)
        emulators.objects.subscribe(self._pump.wake)

    def start(self) -> Deployment:
        """Begin to fire triggers and to run what is queued."""
        self.compute.start()
        self._pump.start()
        return self

    def settle(self, timeout: float) -> bool:
        """Deliver every upload to its triggers and wait until nothing runs; tell whether that was in time."""
        self._pump.drain()
        return self.compute.wait_idle(timeout)

    def close_triggers(self) -> None:
        """Fire no more triggers."""
        self._pump.close()

    def close(self) -> None:
        """End every function; what was accepted and lies on disk goes on at the next start."""
        self._pump.close()
        self.compute.close()


class _KeptCredentials:
    """The role's temporary credentials, the same ones for an hour, as Function Compute hands them out."""

    def __init__(self, keys: AccessKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: TemporaryCredentials | None = None
        self._kept_until = 0.0

    def __call__(self) -> TemporaryCredentials:
        with self._lock:
            if self._kept is None or self._clock.now() >= self._kept_until:
                self._kept = self._keys.issue_sts()
                self._kept_until = self._clock.now() + CREDENTIALS_KEPT_SECONDS
            return self._kept
