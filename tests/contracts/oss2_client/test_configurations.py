"""The configurations of buckets, through oss2."""

from __future__ import annotations

import datetime
import json
from typing import Any

import oss2
import pytest
from oss2.models import (
    BucketCors,
    BucketLifecycle,
    BucketLogging,
    BucketReferer,
    BucketTlsVersion,
    BucketUserQos,
    BucketWebsite,
    Condition,
    CorsRule,
    LifecycleExpiration,
    LifecycleRule,
    NoncurrentVersionStorageTransition,
    Redirect,
    RoutingRule,
    ServerSideEncryptionRule,
    StorageTransition,
    Tagging,
    TaggingRule,
)

from tests.emulators.oss.oss2_clients import Oss2Clients


def test_documents_of_a_bucket_are_kept_and_forgotten(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchCors):
        bucket.get_bucket_cors()
    bucket.put_bucket_cors(BucketCors([CorsRule(allowed_origins=["*"], allowed_methods=["GET", "PUT"])]))
    (rule,) = bucket.get_bucket_cors().rules
    assert (rule.allowed_origins, rule.allowed_methods) == (["*"], ["GET", "PUT"])
    assert bucket.delete_bucket_cors().status == 204
    with pytest.raises(oss2.exceptions.NoSuchCors):
        bucket.get_bucket_cors()

    bucket.put_bucket_website(BucketWebsite("index.html", "error.html"))
    assert bucket.get_bucket_website().index_file == "index.html"
    bucket.delete_bucket_website()
    with pytest.raises(oss2.exceptions.NoSuchWebsite):
        bucket.get_bucket_website()

    policy = {"Version": "1", "Statement": [{"Effect": "Allow"}]}
    with pytest.raises(oss2.exceptions.NoSuchBucketPolicy):
        bucket.get_bucket_policy()
    bucket.put_bucket_policy(json.dumps(policy))
    assert json.loads(bucket.get_bucket_policy().policy) == policy
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_policy("[1")
    bucket.delete_bucket_policy()

    tags = TaggingRule()
    tags.add("团队", "a+b")
    bucket.put_bucket_tagging(Tagging(tags))
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {"团队": "a+b"}
    bucket.delete_bucket_tagging()
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {}


