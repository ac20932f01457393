"""Objects, through oss2 and plain HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest
import requests

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.http.ranges import parse_range
from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import BUCKET, LocalOss, stored_contents


def test_a_put_object_can_be_read_back_with_its_metadata(bucket: oss2.Bucket) -> None:
    headers = {"x-oss-meta-person": "zhang", "Cache-Control": "no-cache", "Content-Type": "image/jpeg"}
    put = bucket.put_object("people/张三/a b+c%.jpg", b"photo", headers=headers)
    got = bucket.get_object("people/张三/a b+c%.jpg")
    assert got.read() == b"photo"
    assert put.etag == got.etag == hashlib.md5(b"photo").hexdigest().upper()
    assert (got.headers["x-oss-meta-person"], got.headers["Cache-Control"]) == ("zhang", "no-cache")
    assert (got.content_type, got.headers["x-oss-object-type"]) == ("image/jpeg", "Normal")
    assert put.crc == got.server_crc
    assert len(put.request_id) == 24


def test_a_client_notices_a_wrong_checksum_of_the_server(
    bucket: oss2.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aliyun_local.oss.state.transactions.crc64", lambda *_: 1)
    with pytest.raises(oss2.exceptions.InconsistentError):
        bucket.put_object("a", b"photo")


def test_a_put_object_can_be_read_back_by_range(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"0123456789")
    part = bucket.get_object("a", byte_range=(2, 4))
    assert (part.status, part.read(), part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert bucket.get_object("a", byte_range=(None, 3)).read() == b"789"
    assert bucket.get_object("a", byte_range=(7, None)).read() == b"789"


def test_a_range_beyond_the_object_gives_all_of_it_unless_standard_behaviour_is_asked_for(
    bucket: oss2.Bucket,
) -> None:
    bucket.put_object("a", b"0123456789")
    whole = bucket.get_object("a", byte_range=(5, 20))
    assert (whole.status, whole.read()) == (200, b"0123456789")
    standard = {"x-oss-range-behavior": "standard"}
    cut = bucket.get_object("a", byte_range=(5, 20), headers=standard)
    assert (cut.status, cut.read()) == (206, b"56789")
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_object("a", byte_range=(10, 20), headers=standard)
    assert (error.value.status, error.value.code) == (416, "InvalidRange")


@pytest.mark.parametrize(
    ("header", "usual", "standard"),
    [
        ("bytes=0-0", (0, 1), (0, 1)),
        ("bytes=0-4,6-7", (0, 5), (0, 5)),
        ("byte=0-4", None, None),
        ("bytes=4-2", None, None),
        ("bytes=-", None, None),
        ("bytes=-20", None, (0, 10)),
        ("bytes=-0", None, "416"),
        ("bytes=99999999999999999999-", None, None),
        ("bytes=10-", None, "416"),
    ],
)
def test_odd_ranges_are_read_as_oss_reads_them(header: str, usual: object, standard: object) -> None:
    assert parse_range(header, 10, standard=False) == usual
    if standard == "416":
        with pytest.raises(OssError, match="InvalidRange"):
            parse_range(header, 10, standard=True)
    else:
        assert parse_range(header, 10, standard=True) == standard


def test_conditions_are_honoured(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("a", b"1").etag
    future = "Fri, 01 Jan 2999 00:00:00 GMT"
    past = "Fri, 01 Jan 1999 00:00:00 GMT"
    assert bucket.get_object("a", headers={"If-Match": f'"{etag}"', "If-Modified-Since": past}).read() == b"1"
    for name, value, kind in [
        ("If-None-Match", etag, oss2.exceptions.NotModified),
        ("If-Modified-Since", future, oss2.exceptions.NotModified),
        ("If-Match", "0" * 32, oss2.exceptions.PreconditionFailed),
        ("If-Unmodified-Since", past, oss2.exceptions.PreconditionFailed),
    ]:
        with pytest.raises(kind):
            bucket.get_object("a", headers={name: value})
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.head_object("a", headers={"If-Match": "0" * 32})


def test_head_and_meta_and_exists_tell_of_an_object(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"12345")
    assert bucket.head_object("a").content_length == 5
    assert bucket.get_object_meta("a").content_length == 5
    assert bucket.object_exists("a")
    assert not bucket.object_exists("b")


def test_a_missing_object_and_bucket_are_told_apart_even_by_head(
    clients: Oss2Clients, bucket: oss2.Bucket
) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey) as error:
        bucket.head_object("nothing")
    assert error.value.ec == "0026-00000001"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("nothing")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        clients.bucket("no-such-bucket").object_exists("a")


def test_forbidding_an_overwrite_keeps_the_object(bucket: oss2.Bucket, tmp_path: Path) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("a", b"first", headers=forbid)
    writes: tuple[Callable[[], object], ...] = (
        lambda: bucket.put_object("a", b"second", headers=forbid),
        lambda: bucket.copy_object(BUCKET, "a", "a", headers=forbid),
        lambda: bucket.init_multipart_upload("a", headers=forbid),
    )
    for write in writes:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            write()
        assert (error.value.status, error.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object("a").read() == b"first"
    assert stored_contents(tmp_path / "oss") == [b"first"]


def test_a_body_that_does_not_fit_its_md5_is_refused(bucket: oss2.Bucket) -> None:
    for value in ("AAAAAAAAAAAAAAAAAAAAAA==", "nonsense", "!"):
        with pytest.raises(oss2.exceptions.InvalidDigest):
            bucket.put_object("a", b"x", headers={"Content-MD5": value})
    assert not bucket.object_exists("a")


def test_a_copy_keeps_or_replaces_metadata(bucket: oss2.Bucket) -> None:
    bucket.put_object("源/a+b c.jpg", b"x", headers={"x-oss-meta-a": "1", "Content-Type": "image/png"})
    bucket.copy_object(BUCKET, "源/a+b c.jpg", "kept")
    assert bucket.head_object("kept").headers["x-oss-meta-a"] == "1"
    replaced = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2"}
    bucket.copy_object(BUCKET, "源/a+b c.jpg", "replaced", headers=replaced)
    headers = bucket.head_object("replaced").headers
    assert "x-oss-meta-a" not in headers
    assert headers["x-oss-meta-b"] == "2"
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.copy_object(BUCKET, "kept", "c", headers={"x-oss-copy-source-if-match": "0" * 32})
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object(BUCKET, "missing", "c")


def test_deleting_is_silent_about_what_is_not_there(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    assert bucket.delete_object("a").status == 204
    assert bucket.delete_object("a").status == 204
    assert not bucket.object_exists("a")


def test_many_objects_are_deleted_at_once_whatever_their_names(bucket: oss2.Bucket) -> None:
    names = ["a&<>'\".jpg", "张三/😀", "tab\tand\x01control", "plain"]
    for name in names:
        bucket.put_object(name, b"x")
    assert bucket.batch_delete_objects([names[0], names[1], names[3], "missing"]).deleted_keys == [
        names[0],
        names[1],
        names[3],
        "missing",
    ]
    assert [found.key for found in oss2.ObjectIteratorV2(bucket)] == [names[2]]


def test_appending_needs_the_right_position_and_kind(bucket: oss2.Bucket) -> None:
    first = bucket.append_object("log", 0, b"one,")
    second = bucket.append_object("log", first.next_position, b"two", init_crc=first.crc)
    assert (second.next_position, bucket.get_object("log").read()) == (7, b"one,two")
    assert bucket.get_object("log", byte_range=(2, 5)).read() == b"e,tw"
    assert bucket.head_object("log").headers["x-oss-next-append-position"] == "7"
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as error:
        bucket.append_object("log", 3, b"late")
    assert error.value.next_position == 7
    bucket.put_object("fixed", b"x")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("fixed", 1, b"y")


def test_response_headers_can_be_overridden_by_a_signed_reader(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    params = {
        "response-content-type": "text/x",
        "response-content-disposition": "attachment; filename=张.jpg",
    }
    got = bucket.get_object("a", params=params)
    assert (got.content_type, got.read()) == ("text/x", b"x")
    assert "filename=" in got.headers["Content-Disposition"]
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.get_object("a", params={"response-content-type": "a\r\nSet-Cookie: b"})


def test_object_acl_opens_one_object_to_everybody(local_oss: LocalOss, bucket: oss2.Bucket) -> None:
    bucket.put_object("open", b"x")
    bucket.put_object("shut", b"x")
    bucket.put_object_acl("open", oss2.OBJECT_ACL_PUBLIC_READ)
    assert bucket.get_object_acl("open").acl == "public-read"
    assert requests.get(f"{local_oss.url}/{BUCKET}/open", timeout=10).content == b"x"
    for key in ("shut", "missing"):
        refused = requests.get(f"{local_oss.url}/{BUCKET}/{key}", timeout=10)
        assert (refused.status_code, "AccessDenied" in refused.text) == (403, True)
    overridden = requests.get(f"{local_oss.url}/{BUCKET}/open?response-expires=1", timeout=10)
    assert overridden.status_code == 400


def test_a_public_bucket_lets_anybody_in_as_far_as_its_acl_says(local_oss: LocalOss) -> None:
    url = f"{local_oss.url}/{BUCKET}/a"
    assert requests.put(url, b"x", timeout=10).status_code == 403
    local_oss.store.set_bucket_acl(BUCKET, "public-read")
    local_oss.store.put(BUCKET, "a", b"x")
    assert requests.get(url, timeout=10).content == b"x"
    assert requests.put(url, b"y", timeout=10).status_code == 403
    local_oss.store.set_bucket_acl(BUCKET, "public-read-write")
    assert requests.put(url, b"y", timeout=10).status_code == 200
    assert requests.delete(f"{local_oss.url}/{BUCKET}", timeout=10).status_code == 403


def test_virtual_hosted_and_path_style_mean_the_same(local_oss: LocalOss, bucket: oss2.Bucket) -> None:
    bucket.put_object("a/b", b"x")
    url = bucket.sign_url("GET", "a/b", 60)
    query = url.partition("?")[2]
    for host in (f"{BUCKET}.oss-cn-beijing.aliyuncs.com", f"{BUCKET}.localhost:1234"):
        got = requests.get(f"{local_oss.url}/a%2Fb?{query}", headers={"Host": host}, timeout=10)
        assert (got.status_code, got.content) == (200, b"x")
