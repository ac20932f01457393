"""Objects: written, read, copied and deleted through alibabacloud-oss-v2."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest

from tests.contracts.oss_v2_client.clients import Clients, put_object, read_object, refused
from tests.emulators.oss.pictures import opened, picture
from tests.emulators.oss.support import LocalOss

ODD_KEYS = [
    "url-%123-/?#:key",
    "阿里云/加油/:?;@&=+$, /<>{}[]|/",
    "ctrl\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f\x10\x1f",
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_is_put_got_listed_and_deleted(client: oss.Client, bucket: str, key: str) -> None:
    put = put_object(client, bucket, key)
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key=key))
    assert got.body.content == b"content"
    assert put.etag == got.etag == f'"{hashlib.md5(b"content").hexdigest().upper()}"'
    assert put.hash_crc64 == got.hash_crc64
    assert put.content_md5 == base64.b64encode(hashlib.md5(b"content").digest()).decode()
    assert (got.content_length, got.object_type, got.storage_class) == (7, "Normal", "Standard")
    assert (put.version_id, got.version_id, put.status_code, put.status) == (None, None, 200, "OK")
    listed = client.list_objects_v2(oss.ListObjectsV2Request(bucket=bucket)).contents
    assert [(one.key, one.size, one.etag) for one in listed] == [(key, 7, put.etag)]
    deleted = client.delete_multiple_objects(
        oss.DeleteMultipleObjectsRequest(
            bucket=bucket, encoding_type="url", objects=[oss.DeleteObject(key=key)]
        )
    )
    assert [one.key for one in deleted.deleted_objects] == [key]
    assert client.is_object_exist(bucket, key) is False


def test_head_object_tells_all_that_was_given(client: oss.Client, bucket: str) -> None:
    put_object(
        client,
        bucket,
        "a",
        metadata={"auth": "owner", "Content-Length": "344606"},
        content_type="text/plain",
        content_disposition="attachment;filename=aaa.txt",
        content_encoding="deflate",
        cache_control="no-cache",
        expires="Wed, 08 Jul 2022 16:57:01 GMT",
        storage_class="IA",
        tagging="TagA=A&TagB=B",
        server_side_encryption="AES256",
        headers={"Content-Language": "zh"},
    )
    head = client.head_object(oss.HeadObjectRequest(bucket=bucket, key="a"))
    assert dict(head.metadata) == {"auth": "owner", "content-length": "344606"}
    assert (head.content_type, head.content_length, head.storage_class) == ("text/plain", 7, "IA")
    assert head.content_disposition == "attachment;filename=aaa.txt"
    assert (head.content_encoding, head.cache_control) == ("deflate", "no-cache")
    assert (head.expires, head.tagging_count) == ("Wed, 08 Jul 2022 16:57:01 GMT", 2)
    assert (head.server_side_encryption, head.headers["Content-Language"]) == ("AES256", "zh")
    assert head.last_modified is not None
    meta = client.get_object_meta(oss.GetObjectMetaRequest(bucket=bucket, key="a"))
    assert (meta.content_length, meta.etag, meta.hash_crc64) == (7, head.etag, head.hash_crc64)


def test_every_way_to_give_a_body_is_taken(client: oss.Client, bucket: str, tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"con"
        yield b"tent"

    path = tmp_path / "a"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        for body in (b"content", "content", io.BytesIO(b"content"), io.StringIO("content"), pieces(), file):
            put_object(client, bucket, "a", body)
            assert read_object(client, bucket, "a") == b"content"
    put_object(client, bucket, "empty", None)
    assert read_object(client, bucket, "empty") == b""


def test_a_file_is_put_and_got(clients: Clients, bucket: str, tmp_path: Path) -> None:
    # With a single attempt this client would not begin to download a file.
    client = clients(retry_max_attempts=2)
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"content")
    put = client.put_object_from_file(oss.PutObjectRequest(bucket=bucket, key="b"), str(source))
    got = client.get_object_to_file(oss.GetObjectRequest(bucket=bucket, key="b"), str(target))
    assert (put.hash_crc64, got.status_code) == (got.hash_crc64, 200)
    assert target.read_bytes() == b"content"


def test_a_body_is_read_whole_by_pieces_or_as_a_file(client: oss.Client, bucket: str) -> None:
    content = bytes(range(256)) * 1000
    put_object(client, bucket, "a", content)
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key="a"))
    assert b"".join(got.body.iter_bytes(block_size=4096)) == content
    got.body.close()
    with client.get_object(oss.GetObjectRequest(bucket=bucket, key="a")).body as body:
        assert body.read() == content


def test_ranges_are_sent_alone_and_cut_as_asked(client: oss.Client, bucket: str) -> None:
    content = bytes(range(250)) * 50
    put_object(client, bucket, "a", content)
    joined = b""
    for start in range(0, len(content), 2512):
        got = client.get_object(
            oss.GetObjectRequest(
                bucket=bucket,
                key="a",
                range_header=f"bytes={start}-{start + 2511}",
                range_behavior="standard",
            )
        )
        assert got.status_code == 206
        assert got.content_range.startswith(f"bytes {start}-")
        joined += got.body.content
    assert joined == content
    whole = client.get_object(oss.GetObjectRequest(bucket=bucket, key="a", range_header="bytes=9-99999"))
    assert (whole.status_code, whole.content_range, whole.body.content) == (200, None, content)
    error = refused(
        lambda: client.get_object(
            oss.GetObjectRequest(
                bucket=bucket, key="a", range_header="bytes=99999-", range_behavior="standard"
            )
        )
    )
    assert (error.status_code, error.code) == (416, "InvalidRange")


def test_conditions_decide_whether_an_object_is_sent(client: oss.Client, bucket: str) -> None:
    etag = put_object(client, bucket, "a").etag
    assert read_object(client, bucket, "a", if_match=etag) == b"content"
    for options, status in (
        ({"if_none_match": etag}, 304),
        ({"if_match": '"0"'}, 412),
        ({"if_modified_since": "Fri, 01 Jan 2999 00:00:00 GMT"}, 304),
        ({"if_unmodified_since": "Fri, 01 Jan 1999 00:00:00 GMT"}, 412),
    ):
        assert refused(partial(read_object, client, bucket, "a", **options)).status_code == status
    error = refused(lambda: put_object(client, bucket, "a", forbid_overwrite=True))
    assert (error.status_code, error.code) == (409, "FileAlreadyExists")


def test_errors_carry_what_the_service_said(client: oss.Client, running: LocalOss, bucket: str) -> None:
    error = refused(lambda: read_object(client, bucket, "missing"))
    assert (error.status_code, error.code, error.ec) == (404, "NoSuchKey", "0026-00000001")
    assert error.message == "The specified key does not exist."
    assert error.error_fileds["HostId"] == running.url.removeprefix("http://")
    assert error.error_fileds["Key"] == "missing"
    head = refused(lambda: client.head_object(oss.HeadObjectRequest(bucket=bucket, key="missing")))
    assert (head.status_code, head.code, head.ec) == (404, "NoSuchKey", "0026-00000001")
    meta = refused(lambda: client.get_object_meta(oss.GetObjectMetaRequest(bucket=bucket, key="missing")))
    assert meta.code == "NoSuchKey"


def test_is_object_exist_tells_no_from_may_not(clients: Clients, client: oss.Client, bucket: str) -> None:
    put_object(client, bucket, "a")
    assert client.is_object_exist(bucket, "a") is True
    assert client.is_object_exist(bucket, "b") is False
    stranger = clients(key_id="LTAIstranger")
    assert refused(lambda: stranger.is_object_exist(bucket, "a")).code == "InvalidAccessKeyId"


def test_copy_object_follows_its_directives(client: oss.Client, running: LocalOss, bucket: str) -> None:
    other = running.new_bucket()
    source = put_object(
        client, bucket, ODD_KEYS[1], metadata={"a": "1"}, content_type="text/plain", tagging="a=1"
    )
    request = {"bucket": other, "key": "b", "source_bucket": bucket, "source_key": ODD_KEYS[1]}
    copied = client.copy_object(oss.CopyObjectRequest(**request))
    assert (copied.etag, copied.hash_crc64) == (source.etag, source.hash_crc64)
    assert copied.last_modified is not None
    head = client.head_object(oss.HeadObjectRequest(bucket=other, key="b"))
    assert (head.metadata["a"], head.content_type, head.tagging_count) == ("1", "text/plain", 1)
    client.copy_object(
        oss.CopyObjectRequest(
            **request,
            metadata_directive="replace",
            metadata={"b": "2"},
            tagging_directive="Replace",
            tagging="b=2&c=3",
            storage_class="IA",
        )
    )
    head = client.head_object(oss.HeadObjectRequest(bucket=other, key="b"))
    assert dict(head.metadata) == {"b": "2"}
    assert (head.content_type, head.tagging_count, head.storage_class) == ("text/plain", 2, "IA")
    error = refused(lambda: client.copy_object(oss.CopyObjectRequest(**request, if_match='"0"')))
    assert error.code == "PreconditionFailed"


@pytest.mark.parametrize(("shallow", "kind"), [(True, "Normal"), (False, "Multipart")])
def test_the_copier_copies_at_once_or_in_parts(
    client: oss.Client, bucket: str, shallow: bool, kind: str
) -> None:
    content = bytes(range(200)) * 1500
    source = put_object(client, bucket, "a", content, metadata={"a": "1"}, tagging="a=1&b=2")
    copied = client.copier().copy(
        oss.CopyObjectRequest(bucket=bucket, key="b", source_bucket=bucket, source_key="a"),
        multipart_copy_threshold=100 * 1024,
        part_size=100 * 1024,
        disable_shallow_copy=not shallow,
    )
    assert (copied.hash_crc64, copied.etag == source.etag) == (source.hash_crc64, shallow)
    head = client.head_object(oss.HeadObjectRequest(bucket=bucket, key="b"))
    assert (head.object_type, head.metadata["a"], head.tagging_count) == (kind, "1", 2)
    assert read_object(client, bucket, "b") == content


def test_append_object_goes_on_where_it_ended(client: oss.Client, bucket: str) -> None:
    first = client.append_object(oss.AppendObjectRequest(bucket=bucket, key="a", position=0, body=b"hello"))
    assert first.next_position == 5
    second = client.append_object(
        oss.AppendObjectRequest(
            bucket=bucket, key="a", position=5, body=b" world", init_hash_crc64=first.hash_crc64
        )
    )
    assert (second.next_position, read_object(client, bucket, "a")) == (11, b"hello world")
    error = refused(
        lambda: client.append_object(oss.AppendObjectRequest(bucket=bucket, key="a", position=3, body=b"x"))
    )
    assert (error.status_code, error.code) == (409, "PositionNotEqualToLength")
    assert error.headers["x-oss-next-append-position"] == "11"


def test_images_are_processed_on_the_way_and_saved(client: oss.Client, bucket: str) -> None:
    put_object(client, bucket, "a.jpg", picture((400, 200)))
    small = read_object(client, bucket, "a.jpg", process="image/resize,w_100/format,png")
    assert (opened(small).size, small[1:4]) == ((100, 50), b"PNG")
    name = base64.urlsafe_b64encode(b"b.jpg").decode()
    saved = client.process_object(
        oss.ProcessObjectRequest(
            bucket=bucket, key="a.jpg", process=f"image/resize,w_100|sys/saveas,o_{name}"
        )
    )
    assert (saved.key, saved.process_status) == ("b.jpg", "OK")
    assert opened(read_object(client, bucket, "b.jpg")).size == (100, 50)
