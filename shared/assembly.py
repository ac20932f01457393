"""Puts the pieces together: builds the clients that a function needs from settings and credentials.

SDKs are imported here, inside the functions that need them, so that no handler pays at its cold start for a
service it does not call. Clients are kept for the next invocation of a warm instance and built again when
the credentials change, since temporary ones end.
"""

from __future__ import annotations

import gc
import os
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.credentials import Credentials, find_credentials
from shared.logs import hide, hide_names
from shared.settings import HASHED, Settings, read_settings

if TYPE_CHECKING:
    from shared.clients.audit_log import AuditLog
    from shared.clients.control_table import ControlTable
    from shared.clients.dashscope import DashScope
    from shared.clients.job_table import JobTable
    from shared.clients.outbox_table import OutboxTable
    from shared.clients.photo_bucket import PhotoBucket
    from shared.clients.request_table import RequestTable
    from shared.clients.rows import Rows
    from shared.clients.seen_table import SeenTable
    from shared.clients.work_in_hand import JobsInHand
    from shared.workflow.message_ports import Messages
    from shared.workflow.ports import JobTable as JobsTable
    from shared.workflow.ports import World

DEFAULT_TIMEOUT_SECONDS = 60

_T = TypeVar("_T")
_kept: dict[str, tuple[object, Any]] = {}


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> int:
        """Return milliseconds of a clock that is never set."""
        return time.monotonic_ns() // 1_000_000

    def sleep(self, milliseconds: int) -> None:
        """Wait."""
        time.sleep(milliseconds / 1000)


def build_world(context: object, environment: Mapping[str, str] = os.environ) -> World:
    """Return the world of one invocation of ``collect`` or ``reconcile``.

    Raises:
        SettingsError: a setting is missing or wrong.
        MissingCredentials: there are no credentials.
    """
    from shared.clients.ignored_list import IgnoredList
    from shared.workflow.access_record import AccessMemory, AccessRecord
    from shared.workflow.health_record import HealthRecord
    from shared.workflow.pacing import Pacer
    from shared.workflow.ports import World

    clock = SystemClock()
    dead_at = clock.now() + 1000 * timeout_seconds(context)
    settings = read_settings(environment)
    needed = "oss_endpoint oss_bucket ots_endpoint ots_instance dashscope_api_key dashscope_base_url"
    settings.require(*needed.split())
    credentials = find_credentials(context, environment)
    _hide_secrets(settings, credentials)
    control = _control_table(settings, credentials)
    pacer = _keep("pacer", None, Pacer)
    memory = _keep("access", None, AccessMemory)
    jobs: JobsTable = _jobs_in_hand(settings, credentials)
    messages = _messages(settings, credentials) if settings.has_receivers else None
    if messages is not None:
        from shared.workflow.telling import telling

        jobs = telling(jobs, messages.outboxes, clock, dead_at)
    return World(
        jobs=jobs,
        control=control,
        requests=request_table(settings, credentials),
        seen=_seen_table(settings, credentials),
        ignored=IgnoredList(control),
        health=HealthRecord(control, clock, dead_at=dead_at),
        access=AccessRecord(control, clock, settings.access, memory),
        bucket=photo_bucket(settings, credentials),
        dashscope=_dashscope(settings),
        clock=clock,
        rules=settings.rules,
        dead_at=dead_at,
        pace_face_checks=lambda: pacer.wait(clock),
        token=new_token,
        random=random.random,
        outboxes=lambda: _outboxes(settings, credentials),
        erase_key=settings.erase_key,
        messages=messages,
        audit=(lambda: audit_log(settings, credentials)) if settings.keeps_audit else None,
    )


def tables(settings: Settings, credentials: Credentials) -> tuple[JobTable, ControlTable]:
    """Return the clients of the tables that ``status`` reads: the jobs and the shared rows.

    Its invocations come through here, and their secrets are hidden.
    """
    _hide_secrets(settings, credentials)

    def connect() -> tuple[JobTable, ControlTable]:
        from shared.clients import job_table

        jobs = job_table.JobTable(_rows(settings, credentials, job_table.TABLE))
        return jobs, _control_table(settings, credentials)

    return _keep("tables", _tables_from(settings, credentials), connect)


def request_table(settings: Settings, credentials: Credentials) -> RequestTable:
    """Return the client of the table of requests."""

    def connect() -> RequestTable:
        from shared.clients import request_table

        return request_table.RequestTable(_rows(settings, credentials, request_table.TABLE))

    return _keep("requests", _tables_from(settings, credentials), connect)


def new_token() -> str:
    """Return 16 hex digits that were never used before."""
    return secrets.token_hex(8)


def timeout_seconds(context: object) -> int:
    """Return the function's time-out; Function Compute gives it as a number or as text."""
    try:
        return int(context.function.timeout)  # type: ignore[attr-defined]  # the runtime's own object
    except (AttributeError, TypeError, ValueError):
        return DEFAULT_TIMEOUT_SECONDS


