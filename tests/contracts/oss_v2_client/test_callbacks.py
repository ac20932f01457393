"""Upload callbacks, through alibabacloud-oss-v2."""

from __future__ import annotations

import json
from collections.abc import Iterator

import alibabacloud_oss_v2 as oss
import pytest
import requests

from aliyun_local.serving.wire import Response
from tests.emulators.oss.callback_server import CallbackServer, base64_json, callback_server


@pytest.fixture
def server() -> Iterator[CallbackServer]:
    with callback_server() as made:
        yield made


def test_the_reply_is_the_result_of_an_upload(
    client: oss.Client, bucket: str, server: CallbackServer
) -> None:
    asked = {
        "callback": server.parameter("${bucket}/${object}/${size}/${x:mine}"),
        "callback_var": base64_json({"x:mine": "1"}),
    }
    put = client.put_object(oss.PutObjectRequest(bucket=bucket, key="a", body=b"content", **asked))
    assert (put.status_code, json.loads(put.callback_result)) == (200, {"Status": "OK"})
    upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=bucket, key="b"))
    at = {"bucket": bucket, "key": "b", "upload_id": upload.upload_id}
    client.upload_part(oss.UploadPartRequest(part_number=1, body=b"part", **at))
    done = client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(complete_all="yes", **at, **asked)
    )
    assert json.loads(done.callback_result) == {"Status": "OK"}
    assert [told.body.decode() for told in server.told] == [f"{bucket}/a/7/1", f"{bucket}/b/4/1"]


def test_an_upload_stays_when_nobody_takes_notice(
    client: oss.Client, bucket: str, server: CallbackServer
) -> None:
    server.reply = Response(status=500)
    request = oss.PutObjectRequest(bucket=bucket, key="a", body=b"content", callback=server.parameter("x"))
    put = client.put_object(request)
    assert put.status_code == 203
    assert "<Code>CallbackFailed</Code>" in put.callback_result
    assert client.get_object(oss.GetObjectRequest(bucket=bucket, key="a")).body.content == b"content"


def test_a_presigned_upload_may_ask_for_the_call(
    client: oss.Client, bucket: str, server: CallbackServer
) -> None:
    signed = client.presign(
        oss.PutObjectRequest(bucket=bucket, key="a", callback=server.parameter("${object}"))
    )
    answer = requests.put(signed.url, b"x", headers=signed.signed_headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"Status": "OK"})
    assert server.told[0].body == b"a"
