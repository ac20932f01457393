"""Archived objects, which are restored before they can be read (OSS, "RestoreObject").

Writers and readers of the store call this. OSS takes a minute to restore an Archive object and hours for the
colder classes; here every restoration takes a minute, because a test cannot wait hours.
"""

from __future__ import annotations

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state.objects import Restoration, StoredObject

ARCHIVED_CLASSES = ("Archive", "ColdArchive", "DeepColdArchive")
RESTORING_SECONDS = 60
_DAY_SECONDS = 24 * 3600


def next_restoration(stored: StoredObject, now: float, days: int) -> tuple[bool, Restoration]:
    """Return whether a request at ``now`` begins a restoration, and the span in which the object can be read.

    Raises:
        OssError: OperationNotSupported for an object that is not archived, RestoreAlreadyInProgress.
    """
    if stored.attributes.storage_class not in ARCHIVED_CLASSES:
        message = "The operation is not supported for this resource."
        raise OssError(400, "OperationNotSupported", message)
    start, stop = stored.restoration or (0.0, 0.0)
    if now < start:
        raise OssError(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")
    if now < stop:
        return False, Restoration(start, now + days * _DAY_SECONDS)
    start = now + RESTORING_SECONDS
    return True, Restoration(start, start + days * _DAY_SECONDS)


def check_readable(stored: StoredObject, now: float) -> None:
    """Refuse to read an archived object outside of its restoration.

    Raises:
        OssError: InvalidObjectState.
    """
    if stored.attributes.storage_class not in ARCHIVED_CLASSES:
        return
    start, stop = stored.restoration or (0.0, 0.0)
    if not start <= now < stop:
        message = "The operation is not valid for the object's state"
        raise OssError(403, "InvalidObjectState", message, ObjectName=stored.key)
