"""Upload callbacks through oss2: asked for in headers, in signed URLs and by policies of the bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import oss2
import pytest
import requests
from oss2.models import CallbackPolicyInfo

from aliyun_local.serving.wire import Response
from tests.emulators.oss.callback_server import CallbackServer, base64_json, callback_server
from tests.emulators.oss.pictures import picture

KEY = "回调/a b&c=d.txt"
UNREACHABLE = "Error status : -1.OSS can not connect to your callbackUrl, please check it."


@pytest.fixture(scope="module")
def module_server() -> Iterator[CallbackServer]:
    with callback_server() as server:
        yield server


@pytest.fixture
def server(module_server: CallbackServer) -> CallbackServer:
    module_server.reset()
    return module_server


def failure(result: oss2.models.PutObjectResult) -> tuple[int, str, str]:
    """Return the status, the message and the EC of an upload whose callback failed."""
    root = oss2.compat.to_bytes(result.resp.read()).decode()
    assert "<Code>CallbackFailed</Code>" in root
    message = root.partition("<Message>")[2].partition("</Message>")[0]
    return result.status, message, result.headers.get("x-oss-ec", "")


def test_an_upload_is_told_in_a_form_and_answered_with_the_reply(
    bucket: oss2.Bucket, server: CallbackServer
) -> None:
    names = "bucket object etag size mimeType crc64 contentMd5 clientIp reqId operation vpcId x:mine other"
    body = "&".join(f"{name}=${{{name}}}" for name in names.split())
    headers = {
        "x-oss-callback": server.parameter(body, callbackHost="told.example"),
        "x-oss-callback-var": base64_json({"x:mine": "a&b=值"}),
        "Content-Type": "text/x",
    }
    put = bucket.put_object(KEY, b"content", headers=headers)
    assert (put.status, json.loads(put.resp.read())) == (200, {"Status": "OK"})
    assert put.headers["Content-Type"] == "application/json"
    assert bucket.head_object(KEY).etag == put.etag
    (told,) = server.told
    assert (told.method, told.raw_path, told.raw_query, told.host) == (
        "POST",
        "/told",
        "by=oss",
        "told.example",
    )
    assert told.headers["content-type"] == "application/x-www-form-urlencoded"
    assert told.headers["x-oss-request-id"] == put.request_id
    assert told.headers["x-oss-bucket"] == bucket.bucket_name
    fields = {name: values[0] for name, values in parse_qs(told.body.decode()).items()}
    assert fields == {
        "bucket": bucket.bucket_name,
        "object": KEY,
        "etag": put.etag,
        "size": "7",
        "mimeType": "text/x",
        "crc64": str(put.crc),
        "contentMd5": put.headers["Content-MD5"],
        "clientIp": "127.0.0.1",
        "reqId": put.request_id,
        "operation": "PutObject",
        "x:mine": "a&b=值",
    }


def test_an_upload_is_told_in_json_with_what_a_picture_is(
    bucket: oss2.Bucket, server: CallbackServer
) -> None:
    image = picture((30, 20), "PNG")
    body = (
        '{"key": ${object}, "size": ${size}, "height": ${imageInfo.height}, "width": ${imageInfo.width},'
        ' "format": ${imageInfo.format}, "mine": ${x:mine}}'
    )
    headers = {
        "x-oss-callback": server.parameter(
            body, callbackBodyType="application/json", additionalHeaders={"X-Mine": "1"}
        ),
        "x-oss-callback-var": base64_json({"x:mine": 'a"b'}),
    }
    bucket.put_object(KEY, image, headers=headers)
    bucket.put_object(KEY, b"no picture", headers=headers)
    first, second = (json.loads(told.body) for told in server.told)
    assert (first["key"], first["size"], first["mine"]) == (KEY, len(image), 'a"b')
    assert (first["height"], first["width"], first["format"]) == (20, 30, "png")
    assert (second["height"], second["format"]) == ("", "")
    assert server.told[0].headers["content-type"] == "application/json"
    assert server.told[0].headers["x-mine"] == "1"


def test_a_completed_multipart_upload_is_told(bucket: oss2.Bucket, server: CallbackServer) -> None:
    upload = bucket.init_multipart_upload(KEY).upload_id
    part = bucket.upload_part(KEY, upload, 1, b"part")
    done = bucket.complete_multipart_upload(
        KEY,
        upload,
        [oss2.models.PartInfo(1, part.etag)],
        headers={"x-oss-callback": server.parameter("${operation} ${size} ${etag}")},
    )
    assert json.loads(done.resp.read()) == {"Status": "OK"}
    assert server.told[0].body.decode() == f"CompleteMultipartUpload 4 {done.etag}"


def test_a_signed_url_may_ask_for_the_call(bucket: oss2.Bucket, server: CallbackServer) -> None:
    params = {
        "callback": server.parameter("${object}+${x:mine}"),
        "callback-var": base64_json({"x:mine": "1"}),
    }
    for auth in (bucket.auth, oss2.Auth(*_keys(bucket)), oss2.AuthV2(*_keys(bucket))):
        signer = oss2.Bucket(auth, bucket.endpoint, bucket.bucket_name, region=bucket.region)
        url = signer.sign_url("PUT", "a", 60, params=dict(params))
        answer = requests.put(url, b"x", timeout=10)
        assert (answer.status_code, answer.json()) == (200, {"Status": "OK"})
    assert [told.body for told in server.told] == [b"a+1"] * 3


def _keys(bucket: oss2.Bucket) -> tuple[str, str]:
    credentials = bucket.auth.credentials_provider.get_credentials()
    return credentials.get_access_key_id(), credentials.get_access_key_secret()


@pytest.mark.parametrize(
    ("reply", "message", "ec"),
    [
        (Response(status=302, headers={"Location": "/"}), "Error status : 302.", "0007-00000203"),
        (Response(status=502), "Error status : 502.", "0007-00000203"),
        (Response(status=200, body=b"fine"), "Response body is not valid json format.", "0007-00000205"),
        (
            Response(status=200, body=b'"%s"' % (b"a" * 1024 * 1024)),
            "Error Status : 400.User server return too long content-length value.",
            "",
        ),
        (Response(status=0, dropped=True), UNREACHABLE, ""),
    ],
    ids=["redirect", "error", "no JSON", "too long", "hangs up"],
)
def test_an_upload_stays_when_the_server_takes_no_notice(
    bucket: oss2.Bucket, server: CallbackServer, reply: Response, message: str, ec: str
) -> None:
    server.reply = reply
    put = bucket.put_object("a", b"content", headers={"x-oss-callback": server.parameter("a=b")})
    assert failure(put) == (203, message, ec)
    assert put.etag
    assert bucket.get_object("a").read() == b"content"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://told.example/", "http://192.0.2.1", "10.0.0.1"]
)
def test_a_server_that_is_not_on_this_machine_is_not_called(bucket: oss2.Bucket, url: str) -> None:
    callback = base64_json({"callbackUrl": url, "callbackBody": "a"})
    put = bucket.put_object("a", b"content", headers={"x-oss-callback": callback})
    assert failure(put) == (203, UNREACHABLE, "")


def test_the_first_server_that_takes_it_is_the_last_that_is_called(
    bucket: oss2.Bucket, server: CallbackServer
) -> None:
    urls = ";".join(["http://127.0.0.1:9/", f"{server.url}/first", f"{server.url}/second"])
    callback = base64_json({"callbackUrl": urls, "callbackBody": "a"})
    assert bucket.put_object("a", b"content", headers={"x-oss-callback": callback}).status == 200
    assert [told.raw_path for told in server.told] == ["/first"]


@pytest.mark.parametrize(
    ("callback", "ec"),
    [
        ([], "0007-00000002"),
        ({"callbackUrl": "a.example:x", "callbackBody": "a"}, "0007-00000004"),
        ({"callbackUrl": "ftp://a.example", "callbackBody": "a"}, "0007-00000004"),
        ({"callbackUrl": ";".join(["http://a.example"] * 6), "callbackBody": "a"}, "0007-00000005"),
        ({"callbackUrl": "http://a.example", "callbackBody": ""}, "0007-00000011"),
        (
            {"callbackUrl": "a.example", "callbackBody": "a", "additionalHeaders": {"X-Oss-A": "1"}},
            "0007-00000026",
        ),
        ({"callbackUrl": "a.example", "callbackBody": "a", "callbackHost": "a\r\nb"}, ""),
        ({"callbackUrl": "a.example", "callbackBody": "a", "callbackBodyType": "text/html"}, ""),
        ({"callbackUrl": ["a.example"], "callbackBody": "a"}, ""),
        ({"callbackPolicy": "nothing"}, ""),
    ],
)
def test_a_callback_that_makes_no_sense_is_refused_before_anything_is_stored(
    bucket: oss2.Bucket, callback: object, ec: str
) -> None:
    assert_refused(bucket, base64_json(callback), ec)


def test_a_callback_that_is_not_base64_is_refused(bucket: oss2.Bucket) -> None:
    assert_refused(bucket, "x123-*&", "0007-00000002")


def assert_refused(bucket: oss2.Bucket, callback: str, ec: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument) as error:
        bucket.put_object("a", b"content", headers={"x-oss-callback": callback})
    assert error.value.details.get("EC", "") == ec
    assert error.value.details["ArgumentName"] == "callback"
    assert not bucket.object_exists("a")


def test_a_policy_of_the_bucket_says_whom_to_tell(bucket: oss2.Bucket, server: CallbackServer) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as missing:
        bucket.get_bucket_callback_policy()
    assert (missing.value.status, missing.value.code) == (404, "BucketCallbackPolicyNotExist")
    told, variables = server.parameter("policy=${x:mine}"), base64_json({"x:mine": "1"})
    put = bucket.put_bucket_callback_policy(
        [CallbackPolicyInfo("one", told), CallbackPolicyInfo("two", told, variables)]
    )
    assert put.status == 200
    policies = bucket.get_bucket_callback_policy().callback_policies
    assert [(policy.policy_name, policy.callback, policy.callback_var) for policy in policies] == [
        ("one", told, ""),
        ("two", told, variables),
    ]
    for name in ("one", "two"):
        bucket.put_object("a", b"x", headers={"x-oss-callback": base64_json({"callbackPolicy": name})})
    assert [request.body for request in server.told] == [b"policy=", b"policy=1"]
    assert bucket.delete_bucket_callback_policy().status == 204
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.get_bucket_callback_policy()
