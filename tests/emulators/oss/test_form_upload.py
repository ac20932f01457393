"""PostObject, the upload by a browser's form."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Request, Response

from .conftest import BUCKET, KEY_ID, REGION, SECRET

EXPIRES = "2026-01-01T01:00:00.000Z"


def _policy(*conditions: object, expiration: str = EXPIRES) -> str:
    return base64.b64encode(
        json.dumps({"expiration": expiration, "conditions": list(conditions)}).encode()
    ).decode()


def _v1(policy: str, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()
    return {
        "OSSAccessKeyId": KEY_ID,
        "policy": policy,
        "Signature": base64.b64encode(signature).decode(),
    }


def _v4(policy: str) -> dict[str, str]:
    key = f"aliyun_v4{SECRET}".encode()
    for step in ("20260101", REGION, "oss", "aliyun_v4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return {
        "policy": policy,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{KEY_ID}/20260101/{REGION}/oss/aliyun_v4_request",
        "x-oss-date": "20260101T000000Z",
        "x-oss-signature": hmac.new(key, policy.encode(), hashlib.sha256).hexdigest(),
    }


def _body(fields: dict[str, str], content: bytes = b"photo\r\n--not the end", name: str = "a.jpg") -> bytes:
    parts = [
        f'--frontier\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--frontier\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    parts.append(f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + b"--frontier--\r\n"


@pytest.fixture
def post(ask: Callable[..., Response]) -> Callable[..., Response]:
    def send(fields: dict[str, str], **options: str) -> Response:
        headers = {"Content-Type": "multipart/form-data; boundary=frontier"}
        return ask("POST", f"/{BUCKET}", headers, _body(fields, **options))  # type: ignore[arg-type]

    return send


@pytest.mark.parametrize("sign", [_v1, _v4])
def test_a_form_with_a_signed_policy_uploads(
    post: Callable[..., Response], store: ObjectStore, sign: Callable[[str], dict[str, str]]
) -> None:
    policy = _policy(
        {"bucket": BUCKET}, ["starts-with", "$key", "people/张三/"], ["content-length-range", 1, 100]
    )
    fields = {"key": "people/张三/${filename}", "x-oss-meta-who": "z", "success_action_status": "201"}
    answer = post(fields | sign(policy), name="C:\\pictures\\照片.jpg")
    assert (answer.status, "<Key>people/张三/照片.jpg</Key>" in answer.body.decode()) == (201, True)
    stored, content = store.get(BUCKET, "people/张三/照片.jpg")
    assert content == b"photo\r\n--not the end"
    assert stored.attributes.content_type == "image/jpeg"
    assert stored.attributes.headers == {"x-oss-meta-who": "z"}
    assert store.pending_notifications()[0].event_name == "ObjectCreated:PostObject"


def test_a_form_answers_as_it_was_asked_to(post: Callable[..., Response]) -> None:
    signed = {"key": "a"} | _v1(_policy())
    assert post(signed).status == 204
    assert post(signed | {"success_action_status": "200"}).status == 200
    assert post(signed | {"success_action_status": "500"}).status == 204
    redirect = post(signed | {"success_action_redirect": "https://example.com/done?x=1"})
    assert redirect.status == 303
    assert redirect.headers["Location"].startswith(
        "https://example.com/done?x=1&bucket=test-bucket&key=a&etag="
    )


@pytest.mark.parametrize(
    ("conditions", "status", "code"),
    [
        ([{"bucket": "other"}], 403, "AccessDenied"),
        ([["eq", "$key", "b"]], 403, "AccessDenied"),
        ([["starts-with", "$key", "people/"]], 403, "AccessDenied"),
        ([["in", "$key", ["b", "c"]]], 403, "AccessDenied"),
        ([["not-in", "$key", ["a"]]], 403, "AccessDenied"),
        ([["content-length-range", 100, 200]], 400, "EntityTooSmall"),
        ([["content-length-range", 0, 3]], 400, "EntityTooLarge"),
        ([["content-length-range", "a", 3]], 400, "InvalidPolicyDocument"),
        ([["like", "$key", "a"]], 400, "InvalidPolicyDocument"),
        (["nonsense"], 400, "InvalidPolicyDocument"),
        ([{"key": {}}], 400, "InvalidPolicyDocument"),
    ],
)
def test_a_form_that_breaks_its_policy_is_refused(
    post: Callable[..., Response], store: ObjectStore, conditions: list[object], status: int, code: str
) -> None:
    answer = post({"key": "a"} | _v1(_policy(*conditions)))
    assert (answer.status, f"<Code>{code}</Code>" in answer.body.decode()) == (status, True)
    assert len(store.list_objects(BUCKET)) == 0


def test_a_policy_ends_and_must_be_one(post: Callable[..., Response], clock: ManualClock) -> None:
    for broken in ("", "!", base64.b64encode(b"[]").decode(), _policy(expiration="tomorrow")):
        answer = post({"key": "a"} | _v1(broken))
        assert (answer.status, b"InvalidPolicyDocument" in answer.body) == (400, True)
    clock.advance(3600)
    assert b"Policy expired" in post({"key": "a"} | _v1(_policy())).body


def test_a_form_of_a_stranger_is_refused(post: Callable[..., Response], store: ObjectStore) -> None:
    wrong = post({"key": "a"} | _v1(_policy(), secret="wrong"))
    assert (wrong.status, b"SignatureDoesNotMatch" in wrong.body) == (403, True)
    unsigned = post({"key": "a"})
    assert (unsigned.status, b"AccessDenied" in unsigned.body) == (403, True)
    store.set_bucket_acl(BUCKET, "public-read-write")
    assert post({"key": "a"}).status == 204


def test_temporary_credentials_sign_forms_too(post: Callable[..., Response], keys: AccessKeys) -> None:
    sts = keys.issue_sts(900)
    signed = _v1(_policy(), secret=sts.access_key_secret) | {"OSSAccessKeyId": sts.access_key_id}
    assert post({"key": "a"} | signed).status == 403
    assert post({"key": "a", "x-oss-security-token": sts.security_token} | signed).status == 204


def test_a_field_cannot_smuggle_a_header_line(post: Callable[..., Response]) -> None:
    answer = post({"key": "a", "x-oss-meta-a": "1\r\nSet-Cookie: b"} | _v1(_policy()))
    assert answer.status == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("text/plain; boundary=frontier", _body({"key": "a"})),
        ("multipart/form-data; boundary=frontier", b""),
        ("multipart/form-data; boundary=frontier", b"--frontier\r\n\r\n\r\n"),
        ("multipart/form-data; boundary=frontier", _body({"key": "a"})[:60]),
        ("multipart/form-data; boundary=frontier", _body({"key": "/a"})),
        ("multipart/form-data; boundary=frontier", _body({})),
        ("multipart/form-data; boundary=frontier", _body({f"f{n}": "" for n in range(300)})),
        ("multipart/form-data; boundary=frontier", _body({"key": "a"}).replace(b"key", b"key\xff", 1)),
    ],
)
def test_what_is_no_form_is_refused(ask: Callable[..., Response], content_type: str, body: bytes) -> None:
    assert ask("POST", f"/{BUCKET}", {"Content-Type": content_type}, body).status == 400


def test_a_form_may_ask_for_a_callback_with_variables_of_its_own(
    post: Callable[..., Response], store: ObjectStore
) -> None:
    told: list[bytes] = []

    def answer(request: Request) -> Response:
        told.append(request.body)
        return Response(status=200, body=b'{"taken": true}')

    with LoopbackServer(answer) as server:
        callback = {"callbackUrl": server.url, "callbackBody": "${operation} ${object} ${x:mine}"}
        fields = {
            "key": "a",
            "callback": base64.b64encode(json.dumps(callback).encode()).decode(),
            "x:mine": "1",
            **_v1(_policy()),
        }
        response = post(fields)
    assert (response.status, response.body) == (200, b'{"taken": true}')
    assert told == [b"PostObject a 1"]
    assert store.head(BUCKET, "a").size
