"""Archived objects: they are restored before they can be read (OSS, "RestoreObject").

OSS takes a minute for what is archived and hours for what lies deeper; here it is a minute for all of them,
because nobody waits hours for a test.
"""

from __future__ import annotations

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state.objects import StoredObject

ARCHIVED_CLASSES = ("Archive", "ColdArchive", "DeepColdArchive")
RESTORING_SECONDS = 60
_DAY_SECONDS = 24 * 3600


def restoration(stored: StoredObject, now: float, days: int) -> tuple[bool, tuple[float, float]]:
    """Return whether restoring begins now, and from when until when the object can be read.

    Raises:
        OssError: OperationNotSupported for what is not archived, RestoreAlreadyInProgress.
    """
    if stored.attributes.storage_class not in ARCHIVED_CLASSES:
        message = "The operation is not supported for this resource."
        raise OssError(400, "OperationNotSupported", message)
    start, stop = stored.restored or (0.0, 0.0)
    if now < start:
        raise OssError(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")
    if now < stop:
        return False, (start, now + days * _DAY_SECONDS)
    start = now + RESTORING_SECONDS
    return True, (start, start + days * _DAY_SECONDS)


def check_readable(stored: StoredObject, now: float) -> None:
    """Refuse to read what is archived and not restored.

    Raises:
        OssError: InvalidObjectState.
    """
    if stored.attributes.storage_class not in ARCHIVED_CLASSES:
        return
    start, stop = stored.restored or (0.0, 0.0)
    if not start <= now < stop:
        message = "The operation is not valid for the object's state"
        raise OssError(403, "InvalidObjectState", message, ObjectName=stored.key)
