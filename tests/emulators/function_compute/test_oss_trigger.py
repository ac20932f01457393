"""The OSS trigger: which changes fire it, once each, whatever the outbox repeats."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from aliyun_local.function_compute.oss_trigger import OssTriggerPump
from aliyun_local.template import OssTrigger
from tests.emulators.function_compute.support import Deploy

RECORD = """
    def handler(event, context):
        print("run", event.decode())
"""


@dataclass(frozen=True)
class Change:
    id: int
    key: str
    event_name: str = "ObjectCreated:PutObject"
    bucket: str = "photos"
    request_id: str = "R"


class Outbox:
    def __init__(self, *changes: Change) -> None:
        self.changes = list(changes)
        self.forgetful = False

    def pending_notifications(self, limit: int = 100) -> list[Change]:
        return self.changes[:limit]

    def acknowledge(self, notification_id: int) -> None:
        if self.forgetful:
            raise KeyboardInterrupt
        self.changes = [change for change in self.changes if change.id != notification_id]


def event_json(change: Change, account_id: str, region: str) -> dict[str, object]:
    return {"key": change.key, "account": account_id, "region": region}


ON_PHOTOS = OssTrigger(
    name="t",
    function="f",
    bucket="photos",
    events=("oss:ObjectCreated:PutObject", "oss:ObjectRemoved:*"),
    prefix="people/",
    suffix=".jpg",
)


def test_an_oss_trigger_fires_for_its_bucket_events_prefix_and_suffix_only(deploy: Deploy) -> None:
    compute = deploy(RECORD, triggers=[ON_PHOTOS])
    outbox = Outbox(
        Change(1, "people/李/图+%2F.jpg"),
        Change(2, "people/a.png"),
        Change(3, "others/a.jpg"),
        Change(4, "people/a.jpg", "ObjectCreated:CopyObject"),
        Change(5, "people/b.jpg", "ObjectRemoved:DeleteObject"),
        Change(6, "people/a.jpg", bucket="another"),
    )
    assert OssTriggerPump(outbox, compute, event_json).drain() == 6
    assert outbox.changes == []
    compute.run_due()
    events = [json.loads(line.removeprefix("run ")) for line in compute.logs("f") if line.startswith("run ")]
    assert events == [
        {"key": "people/李/图+%2F.jpg", "account": "42", "region": "cn-beijing"},
        {"key": "people/b.jpg", "account": "42", "region": "cn-beijing"},
    ]


def test_a_crash_between_accepting_and_acknowledging_does_not_invoke_twice(deploy: Deploy) -> None:
    compute = deploy(RECORD, triggers=[ON_PHOTOS])
    outbox = Outbox(Change(1, "people/a.jpg"))
    outbox.forgetful = True
    with pytest.raises(KeyboardInterrupt):
        OssTriggerPump(outbox, compute, event_json).drain()
    outbox.forgetful = False
    assert OssTriggerPump(outbox, compute, event_json).drain() == 1
    assert compute.pending() == 1


def test_a_started_pump_delivers_by_itself(deploy: Deploy) -> None:
    compute = deploy(RECORD, triggers=[ON_PHOTOS])
    outbox = Outbox()
    pump = OssTriggerPump(outbox, compute, event_json).start()
    outbox.changes.append(Change(1, "people/a.jpg"))
    pump.wake()
    assert compute._lifecycle.wait_for(lambda: compute.pending() == 1, 20)
    pump.close()
