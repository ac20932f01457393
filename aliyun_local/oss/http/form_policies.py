"""The policy of a PostObject: the conditions that its signer set for the form's fields and file.

:mod:`aliyun_local.oss.http.form_responses` calls this after it has checked the policy's signature. OSS,
"PostObject policy".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime, timezone

from aliyun_local.oss.errors import OssError, access_denied


def check_policy(policy: str, fields: Mapping[str, str], size: int, now: float) -> None:
    """Refuse a form that breaks its policy; ``size`` is that of its file in bytes.

    Raises:
        OssError: InvalidPolicyDocument, AccessDenied, EntityTooLarge or EntityTooSmall.
    """
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
        expires_at = _epoch_seconds(document["expiration"])
        conditions = list(document["conditions"])
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise _invalid_policy("The policy is not a JSON document in base64.") from None
    if now >= expires_at:
        raise access_denied("Invalid according to Policy: Policy expired.", "")
    for condition in conditions:
        if isinstance(condition, dict):
            for name, value in condition.items():
                if not _holds("eq", fields.get(name.lower(), ""), value):
                    raise _condition_failed(condition)
        elif isinstance(condition, list) and len(condition) == 3:
            operator, name, value = str(condition[0]).lower(), condition[1], condition[2]
            if operator == "content-length-range":
                _check_size(name, value, size)
            elif not _holds(operator, fields.get(str(name).removeprefix("$").lower(), ""), value):
                raise _condition_failed(condition)
        else:
            raise _invalid_policy("A condition of the policy has no known form.")


def _holds(operator: str, given: str, value: object) -> bool:
    if operator in ("in", "not-in") and isinstance(value, list):
        return (given in value) == (operator == "in")
    if operator in ("eq", "starts-with") and isinstance(value, str):
        return given == value if operator == "eq" else given.startswith(value)
    raise _invalid_policy(f"The condition {operator!r} is not known.")


def _check_size(low: object, high: object, size: int) -> None:
    if not isinstance(low, int) or not isinstance(high, int):
        raise _invalid_policy("content-length-range takes two numbers.")
    if size < low:
        raise OssError(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size."
        )
    if size > high:
        raise OssError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")


def _epoch_seconds(text: str) -> float:
    for pattern in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            continue
    raise ValueError(text)


def _condition_failed(condition: object) -> OssError:
    text = json.dumps(condition, ensure_ascii=False)
    return access_denied(f"Invalid according to Policy: Policy Condition failed: {text}", "")


def _invalid_policy(message: str) -> OssError:
    return OssError(400, "InvalidPolicyDocument", f"Invalid Policy: {message}")
