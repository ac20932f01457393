"""The account's OSS, Tablestore and DashScope: their state, and each behind its faults and its request log.

Both kinds of local cloud are made of this: the one that listens on loopback and keeps everything on disk
(:mod:`local.cloud`), and the one that lives inside of a test (:mod:`aliyun_local.mocking`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from aliyun_local.clock import Clock, SystemClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.models import ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.dashscope.pictures.fetching import fetch
from aliyun_local.oss.http.responses import OssService
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.wire import Front
from aliyun_local.tablestore.http.responses import TablestoreService
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.schema import Column, IndexMeta, TableOptions
from aliyun_local.template import Resources, Table

ACCOUNT_ID = "1234567890123456"
REGION = "cn-beijing"


class Emulators:
    """The three services that keep something."""

    def __init__(
        self,
        data: Path | None,
        clock: Clock,
        keys: AccessKeys,
        behaviour: Behaviour,
        *,
        api_keys: Collection[str] | None = None,
    ) -> None:
        """Open the state under ``data`` (None: in memory).

        Args:
            data: the folder that keeps everything.
            clock: the services' time; the dates of requests are compared with the machine's, since whoever
                moves the one does not move the clocks of the clients.
            keys: the access keys that are let in.
            behaviour: DashScope's limits and switches.
            api_keys: DashScope's keys; None lets any in.
        """
        machine = SystemClock()
        self.objects = ObjectStore(data and data / "oss", clock)
        self.tables = TableStore(data and data / "tablestore", clock)
        self.studio = ModelStudio(data and data / "dashscope", clock, behaviour, fetch)
        oss = OssService(
            self.objects, keys, clock, account_id=ACCOUNT_ID, region=REGION, callers_clock=machine
        )
        self.fronts = {
            "oss": Front(oss, now=clock.now),
            "ots": Front(TablestoreService(self.tables, keys, machine), now=clock.now),
            "dashscope": Front(DashScopeService(self.studio, clock, api_keys=api_keys), now=clock.now),
        }

    def close(self) -> None:
        """Close the state; what was answered is on disk without it."""
        self.objects.close()
        self.tables.close()
        self.studio.close()

    def create(self, resources: Resources) -> None:
        """Make the buckets, instances and tables of a template, as far as they are missing."""
        for bucket in resources.buckets:
            self.objects.create_bucket(bucket.name, region=resources.region, acl=bucket.access_control)
        for instance in resources.instances:
            self.tables.create_instance(instance.name)
        for table in resources.tables:
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
