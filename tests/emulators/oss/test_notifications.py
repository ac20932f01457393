"""The outbox: one notification for each change, in the order of the commits."""

from __future__ import annotations

from pathlib import Path

import oss2

from aliyun_local.clock import ManualClock
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.notifications import event_json
from aliyun_local.oss.state.objects import Attributes, Origin
from tests.emulators.oss.support import BUCKET, LocalOss


def test_every_kind_of_change_is_told_once(local_oss: LocalOss, bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"12345")
    bucket.put_object("a", b"12")
    bucket.copy_object(BUCKET, "a", "b")
    bucket.append_object("c", 0, b"1")
    bucket.append_object("c", 1, b"23")
    upload = bucket.init_multipart_upload("d").upload_id
    etag = bucket.upload_part("d", upload, 1, b"part").etag
    bucket.complete_multipart_upload("d", upload, [oss2.models.PartInfo(1, etag)])
    bucket.delete_object("a")
    bucket.delete_object("a")
    bucket.batch_delete_objects(["b", "missing"])
    told = local_oss.store.pending_notifications(100)
    assert [(n.event_name, n.key, n.size, n.delta_size) for n in told] == [
        ("ObjectCreated:PutObject", "a", 5, 5),
        ("ObjectCreated:PutObject", "a", 2, -3),
        ("ObjectCreated:CopyObject", "b", 2, 2),
        ("ObjectCreated:AppendObject", "c", 1, 1),
        ("ObjectCreated:AppendObject", "c", 3, 2),
        ("ObjectCreated:InitiateMultipartUpload", "d", 0, 0),
        ("ObjectCreated:UploadPart", "d", 4, 0),
        ("ObjectCreated:CompleteMultipartUpload", "d", 4, 4),
        ("ObjectRemoved:DeleteObject", "a", 2, -2),
        ("ObjectRemoved:DeleteObjects", "b", 2, -2),
    ]
    assert [n.position for n in told[3:5]] == [0, 1]
    assert [n.id for n in told] == sorted({n.id for n in told})


def test_a_refused_write_tells_nothing(local_oss: LocalOss, bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"1")
    before = local_oss.store.pending_notifications(100)
    for headers in ({"x-oss-forbid-overwrite": "true"}, {"Content-MD5": "x"}):
        try:
            bucket.put_object("a", b"2", headers=headers)
        except oss2.exceptions.ServerError:
            continue
    assert local_oss.store.pending_notifications(100) == before


def test_what_is_acknowledged_is_not_told_again_and_the_rest_survives_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    store = ObjectStore(tmp_path, clock)
    store.create_bucket(BUCKET)
    for key in ("a", "b", "c"):
        store.put(BUCKET, key, b"x")
    assert [n.key for n in store.pending_notifications(2)] == ["a", "b"]
    store.acknowledge(store.pending_notifications(1)[0].id)
    store.close()
    again = ObjectStore(tmp_path, clock)
    assert [n.key for n in again.pending_notifications(10)] == ["b", "c"]
    again.close()


def test_listeners_are_called_after_the_commit_of_a_notification(store: ObjectStore) -> None:
    seen: list[int] = []
    store.subscribe(lambda: seen.append(len(store.pending_notifications(10))))
    store.put(BUCKET, "a", b"x")
    store.get(BUCKET, "a")
    assert seen == [1]


def test_the_event_is_the_one_that_function_compute_receives() -> None:
    store = ObjectStore(None, ManualClock())
    store.create_bucket(BUCKET)
    store.put(
        BUCKET,
        "people/张三/a+b%20.jpg",
        b"12345",
        Attributes(content_type="image/jpeg"),
        origin=Origin(request_id="62A2E2EFD0DEFE3930847A6E", source_ip="10.0.0.1"),
    )
    event = event_json(store.pending_notifications()[0], "1581223139", "cn-beijing", rule_id="rule")
    assert event == {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "eventSource": "acs:oss",
                "eventTime": "2026-01-01T00:00:00.000Z",
                "eventVersion": "1.0",
                "oss": {
                    "bucket": {
                        "arn": f"acs:oss:cn-beijing:1581223139:{BUCKET}",
                        "name": BUCKET,
                        "ownerIdentity": "1581223139",
                        "virtualBucket": "",
                    },
                    "object": {
                        "deltaSize": 5,
                        "eTag": "827CCB0EEA8A706C4C34A16891F84E7B",
                        "key": "people/张三/a+b%20.jpg",
                        "objectMeta": {"mimeType": "image/jpeg"},
                        "size": 5,
                    },
                    "ossSchemaVersion": "1.0",
                    "ruleId": "rule",
                },
                "region": "cn-beijing",
                "requestParameters": {"sourceIPAddress": "10.0.0.1"},
                "responseElements": {"requestId": "62A2E2EFD0DEFE3930847A6E"},
                "userIdentity": {"principalId": "1581223139"},
            }
        ]
    }
