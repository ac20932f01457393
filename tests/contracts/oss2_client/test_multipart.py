"""Multipart uploads, through oss2."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import oss2
import pytest
from oss2.models import PartInfo
from oss2.utils import calc_obj_crc_from_parts, content_md5

PART = 100 * 1024
KEY = "大/part %.bin"


def _upload(bucket: oss2.Bucket, key: str, contents: dict[int, bytes]) -> tuple[str, list[PartInfo]]:
    upload = bucket.init_multipart_upload(key).upload_id
    parts = []
    for number, content in contents.items():
        put = bucket.upload_part(key, upload, number, content)
        parts.append(PartInfo(number, put.etag, size=len(content), part_crc=put.crc))
    return upload, parts


def test_parts_are_checked_by_md5_and_crc_and_become_an_object(bucket: oss2.Bucket) -> None:
    headers = {"Content-Type": "image/x", "x-oss-tagging": "%2B%3A%2F=.-", "x-oss-meta-a": "1"}
    upload = bucket.init_multipart_upload(KEY, headers=headers).upload_id
    first, last = b"a" * PART, b"b"
    put = bucket.upload_part(KEY, upload, 1, first, headers={"Content-MD5": content_md5(first)})
    assert (put.etag, put.headers["Content-MD5"]) == (
        hashlib.md5(first).hexdigest().upper(),
        content_md5(first),
    )
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.upload_part(KEY, upload, 2, last, headers={"Content-MD5": content_md5(first)})
    end = bucket.upload_part(KEY, upload, 2, last)
    parts = [
        PartInfo(1, put.etag, size=PART, part_crc=put.crc),
        PartInfo(2, end.etag, size=1, part_crc=end.crc),
    ]
    done = bucket.complete_multipart_upload(KEY, upload, parts, headers={"x-oss-object-acl": "public-read"})
    digests = hashlib.md5(first).digest() + hashlib.md5(last).digest()
    assert done.etag == hashlib.md5(digests).hexdigest().upper() + "-2"
    assert done.crc == calc_obj_crc_from_parts(parts)
    got = bucket.get_object(KEY)
    assert (got.read(), got.content_type, got.headers["x-oss-meta-a"]) == (first + last, "image/x", "1")
    assert (got.headers["x-oss-object-type"], "Content-MD5" in got.headers) == ("Multipart", False)
    assert bucket.get_object_tagging(KEY).tag_set.tagging_rule == {"+:/": ".-"}
    assert bucket.get_object_acl(KEY).acl == "public-read"


def test_a_part_sent_twice_counts_once(bucket: oss2.Bucket) -> None:
    upload, _ = _upload(bucket, KEY, {1: b"old"})
    put = bucket.upload_part(KEY, upload, 1, b"new")
    bucket.complete_multipart_upload(KEY, upload, [PartInfo(1, put.etag)])
    assert bucket.get_object(KEY).read() == b"new"


def test_upload_part_copy_takes_a_range_or_all(bucket: oss2.Bucket) -> None:
    content = bytes(range(200)) * 1024
    bucket.put_object("源 %", content)
    upload = bucket.init_multipart_upload(KEY).upload_id
    name = bucket.bucket_name
    first = bucket.upload_part_copy(name, "源 %", (0, PART - 1), KEY, upload, 1)
    rest = bucket.upload_part_copy(name, "源 %", (PART, None), KEY, upload, 2)
    everything = bucket.upload_part_copy(name, "源 %", None, KEY, upload, 3)
    assert first.etag == hashlib.md5(content[:PART]).hexdigest().upper()
    parts = [PartInfo(number, put.etag) for number, put in enumerate((first, rest, everything), 1)]
    bucket.complete_multipart_upload(KEY, upload, parts)
    assert bucket.get_object(KEY).read() == content * 2


def test_list_parts_pages_and_describes(bucket: oss2.Bucket) -> None:
    upload, parts = _upload(bucket, KEY, {number: b"x" * number for number in (1, 2, 5)})
    page = bucket.list_parts(KEY, upload, max_parts=2)
    assert [(one.part_number, one.size, one.etag) for one in page.parts] == [
        (1, 1, parts[0].etag),
        (2, 2, parts[1].etag),
    ]
    assert (page.is_truncated, page.next_marker) == (True, "2")
    assert [one.part_number for one in oss2.PartIterator(bucket, KEY, upload, max_parts=1)] == [1, 2, 5]
    assert [one.part_number for one in bucket.list_parts(KEY, upload, marker="2").parts] == [5]
    assert page.parts[0].part_crc in (None, parts[0].part_crc)


def test_list_multipart_uploads_pages_by_key_and_id(bucket: oss2.Bucket) -> None:
    keys = ["a", "a", "b/1", "b/2", "c"]
    uploads = sorted((key, bucket.init_multipart_upload(key).upload_id) for key in keys)
    for size in (1, 2, 1000):
        found = oss2.MultipartUploadIterator(bucket, max_uploads=size)
        assert [(one.key, one.upload_id) for one in found] == uploads
    grouped = bucket.list_multipart_uploads(prefix="b", delimiter="/")
    assert (grouped.prefix_list, grouped.upload_list, grouped.is_truncated) == (["b/"], [], False)
    page = bucket.list_multipart_uploads(key_marker="a", upload_id_marker=uploads[0][1])
    assert [(one.key, one.upload_id) for one in page.upload_list] == uploads[1:]
    one_key = oss2.ObjectUploadIterator(bucket, "a")
    assert [one.upload_id for one in one_key] == [upload for _, upload in uploads[:2]]


def test_abort_multipart_upload_forgets_it(bucket: oss2.Bucket) -> None:
    upload, parts = _upload(bucket, KEY, {1: b"x"})
    assert bucket.abort_multipart_upload(KEY, upload).status == 204
    calls: tuple[Callable[[], object], ...] = (
        lambda: bucket.abort_multipart_upload(KEY, upload),
        lambda: bucket.upload_part(KEY, upload, 1, b"x"),
        lambda: bucket.list_parts(KEY, upload),
        lambda: bucket.complete_multipart_upload(KEY, upload, parts),
    )
    for call in calls:
        with pytest.raises(oss2.exceptions.NoSuchUpload) as error:
            call()
        assert error.value.details["UploadId"] == upload


def test_completing_wants_the_parts_in_order_and_large_enough(bucket: oss2.Bucket) -> None:
    upload, parts = _upload(bucket, KEY, {1: b"small", 2: b"end"})
    wrong = PartInfo(1, "0" * 32)
    for chosen, code in (
        (parts[::-1], "InvalidPartOrder"),
        ([wrong], "InvalidPart"),
        ([PartInfo(9, parts[0].etag)], "InvalidPart"),
        (parts, "EntityTooSmall"),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as error:
            bucket._do(
                "POST",
                bucket.bucket_name,
                KEY,
                params={"uploadId": upload},
                data=oss2.xml_utils.to_complete_upload_request(chosen),
            )
        assert (error.value.status, error.value.code) == (400, code)
    assert not bucket.object_exists(KEY)
    for number in (0, 10_001):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.upload_part(KEY, upload, number, b"x")


def test_an_upload_is_completed_with_all_its_parts_when_asked(bucket: oss2.Bucket) -> None:
    upload, _ = _upload(bucket, KEY, {2: b"end", 1: b"x" * PART})
    done = bucket.complete_multipart_upload(KEY, upload, None, headers={"x-oss-complete-all": "yes"})
    assert done.etag.endswith("-2")
    assert bucket.get_object(KEY).read() == b"x" * PART + b"end"
