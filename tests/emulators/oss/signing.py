"""Signatures of OSS made by the tests themselves, at the time at which a :class:`ManualClock` starts."""

from __future__ import annotations

import base64
import hashlib
import hmac

from tests.emulators.oss.support import KEY_ID, REGION, SECRET

DAY, START = "20260101", "20260101T000000Z"
CREDENTIAL = f"{KEY_ID}/{DAY}/{REGION}/oss/aliyun_v4_request"


def v1_signature(text: str, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


def v4_signature(text: str) -> str:
    key = f"aliyun_v4{SECRET}".encode()
    for step in (DAY, REGION, "oss", "aliyun_v4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def v4_string_to_sign(canonical_request: str) -> str:
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    return f"OSS4-HMAC-SHA256\n{START}\n{DAY}/{REGION}/oss/aliyun_v4_request\n{digest}"
