"""What the client's own tests do that no other promise here speaks of."""

from __future__ import annotations

import datetime
import json
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from tests.contracts.oss2_client.conftest import BucketMaker
from tests.contracts.oss2_client.running import KEY_ID, SECRET, RunningOss

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oss2
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
        PartInfo,
        Redirect,
        RestoreConfiguration,
        RestoreJobParameters,
        RoutingRule,
        ServerSideEncryptionRule,
        StorageTransition,
        Tagging,
        TaggingRule,
    )


def test_a_version_1_signature_covers_headers_of_which_one_name_begins_with_another(
    open_bucket: BucketMaker,
) -> None:
    bucket = open_bucket(auth=oss2.Auth(KEY_ID, SECRET))
    bucket.put_object("source", b"s" * 200)
    upload = bucket.init_multipart_upload("target").upload_id
    part = bucket.upload_part_copy(bucket.bucket_name, "source", (0, 99), "target", upload, 1)
    bucket.complete_multipart_upload("target", upload, [PartInfo(1, part.etag)])
    assert bucket.get_object("target").read() == b"s" * 100
    headers = {"x-oss-tagging": "a=1", "x-oss-tagging-directive": "REPLACE"}
    bucket.copy_object(bucket.bucket_name, "source", "copy", headers=headers)
    assert bucket.get_object_tagging("copy").tag_set.tagging_rule == {"a": "1"}


def test_a_bucket_without_live_channels_lists_none(bucket: oss2.Bucket) -> None:
    assert list(oss2.LiveChannelIterator(bucket)) == []
    page = bucket.list_live_channel(prefix="a", max_keys=7)
    assert (page.prefix, page.max_keys, page.is_truncated, page.channels) == ("a", 7, False, [])


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


def test_a_bucket_encrypts_what_does_not_say_how_itself(bucket: oss2.Bucket) -> None:
    bucket.put_object("source", b"x")
    bucket.put_bucket_encryption(ServerSideEncryptionRule("KMS", "a-key", "SM4"))

    def told(headers: Mapping[str, str]) -> tuple[str | None, ...]:
        name = "x-oss-server-side-encryption"
        return (headers.get(name), headers.get(f"{name}-key-id"))

    asked = {"x-oss-server-side-encryption": "AES256"}
    assert told(bucket.put_object("put", b"x").headers) == ("KMS", "a-key")
    assert told(bucket.put_object("asked", b"x", headers=asked).headers) == ("AES256", None)
    bucket.append_object("appended", 0, b"x")
    bucket.copy_object(bucket.bucket_name, "source", "copied")
    upload = bucket.init_multipart_upload("parts").upload_id
    part = bucket.upload_part("parts", upload, 1, b"x")
    bucket.complete_multipart_upload("parts", upload, [oss2.models.PartInfo(1, part.etag)])
    for key in ("put", "appended", "copied", "parts"):
        head = bucket.head_object(key)
        assert told(head.headers) == ("KMS", "a-key"), key
        assert head.headers["x-oss-server-side-data-encryption"] == "SM4"
    assert told(bucket.head_object("source").headers) == (None, None)
    bucket.delete_bucket_encryption()
    assert told(bucket.put_object("put", b"x").headers) == (None, None)


def test_the_parts_of_an_upload_are_encrypted_as_it_was_begun_and_copies_as_they_say(
    bucket: oss2.Bucket,
) -> None:
    name = "x-oss-server-side-encryption"
    asked = {name: "KMS", "x-oss-server-side-data-encryption": "SM4"}
    begun = bucket.init_multipart_upload("parts", headers=asked)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.upload_part("parts", begun.upload_id, 1, b"x", headers=asked)
    part = bucket.upload_part("parts", begun.upload_id, 1, b"x")
    parts = [PartInfo(1, part.etag)]
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.complete_multipart_upload("parts", begun.upload_id, parts, headers=asked)
    done = bucket.complete_multipart_upload("parts", begun.upload_id, parts)
    for told in (begun, part, done, bucket.head_object("parts")):
        assert (told.headers[name], told.headers["x-oss-server-side-data-encryption"]) == ("KMS", "SM4")
    bucket.copy_object(bucket.bucket_name, "parts", "copy")
    assert name not in bucket.head_object("copy").headers


def test_a_bucket_may_be_made_with_its_encryption(open_bucket: BucketMaker, oss: RunningOss) -> None:
    bucket = open_bucket(oss.new_name())
    with pytest.raises(oss2.exceptions.InvalidEncryptionAlgorithmError):
        bucket.create_bucket(headers={"x-oss-server-side-encryption": "ROT13"})
    asked = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-data-encryption": "SM4"}
    bucket.create_bucket(headers=asked)
    rule = bucket.get_bucket_info().bucket_encryption_rule
    assert (rule.sse_algorithm, rule.kms_master_keyid, rule.kms_data_encryption) == ("KMS", None, "SM4")


def test_texts_are_compressed_for_those_who_take_it(bucket: oss2.Bucket) -> None:
    text = "照片 ".encode() * 20_000
    bucket.put_object("a.txt", text)
    bucket.put_object("a.jpg", text)
    bucket.put_object("short.txt", b"a" * 1023)
    got = bucket.get_object("a.txt", headers={"Accept-Encoding": "gzip"})
    assert (got.content_length, got.headers["Content-Encoding"]) == (None, "gzip")
    assert got.headers["Transfer-Encoding"] == "chunked"
    assert got.read() == text
    for key, options in (
        ("a.txt", {"byte_range": (0, 4999)}),
        ("a.jpg", {}),
        ("short.txt", {}),
        ("a.txt", {}),
    ):
        headers = {"Accept-Encoding": "gzip" if key != "a.txt" or options else "identity"}
        plain = bucket.get_object(key, headers=headers, **options)
        assert "Content-Encoding" not in plain.headers, key
        assert len(plain.read()) == plain.content_length


