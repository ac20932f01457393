r"""The robots of group chats, for the operator: DingTalk's and Feishu's, in Chinese, each with its signature.

A robot's URL holds its token and is a secret. Both answer 200 to everything and say in the body whether they
have taken it. They know no ids: a message whose answer was lost is shown twice.

Sources: open.dingtalk.com, "Custom robot security settings" (timestamp in milliseconds, HMAC-SHA256 of
``timestamp\nsecret`` with the secret, base64, percent-encoded); open.feishu.cn, "Custom bot usage guide"
(timestamp in seconds, HMAC-SHA256 of nothing with ``timestamp\nsecret``, base64).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.clients.answers import said
from shared.clients.robot_words import text_of
from shared.clients.vetted_connections import Answered, Poster, Refused, Unreached
from shared.clients.webhook import LONGEST_SAID, fingerprint_of, reply_of
from shared.domain import messages
from shared.workflow.message_ports import Reply

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.messages import Message

WANTED = frozenset(
    {
        *(messages.SUCCEEDED, messages.FAILED, messages.CANCELED, messages.REJECTED),
        *(messages.PORTRAITS_FAILED, messages.BLOCKED, messages.RESUMED, messages.TEST),
    }
)
"""Results and the queue: a robot may send 20 messages a minute (DingTalk), and a group wants fewer."""
TOO_OFTEN = {"130101", "130102", "410100", "660026", "9499", "11232"}
"""Both platforms' codes for robots that send too often; DingTalk's stay shut for ten minutes."""
TOO_OFTEN_RESTS_MS = 600_000


class _Robot:
    """What both have in common."""

    name = ""
    most_a_pass = 6
    """Of the 20 in a minute; a tick makes up to three passes while it stays for a training."""

    def __init__(self, url: str, secret: str, poster: Poster) -> None:
        self._url = url
        self._secret = secret
        self._poster = poster

    @property
    def fingerprint(self) -> str:
        """Stands for the URL and the secret."""
        return fingerprint_of(self._url, self._secret)

    def wants(self, kind: str) -> bool:
        """Whether the operator's group is told of what is of this kind."""
        return kind in WANTED

    def _posted(self, url: str, document: dict[str, Any], now: int, within_ms: int) -> Reply:
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            answer = self._poster.post(url, body, headers, within_ms / 1000)
        except Refused as why:
            return Reply("address_refused", f"Nothing is sent to this address: {why}.")
        except Unreached as why:
            return Reply(why.code, str(why))
        return robot_reply(answer, now)


class DingTalk(_Robot):
    """A robot of a DingTalk group."""

    name = "dingtalk"

    def send(self, message: Message, job: Job | None, now: int, within_ms: int) -> Reply:
        """Send ``message`` once."""
        url = self._url
        if self._secret:
            url += (
                "&" if "?" in url else "?"
            ) + f"timestamp={now}&sign={dingtalk_signature(self._secret, now)}"
        document = {"msgtype": "text", "text": {"content": text_of(message, job)}}
        return self._posted(url, document, now, within_ms)


class Feishu(_Robot):
    """A robot of a Feishu group."""

    name = "feishu"

    def send(self, message: Message, job: Job | None, now: int, within_ms: int) -> Reply:
        """Send ``message`` once."""
        document: dict[str, Any] = {"msg_type": "text", "content": {"text": text_of(message, job)}}
        if self._secret:
            seconds = now // 1000
            document |= {"timestamp": str(seconds), "sign": feishu_signature(self._secret, seconds)}
        return self._posted(self._url, document, now, within_ms)


def dingtalk_signature(secret: str, milliseconds: int) -> str:
    """Return DingTalk's ``sign``, percent-encoded."""
    content = f"{milliseconds}\n{secret}".encode()
    return quote(base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()), safe="")


def feishu_signature(secret: str, seconds: int) -> str:
    """Return Feishu's ``sign``."""
    key = f"{seconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def robot_reply(answer: Answered, now: int) -> Reply:
    """Say what a robot's answer means: its body says 0 when the message is in the group."""
    reply = reply_of(answer, now)
    if not reply.is_taken:
        # A robot that was removed is a matter for the operator, and not for ever.
        return reply._replace(is_gone=False)
    try:
        said_so = json.loads(answer.body)
        code = said_so.get("errcode", said_so.get("code", said_so.get("StatusCode", 0)))
        text = said_so.get("errmsg", said_so.get("msg", said_so.get("StatusMessage", "")))
    except (ValueError, AttributeError):
        return Reply("robot_unreadable", "The robot's answer is no JSON.", answer.status)
    if str(code) == "0":
        return reply
    wish_ms = TOO_OFTEN_RESTS_MS if str(code) in TOO_OFTEN else 0
    return Reply(f"robot_{said(code, 20)}", said(text, LONGEST_SAID), answer.status, wish_ms)
