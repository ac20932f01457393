"""The whole local cloud in one process: what ``template.yml`` describes, running on loopback.

Bucket, Tablestore instance, tables, functions, triggers and environment come from the template, resolved with
parameters that lead to loopback endpoints, just as a deployment resolves it with the cloud's. The functions
run from the very zip that a deployment uploads, on the library versions that Function Compute has.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from local.clock import Clock, SystemClock
from local.credentials import AccessKeys, TemporaryCredentials
from local.dashscope.behaviour import Behaviour
from local.dashscope.fetching import fetch
from local.dashscope.models import ModelStudio
from local.dashscope.responses import DashScopeService
from local.endpoints import Account, open_account
from local.function_compute.models import FunctionCompute
from local.function_compute.responses import FunctionComputeService, HttpTriggerService
from local.function_compute.signatures import SignatureCheck
from local.function_compute.triggers import OssTriggerPump
from local.options import PARAMETERS, OptionError, Options
from local.oss.models import ObjectStore
from local.oss.notifications import event_json
from local.oss.responses import OssService
from local.packaging import ROOT, build_package, unpack_package
from local.server import LoopbackServer
from local.tablestore.models import TableStore
from local.tablestore.responses import TablestoreService
from local.tablestore.schema import Column, IndexMeta, TableOptions
from local.template import Resources, Table, Template, TemplateError
from local.wire import Front, Service
from shared.settings import SettingsError, read_settings

ACCOUNT_ID = "1234567890123456"
CODE_FOLDER = ROOT / ".local" / "code"
BUCKET_NAME = "facechain-photos"
RUNTIME_LIBRARIES = Path(sys.prefix) / "function-runtime"
CREDENTIALS_KEPT_SECONDS = 3600.0
# Function Compute lets the pauses between asynchronous retries grow to minutes; nobody waits that long here.
MAX_RETRY_DELAY_SECONDS = 5.0
WARM_INSTANCES = 5


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
        self.clock = clock or SystemClock()
        options.data.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(options.data)
        self.account: Account = open_account(options.data)
        self.keys = AccessKeys(self.clock)
        self.keys.add(self.account.access_key_id, self.account.access_key_secret)

        self.objects = ObjectStore(options.data / "oss", self.clock)
        self.tables = TableStore(options.data / "tablestore", self.clock)
        self.studio = ModelStudio(
            options.data / "dashscope",
            self.clock,
            Behaviour(
                training_seconds=options.training_seconds,
                pending_seconds=min(4.0, options.training_seconds / 10),
                rejection_seconds=min(5.0, options.training_seconds / 4),
                kept_jobs=options.kept_jobs,
            ),
            fetch,
        )
        self.fronts: dict[str, Front] = {}
        self._servers: dict[str, LoopbackServer] = {}
        self._serve("oss", OssService(self.objects, self.keys, self.clock, account_id=ACCOUNT_ID))
        self._serve("ots", TablestoreService(self.tables, self.keys, self.clock))
        api_keys = [self.account.dashscope_api_key]
        self._serve("dashscope", DashScopeService(self.studio, self.clock, api_keys=api_keys))

        self.resources = self._resolve()
        self.code = unpack_package(build_package(), CODE_FOLDER)
        self._create_stores()
        self.compute = self._build_compute(on_log)
        signatures = SignatureCheck(self.keys, self.clock)
        self._serve("fc", FunctionComputeService(self.compute, authenticate=signatures))
        self._serve("status", HttpTriggerService(self.compute, authenticate=signatures))
        self._pump = OssTriggerPump(self.objects, self.compute, event_json)
        self.objects.subscribe(self._pump.wake)

    def start(self) -> LocalCloud:
        """Begin to answer, and to fire triggers."""
        for server in self._servers.values():
            server.start()
        self.compute.start()
        self._pump.start()
        return self

    def close(self) -> None:
        """Stop; everything that was accepted is on disk and goes on at the next start."""
        self._pump.close()
        self._servers["status"].close()
        self._servers["fc"].close()
        self.compute.close()
        for name in ("oss", "ots", "dashscope"):
            self._servers[name].close()
        self.objects.close()
        self.tables.close()
        self.studio.close()
        self._lock.close()

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

    def _serve(self, name: str, service: Service) -> None:
        self.fronts[name] = Front(service)
        port = self.options.ports[name]
        try:
            self._servers[name] = LoopbackServer(self.fronts[name], port=port)
        except OSError as problem:
            variable = f"LOCAL_PORT_{name.upper()}"
            raise OptionError(
                f"port {port} cannot be used for {name} ({problem.strerror}); set {variable} to another, or 0"
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
            **self.options.parameters,
        }
        pseudo = {"ALIYUN::Region": "cn-beijing", "ALIYUN::TenantId": ACCOUNT_ID}
        attributes = {"StatusTrigger.UrlInternet": "http://127.0.0.1"}
        try:
            resources = Template.from_file(ROOT / "template.yml").resolve(parameters, pseudo, attributes)
            for function in resources.functions.values():
                read_settings(function.environment)
        except (TemplateError, SettingsError) as problem:
            name = next((name for name, parameter in PARAMETERS.items() if parameter in str(problem)), "")
            raise OptionError(f"{name}: {problem}" if name else str(problem)) from problem
        return resources

    def _create_stores(self) -> None:
        for bucket in self.resources.buckets:
            self.objects.create_bucket(bucket.name, region=self.resources.region, acl=bucket.access_control)
        for instance in self.resources.instances:
            if not self.tables.has_instance(instance.name):
                self.tables.create_instance(instance.name)
        for table in self.resources.tables:
            if table.name not in self.tables.list_tables(table.instance):
                self._create_table(table)

    def _create_table(self, table: Table) -> None:
        self.tables.create_table(
            table.instance,
            table.name,
            [Column(name=column.name, type=column.type) for column in table.primary_key],
            TableOptions(time_to_live=table.time_to_live, max_versions=table.max_versions),
            defined_columns=[Column(name=column.name, type=column.type) for column in table.columns],
            index_metas=[
                IndexMeta(name=index.name, primary_key=index.primary_key, defined_columns=index.columns)
                for index in table.indexes
            ],
        )

    def _build_compute(self, on_log: Callable[[str, str], object] | None) -> FunctionCompute:
        return FunctionCompute(
            self.options.data / "function_compute",
            self.resources,
            self.clock,
            code=self.code,
            credentials=_KeptCredentials(self.keys, self.clock),
            libraries=RUNTIME_LIBRARIES if RUNTIME_LIBRARIES.is_dir() else None,
            tick_seconds=self.options.tick_seconds,
            max_delay_seconds=MAX_RETRY_DELAY_SECONDS,
            # More processes than cores would only start slower; what waits for one waits its turn.
            max_instances=max(2, os.cpu_count() or 2),
            warm_instances=WARM_INSTANCES,
            on_log=on_log,
        )


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
