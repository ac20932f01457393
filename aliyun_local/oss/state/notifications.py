"""Notifications of changed objects: the rows of the outbox, and the event that Function Compute receives.

:mod:`aliyun_local.oss.state.transactions` records them in the transaction of the change. The local Function
Compute and :mod:`aliyun_local.mocking` take them out and deliver the event.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from aliyun_local.clock import utc

SCHEMA = """
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
);
"""


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A change of an object, in the outbox until it is acknowledged.

    ``event_name`` is for instance ``ObjectCreated:PutObject``. ``changed_at`` is in seconds since the epoch,
    ``size`` and ``delta_size`` are in bytes. ``position`` is set only for appended data.
    """

    event_name: str
    bucket: str
    key: str
    size: int
    delta_size: int
    etag: str
    content_type: str
    changed_at: float
    request_id: str
    source_ip: str
    position: int | None = None
    id: int = 0


def record(connection: sqlite3.Connection, notification: Notification) -> None:
    """Write ``notification`` in the caller's transaction."""
    body = dict(vars(notification))
    del body["id"]
    # Outboxes on disk outlive a release, so the names in them stay as they are.
    body["time"] = body.pop("changed_at")
    connection.execute("INSERT INTO notifications (body) VALUES (?)", (json.dumps(body),))


def pending(connection: sqlite3.Connection, limit: int) -> list[Notification]:
    """Return the oldest ``limit`` notifications in the order of their commits."""
    rows = connection.execute("SELECT id, body FROM notifications ORDER BY id LIMIT ?", (limit,))
    return [_notification(row_id, json.loads(body)) for row_id, body in rows]


def event_json(
    notification: Notification, account_id: str, region: str, rule_id: str = ""
) -> dict[str, object]:
    """Return the event of ``notification`` as an OSS trigger sends it to a function.

    The format is that of Function Compute, "OSS triggers", event format: one event in a list, the event name
    without its ``oss:`` prefix, the key unencoded.
    """
    item: dict[str, object] = {
        "key": notification.key,
        "size": notification.size,
        "deltaSize": notification.delta_size,
        "eTag": notification.etag,
        "objectMeta": {"mimeType": notification.content_type},
    }
    if notification.position is not None:
        item["position"] = notification.position
    event = {
        "eventName": notification.event_name,
        "eventSource": "acs:oss",
        "eventTime": utc(notification.changed_at).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:{region}:{account_id}:{notification.bucket}",
                "name": notification.bucket,
                "ownerIdentity": account_id,
                "virtualBucket": "",
            },
            "object": item,
            "ossSchemaVersion": "1.0",
            "ruleId": rule_id or hashlib.sha256(notification.bucket.encode()).hexdigest()[:40],
        },
        "region": region,
        "requestParameters": {"sourceIPAddress": notification.source_ip},
        "responseElements": {"requestId": notification.request_id},
        "userIdentity": {"principalId": account_id},
    }
    return {"events": [event]}


def _notification(row_id: int, body: dict[str, Any]) -> Notification:
    return Notification(id=row_id, changed_at=body.pop("time"), **body)
