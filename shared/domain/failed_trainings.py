"""The code of a fine-tune that FAILED: whose fault it was, and whether another training is worth its price.

Used by :mod:`shared.workflow.training` and :mod:`shared.domain.job`. Which codes a fine-tune fails with is
documented nowhere ("Fine-tune job object" has the field alone); the codes of error answers
(:mod:`shared.domain.trouble_kinds`) are the best guess.
"""

from __future__ import annotations

from shared.domain.error_kinds import is_known, is_refusal, kind_of
from shared.domain.trouble_kinds import Api, Kind, Service

_NOT_FETCHED = (
    "InvalidURL",
    "InvalidParameter.DataInspection",
    "InvalidFile.DownloadFailed",
    "BadRequest.InputDownloadFailed",
)
"""DashScope could not fetch a picture: a newly signed URL may cure that."""


def is_worth_another_training(code: str) -> bool:
    """Whether a fine-tune that FAILED with ``code`` may succeed when simply made again.

    Only DashScope's own faults are worth it, and pictures that it could not fetch: their URLs are signed
    again. A training costs money, so a failure without a known code waits for a person.
    """
    if code in _NOT_FETCHED or code.partition(".")[0] in _NOT_FETCHED:
        return True
    is_known_fault = not is_refusal(Service.DASHSCOPE, Api.TRAINING, 200, code, "")
    return is_known(Service.DASHSCOPE, code) and is_known_fault


def are_photos_at_fault(code: str) -> bool:
    """Whether a fine-tune that FAILED with ``code`` did so for its pictures."""
    return kind_of(Service.DASHSCOPE, Api.TRAINING, 200, code, "") is Kind.PICTURE
