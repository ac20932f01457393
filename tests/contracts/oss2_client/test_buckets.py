"""Buckets, through oss2."""

from __future__ import annotations

from collections.abc import Callable

import oss2
import pytest
from oss2.models import BucketCreateConfig, BucketVersioningConfig, PartInfo

from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import KEY_ID, SECRET, LocalOss


def test_create_bucket_keeps_acl_and_storage_class(oss: LocalOss, clients: Oss2Clients) -> None:
    made = clients.bucket(oss.new_name())
    config = BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_IA)
    assert made.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ, config).status == 200
    assert made.get_bucket_acl().acl == oss2.BUCKET_ACL_PUBLIC_READ
    assert made.get_bucket_info().storage_class == "IA"
    made.put_object("a", b"x")
    assert made.list_objects().object_list[0].storage_class == "IA"


def test_create_bucket_again_changes_its_acl(bucket: oss2.Bucket) -> None:
    bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    assert bucket.get_bucket_acl().acl == oss2.BUCKET_ACL_PUBLIC_READ_WRITE


def test_put_bucket_acl_takes_each_of_the_three(bucket: oss2.Bucket) -> None:
    for acl in (oss2.BUCKET_ACL_PUBLIC_READ, oss2.BUCKET_ACL_PUBLIC_READ_WRITE, oss2.BUCKET_ACL_PRIVATE):
        bucket.put_bucket_acl(acl)
        assert bucket.get_bucket_acl().acl == acl
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_acl("open")


