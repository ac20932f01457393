"""Who may do what: the owner everything, anybody else what the ACLs say (OSS, "Bucket ACLs", "Object ACLs").

Every access key that the account knows acts as the owner; RAM policies are not part of the local OSS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError, access_denied

if TYPE_CHECKING:
    from aliyun_local.oss.state.models import ObjectStore
    from aliyun_local.oss.state.objects import StoredObject

READ = "read"
WRITE = "write"
OWNER = "owner"
FORM = "form"
_OPEN_TO_ALL = {READ: ("public-read", "public-read-write"), WRITE: ("public-read-write",)}


def authorize(store: ObjectStore, principal: str | None, need: str, bucket: str, key: str = "") -> None:
    """Let ``principal`` (None: anonymous) do what needs ``need`` on a bucket or an object.

    Raises:
        OssError: 403 AccessDenied, or 404 NoSuchBucket.
    """
    if principal is not None:
        return
    acl = store.bucket(bucket).acl if bucket else "private"
    which = "bucket"
    stored = _object(store, bucket, key) if key and need == READ else None
    _check(acl, need, which, stored)
    if stored is not None and stored.target:
        _check(acl, need, which, _object(store, bucket, stored.target))


def _check(acl: str, need: str, which: str, stored: StoredObject | None) -> None:
    if stored is not None and stored.attributes.acl != "default":
        acl, which = stored.attributes.acl, "object"
    if acl not in _OPEN_TO_ALL.get(need, ()):
        raise access_denied(f"You have no right to access this object because of {which} acl.")


def _object(store: ObjectStore, bucket: str, key: str) -> StoredObject | None:
    # Whether an object exists is not told to those who may not read it.
    try:
        return store.find(bucket, key)
    except OssError:
        return None