def _hide_secrets(settings: Settings, credentials: Credentials) -> None:
    """Cut the invocation's secrets out of whatever is logged or kept of the services' words."""
    for secret in (*settings.secrets, credentials.access_key_secret, credentials.security_token):
        hide(secret)
    if settings.log_names == HASHED:
        # Imported here: most deployments have names in their log.
        from shared.log_names import LogNames

        hide_names(_keep("log names", settings.erase_key, lambda: LogNames(settings.erase_key)))
    else:
        hide_names(None)


def _control_table(settings: Settings, credentials: Credentials) -> ControlTable:
    def connect() -> ControlTable:
        from shared.clients import control_table

        return control_table.ControlTable(_rows(settings, credentials, control_table.TABLE))

    return _keep("control", _tables_from(settings, credentials), connect)


def _jobs_in_hand(settings: Settings, credentials: Credentials) -> JobsInHand:
    def connect() -> JobsInHand:
        from shared.clients import job_table, work_in_hand

        return work_in_hand.JobsInHand(_rows(settings, credentials, job_table.TABLE))

    return _keep("jobs in hand", _tables_from(settings, credentials), connect)


def _messages(settings: Settings, credentials: Credentials) -> Messages:
    """Return the outboxes and the receivers that are set."""

    def connect() -> Messages:
        from shared.clients.receivers import receivers_of
        from shared.workflow.message_ports import Messages

        return Messages(_outboxes(settings, credentials), receivers_of(settings))

    made_from = (_tables_from(settings, credentials), settings.message_secrets)
    return _keep("messages", (made_from, settings.webhook_allow_private), connect)


def _outboxes(settings: Settings, credentials: Credentials) -> OutboxTable:
    # Imported here: most deployments tell nobody, and people are seldom erased.
    from shared.clients import job_table, outbox_table

    return outbox_table.OutboxTable(_rows(settings, credentials, job_table.TABLE))


def _seen_table(settings: Settings, credentials: Credentials) -> SeenTable:
    def connect() -> SeenTable:
        from shared.clients import seen_table

        return seen_table.SeenTable(_rows(settings, credentials, seen_table.TABLE))

    return _keep("seen", _tables_from(settings, credentials), connect)


def _rows(settings: Settings, credentials: Credentials, table: str) -> Rows:
    """Return the rows of ``table``; all tables share a connection."""
    from shared.clients import rows

    made_from = _tables_from(settings, credentials)
    client = _keep(
        "tablestore",
        made_from,
        lambda: rows.connect(settings.ots_endpoint, settings.ots_instance, credentials),
    )
    return rows.Rows(client, table, new_token)


def _tables_from(settings: Settings, credentials: Credentials) -> object:
    return settings.ots_endpoint, settings.ots_instance, credentials


def photo_bucket(settings: Settings, credentials: Credentials) -> PhotoBucket:
    """Return the client of the photo bucket.

    Raises:
        SettingsError: the bucket or its endpoint is not set.
    """
    settings.require("oss_endpoint", "oss_bucket")

    def connect() -> PhotoBucket:
        from shared.clients.photo_bucket import PhotoBucket

        return PhotoBucket(
            endpoint=settings.oss_endpoint,
            public_endpoint=settings.public_address,
            is_bound_domain=bool(settings.oss_public_domain),
            name=settings.oss_bucket,
            region=settings.region,
            credentials=credentials,
        )

    made_from = (settings.oss_endpoint, settings.public_address, settings.oss_bucket, credentials)
    return _keep("bucket", made_from, connect)


def audit_log(settings: Settings, credentials: Credentials) -> AuditLog:
    """Return the client of the audit's log store, where one is kept (``Settings.keeps_audit``)."""
    where = (settings.log_endpoint, settings.log_project, settings.audit_logstore)

    def connect() -> AuditLog:
        from shared.clients.audit_log import AuditLog
        from shared.clients.log_store import LogStore

        return AuditLog(LogStore(*where, credentials), settings.erase_key)

    return _keep("audit", (*where, settings.erase_key, credentials), connect)


def _dashscope(settings: Settings) -> DashScope:
    def connect() -> DashScope:
        from shared.clients.dashscope import DashScope

        return DashScope(settings.dashscope_base_url, settings.dashscope_api_key)

    return _keep("dashscope", (settings.dashscope_base_url, settings.dashscope_api_key), connect)


def _keep(name: str, made_from: object, make: Callable[[], _T]) -> _T:
    """Return the client that an earlier invocation has made from the same settings, or make it."""
    kept = _kept.get(name)
    if kept is None or kept[0] != made_from:
        with _collector_at_rest():
            _kept[name] = kept = (made_from, make())
    made: _T = kept[1]
    return made


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Import SDKs without looking for garbage, and never look through them again.

    The objects that an import makes stay. To look through them 130 times on the way is an eighth of a cold
    start, and frozen objects (Python, ``gc.freeze``) keep later collections short.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
