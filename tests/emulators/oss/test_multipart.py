"""Multipart uploads, through oss2."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest

from tests.emulators.oss.support import BUCKET, stored_contents

PART = 100 * 1024


def _complete(bucket: oss2.Bucket, key: str, contents: list[bytes]) -> oss2.models.PutObjectResult:
    upload = bucket.init_multipart_upload(
        key, headers={"Content-Type": "image/x", "x-oss-meta-a": "1"}
    ).upload_id
    parts = []
    for number, content in enumerate(contents, 1):
        put = bucket.upload_part(key, upload, number, content)
        parts.append(oss2.models.PartInfo(number, put.etag, size=len(content), part_crc=put.crc))
    return bucket.complete_multipart_upload(key, upload, parts)


def test_parts_become_one_object_with_its_own_kind_of_etag(bucket: oss2.Bucket) -> None:
    contents = [b"a" * PART, b"b" * PART, b"c"]
    done = _complete(bucket, "大 file", contents)
    digests = b"".join(hashlib.md5(content).digest() for content in contents)
    assert done.etag == hashlib.md5(digests).hexdigest().upper() + "-3"
    got = bucket.get_object("大 file")
    assert got.read() == b"".join(contents)
    assert (got.content_type, got.headers["x-oss-object-type"]) == ("image/x", "Multipart")
    assert bucket.get_object("大 file", byte_range=(PART - 1, 2 * PART)).read() == b"a" + b"b" * PART + b"c"


def test_a_resumable_upload_of_the_client_works(bucket: oss2.Bucket, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(range(256)) * 4096)
    store = oss2.ResumableStore(root=str(tmp_path))
    oss2.resumable_upload(bucket, "big", str(path), store=store, multipart_threshold=1, part_size=PART * 2)
    assert bucket.get_object("big").read() == path.read_bytes()


def test_a_part_can_be_copied_from_another_object(bucket: oss2.Bucket) -> None:
    bucket.put_object("source", b"0123456789" * PART)
    upload = bucket.init_multipart_upload("target").upload_id
    put = bucket.upload_part_copy(BUCKET, "source", (5, PART + 4), "target", upload, 1)
    bucket.complete_multipart_upload("target", upload, [oss2.models.PartInfo(1, put.etag)])
    assert bucket.get_object("target").read() == (b"0123456789" * PART)[5 : PART + 5]


def test_an_upload_can_be_completed_without_naming_its_parts(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("a").upload_id
    bucket.upload_part("a", upload, 2, b"end")
    bucket.upload_part("a", upload, 1, b"x" * PART)
    bucket.complete_multipart_upload("a", upload, None, headers={"x-oss-complete-all": "yes"})
    assert bucket.get_object("a").read() == b"x" * PART + b"end"


def test_only_a_true_list_of_parts_completes_an_upload(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("a").upload_id
    etags = [bucket.upload_part("a", upload, number, b"small").etag for number in (1, 2)]
    info = oss2.models.PartInfo
    for parts, code in [
        ([info(1, "0" * 32)], "InvalidPart"),
        ([info(3, etags[0])], "InvalidPart"),
        ([info(1, etags[0]), info(2, etags[1])], "EntityTooSmall"),
    ]:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            bucket.complete_multipart_upload("a", upload, parts)
        assert (error.value.status, error.value.code) == (400, code)
    data = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etags[n - 1]}</ETag></Part>" for n in (2, 1))
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket._Bucket__do_object(
            "POST",
            "a",
            params={"uploadId": upload},
            data=f"<CompleteMultipartUpload>{data}</CompleteMultipartUpload>",
        )
    assert error.value.code == "InvalidPartOrder"
    assert not bucket.object_exists("a")


def test_an_upload_that_is_over_or_of_another_key_is_not_found(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("a").upload_id
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part("b", upload, 1, b"x")
    bucket.upload_part("a", upload, 1, b"x")
    bucket.abort_multipart_upload("a", upload)
    calls: tuple[Callable[[], object], ...] = (
        lambda: bucket.upload_part("a", upload, 1, b"x"),
        lambda: bucket.list_parts("a", upload),
        lambda: bucket.abort_multipart_upload("a", upload),
        lambda: bucket.complete_multipart_upload("a", upload, [oss2.models.PartInfo(1, "0" * 32)]),
    )
    for call in calls:
        with pytest.raises(oss2.exceptions.NoSuchUpload):
            call()


def test_part_numbers_have_bounds(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("a").upload_id
    for number in (0, 10_001):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.upload_part("a", upload, number, b"x")


def test_parts_and_uploads_are_listed_page_by_page(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("a/1").upload_id
    for number in (1, 2, 3):
        bucket.upload_part("a/1", upload, number, b"x" * number)
    found = [(part.part_number, part.size) for part in oss2.PartIterator(bucket, "a/1", upload, max_parts=2)]
    assert found == [(1, 1), (2, 2), (3, 3)]
    ids = sorted([upload, bucket.init_multipart_upload("a/1").upload_id])
    bucket.init_multipart_upload("张三")
    listed = [(item.key, item.upload_id) for item in oss2.MultipartUploadIterator(bucket, max_uploads=1)]
    assert listed[:2] == [("a/1", ids[0]), ("a/1", ids[1])]
    assert listed[2][0] == "张三"
    assert bucket.list_multipart_uploads(delimiter="/").prefix_list == ["a/"]
    for digit in "02468ACE":
        assert bucket.list_multipart_uploads(delimiter=digit).prefix_list == []


def test_bytes_that_no_object_needs_are_removed(bucket: oss2.Bucket, tmp_path: Path) -> None:
    upload = bucket.init_multipart_upload("a").upload_id
    bucket.upload_part("a", upload, 1, b"first try")
    etag = bucket.upload_part("a", upload, 1, b"second try").etag
    bucket.upload_part("a", upload, 2, b"not wanted")
    bucket.complete_multipart_upload("a", upload, [oss2.models.PartInfo(1, etag)])
    aborted = bucket.init_multipart_upload("b").upload_id
    bucket.upload_part("b", aborted, 1, b"aborted")
    bucket.abort_multipart_upload("b", aborted)
    assert stored_contents(tmp_path / "oss") == [b"second try"]
