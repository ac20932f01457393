"""The robots of group chats: signatures, answers, and what they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.clients.robot_words import text_of
from shared.clients.robots import DingTalk, Feishu, dingtalk_signature, feishu_signature, robot_reply
from shared.clients.vetted_connections import Answered, Poster
from shared.domain.job import Job, Reason
from shared.domain.messages import queue_message, trial_message, with_news
from shared.domain.photos import Verdict
from shared.domain.states import JobState
from shared.domain.words import Words
from tests.unit.support import NOW, collecting, fine_tune, job_in, photo
from tests.workflow.receivers import LoopbackReceiver, receiver, says

SECRET = "SEC0123456789"


@pytest.fixture
def there() -> Iterator[LoopbackReceiver]:
    with receiver() as made:
        made.answer = says(200, b'{"errcode": 0, "errmsg": "ok"}')
        yield made


def succeeded() -> Job:
    training = job_in(JobState.TRAINING, person_id="李雷")
    return with_news(
        training, training.succeeded(fine_tune("SUCCEEDED", finetuned_output="model-1", usage=1), NOW)
    )


def test_dingtalk_is_signed_in_the_url_and_with_milliseconds(there: LoopbackReceiver) -> None:
    job = succeeded()
    url = there.url(path="/robot/send?access_token=t")
    assert DingTalk(url, SECRET, Poster(allow_private=True)).send(job.messages[0], job, NOW, 5_000).is_taken
    (received,) = there.received
    query = parse_qs(urlsplit(received.path).query)
    expected = hmac.new(SECRET.encode(), f"{NOW}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["timestamp"] == [str(NOW)]
    assert base64.b64decode(query["sign"][0]) == expected
    assert query["access_token"] == ["t"]
    told = json.loads(received.body)
    assert told["msgtype"] == "text"
    assert "李雷" in told["text"]["content"]
    assert "训练成功" in told["text"]["content"]


def test_feishu_is_signed_in_the_body_and_with_seconds(there: LoopbackReceiver) -> None:
    there.answer = says(200, b'{"code": 0, "msg": "success", "StatusCode": 0}')
    job = succeeded()
    robot = Feishu(there.url(path="/open-apis/bot/v2/hook/t"), SECRET, Poster(allow_private=True))
    assert robot.send(job.messages[0], job, NOW, 5_000).is_taken
    told = json.loads(there.received[0].body)
    key = f"{NOW // 1000}\n{SECRET}".encode()
    assert told["timestamp"] == str(NOW // 1000)
    assert base64.b64decode(told["sign"]) == hmac.new(key, b"", hashlib.sha256).digest()
    assert told["msg_type"] == "text"
    assert "李雷" in told["content"]["text"]


def test_signatures_stay_what_they_are() -> None:
    assert (
        dingtalk_signature("this is secret", 1577262236757)
        == "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"
    )
    assert feishu_signature("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.mark.parametrize("robot", [DingTalk, Feishu])
def test_a_robot_without_a_secret_is_not_signed(
    there: LoopbackReceiver, robot: type[DingTalk | Feishu]
) -> None:
    assert (
        robot(there.url(), "", Poster(allow_private=True))
        .send(trial_message("1", NOW), None, NOW, 5_000)
        .is_taken
    )
    assert there.received[0].path == "/hook"
    assert "sign" not in json.loads(there.received[0].body)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answered(200, {}, b'{"errcode": 310000, "errmsg": "sign not match"}'), "robot_310000"),
        (Answered(200, {}, b'{"code": 19021, "msg": "sign match fail"}'), "robot_19021"),
        (Answered(200, {}, b"<html>"), "robot_unreadable"),
        (Answered(200, {}, b"[]"), "robot_unreadable"),
        (Answered(500, {}, b""), "http_500"),
        (Answered(200, {}, b'{"StatusCode": 0}'), ""),
    ],
)
def test_a_robot_says_in_the_body_whether_it_has_taken_it(answer: Answered, code: str) -> None:
    assert robot_reply(answer, NOW).code == code


def test_a_robot_that_is_asked_too_often_is_left_alone_for_ten_minutes() -> None:
    reply = robot_reply(Answered(200, {}, b'{"errcode": 130101, "errmsg": "send too fast"}'), NOW)
    assert reply.retry_after_ms == 600_000


def test_a_robot_is_never_gone_for_ever_and_is_told_of_results_alone() -> None:
    assert not robot_reply(Answered(410, {}, b""), NOW).is_gone
    robot = DingTalk("https://a.example/", "", Poster())
    assert robot.wants("training.succeeded")
    assert not robot.wants("training.queued")


def test_each_message_has_its_words_in_chinese() -> None:
    training = job_in(JobState.TRAINING)
    why = Reason("training_overdue", "words")
    failed = with_news(training, training.ended(JobState.FAILED, why, NOW))
    canceled = with_news(training, training.ended(JobState.CANCELED, why, NOW))
    refused = collecting(photo(verdict=Verdict.NO_FACE))
    rejected = with_news(refused, refused.rejected(NOW))
    texts = [text_of(one.messages[-1], one) for one in (succeeded(), failed, canceled, rejected)]
    told = Words("overdue", "账号已欠费。"), Words("pay", "请充值。")
    blocked = queue_message("queue.blocked", NOW, 1, NOW, "Arrearage", *told)
    resumed = queue_message("queue.resumed", NOW, 2, NOW, "Arrearage", Words("goes on", "已恢复"))
    texts += [text_of(one, None) for one in (blocked, resumed, trial_message("1", NOW))]
    assert len(set(texts)) == len(texts)
    assert all(text.startswith("【人像训练】") for text in texts)
    assert "失败" in texts[1]
    assert "取消" in texts[2]
    assert "没有" in texts[3] or "人脸" in texts[3]
    assert all(words in texts[4] for words in ("2026-01-01 08:00", "账号已欠费。（Arrearage）", "请充值。"))


def test_a_name_cannot_look_like_another_message() -> None:
    job = succeeded()
    text = text_of(job.messages[0], job)
    assert len(text.splitlines()) == 3
