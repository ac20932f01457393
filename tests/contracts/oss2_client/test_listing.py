"""Listings, through oss2 and its iterators."""

from __future__ import annotations

import time

import oss2
import pytest

from tests.emulators.oss.support import LocalOss

KEYS = sorted(["a", "b/1", "b/2", "b/c/3", "d%&<>.jpg", "z", "张三/一.jpg", "张三/二.jpg", "😀"])


@pytest.fixture
def filled(oss: LocalOss, bucket: oss2.Bucket) -> oss2.Bucket:
    for key in KEYS:
        oss.store.put(bucket.bucket_name, key, key.encode())
    return bucket


def test_list_objects_describes_each_object(filled: oss2.Bucket) -> None:
    page = filled.list_objects()
    assert ([found.key for found in page.object_list], page.is_truncated) == (KEYS, False)
    first = page.object_list[0]
    assert (first.size, first.type, first.storage_class) == (1, "Normal", "Standard")
    assert first.etag == filled.head_object("a").etag
    assert first.last_modified == pytest.approx(time.time(), abs=60)
    assert first.owner.id == first.owner.display_name == filled.get_bucket_info().owner.id


def test_list_objects_groups_by_delimiter_under_a_prefix(filled: oss2.Bucket) -> None:
    top = filled.list_objects(delimiter="/")
    assert top.prefix_list == ["b/", "张三/"]
    assert [found.key for found in top.object_list] == ["a", "d%&<>.jpg", "z", "😀"]
    inner = filled.list_objects(prefix="b/", delimiter="/")
    assert ([found.key for found in inner.object_list], inner.prefix_list) == (["b/1", "b/2"], ["b/c/"])
    assert filled.list_objects(prefix="nothing").object_list == []


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("iterate", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
def test_both_listings_page_through_everything_once(filled: oss2.Bucket, iterate: type, size: int) -> None:
    assert [found.key for found in iterate(filled, max_keys=size)] == KEYS
    grouped = list(iterate(filled, delimiter="/", max_keys=size))
    assert [(found.key, found.is_prefix()) for found in grouped] == [
        ("a", False),
        ("b/", True),
        ("d%&<>.jpg", False),
        ("z", False),
        ("张三/", True),
        ("😀", False),
    ]
    assert [found.key for found in iterate(filled, prefix="张三/", max_keys=size)] == KEYS[6:8]


def test_list_objects_starts_behind_its_marker(filled: oss2.Bucket) -> None:
    page = filled.list_objects(marker="b/1", max_keys=2)
    assert [found.key for found in page.object_list] == ["b/2", "b/c/3"]
    assert (page.is_truncated, page.next_marker) == (True, "b/c/3")
    assert next(iter(oss2.ObjectIterator(filled, marker="张三/一.jpg"))).key == "张三/二.jpg"


def test_list_objects_v2_starts_after_and_goes_on_by_token(filled: oss2.Bucket) -> None:
    page = filled.list_objects_v2(start_after="b/1", max_keys=2)
    assert [found.key for found in page.object_list] == ["b/2", "b/c/3"]
    assert (page.is_truncated, page.object_list[0].owner) == (True, None)
    rest = filled.list_objects_v2(continuation_token=page.next_continuation_token, fetch_owner=True)
    assert [found.key for found in rest.object_list] == KEYS[4:]
    assert rest.object_list[0].owner.id == filled.get_bucket_info().owner.id
    with pytest.raises(oss2.exceptions.InvalidArgument):
        filled.list_objects_v2(continuation_token="!")


def test_pages_hold_100_objects_unless_told_otherwise_and_1000_at_most(
    oss: LocalOss, bucket: oss2.Bucket
) -> None:
    for number in range(101):
        oss.store.put(bucket.bucket_name, f"{number:03}", b"")
    page = bucket.list_objects(max_keys=1000)
    assert (len(page.object_list), page.is_truncated) == (101, False)
    response = bucket._do("GET", bucket.bucket_name, "", params={})
    assert b"<MaxKeys>100</MaxKeys>" in response.read()
    for wrong in (0, 1001, "many"):
        with pytest.raises(oss2.exceptions.InvalidArgument) as error:
            bucket.list_objects(max_keys=wrong)
        assert error.value.details["ArgumentName"] == "max-keys"


def test_names_that_xml_cannot_hold_are_listed_encoded(bucket: oss2.Bucket) -> None:
    keys = ["ctrl\x01\x02", "line\r\nend", "tab\t"]
    for key in keys:
        bucket.put_object(key, b"x")
    assert [found.key for found in bucket.list_objects().object_list] == keys
    assert [found.key for found in bucket.list_objects_v2(prefix="ctrl\x01").object_list] == keys[:1]


def test_a_bucket_without_live_channels_lists_none(bucket: oss2.Bucket) -> None:
    assert list(oss2.LiveChannelIterator(bucket)) == []
    page = bucket.list_live_channel(prefix="a", max_keys=7)
    assert (page.prefix, page.max_keys, page.is_truncated, page.channels) == ("a", 7, False, [])


def test_a_listing_tells_which_objects_are_being_restored(bucket: oss2.Bucket) -> None:
    bucket.put_object("archived", b"x", headers={"x-oss-storage-class": "Archive"})
    bucket.restore_object("archived")
    for page in (bucket.list_objects(), bucket.list_objects_v2()):
        assert "ongoing-request=" in page.object_list[0].restore_info


def test_a_listing_refuses_names_that_no_object_can_have(bucket: oss2.Bucket) -> None:
    for call in (bucket.list_objects, bucket.list_objects_v2, bucket.list_object_versions):
        assert call(prefix="a" * 1024).is_truncated is False
        with pytest.raises(oss2.exceptions.InvalidArgument):
            call(prefix="a" * 1025)
