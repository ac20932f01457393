"""Stacks on disk. Every step of an operation is stored before the next begins, so a restart goes on there.

Parameters hold secrets; the file is for its owner alone, as all state of the cloud is.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from aliyun_local.database import Database
from aliyun_local.ros.state.records import ChangeSet, Event, Resource, Source, Stack

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stacks (id TEXT PRIMARY KEY, created REAL NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS resources (
    stack TEXT NOT NULL, logical_id TEXT NOT NULL, position INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (stack, logical_id)
);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, stack TEXT NOT NULL, document TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS change_sets (id TEXT PRIMARY KEY, stack TEXT NOT NULL, document TEXT NOT NULL);
"""
STACK_KIND = "ALIYUN::ROS::Stack"


class Store:
    """The stacks of the account with their resources, events and change sets. Thread-safe."""

    def __init__(self, path: Path | None) -> None:
        """Open or create ``path``; None keeps everything in memory."""
        self._database = Database(path, _SCHEMA)

    # -- stacks -------------------------------------------------------------------------------------

    def stacks(self) -> list[Stack]:
        """Return all stacks, the newest first."""
        rows = self._read("SELECT document FROM stacks ORDER BY created DESC, rowid DESC")
        return [_stack(document) for document in rows]

    def stack(self, stack_id: str) -> Stack | None:
        """Return a stack, or None."""
        rows = self._read("SELECT document FROM stacks WHERE id = ?", stack_id)
        return _stack(rows[0]) if rows else None

    def put_stack(self, stack: Stack, *, at: float | None = None) -> None:
        """Store a stack; with ``at`` its status becomes an event of that time, too."""
        with self._database.transaction() as connection:
            _write_stack(connection, stack, at)

    def change_stack(
        self, stack_id: str, change: Callable[[Stack], Stack], *, at: float | None = None
    ) -> Stack | None:
        """Change a stack as :meth:`put_stack` does, and return it; None: there is none any more.

        Operations and calls change stacks side by side. Neither may bring back what it has read before the
        other wrote, such as a status, so ``change`` gets the stack within the transaction.
        """
        with self._database.transaction() as connection:
            row = connection.execute("SELECT document FROM stacks WHERE id = ?", (stack_id,)).fetchone()
            if row is None:
                return None
            changed = change(_stack(json.loads(row[0])))
            _write_stack(connection, changed, at)
        return changed

    def remove_stack(self, stack_id: str) -> None:
        """Forget a stack with everything that belongs to it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM stacks WHERE id = ?", (stack_id,))
            for table in ("resources", "events", "change_sets"):
                connection.execute(f"DELETE FROM {table} WHERE stack = ?", (stack_id,))

    # -- resources ----------------------------------------------------------------------------------

    def resources(self, stack_id: str) -> dict[str, Resource]:
        """Return the resources of a stack by logical id, in the order of their creation."""
        rows = self._read("SELECT document FROM resources WHERE stack = ? ORDER BY position", stack_id)
        found = [Resource(**document) for document in rows]
        return {resource.logical_id: resource for resource in found}

    def put_resource(self, stack_id: str, resource: Resource) -> None:
        """Store a resource, and its status as an event."""
        key = (stack_id, resource.logical_id)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO resources "
                "VALUES (?, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM resources), ?) "
                "ON CONFLICT (stack, logical_id) DO UPDATE SET document = excluded.document",
                (*key, json.dumps(asdict(resource))),
            )
            whole = (resource.logical_id, resource.physical_id, resource.kind)
            _add_event(connection, stack_id, whole, resource.status, resource.reason, resource.updated_at)

    def retain(self, stack_id: str, retained: Mapping[str, bool]) -> None:
        """Store which resources stay when their stack goes; that is no event."""
        for name, resource in self.resources(stack_id).items():
            if resource.is_retained != retained.get(name, resource.is_retained):
                document = json.dumps(asdict(replace(resource, is_retained=retained[name])))
                with self._database.transaction() as connection:
                    connection.execute(
                        "UPDATE resources SET document = ? WHERE stack = ? AND logical_id = ?",
                        (document, stack_id, name),
                    )

    def remove_resource(self, stack_id: str, resource: Resource) -> None:
        """Forget a resource; its last status stays as an event."""
        with self._database.transaction() as connection:
            key = (stack_id, resource.logical_id)
            connection.execute("DELETE FROM resources WHERE stack = ? AND logical_id = ?", key)
            whole = (resource.logical_id, resource.physical_id, resource.kind)
            _add_event(connection, stack_id, whole, resource.status, resource.reason, resource.updated_at)

    def physical_ids(self, kind: str) -> set[str]:
        """Return the physical ids of all stacks' resources of a type."""
        return {one.physical_id for one in self._everywhere() if one.kind == kind and one.is_there}

    def role_created_at(self, arn: str) -> float | None:
        """Return when the role of an ARN was made, None if no stack has made it."""
        made = [one.created_at for one in self._everywhere() if one.attributes.get("Arn") == arn]
        return made[0] if made else None

    def events(self, stack_id: str) -> list[Event]:
        """Return the events of a stack, the newest first."""
        rows = self._read("SELECT document FROM events WHERE stack = ? ORDER BY number DESC", stack_id)
        return [Event(**document) for document in rows]

    # -- change sets --------------------------------------------------------------------------------

    def change_sets(self, stack_id: str | None = None) -> list[ChangeSet]:
        """Return the change sets of a stack, or of all, the newest first."""
        rows = self._read(
            "SELECT document FROM change_sets WHERE (? IS NULL OR stack = ?) ORDER BY rowid DESC",
            stack_id,
            stack_id,
        )
        return [_change_set(document) for document in rows]

    def put_change_set(self, change_set: ChangeSet) -> None:
        """Store a change set."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO change_sets VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET document = excluded.document",
                (change_set.id, change_set.stack_id, json.dumps(asdict(change_set))),
            )

    def remove_change_set(self, change_set_id: str) -> None:
        """Forget a change set."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM change_sets WHERE id = ?", (change_set_id,))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _everywhere(self) -> list[Resource]:
        return [Resource(**document) for document in self._read("SELECT document FROM resources")]

    def _read(self, query: str, *values: str | None) -> list[dict[str, Any]]:
        with self._database.reading() as connection:
            return [json.loads(row[0]) for row in connection.execute(query, values)]


