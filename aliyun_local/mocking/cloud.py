"""The cloud that a test talks to: emulators in memory, empty at first, and the controls of them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from aliyun_local.clock import ControlledClock, SystemClock
from aliyun_local.control import ControlledServer, Controls, FaultControls, Transitions
from aliyun_local.credentials import AccessKeys, AnyAccessKey
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.deployment import Deployment, resolve
from aliyun_local.emulators import ACCOUNT_ID, REGION, Emulators
from aliyun_local.function_compute.errors import access_denied
from aliyun_local.function_compute.models import FunctionCompute
from aliyun_local.function_compute.signatures import SignatureCheck
from aliyun_local.mocking.hosts import FUNCTION_COMPUTE, HTTP_TRIGGER, TABLESTORE, HostNames
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.notifications import event_json
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Call, Front, Request, Response
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.template import Resources, Template

# The key that issues the temporary credentials of deployed functions where no key was named.
_OWN_KEY = ("LTAImockaliyun", "mock-aliyun-secret")
_DEPLOYED_DASHSCOPE_KEY = "sk-mock-aliyun"


class NotDeployed(RuntimeError):
    """There are no functions: start with mock_aliyun(template=...) or call deploy() first."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(str(type(self).__doc__))


class MockCloud:
    """One account; every attribute may be used from any thread.

    Attributes:
        controls: the same controls as a dictionary of the HTTP API would give.
        faults: arms errors, dropped replies, delays and throttling by service and operation.
        transitions: what moves fine-tunes and portrait tasks on; at first each state is shown once.
        clock: the cloud's time; the code under test keeps the machine's.
        resources: what is deployed, if anything.
    """

    def __init__(
        self,
        *,
        keys: Mapping[str, str] | None = None,
        api_keys: Sequence[str] | None = None,
        instances: Sequence[str] | None = None,
        passthrough: Sequence[str] | bool = False,
    ) -> None:
        """Make the account; see :func:`aliyun_local.mocking.mock_aliyun` for the options."""
        self.clock = ControlledClock()
        self.passthrough = passthrough
        self.checks_secrets = keys is not None
        self.resources: Resources | None = None
        self._names = HostNames(REGION)
        self._api_keys = api_keys
        self._instances = instances
        self._keys: AccessKeys = AnyAccessKey(SystemClock()) if keys is None else AccessKeys(SystemClock())
        for key_id, secret in (keys or dict([_OWN_KEY])).items():
            self._keys.add(key_id, secret)
        self._deployment: Deployment | None = None
        self._make_again: Callable[[], object] | None = None
        self._servers = ExitStack()
        self._open()
        self.controls = Controls(
            self.clock,
            fronts=lambda: self.fronts,
            behaviour=lambda: self.dashscope.behaviour,
            default_behaviour=_behaviour,
            reset=self._begin_anew,
        )

    # -- what is there ------------------------------------------------------------------------------

    @property
    def oss(self) -> ObjectStore:
        """The buckets and objects."""
        return self._emulators.objects

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
        if self._deployment is None:
            raise NotDeployed
        return self._deployment.compute

    @property
    def faults(self) -> FaultControls:
        """The faults that are armed."""
        return self.controls.faults

    @property
    def transitions(self) -> Transitions:
        """What moves states on."""
        return self.controls.transitions

    @property
    def requests(self) -> list[Call]:
        """The requests so far, oldest first; ``controls.requests(service, operation)`` picks some."""
        return self.controls.requests()

    # -- what can be done ---------------------------------------------------------------------------

    def reset(self) -> None:
        """Make everything as it was at first; what was deployed is deployed anew."""
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
        """Make what a template describes and let its triggers fire.

        Functions run in processes of their own, so patches of the test do not reach into them.

        Args:
            template: the template's path.
            code: the folder of the functions' code; by default the template's folder.
            tick_seconds: the timers' interval in place of the template's.
            on_log: gets a function's name and each line that it logs.
            parameters: the template's parameters; those for endpoints and keys have values already.

        Returns:
            The names and settings of what is there now.

        Raises:
            RuntimeError: something is deployed already.
            TemplateError: the template cannot be resolved with these parameters.
        """
        if self._deployment is not None:
            raise RuntimeError("a template is deployed already; a mock has one")
        urls = {name: self._serve(name) for name in ("oss", "ots", "dashscope")}
        endpoints = {
            "DashScopeBaseUrl": f"{urls['dashscope']}/api/v1",
            "OssEndpoint": urls["oss"],
            "OssPublicEndpoint": urls["oss"],
            "OtsEndpoint": urls["ots"],
        }
        resources = self._resolve(template, endpoints, parameters)
        self._make_again = partial(
            self._deploy, resources, code or Path(template).resolve().parent, tick_seconds, on_log
        )
        self._make_again()
        return resources

    def create_stores(self, template: Path | str, **parameters: object) -> Resources:
        """Make the bucket and the tables of a template, and nothing that runs.

        For code under test that is called by the test itself; what its functions have in their environment,
        with production endpoints, is in ``functions[name].environment`` of what is returned.

        Raises:
            TemplateError: the template cannot be resolved with these parameters.
        """
        resources = self._resolve(template, {}, parameters)
        self._make_again = lambda: self._emulators.create(resources)
        self._make_again()
        self.resources = resources
        return resources

    def take_events(self) -> list[bytes]:
        """Return the events of the uploads since the last call, each as an OSS trigger hands it over.

        For a handler that the test calls itself. What is deployed takes them as well: use one or the other.
        """
        events = []
        while waiting := self.oss.pending_notifications():
            for notification in waiting:
                event = event_json(notification, ACCOUNT_ID, REGION)
                events.append(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogateescape"))
                self.oss.acknowledge(notification.id)
        return events

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until every upload has reached its functions and none of them runs.

        Raises:
            NotDeployed: there are no functions.
            TimeoutError: that takes longer than ``timeout`` seconds.
        """
        if self._deployment is None:
            raise NotDeployed
        if not self._deployment.settle(timeout):
            raise TimeoutError(f"functions are still running after {timeout:g} seconds")

    def close(self) -> None:
        """Forget everything."""
        self._servers.close()
        if self._deployment is not None:
            self._deployment.close()
        self._emulators.close()

    # -- for the interception -----------------------------------------------------------------------

    def service_of(self, host: str) -> str | None:
        """Return the service of a production host name."""
        return self._names.service_of(host)

    def answer(self, request: Request) -> Response:
        """Answer a request by the host that it names."""
        service = self.service_of(request.host.partition(":")[0])
        if service is None:
            return _unknown_host(request)
        if service in (FUNCTION_COMPUTE, HTTP_TRIGGER) and service not in self.fronts:
            return _nothing_deployed()
        if service == TABLESTORE:
            self._make_instance(request)
        return self.fronts[service](request)

    # -- inside -------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._emulators = Emulators(None, self.clock, self._keys, _behaviour(), api_keys=self._api_keys)
        for instance in self._instances or ():
            self.tablestore.create_instance(instance)
        self.fronts: dict[str, Front] = dict(self._emulators.fronts)

    def _begin_anew(self) -> None:
        if self._deployment is not None:
            self._deployment.close()
        before = self._emulators
        self._open()
        before.close()
        if self._make_again is not None:
            self._make_again()

    def _resolve(
        self, path: Path | str, endpoints: Mapping[str, str], parameters: Mapping[str, object]
    ) -> Resources:
        declared = Template.from_file(Path(path)).document.get("Parameters") or {}
        defaults = {
            "BucketName": "facechain-photos",
            "CodeBucket": "mock",
            "CodeObject": "mock",
            "DashScopeApiKey": self._api_keys[0] if self._api_keys else _DEPLOYED_DASHSCOPE_KEY,
            "StatusToken": "mock-status-token",
            **endpoints,
        }
        known = {name: value for name, value in defaults.items() if name in declared}
        return resolve(Path(path), {**known, **parameters})

    def _deploy(
        self,
        resources: Resources,
        code: Path,
        tick_seconds: float | None,
        on_log: Callable[[str, str], object] | None,
    ) -> None:
        authenticate = SignatureCheck(self._keys, SystemClock()) if self.checks_secrets else _any_caller
        self._deployment = Deployment(
            self._emulators,
            resources,
            self.clock,
            self._keys,
            code=code,
            authenticate=authenticate,
            tick_seconds=tick_seconds,
            on_log=on_log,
        )
        self.resources = resources
        self.fronts.update(self._deployment.fronts)
        self._deployment.start()

    def _serve(self, name: str) -> str:
        """Return the loopback address of a service, for functions in processes of their own."""
        answer = ControlledServer(lambda request: self.fronts[name](request), self.controls)
        return self._servers.enter_context(LoopbackServer(answer)).url

    def _make_instance(self, request: Request) -> None:
        """Let there be the instance that is asked for, since Tablestore's clients cannot make one."""
        name = request.headers.get("x-ots-instancename", "")
        if self._instances is None and name and not self.tablestore.has_instance(name):
            self.tablestore.create_instance(name)


def _behaviour() -> Behaviour:
    return Behaviour(progression="reads")


def _any_caller(request: Request, for_trigger: bool) -> None:  # noqa: ARG001 (an Authenticator's)
    if not request.headers.get("authorization", "").strip():
        raise access_denied("required HTTP header Authorization was not specified")


def _nothing_deployed() -> Response:
    return Response(status=404, headers={"X-Fc-Error-Type": "FcCommonError"}, body=_NOTHING_DEPLOYED)


def _unknown_host(request: Request) -> Response:
    host = request.host.partition(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Response(status=421, body=b"no service of this mock has this host name\n")
    return Response(status=421, body=b"ask by the service's production host name\n")


_NOTHING_DEPLOYED = b'{"ErrorCode": "FunctionNotFound", "ErrorMessage": "nothing is deployed in this mock"}'
