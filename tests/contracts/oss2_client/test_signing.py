"""Signatures that oss2 makes: in headers and in URLs, of every version, with and without a token."""

from __future__ import annotations

from pathlib import Path

import oss2
import pytest
import requests
from oss2.credentials import StaticCredentialsProvider
from oss2.models import PartInfo
from oss2.utils import content_md5

from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import KEY_ID, SECRET, LocalOss

KEY = "签名/a b+c&d=e?f%.jpg"
KINDS = [
    *("Auth", "AuthV2", "AuthV4"),
    *("ProviderAuth", "ProviderAuthV2", "ProviderAuthV4"),
    *("StsAuth", "StsAuth V2", "StsAuth V4"),
]


def _auth(oss: LocalOss, kind: str) -> object:
    token = oss.keys.issue_sts(900)
    temporary = (token.access_key_id, token.access_key_secret, token.security_token)
    match kind:
        case "Auth":
            return oss2.Auth(KEY_ID, SECRET)
        case "AuthV2":
            return oss2.AuthV2(KEY_ID, SECRET)
        case "AuthV4":
            return oss2.AuthV4(KEY_ID, SECRET)
        case "ProviderAuth":
            return oss2.ProviderAuth(StaticCredentialsProvider(*temporary))
        case "ProviderAuthV2":
            return oss2.ProviderAuthV2(StaticCredentialsProvider(*temporary))
        case "ProviderAuthV4":
            return oss2.ProviderAuthV4(StaticCredentialsProvider(KEY_ID, SECRET))
        case "StsAuth":
            return oss2.StsAuth(*temporary)
        case _:
            return oss2.StsAuth(*temporary, auth_version=kind.removeprefix("StsAuth ").lower())


@pytest.mark.parametrize("kind", KINDS)
def test_signed_headers_are_understood_for_every_kind_of_request(
    oss: LocalOss, clients: Oss2Clients, kind: str
) -> None:
    bucket = clients.bucket(auth=_auth(oss, kind))
    bucket.put_object(KEY, b"x", headers={"x-oss-meta-a": "b  c", "Content-MD5": content_md5(b"x")})
    assert bucket.get_object(KEY, params={"response-content-type": "a/b; c=d"}).read() == b"x"
    assert bucket.list_objects(prefix="签名/", delimiter="&").prefix_list == ["签名/a b+c&"]
    page = bucket.list_objects_v2(max_keys=1)
    assert bucket.list_objects_v2(continuation_token=page.next_continuation_token).object_list
    assert bucket.batch_delete_objects([KEY]).deleted_keys == [KEY]
    upload = bucket.init_multipart_upload(KEY).upload_id
    bucket.upload_part(KEY, upload, 1, b"x")
    assert len(bucket.list_parts(KEY, upload).parts) == 1
    bucket.abort_multipart_upload(KEY, upload)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slash_safe", [False, True])
def test_signed_urls_read_and_write(oss: LocalOss, clients: Oss2Clients, kind: str, slash_safe: bool) -> None:
    bucket = clients.bucket(auth=_auth(oss, kind))
    headers = {"Content-Type": "image/jpeg", "x-oss-meta-a": "1"}
    url = bucket.sign_url("PUT", KEY, 60, headers=headers, slash_safe=slash_safe)
    assert requests.put(url, b"content", headers=headers, timeout=10).status_code == 200
    url = bucket.sign_url("GET", KEY, 60, slash_safe=slash_safe)
    got = requests.get(url, timeout=10)
    assert (got.content, got.headers["Content-Type"], got.headers["x-oss-meta-a"]) == (
        b"content",
        "image/jpeg",
        "1",
    )
    url = bucket.sign_url("GET", KEY, 60, params={"response-content-type": "text/x"})
    assert requests.get(url, timeout=10).headers["Content-Type"] == "text/x"
    assert requests.head(bucket.sign_url("HEAD", KEY, 60), timeout=10).headers["Content-Length"] == "7"
    assert requests.delete(bucket.sign_url("DELETE", KEY, 60), timeout=10).status_code == 204


