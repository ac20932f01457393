"""The cloud of a test: emulators in memory, empty at first, and their controls. Made by :mod:`.entry`."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aliyun_local.account import Account
from aliyun_local.clock import ControlledClock, SystemClock
from aliyun_local.control import Controls, FaultControls, Transitions
from aliyun_local.credentials import AccessKeys, AnyAccessKey
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.deployment import RunOptions
from aliyun_local.emulators import ACCOUNT_ID, REGION, Emulators
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.running.deployed import Code
from aliyun_local.mocking.deployment import MockDeployment
from aliyun_local.mocking.hosts import FUNCTION_COMPUTE, HTTP_TRIGGER, TABLESTORE, HostNames
from aliyun_local.mocking.interception import INTERCEPTION
from aliyun_local.mocking.refusals import nothing_deployed, unknown_host
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.doors import bucket_bound_to
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.notifications import event_json
from aliyun_local.serving.destinations import INTERNAL_OSS, PUBLIC_OSS
from aliyun_local.serving.wire import Front, LoggedRequest, Request, Response
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.template import Resources

# The account of a mock to which no keys were given.
_KEYS = {"LTAImockaliyun": "mock-aliyun-secret"}
_API_KEYS = ("sk-mock-aliyun",)


class MockCloud:
    """One account; every attribute may be used from any thread.

    Attributes:
        clock: the cloud's time; the code under test keeps the machine's.
        controls: everything that a test can change or ask; ``faults``, ``transitions`` and ``requests`` are
            parts of it.
    """

    def __init__(
        self,
        *,
        keys: Mapping[str, str] | None = None,
        api_keys: Sequence[str] | None = None,
        instances: Sequence[str] | None = None,
        passthrough: Sequence[str] | bool = False,
        oss_behaviour: OssBehaviour | None = None,
    ) -> None:
        """Make the account; see :func:`aliyun_local.mocking.mock_aliyun` for the options."""
        self.clock = ControlledClock()
        self.passthrough = passthrough
        self.checks_secrets = keys is not None
        self._names = HostNames(REGION)
        self._first_oss_behaviour = oss_behaviour or OssBehaviour()
        self._api_keys = api_keys
        self._instances = instances
        self._keys: AccessKeys = AnyAccessKey(SystemClock()) if keys is None else AccessKeys(SystemClock())
        known = keys or _KEYS
        for key_id, secret in known.items():
            self._keys.add(key_id, secret)
        self._emulators = self._new_emulators()
        self._deployment = MockDeployment(
            self.clock,
            self._keys,
            _account(known, api_keys or _API_KEYS),
            checks_secrets=self.checks_secrets,
            emulators=lambda: self._emulators,
        )
        self.controls = Controls(
            self.clock,
            fronts=lambda: self.fronts,
            behaviour=lambda: self.dashscope.behaviour,
            default_behaviour=_behaviour,
            oss_behaviour=lambda: self.oss_behaviour,
            ledger=lambda: self.dashscope.ledger(),
            reset=self._start_again,
        )

    # -- state --------------------------------------------------------------------------------------

    @property
    def oss(self) -> ObjectStore:
        """The buckets and objects."""
        return self._emulators.objects

    @property
    def oss_behaviour(self) -> OssBehaviour:
        """The switches of the OSS account; a reset brings back the first ones."""
        return self._emulators.oss_behaviour

    @property
    def tablestore(self) -> TableStore:
        """The instances, tables and rows."""
        return self._emulators.tables

    @property
    def dashscope(self) -> ModelStudio:
        """The fine-tunes, files and tasks; its ``behaviour`` has the limits and switches."""
        return self._emulators.studio

    @property
    def function_compute(self) -> FunctionCompute:
        """The deployed functions.

        Raises:
            NotDeployed: there are none.
        """
        return self._deployment.compute

    @property
    def resources(self) -> Resources | None:
        """The contents of the template that was deployed last, if one was."""
        return self._deployment.resources

    @property
    def faults(self) -> FaultControls:
        """The faults that are armed."""
        return self.controls.faults

    @property
    def transitions(self) -> Transitions:
        """The steps of fine-tunes and portrait tasks; at first each state is shown once."""
        return self.controls.transitions

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests so far, oldest first; ``controls.requests(service, operation)`` selects some."""
        return self.controls.requests()

    # -- actions ------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Return to the first state; a template that was deployed is deployed again."""
        self.controls.reset()

    def deploy(
        self,
        template: Path | str,
        *,
        code: Path | None = None,
        tick_seconds: float | None = None,
        on_log: Callable[[str, str], object] | None = None,
        **parameters: object,
    ) -> Resources:
        """Make everything that a template describes, and start its triggers.

        Functions run in processes of their own, so patches of the test do not reach into them.

        Args:
            template: the template's path.
            code: the folder of the functions' code; by default the template's folder.
            tick_seconds: the timers' interval in place of the template's.
            on_log: gets a function's name and each line that it logs.
            parameters: the template's parameters. A text may name an address or a secret of the mock, such as
                ``{oss}``; see :func:`aliyun_local.parameters.filled_in`.

        Returns:
            The names and settings of everything that was made.

        Raises:
            RuntimeError: a template is deployed already.
            TemplateError: the template cannot be resolved with these parameters.
        """
        path = Path(template).resolve()
        options = RunOptions(code=Code(folder=code or path.parent), tick_seconds=tick_seconds, on_log=on_log)
        return self._deployment.deploy(path, parameters, options, self.controls)

    def create_stores(self, template: Path | str, **parameters: object) -> Resources:
        """Make the buckets and tables of a template, without its functions.

        For functions that the test calls itself. ``functions[name].environment`` of the result is the
        environment that the template gives to a function.

        Raises:
            TemplateError: the template cannot be resolved with these parameters.
        """
        return self._deployment.create_stores(Path(template), parameters)

    def take_events(self) -> list[bytes]:
        """Return the events of the uploads since the last call, each as an OSS trigger hands it over.

        For functions that the test calls itself. Deployed functions take the same events: use one or the
        other.
        """
        events = []
        while waiting := self.oss.pending_notifications():
            for notification in waiting:
                event = event_json(notification, ACCOUNT_ID, REGION)
                events.append(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogateescape"))
                self.oss.acknowledge(notification.id)
        return events

    def wait_until_idle(self, timeout_seconds: float = 60.0) -> None:
        """Wait until every upload has reached its functions and none of them runs.

        Raises:
            NotDeployed: there are no functions.
            TimeoutError: functions still run after ``timeout_seconds``.
        """
        if not self._deployment.wait_until_idle(timeout_seconds):
            raise TimeoutError(f"functions are still running after {timeout_seconds:g} seconds")

    def close(self) -> None:
        """End the functions and drop all state."""
        self._deployment.close()
        self._emulators.close()

    # -- called by the interception -----------------------------------------------------------------

    @property
    def fronts(self) -> dict[str, Front]:
        """The services by their short names."""
        return {**self._emulators.fronts, **self._deployment.fronts}

    @property
    def domains(self) -> Collection[str]:
        """The domains that are bound to buckets."""
        return self.oss_behaviour.domains

    def service_of(self, host: str) -> str | None:
        """Return the service of a production host name, or of a domain that is bound to a bucket."""
        return INTERNAL_OSS if self._is_bound(host) else self._names.service_of(host)

    def answer(self, request: Request) -> Response:
        """Answer a request by the host that it names."""
        host = request.host.partition(":")[0]
        service = self.service_of(host)
        if service is None:
            return unknown_host(request)
        if self._is_bound(host) or self._names.endpoint_of(host) == PUBLIC_OSS:
            request = replace(request, endpoint=PUBLIC_OSS)
        fronts = self.fronts
        if service in (FUNCTION_COMPUTE, HTTP_TRIGGER) and service not in fronts:
            return nothing_deployed()
        if service == TABLESTORE and self._instances is None:
            self._emulators.make_instance_for(request)
        return fronts[service](request)

    def _is_bound(self, host: str) -> bool:
        return bool(bucket_bound_to(host, self.oss_behaviour.domains))

    # -- construction -------------------------------------------------------------------------------

    def _new_emulators(self) -> Emulators:
        emulators = Emulators(
            None,
            self.clock,
            self._keys,
            _behaviour(),
            api_keys=self._api_keys,
            oss_behaviour=copy.deepcopy(self._first_oss_behaviour),
            listeners=lambda: [*INTERCEPTION.listeners, *self._deployment.listeners],
        )
        for instance in self._instances or ():
            emulators.tables.create_instance(instance)
        return emulators

    def _start_again(self) -> None:
        self._deployment.stop()
        before, self._emulators = self._emulators, self._new_emulators()
        before.close()
        self._deployment.make_again()


def _behaviour() -> Behaviour:
    return Behaviour(progression="reads")


def _account(keys: Mapping[str, str], api_keys: Sequence[str]) -> Account:
    access_key_id, secret = next(iter(keys.items()))
    return Account(access_key_id=access_key_id, access_key_secret=secret, dashscope_api_key=api_keys[0])
