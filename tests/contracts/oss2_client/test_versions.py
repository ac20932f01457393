"""Versions of objects, through oss2."""

from __future__ import annotations

import oss2
import pytest
from oss2.models import (
    BatchDeleteObjectVersion,
    BatchDeleteObjectVersionList,
    BucketVersioningConfig,
    PartInfo,
    Tagging,
    TaggingRule,
)

from aliyun_local.oss.state.blobs import MemoryBlobs
from tests.emulators.oss.support import LocalOss


@pytest.fixture
def versioned(bucket: oss2.Bucket) -> oss2.Bucket:
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    return bucket


def _of(version: str) -> dict[str, str]:
    return {"versionId": version}


def _listed(bucket: oss2.Bucket, **options: object) -> list[tuple[str, str, bool]]:
    page = bucket.list_object_versions(**options)
    return [(one.key, one.versionid, one.is_latest) for one in page.versions]


def test_every_write_is_a_version_that_stays_readable(versioned: oss2.Bucket) -> None:
    first = versioned.put_object("a", b"one").versionid
    second = versioned.put_object("a", b"three").versionid
    assert first != second
    assert versioned.get_object("a").read() == b"three"
    got = versioned.get_object("a", params=_of(first))
    assert (got.read(), got.versionid) == (b"one", first)
    head = versioned.head_object("a", params=_of(first))
    assert (head.versionid, head.content_length) == (first, 3)
    assert versioned.get_object_meta("a", params=_of(second)).versionid == second
    assert versioned.head_object("a").versionid == second
    assert _listed(versioned) == [("a", second, True), ("a", first, False)]
    assert [one.key for one in versioned.list_objects().object_list] == ["a"]


def test_a_delete_hides_an_object_behind_a_marker(versioned: oss2.Bucket) -> None:
    first = versioned.put_object("a", b"one").versionid
    deleted = versioned.delete_object("a")
    assert (deleted.status, deleted.delete_marker, deleted.versionid != first) == (204, True, True)
    for read in (versioned.get_object, versioned.head_object, versioned.get_object_meta):
        with pytest.raises(oss2.exceptions.NoSuchKey) as error:
            read("a")
        assert error.value.headers["x-oss-delete-marker"] == "true"
        assert error.value.headers["x-oss-version-id"] == deleted.versionid
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        versioned.get_object("a", params=_of(deleted.versionid))
    assert (refused.value.status, refused.value.code) == (405, "MethodNotAllowed")
    assert versioned.get_object("a", params=_of(first)).read() == b"one"
    assert versioned.list_objects().object_list == []
    page = versioned.list_object_versions()
    assert [(one.versionid, one.is_latest) for one in page.delete_marker] == [(deleted.versionid, True)]
    assert [(one.versionid, one.is_latest) for one in page.versions] == [(first, False)]
    assert versioned.get_bucket_stat().delete_marker_count == 1


def test_deleting_a_version_is_for_good_and_brings_back_the_one_before(versioned: oss2.Bucket) -> None:
    first = versioned.put_object("a", b"one").versionid
    second = versioned.put_object("a", b"two").versionid
    marker = versioned.delete_object("a").versionid
    removed = versioned.delete_object("a", params=_of(marker))
    assert (removed.delete_marker, removed.versionid) == (True, marker)
    assert versioned.get_object("a").read() == b"two"
    removed = versioned.delete_object("a", params=_of(second))
    assert (removed.delete_marker, removed.versionid) == (None, second)
    assert versioned.get_object("a").read() == b"one"
    versioned.delete_object("a", params=_of(first))
    with pytest.raises(oss2.exceptions.NoSuchKey):
        versioned.get_object("a")
    assert versioned.delete_object("a", params=_of(first)).status == 204
    assert versioned.delete_bucket().status == 204


def test_a_bucket_with_old_versions_is_not_empty(versioned: oss2.Bucket) -> None:
    versioned.put_object("a", b"one")
    versioned.delete_object("a")
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        versioned.delete_bucket()


def test_what_was_there_before_versioning_is_the_null_version(bucket: oss2.Bucket) -> None:
    assert bucket.put_object("a", b"before").versionid is None
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    version = bucket.put_object("a", b"after").versionid
    assert _listed(bucket) == [("a", version, True), ("a", "null", False)]
    assert bucket.get_object("a", params=_of("null")).read() == b"before"


def test_suspended_versioning_overwrites_the_null_version_alone(versioned: oss2.Bucket) -> None:
    kept = versioned.put_object("a", b"kept").versionid
    versioned.put_bucket_versioning(BucketVersioningConfig("Suspended"))
    assert versioned.put_object("a", b"one").versionid == "null"
    assert versioned.put_object("a", b"two").versionid == "null"
    assert _listed(versioned) == [("a", "null", True), ("a", kept, False)]
    deleted = versioned.delete_object("a")
    assert (deleted.versionid, deleted.delete_marker) == ("null", True)
    assert _listed(versioned) == [("a", kept, False)]
    versioned.put_object("a", b"three")
    page = versioned.list_object_versions()
    assert ([one.versionid for one in page.versions], page.delete_marker) == (["null", kept], [])