def _write_stack(connection: sqlite3.Connection, stack: Stack, at: float | None) -> None:
    connection.execute(
        "INSERT INTO stacks VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
        (stack.id, stack.created_at, json.dumps(asdict(stack))),
    )
    if at is not None:
        whole = (stack.name, stack.id, STACK_KIND)
        _add_event(connection, stack.id, whole, stack.status, stack.reason, at)


def _add_event(
    connection: sqlite3.Connection,
    stack_id: str,
    whole: tuple[str, str, str],
    status: str,
    reason: str,
    at: float,
) -> None:
    logical_id, physical_id, kind = whole
    event = Event(
        id=str(uuid.uuid4()),
        logical_id=logical_id,
        physical_id=physical_id,
        kind=kind,
        status=status,
        reason=reason,
        at=at,
    )
    connection.execute(
        "INSERT INTO events (stack, document) VALUES (?, ?)", (stack_id, json.dumps(asdict(event)))
    )


def _stack(document: Mapping[str, Any]) -> Stack:
    earlier = document["earlier"]
    return Stack(
        **{
            **document,
            "source": Source(**document["source"]),
            "earlier": Source(**earlier) if earlier else None,
            "retained": tuple(document["retained"]),
            "tags": tuple((key, value) for key, value in document["tags"]),
        }
    )


def _change_set(document: Mapping[str, Any]) -> ChangeSet:
    changes = tuple(document["changes"])
    return ChangeSet(**{**document, "source": Source(**document["source"]), "changes": changes})