@pytest.mark.parametrize("auth", [oss2.Auth, oss2.AuthV2, oss2.AuthV4])
def test_a_signed_url_is_good_for_what_was_signed_alone(clients: Oss2Clients, auth: type) -> None:
    bucket = clients.bucket(auth=auth(KEY_ID, SECRET))
    bucket.put_object("a", b"content")
    url = bucket.sign_url("PUT", "a", 60)
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch) as error:
        bucket.put_object_with_url(url, b"x", headers={"Content-Type": "image/jpeg"})
    assert error.value.details["OSSAccessKeyId"] == KEY_ID
    for wrong in (url.replace("/a?", "/b?"), url + "&versionId=null"):
        assert requests.put(wrong, b"x", timeout=10).status_code == 403
    assert requests.get(url, timeout=10).status_code == 403
    assert bucket.get_object("a").read() == b"content"


def test_a_signed_url_takes_a_range_that_was_not_signed(bucket: oss2.Bucket, tmp_path: Path) -> None:
    bucket.put_object("a", b"0123456789")
    url = bucket.sign_url("GET", "a", 60)
    part = bucket.get_object_with_url(url, byte_range=(5, 9))
    assert (part.status, part.read()) == (206, b"56789")
    bucket.get_object_with_url_to_file(url, str(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == b"0123456789"
    source = tmp_path / "b"
    source.write_bytes(b"from file")
    headers = {"Content-Type": "text/plain"}
    url = bucket.sign_url("PUT", "b", 60, headers=headers)
    bucket.put_object_with_url_from_file(url, str(source), headers=headers)
    assert bucket.get_object("b").read() == b"from file"


@pytest.mark.parametrize("auth", [oss2.AuthV2, oss2.AuthV4])
def test_additional_headers_are_signed(clients: Oss2Clients, auth: type) -> None:
    bucket = clients.bucket(auth=auth(KEY_ID, SECRET))
    headers = {"x-extra": "1", "range": "bytes=0-0"}
    bucket.put_object("a", b"0123456789")
    url = bucket.sign_url("GET", "a", 60, headers=headers, additional_headers=["range", "x-extra"])
    assert requests.get(url, headers=headers, timeout=10).content == b"0"
    assert requests.get(url, headers={**headers, "x-extra": "2"}, timeout=10).status_code == 403
    assert requests.get(url, headers={"x-extra": "1"}, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("auth", "ec"),
    [(oss2.Auth, "0002-00000069"), (oss2.AuthV2, None), (oss2.AuthV4, "0002-00000236")],
)
def test_a_signed_url_expires(oss: LocalOss, clients: Oss2Clients, auth: type, ec: str | None) -> None:
    bucket = clients.bucket(auth=auth(KEY_ID, SECRET))
    bucket.put_object("a", b"x")
    url = bucket.sign_url("GET", "a", 60)
    oss.clock.advance(58)
    assert requests.get(url, timeout=10).status_code == 200
    oss.clock.advance(4)
    late = requests.get(url, timeout=10)
    assert (late.status_code, late.headers.get("x-oss-ec")) == (403, ec)
    assert "Request has expired." in late.text


def test_version_4_urls_live_seven_days_at_most_and_version_1_urls_as_long_as_they_say(
    clients: Oss2Clients,
) -> None:
    bucket = clients.bucket()
    bucket.put_object("a", b"x")
    week = 7 * 24 * 3600
    assert requests.get(bucket.sign_url("GET", "a", week), timeout=10).status_code == 200
    long = requests.get(bucket.sign_url("GET", "a", week + 1), timeout=10)
    assert (long.status_code, long.headers["x-oss-ec"]) == (400, "0002-00000232")
    older = clients.bucket(bucket.bucket_name, oss2.Auth(KEY_ID, SECRET))
    assert requests.get(older.sign_url("GET", "a", 10**9), timeout=10).status_code == 200


@pytest.mark.parametrize("version", ["v1", "v2", "v4"])
def test_a_signed_url_ends_with_its_token(oss: LocalOss, clients: Oss2Clients, version: str) -> None:
    token = oss.keys.issue_sts(900)
    auth = oss2.StsAuth(
        token.access_key_id, token.access_key_secret, token.security_token, auth_version=version
    )
    bucket = clients.bucket(auth=auth)
    bucket.put_object("a", b"x")
    url = bucket.sign_url("GET", "a", 3600)
    assert requests.get(url, timeout=10).status_code == 200
    oss.clock.advance(901)
    late = requests.get(url, timeout=10)
    assert (late.status_code, late.headers["x-oss-ec"]) == (403, "0002-00000007")


@pytest.mark.parametrize("auth", [oss2.Auth, oss2.AuthV2, oss2.AuthV4])
def test_wrong_keys_secrets_clocks_and_regions_are_told_apart(
    oss: LocalOss, clients: Oss2Clients, auth: type
) -> None:
    name = oss.new_bucket()
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch) as error:
        clients.bucket(name, auth(KEY_ID, "wrong")).get_object("a")
    assert SECRET not in str(error.value)
    with pytest.raises(oss2.exceptions.ServerError) as unknown:
        clients.bucket(name, auth("LTAIunknown", SECRET)).get_object("a")
    assert (unknown.value.code, unknown.value.details["OSSAccessKeyId"]) == (
        "InvalidAccessKeyId",
        "LTAIunknown",
    )
    oss.clock.advance(16 * 60)
    with pytest.raises(oss2.exceptions.ServerError) as skewed:
        clients.bucket(name, auth(KEY_ID, SECRET)).get_object("a")
    assert (skewed.value.status, skewed.value.code) == (403, "RequestTimeTooSkewed")


def test_version_2_signs_the_range_of_its_own_accord(clients: Oss2Clients) -> None:
    bucket = clients.bucket(auth=oss2.AuthV2(KEY_ID, SECRET))
    bucket.put_object("a", b"0123456789")
    assert bucket.get_object("a", byte_range=(2, 4)).read() == b"234"


def test_version_4_is_bound_to_the_region(clients: Oss2Clients) -> None:
    bucket = clients.bucket()
    with pytest.raises(oss2.exceptions.InvalidArgument) as error:
        clients.bucket(bucket.bucket_name, region="cn-hangzhou").list_objects()
    assert "Invalid signing region in Authorization header." in error.value.message


def test_a_version_1_signature_covers_headers_of_which_one_name_begins_with_another(
    clients: Oss2Clients,
) -> None:
    bucket = clients.bucket(auth=oss2.Auth(KEY_ID, SECRET))
    bucket.put_object("source", b"s" * 200)
    upload = bucket.init_multipart_upload("target").upload_id
    part = bucket.upload_part_copy(bucket.bucket_name, "source", (0, 99), "target", upload, 1)
    bucket.complete_multipart_upload("target", upload, [PartInfo(1, part.etag)])
    assert bucket.get_object("target").read() == b"s" * 100
    headers = {"x-oss-tagging": "a=1", "x-oss-tagging-directive": "REPLACE"}
    bucket.copy_object(bucket.bucket_name, "source", "copy", headers=headers)
    assert bucket.get_object_tagging("copy").tag_set.tagging_rule == {"a": "1"}


def test_a_signature_of_another_region_is_named_even_where_there_is_no_body(clients: Oss2Clients) -> None:
    elsewhere = clients.bucket(region="cn-hangzhou")
    with pytest.raises(oss2.exceptions.OssError) as error:
        elsewhere.head_object("a")
    assert (error.value.code, error.value.ec) == ("InvalidArgument", "0002-00000226")
    assert error.value.message == "Invalid signing region in Authorization header."
    for url in (elsewhere.sign_url("GET", "a", 60), clients.bucket(region=None).sign_url("GET", "a", 60)):
        with pytest.raises(oss2.exceptions.InvalidArgument) as refused:
            elsewhere.get_object_with_url(url)
        assert refused.value.message == "The signing region in credential is invalid."
