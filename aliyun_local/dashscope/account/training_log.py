"""The log lines of a fine-tune, told from what happened to it.

The wording follows the published sample of "Query fine-tuning logs"; what a facechain training writes when
it fails is not published, so a failed one gives its code and message in one line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta, timezone

from aliyun_local.clock import utc
from aliyun_local.dashscope.account.fine_tunes import (
    CANCELED,
    CANCELING,
    FAILED,
    QUEUING,
    RUNNING,
    SUCCEEDED,
    FineTune,
)

BEIJING = timezone(timedelta(hours=8))
COMPLETE = "##FT_COMPLETE##"


def log_lines(job: FineTune, statuses: Iterable[tuple[str, float]]) -> list[str]:
    """Return the lines for ``job``, which has had ``statuses``, each from a time on."""
    lines: list[str] = []
    for status, at in statuses:
        lines += [f"{_stamp(at)} - {level} - {text}" for level, text in _events(job, status)]
        if status in (SUCCEEDED, FAILED, CANCELED):
            lines.append(COMPLETE)
    return lines


def _events(job: FineTune, status: str) -> list[tuple[str, str]]:
    if status == QUEUING:
        return [("INFO", "waiting for the running fine-tune job to end")]
    if status == RUNNING:
        return [("INFO", "data process succeeded, start to fine-tune")]
    if status == CANCELING:
        return [("INFO", "cancel requested")]
    if status == CANCELED:
        return [("INFO", "finetune-job canceled")]
    if status == FAILED:
        reason = f": {job.failure.code}: {job.failure.message}" if job.failure else ""
        return [("ERROR", f"finetune-job failed{reason}")]
    if status == SUCCEEDED:
        return [
            ("INFO", "Fine-tune succeeded!"),
            ("INFO", "fine-tuned output got, start to transfer it for inference"),
            ("INFO", "transfer for inference succeeded, start to deliver it for inference"),
            ("INFO", "finetune-job succeeded"),
            ("INFO", f"training usage {job.usage}"),
        ]
    return []


def _stamp(at: float) -> str:
    local = utc(at).astimezone(BEIJING)
    return f"{local:%Y-%m-%d %H:%M:%S},{local.microsecond // 1000:03d}"
