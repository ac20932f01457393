"""Checks of bucket, instance and tables: they outlive the stack, and rows and photos fit into them.

The columns are those that ``shared/clients`` writes, which a test compares; that code needs an SDK, and these
checks do without. The limits are those of Tablestore ("Secondary index", "Limits").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aliyun_local.template import Resources, Table
from shared.domain.exports import EXPORTS_PREFIX
from shared.domain.object_keys import SUBMISSIONS_PREFIX

KEPT = ("ALIYUN::OSS::Bucket", "ALIYUN::OTS::Instance", "ALIYUN::OTS::InstanceV2", "ALIYUN::OTS::Table")
KEYS: Mapping[str, Mapping[str, str]] = {
    "jobs": {"person_key": "STRING", "revision": "INTEGER"},
    "control": {"name": "STRING"},
    "requests": {"name": "STRING"},
    "seen": {"person_key": "STRING", "name": "STRING"},
}
"""The primary keys that the clients write, in their order."""
COLUMNS: Mapping[str, str] = {
    "lane": "INTEGER",
    "due_at": "INTEGER",
    "state": "STRING",
    "opened_at": "INTEGER",
    "search_name": "STRING",
}
"""The columns of jobs that an index may hold: declared with the type that the client writes."""
INDEXES: Mapping[str, tuple[tuple[str, ...], set[str]]] = {
    "jobs_in_hand": (("lane", "due_at"), {"state"}),
    "jobs_by_state": (("state", "opened_at"), {"due_at"}),
    "jobs_by_name": (("search_name",), {"state"}),
}
"""Keys of the indexes that the client reads, and the columns that it asks for."""
LEAST_DAYS = 30
"""A job may wait for its training for weeks where the account is out of money; its snapshots wait with it."""


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what is wrong with the resources that hold data."""
    found = []
    for name, resource in document["Resources"].items():
        if resource["Type"] in KEPT:
            if resource.get("DeletionPolicy") != "Retain":
                found.append(f"Resources.{name}: without DeletionPolicy Retain it is deleted with the stack")
            if "Condition" not in resource:
                found.append(f"Resources.{name}: without a Condition one that exists cannot be taken over")
    for name, properties in resources.properties.items():
        if document["Resources"][name]["Type"] == "ALIYUN::OSS::Bucket":
            found += [f"Resources.{name}: {problem}" for problem in _bucket(properties)]
    if resources.tables:
        tables = {table.name: table for table in resources.tables}
        found += [f"Resources: no table is called {name}" for name in KEYS if name not in tables]
        for name, table in tables.items():
            found += [f"table {name}: {problem}" for problem in _table(table)]
    return found


def _bucket(properties: Mapping[str, Any]) -> list[str]:
    found = []
    if properties.get("AccessControl", "private") != "private":
        found.append("AccessControl is not private")
    if properties.get("ServerSideEncryptionConfiguration", {}).get("SSEAlgorithm") != "AES256":
        found.append("objects are not encrypted with AES256")
    rules = properties.get("LifecycleConfiguration", {}).get("Rule", [])
    if not any(rule.get("Prefix") == SUBMISSIONS_PREFIX for rule in rules):
        found.append(f"no lifecycle rule for {SUBMISSIONS_PREFIX}")
    for rule in rules:
        if rule.get("Prefix") not in (SUBMISSIONS_PREFIX, EXPORTS_PREFIX) or rule.get("Status") != "Enabled":
            found.append(
                f"the lifecycle rule for {rule.get('Prefix')!r} is none of an enabled {SUBMISSIONS_PREFIX} "
                f"or {EXPORTS_PREFIX}"
            )
        days = int(rule.get("Expiration", {}).get("Days", 0))
        if rule.get("Prefix") == SUBMISSIONS_PREFIX and not days >= LEAST_DAYS:
            found.append(f"the lifecycle deletes snapshots before {LEAST_DAYS} days")
    exports = [rule for rule in rules if rule.get("Prefix") == EXPORTS_PREFIX]
    if not any(_goes_within_a_day(rule) for rule in exports):
        found.append(
            f"no lifecycle rule deletes what lies under {EXPORTS_PREFIX}, and parts of it, after a day"
        )
    return found


def _goes_within_a_day(rule: Mapping[str, Any]) -> bool:
    """Whether the copy of a person's data is not kept for longer than it can be fetched."""
    return all(rule.get(name, {}).get("Days") == 1 for name in ("Expiration", "AbortMultipartUpload"))


def _table(table: Table) -> list[str]:
    found = []
    if table.name in KEYS and [(one.name, one.type) for one in table.primary_key] != list(
        KEYS[table.name].items()
    ):
        found.append(f"PrimaryKey is not {dict(KEYS[table.name])}, which the client writes")
    if table.indexes and (table.time_to_live_seconds != -1 or table.max_versions != 1):
        found.append("a table with an index needs TimeToLive -1 and MaxVersions 1")
    if table.time_to_live_seconds != -1 and table.time_to_live_seconds < 86_400:
        found.append("TimeToLive is -1 or a day at least")
    if table.name == "jobs":
        types = {column.name: column.type for column in table.columns}
        found += [
            f"column {name} is not {kind}, which the client writes"
            for name, kind in COLUMNS.items()
            if types.get(name) != kind
        ]
        indexes = {index.name: index for index in table.indexes}
        for name, (key, columns) in INDEXES.items():
            if name not in indexes:
                found.append(f"no index is called {name}")
            elif indexes[name].primary_key != key or not columns <= set(indexes[name].columns):
                found.append(f"index {name} does not have the key {key} and the columns {sorted(columns)}")
        known = set(types) | {column.name for column in table.primary_key}
        for index in table.indexes:
            found += [
                f"index {index.name} holds {column}, which Columns does not declare"
                for column in (*index.primary_key, *index.columns)
                if column not in known
            ]
    return found
