"""The meaning of DashScope's errors: by code, and by message where a code is shared.

A 429 is not always temporary and a 400 not always final. To teach the product another code, add it to
``_BY_CODE``; :mod:`shared.clients.dashscope_answers` turns the meaning into an error. Sources: DashScope,
"Error codes"; the table of the facechain-finetune page; "Model customization API".
"""

from __future__ import annotations

from enum import Enum


class Meaning(str, Enum):
    """The reaction that an error asks for.

    ``BUSY``: nothing happened, try again. ``ACCOUNT``: nothing happened and nothing will until a person
    acts. ``UNKNOWN``: it may have happened. ``REFUSED``: nothing happened and this request never will.
    ``GONE``: the thing asked for does not exist. ``PHOTO``: this picture is unfit. ``DOWNLOAD``: the
    picture could not be fetched, which a newly signed URL may cure.
    """

    BUSY = "busy"
    ACCOUNT = "account"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    GONE = "gone"
    PHOTO = "photo"
    DOWNLOAD = "download"


# The whole code decides, or else its part before the first dot.
_BY_CODE: dict[str, Meaning] = {
    "InvalidParameter": Meaning.REFUSED,
    "InvalidParameter.DataInspection": Meaning.DOWNLOAD,
    "UnsupportedOperation": Meaning.REFUSED,
    "Conflict": Meaning.REFUSED,
    "NotFound": Meaning.GONE,
    "WorkSpaceNotFound": Meaning.ACCOUNT,
    "Throttling": Meaning.BUSY,
    "InvalidApiKey": Meaning.ACCOUNT,
    "Arrearage": Meaning.ACCOUNT,
    "AccessDenied": Meaning.ACCOUNT,
    "Model": Meaning.ACCOUNT,
    "Workspace": Meaning.ACCOUNT,
    "Endpoint": Meaning.ACCOUNT,
    "AllocationQuota": Meaning.ACCOUNT,
    "ModelNotFound": Meaning.ACCOUNT,
    "CommodityNotPurchased": Meaning.ACCOUNT,
    "PrepaidBillOverdue": Meaning.ACCOUNT,
    "PostpaidBillOverdue": Meaning.ACCOUNT,
    "InvalidURL": Meaning.DOWNLOAD,
    "BadRequest.InputDownloadFailed": Meaning.DOWNLOAD,
    "BadRequest": Meaning.REFUSED,
    "DataInspectionFailed": Meaning.PHOTO,
    "InvalidImage": Meaning.PHOTO,
    "InvalidImageResolution": Meaning.PHOTO,
    "InvalidImageFormat": Meaning.PHOTO,
    "InvalidFile": Meaning.PHOTO,
    "BadRequest.TooLarge": Meaning.PHOTO,
    "BadRequest.UnsupportedFileFormat": Meaning.PHOTO,
    "InternalError": Meaning.UNKNOWN,
    "SystemError": Meaning.UNKNOWN,
    "RequestTimeOut": Meaning.UNKNOWN,
    "ModelServingError": Meaning.UNKNOWN,
    "ModelUnavailable": Meaning.UNKNOWN,
}

_QUOTA_PHRASES = ("only 20", "allowed per user")


def meaning_of(status: int, code: str, message: str) -> Meaning:
    """Return the meaning of an error answer.

    The status decides only where the code is absent or unknown: an unknown 4xx says that nothing
    happened, an unknown 5xx does not.
    """
    known = _BY_CODE.get(code) or _BY_CODE.get(code.partition(".")[0])
    if known is Meaning.BUSY and any(phrase in message.lower() for phrase in _QUOTA_PHRASES):
        return Meaning.ACCOUNT
    if known is not None:
        return known
    if status in (401, 403):
        return Meaning.ACCOUNT
    if status == 404 and code:
        return Meaning.GONE
    if status == 429:
        return Meaning.BUSY
    if 400 <= status < 500 and code:
        return Meaning.REFUSED
    return Meaning.UNKNOWN


def is_worth_another_training(code: str) -> bool:
    """Whether a fine-tune that FAILED with ``code`` may succeed when simply made again.

    Only DashScope's own faults are worth it, and pictures that it could not fetch: their URLs are signed
    again. A training costs money, so a failure without a known code waits for a person.
    """
    named = bool(code) and code.partition(".")[0] in _BY_CODE
    return named and meaning_of(500, code, "") in (Meaning.UNKNOWN, Meaning.DOWNLOAD)


def are_photos_at_fault(code: str) -> bool:
    """Whether a fine-tune that FAILED with ``code`` did so for its pictures."""
    return meaning_of(500, code, "") is Meaning.PHOTO
