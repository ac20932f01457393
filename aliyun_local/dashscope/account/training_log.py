"""The log lines of a fine-tune, derived from the statuses it has had. Called by ``models``.

The wording follows the published sample of "Query fine-tuning logs". The log of a failed facechain training
is not published; here it has one line with the code and the message.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta, timezone

from aliyun_local.clock import utc
from aliyun_local.dashscope.account.fine_tunes import CANCELING, QUEUING, FineTune
from aliyun_local.dashscope.account.work import CANCELED, FAILED, RUNNING, SUCCEEDED, TERMINAL

BEIJING = timezone(timedelta(hours=8))
COMPLETE = "##FT_COMPLETE##"


def log_lines(fine_tune: FineTune, statuses: Iterable[tuple[str, float]]) -> list[str]:
    """Return the lines for ``fine_tune`` and the ``statuses`` it has had, each with the time it began."""
    lines: list[str] = []
    for status, at in statuses:
        lines += [f"{_stamp(at)} - {level} - {text}" for level, text in _events(fine_tune, status)]
        if status in TERMINAL:
            lines.append(COMPLETE)
    return lines


def _events(fine_tune: FineTune, status: str) -> list[tuple[str, str]]:
    if status == QUEUING:
        return [("INFO", "waiting for the running fine-tune job to end")]
    if status == RUNNING:
        return [("INFO", "data process succeeded, start to fine-tune")]
    if status == CANCELING:
        return [("INFO", "cancel requested")]
    if status == CANCELED:
        return [("INFO", "finetune-job canceled")]
    if status == FAILED:
        reason = f": {fine_tune.failure.code}: {fine_tune.failure.message}" if fine_tune.failure else ""
        return [("ERROR", f"finetune-job failed{reason}")]
    if status == SUCCEEDED:
        return [
            ("INFO", "Fine-tune succeeded!"),
            ("INFO", "fine-tuned output got, start to transfer it for inference"),
            ("INFO", "transfer for inference succeeded, start to deliver it for inference"),
            ("INFO", "finetune-job succeeded"),
            ("INFO", f"training usage {fine_tune.usage}"),
        ]
    return []


def _stamp(at: float) -> str:
    local = utc(at).astimezone(BEIJING)
    return f"{local:%Y-%m-%d %H:%M:%S},{local.microsecond // 1000:03d}"
