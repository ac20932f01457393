"""A local Aliyun on loopback, in one process: the services, durable, and a deployed template if one is given.

Made by the command ``aliyun-local`` (:mod:`aliyun_local.__main__`) and by programs of one's own. A test that
needs no sockets uses :mod:`aliyun_local.mocking` instead.
"""

from __future__ import annotations

import copy
import dataclasses
import shutil
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from aliyun_local.account import ACCOUNT_FILE, Account, open_account
from aliyun_local.clock import Clock, ControlledClock, SystemClock
from aliyun_local.cloud_options import Application, CloudOptions
from aliyun_local.control import ControlledServer, Controls
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.data_folder import DISPOSABLE_NAME, LOCK_NAME, DataFolder
from aliyun_local.deployment import Deployment, RunOptions, resolve
from aliyun_local.emulators import REGION, Emulators
from aliyun_local.function_compute.http.signatures import SignatureCheck
from aliyun_local.function_compute.running.deployed import Code
from aliyun_local.http_doors import HttpDoors
from aliyun_local.parameters import filled_in
from aliyun_local.serving.destinations import INTERNAL_OSS, PUBLIC_OSS, Listener
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Request, Response
from aliyun_local.template import Resources

__all__ = ["HTTP", "SERVICES", "Application", "CloudOptions", "LocalCloud", "PortInUse"]

SERVICES = (INTERNAL_OSS, PUBLIC_OSS, "ots", "dashscope", "fc", "ros")
"""The endpoints of the services. OSS has two: its internal one, and that for the public and bound domains."""
HTTP = "http"
"""The endpoint of the deployed HTTP trigger, if the template has exactly one."""
_KEPT_BY_RESET = {LOCK_NAME, DISPOSABLE_NAME, ACCOUNT_FILE}


class PortInUse(RuntimeError):
    """A port cannot be listened on.

    Attributes:
        endpoint: the endpoint that was to listen there.
    """

    def __init__(self, endpoint: str, host: str, port: int, problem: str) -> None:
        super().__init__(f"port {port} of {host} cannot be used for {endpoint} ({problem})")
        self.endpoint = endpoint


_Cloud = TypeVar("_Cloud", bound="LocalCloud")


