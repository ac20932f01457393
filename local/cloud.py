"""The whole local cloud in one process: what ``template.yml`` describes, running on loopback."""

from __future__ import annotations

import fcntl
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from aliyun_local.clock import Clock, ControlledClock, SystemClock
from aliyun_local.control import ControlledServer, Controls
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.deployment import Deployment
from aliyun_local.emulators import ACCOUNT_ID, Emulators
from aliyun_local.function_compute.signatures import SignatureCheck
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Request, Response
from aliyun_local.template import Resources, TemplateError
from local.deployment import (
    CODE_FOLDER,
    PRELOADED,
    RUNTIME_LIBRARIES,
    code_folder,
    resolve,
    runtime_libraries,
)
from local.endpoints import Account, open_account
from local.options import PARAMETERS, PORT_NAMES, OptionError, Options
from shared.settings import SettingsError

__all__ = ["ACCOUNT_ID", "CODE_FOLDER", "RUNTIME_LIBRARIES", "DataFolderInUse", "LocalCloud"]

BUCKET_NAME = "facechain-photos"
# The HTTP trigger's address is the function's own to the last path, so no part of it is for controls.
_CONTROLLED = ("oss", "ots", "dashscope", "fc")
_KEPT_BY_RESET = {"lock", "account.json"}

MINUTE = 60.0


class DataFolderInUse(RuntimeError):
    """Another local cloud runs on the same data folder."""


class LocalCloud:
    """Everything, wired together. A context manager: it answers from ``__enter__`` to ``__exit__``."""

    def __init__(
        self,
        options: Options,
        *,
        clock: Clock | None = None,
        on_log: Callable[[str, str], object] | None = None,
    ) -> None:
        """Bind the ports and open the state under ``options.data``; nothing answers before :meth:`start`.

        Raises:
            DataFolderInUse: another local cloud has the folder.
            OptionError: a port is taken, or a setting makes no sense.
        """
        self.options = options
        self.clock = clock or ControlledClock()
        self._on_log = on_log
        options.data.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(options.data)
        self.account: Account = open_account(options.data)
        self.keys = AccessKeys(SystemClock())
        self.keys.add(self.account.access_key_id, self.account.access_key_secret)
        self._resetting = threading.Lock()
        self.controls = Controls(
            self.clock,
            fronts=lambda: self.fronts,
            behaviour=lambda: self.studio.behaviour,
            default_behaviour=self._behaviour,
            reset=self.reset,
        )
        self._servers = {name: self._bind(name) for name in PORT_NAMES}
        self.resources = self._resolve()
        self._open()

    def start(self) -> LocalCloud:
        """Begin to answer, and to fire triggers."""
        for server in self._servers.values():
            server.start()
        self._deployment.start()
        return self

    def close(self) -> None:
        """Stop; everything that was accepted is on disk and goes on at the next start."""
        self._deployment.close_triggers()
        self._servers["status"].close()
        self._servers["fc"].close()
        self._deployment.close()
        for name in ("oss", "ots", "dashscope"):
            self._servers[name].close()
        self._emulators.close()
        self._lock.close()

    def reset(self) -> None:
        """Throw away everything but keys and ports, and begin anew as on the first start."""
        with self._resetting:
            self._deployment.close()
            self._emulators.close()
            for path in self.options.data.iterdir():
                if path.name not in _KEPT_BY_RESET:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            self._open()
            self._deployment.start()

    def __enter__(self) -> LocalCloud:
        """Start."""
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    def url(self, name: str) -> str:
        """Return the base URL of an endpoint: ``oss``, ``ots``, ``dashscope``, ``fc`` or ``status``."""
        return self._servers[name].url

    @property
    def bucket(self) -> str:
        """The photo bucket's name."""
        return self.resources.buckets[0].name

    @property
    def endpoints(self) -> dict[str, str]:
        """What ``.local/endpoints.env`` says."""
        return {
            "OSS_ENDPOINT": self.url("oss"),
            "OSS_BUCKET": self.bucket,
            "OTS_ENDPOINT": self.url("ots"),
            "OTS_INSTANCE": self.resources.instances[0].name,
            "DASHSCOPE_HTTP_BASE_URL": f"{self.url('dashscope')}/api/v1",
            "DASHSCOPE_API_KEY": self.account.dashscope_api_key,
            "FC_ENDPOINT": self.url("fc"),
            "STATUS_URL": self.url("status"),
            "STATUS_TOKEN": self.account.status_token,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.account.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.account.access_key_secret,
        }

    def _open(self) -> None:
        """Open the state and deploy onto it."""
        self._emulators = Emulators(
            self.options.data,
            self.clock,
            self.keys,
            self._behaviour(),
            api_keys=[self.account.dashscope_api_key],
        )
        self.objects = self._emulators.objects
        self.tables = self._emulators.tables
        self.studio = self._emulators.studio
        self.code = code_folder()
        self._deployment = Deployment(
            self._emulators,
            self.resources,
            self.clock,
            self.keys,
            code=self.code,
            libraries=runtime_libraries(),
            preloaded=PRELOADED,
            data=self.options.data / "function_compute",
            authenticate=SignatureCheck(self.keys, SystemClock()),
            tick_seconds=self.options.tick_seconds,
            on_log=self._on_log,
        )
        self.compute = self._deployment.compute
        self.fronts: dict[str, Front] = {**self._emulators.fronts, **self._deployment.fronts}

    def _behaviour(self) -> Behaviour:
        seconds = self.options.training_seconds
        return Behaviour(
            training_seconds=seconds,
            pending_seconds=min(4.0, seconds / 10),
            rejection_seconds=min(5.0, seconds / 4),
            kept_jobs=self.options.kept_jobs,
        )

    def _answer(self, name: str, request: Request) -> Response:
        return self.fronts[name](request)

    def _bind(self, name: str) -> LoopbackServer:
        port = self.options.ports[name]
        answer: Callable[[Request], Response] = partial(self._answer, name)
        if name in _CONTROLLED:
            answer = ControlledServer(answer, self.controls)
        try:
            return LoopbackServer(answer, port=port, address=self.options.host)
        except OSError as problem:
            variable = f"LOCAL_PORT_{name.upper()}"
            raise OptionError(
                f"port {port} of {self.options.host} cannot be used for {name} ({problem.strerror});"
                f" set {variable} to another, or 0"
            ) from problem

    def _resolve(self) -> Resources:
        parameters: dict[str, object] = {
            "BucketName": BUCKET_NAME,
            "CodeBucket": "local",
            "CodeObject": "local",
            "DashScopeApiKey": self.account.dashscope_api_key,
            "DashScopeBaseUrl": f"{self.url('dashscope')}/api/v1",
            "OssEndpoint": self.url("oss"),
            "OssPublicEndpoint": self.url("oss"),
            "OtsEndpoint": self.url("ots"),
            "StatusToken": self.account.status_token,
            "KeptFineTunes": self.options.kept_jobs,
            # With a tick every few seconds there is nothing to stay for.
            **({"LingerSeconds": 0} if (self.options.tick_seconds or MINUTE) < MINUTE else {}),
            **self.options.parameters,
        }
        try:
            return resolve(parameters)
        except (TemplateError, SettingsError) as problem:
            name = next((name for name, parameter in PARAMETERS.items() if parameter in str(problem)), "")
            raise OptionError(f"{name}: {problem}" if name else str(problem)) from problem


def _lock(data: Path) -> IO[str]:
    """Hold the data folder for this process; the system lets go of it however the process ends."""
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise DataFolderInUse(
            f"another local cloud runs on {data}; stop it, or choose another folder with LOCAL_DATA"
        ) from None
    return lock
