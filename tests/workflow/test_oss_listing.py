"""Listings of the bucket: every page, keys however odd, and folders, by which a bad page is passed over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from aliyun_local.mocking import mock_aliyun
from aliyun_local.mocking.cloud import MockCloud
from shared.clients.photo_bucket import PhotoBucket
from tests.workflow.oss_server import NAME, answer, client, oss_that_says

ODD = [
    "people/a b/1+2%20.jpg",
    "people/a\x01b/\x1f.jpg",
    "people/a\tb/\r\n.jpg",
    "people/\x7f\x85\u2028\u202e/1.jpg",
    "people/\ufffe\uffff/1.jpg",
    "people/张/自拍.jpg",
    "people/😀/1.jpg",
    "people/<Key>&amp;]]>/1.jpg",
    "people/%41%2F/1.jpg",
    "people/'\"/1.jpg",
]


@pytest.fixture
def cloud() -> Iterator[MockCloud]:
    with mock_aliyun() as cloud:
        cloud.oss.create_bucket(NAME)
        yield cloud


@pytest.fixture
def bucket(cloud: MockCloud) -> PhotoBucket:
    return client("https://oss-cn-beijing-internal.aliyuncs.com")


def all_keys(bucket: PhotoBucket, count: int) -> list[str]:
    keys: list[str] = []
    after = ""
    for _ in range(100):
        listed, after = bucket.list_page("people/", after, count)
        keys += [entry.key for entry in listed]
        if not after:
            return keys
    raise AssertionError("the listing does not end")


def all_folders(bucket: PhotoBucket, count: int, after: str = "") -> list[str]:
    folders: list[str] = []
    for _ in range(100):
        page, after = bucket.list_folders("people/", after, count)
        folders += page
        if not after:
            return folders
    raise AssertionError("the listing does not end")


@pytest.mark.parametrize("count", [1, 2, 4, 5, 100])
def test_a_listing_goes_on_past_its_first_page_to_the_last_key(
    cloud: MockCloud, bucket: PhotoBucket, count: int
) -> None:
    keys = [f"people/li/{number}.jpg" for number in range(5)]
    for key in [*keys, "results/li/1.json"]:
        cloud.oss.put(NAME, key, b"x")
    assert all_keys(bucket, count) == keys


def test_a_page_tells_etag_size_and_time_of_each_object(cloud: MockCloud, bucket: PhotoBucket) -> None:
    cloud.oss.put(NAME, "people/li/1.jpg", b"photo")
    (entry,), following = bucket.list_page("people/", "", 10)
    assert following == ""
    described = bucket.stored("people/li/1.jpg")
    assert described is not None
    # Only an object that is asked about by itself tells its CRC-64, and of which zip it was taken out.
    assert entry.stored == replace(described, crc64="", taken_from=None)
    assert described.crc64
    assert (entry.stored.size, described.taken_from) == (5, "")


def test_an_object_says_of_which_zip_it_was_taken_out(bucket: PhotoBucket) -> None:
    bucket.write("people/li/a.zip/1.jpg", b"photo", taken_from="5d41402abc4b-3")
    stored = bucket.stored("people/li/a.zip/1.jpg")
    assert stored is not None
    assert stored.taken_from == "5d41402abc4b-3"


@pytest.mark.parametrize("count", [1, 3, 100])
def test_keys_that_xml_cannot_hold_are_listed_and_read_like_others(
    cloud: MockCloud, bucket: PhotoBucket, count: int
) -> None:
    for key in ODD:
        bucket.write(key, key.encode())
    keys = all_keys(bucket, count)
    assert sorted(keys) == sorted(ODD)
    for key in keys:
        assert bucket.read(key) == key.encode()
    assert sorted(all_folders(bucket, count)) == sorted({f"people/{key.split('/')[1]}/" for key in ODD})


@pytest.mark.parametrize("count", [1, 2, 100])
def test_folders_are_listed_page_by_page_without_what_lies_in_them(
    cloud: MockCloud, bucket: PhotoBucket, count: int
) -> None:
    for person, number in itertools.product(["anna", "bob", "carl"], range(3)):
        cloud.oss.put(NAME, f"people/{person}/{number}.jpg", b"x")
    cloud.oss.put(NAME, "people/stray.jpg", b"x")
    assert all_folders(bucket, count) == ["people/anna/", "people/bob/", "people/carl/"]


@pytest.mark.parametrize("after", ["people/anna/1.jpg", "people/anna/", "people/anna/x/y.jpg", "people/annb"])
def test_the_folder_of_a_key_is_passed_over(cloud: MockCloud, bucket: PhotoBucket, after: str) -> None:
    for person in ("anna", "bob"):
        for number in range(3):
            cloud.oss.put(NAME, f"people/{person}/{number}.jpg", b"x")
    assert all_folders(bucket, 1, after) == ["people/bob/"]
    (first, *_), _ = bucket.list_page("people/", "people/bob/", 10)
    assert first.key == "people/bob/0.jpg"


def test_folders_are_asked_for_behind_the_folder_of_a_key_and_not_behind_the_key() -> None:
    # Keys behind this one lie in the same folder, which OSS would name again.
    page = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    with oss_that_says(answer(200, page)) as (bucket, server):
        bucket.list_folders("people/", "people/anna/1.jpg", 10)
        bucket.list_folders("people/", "people/annb", 10)
    folder, key = server.asked
    assert "marker=people%2Fanna%2F&" in folder
    assert "marker=people%2Fannb&" in key
    assert "encoding-type=url" in folder