def test_documents_that_are_never_missing_begin_with_a_default(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_logging().target_bucket == ""
    bucket.put_bucket_logging(BucketLogging(bucket.bucket_name, "logs/"))
    assert bucket.get_bucket_logging().target_prefix == "logs/"
    assert bucket.get_bucket_referer().allow_empty_referer
    bucket.put_bucket_referer(BucketReferer(False, ["http://a.example"]))
    assert bucket.get_bucket_referer().referers == ["http://a.example"]
    assert bucket.get_bucket_request_payment().payer == "BucketOwner"
    bucket.put_bucket_request_payment("Requester")
    assert bucket.get_bucket_request_payment().payer == "Requester"
    assert bucket.get_bucket_storage_capacity().storage_capacity == -1
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.set_bucket_storage_capacity(BucketUserQos(-2))
    bucket.put_bucket_access_monitor("Enabled")
    assert bucket.get_bucket_info().access_monitor == "Enabled"
    bucket.put_bucket_https_config(BucketTlsVersion(True, ["TLSv1.2", "TLSv1.2", "TLSv1.3"]))
    assert sorted(bucket.get_bucket_https_config().tls_version) == ["TLSv1.2", "TLSv1.3"]
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.put_bucket_https_config(BucketTlsVersion(True, ["SSLv3"]))
    assert error.value.code == "MalformedXML"


def test_a_lifecycle_has_to_make_sense(bucket: oss2.Bucket) -> None:
    def rule(expires: int, **more: Any) -> BucketLifecycle:
        expiration = LifecycleExpiration(days=expires)
        return BucketLifecycle([LifecycleRule("old", "logs/", expiration=expiration, **more)])

    bucket.put_bucket_lifecycle(rule(30, storage_transitions=[StorageTransition(days=7, storage_class="IA")]))
    (kept,) = bucket.get_bucket_lifecycle().rules
    assert (kept.prefix, kept.expiration.days, kept.storage_transitions[0].days) == ("logs/", 30, 7)
    late = StorageTransition(days=60, storage_class="IA")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_lifecycle(rule(30, storage_transitions=[late]))
    with pytest.raises(oss2.exceptions.MalformedXml):
        bucket.put_bucket_lifecycle("<LifecycleConfiguration><Rule></LifecycleConfiguration>")
    bucket.delete_bucket_lifecycle()
    with pytest.raises(oss2.exceptions.NoSuchLifecycle):
        bucket.get_bucket_lifecycle()


def test_an_access_monitor_tells_when_an_object_was_last_used(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    assert "x-oss-last-access-time" not in bucket.get_object_meta("a").headers
    bucket.put_bucket_access_monitor("Enabled")
    assert bucket.get_object_meta("a").headers["x-oss-last-access-time"]


def test_buckets_are_found_by_a_tag_and_lose_single_tags(service: oss2.Service, clients: Oss2Clients) -> None:
    tagged = clients.bucket()
    clients.bucket()
    rule = TaggingRule()
    rule.add("team-of-this-test", "photos")
    rule.add("b", "2")
    tagged.put_bucket_tagging(Tagging(rule))

    def found(**query: str) -> list[str]:
        return [one.name for one in service.list_buckets(max_keys=1000, params=query).buckets]

    assert found(**{"tag-key": "team-of-this-test", "tag-value": "photos"}) == [tagged.bucket_name]
    assert found(**{"tag-key": "team-of-this-test"}) == [tagged.bucket_name]
    assert found(**{"tag-key": "team-of-this-test", "tag-value": "other"}) == []
    assert service.list_buckets(max_keys=1).buckets[0].resource_group_id
    assert len(found(regionList="")) > 1
    tagged.delete_bucket_tagging(params={"tagging": "b,none"})
    assert tagged.get_bucket_tagging().tag_set.tagging_rule == {"team-of-this-test": "photos"}


def test_configurations_come_back_as_oss_writes_them(bucket: oss2.Bucket) -> None:
    bucket.put_bucket_cors(BucketCors([CorsRule(allowed_origins=["*"], allowed_methods=["GET"])]))
    assert bucket.get_bucket_cors().response_vary is False
    bucket.put_bucket_referer(BucketReferer(True, ["http://a.example"]))
    assert bucket.get_bucket_referer().allow_truncate_query_string is True
    bucket.put_bucket_encryption(ServerSideEncryptionRule("SM4", None, "SM4"))
    assert bucket.get_bucket_encryption().kms_data_encryption is None
    bucket.put_bucket_public_access_block(True)
    assert bucket.get_bucket_public_access_block().block_public_access is True
    mirror = Redirect(
        redirect_type="Mirror",
        mirror_url="http://a.example/",
        pass_query_string=False,
        mirror_pass_query_string=True,
        mirror_follow_redirect=True,
        mirror_check_md5=False,
    )
    condition = Condition(key_prefix_equals="a", http_err_code_return_equals=404)
    bucket.put_bucket_website(BucketWebsite("index.html", "error.html", [RoutingRule(1, condition, mirror)]))
    kept = bucket.get_bucket_website().rules[0].redirect
    assert (kept.pass_query_string, kept.mirror_check_md5, kept.mirror_follow_redirect) == (True, False, True)


@pytest.mark.parametrize(
    ("transitions", "expires", "code"),
    [
        ([(5, "IA"), (2, "Archive")], {"days": 6}, "InvalidArgument"),
        ([(7, "IA")], {"days": 6}, "InvalidArgument"),
        ([(5, "Standard")], {"days": 6}, "InvalidArgument"),
        ([(5, "IA")], {"created_before_date": datetime.date(2026, 1, 1)}, "InvalidRequest"),
    ],
)
def test_a_lifecycle_keeps_to_its_order(
    bucket: oss2.Bucket, transitions: list[tuple[int, str]], expires: dict[str, Any], code: str
) -> None:
    rule = LifecycleRule("r", "a/", expiration=LifecycleExpiration(**expires))
    rule.storage_transitions = [StorageTransition(days=days, storage_class=to) for days, to in transitions]
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
    assert (error.value.status, error.value.code) == (400, code)


def test_a_lifecycle_of_old_versions_and_tags_is_checked_too(bucket: oss2.Bucket) -> None:
    rule = LifecycleRule("r", "a/", expiration=LifecycleExpiration(expired_detete_marker=True))
    rule.noncurrent_version_sotrage_transitions = [
        NoncurrentVersionStorageTransition(20, "IA"),
        NoncurrentVersionStorageTransition(12, "Archive"),
    ]
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
    rule.noncurrent_version_sotrage_transitions.reverse()
    rule.noncurrent_version_sotrage_transitions[0].noncurrent_days = 21
    bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
    kept = bucket.get_bucket_lifecycle().rules[0]
    assert kept.expiration.expired_detete_marker is True
    tags = TaggingRule()
    tags.add("%&", "test")
    rule.tagging = Tagging(tags)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_lifecycle(BucketLifecycle([rule]))


def test_the_documents_of_a_deleted_bucket_do_not_come_back_with_its_name(clients: Oss2Clients) -> None:
    bucket = clients.bucket()
    bucket.put_bucket_policy("{}")
    bucket.delete_bucket()
    bucket.create_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucketPolicy):
        bucket.get_bucket_policy()