def test_an_access_monitor_tells_when_an_object_was_last_used(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x")
    assert "x-oss-last-access-time" not in bucket.get_object_meta("a").headers
    bucket.put_bucket_access_monitor("Enabled")
    assert bucket.get_object_meta("a").headers["x-oss-last-access-time"]


def test_buckets_are_found_by_a_tag_and_lose_single_tags(
    service: oss2.Service, open_bucket: BucketMaker
) -> None:
    tagged = open_bucket()
    open_bucket()
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


def test_a_buckets_encryption_is_checked_and_told_with_the_bucket(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchServerSideEncryptionRule):
        bucket.get_bucket_encryption()
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_encryption(ServerSideEncryptionRule("AES256", "a-key"))
    with pytest.raises(oss2.exceptions.InvalidEncryptionAlgorithmError):
        bucket.put_bucket_encryption(ServerSideEncryptionRule("ROT13"))
    bucket.put_bucket_encryption(ServerSideEncryptionRule("KMS", "a-key"))
    told = bucket.get_bucket_info().bucket_encryption_rule
    assert (told.sse_algorithm, told.kms_master_keyid) == ("KMS", "a-key")
    bucket.delete_bucket_encryption()


def test_the_documents_of_a_deleted_bucket_do_not_come_back_with_its_name(open_bucket: BucketMaker) -> None:
    bucket = open_bucket()
    bucket.put_bucket_policy("{}")
    bucket.delete_bucket()
    bucket.create_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucketPolicy):
        bucket.get_bucket_policy()


def test_an_object_under_kms_names_its_key(bucket: oss2.Bucket) -> None:
    headers = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-data-encryption": "SM4"}
    written = bucket.put_object("secret", b"x", headers=headers)
    assert written.headers["x-oss-server-side-encryption-key-id"]
    assert bucket.head_object("secret").headers["x-oss-server-side-data-encryption"] == "SM4"
    plain = bucket.put_object("plain", b"x", headers={"x-oss-server-side-encryption": "AES256"})
    assert "x-oss-server-side-encryption-key-id" not in plain.headers


def test_a_listing_tells_which_objects_are_being_restored(bucket: oss2.Bucket) -> None:
    bucket.put_object("archived", b"x", headers={"x-oss-storage-class": "Archive"})
    bucket.restore_object("archived")
    for page in (bucket.list_objects(), bucket.list_objects_v2()):
        assert "ongoing-request=" in page.object_list[0].restore_info


def test_a_listing_refuses_names_that_no_object_can_have(bucket: oss2.Bucket) -> None:
    for call in (bucket.list_objects, bucket.list_objects_v2, bucket.list_object_versions):
        assert call(prefix="a" * 1024).is_truncated is False
        with pytest.raises(oss2.exceptions.InvalidArgument):
            call(prefix="a" * 1025)


def test_a_later_append_says_nothing_about_the_object(bucket: oss2.Bucket) -> None:
    first = bucket.append_object("log", 0, b"one", headers={"x-oss-tagging": "a=1"})
    too_many = "&".join(f"k{number}=v" for number in range(11))
    bucket.append_object("log", first.next_position, b"two", headers={"x-oss-tagging": too_many})
    assert bucket.get_object_tagging("log").tag_set.tagging_rule == {"a": "1"}
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.append_object("other", 0, b"one", headers={"x-oss-tagging": too_many})


def test_a_link_is_deleted_as_a_link_too(bucket: oss2.Bucket) -> None:
    bucket.put_object("target", b"x")
    bucket.put_symlink("target", "link")
    assert bucket.delete_object("link", params={"symlink": ""}).status == 204
    assert not bucket.object_exists("link")
    assert bucket.object_exists("target")


def test_a_signature_of_another_region_is_named_even_where_there_is_no_body(open_bucket: BucketMaker) -> None:
    elsewhere = open_bucket(region="cn-hangzhou")
    with pytest.raises(oss2.exceptions.OssError) as error:
        elsewhere.head_object("a")
    assert (error.value.code, error.value.ec) == ("InvalidArgument", "0002-00000226")
    assert error.value.message == "Invalid signing region in Authorization header."
    for url in (elsewhere.sign_url("GET", "a", 60), open_bucket(region=None).sign_url("GET", "a", 60)):
        with pytest.raises(oss2.exceptions.InvalidArgument) as refused:
            elsewhere.get_object_with_url(url)
        assert refused.value.message == "The signing region in credential is invalid."


def test_a_cold_object_is_restored_at_the_pace_that_was_asked_for(bucket: oss2.Bucket) -> None:
    def restore(key: str, tier: str) -> Any:
        config = RestoreConfiguration(days=2, job_parameters=RestoreJobParameters(tier))
        return bucket.restore_object(key, input=config)

    bucket.put_object("cold", b"x", headers={"x-oss-storage-class": "ColdArchive"})
    bucket.put_object("archived", b"x", headers={"x-oss-storage-class": "Archive"})
    with pytest.raises(oss2.exceptions.InvalidArgument):
        restore("cold", "at once")
    with pytest.raises(oss2.exceptions.MalformedXml):
        restore("archived", "Bulk")
    assert restore("cold", "Expedited").headers["x-oss-object-restore-priority"] == "Expedited"
