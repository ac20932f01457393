"""A deployed template: its stores, its triggers, and its functions in processes of their own.

The template is resolved as ROS resolves it, with parameters that lead to loopback endpoints. Used by
:mod:`aliyun_local.cloud` and :mod:`aliyun_local.mocking`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aliyun_local.clock import Clock, SystemClock
from aliyun_local.credentials import AccessKeys, TemporaryCredentials
from aliyun_local.emulators import ACCOUNT_ID, REGION, Emulators
from aliyun_local.function_compute.account.models import Account
from aliyun_local.function_compute.account.packages import FetchObject
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.errors import FunctionNotFound
from aliyun_local.function_compute.http.responses import FunctionComputeService, HttpTriggerService
from aliyun_local.function_compute.http.signatures import Authenticator
from aliyun_local.function_compute.oss_trigger import OssTriggerPump
from aliyun_local.function_compute.queue.dispatching import RetryPauses
from aliyun_local.function_compute.running.deployed import Code, DeployedFunctions
from aliyun_local.function_compute.running.own_code import OwnCode
from aliyun_local.function_compute.running.pools import InstanceLimits
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state.notifications import event_json
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.ros.http.responses import RosService
from aliyun_local.ros.state.models import Stacks
from aliyun_local.serving.wire import Front
from aliyun_local.template import Resources, Template

CREDENTIALS_KEPT_SECONDS = 3600.0
# Function Compute's pauses between asynchronous retries grow to minutes; a local run does not wait that long.
MAX_RETRY_DELAY_SECONDS = 5.0
WARM_INSTANCES = 5


def resolve(template: Path, parameters: Mapping[str, object], *, text_environment: bool = True) -> Resources:
    """Resolve ``template`` for the local account; raises TemplateError.

    ``text_environment`` is that of :meth:`aliyun_local.template.Template.resolve`.
    """
    pseudo = {"ALIYUN::Region": REGION, "ALIYUN::TenantId": ACCOUNT_ID}
    read = Template.from_file(template)
    # The port is bound once the template says that there is such a trigger.
    attributes = {
        f"{name}.{attribute}": "http://127.0.0.1"
        for name, resource in read.document["Resources"].items()
        if resource["Type"] == "ALIYUN::FC3::Trigger"
        for attribute in ("UrlInternet", "UrlIntranet")
    }
    return read.resolve(parameters, pseudo, attributes, text_environment=text_environment)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How the functions of a template run.

    Attributes:
        code: the folder of the functions' code, and the libraries that they find.
        data: the folder for queue and logs; None keeps both in memory.
        tick_seconds: the interval of all timer triggers; None leaves the template's.
        on_log: gets a function's name and each line that it logs.
        stacks: the file for the stacks of ROS; None keeps them in memory.
        ros_behaviour: the switches of ROS.
        default_domain: the HTTP trigger answers like the domain that Function Compute gives to each trigger
            (``*.fcapp.run``), and not like one's own; see :class:`FunctionCompute`.
    """

    code: Code
    data: Path | None = None
    tick_seconds: float | None = None
    on_log: Callable[[str, str], object] | None = None
    default_domain: bool = True
    stacks: Path | None = None
    ros_behaviour: RosBehaviour = field(default_factory=RosBehaviour)


