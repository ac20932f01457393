"""The descriptions of objects through oss2: ACLs, tags, links, restorations."""

from __future__ import annotations

from collections.abc import Callable

import oss2
import pytest
from oss2.models import RestoreConfiguration, RestoreJobParameters, Tagging, TaggingRule

from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import LocalOss


def test_put_object_acl_and_its_default(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    assert bucket.get_object_acl("a").acl == oss2.OBJECT_ACL_DEFAULT
    for acl in (
        oss2.OBJECT_ACL_PRIVATE,
        oss2.OBJECT_ACL_PUBLIC_READ,
        oss2.OBJECT_ACL_PUBLIC_READ_WRITE,
        oss2.OBJECT_ACL_DEFAULT,
    ):
        bucket.put_object_acl("a", acl)
        assert bucket.get_object_acl("a").acl == acl
    bucket.put_object("b", b"x", headers={"x-oss-object-acl": "public-read"})
    assert bucket.get_object_acl("b").acl == "public-read"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_object_acl("a", "open")


def test_anonymous_callers_see_what_the_acls_open(clients: Oss2Clients) -> None:
    bucket = clients.bucket()
    anybody = clients.bucket(bucket.bucket_name, oss2.AnonymousAuth())
    with pytest.raises(oss2.exceptions.AccessDenied):
        anybody.put_object("a", b"x")
    bucket.put_bucket_acl("public-read-write")
    anybody.put_object("a", b"x")
    assert anybody.get_object("a").read() == b"x"
    bucket.put_object_acl("a", "private")
    bucket.put_symlink("a", "link")
    for key in ("a", "link"):
        with pytest.raises(oss2.exceptions.AccessDenied) as error:
            anybody.get_object(key)
        assert error.value.ec == "0003-00000001"


def test_object_tagging_is_put_got_and_deleted(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    assert bucket.get_object_tagging("a").tag_set.len() == 0
    rule = TaggingRule()
    rule.add("a" * 128, "b" * 256)
    rule.add("+-.:", "_/ ")
    bucket.put_object_tagging("a", Tagging(rule))
    assert bucket.get_object_tagging("a").tag_set.tagging_rule == {"a" * 128: "b" * 256, "+-.:": "_/ "}
    assert bucket.head_object("a").headers["x-oss-tagging-count"] == "2"
    assert bucket.delete_object_tagging("a").status == 204
    assert bucket.get_object_tagging("a").tag_set.len() == 0
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object_tagging("b")


@pytest.mark.parametrize(
    "tagging",
    [
        "=a&b=a",
        "a" * 129 + "=b",
        "a=" + "b" * 257,
        "a=b&a=b",
        "&".join(f"k{number}=v" for number in range(11)),
        "%25%40=a",
        "a=%25",
    ],
)
def test_tags_that_oss_does_not_take_are_refused_wherever_they_come(
    bucket: oss2.Bucket, tagging: str
) -> None:
    headers = {"x-oss-tagging": tagging}
    bucket.put_object("a", b"x")
    writes: tuple[Callable[[], object], ...] = (
        lambda: bucket.put_object("b", b"x", headers=headers),
        lambda: bucket.append_object("b", 0, b"x", headers=headers),
        lambda: bucket.put_symlink("a", "b", headers=headers),
        lambda: bucket.init_multipart_upload("b", headers=headers),
    )
    for write in writes:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            write()
        assert error.value.status == 400
    assert not bucket.object_exists("b")


def test_a_tag_without_a_value_is_a_tag(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x", headers={"x-oss-tagging": "k1=&k2"})
    assert bucket.get_object_tagging("a").tag_set.tagging_rule == {"k1": "", "k2": ""}


def test_a_symlink_is_read_as_its_target_and_described_as_itself(bucket: oss2.Bucket) -> None:
    bucket.put_object("目标", b"hello", headers={"x-oss-meta-of": "target"})
    bucket.put_symlink("目标", "link", headers={"x-oss-meta-of": "link", "x-oss-tagging": "a=1"})
    assert bucket.get_symlink("link").target_key == "目标"
    assert bucket.get_object("link").read() == b"hello"
    assert bucket.get_object("link", byte_range=(1, 2)).read() == b"el"
    head = bucket.head_object("link")
    assert (head.object_type, head.content_length) == ("Symlink", 5)
    assert (head.etag, head.headers["x-oss-meta-of"]) == ("5D41402ABC4B2A76B9719D911017C592", "link")
    assert bucket.get_object_tagging("link").tag_set.len() == 1
    assert [one.type for one in bucket.list_objects().object_list] == ["Symlink", "Normal"]
    bucket.put_object("目标", b"changed")
    assert bucket.get_object("link").read() == b"changed"
    bucket.copy_object(bucket.bucket_name, "link", "copied")
    assert bucket.get_symlink("copied").target_key == "目标"
    bucket.delete_object("link")
    assert bucket.object_exists("目标")


def test_a_symlink_that_leads_nowhere_says_so(bucket: oss2.Bucket) -> None:
    bucket.put_symlink("nothing", "link")
    for read in (bucket.get_object, bucket.head_object):
        with pytest.raises(oss2.exceptions.ServerError) as error:
            read("link")
        assert (error.value.status, error.value.code) == (404, "SymlinkTargetNotExist")
        assert error.value.ec == "0026-00000012"
    bucket.put_symlink("link", "twice")
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_object("twice")
    assert (error.value.status, error.value.code) == (400, "InvalidTargetType")
    bucket.put_object("normal", b"x")
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_symlink("normal")
    assert (error.value.status, error.value.ec) == (400, "0043-00000101")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_symlink("missing")


def test_restore_object_takes_a_minute(oss: LocalOss, bucket: oss2.Bucket) -> None:
    bucket.put_object("cold", b"ice", headers={"x-oss-storage-class": "Archive"})
    for read in (bucket.get_object, lambda key: bucket.copy_object(bucket.bucket_name, key, "b")):
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            read("cold")
        assert (refused.value.status, refused.value.code) == (403, "InvalidObjectState")
    assert bucket.restore_object("cold").status == 202
    assert bucket.head_object("cold").headers["x-oss-restore"] == 'ongoing-request="true"'
    with pytest.raises(oss2.exceptions.RestoreAlreadyInProgress):
        bucket.restore_object("cold")
    oss.clock.advance(61)
    assert bucket.get_object("cold").read() == b"ice"
    assert 'ongoing-request="false", expiry-date="' in bucket.head_object("cold").headers["x-oss-restore"]
    assert bucket.restore_object("cold").status == 200
    bucket.put_object("warm", b"x")
    with pytest.raises(oss2.exceptions.OperationNotSupported):
        bucket.restore_object("warm")


def test_a_link_is_deleted_as_a_link_too(bucket: oss2.Bucket) -> None:
    bucket.put_object("target", b"x")
    bucket.put_symlink("target", "link")
    assert bucket.delete_object("link", params={"symlink": ""}).status == 204
    assert not bucket.object_exists("link")
    assert bucket.object_exists("target")


def test_a_cold_object_is_restored_at_the_pace_that_was_asked_for(bucket: oss2.Bucket) -> None:
    def restore(key: str, tier: str) -> oss2.models.RequestResult:
        config = RestoreConfiguration(days=2, job_parameters=RestoreJobParameters(tier))
        return bucket.restore_object(key, input=config)

    bucket.put_object("cold", b"x", headers={"x-oss-storage-class": "ColdArchive"})
    bucket.put_object("archived", b"x", headers={"x-oss-storage-class": "Archive"})
    with pytest.raises(oss2.exceptions.InvalidArgument):
        restore("cold", "at once")
    with pytest.raises(oss2.exceptions.MalformedXml):
        restore("archived", "Bulk")
    assert restore("cold", "Expedited").headers["x-oss-object-restore-priority"] == "Expedited"
