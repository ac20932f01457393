"""Signatures and signed URLs of alibabacloud-oss-v2."""

from __future__ import annotations

import datetime

import alibabacloud_oss_v2 as oss
import pytest
import requests

from tests.contracts.oss_v2_client.clients import Clients, refused
from tests.emulators.oss.support import LocalOss

KEY = "签名/a b+c&d=e?f%.jpg"
SIGNATURES = pytest.mark.parametrize("signature", ["v1", "v4"])


def _temporary(clients: Clients, signature: str) -> oss.Client:
    token = clients.running.keys.issue_sts(900)
    return clients(
        key_id=token.access_key_id,
        secret=token.access_key_secret,
        token=token.security_token,
        signature=signature,
    )


@SIGNATURES
@pytest.mark.parametrize("temporary", [False, True])
def test_signed_headers_are_understood(
    clients: Clients, bucket: str, signature: str, temporary: bool
) -> None:
    client = _temporary(clients, signature) if temporary else clients(signature=signature)
    client.put_object(oss.PutObjectRequest(bucket=bucket, key=KEY, body=b"x", metadata={"a": "b  c"}))
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key=KEY, response_content_type="a/b; c=d"))
    assert (got.body.content, got.content_type) == (b"x", "a/b; c=d")
    listed = client.list_objects_v2(oss.ListObjectsV2Request(bucket=bucket, prefix="签名/", delimiter="&"))
    assert [one.prefix for one in listed.common_prefixes] == ["签名/a b+c&"]


@SIGNATURES
@pytest.mark.parametrize("temporary", [False, True])
def test_presigned_urls_read_and_write_with_their_signed_headers(
    clients: Clients, bucket: str, signature: str, temporary: bool
) -> None:
    client = _temporary(clients, signature) if temporary else clients(signature=signature)
    put = client.presign(
        oss.PutObjectRequest(bucket=bucket, key=KEY, content_type="text/txt", metadata={"a": "1"})
    )
    assert (put.method, put.expiration is not None) == ("PUT", True)
    assert requests.put(put.url, b"content", timeout=10).status_code == 403
    assert requests.put(put.url, b"content", headers=put.signed_headers, timeout=10).status_code == 200
    get = client.presign(oss.GetObjectRequest(bucket=bucket, key=KEY))
    got = requests.get(get.url, timeout=10)
    assert (got.content, got.headers["Content-Type"], got.headers["x-oss-meta-a"]) == (
        b"content",
        "text/txt",
        "1",
    )
    head = client.presign(oss.HeadObjectRequest(bucket=bucket, key=KEY))
    assert requests.head(head.url, timeout=10).headers["Content-Length"] == "7"


@SIGNATURES
def test_a_multipart_upload_is_made_through_presigned_urls(
    clients: Clients, bucket: str, signature: str
) -> None:
    client = clients(signature=signature)
    begin = client.presign(oss.InitiateMultipartUploadRequest(bucket=bucket, key=KEY))
    started = oss.InitiateMultipartUploadResult()
    oss.serde.deserialize_xml(xml_data=requests.post(begin.url, timeout=10).content, obj=started)
    assert (started.bucket, started.key) == (bucket, KEY)
    for number in (1, 2):
        part = client.presign(
            oss.UploadPartRequest(bucket=bucket, key=KEY, upload_id=started.upload_id, part_number=number)
        )
        sent = requests.put(part.url, b"x" * 100 * 1024, headers=part.signed_headers, timeout=10)
        assert sent.status_code == 200
    finish = client.presign(
        oss.CompleteMultipartUploadRequest(
            bucket=bucket, key=KEY, upload_id=started.upload_id, complete_all="yes"
        )
    )
    assert requests.post(finish.url, headers=finish.signed_headers, timeout=10).status_code == 200
    head = client.head_object(oss.HeadObjectRequest(bucket=bucket, key=KEY))
    assert head.content_length == 200 * 1024
    again = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=bucket, key=KEY))
    drop = client.presign(oss.AbortMultipartUploadRequest(bucket=bucket, key=KEY, upload_id=again.upload_id))
    assert requests.delete(drop.url, timeout=10).status_code == 204


@SIGNATURES
def test_a_presigned_url_expires(clients: Clients, running: LocalOss, bucket: str, signature: str) -> None:
    client = clients(signature=signature)
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=b"x"))
    signed = client.presign(
        oss.GetObjectRequest(bucket=bucket, key="a"), expires=datetime.timedelta(minutes=1)
    )
    assert requests.get(signed.url, timeout=10).status_code == 200
    running.clock.advance(62)
    late = requests.get(signed.url, timeout=10)
    assert (late.status_code, "Request has expired." in late.text) == (403, True)


def test_a_presigned_url_of_version_4_is_refused_beyond_seven_days(client: oss.Client, bucket: str) -> None:
    with pytest.raises(oss.exceptions.PresignExpirationError):
        client.presign(oss.GetObjectRequest(bucket=bucket, key="a"), expires=datetime.timedelta(days=8))


def test_additional_headers_are_signed(clients: Clients, bucket: str) -> None:
    client = clients(additional_headers=["x-extra", "range"])
    client.put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=b"0123", headers={"x-extra": "1"}))
    got = client.get_object(oss.GetObjectRequest(bucket=bucket, key="a", range_header="bytes=1-2"))
    assert got.body.content == b"12"


@SIGNATURES
def test_wrong_keys_and_secrets_are_told_apart(clients: Clients, bucket: str, signature: str) -> None:
    request = oss.GetObjectRequest(bucket=bucket, key="a")
    error = refused(lambda: clients(secret="wrong", signature=signature).get_object(request))
    assert (error.status_code, error.code) == (403, "SignatureDoesNotMatch")
    error = refused(lambda: clients(key_id="LTAIstranger", signature=signature).get_object(request))
    assert (error.status_code, error.code) == (403, "InvalidAccessKeyId")


def test_a_clock_that_is_wrong_is_told(clients: Clients, running: LocalOss, bucket: str) -> None:
    running.clock.advance(20 * 60)
    error = refused(lambda: clients().get_object(oss.GetObjectRequest(bucket=bucket, key="a")))
    assert (error.status_code, error.code) == (403, "RequestTimeTooSkewed")


def test_an_anonymous_client_reads_what_is_public(clients: Clients, bucket: str) -> None:
    clients().put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=b"x", acl="public-read"))
    clients().put_object(oss.PutObjectRequest(bucket=bucket, key="b", body=b"x"))
    anybody = clients(credentials_provider=oss.credentials.AnonymousCredentialsProvider())
    assert anybody.get_object(oss.GetObjectRequest(bucket=bucket, key="a")).body.content == b"x"
    error = refused(lambda: anybody.get_object(oss.GetObjectRequest(bucket=bucket, key="b")))
    assert (error.code, error.ec) == ("AccessDenied", "0003-00000001")
