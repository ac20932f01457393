"""The templates of a mock: stores and functions, made at once and again after each reset.

Used by :mod:`aliyun_local.mocking.cloud`. Functions run in processes of their own, where no connection is
intercepted. Their parameters therefore name loopback addresses, on which the mock serves them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from aliyun_local.account import Account
from aliyun_local.clock import Clock, SystemClock
from aliyun_local.control import ControlledServer, Controls
from aliyun_local.credentials import AccessKeys
from aliyun_local.deployment import Deployment, RunOptions, resolve
from aliyun_local.emulators import Emulators
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.http.errors import access_denied
from aliyun_local.function_compute.http.signatures import Authenticator, SignatureCheck
from aliyun_local.parameters import filled_in
from aliyun_local.serving.destinations import INTERNAL_OSS, PUBLIC_OSS, Listener
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Request, Response
from aliyun_local.template import Resources

SERVICES = (INTERNAL_OSS, PUBLIC_OSS, "ots", "dashscope", "sls")
"""The endpoints of the services that functions call."""


class NotDeployed(RuntimeError):
    """There are no functions: start with mock_aliyun(template=...) or call deploy() first."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(str(type(self).__doc__))


class MockDeployment:
    """The templates of one mock; at most one of them has its functions running."""

    def __init__(
        self,
        clock: Clock,
        keys: AccessKeys,
        account: Account,
        *,
        checks_secrets: bool,
        emulators: Callable[[], Emulators],
    ) -> None:
        """Deploy nothing yet.

        Args:
            clock: the time of timers, queue and events.
            keys: issues the functions' temporary credentials.
            account: the secrets that parameters may name.
            checks_secrets: whether the signatures of calls of Function Compute are compared.
            emulators: returns the services as they are now; a reset makes new ones.
        """
        self.resources: Resources | None = None
        self._clock = clock
        self._keys = keys
        self._account = account
        self._checks_secrets = checks_secrets
        self._emulators = emulators
        self._running: Deployment | None = None
        self._steps: list[Callable[[], object]] = []
        self._servers = ExitStack()
        self._listeners: list[Listener] = []

    @property
    def fronts(self) -> Mapping[str, Front]:
        """The Function Compute of the functions that run, if any do."""
        return self._running.fronts if self._running else {}

    @property
    def listeners(self) -> Sequence[Listener]:
        """The addresses at which the functions reach the services."""
        return self._listeners

    @property
    def compute(self) -> FunctionCompute:
        """The functions.

        Raises:
            NotDeployed: there are none.
        """
        if self._running is None:
            raise NotDeployed
        return self._running.compute

    def deploy(
        self, template: Path, parameters: Mapping[str, object], options: RunOptions, controls: Controls
    ) -> Resources:
        """Make everything that ``template`` describes, and start its triggers.

        Raises:
            RuntimeError: the functions of a template run already.
            TemplateError: the template cannot be resolved with these parameters.
        """
        if self._running is not None:
            raise RuntimeError("a template is deployed already; a mock has one")
        urls = {name: self._serve(name, controls) for name in SERVICES}
        resources = resolve(template, filled_in(parameters, urls, self._account))
        return self._make(resources, lambda: self._start(resources, options))

    def create_stores(self, template: Path, parameters: Mapping[str, object]) -> Resources:
        """Make the buckets and tables that ``template`` describes.

        Raises:
            TemplateError: the template cannot be resolved with these parameters.
        """
        resources = resolve(template, filled_in(parameters, {}, self._account))
        return self._make(resources, lambda: self._emulators().create(resources))

    def make_again(self) -> None:
        """Make everything once more, over new emulators."""
        for step in self._steps:
            step()

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait until every upload has reached its functions and none runs; False: it took too long.

        Raises:
            NotDeployed: there are no functions.
        """
        if self._running is None:
            raise NotDeployed
        return self._running.wait_until_idle(timeout_seconds)

    def stop(self) -> None:
        """End the functions."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def close(self) -> None:
        """End the functions and close the loopback addresses."""
        self._servers.close()
        self.stop()

    def _make(self, resources: Resources, step: Callable[[], object]) -> Resources:
        step()
        self._steps.append(step)
        self.resources = resources
        return resources

    def _start(self, resources: Resources, options: RunOptions) -> None:
        check: Authenticator = _require_a_signature
        if self._checks_secrets:
            check = SignatureCheck(self._keys, SystemClock())
        deployment = Deployment(self._emulators(), resources, self._clock, self._keys, check, options)
        self._running = deployment.start()

    def _serve(self, name: str, controls: Controls) -> str:
        """Return the loopback address of a service."""

        def answer(request: Request) -> Response:
            if name == PUBLIC_OSS:
                return self._emulators().fronts[INTERNAL_OSS](replace(request, endpoint=PUBLIC_OSS))
            return self._emulators().fronts[name](request)

        server = self._servers.enter_context(LoopbackServer(ControlledServer(answer, controls)))
        self._listeners.append(server.listener(name))
        return server.url


def _require_a_signature(request: Request, for_trigger: bool) -> None:  # noqa: ARG001 (an Authenticator's)
    if not request.headers.get("authorization", "").strip():
        raise access_denied("required HTTP header Authorization was not specified")