def test_delete_bucket_wants_it_empty_and_there(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    with pytest.raises(oss2.exceptions.BucketNotEmpty) as error:
        bucket.delete_bucket()
    assert (error.value.status, error.value.details["BucketName"]) == (409, bucket.bucket_name)
    bucket.delete_object("a")
    upload = bucket.init_multipart_upload("a").upload_id
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.abort_multipart_upload("a", upload)
    assert bucket.delete_bucket().status == 204
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.delete_bucket()


def test_get_bucket_info_names_all_that_the_client_reads(bucket: oss2.Bucket) -> None:
    info = bucket.get_bucket_info()
    assert (info.name, info.location, info.storage_class) == (
        bucket.bucket_name,
        "oss-cn-beijing",
        "Standard",
    )
    # Clients that came by an IP address keep it.
    assert info.extranet_endpoint == info.intranet_endpoint == bucket.endpoint.removeprefix("http://")
    assert (info.acl.grant, info.owner.id) == ("private", info.owner.display_name)
    assert (info.versioning_status, info.bucket_encryption_rule.sse_algorithm) == (None, None)
    assert (info.data_redundancy_type, info.access_monitor) == ("LRS", "Disabled")
    assert (info.transfer_acceleration, info.cross_region_replication) == ("Disabled", "Disabled")


def test_get_bucket_location(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_location().location == "oss-cn-beijing"


def test_get_bucket_stat_counts_by_storage_class(bucket: oss2.Bucket) -> None:
    empty = bucket.get_bucket_stat()
    assert (empty.storage_size_in_bytes, empty.object_count, empty.last_modified_time) == (0, 0, 0)
    bucket.put_object("a", b"12345")
    bucket.put_object("b", b"123", headers={"x-oss-storage-class": "IA"})
    upload = bucket.init_multipart_upload("c").upload_id
    bucket.upload_part("c", upload, 1, b"part")
    stat = bucket.get_bucket_stat()
    assert (stat.storage_size_in_bytes, stat.object_count) == (8, 2)
    assert (stat.standard_storage, stat.standard_object_count) == (5, 1)
    assert (stat.infrequent_access_real_storage, stat.infrequent_access_object_count) == (3, 1)
    assert stat.infrequent_access_storage == 64 * 1024
    assert (stat.multi_part_upload_count, stat.multipart_part_count) == (1, 1)
    assert (stat.archive_object_count, stat.delete_marker_count, stat.live_channel_count) == (0, 0, 0)
    assert stat.last_modified_time > 1_700_000_000


def test_list_buckets_pages_with_prefix_and_marker(service: oss2.Service, clients: Oss2Clients) -> None:
    names = [f"listed-{number}" for number in range(5)]
    for name in names:
        clients.bucket(name).create_bucket()
    page = service.list_buckets(prefix="listed-", max_keys=2)
    assert ([found.name for found in page.buckets], page.is_truncated) == (names[:2], True)
    rest = service.list_buckets(prefix="listed-", marker=page.next_marker)
    assert ([found.name for found in rest.buckets], rest.is_truncated) == (names[2:], False)
    assert rest.buckets[0].location == "oss-cn-beijing"
    assert rest.buckets[0].storage_class == "Standard"
    assert [found.name for found in oss2.BucketIterator(service, prefix="listed-", max_keys=2)] == names


def test_describe_regions_lists_all_or_the_one_named(service: oss2.Service) -> None:
    assert len(service.describe_regions().regions) > 1
    (region,) = service.describe_regions("oss-cn-hangzhou").regions
    assert (region.region, region.internet_endpoint) == ("oss-cn-hangzhou", "oss-cn-hangzhou.aliyuncs.com")
    assert region.internal_endpoint == "oss-cn-hangzhou-internal.aliyuncs.com"
    assert region.accelerate_endpoint == "oss-accelerate.aliyuncs.com"


def test_bucket_versioning_is_off_until_it_is_switched_and_never_off_again(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_versioning().status is None
    for status in ("Enabled", "Suspended", "Enabled"):
        bucket.put_bucket_versioning(BucketVersioningConfig(status))
        assert bucket.get_bucket_versioning().status == status
        assert bucket.get_bucket_info().versioning_status == status
    with pytest.raises(oss2.exceptions.MalformedXml):
        bucket.put_bucket_versioning(BucketVersioningConfig("Off"))


def test_a_bucket_that_is_not_there_is_named_before_anything_else(
    oss: LocalOss, clients: Oss2Clients
) -> None:
    stranger = oss2.AuthV4("LTAIstranger", SECRET)
    missing = clients.bucket(oss.new_name(), stranger)
    calls: tuple[Callable[[], object], ...] = (
        missing.get_bucket_acl,
        missing.get_bucket_info,
        missing.get_bucket_stat,
        missing.list_objects,
        missing.list_object_versions,
        lambda: missing.put_object("a", b"x"),
        lambda: missing.get_object_meta("a"),
        lambda: missing.get_symlink("a"),
        lambda: missing.init_multipart_upload("a"),
        lambda: missing.complete_multipart_upload("a", "id", [PartInfo(1, "0" * 32)]),
    )
    for call in calls:
        with pytest.raises(oss2.exceptions.NoSuchBucket) as error:
            call()
        assert (error.value.status, error.value.ec) == (404, "0015-00000101")
    for call in (missing.create_bucket, lambda: missing.put_bucket_acl("private")):
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            call()
        assert (refused.value.status, refused.value.code) == (403, "InvalidAccessKeyId")


def test_a_bucket_name_that_the_client_lets_pass_is_still_checked(
    oss: LocalOss, clients: Oss2Clients
) -> None:
    url = oss2.Bucket(oss2.Auth(KEY_ID, SECRET), oss.url, "valid-name").sign_url("PUT", "a", 60)
    response = clients.http.put(url.replace("/valid-name/", "/Not_Valid/"), data=b"x", timeout=10)
    assert (response.status_code, "<Code>InvalidBucketName</Code>" in response.text) == (400, True)


def test_what_this_oss_does_not_have_is_answered_in_its_own_words(bucket: oss2.Bucket) -> None:
    for call in (bucket.list_bucket_cname, bucket.get_bucket_worm, bucket.get_bucket_replication):
        with pytest.raises(oss2.exceptions.ServerError) as error:
            call()
        assert (error.value.status, error.value.code) == (501, "NotImplemented")
        assert len(error.value.request_id) == 24
