"""Listings, through alibabacloud-oss-v2 and its paginators."""

from __future__ import annotations

import alibabacloud_oss_v2 as oss
import pytest

from tests.emulators.oss.support import LocalOss

KEYS = sorted(["a", "b/1", "b/2", "b/c/3", "url-%123-/?#:key", "ctrl\x01", "张三/一.jpg", "😀"])


@pytest.fixture
def filled(running: LocalOss, bucket: str) -> str:
    for key in KEYS:
        running.store.put(bucket, key, b"12345")
    return bucket


def _pages(
    client: oss.Client, version: int, bucket: str, limit: int, **options: object
) -> list[oss.ListObjectsV2Result]:
    if version == 1:
        request = oss.ListObjectsRequest(bucket=bucket, **options)
        return list(client.list_objects_paginator(limit=limit).iter_page(request))
    request = oss.ListObjectsV2Request(bucket=bucket, **options)
    return list(client.list_objects_v2_paginator(limit=limit).iter_page(request))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_paginators_find_every_object_once(client: oss.Client, filled: str, version: int, limit: int) -> None:
    pages = _pages(client, version, filled, limit)
    assert [one.key for page in pages for one in page.contents] == KEYS
    assert len(pages) == -(-len(KEYS) // limit)
    assert {(page.max_keys, page.name) for page in pages} == {(limit, filled)}
    grouped = _pages(client, version, filled, limit, delimiter="/")
    assert [one.prefix for page in grouped for one in page.common_prefixes or []] == [
        "b/",
        "url-%123-/",
        "张三/",
    ]
    some = _pages(client, version, filled, limit, prefix="b/")
    assert [one.key for page in some for one in page.contents] == ["b/1", "b/2", "b/c/3"]


def test_list_objects_echoes_what_was_asked(client: oss.Client, filled: str) -> None:
    page = client.list_objects(
        oss.ListObjectsRequest(bucket=filled, marker="a", delimiter="/", prefix="b", max_keys=10)
    )
    assert (page.marker, page.delimiter, page.prefix, page.max_keys) == ("a", "/", "b", 10)
    assert (page.is_truncated, page.next_marker, page.encoding_type) == (False, None, "url")
    first = client.list_objects(oss.ListObjectsRequest(bucket=filled, max_keys=1)).contents[0]
    assert (first.key, first.size, first.object_type, first.storage_class) == ("a", 5, "Normal", "Standard")
    assert first.owner.id == first.owner.display_name != ""
    assert first.last_modified is not None


def test_list_objects_v2_echoes_what_was_asked(client: oss.Client, filled: str) -> None:
    page = client.list_objects_v2(
        oss.ListObjectsV2Request(
            bucket=filled,
            delimiter="/",
            start_after="b",
            encoding_type="url",
            continuation_token="",
            max_keys=10,
            prefix="b",
            fetch_owner=True,
            request_payer="requester",
        )
    )
    assert (page.delimiter, page.start_after, page.encoding_type) == ("/", "b", "url")
    assert (page.max_keys, page.prefix, page.key_count, page.is_truncated) == (10, "b", 1, False)
    owned = client.list_objects_v2(oss.ListObjectsV2Request(bucket=filled, fetch_owner=True))
    assert owned.contents[0].owner.id
    assert client.list_objects_v2(oss.ListObjectsV2Request(bucket=filled)).contents[0].owner is None


def test_list_object_versions_without_versioning_lists_null_versions(client: oss.Client, filled: str) -> None:
    page = client.list_object_versions(
        oss.ListObjectVersionsRequest(bucket=filled, delimiter="/", key_marker="a", max_keys=999)
    )
    assert (page.delimiter, page.key_marker, page.max_keys, page.is_truncated) == ("/", "a", 999, False)
    assert {(one.version_id, one.is_latest) for one in page.version} == {("null", True)}
    assert [one.key for one in page.version] == ["ctrl\x01", "😀"]


def test_uploads_and_parts_are_paged(client: oss.Client, bucket: str) -> None:
    keys = ["key-0", "key-1", "upload-%123-/?#:key"]
    uploads = {
        key: client.initiate_multipart_upload(
            oss.InitiateMultipartUploadRequest(bucket=bucket, key=key)
        ).upload_id
        for key in keys
    }
    request = oss.ListMultipartUploadsRequest(bucket=bucket)
    for limit in (1, 2, 1000):
        pages = list(client.list_multipart_uploads_paginator(limit=limit).iter_page(request))
        found = {one.key: one.upload_id for page in pages for one in page.uploads}
        assert (found, pages[0].max_uploads) == (uploads, limit)
    page = client.list_multipart_uploads(request)
    assert (page.is_truncated, page.key_marker, page.next_key_marker) == (False, None, keys[2])
    for number in (1, 2, 3):
        client.upload_part(
            oss.UploadPartRequest(
                bucket=bucket,
                key=keys[2],
                part_number=number,
                upload_id=uploads[keys[2]],
                body=b"data-test",
            )
        )
    parts = oss.ListPartsRequest(bucket=bucket, key=keys[2], upload_id=uploads[keys[2]])
    pages = list(client.list_parts_paginator(limit=2).iter_page(parts))
    assert [[one.part_number for one in page.parts] for page in pages] == [[1, 2], [3]]
    assert (pages[0].key, pages[0].next_part_number_marker, pages[1].is_truncated) == (keys[2], 2, False)