def test_every_kind_of_write_names_its_version(versioned: oss2.Bucket) -> None:
    first = versioned.put_object("a", b"one").versionid
    versioned.put_object("a", b"two")
    copied = versioned.copy_object(versioned.bucket_name, "a", "b", params=_of(first))
    assert versioned.get_object("b", params=_of(copied.versionid)).read() == b"one"
    assert copied.headers["x-oss-copy-source-version-id"] == first
    link = versioned.put_symlink("a", "link").headers["x-oss-version-id"]
    assert versioned.get_symlink("link", params=_of(link)).target_key == "a"
    upload = versioned.init_multipart_upload("c").upload_id
    part = versioned.upload_part_copy(
        versioned.bucket_name, "a", None, "c", upload, 1, params={"versionId": first}
    )
    done = versioned.complete_multipart_upload("c", upload, [PartInfo(1, part.etag)])
    assert versioned.get_object("c", params=_of(done.versionid)).read() == b"one"
    appended = versioned.append_object("log", 0, b"1")
    again = versioned.append_object("log", 1, b"2")
    assert appended.versionid == again.versionid
    assert len(versioned.list_object_versions(prefix="log").versions) == 1


def test_acls_and_tags_belong_to_a_version(versioned: oss2.Bucket) -> None:
    first = versioned.put_object("a", b"one").versionid
    second = versioned.put_object("a", b"two").versionid
    versioned.put_object_acl("a", "public-read", params=_of(first))
    assert versioned.get_object_acl("a", params=_of(first)).acl == "public-read"
    assert versioned.get_object_acl("a").acl == "default"
    rule = TaggingRule()
    rule.add("k", "v")
    versioned.put_object_tagging("a", Tagging(rule))
    assert versioned.get_object_tagging("a", params=_of(second)).tag_set.len() == 1
    assert versioned.get_object_tagging("a", params=_of(first)).tag_set.len() == 0
    versioned.delete_object_tagging("a", params=_of(second))
    assert versioned.get_object_tagging("a").tag_set.len() == 0


def test_versions_that_cannot_be_and_that_are_not_are_told_apart(versioned: oss2.Bucket) -> None:
    version = versioned.put_object("a", b"x").versionid
    other = versioned.put_object("b", b"x").versionid
    for wrong in ("IllegalVersion", ""):
        for call in (versioned.get_object, versioned.head_object, versioned.get_object_acl):
            with pytest.raises(oss2.exceptions.ServerError) as error:
                call("a", params=_of(wrong))
            assert (error.value.status, error.value.code) == (400, "InvalidArgument")
    with pytest.raises(oss2.exceptions.ServerError) as missing:
        versioned.get_object("a", params=_of(other))
    assert (missing.value.status, missing.value.code) == (404, "NoSuchVersion")
    with pytest.raises(oss2.exceptions.ServerError):
        versioned.copy_object(versioned.bucket_name, "a", "c", params=_of(other))
    assert versioned.get_object("a", params=_of(version)).read() == b"x"


def test_many_versions_are_deleted_at_once(versioned: oss2.Bucket) -> None:
    first = versioned.put_object("test", b"1").versionid
    second = versioned.put_object("test", b"2").versionid
    hidden = versioned.batch_delete_objects(["test"]).delete_versions[0]
    assert (hidden.key, hidden.versionid, hidden.delete_marker) == ("test", "", True)
    wanted = BatchDeleteObjectVersionList()
    for version in (first, second, hidden.delete_marker_versionid):
        wanted.append(BatchDeleteObjectVersion("test", version))
    done = versioned.delete_object_versions(wanted).delete_versions
    assert [(one.versionid, one.delete_marker) for one in done] == [
        (first, False),
        (second, False),
        (hidden.delete_marker_versionid, True),
    ]
    assert versioned.delete_bucket().status == 204


def test_list_object_versions_pages_within_keys(versioned: oss2.Bucket) -> None:
    for key in ("a", "a", "b/1", "b/2", "c", "c"):
        versioned.put_object(key, b"x")
    versioned.delete_object("c")
    found: list[tuple[str, str]] = []
    key_marker = version_marker = ""
    while True:
        page = versioned.list_object_versions(
            max_keys=2, key_marker=key_marker, versionid_marker=version_marker
        )
        found += [(one.key, one.versionid) for one in [*page.versions, *page.delete_marker]]
        if not page.is_truncated:
            break
        key_marker, version_marker = page.next_key_marker, page.next_versionid_marker
    assert sorted(key for key, _ in found) == ["a", "a", "b/1", "b/2", "c", "c", "c"]
    assert len(set(found)) == 7
    grouped = versioned.list_object_versions(delimiter="/")
    assert grouped.common_prefix == ["b/"]
    assert (grouped.name, grouped.max_keys, grouped.prefix) == (versioned.bucket_name, 100, "")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        versioned.list_object_versions(versionid_marker="null")


def test_forbid_overwrite_means_nothing_where_nothing_is_overwritten(versioned: oss2.Bucket) -> None:
    for content in (b"1", b"2"):
        versioned.put_object("a", content, headers={"x-oss-forbid-overwrite": "true"})
    assert versioned.get_object("a").read() == b"2"


def test_the_bytes_of_deleted_versions_are_gone(oss: LocalOss, versioned: oss2.Bucket) -> None:
    blobs = oss.store.blobs
    assert isinstance(blobs, MemoryBlobs)
    held = set(blobs._contents)
    for content in (b"1", b"2"):
        versioned.put_object("a", content)
    for one in versioned.list_object_versions().versions:
        versioned.delete_object("a", params=_of(one.versionid))
    assert set(blobs._contents) == held
