"""The descriptions of objects through alibabacloud-oss-v2: ACLs, tags, links, restorations, versions."""

from __future__ import annotations

from urllib.parse import quote, unquote

import alibabacloud_oss_v2 as oss

from tests.contracts.oss_v2_client.clients import put_object, read_object, refused
from tests.emulators.oss.support import LocalOss


def test_object_acl_is_put_with_every_kind_of_write(client: oss.Client, bucket: str) -> None:
    def acl(key: str) -> str:
        return str(client.get_object_acl(oss.GetObjectAclRequest(bucket=bucket, key=key)).acl)

    put_object(client, bucket, "a", acl="private")
    assert acl("a") == "private"
    client.put_object_acl(oss.PutObjectAclRequest(bucket=bucket, key="a", acl="public-read"))
    assert acl("a") == "public-read"
    client.copy_object(oss.CopyObjectRequest(bucket=bucket, key="b", source_key="a"))
    assert acl("b") == "default"
    client.append_object(
        oss.AppendObjectRequest(bucket=bucket, key="c", position=0, body=b"x", acl="private")
    )
    assert acl("c") == "private"
    client.put_symlink(
        oss.PutSymlinkRequest(bucket=bucket, key="d", symlink_target="a", object_acl="private")
    )
    assert acl("d") == "private"


def test_object_tagging_is_put_got_and_deleted(client: oss.Client, bucket: str) -> None:
    def tags() -> list[tuple[str, str]]:
        got = client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=bucket, key="a"))
        return [(tag.key, tag.value) for tag in got.tag_set.tags or []]

    put_object(client, bucket, "a", tagging="TagA=A&TagB=B")
    assert tags() == [("TagA", "A"), ("TagB", "B")]
    tagging = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="k", value="值")]))
    client.put_object_tagging(oss.PutObjectTaggingRequest(bucket=bucket, key="a", tagging=tagging))
    assert tags() == [("k", "值")]
    client.delete_object_tagging(oss.DeleteObjectTaggingRequest(bucket=bucket, key="a"))
    assert tags() == []


def test_symlinks_lead_to_their_target(client: oss.Client, bucket: str) -> None:
    put_object(client, bucket, "目标/a")
    client.put_symlink(
        oss.PutSymlinkRequest(bucket=bucket, key="link", symlink_target=quote("目标/a", safe=""))
    )
    got = client.get_symlink(oss.GetSymlinkRequest(bucket=bucket, key="link"))
    assert (unquote(got.target), got.status_code) == ("目标/a", 200)
    read = client.get_object(oss.GetObjectRequest(bucket=bucket, key="link"))
    assert (read.body.content, read.object_type) == (b"content", "Symlink")


def test_restore_object_takes_a_minute(client: oss.Client, running: LocalOss, bucket: str) -> None:
    put_object(client, bucket, "cold", storage_class=oss.StorageClassType.ARCHIVE)
    request = oss.RestoreObjectRequest(bucket=bucket, key="cold", restore_request=oss.RestoreRequest(days=2))
    assert refused(lambda: read_object(client, bucket, "cold")).code == "InvalidObjectState"
    assert client.restore_object(request).status_code == 202
    error = refused(lambda: client.restore_object(request))
    assert (error.code, error.message) == (
        "RestoreAlreadyInProgress",
        "The restore operation is in progress.",
    )
    running.clock.advance(61)
    assert read_object(client, bucket, "cold") == b"content"
    restored = client.head_object(oss.HeadObjectRequest(bucket=bucket, key="cold")).restore
    assert restored.startswith('ongoing-request="false"')


def test_versions_are_written_listed_and_deleted(client: oss.Client, bucket: str) -> None:
    client.put_bucket_versioning(
        oss.PutBucketVersioningRequest(
            bucket=bucket, versioning_configuration=oss.VersioningConfiguration(status="Enabled")
        )
    )
    versions = [put_object(client, bucket, f"key-{number}").version_id for number in (0, 1, 1)]
    assert read_object(client, bucket, "key-1", version_id=versions[1]) == b"content"
    marker = client.delete_object(oss.DeleteObjectRequest(bucket=bucket, key="key-0"))
    assert (marker.delete_marker, marker.version_id not in versions) == (True, True)
    request = oss.ListObjectVersionsRequest(bucket=bucket)
    for size in (1, 2, 100):
        pages = list(client.list_object_versions_paginator(limit=size).iter_page(request))
        found = [one.version_id for page in pages for one in page.version or []]
        assert found == [versions[0], versions[2], versions[1]]
        markers = [one for page in pages for one in page.delete_marker or []]
        assert [(one.version_id, one.is_latest) for one in markers] == [(marker.version_id, True)]
        assert pages[0].max_keys == size
    deleted = client.delete_multiple_objects(
        oss.DeleteMultipleObjectsRequest(
            bucket=bucket,
            objects=[oss.DeleteObject(key="key-1", version_id=version) for version in versions[1:]],
        )
    )
    assert [one.version_id for one in deleted.deleted_objects] == versions[1:]
    removed = client.delete_object(
        oss.DeleteObjectRequest(bucket=bucket, key="key-0", version_id=marker.version_id)
    )
    assert (removed.delete_marker, removed.version_id) == (True, marker.version_id)
    assert read_object(client, bucket, "key-0") == b"content"
