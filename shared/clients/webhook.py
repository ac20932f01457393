"""The webhook: messages signed as Standard Webhooks 1.0.0 says, to one URL.

``webhook-id`` stays the same however often a message is sent, and a receiver tells repetitions by it;
``webhook-timestamp`` is of the try. With two secrets both signatures are sent, so that a receiver can change
from one to the other whenever it likes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from shared.clients.answers import said
from shared.clients.message_documents import message_as_bytes
from shared.clients.vetted_connections import Answered, Poster, Refused, Unreached
from shared.version import VERSION
from shared.workflow.message_ports import Reply

if TYPE_CHECKING:
    from shared.domain.job import Job
    from shared.domain.messages import Message

SECRET_PREFIX = "whsec_"  # noqa: S105 (what begins every secret)
GONE = 410
LONGEST_SAID = 200


class Webhook:
    """A receiver of everything."""

    name = "webhook"
    most_a_pass = 60

    def __init__(self, url: str, secrets: Sequence[str], poster: Poster) -> None:
        """``secrets``: one, or the present one and the one before."""
        self._url = url
        self._secrets = tuple(secrets)
        self._poster = poster

    @property
    def fingerprint(self) -> str:
        """Stands for the URL and the present secret."""
        return fingerprint_of(self._url, self._secrets[0])

    def wants(self, _: str) -> bool:
        """Everything: a receiver leaves alone what it does not care for."""
        return True

    def send(self, message: Message, job: Job | None, now: int, within_ms: int) -> Reply:
        """Send ``message`` once."""
        body = message_as_bytes(message, job)
        seconds = now // 1000
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"facechain-autotrain/{VERSION}",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signatures(self._secrets, message.message_id, seconds, body),
        }
        return posted(self._poster, self._url, body, headers, now, within_ms)


def posted(poster: Poster, url: str, body: bytes, headers: dict[str, str], now: int, within_ms: int) -> Reply:
    """Send a request and say what its answer means; raises nothing."""
    try:
        answer = poster.post(url, body, headers, within_ms / 1000)
    except Refused as why:
        return Reply("address_refused", f"Nothing is sent to this address: {why}.")
    except Unreached as why:
        return Reply(why.code, str(why))
    return reply_of(answer, now)


def reply_of(answer: Answered, now: int) -> Reply:
    """Say what an answer means: taken by 2xx alone, refused for ever by 410."""
    if 200 <= answer.status < 300:
        return Reply(status=answer.status)
    wish_ms = wish_of(answer.headers.get("retry-after", ""), now)
    text = said(answer.body.decode("utf-8", "replace"), LONGEST_SAID)
    return Reply(f"http_{answer.status}", text, answer.status, wish_ms, answer.status == GONE)


def wish_of(text: str, now: int) -> int:
    """Return how many milliseconds ``Retry-After`` asks for: seconds, or a date (RFC 9110, 10.2.3)."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return 1000 * int(text[:9])
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp() * 1000) - now)
    except (TypeError, ValueError, OverflowError):
        return 0


def signatures(secrets: Sequence[str], message_id: str, seconds: int, body: bytes) -> str:
    """Return the header ``webhook-signature``: one signature for each secret."""
    content = f"{message_id}.{seconds}.".encode() + body
    return " ".join(f"v1,{_signature(secret, content)}" for secret in secrets)


def _signature(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest()).decode()


def key_of(secret: str) -> bytes:
    """Return the key that ``whsec_…`` stands for; :mod:`shared.message_settings` has checked its form."""
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX))


def fingerprint_of(*parts: str) -> str:
    """Return twelve hex digits that stand for an address and its secret, and tell neither."""
    text = "\n".join(("facechain-autotrain, a receiver", *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
