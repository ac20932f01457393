"""The types of deployed resources: functions, triggers, buckets, tables; and when triggers fire.

``views`` makes them, and the emulators are set up from them. The meaning of properties follows the ROS
resource types and the Function Compute 3.0 API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AsyncConfig:
    """The retries of a function's asynchronous invocations (Function Compute, PutAsyncInvokeConfig)."""

    max_retries: int = 3
    max_age_seconds: int = 86_400


@dataclass(frozen=True, kw_only=True)
class Logstore:
    """A Logstore of Simple Log Service, in its project."""

    project: str
    name: str
    days: int | None = None
    """For how long it keeps its entries; None: that is not said."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function; ``reserved_concurrency`` is None where it has none.

    ``source_code`` is the ``index.py`` that ROS packs for it, None where its code is a zip; ``layers`` are
    the ARNs of its layers, whose folder ``python`` is ``/opt/python`` to it. ``logs`` is where its lines go.
    """

    name: str
    handler: str
    runtime: str
    timeout_seconds: int = 3
    memory_mb: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    asynchronous: AsyncConfig = field(default_factory=AsyncConfig)
    source_code: str | None = None
    layers: tuple[str, ...] = ()
    logs: Logstore | None = None


@dataclass(frozen=True, kw_only=True)
class OssTrigger:
    """Calls ``function`` for events on ``bucket``; ``events`` are written as in ``oss:ObjectCreated:*``."""

    name: str
    function: str
    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    def matches(self, bucket: str, event_name: str, key: str) -> bool:
        """Tell whether an event fires this trigger; ``event_name`` comes with or without ``oss:``."""
        name = event_name.removeprefix("oss:")
        return (
            bucket == self.bucket
            and key.startswith(self.prefix)
            and key.endswith(self.suffix)
            and any(_event_matches(wanted, name) for wanted in self.events)
        )

    def conflicts_with(self, other: OssTrigger) -> bool:
        """Tell whether OSS refuses the two side by side (Function Compute, OSS triggers, "Trigger rules")."""
        return (
            self.bucket == other.bucket
            and any(
                _event_matches(mine, its.removeprefix("oss:"))
                or _event_matches(its, mine.removeprefix("oss:"))
                for mine in self.events
                for its in other.events
            )
            and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
            and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))
        )


@dataclass(frozen=True, kw_only=True)
class TimerTrigger:
    """Calls ``function`` with ``payload`` whenever ``cron`` (``@every Nm`` or six fields) is due."""

    name: str
    function: str
    cron: str
    payload: str = ""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class HttpTrigger:
    """Calls ``function`` for HTTP requests whose method is one of ``methods``."""

    name: str
    function: str
    auth_type: str
    methods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An OSS bucket; ``access_control`` is its canned ACL."""

    name: str
    access_control: str = "private"


@dataclass(frozen=True, kw_only=True)
class TablestoreInstance:
    """A Tablestore instance."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column and its type as ROS spells it, like ``STRING`` or ``INTEGER``."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class SecondaryIndex:
    """A global secondary index: the names of its primary key columns and of the columns it carries."""

    name: str
    primary_key: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A Tablestore table; with a time to live of -1 its rows live for ever.

    ``max_deviation_seconds``: so far from the clock may the version of a cell be that is written.
    """

    name: str
    instance: str
    primary_key: tuple[Column, ...]
    columns: tuple[Column, ...] = ()
    indexes: tuple[SecondaryIndex, ...] = ()
    max_versions: int = 1
    time_to_live_seconds: int = -1
    max_deviation_seconds: int = 86_400


@dataclass(frozen=True, kw_only=True)
class Resources:
    """A resolved template: the typed views, and every resource's properties by logical name."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    oss_triggers: tuple[OssTrigger, ...] = ()
    timer_triggers: tuple[TimerTrigger, ...] = ()
    http_triggers: tuple[HttpTrigger, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    instances: tuple[TablestoreInstance, ...] = ()
    tables: tuple[Table, ...] = ()
    logstores: tuple[Logstore, ...] = ()
    region: str = "cn-beijing"
    account_id: str = "1000000000000000"
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)


def _event_matches(wanted: str, event_name: str) -> bool:
    wanted = wanted.removeprefix("oss:")
    return wanted == event_name or (wanted.endswith("*") and event_name.startswith(wanted[:-1]))
