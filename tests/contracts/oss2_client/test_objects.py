"""Objects: written, read, copied and deleted through oss2."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest

from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.pictures import opened, picture
from tests.emulators.oss.support import LocalOss

ODD_KEYS = ["a b+c%25.jpg", "阿里云/加油/:?;@&=+$, /<>{}[]|/", "😀/\\~`'\"", "tab\tline\r\nend\x01\x1f"]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_put_get_and_delete_object_take_any_key(bucket: oss2.Bucket, key: str) -> None:
    put = bucket.put_object(key, b"content")
    got = bucket.get_object(key)
    assert got.read() == b"content"
    assert put.etag == got.etag == hashlib.md5(b"content").hexdigest().upper()
    assert put.crc == got.server_crc == got.client_crc
    assert bucket.object_exists(key)
    assert bucket.delete_object(key).status == 204
    assert not bucket.object_exists(key)


def test_put_object_answers_with_the_headers_of_oss(bucket: oss2.Bucket) -> None:
    put = bucket.put_object("a.txt", b"content")
    assert put.headers["Content-MD5"] == base64.b64encode(hashlib.md5(b"content").digest()).decode()
    assert put.headers["x-oss-server-time"].isdigit()
    assert len(put.request_id) == len(put.headers["x-oss-request-id"]) == 24
    assert oss2.utils.http_to_unixtime(put.headers["Date"]) == pytest.approx(time.time(), abs=60)
    assert put.versionid is None


def test_head_object_tells_all_that_was_given(bucket: oss2.Bucket) -> None:
    headers = {
        "Content-Type": "image/x",
        "Cache-Control": "no-cache",
        "Content-Disposition": "attachment;filename=a.txt",
        "Content-Encoding": "deflate",
        "Content-Language": "zh",
        "Expires": "Wed, 08 Jul 2022 16:57:01 GMT",
        "x-oss-meta-key1": "value1",
        "X-Oss-Meta-Key2": "value2",
        "x-oss-storage-class": "IA",
        "x-oss-server-side-encryption": "AES256",
    }
    put = bucket.put_object("a", b"12345", headers=headers)
    head = bucket.head_object("a")
    for name, value in headers.items():
        assert head.headers[name] == value
    assert (head.content_length, head.object_type, head.content_type) == (5, "Normal", "image/x")
    assert head.last_modified == pytest.approx(time.time(), abs=60)
    assert head.server_crc == put.crc


def test_the_content_type_is_guessed_by_the_client_and_defaults_to_a_stream(bucket: oss2.Bucket) -> None:
    bucket.put_object("a.js", b"x")
    assert bucket.head_object("a.js").content_type == "application/javascript"
    url = bucket.sign_url("PUT", "b.jpg", 60)
    bucket.put_object_with_url(url, b"x")
    assert bucket.head_object("b.jpg").content_type == "application/octet-stream"


def test_get_object_meta_tells_little(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", "hello", headers={"x-oss-meta-a": "1"})
    meta = bucket.get_object_meta("a")
    assert (meta.etag, meta.content_length) == ("5D41402ABC4B2A76B9719D911017C592", 5)
    assert "x-oss-meta-a" not in meta.headers
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object_meta("b")


def test_errors_carry_code_message_ids_and_host(oss: LocalOss, bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey) as error:
        bucket.get_object("missing/键")
    assert error.value.status == 404
    assert error.value.code == "NoSuchKey"
    assert error.value.message == "The specified key does not exist."
    assert (error.value.ec, error.value.details["Key"]) == ("0026-00000001", "missing/键")
    assert error.value.details["RequestId"] == error.value.request_id
    assert error.value.details["HostId"] == oss.url.removeprefix("http://")
    with pytest.raises(oss2.exceptions.NoSuchKey) as head:
        bucket.head_object("missing")
    assert (head.value.code, head.value.ec, len(head.value.request_id)) == ("NoSuchKey", "0026-00000001", 24)


def test_keys_that_oss_does_not_take_are_refused(bucket: oss2.Bucket) -> None:
    for key in ("/a", "\\a", "a" * 1024):
        with pytest.raises(oss2.exceptions.InvalidObjectName):
            bucket.put_object(key, b"x")


def test_conditions_decide_whether_an_object_is_sent(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("a", b"1").etag
    future, past = oss2.utils.http_date(int(time.time()) + 60), oss2.utils.http_date(0)
    for headers in (
        {"If-Match": etag},
        {"If-None-Match": "0" * 32},
        {"If-Modified-Since": past},
        {"If-Unmodified-Since": future},
    ):
        assert bucket.get_object("a", headers=headers).read() == b"1"
        assert bucket.head_object("a", headers=headers).status == 200
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": future}):
        with pytest.raises(oss2.exceptions.NotModified):
            bucket.get_object("a", headers=headers, byte_range=(0, 0))
    for headers in ({"If-Match": "0" * 32}, {"If-Unmodified-Since": past}):
        with pytest.raises(oss2.exceptions.PreconditionFailed) as error:
            bucket.get_object("a", headers=headers)
        assert error.value.details["Condition"] in headers


def test_forbid_overwrite_keeps_what_is_there(bucket: oss2.Bucket) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("a", b"1", headers=forbid)
    writes: tuple[Callable[[], object], ...] = (
        lambda: bucket.put_object("a", b"2", headers=forbid),
        lambda: bucket.copy_object(bucket.bucket_name, "a", "a", headers=forbid),
        lambda: bucket.put_symlink("b", "a", headers=forbid),
        lambda: bucket.init_multipart_upload("a", headers=forbid),
    )
    for write in writes:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            write()
        assert (error.value.status, error.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object("a").read() == b"1"


def test_copy_object_keeps_or_replaces_metadata_and_tags(clients: Oss2Clients) -> None:
    bucket, other = clients.bucket(), clients.bucket()
    headers = {"x-oss-meta-a": "1", "Content-Type": "image/x", "x-oss-tagging": "k1=v1&k2=v2"}
    key = ODD_KEYS[1]
    bucket.put_object(key, b"x", headers=headers)
    copied = other.copy_object(bucket.bucket_name, key, "kept")
    assert (copied.etag, copied.status) == (hashlib.md5(b"x").hexdigest().upper(), 200)
    kept = other.head_object("kept")
    assert (kept.headers["x-oss-meta-a"], kept.content_type) == ("1", "image/x")
    assert other.get_object_tagging("kept").tag_set.tagging_rule == {"k1": "v1", "k2": "v2"}
    replace = {
        "x-oss-metadata-directive": "REPLACE",
        "x-oss-meta-b": "2",
        "x-oss-tagging-directive": "REPLACE",
        "x-oss-tagging": "%20%2B%2F=%E4%B8%AD%E6%96%87",
        "x-oss-object-acl": "public-read",
        "x-oss-storage-class": "IA",
    }
    other.copy_object(bucket.bucket_name, key, "replaced", headers=replace)
    head = other.head_object("replaced").headers
    assert ("x-oss-meta-a" in head, head["x-oss-meta-b"], head["x-oss-storage-class"]) == (False, "2", "IA")
    assert other.get_object_tagging("replaced").tag_set.tagging_rule == {" +/": "中文"}
    assert other.get_object_acl("replaced").acl == "public-read"
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        other.copy_object(bucket.bucket_name, key, "b", {"x-oss-copy-source-if-match": "0" * 32})
    with pytest.raises(oss2.exceptions.NotModified):
        other.copy_object(bucket.bucket_name, key, "b", {"x-oss-copy-source-if-none-match": copied.etag})


def test_update_object_meta_changes_an_object_in_place(bucket: oss2.Bucket) -> None:
    bucket.put_object("a.txt", b"content")
    bucket.update_object_meta("a.txt", {"Content-Type": "whatever", "x-oss-meta-category": "novel"})
    head = bucket.head_object("a.txt")
    assert (head.content_type, head.headers["x-oss-meta-category"]) == ("whatever", "novel")
    assert bucket.get_object("a.txt").read() == b"content"


def test_append_object_goes_on_where_it_ended(bucket: oss2.Bucket) -> None:
    headers = {"x-oss-tagging": "a=1", "x-oss-object-acl": "private", "x-oss-meta-a": "1"}
    first = bucket.append_object("log", 0, b"one,", headers=headers, init_crc=0)
    second = bucket.append_object("log", 4, b"two", init_crc=first.crc, headers={"x-oss-tagging": "b=2"})
    assert (first.next_position, second.next_position, second.status) == (4, 7, 200)
    head = bucket.head_object("log")
    assert (head.object_type, head.headers["x-oss-next-append-position"]) == ("Appendable", "7")
    assert (second.crc, head.headers["x-oss-tagging-count"]) == (head.server_crc, "1")
    assert bucket.get_object_acl("log").acl == "private"
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as error:
        bucket.append_object("log", 0, b"late")
    assert (error.value.next_position, error.value.status) == (7, 409)
    bucket.put_object("normal", b"x")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("normal", 1, b"x")
    with pytest.raises(oss2.exceptions.InconsistentError):
        bucket.append_object("other", 0, b"x", init_crc=1)


def test_batch_delete_objects_takes_any_key(bucket: oss2.Bucket) -> None:
    for key in ODD_KEYS[:3]:
        bucket.put_object(key, b"x")
    deleted = bucket.batch_delete_objects([*ODD_KEYS[:3], "missing"])
    assert deleted.deleted_keys == [*ODD_KEYS[:3], "missing"]
    assert [one.delete_marker for one in deleted.delete_versions] == [False] * 4
    assert bucket.list_objects().object_list == []
    with pytest.raises(oss2.exceptions.ClientError):
        bucket.batch_delete_objects([])


def test_process_object_saves_what_it_made(bucket: oss2.Bucket) -> None:
    bucket.put_object("a.jpg", picture((400, 200)))
    name = base64.urlsafe_b64encode("结果.jpg".encode()).decode()
    holder = base64.urlsafe_b64encode(bucket.bucket_name.encode()).decode()
    saved = bucket.process_object("a.jpg", f"image/resize,w_100|sys/saveas,o_{name},b_{holder}")
    assert (saved.bucket, saved.object, saved.process_status) == (bucket.bucket_name, "结果.jpg", "OK")
    assert opened(bucket.get_object("结果.jpg").read()).size == (100, 50)
    here = bucket.process_object("a.jpg", f"image/resize,w_100|sys/saveas,o_{name}")
    assert (here.bucket, here.object) == ("", "结果.jpg")
    small = bucket.get_object("a.jpg", process="image/resize,w_50").read()
    assert opened(small).size == (50, 25)


def test_a_file_is_put_and_got(bucket: oss2.Bucket, tmp_path: Path) -> None:
    source, target = tmp_path / "a.js", tmp_path / "b"
    source.write_bytes(b"content" * 1000)
    bucket.put_object_from_file("a", str(source))
    bucket.get_object_to_file("a", str(target))
    assert target.read_bytes() == source.read_bytes()
    with source.open("rb") as file:
        file.seek(100)
        bucket.put_object("rest", file)
    assert bucket.get_object("rest").read() == source.read_bytes()[100:]


def test_a_later_append_says_nothing_about_the_object(bucket: oss2.Bucket) -> None:
    first = bucket.append_object("log", 0, b"one", headers={"x-oss-tagging": "a=1"})
    too_many = "&".join(f"k{number}=v" for number in range(11))
    bucket.append_object("log", first.next_position, b"two", headers={"x-oss-tagging": too_many})
    assert bucket.get_object_tagging("log").tag_set.tagging_rule == {"a": "1"}
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.append_object("other", 0, b"one", headers={"x-oss-tagging": too_many})
