"""The webhook as Standard Webhooks says: signatures, headers, and what an answer means."""

from __future__ import annotations

import base64
import importlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.clients.vetted_connections import Answered, Poster
from shared.clients.webhook import Webhook, reply_of, signatures, wish_of
from shared.domain.job import Reason
from shared.domain.messages import Message, queue_message, trial_message, with_news
from shared.domain.states import JobState
from shared.domain.words import Words
from shared.message_settings import is_secret, problem_with_url
from tests.unit.support import NOW, job_in
from tests.workflow.receivers import LoopbackReceiver, receiver, says

LIBRARY = importlib.import_module("standardwebhooks")
"""The reference library, by which a receiver is advised to check what comes."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"


@pytest.fixture
def there() -> Iterator[LoopbackReceiver]:
    with receiver() as made:
        yield made


@pytest.mark.parametrize(
    ("secret", "message_id", "seconds", "body", "signature"),
    [
        # Of the tests of the reference libraries (standard-webhooks/standard-webhooks, libraries/).
        (
            SECRET,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            '{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            OLD_SECRET,
            "msg_loFOjxBNrRLzqYUf",
            1731705121,
            '{"event_type":"ping"}',
            "v1,iLrWodj6H2QrNRSvdASdRo1DzSXYKqa36og0kGXkcTs=",
        ),
    ],
)
def test_signatures_are_those_of_the_reference_library(
    secret: str, message_id: str, seconds: int, body: str, signature: str
) -> None:
    assert signatures([secret], message_id, seconds, body.encode()) == signature
    at = datetime.fromtimestamp(seconds, tz=timezone.utc)
    assert LIBRARY.Webhook(secret).sign(message_id, at, body) == signature


@pytest.mark.parametrize("body", ["", "{}", '{"person_id":"李雷"}', "a.b.c", "\n"])
@pytest.mark.parametrize("length", [24, 32, 64])
def test_whatever_is_signed_is_signed_as_the_reference_library_does(length: int, body: str) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(length))).decode()
    assert is_secret(secret)
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    signed = LIBRARY.Webhook(secret).sign("msg_1", at, body)
    assert signatures([secret], "msg_1", int(at.timestamp()), body.encode()) == signed


def test_with_two_secrets_both_sign() -> None:
    both = signatures([SECRET, OLD_SECRET], "msg_1", 1, b"{}")
    assert both.split(" ") == [
        signatures([SECRET], "msg_1", 1, b"{}"),
        signatures([OLD_SECRET], "msg_1", 1, b"{}"),
    ]


def _ended() -> tuple[Message, Any]:
    training = job_in(JobState.TRAINING, person_id="李雷")
    job = with_news(training, training.ended(JobState.FAILED, Reason("code", "words"), NOW + 1))
    return job.messages[0], job


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_the_reference_library_takes_what_arrives(there: LoopbackReceiver, secret: str) -> None:
    message, job = _ended()
    hook = Webhook(there.url(), [SECRET, OLD_SECRET], Poster(allow_private=True))
    assert hook.send(message, job, time.time_ns() // 1_000_000, 5_000).is_taken
    (received,) = there.received
    told = LIBRARY.Webhook(secret).verify(received.body, received.headers)
    assert told["type"] == "training.failed"
    with pytest.raises(LIBRARY.WebhookVerificationError):
        LIBRARY.Webhook("whsec_" + base64.b64encode(b"x" * 24).decode()).verify(
            received.body, received.headers
        )


def test_a_message_is_sent_with_its_id_and_the_time_of_the_try(there: LoopbackReceiver) -> None:
    message, job = _ended()
    hook = Webhook(there.url(), [SECRET], Poster(allow_private=True))
    for now in (NOW, NOW + 60_000):
        assert hook.send(message, job, now, 5_000).is_taken
    first, second = there.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message.message_id
    assert first.headers["webhook-timestamp"] == str(NOW // 1000)
    assert second.headers["webhook-timestamp"] == str(NOW // 1000 + 60)
    assert first.headers["content-type"] == "application/json"
    told = json.loads(first.body)
    assert told["type"] == "training.failed"
    assert told["timestamp"] == "2026-01-01T00:00:00.001Z"
    assert told["data"]["person_id"] == "李雷"
    assert told["data"]["reason"] == {"code": "code", "message": "words"}
    assert told["data"]["result_key"] == "results/李雷/1.json"


def test_what_cannot_be_utf_8_is_sent_all_the_same(there: LoopbackReceiver) -> None:
    message, job = _ended()
    odd = replace(message, data={**message.data, "reason": ["code", "\ud800"]})
    assert Webhook(there.url(), [SECRET], Poster(allow_private=True)).send(odd, job, NOW, 5_000).is_taken


@pytest.mark.parametrize(
    "message", [trial_message("1", NOW), queue_message("queue.blocked", NOW, 1, NOW, "c", Words("t", "字"))]
)
def test_messages_of_no_job_are_sent_alike(there: LoopbackReceiver, message: Message) -> None:
    assert Webhook(there.url(), [SECRET], Poster(allow_private=True)).send(message, None, NOW, 5_000).is_taken
    assert json.loads(there.received[0].body)["type"] == message.kind


def test_only_2xx_is_taken_and_410_is_for_ever() -> None:
    for status in (200, 201, 204, 299):
        assert reply_of(Answered(status, {}, b""), NOW).is_taken
    for status in (199, 301, 302, 400, 401, 404, 409, 429, 500, 502, 503):
        reply = reply_of(Answered(status, {}, b"why"), NOW)
        assert (reply.code, reply.message, reply.is_gone) == (f"http_{status}", "why", False)
    assert reply_of(Answered(410, {}, b""), NOW).is_gone


def test_an_answer_is_told_without_the_secrets_in_it() -> None:
    body = b"Authorization: Bearer abcdefgh12345678 sk-0123456789abcdef0123"
    assert "sk-0123456789" not in reply_of(Answered(500, {}, body), NOW).message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120_000),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60_000),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("", 0),
        ("-5", 0),
        ("soon", 0),
        ("9" * 30, 999_999_999_000),
        ("²", 0),
    ],
)
def test_what_a_receiver_asks_for_is_understood_or_overlooked(text: str, expected: int) -> None:
    assert wish_of(text, NOW) == expected


def test_where_nothing_may_be_sent_says_so(there: LoopbackReceiver) -> None:
    message, job = _ended()
    reply = Webhook(there.url(), [SECRET], Poster()).send(message, job, NOW, 5_000)
    assert (reply.code, reply.status) == ("address_refused", 0)
    assert not there.received
    there.answer = says(500)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        SECRET.removeprefix("whsec_"),
        "whsec_" + "A" * 200,
        "whsec_!!!!",
        "whsec_²",
    ],
)
def test_a_secret_has_the_form_of_the_specification(secret: str) -> None:
    assert is_secret(SECRET)
    assert not is_secret(secret)


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/", "ftp://a.example/", "a.example", "https://", "https://u:p@a.example/"),
        *(
            "https://a.example:80/",
            "https://a.example:22/",
            "https://a.example:x/",
            "https://a.example/#part",
        ),
        *("https://a.example/ b", "https://例子.example/", "https://a.example/\x00", "https://[::1"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    assert problem_with_url(url, allow_private=False)


def test_addresses_of_the_internet_and_those_that_are_allowed_are_taken() -> None:
    for url in ("https://a.example/hook?x=1", "https://a.example:8443/", "https://a.example:443/"):
        assert not problem_with_url(url, allow_private=False)
    assert not problem_with_url("http://127.0.0.1:80/", allow_private=True)
