"""Removing from a bucket that keeps versions, by the product's own client: every version and mark goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import oss2
import pytest
from oss2.models import BucketVersioningConfig

from aliyun_local.mocking import mock_aliyun
from aliyun_local.mocking.cloud import MockCloud
from shared.clients import object_versions
from shared.clients.photo_bucket import PhotoBucket
from shared.domain.erasure import Erasure
from shared.domain.money import DAY_MS
from shared.domain.object_keys import job_id
from shared.domain.retention import scheduled
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind
from shared.errors import Permanent
from shared.workflow.erasing_person import Person
from shared.workflow.erasing_stores import remove_objects
from shared.workflow.removal import Removal
from shared.workflow.retaining import retain
from tests.unit.memory import Memory
from tests.unit.support import job_in, photo
from tests.workflow.oss_server import NAME, client

ENDPOINT = "https://oss-cn-beijing-internal.aliyuncs.com"
SNAPSHOT = f"submissions/{job_id('li', 1)}/0.jpg"
OF_LI = ("people/li/1.jpg", "people/li/deep/2.jpg", SNAPSHOT, "results/li/1.json")
KEPT_FOR_A_DAY = Rules(keep_snapshots_ms=DAY_MS, keep_photos_ms=DAY_MS)
OF_OTHERS = ("people/lin/1.jpg", f"submissions/{job_id('wu', 1)}/0.jpg", "results/li.u/1.json")


@pytest.fixture
def cloud() -> Iterator[MockCloud]:
    with mock_aliyun() as cloud:
        cloud.oss.create_bucket(NAME)
        yield cloud


@pytest.fixture
def raw(cloud: MockCloud) -> oss2.Bucket:
    bucket = client(ENDPOINT)._bucket
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    return bucket


def erase(cloud: MockCloud, erased_before: int, bucket: PhotoBucket | None = None) -> tuple[Removal, object]:
    memory = Memory()
    memory.time = int(cloud.clock.now() * 1000)
    world = memory.world(bucket=bucket or client(ENDPOINT))
    removal = Removal(memory.time)
    erasure = Erasure(erased_before=erased_before, revision=1)
    return removal, remove_objects(world, Person("li", []), erasure, removal)


def left(raw: oss2.Bucket) -> list[str]:
    """The keys of all versions and delete markers."""
    return sorted(_listed(raw))


def _listed(raw: oss2.Bucket) -> Iterator[str]:
    key, version = "", ""
    while True:
        page = raw.list_object_versions(key_marker=key, versionid_marker=version, max_keys=100)
        yield from (one.key for one in (*page.versions, *page.delete_marker))
        if not page.is_truncated:
            return
        key, version = page.next_key_marker, page.next_versionid_marker


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_all_versions_and_delete_markers_go_and_those_of_others_stay(
    cloud: MockCloud, raw: oss2.Bucket, status: str
) -> None:
    for key in (*OF_LI, *OF_OTHERS):
        raw.put_object(key, b"one")
        raw.put_object(key, b"two")
        raw.delete_object(key)
    raw.put_bucket_versioning(BucketVersioningConfig(status))
    raw.put_object(OF_LI[0], b"three")
    before = len(left(raw))
    removal, is_versioned = erase(cloud, int(cloud.clock.now() * 1000))
    assert is_versioned is True
    assert left(raw) == sorted(OF_OTHERS * 3)
    assert removal.removed.total() == before - 9
    assert (removal.troubles, removal.remains(())) == ([], ())


def test_more_versions_than_pages_of_one_key_go(
    cloud: MockCloud, raw: oss2.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_versions, "PAGE", 3)
    for number in range(11):
        raw.put_object(OF_LI[0], b"%d" % number)
    erase(cloud, int(cloud.clock.now() * 1000))
    assert left(raw) == []


def test_of_an_upload_that_the_next_person_has_replaced_the_old_versions_go(
    cloud: MockCloud, raw: oss2.Bucket
) -> None:
    raw.put_object(OF_LI[0], b"of before")
    erased_before = int(cloud.clock.now() * 1000)
    cloud.clock.advance(20)
    raw.put_object(OF_LI[0], b"of the next")
    removal, _ = erase(cloud, erased_before)
    assert left(raw) == [OF_LI[0]]
    assert raw.get_object(OF_LI[0]).read() == b"of the next"
    assert removal.kept_in == {"li"}


def test_a_bucket_without_versions_is_erased_by_plain_deletes(cloud: MockCloud) -> None:
    raw = client(ENDPOINT)._bucket
    for key in (*OF_LI, *OF_OTHERS):
        raw.put_object(key, b"one")
    removal, is_versioned = erase(cloud, int(cloud.clock.now() * 1000))
    assert (is_versioned, left(raw)) == (False, sorted(OF_OTHERS))
    assert removal.removed.total() == len(OF_LI)


def test_a_version_that_may_not_be_removed_is_listed_and_the_others_go(
    cloud: MockCloud, raw: oss2.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in OF_LI:
        raw.put_object(key, b"one")
    bucket, delete = client(ENDPOINT), PhotoBucket.delete_version

    def refusing(self: PhotoBucket, version: object) -> None:
        if getattr(version, "key", "") == OF_LI[0]:
            raise Permanent("FileImmutable", "a retention policy", kind=Kind.OBJECT)
        delete(self, version)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(PhotoBucket, "delete_version", refusing)
    removal, _ = erase(cloud, int(cloud.clock.now() * 1000), bucket)
    assert left(raw) == [OF_LI[0]]
    (remains,) = removal.remains(())
    assert (remains.where, remains.code, remains.number) == ("people/", "FileImmutable", 1)
    assert removal.troubles == [], "it is for good, so nothing waits for it"


def test_what_has_been_kept_long_enough_goes_with_all_its_versions_and_what_came_later_stays(
    cloud: MockCloud, raw: oss2.Bucket
) -> None:
    now = int(cloud.clock.now() * 1000)
    for key in ("people/li/a.jpg", "people/li/other.jpg", SNAPSHOT, f"submissions/{job_id('li', 11)}/0.jpg"):
        raw.put_object(key, b"one")
        raw.put_object(key, b"two")
    job = job_in(JobState.SUCCEEDED, ended_at=now, closed_at=now, delivered=True)
    taken = replace(job.photo_set, photos=(photo("a.jpg", uploaded_at=now + 999),))
    job = scheduled(replace(job, photo_set=taken), KEPT_FOR_A_DAY)
    cloud.clock.advance(20)
    raw.put_object("people/li/a.jpg", b"of the next set")
    memory = Memory(job)
    memory.time = now + DAY_MS + 999
    retain(memory.world(rules=KEPT_FOR_A_DAY, bucket=client(ENDPOINT)), [job.job_id])
    assert left(raw) == sorted(
        ["people/li/a.jpg", *["people/li/other.jpg"] * 2, *[f"submissions/{job_id('li', 11)}/0.jpg"] * 2]
    )
    assert raw.get_object("people/li/a.jpg").read() == b"of the next set"
    assert (memory[job].snapshots_removed_at, memory[job].photos_removed_at) == (memory.time, memory.time)
