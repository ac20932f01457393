"""PostObject, the upload by a browser's form."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.serving.wire import Response
from tests.emulators.oss.callback_server import base64_json, callback_server
from tests.emulators.oss.signing import CREDENTIAL, START, v1_signature, v4_signature
from tests.emulators.oss.support import BUCKET, KEY_ID, SECRET, Ask

EXPIRES = "2026-01-01T01:00:00.000Z"
CONTENT = b"photo\r\n--not the end"
BOUNDARY = "multipart/form-data; boundary=frontier"


def _policy(*conditions: object, expiration: str = EXPIRES) -> str:
    return base64_json({"expiration": expiration, "conditions": list(conditions)})


def _v1(policy: str, secret: str = SECRET) -> dict[str, str]:
    return {"OSSAccessKeyId": KEY_ID, "policy": policy, "Signature": v1_signature(policy, secret)}


def _v4(policy: str) -> dict[str, str]:
    return {
        "policy": policy,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": CREDENTIAL,
        "x-oss-date": START,
        "x-oss-signature": v4_signature(policy),
    }


def _body(fields: dict[str, str], name: str = "a.jpg") -> bytes:
    parts = [
        f'--frontier\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--frontier\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    parts.append(f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + CONTENT + b"\r\n")
    return b"".join(parts) + b"--frontier--\r\n"


class Post:
    """Posts a form to the bucket."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def __call__(self, fields: dict[str, str], name: str = "a.jpg") -> Response:
        return self._ask("POST", f"/{BUCKET}", {"Content-Type": BOUNDARY}, _body(fields, name))


@pytest.fixture
def post(ask: Ask) -> Post:
    return Post(ask)


@pytest.mark.parametrize("sign", [_v1, _v4])
def test_a_form_with_a_signed_policy_uploads(
    post: Post, store: ObjectStore, sign: Callable[[str], dict[str, str]]
) -> None:
    policy = _policy(
        {"bucket": BUCKET}, ["starts-with", "$key", "people/张三/"], ["content-length-range", 1, 100]
    )
    fields = {"key": "people/张三/${filename}", "x-oss-meta-who": "z", "success_action_status": "201"}
    answer = post(fields | sign(policy), name="C:\\pictures\\照片.jpg")
    assert (answer.status, "<Key>people/张三/照片.jpg</Key>" in answer.body.decode()) == (201, True)
    stored, content = store.get(BUCKET, "people/张三/照片.jpg")
    assert content == CONTENT
    assert stored.attributes.content_type == "image/jpeg"
    assert stored.attributes.headers == {"x-oss-meta-who": "z"}
    assert store.pending_notifications()[0].event_name == "ObjectCreated:PostObject"


def test_a_form_answers_as_it_was_asked_to(post: Post) -> None:
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
    post: Post, store: ObjectStore, conditions: list[object], status: int, code: str
) -> None:
    answer = post({"key": "a"} | _v1(_policy(*conditions)))
    assert (answer.status, f"<Code>{code}</Code>" in answer.body.decode()) == (status, True)
    assert len(store.list_objects(BUCKET)) == 0


def test_a_policy_ends_and_must_be_one(post: Post, clock: ManualClock) -> None:
    for broken in ("", "!", base64.b64encode(b"[]").decode(), _policy(expiration="tomorrow")):
        answer = post({"key": "a"} | _v1(broken))
        assert (answer.status, b"InvalidPolicyDocument" in answer.body) == (400, True)
    clock.advance(3600)
    assert b"Policy expired" in post({"key": "a"} | _v1(_policy())).body


def test_a_form_of_a_stranger_is_refused(post: Post, store: ObjectStore) -> None:
    wrong = post({"key": "a"} | _v1(_policy(), secret="wrong"))
    assert (wrong.status, b"SignatureDoesNotMatch" in wrong.body) == (403, True)
    unsigned = post({"key": "a"})
    assert (unsigned.status, b"AccessDenied" in unsigned.body) == (403, True)
    store.set_bucket_acl(BUCKET, "public-read-write")
    assert post({"key": "a"}).status == 204


def test_temporary_credentials_sign_forms_too(post: Post, keys: AccessKeys) -> None:
    sts = keys.issue_sts(900)
    signed = _v1(_policy(), secret=sts.access_key_secret) | {"OSSAccessKeyId": sts.access_key_id}
    assert post({"key": "a"} | signed).status == 403
    assert post({"key": "a", "x-oss-security-token": sts.security_token} | signed).status == 204


def test_a_field_cannot_smuggle_a_header_line(post: Post) -> None:
    answer = post({"key": "a", "x-oss-meta-a": "1\r\nSet-Cookie: b"} | _v1(_policy()))
    assert answer.status == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("text/plain; boundary=frontier", _body({"key": "a"})),
        (BOUNDARY, b""),
        (BOUNDARY, b"--frontier\r\n\r\n\r\n"),
        (BOUNDARY, _body({"key": "a"})[:60]),
        (BOUNDARY, _body({"key": "/a"})),
        (BOUNDARY, _body({})),
        (BOUNDARY, _body({f"f{n}": "" for n in range(300)})),
        (BOUNDARY, _body({"key": "a"}).replace(b"key", b"key\xff", 1)),
    ],
)
def test_what_is_no_form_is_refused(ask: Ask, content_type: str, body: bytes) -> None:
    assert ask("POST", f"/{BUCKET}", {"Content-Type": content_type}, body).status == 400


def test_a_form_may_ask_for_a_callback_with_variables_of_its_own(post: Post, store: ObjectStore) -> None:
    with callback_server() as server:
        callback = server.parameter("${operation} ${object} ${x:mine}")
        response = post({"key": "a", "callback": callback, "x:mine": "1"} | _v1(_policy()))
        assert (response.status, response.body) == (200, server.reply.body)
        assert [told.body for told in server.told] == [b"PostObject a 1"]
    assert store.head(BUCKET, "a").size
