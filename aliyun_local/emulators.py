"""The services of the account that keep state, each with its faults and its request log.

Used by both kinds of local cloud: :mod:`aliyun_local.cloud` listens on loopback and keeps everything on disk,
:mod:`aliyun_local.mocking` lives inside a test.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from aliyun_local.clock import Clock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.dashscope.pictures.fetching import Fetched, fetch
from aliyun_local.log_service.entries import KEPT_DAYS, LogEntries
from aliyun_local.log_service.http.responses import LogService
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.destinations import Listeners, no_listeners
from aliyun_local.serving.wire import Front, Request, Service
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.declared import create_declared
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.template import Resources

ACCOUNT_ID = "1234567890123456"
REGION = "cn-beijing"


class Emulators:
    """The services that keep state."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        keys: AccessKeys,
        behaviour: Behaviour,
        *,
        api_keys: Collection[str] | None = None,
        oss_behaviour: OssBehaviour | None = None,
        listeners: Listeners = no_listeners,
    ) -> None:
        """Open the state under ``data`` (None: in memory).

        Args:
            data: the folder that keeps everything.
            clock: the services' time; clients' dates are compared with the machine's.
            keys: the access keys that are accepted.
            behaviour: DashScope's limits and switches.
            api_keys: DashScope's keys; None accepts any.
            oss_behaviour: OSS's switches.
            listeners: returns the addresses at which this cloud answers; calls that the services make
                themselves are kept away from them.
        """
        machine = SystemClock()
        self.oss_behaviour = oss_behaviour or OssBehaviour()
        self._listeners = listeners
        self.objects = ObjectStore(data and data / "oss", clock)
        self.tables = TableStore(data and data / "tablestore", clock)
        self.studio = ModelStudio(data and data / "dashscope", clock, behaviour, self._download)
        self.logs = LogEntries(data and data / "log_service.sqlite", clock)
        oss = OssService(
            *(self.objects, keys, clock),
            account_id=ACCOUNT_ID,
            region=REGION,
            callers_clock=machine,
            listeners=listeners,
            behaviour=self.oss_behaviour,
        )
        services: dict[str, Service] = {
            "oss": oss,
            "ots": TablestoreService(self.tables, keys, machine),
            "dashscope": DashScopeService(self.studio, clock, api_keys=api_keys),
            "sls": LogService(self.logs, keys, machine),
        }
        self.fronts = {name: Front(service, now=clock.now) for name, service in services.items()}

    def _download(self, url: str) -> Fetched:
        private = self.studio.behaviour.fetch_private_addresses
        return fetch(url, listeners=self._listeners, private_addresses=private)

    def close(self) -> None:
        """Close the state; every write that was answered is on disk already."""
        self.objects.close()
        self.tables.close()
        self.studio.close()
        self.logs.close()

    def make_instance_for(self, request: Request) -> None:
        """Make the Tablestore instance that a request names, since Tablestore's clients cannot make one."""
        name = request.headers.get("x-ots-instancename", "")
        if name and not self.tables.has_instance(name):
            self.tables.create_instance(name)

    def create(self, resources: Resources) -> None:
        """Make the buckets, instances, tables and Logstores of a template, as far as they are missing."""
        for bucket in resources.buckets:
            self.objects.create_bucket(bucket.name, region=resources.region, acl=bucket.access_control)
        for instance in resources.instances:
            self.tables.create_instance(instance.name)
        for table in resources.tables:
            if table.name not in self.tables.list_tables(table.instance):
                create_declared(self.tables, table)
        for logstore in resources.logstores:
            self.logs.create_logstore(logstore.project, logstore.name, days=logstore.days or KEPT_DAYS)
