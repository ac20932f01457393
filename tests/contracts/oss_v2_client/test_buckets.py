"""Buckets, through alibabacloud-oss-v2."""

from __future__ import annotations

import alibabacloud_oss_v2 as oss
import pytest

from tests.contracts.oss_v2_client.clients import Clients, refused
from tests.emulators.oss.support import LocalOss


def test_put_bucket_keeps_acl_and_storage_class(client: oss.Client, running: LocalOss) -> None:
    name = running.new_name()
    made = client.put_bucket(
        oss.PutBucketRequest(
            bucket=name,
            acl="public-read",
            create_bucket_configuration=oss.CreateBucketConfiguration(storage_class="IA"),
        )
    )
    assert (made.status_code, made.status, len(made.request_id)) == (200, "OK", 24)
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=name)).bucket_info
    assert (info.name, info.acl, info.storage_class) == (name, "public-read", "IA")


def test_get_bucket_info_names_all_that_the_client_reads(
    client: oss.Client, running: LocalOss, bucket: str
) -> None:
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)).bucket_info
    assert (info.location, info.data_redundancy_type, info.access_monitor) == (
        "oss-cn-beijing",
        "LRS",
        "Disabled",
    )
    assert (info.block_public_access, info.cross_region_replication) == (False, "Disabled")
    assert (info.transfer_acceleration, info.sse_rule.sse_algorithm) == ("Disabled", "None")
    # Clients that came by an IP address keep it.
    assert info.extranet_endpoint == info.intranet_endpoint == running.url.removeprefix("http://")
    assert info.owner.id == info.owner.display_name != ""
    assert info.creation_date
    assert info.resource_group_id
    assert info.versioning is None


def test_bucket_acl_is_put_and_got(client: oss.Client, bucket: str) -> None:
    assert client.get_bucket_acl(oss.GetBucketAclRequest(bucket=bucket)).acl == "private"
    client.put_bucket_acl(oss.PutBucketAclRequest(bucket=bucket, acl="public-read-write"))
    got = client.get_bucket_acl(oss.GetBucketAclRequest(bucket=bucket))
    assert (got.acl, got.owner.id != "") == ("public-read-write", True)


def test_get_bucket_location_and_stat(client: oss.Client, bucket: str) -> None:
    assert (
        client.get_bucket_location(oss.GetBucketLocationRequest(bucket=bucket)).location == "oss-cn-beijing"
    )
    stat = client.get_bucket_stat(oss.GetBucketStatRequest(bucket=bucket))
    counts = (stat.storage, stat.object_count, stat.multi_part_upload_count, stat.live_channel_count)
    assert (counts, stat.last_modified_time, stat.delete_marker_count) == ((0, 0, 0, 0), 0, 0)
    assert stat.deep_cold_archive_object_count == stat.infrequent_access_storage == 0
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=b"12345"))
    stat = client.get_bucket_stat(oss.GetBucketStatRequest(bucket=bucket))
    assert (stat.storage, stat.standard_storage, stat.standard_object_count) == (5, 5, 1)


def test_delete_bucket_wants_it_empty(client: oss.Client, bucket: str) -> None:
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=b"x"))
    error = refused(lambda: client.delete_bucket(oss.DeleteBucketRequest(bucket=bucket)))
    assert (error.status_code, error.code, error.ec) == (409, "BucketNotEmpty", "0015-00000301")
    client.delete_object(oss.DeleteObjectRequest(bucket=bucket, key="a"))
    assert client.delete_bucket(oss.DeleteBucketRequest(bucket=bucket)).status_code == 204
    assert client.is_bucket_exist(bucket) is False


def test_list_buckets_pages_with_prefix(client: oss.Client, running: LocalOss) -> None:
    for number in range(3):
        running.store.create_bucket(f"paged-{number}")
    request = oss.ListBucketsRequest(prefix="paged-")
    pages = list(client.list_buckets_paginator(limit=2).iter_page(request))
    assert [[found.name for found in page.buckets] for page in pages] == [["paged-0", "paged-1"], ["paged-2"]]
    assert (pages[0].is_truncated, pages[0].max_keys, pages[0].prefix) == (True, 2, "paged-")
    assert pages[0].buckets[0].region == "cn-beijing"
    page = client.list_buckets(oss.ListBucketsRequest(prefix="paged-", marker="paged-1"))
    assert [found.name for found in page.buckets] == ["paged-2"]


def test_describe_regions_lists_all_or_the_one_named(client: oss.Client) -> None:
    assert len(client.describe_regions(oss.DescribeRegionsRequest()).region_info) > 1
    (region,) = client.describe_regions(oss.DescribeRegionsRequest(regions="oss-cn-hangzhou")).region_info
    assert (region.region, region.internet_endpoint) == ("oss-cn-hangzhou", "oss-cn-hangzhou.aliyuncs.com")
    error = refused(lambda: client.describe_regions(oss.DescribeRegionsRequest(regions="oss-nowhere")))
    assert error.status_code == 404


def test_bucket_versioning_is_switched(client: oss.Client, bucket: str) -> None:
    request = oss.GetBucketVersioningRequest(bucket=bucket)
    assert client.get_bucket_versioning(request).version_status is None
    client.put_bucket_versioning(
        oss.PutBucketVersioningRequest(
            bucket=bucket, versioning_configuration=oss.VersioningConfiguration(status="Enabled")
        )
    )
    assert client.get_bucket_versioning(request).version_status == "Enabled"


def test_is_bucket_exist_needs_no_right_to_the_bucket(
    clients: Clients, running: LocalOss, bucket: str
) -> None:
    stranger = clients(key_id="LTAIstranger")
    for client in (clients(), stranger):
        assert client.is_bucket_exist(bucket) is True
        assert client.is_bucket_exist(running.new_name()) is False


def test_a_bucket_that_is_not_there_is_named_before_the_caller(clients: Clients, running: LocalOss) -> None:
    stranger, name = clients(key_id="LTAIstranger"), running.new_name()
    for call in (
        lambda: stranger.get_bucket_acl(oss.GetBucketAclRequest(bucket=name)),
        lambda: stranger.get_bucket_stat(oss.GetBucketStatRequest(bucket=name)),
        lambda: stranger.list_objects_v2(oss.ListObjectsV2Request(bucket=name)),
        lambda: stranger.put_bucket_versioning(oss.PutBucketVersioningRequest(bucket=name)),
        lambda: stranger.is_object_exist(name, "a"),
    ):
        error = refused(call)
        assert (error.status_code, error.code) == (404, "NoSuchBucket")
    for call in (
        lambda: stranger.put_bucket(oss.PutBucketRequest(bucket=name)),
        lambda: stranger.put_bucket_acl(oss.PutBucketAclRequest(bucket=name, acl="private")),
        lambda: stranger.describe_regions(oss.DescribeRegionsRequest()),
        lambda: stranger.list_buckets(oss.ListBucketsRequest()),
    ):
        error = refused(call)
        assert (error.status_code, error.code) == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize("name", ["get_bucket_worm", "get_bucket_replication", "list_cname"])
def test_what_this_oss_does_not_have_is_answered_in_its_own_words(
    client: oss.Client, bucket: str, name: str
) -> None:
    request = "".join(part.title() for part in name.split("_")) + "Request"
    error = refused(lambda: getattr(client, name)(getattr(oss, request)(bucket=bucket)))
    assert (error.status_code, error.code) == (501, "NotImplemented")
