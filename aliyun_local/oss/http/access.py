"""Access control: the owner has every right, anonymous callers have the rights that the ACLs give to all.

:mod:`aliyun_local.oss.http.responses` calls this for every operation, by the operation's ``access``. Copies,
forms and image processing call it again for the second object or bucket that they touch. OSS, "Bucket ACLs",
"Object ACLs". Every access key of the account acts as the owner; RAM policies are not part of the local OSS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, access_denied
from aliyun_local.oss.http.encryption import ALGORITHM

if TYPE_CHECKING:
    from aliyun_local.oss.behaviour import OssBehaviour
    from aliyun_local.oss.state.models import ObjectStore
    from aliyun_local.oss.state.objects import StoredObject

READ = "read"
WRITE = "write"
OWNER = "owner"
FORM = "form"
"""The access of an operation that checks its caller itself, by the signed policy in a form."""

_OPEN_TO_ALL = {READ: ("public-read", "public-read-write"), WRITE: ("public-read-write",)}


def authorize(store: ObjectStore, principal: str | None, access: str, bucket: str, key: str = "") -> None:
    """Check that ``principal`` (None: anonymous) has ``access`` to a bucket or an object.

    Raises:
        OssError: 403 AccessDenied, or 404 NoSuchBucket.
    """
    if principal is not None:
        return
    acl = store.bucket(bucket).acl if bucket else "private"
    stored = _find(store, bucket, key) if key and access == READ else None
    _check(acl, access, stored)
    if stored is not None and stored.target:
        _check(acl, access, _find(store, bucket, stored.target))


def check_readable_by_all(stored: StoredObject, behaviour: OssBehaviour) -> None:
    """Refuse to read an object that the account's switches close to every caller.

    OSS, "HTTP status code 403": a deny in a bucket policy comes before every right, and who reads an object
    that is encrypted with a KMS key needs a permission for that key too.

    Raises:
        OssError: 403 AccessDenied.
    """
    if behaviour.denied_prefix and stored.key.startswith(behaviour.denied_prefix):
        raise access_denied("Access denied by bucket policy.")
    if stored.attributes.headers.get(ALGORITHM) == "KMS" and not behaviour.decrypts_with_kms:
        raise access_denied("This request is forbidden by kms.", "")


def _check(acl: str, access: str, stored: StoredObject | None) -> None:
    level = "bucket"
    if stored is not None and stored.attributes.acl != "default":
        acl, level = stored.attributes.acl, "object"
    if acl not in _OPEN_TO_ALL.get(access, ()):
        raise access_denied(f"You have no right to access this object because of {level} acl.")


def _find(store: ObjectStore, bucket: str, key: str) -> StoredObject | None:
    # Callers without access must not learn whether an object exists.
    try:
        return store.find(bucket, key)
    except OssError:
        return None
