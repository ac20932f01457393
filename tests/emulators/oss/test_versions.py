"""Versions, tags and links in the state, also in a store that an older release made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from aliyun_local.clock import ManualClock
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.objects import Attributes
from tests.emulators.oss.support import BUCKET, Ask, stored_contents


def test_versions_tags_and_links_survive_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    store = ObjectStore(tmp_path, clock)
    store.create_bucket(BUCKET)
    store.set_versioning(BUCKET, "Enabled")
    first = store.put(BUCKET, "a", b"one", Attributes(tags={"k": "值"}))
    store.put(BUCKET, "a", b"two")
    marker = store.delete(BUCKET, "a").version
    store.put_symlink(BUCKET, "link", "a")
    cold = store.put(BUCKET, "cold", b"ice", Attributes(storage_class="Archive"))
    store.restore(BUCKET, "cold", 1)
    store.close()
    again = ObjectStore(tmp_path, clock)
    assert again.find(BUCKET, "a", first.version) == first
    assert again.find(BUCKET, "link").target == "a"
    assert again.delete(BUCKET, "a", version=marker).is_marker
    assert again.get(BUCKET, "link")[1] == b"two"
    clock.advance(60)
    assert again.get_range(BUCKET, "cold", lambda stored: (0, stored.size), version=cold.version)[1] == b"ice"
    assert stored_contents(tmp_path) == [b"ice", b"one", b"two"]
    again.close()


def test_the_bytes_of_a_version_leave_the_disk_with_it_and_not_before(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, ManualClock())
    store.create_bucket(BUCKET)
    store.set_versioning(BUCKET, "Enabled")
    versions = [store.put(BUCKET, "a", content).version for content in (b"1", b"2")]
    store.delete(BUCKET, "a")
    assert stored_contents(tmp_path) == [b"1", b"2"]
    store.delete(BUCKET, "a", version=versions[1])
    assert stored_contents(tmp_path) == [b"1"]
    store.set_versioning(BUCKET, "Suspended")
    for content in (b"3", b"4"):
        store.put(BUCKET, "a", content)
    assert stored_contents(tmp_path) == [b"1", b"4"]
    store.close()


def test_a_store_made_before_versions_opens_with_all_it_holds(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, ManualClock())
    store.create_bucket(BUCKET)
    stored = store.put(BUCKET, "a", b"old", Attributes(headers={"x-oss-meta-a": "1"}))
    upload = store.uploads.start(BUCKET, "b", Attributes())
    store.uploads.put_part(upload, 1, b"part")
    store.close()
    with sqlite3.connect(tmp_path / "oss.sqlite") as connection:
        connection.execute("DROP TABLE history")
        for table, columns in (
            ("objects", ("restored", "target", "version", "tags")),
            ("buckets", ("versioning",)),
            ("parts", ("crc",)),
        ):
            for column in columns:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.close()
    again = ObjectStore(tmp_path, ManualClock())
    assert again.get(BUCKET, "a") == (stored, b"old")
    assert again.bucket(BUCKET).versioning == ""
    assert again.uploads.complete(upload, None).size == 4
    again.close()


def test_hiding_an_object_is_told_as_its_removal_and_hiding_nothing_is_not(store: ObjectStore) -> None:
    store.set_versioning(BUCKET, "Enabled")
    version = store.put(BUCKET, "a", b"12345").version
    store.put_symlink(BUCKET, "link", "a")
    marker = store.delete(BUCKET, "a").version
    store.delete(BUCKET, "a")
    store.delete(BUCKET, "a", version=marker)
    store.delete(BUCKET, "a", version=version)
    assert [(n.event_name, n.key, n.delta_size) for n in store.pending_notifications(100)] == [
        ("ObjectCreated:PutObject", "a", 5),
        ("ObjectCreated:PutSymlink", "link", 0),
        ("ObjectRemoved:DeleteObject", "a", -5),
        ("ObjectRemoved:DeleteObject", "a", -5),
    ]


def test_names_with_control_characters_are_deleted_however_they_are_written(
    store: ObjectStore, ask: Ask
) -> None:
    store.set_bucket_acl(BUCKET, "public-read-write")
    for number, written in enumerate(("&#1;", "&#x01;", "&#x1;", "\x01")):
        store.put(BUCKET, "a\x01\x1f", b"x")
        key = f"a{written}&#x1F;"
        body = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()
        answer = ask("POST", f"/{BUCKET}?delete&encoding-type=url", body=body)
        assert (answer.status, b"<Key>a%01%1F</Key>" in answer.body) == (200, True), number
        assert store.list_objects(BUCKET).rows == []


def test_links_in_a_circle_are_refused_to_anybody_who_reads_them(store: ObjectStore, ask: Ask) -> None:
    store.set_bucket_acl(BUCKET, "public-read")
    store.put_symlink(BUCKET, "a", "b")
    store.put_symlink(BUCKET, "b", "a")
    answer = ask("GET", f"/{BUCKET}/a")
    assert (answer.status, b"InvalidTargetType" in answer.body) == (400, True)
    store.put_symlink(BUCKET, "self", "self")
    assert ask("GET", f"/{BUCKET}/self").status == 400


def test_a_link_is_as_new_as_the_newer_of_itself_and_its_target(
    store: ObjectStore, clock: ManualClock
) -> None:
    store.put_symlink(BUCKET, "link", "a")
    clock.advance(100)
    later = store.put(BUCKET, "a", b"x").modified_at
    assert store.head(BUCKET, "link").modified_at == later
    clock.advance(100)
    assert (
        store.put_symlink(BUCKET, "link", "a").modified_at == store.head(BUCKET, "link").modified_at > later
    )
