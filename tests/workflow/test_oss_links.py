"""Links in the bucket are seen and never followed: whoever may write one may not read what it leads to."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from aliyun_local.mocking import mock_aliyun
from aliyun_local.mocking.cloud import MockCloud
from shared.clients.photo_bucket import PhotoBucket
from shared.domain.photos import Stored
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NotFound, Permanent
from tests.workflow.oss_server import NAME, client

SNAPSHOT = "submissions/0123456789abcdef0123-1/00ff.jpg"
VICTIM, LINK = "people/victim/private.png", "people/mallory/me.png"


@pytest.fixture
def cloud() -> Iterator[MockCloud]:
    with mock_aliyun() as cloud:
        cloud.oss.create_bucket(NAME)
        cloud.oss.put(NAME, VICTIM, picture("red"))
        yield cloud


@pytest.fixture
def bucket(cloud: MockCloud) -> PhotoBucket:
    return client("https://oss-cn-beijing-internal.aliyuncs.com")


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 400), colour).save(file, "PNG")
    return file.getvalue()


def etag_of(bucket: PhotoBucket, key: str) -> str:
    stored = bucket.stored(key)
    assert stored is not None
    return stored.etag


def test_a_look_and_a_listing_say_what_is_a_link_each_with_an_etag_of_its_own(
    cloud: MockCloud, bucket: PhotoBucket
) -> None:
    cloud.oss.put_symlink(NAME, LINK, VICTIM)
    looked_at, target = bucket.stored(LINK), bucket.stored(VICTIM)
    assert looked_at is not None
    assert target is not None
    assert (looked_at.is_link, target.is_link) == (True, False)
    listed = {entry.key: entry.stored for entry in bucket.list_page("people/", "", 10)[0]}
    assert {key: stored.is_link for key, stored in listed.items()} == {LINK: True, VICTIM: False}
    assert looked_at.etag == target.etag == listed[VICTIM].etag != listed[LINK].etag


def test_what_is_not_said_to_be_a_link_is_none() -> None:
    assert not Stored(etag="E", size=1, modified_at=1).is_link


@pytest.mark.parametrize(
    "read",
    [
        lambda bucket: bucket.read(LINK),
        lambda bucket: bucket.read_range(LINK, 0, 100),
        lambda bucket: bucket.read_range(LINK, 0, 100, etag=etag_of(bucket, VICTIM)),
        lambda bucket: bucket.copy(LINK, SNAPSHOT),
        lambda bucket: bucket.prepare(LINK, SNAPSHOT, etag_of(bucket, LINK)),
    ],
    ids=["read", "range", "range with the target's ETag", "copy", "prepare"],
)
def test_a_link_is_not_there_for_whoever_reads(
    cloud: MockCloud, bucket: PhotoBucket, read: Callable[[PhotoBucket], Any]
) -> None:
    cloud.oss.put_symlink(NAME, LINK, VICTIM)
    with pytest.raises(NotFound) as raised:
        read(bucket)
    assert (raised.value.code, raised.value.kind) == ("replaced", Kind.GONE)


@pytest.mark.parametrize("target", ["people/victim/none.png", LINK + "2"], ids=["dangling", "to a link"])
def test_a_link_that_leads_nowhere_is_its_own_trouble(
    cloud: MockCloud, bucket: PhotoBucket, target: str
) -> None:
    cloud.oss.put_symlink(NAME, LINK + "2", VICTIM)
    cloud.oss.put_symlink(NAME, LINK, target)
    for call in (bucket.stored, bucket.read):
        with pytest.raises(Permanent) as raised:
            call(LINK)
        assert (raised.value.kind, raised.value.api) == (Kind.OBJECT, Api.READING)
        assert not isinstance(raised.value, NotFound)
    (link, _), _ = bucket.list_page("people/mallory/", "", 10)
    assert link.stored.is_link


def test_a_photo_that_stays_as_it_was_looked_at_is_prepared(bucket: PhotoBucket) -> None:
    assert bucket.prepare(VICTIM, SNAPSHOT, etag_of(bucket, VICTIM)) > 0
    assert bucket.read(SNAPSHOT).startswith(b"\xff\xd8")


@pytest.mark.parametrize("becomes", ["a link", "another picture", "nothing"])
def test_a_photo_that_is_replaced_between_the_look_and_its_preparation_is_not_taken(
    cloud: MockCloud, bucket: PhotoBucket, becomes: str
) -> None:
    cloud.oss.put(NAME, LINK, picture("blue"))
    looked_at = etag_of(bucket, LINK)
    if becomes == "a link":
        cloud.oss.put_symlink(NAME, LINK, VICTIM)
    elif becomes == "another picture":
        cloud.oss.put(NAME, LINK, picture("green"))
    else:
        cloud.oss.delete(NAME, LINK)
    with pytest.raises(NotFound) as raised:
        bucket.prepare(LINK, SNAPSHOT, looked_at)
    assert (raised.value.kind, raised.value.api) == (Kind.GONE, Api.PROCESSING)


@pytest.mark.parametrize("becomes", ["a link", "nothing"])
def test_a_photo_that_is_replaced_while_oss_processes_it_is_not_taken(
    cloud: MockCloud, bucket: PhotoBucket, monkeypatch: pytest.MonkeyPatch, becomes: str
) -> None:
    cloud.oss.put(NAME, LINK, picture("blue"))
    looked_at = etag_of(bucket, LINK)
    process = bucket._bucket.process_object

    def processed_and_then_replaced(*given: Any) -> Any:
        done = process(*given)
        if becomes == "a link":
            cloud.oss.put_symlink(NAME, LINK, VICTIM)
        else:
            cloud.oss.delete(NAME, LINK)
        return done

    monkeypatch.setattr(bucket._bucket, "process_object", processed_and_then_replaced)
    with pytest.raises(NotFound, match="replaced"):
        bucket.prepare(LINK, SNAPSHOT, looked_at)


def test_a_link_to_the_very_bytes_that_were_looked_at_is_a_link_all_the_same(
    cloud: MockCloud, bucket: PhotoBucket
) -> None:
    # The ETag alone would not tell: that of a link, looked at, is its target's.
    cloud.oss.put(NAME, LINK, picture("red"))
    looked_at = etag_of(bucket, LINK)
    assert looked_at == etag_of(bucket, VICTIM)
    cloud.oss.put_symlink(NAME, LINK, VICTIM)
    with pytest.raises(NotFound, match="replaced"):
        bucket.prepare(LINK, SNAPSHOT, looked_at)
    with pytest.raises(NotFound, match="replaced"):
        bucket.read_range(LINK, 0, 10, etag=looked_at)


def test_a_zip_that_is_replaced_while_it_is_read_is_not_read_on(
    cloud: MockCloud, bucket: PhotoBucket
) -> None:
    cloud.oss.put(NAME, "people/mallory/a.zip", b"0123456789")
    looked_at = etag_of(bucket, "people/mallory/a.zip")
    assert bucket.read_range("people/mallory/a.zip", 2, 3, etag=looked_at) == b"234"
    cloud.oss.put(NAME, "people/mallory/a.zip", b"9876543210")
    with pytest.raises(NotFound, match="PreconditionFailed"):
        bucket.read_range("people/mallory/a.zip", 2, 3, etag=looked_at)


def test_a_copy_is_the_snapshot_itself(cloud: MockCloud, bucket: PhotoBucket) -> None:
    bucket.copy(VICTIM, SNAPSHOT)
    assert bucket.read(SNAPSHOT) == picture("red")
    with pytest.raises(NotFound, match="NoSuchKey"):
        bucket.copy("submissions/none.jpg", SNAPSHOT)


def test_a_range_ends_where_the_object_ends(cloud: MockCloud, bucket: PhotoBucket) -> None:
    cloud.oss.put(NAME, "people/mallory/a.zip", b"0123456789")
    assert bucket.read_range("people/mallory/a.zip", 8, 100) == b"89"
    assert bucket.read_range("people/mallory/a.zip", 0, 100) == b"0123456789"
    with pytest.raises(NotFound, match="InvalidRange"):
        bucket.read_range("people/mallory/a.zip", 10, 1)
