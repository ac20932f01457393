"""The events that Function Compute hands to ``collect`` and ``reconcile``, as values.

Function Compute, "OSS triggers": the event's shape; object keys are literal UTF-8, not URL-encoded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from shared.domain.photos import Stored

WATCHED = frozenset({"PutObject", "PostObject", "CompleteMultipartUpload", "CopyObject"})


class UnusableEvent(ValueError):
    """The event as a whole makes no sense; trying it again would not help."""


@dataclass(frozen=True, kw_only=True)
class ObjectEvent:
    """One entry of an OSS event: an object's key and bucket, and the event's name."""

    key: str
    bucket: str
    name: str
    stored: Stored | None = None
    """The object as the event describes it, for one that the bucket refuses to describe."""

    def problem_for(self, bucket: str) -> str:
        """Say why this entry is not for an instance that serves ``bucket``, or return ``""``."""
        if self.bucket != bucket:
            return f"it is about the bucket {self.bucket!r}, not {bucket!r}"
        if self.name.partition(":")[0] != "ObjectCreated" or self.name.partition(":")[2] not in WATCHED:
            return f"its type {self.name!r} is not an upload"
        if not self.key:
            return "it names no object"
        return ""


def parse_oss_event(event: bytes | str) -> list[ObjectEvent]:
    """Return the entries of an OSS event.

    Raises:
        UnusableEvent: it is not JSON or has no list of events.
    """
    document = _document(event)
    entries = document.get("events")
    if not isinstance(entries, list):
        raise UnusableEvent("the event has no list 'events'; is this an OSS trigger?")
    return [_entry(entry) for entry in entries]


def parse_trigger_time(event: bytes | str) -> int | None:
    """Return a timer event's ``triggerTime`` as milliseconds since the epoch, or None when it has none.

    Raises:
        UnusableEvent: the event is not a JSON object.
    """
    return _time(str(_document(event).get("triggerTime")))


def _document(event: bytes | str) -> dict[str, object]:
    try:
        document = json.loads(event)
    except (ValueError, RecursionError) as error:
        raise UnusableEvent("the event is not JSON") from error
    if not isinstance(document, dict):
        raise UnusableEvent("the event is not a JSON object")
    return document


def _entry(entry: object) -> ObjectEvent:
    oss = _part(entry, "oss")
    return ObjectEvent(
        key=_text(_part(oss, "object"), "key"),
        bucket=_text(_part(oss, "bucket"), "name"),
        name=_text(entry, "eventName"),
        stored=_stored(entry, _part(oss, "object")),
    )


def _stored(entry: object, described: object) -> Stored | None:
    etag, size = _text(described, "eTag"), _part(described, "size")
    modified_at = _time(_text(entry, "eventTime"))
    if not etag or not isinstance(size, int) or modified_at is None:
        return None
    return Stored(etag=etag, size=size, modified_at=modified_at)


def _time(text: str) -> int | None:
    try:
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        return None


def _part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object, name: str) -> str:
    part = _part(value, name)
    return part if isinstance(part, str) else ""
