"""The wire of operations on the service and on buckets as such; listing their content stands elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, invalid_argument
from aliyun_local.oss.http.call import STORAGE_CLASSES, xml_response
from aliyun_local.oss.http.configuration_responses import access_monitor, encryption_rule, keep_encryption
from aliyun_local.oss.http.encryption import encryption_of
from aliyun_local.oss.http.xml_documents import Content, iso_time, parse, text_of
from aliyun_local.oss.state.buckets import ClassStat
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call
    from aliyun_local.oss.state.objects import Bucket

MAX_BUCKETS = 1000
DEFAULT_BUCKETS = 100
# There are no others here.
RESOURCE_GROUP = "rg-default"
# Where OSS is; each has a public and an internal endpoint named after it.
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
# GetBucketStat names a storage class differently from everybody else.
_STAT_NAMES = {
    "IA": "InfrequentAccess",
    "Archive": "Archive",
    "ColdArchive": "ColdArchive",
    "DeepColdArchive": "DeepColdArchive",
}


def list_buckets(call: Call) -> Response:
    """ListBuckets (GetService)."""
    prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
    limit = call.number("max-keys", 1, MAX_BUCKETS, DEFAULT_BUCKETS)
    page = call.store.buckets(prefix=prefix, marker=marker, limit=limit)
    children: list[tuple[str, Content]] = [
        ("Prefix", prefix),
        ("Marker", marker),
        ("MaxKeys", limit),
        ("IsTruncated", page.is_truncated),
        ("NextMarker", page.next_marker),
        ("Owner", owner(call)),
        (
            "Buckets",
            [
                ("Bucket", [*_bucket(call, bucket), ("ResourceGroupId", RESOURCE_GROUP)])
                for bucket in page.rows
                if _is_tagged(call, bucket)
            ],
        ),
    ]
    return xml_response("ListAllMyBucketsResult", children)


def put_bucket(call: Call) -> Response:
    """PutBucket: also changes the ACL of a bucket that is there."""
    storage_class = "Standard"
    if call.request.body.strip():
        root = parse(call.checked_body(), "CreateBucketConfiguration")
        storage_class = root.findtext("StorageClass") or storage_class
    if storage_class not in STORAGE_CLASSES:
        raise invalid_argument("The storage class is not one of those that OSS knows.")
    acl = call.header("x-oss-acl") or "private"
    encryption_of(call.request.headers)
    call.store.create_bucket(call.bucket, region=call.service.region, acl=acl, storage_class=storage_class)
    keep_encryption(call)
    return Response(status=200, headers={"Location": f"/{call.bucket}"})


def delete_bucket(call: Call) -> Response:
    """DeleteBucket."""
    call.store.delete_bucket(call.bucket)
    return Response(status=204)


def get_bucket_info(call: Call) -> Response:
    """GetBucketInfo."""
    bucket = call.store.bucket(call.bucket)
    children: list[tuple[str, Content]] = [
        *_bucket(call, bucket),
        ("Owner", owner(call)),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("DataRedundancyType", "LRS"),
        ("AccessMonitor", access_monitor(call)),
        ("BlockPublicAccess", False),
        ("Comment", ""),
        ("CrossRegionReplication", "Disabled"),
        ("ResourceGroupId", RESOURCE_GROUP),
        ("ServerSideEncryptionRule", encryption_rule(call)),
        ("TransferAcceleration", "Disabled"),
    ]
    if bucket.versioning:
        children.append(("Versioning", bucket.versioning))
    return xml_response("BucketInfo", [("Bucket", children)])


def get_bucket_location(call: Call) -> Response:
    """GetBucketLocation."""
    return xml_response("LocationConstraint", f"oss-{call.store.bucket(call.bucket).region}")


def get_bucket_stat(call: Call) -> Response:
    """GetBucketStat."""
    stat = call.store.stat(call.bucket)
    standard = stat.classes.get("Standard", ClassStat())
    children: list[tuple[str, Content]] = [
        ("Storage", sum(one.size for one in stat.classes.values())),
        ("ObjectCount", sum(one.count for one in stat.classes.values())),
        ("MultipartUploadCount", stat.uploads),
        ("LiveChannelCount", 0),
        ("LastModifiedTime", int(stat.modified)),
        ("StandardStorage", standard.size),
        ("StandardObjectCount", standard.count),
    ]
    for storage_class, name in _STAT_NAMES.items():
        held = stat.classes.get(storage_class, ClassStat())
        children += [
            (f"{name}Storage", held.billed),
            (f"{name}RealStorage", held.size),
            (f"{name}ObjectCount", held.count),
        ]
    children += [("MultipartPartCount", stat.parts), ("DeleteMarkerCount", stat.delete_markers)]
    return xml_response("BucketStat", children)


def get_bucket_versioning(call: Call) -> Response:
    """GetBucketVersioning: empty as long as versioning has never been on."""
    versioning = call.store.bucket(call.bucket).versioning
    return xml_response("VersioningConfiguration", [("Status", versioning)] if versioning else [])


def put_bucket_versioning(call: Call) -> Response:
    """PutBucketVersioning."""
    root = parse(call.checked_body(), "VersioningConfiguration")
    call.store.set_versioning(call.bucket, text_of(root, "Status"))
    return Response(status=200)


def describe_regions(call: Call) -> Response:
    """DescribeRegions: all, or the one named (``regions=oss-cn-beijing``)."""
    wanted = call.query["regions"]
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


def get_bucket_acl(call: Call) -> Response:
    """GetBucketAcl."""
    grant: Content = [("Grant", call.store.bucket(call.bucket).acl)]
    return xml_response("AccessControlPolicy", [("Owner", owner(call)), ("AccessControlList", grant)])


def put_bucket_acl(call: Call) -> Response:
    """PutBucketAcl."""
    call.store.set_bucket_acl(call.bucket, call.header("x-oss-acl"))
    return Response(status=200)


def owner(call: Call) -> Content:
    """Return the elements that name the account, the owner of everything here."""
    account = call.service.account_id
    return [("ID", account), ("DisplayName", account)]


def _is_tagged(call: Call, bucket: Bucket) -> bool:
    """Whether a bucket has the tag that ListBuckets is asked for, if it is."""
    key, value = call.query.get("tag-key", ""), call.query.get("tag-value")
    if not key:
        return True
    kept = call.store.configurations.find(bucket.name, "tagging")
    tags = parse(kept.encode(), "Tagging").iter("Tag") if kept else ()
    return any(tag.findtext("Key") == key and value in (None, tag.findtext("Value")) for tag in tags)


def _bucket(call: Call, bucket: Bucket) -> list[tuple[str, Content]]:
    return [
        ("Name", bucket.name),
        ("Location", f"oss-{bucket.region}"),
        ("Region", bucket.region),
        ("CreationDate", iso_time(bucket.created)),
        ("ExtranetEndpoint", call.endpoint()),
        ("IntranetEndpoint", call.endpoint(internal=True)),
        ("StorageClass", bucket.storage_class),
    ]