class LocalCloud:
    """The services, wired together. A context manager: it answers from ``__enter__`` to ``__exit__``."""

    def __init__(
        self,
        options: CloudOptions,
        application: Application | None = None,
        *,
        clock: Clock | None = None,
        on_log: Callable[[str, str], object] | None = None,
    ) -> None:
        """Bind the ports and open the state; nothing answers before :meth:`start`.

        Args:
            options: where and how it runs.
            application: what is deployed, if anything.
            clock: the time of the services.
            on_log: gets a function's name and each line that it logs.

        Raises:
            DataFolderInUse, DataFolderNotDisposable: the folder cannot be used.
            PortInUse: a port is taken.
            TemplateError: the template cannot be resolved.
        """
        self.options = options
        self.application = application
        self.clock = clock or ControlledClock()
        self._on_log = on_log
        self._folder = DataFolder(options.data, disposable=options.disposable)
        self._servers: dict[str, LoopbackServer] = {}
        try:
            self._set_up()
        except BaseException:
            for server in self._servers.values():
                server.close()
            self._folder.close()
            raise

    def _set_up(self) -> None:
        self.account: Account = open_account(self._folder.path)
        self.keys = AccessKeys(SystemClock())
        self.keys.add(self.account.access_key_id, self.account.access_key_secret)
        self._resetting = threading.Lock()
        self.controls = Controls(
            self.clock,
            fronts=lambda: self.fronts,
            behaviour=lambda: self.studio.behaviour,
            default_behaviour=self._behaviour,
            oss_behaviour=lambda: self.oss_behaviour,
            stacks=lambda: self.stacks,
            ledger=lambda: self.studio.ledger(),
            reset=self.reset,
        )
        for name in SERVICES:
            self._servers[name] = self._bind(name)
        self.resources = self._resolve()
        if len(self.resources.http_triggers) == 1:
            self._servers[HTTP] = self._bind(HTTP)
        self._open()

    def start(self: _Cloud) -> _Cloud:
        """Begin to answer, and to fire triggers."""
        for server in self._servers.values():
            server.start()
        self._doors.start()
        self._deployment.start()
        return self

    def close(self) -> None:
        """Stop; everything that was accepted is on disk and continues at the next start."""
        self._deployment.close_triggers()
        self._doors.close_all()
        for name in (HTTP, "fc", "ros"):
            if name in self._servers:
                self._servers[name].close()
        self._deployment.close()
        for name in (INTERNAL_OSS, PUBLIC_OSS, "ots", "dashscope"):
            self._servers[name].close()
        self._emulators.close()
        self._folder.close()

    def reset(self) -> None:
        """Throw away everything but keys and ports, and begin as on the first start."""
        with self._resetting:
            self._deployment.close_triggers()
            self._doors.close_all()
            self._deployment.close()
            self._emulators.close()
            for path in self._folder.path.iterdir():
                if path.name not in _KEPT_BY_RESET:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            self._open()
            self._doors.start()
            self._deployment.start()

    def __enter__(self: _Cloud) -> _Cloud:
        """Start."""
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    def url(self, name: str) -> str:
        """Return the base URL of an endpoint: one of :data:`SERVICES`, or ``http``."""
        return self._servers[name].url

    @property
    def endpoints(self) -> dict[str, str]:
        """The addresses and keys, by the names of the usual environment variables."""
        return {
            "OSS_ENDPOINT": self.url(INTERNAL_OSS),
            "OSS_PUBLIC_ENDPOINT": self.url(PUBLIC_OSS),
            "OSS_REGION": REGION,
            "OTS_ENDPOINT": self.url("ots"),
            "DASHSCOPE_HTTP_BASE_URL": f"{self.url('dashscope')}/api/v1",
            "DASHSCOPE_API_KEY": self.account.dashscope_api_key,
            "FC_ENDPOINT": self.url("fc"),
            "ROS_ENDPOINT": self.url("ros"),
            **({"HTTP_TRIGGER_URL": self.url(HTTP)} if HTTP in self._servers else {}),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.account.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.account.access_key_secret,
        }

    def _open(self) -> None:
        """Open the state and deploy onto it."""
        application = self.application
        self._emulators = Emulators(
            self._folder.path,
            self.clock,
            self.keys,
            self._behaviour(),
            api_keys=[self.account.dashscope_api_key],
            oss_behaviour=copy.deepcopy(self.options.oss_behaviour),
            listeners=self._listeners,
        )
        self.objects = self._emulators.objects
        self.tables = self._emulators.tables
        self.studio = self._emulators.studio
        self.oss_behaviour = self._emulators.oss_behaviour
        code = Code(folder=self._folder.path)
        if application is not None:
            code = Code(
                folder=application.code,
                libraries=application.libraries,
                preloaded=tuple(application.preloaded),
                interpreter=application.interpreter,
            )
        self._deployment = Deployment(
            self._emulators,
            self.resources,
            self.clock,
            self.keys,
            SignatureCheck(self.keys, SystemClock()),
            RunOptions(
                code=code,
                data=self._folder.path / "function_compute",
                tick_seconds=self.options.tick_seconds,
                on_log=self._on_log,
                default_domain=self.options.default_domain,
                stacks=self._folder.path / "ros.sqlite",
                ros_behaviour=copy.deepcopy(self.options.ros_behaviour),
            ),
        )
        self.compute = self._deployment.compute
        self.functions = self._deployment.account
        self.stacks = self._deployment.stacks
        first_port = 0 if HTTP in self._servers else self.options.ports.get(HTTP, 0)
        self._doors = HttpDoors(self._deployment.http_front, self._listen, first_port=first_port)
        self.functions.open_doors(self._doors)

    @property
    def fronts(self) -> dict[str, Front]:
        """The services by their short names."""
        fronts = {**self._emulators.fronts, **self._deployment.fronts}
        if HTTP not in fronts and self._doors.front is not None:
            fronts[HTTP] = self._doors.front
        return fronts

    def _listeners(self) -> list[Listener]:
        servers = [*self._servers.items(), *((HTTP, server) for server in self._doors.servers())]
        return [server.listener(name) for name, server in servers]

    def _behaviour(self) -> Behaviour:
        return copy.deepcopy(self.options.behaviour)

    def _answer(self, name: str, request: Request) -> Response:
        if name == "ots" and self.application is None:
            self._emulators.make_instance_for(request)
        if name == PUBLIC_OSS:
            return self.fronts[INTERNAL_OSS](dataclasses.replace(request, endpoint=PUBLIC_OSS))
        return self.fronts[name](request)

    def _bind(self, name: str) -> LoopbackServer:
        port = self.options.ports.get(name, 0)
        answer: Callable[[Request], Response] = partial(self._answer, name)
        if name != HTTP:
            # Every path of the HTTP trigger is the function's, so no part of it is for controls.
            answer = ControlledServer(answer, self.controls)
        try:
            return self._listen(answer, port)
        except OSError as problem:
            raise PortInUse(name, self.options.host, port, problem.strerror or str(problem)) from problem

    def _listen(self, answer: Callable[[Request], Response], port: int) -> LoopbackServer:
        return LoopbackServer(answer, port=port, address=self.options.host, spool_folder=self._folder.path)

    def _resolve(self) -> Resources:
        if self.application is None:
            return Resources()
        urls = {name: self.url(name) for name in SERVICES}
        parameters = filled_in(self.application.parameters, urls, self.account)
        is_strict = self.options.text_environment
        return resolve(self.application.template, parameters, text_environment=is_strict)
