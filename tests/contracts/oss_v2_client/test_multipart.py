"""Multipart uploads, the uploader and the downloader of alibabacloud-oss-v2."""

from __future__ import annotations

import io
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest

from tests.contracts.oss_v2_client.clients import refused

PART = 100 * 1024
ODD_KEY = "part/张 %?\x01\x02\t\n\r\x1f"


def _start(client: oss.Client, bucket: str, key: str, **options: object) -> str:
    started = client.initiate_multipart_upload(
        oss.InitiateMultipartUploadRequest(bucket=bucket, key=key, **options)
    )
    assert (started.bucket, started.key) == (bucket, key)
    return str(started.upload_id)


def _upload(
    client: oss.Client, bucket: str, key: str, upload: str, number: int, body: bytes | str
) -> oss.UploadPartResult:
    return client.upload_part(
        oss.UploadPartRequest(bucket=bucket, key=key, upload_id=upload, part_number=number, body=body)
    )


@pytest.mark.parametrize("key", ["plain", ODD_KEY])
def test_parts_become_an_object(client: oss.Client, bucket: str, key: str) -> None:
    upload = _start(client, bucket, key, content_type="text/x", metadata={"a": "1"}, tagging="a=1")
    put = [
        _upload(client, bucket, key, upload, 1, b"a" * PART),
        _upload(client, bucket, key, upload, 2, "end"),
    ]
    assert all(part.content_md5 and part.etag and part.hash_crc64 for part in put)
    listed = client.list_parts(oss.ListPartsRequest(bucket=bucket, key=key, upload_id=upload))
    assert (listed.bucket, listed.key, listed.storage_class) == (bucket, key, "Standard")
    assert (listed.part_number_marker, listed.next_part_number_marker, listed.max_parts) == (0, 2, 1000)
    assert [(one.part_number, one.size, one.etag, one.hash_crc64) for one in listed.parts] == [
        (1, PART, put[0].etag, put[0].hash_crc64),
        (2, 3, put[1].etag, put[1].hash_crc64),
    ]
    parts = [oss.UploadPart(part_number=number, etag=part.etag) for number, part in enumerate(put, 1)]
    done = client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            bucket=bucket,
            key=key,
            upload_id=upload,
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts),
            acl="private",
        )
    )
    assert (done.bucket, done.key, done.etag.endswith('-2"')) == (bucket, key, True)
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key=key))
    assert (got.body.content, got.hash_crc64) == (b"a" * PART + b"end", done.hash_crc64)
    assert (got.content_type, got.metadata["a"], got.tagging_count) == ("text/x", "1", 1)
    assert client.get_object_acl(oss.GetObjectAclRequest(bucket=bucket, key=key)).acl == "private"


def test_parts_are_copied_and_all_completed(client: oss.Client, bucket: str) -> None:
    content = bytes(range(200)) * 1024
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="源", body=content))
    upload = _start(client, bucket, "a")
    for number, span in enumerate((f"bytes=0-{PART - 1}", f"bytes={PART}-{len(content) - 1}"), 1):
        part = client.upload_part_copy(
            oss.UploadPartCopyRequest(
                bucket=bucket,
                key="a",
                upload_id=upload,
                part_number=number,
                source_bucket=bucket,
                source_key="源",
                source_range=span,
            )
        )
        assert part.etag
        assert part.last_modified is not None
    client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(bucket=bucket, key="a", upload_id=upload, complete_all="yes")
    )
    assert client.get_object(oss.GetObjectRequest(bucket=bucket, key="a")).body.content == content


def test_an_aborted_upload_is_gone(client: oss.Client, bucket: str) -> None:
    upload = _start(client, bucket, "a")
    request = oss.AbortMultipartUploadRequest(bucket=bucket, key="a", upload_id=upload)
    assert client.abort_multipart_upload(request).status_code == 204
    for call in (
        lambda: client.abort_multipart_upload(request),
        lambda: client.list_parts(oss.ListPartsRequest(bucket=bucket, key="a", upload_id=upload)),
        lambda: _upload(client, bucket, "a", upload, 1, b"x"),
    ):
        error = refused(call)
        assert (error.status_code, error.code) == (404, "NoSuchUpload")


def test_the_uploader_and_the_downloader_move_files_in_parts(
    client: oss.Client, bucket: str, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 1500)
    uploader = client.uploader(part_size=PART, parallel_num=2)
    sent = uploader.upload_file(oss.PutObjectRequest(bucket=bucket, key="a"), str(source))
    assert sent.upload_id
    uploader.upload_from(oss.PutObjectRequest(bucket=bucket, key="b"), io.BytesIO(b"small"))
    head = client.head_object(oss.HeadObjectRequest(bucket=bucket, key="a"))
    assert (head.object_type, head.content_length) == ("Multipart", source.stat().st_size)
    got = client.downloader(part_size=PART, parallel_num=2).download_file(
        oss.GetObjectRequest(bucket=bucket, key="a"), str(target)
    )
    assert (got.written, target.read_bytes()) == (source.stat().st_size, source.read_bytes())
    assert client.get_object(oss.GetObjectRequest(bucket=bucket, key="b")).body.content == b"small"
