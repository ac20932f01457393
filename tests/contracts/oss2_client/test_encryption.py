"""Server-side encryption of buckets and objects, through oss2."""

from __future__ import annotations

from collections.abc import Mapping

import oss2
import pytest
from oss2.models import (
    PartInfo,
    ServerSideEncryptionRule,
)

from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import LocalOss


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
    bucket: oss2.Bucket, oss: LocalOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oss.behaviour, "decrypts_with_kms", True)
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


def test_a_bucket_may_be_made_with_its_encryption(clients: Oss2Clients, oss: LocalOss) -> None:
    bucket = clients.bucket(oss.new_name())
    with pytest.raises(oss2.exceptions.InvalidEncryptionAlgorithmError):
        bucket.create_bucket(headers={"x-oss-server-side-encryption": "ROT13"})
    asked = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-data-encryption": "SM4"}
    bucket.create_bucket(headers=asked)
    rule = bucket.get_bucket_info().bucket_encryption_rule
    assert (rule.sse_algorithm, rule.kms_master_keyid, rule.kms_data_encryption) == ("KMS", None, "SM4")


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


def test_an_object_under_kms_names_its_key(bucket: oss2.Bucket) -> None:
    headers = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-data-encryption": "SM4"}
    written = bucket.put_object("secret", b"x", headers=headers)
    assert written.headers["x-oss-server-side-encryption-key-id"]
    assert bucket.head_object("secret").headers["x-oss-server-side-data-encryption"] == "SM4"
    plain = bucket.put_object("plain", b"x", headers={"x-oss-server-side-encryption": "AES256"})
    assert "x-oss-server-side-encryption-key-id" not in plain.headers