class Deployment:
    """The functions of resolved :class:`Resources` over :class:`Emulators`; triggers fire once it started."""

    def __init__(
        self,
        emulators: Emulators,
        resources: Resources,
        clock: Clock,
        keys: AccessKeys,
        authenticate: Authenticator,
        options: RunOptions,
    ) -> None:
        """Make the stores and load the code.

        Args:
            emulators: where buckets and tables are made.
            resources: the resolved template.
            clock: the time of timers, queue and events.
            keys: issues the functions' temporary credentials.
            authenticate: checks the callers of the API.
            options: how the functions run.
        """
        emulators.create(resources)
        self.resources = resources
        self._logs, self._on_log = emulators.logs, options.on_log
        self.compute = _function_compute(resources, clock, keys, options, self._log)
        self.account = Account(self.compute, options.data, _reader_of(emulators))
        api = FunctionComputeService(self.compute, authenticate=authenticate, account=self.account)
        self.fronts = {"fc": Front(api, now=clock.now)}
        self.stacks = Stacks(
            options.stacks,
            clock,
            options.ros_behaviour,
            objects=emulators.objects,
            tables=emulators.tables,
            logs=emulators.logs,
            functions=self.account,
            region=resources.region,
            account_id=resources.account_id,
        )
        self.fronts["ros"] = Front(RosService(self.stacks, keys, clock, SystemClock()), now=clock.now)
        self._authenticate = authenticate
        self._clock = clock
        if len(resources.http_triggers) == 1:
            self.fronts["http"] = self.http_front(resources.http_triggers[0].function)
        self._pump = OssTriggerPump(emulators.objects, self.compute, event_json)
        emulators.objects.subscribe(self._pump.wake)

    def http_front(self, function: str) -> Front:
        """Return the front of a function's HTTP trigger, for an address of its own."""
        trigger = HttpTriggerService(self.compute, function, authenticate=self._authenticate)
        return Front(trigger, now=self._clock.now)

    def start(self) -> Deployment:
        """Begin to fire triggers and to run what is queued."""
        self.compute.start()
        self._pump.start()
        self.stacks.start()
        return self

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Deliver every upload to its triggers and wait until no function runs; False: it took too long."""
        self._pump.drain()
        return self.compute.wait_idle(timeout_seconds)

    def close_triggers(self) -> None:
        """Fire no more triggers, and interrupt the operations on stacks."""
        self.stacks.interrupt()
        self._pump.close()

    def close(self) -> None:
        """End every function; accepted invocations that are on disk continue at the next start."""
        self.stacks.close()
        self._pump.close()
        self.compute.close()
        self.account.close()

    def _log(self, name: str, line: str) -> None:
        """Write a line of a function to its Logstore, and tell whoever wants to know.

        Topic and fields are those of Function Compute, "Print function logs".
        """
        with suppress(FunctionNotFound):  # it was deleted while it ran
            logs = self.compute.function(name).logs
            if logs is not None:
                contents = {"functionName": name, "message": line, "qualifier": "LATEST", "versionId": ""}
                self._logs.append(logs.project, logs.name, f"FCLogs:{name}", contents)
        if self._on_log is not None:
            self._on_log(name, line)


def _function_compute(
    resources: Resources,
    clock: Clock,
    keys: AccessKeys,
    options: RunOptions,
    on_log: Callable[[str, str], object],
) -> FunctionCompute:
    deployed = DeployedFunctions(
        resources=resources,
        code=options.code,
        # Clients compare the life of their credentials with the machine's clock.
        credentials=_KeptCredentials(keys, SystemClock()),
        own_code=OwnCode(options.data and options.data / "code"),
    )
    compute = FunctionCompute(
        deployed,
        clock,
        data=options.data,
        # More processes than cores would only start slower; further invocations wait for their turn.
        limits=InstanceLimits(per_function=max(2, os.cpu_count() or 2), warm=WARM_INSTANCES),
        pauses=RetryPauses(longest_seconds=MAX_RETRY_DELAY_SECONDS),
        timer_interval_seconds=options.tick_seconds,
        on_log=on_log,
    )
    compute.default_domain = options.default_domain
    return compute


def _reader_of(emulators: Emulators) -> FetchObject:
    """Return what reads the code of functions and layers from the account's OSS."""

    def fetch(bucket: str, key: str) -> bytes:
        try:
            return emulators.objects.get(bucket, key)[1]
        except OssError as problem:
            raise LookupError(key) from problem

    return fetch


class _KeptCredentials:
    """The role's temporary credentials: the same ones for an hour, as Function Compute gives them."""

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
