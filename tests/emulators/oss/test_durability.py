"""Objects outlive processes that stop or are killed, and writers that run at the same time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import oss2
import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.oss.state.checksums import crc64
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.objects import StoredObject
from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import BUCKET, LocalOss, stored_contents


def test_a_reader_overtaken_by_a_writer_reads_the_new_object_whole(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, ManualClock())
    store.create_bucket(BUCKET)
    store.put(BUCKET, "a", b"old")
    writes = iter([b"newer"])

    def choose(stored: StoredObject) -> tuple[int, int]:
        for content in writes:
            store.put(BUCKET, "a", content)
        return 0, stored.size

    stored, content = store.get_range(BUCKET, "a", choose)
    assert (stored.size, content) == (5, b"newer")
    store.close()


def test_a_new_process_finds_everything_that_was_answered(tmp_path: Path) -> None:
    with LocalOss(tmp_path) as running, Oss2Clients(running) as clients:
        running.store.create_bucket(BUCKET)
        bucket = clients.bucket(BUCKET)
        bucket.put_object("a", b"old")
        bucket.put_object("a", b"new", headers={"x-oss-meta-x": "1"})
        upload = bucket.init_multipart_upload("big").upload_id
        part = bucket.upload_part("big", upload, 1, b"part")
        # The first store stays open, as a killed process leaves it.
        _finds_everything(tmp_path, upload, part.etag)


def _finds_everything(folder: Path, upload: str, etag: str) -> None:
    with LocalOss(folder) as again, Oss2Clients(again) as clients:
        bucket = clients.bucket(BUCKET)
        got = bucket.get_object("a")
        assert (got.read(), got.headers["x-oss-meta-x"]) == (b"new", "1")
        bucket.complete_multipart_upload("big", upload, [oss2.models.PartInfo(1, etag)])
        assert bucket.get_object("big").read() == b"part"
        names = [n.event_name for n in again.store.pending_notifications(100)]
        assert names.count("ObjectCreated:PutObject") == 2
        assert names[-1] == "ObjectCreated:CompleteMultipartUpload"


WRITER = """
import sys
from pathlib import Path
from aliyun_local.clock import ManualClock
from aliyun_local.oss.state.models import ObjectStore
store = ObjectStore(Path(sys.argv[1]), ManualClock())
store.create_bucket("test-bucket")
for number in range(100000):
    store.put("test-bucket", f"own/{number}", b"%d," % number * 1000)
    store.put("test-bucket", "shared", b"%09d" % number * 1000)
    print(number, flush=True)
"""


def test_a_process_killed_while_it_writes_leaves_whole_objects(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    answered = [int(writer.stdout.readline()) for _ in range(40)][-1]
    writer.kill()
    writer.wait()
    writer.stdout.close()
    store = ObjectStore(tmp_path, ManualClock())
    page = store.list_objects(BUCKET, limit=1000)
    assert len(page) >= answered + 2
    for stored in page.rows:
        content = store.read(stored)
        assert stored.crc == crc64(content)
    assert len(stored_contents(tmp_path)) == len(page)
    told = store.pending_notifications(1000)
    assert {n.key for n in told} == {stored.key for stored in page.rows}
    assert abs(len(told) - 2 * (len(page) - 1)) <= 1
    store.close()


def test_orphaned_bytes_of_a_killed_process_are_swept_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ObjectStore(tmp_path, ManualClock())
    store.create_bucket(BUCKET)
    store.put(BUCKET, "kept", b"kept")
    store.append(BUCKET, "log", b"1", 0)
    store.append(BUCKET, "log", b"2", 1)
    store.put(BUCKET, "erased", b"bytes of a face")
    upload = store.uploads.start(BUCKET, "big", store.head(BUCKET, "kept").attributes)
    store.uploads.put_part(upload, 1, b"part")
    monkeypatch.setattr(store.blobs, "remove", lambda _: None)
    store.delete(BUCKET, "erased")
    store.close()
    again = ObjectStore(tmp_path, ManualClock())
    assert stored_contents(tmp_path) == [b"1", b"2", b"kept", b"part"]
    assert again.get(BUCKET, "log")[1] == b"12"
    again.close()


def test_a_second_process_on_the_same_folder_does_not_sweep_what_the_first_is_writing(tmp_path: Path) -> None:
    first = ObjectStore(tmp_path, ManualClock())
    first.create_bucket(BUCKET)
    blob_id = first.blobs.write(b"not committed yet")
    ObjectStore(tmp_path, ManualClock()).close()
    assert first.blobs.read(blob_id, 0, 3) == b"not"
    first.close()


def test_sixteen_writers_lose_nothing_and_tear_nothing(local_oss: LocalOss, tmp_path: Path) -> None:
    def work(number: int) -> None:
        with Oss2Clients(local_oss) as clients:
            write(clients.bucket(BUCKET), number)

    def write(bucket: oss2.Bucket, number: int) -> None:
        for turn in range(6):
            bucket.put_object(f"own/{number}/{turn}", f"{number}-{turn}".encode() * 100)
            bucket.put_object("shared", f"{number:02}".encode() * 5000)
            content = bucket.get_object("shared").read()
            assert content == content[:2] * 5000

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    page = local_oss.store.list_objects(BUCKET, limit=1000)
    assert len(page) == 16 * 6 + 1
    assert len(local_oss.store.pending_notifications(1000)) == 16 * 6 * 2
    assert len(stored_contents(tmp_path / "oss")) == len(page)
