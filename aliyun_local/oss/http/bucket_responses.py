"""Operations on the account and on buckets themselves: list, create, delete, describe, ACL, versioning.

The content of a bucket is listed in :mod:`aliyun_local.oss.http.listing_responses`, its configurations are in
:mod:`aliyun_local.oss.http.configuration_responses`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.http.configuration_responses import access_monitor, encryption_rule, store_encryption
from aliyun_local.oss.http.encryption import encryption_of
from aliyun_local.oss.http.xml_documents import Content, iso_time, parse, text_of, xml_response
from aliyun_local.oss.state.buckets import ClassStat
from aliyun_local.oss.state.objects import check_storage_class
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import Bucket

MAX_BUCKETS = 1000
DEFAULT_BUCKETS = 100
# The only resource group here.
RESOURCE_GROUP = "rg-default"
# Each region has a public and an internal endpoint named after it.
REGIONS = (
    "cn-hangzhou",
    "cn-shanghai",
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-hongkong",
    "us-west-1",
    "us-east-1",
    "ap-northeast-1",
    "ap-southeast-1",
    "eu-central-1",
)
# GetBucketStat has other names for storage classes than the rest of the API.
_STAT_NAMES = {
    "IA": "InfrequentAccess",
    "Archive": "Archive",
    "ColdArchive": "ColdArchive",
    "DeepColdArchive": "DeepColdArchive",
}


def list_buckets(request: OssRequest) -> Response:
    """ListBuckets (GetService)."""
    prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
    limit = request.number("max-keys", 1, MAX_BUCKETS, DEFAULT_BUCKETS)
    page = request.store.buckets(prefix=prefix, marker=marker, limit=limit)
    children: list[tuple[str, Content]] = [
        ("Prefix", prefix),
        ("Marker", marker),
        ("MaxKeys", limit),
        ("IsTruncated", page.is_truncated),
        ("NextMarker", page.next_marker),
        ("Owner", request.account.owner()),
        (
            "Buckets",
            [
                ("Bucket", [*_bucket(request, bucket), ("ResourceGroupId", RESOURCE_GROUP)])
                for bucket in page.rows
                if _is_tagged(request, bucket)
            ],
        ),
    ]
    return xml_response("ListAllMyBucketsResult", children)


def put_bucket(request: OssRequest) -> Response:
    """PutBucket; changes the ACL of a bucket that exists already."""
    storage_class = "Standard"
    if request.http.body.strip():
        root = parse(request.checked_body(), "CreateBucketConfiguration")
        storage_class = root.findtext("StorageClass") or storage_class
    check_storage_class(storage_class)
    acl = request.header("x-oss-acl") or "private"
    encryption_of(request.http.headers)
    request.store.create_bucket(
        request.bucket, region=request.account.region, acl=acl, storage_class=storage_class
    )
    store_encryption(request)
    return Response(status=200, headers={"Location": f"/{request.bucket}"})


def delete_bucket(request: OssRequest) -> Response:
    """DeleteBucket."""
    request.store.delete_bucket(request.bucket)
    return Response(status=204)


def get_bucket_info(request: OssRequest) -> Response:
    """GetBucketInfo."""
    bucket = request.store.bucket(request.bucket)
    children: list[tuple[str, Content]] = [
        *_bucket(request, bucket),
        ("Owner", request.account.owner()),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("DataRedundancyType", "LRS"),
        ("AccessMonitor", access_monitor(request)),
        ("BlockPublicAccess", False),
        ("Comment", ""),
        ("CrossRegionReplication", "Disabled"),
        ("ResourceGroupId", RESOURCE_GROUP),
        ("ServerSideEncryptionRule", encryption_rule(request)),
        ("TransferAcceleration", "Disabled"),
    ]
    if bucket.versioning:
        children.append(("Versioning", bucket.versioning))
    return xml_response("BucketInfo", [("Bucket", children)])


def get_bucket_location(request: OssRequest) -> Response:
    """GetBucketLocation."""
    return xml_response("LocationConstraint", f"oss-{request.store.bucket(request.bucket).region}")


def get_bucket_stat(request: OssRequest) -> Response:
    """GetBucketStat."""
    stat = request.store.stat(request.bucket)
    standard = stat.classes.get("Standard", ClassStat())
    children: list[tuple[str, Content]] = [
        ("Storage", sum(held.size for held in stat.classes.values())),
        ("ObjectCount", sum(held.count for held in stat.classes.values())),
        ("MultipartUploadCount", stat.uploads),
        ("LiveChannelCount", 0),
        ("LastModifiedTime", int(stat.modified_at)),
        ("StandardStorage", standard.size),
        ("StandardObjectCount", standard.count),
    ]
    for storage_class, name in _STAT_NAMES.items():
        held = stat.classes.get(storage_class, ClassStat())
        children += [
            (f"{name}Storage", held.billed_size),
            (f"{name}RealStorage", held.size),
            (f"{name}ObjectCount", held.count),
        ]
    children += [("MultipartPartCount", stat.parts), ("DeleteMarkerCount", stat.delete_markers)]
    return xml_response("BucketStat", children)


def get_bucket_versioning(request: OssRequest) -> Response:
    """GetBucketVersioning: empty until versioning is switched on for the first time."""
    versioning = request.store.bucket(request.bucket).versioning
    return xml_response("VersioningConfiguration", [("Status", versioning)] if versioning else [])


def put_bucket_versioning(request: OssRequest) -> Response:
    """PutBucketVersioning."""
    root = parse(request.checked_body(), "VersioningConfiguration")
    request.store.set_versioning(request.bucket, text_of(root, "Status"))
    return Response(status=200)


def describe_regions(request: OssRequest) -> Response:
    """DescribeRegions: all regions, or the one in ``regions=oss-cn-beijing``."""
    wanted = request.query["regions"]
    names = [name for name in REGIONS if wanted in ("", f"oss-{name}")]
    if not names:
        raise OssError(404, "NoSuchRegion", "The specified region does not exist.")
    children: list[tuple[str, Content]] = [
        (
            "RegionInfo",
            [
                ("Region", f"oss-{name}"),
                ("InternetEndpoint", f"oss-{name}.aliyuncs.com"),
                ("InternalEndpoint", f"oss-{name}-internal.aliyuncs.com"),
                ("AccelerateEndpoint", "oss-accelerate.aliyuncs.com"),
            ],
        )
        for name in names
    ]
    return xml_response("RegionInfoList", children)


def get_bucket_acl(request: OssRequest) -> Response:
    """GetBucketAcl."""
    grant: Content = [("Grant", request.store.bucket(request.bucket).acl)]
    return xml_response(
        "AccessControlPolicy", [("Owner", request.account.owner()), ("AccessControlList", grant)]
    )


def put_bucket_acl(request: OssRequest) -> Response:
    """PutBucketAcl."""
    request.store.set_bucket_acl(request.bucket, request.header("x-oss-acl"))
    return Response(status=200)


def _is_tagged(request: OssRequest, bucket: Bucket) -> bool:
    """Return whether a bucket has the tag that ListBuckets asks for, if it asks for one."""
    key, value = request.query.get("tag-key", ""), request.query.get("tag-value")
    if not key:
        return True
    configured = request.store.configurations.find(bucket.name, "tagging")
    tags = parse(configured.encode(), "Tagging").iter("Tag") if configured else ()
    return any(tag.findtext("Key") == key and value in (None, tag.findtext("Value")) for tag in tags)


def _bucket(request: OssRequest, bucket: Bucket) -> list[tuple[str, Content]]:
    return [
        ("Name", bucket.name),
        ("Location", f"oss-{bucket.region}"),
        ("Region", bucket.region),
        ("CreationDate", iso_time(bucket.created_at)),
        ("ExtranetEndpoint", request.endpoint()),
        ("IntranetEndpoint", request.endpoint(internal=True)),
        ("StorageClass", bucket.storage_class),
    ]
