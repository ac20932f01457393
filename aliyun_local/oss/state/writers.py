"""Writing the objects of the account: put, append, link, copy, delete, describe, restore.

A layer of :class:`aliyun_local.oss.state.models.ObjectStore`, on the readers. Every change ends in
:meth:`Writers.make_current` or in a function of :mod:`aliyun_local.oss.state.versions`, and in a
notification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import OssError, file_already_exists, position_not_equal_to_length
from aliyun_local.oss.state import versions
from aliyun_local.oss.state.archive import next_restoration
from aliyun_local.oss.state.checksums import crc64, md5_etag
from aliyun_local.oss.state.objects import (
    NO_REQUEST,
    NULL_VERSION,
    OBJECT_ACLS,
    SYMLINK,
    Attributes,
    Origin,
    StoredObject,
    check_acl,
)
from aliyun_local.oss.state.readers import Readers
from aliyun_local.oss.state.versions import Deletion

if TYPE_CHECKING:
    from aliyun_local.oss.state.transactions import Change
    from aliyun_local.payloads import Payload

_NO_ATTRIBUTES = Attributes()


class Writers(Readers):
    """The buckets, and the methods that read and change objects."""

    def put(
        self,
        bucket: str,
        key: str,
        content: Payload,
        attributes: Attributes = _NO_ATTRIBUTES,
        *,
        origin: Origin = NO_REQUEST,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Write an object, in place of the one with the same key.

        Raises:
            OssError: NoSuchBucket, InvalidObjectName, or FileAlreadyExists with ``forbid_overwrite``.
        """
        self._check_writable(bucket, key, attributes)
        blob = self.write_blob(content)
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=len(content),
            etag=blob.etag,
            crc=blob.crc,
            kind="Normal",
            modified_at=self.clock.now(),
            attributes=attributes,
            segments=((blob.id, len(content)),),
        )
        with self.changing(blob.id) as change:
            event = "ObjectCreated:PutObject"
            return self.make_current(change, stored, origin, event, forbid_overwrite=forbid_overwrite)

    def append(
        self,
        bucket: str,
        key: str,
        content: Payload,
        position: int,
        attributes: Attributes = _NO_ATTRIBUTES,
        *,
        origin: Origin = NO_REQUEST,
    ) -> StoredObject:
        """Append to an appendable object, or create one at position 0; appending makes no new version.

        Raises:
            OssError: PositionNotEqualToLength or ObjectNotAppendable, both 409.
        """
        self._check_writable(bucket, key, attributes)
        blob_id = self.blobs.write(content)
        event = "ObjectCreated:AppendObject"
        with self.changing(blob_id) as change:
            old = versions.current(change.connection, bucket, key)
            if old is not None and old.kind != "Appendable":
                message = "The object is not appendable."
                raise OssError(409, "ObjectNotAppendable", message, "0026-00000017")
            if position != (old.size if old else 0):
                raise position_not_equal_to_length(old.size if old else 0)
            size = position + len(content)
            stored = StoredObject(
                bucket=bucket,
                key=key,
                size=size,
                etag=f"{md5_etag(content)[:16]}{size:016X}",
                crc=crc64(content, old.crc if old else 0),
                kind="Appendable",
                modified_at=self.clock.now(),
                attributes=old.attributes if old else attributes,
                segments=(*(old.segments if old else ()), (blob_id, len(content))),
                version=old.version if old else NULL_VERSION,
            )
            if old is None:
                return self.make_current(change, stored, origin, event, position=position)
            versions.store(change.connection, stored)
            self.notify(change, stored, origin, event, delta_size=len(content), position=position)
        return stored

    def put_symlink(
        self,
        bucket: str,
        key: str,
        target: str,
        attributes: Attributes = _NO_ATTRIBUTES,
        *,
        origin: Origin = NO_REQUEST,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Write a symbolic link to the key ``target`` of the same bucket, which need not exist.

        Raises:
            OssError: NoSuchBucket, InvalidObjectName, or FileAlreadyExists with ``forbid_overwrite``.
        """
        self._check_writable(bucket, key, attributes)
        check_key(target)
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=0,
            etag=md5_etag(target.encode()),
            crc=0,
            kind=SYMLINK,
            modified_at=self.clock.now(),
            attributes=attributes,
            target=target,
        )
        with self.changing() as change:
            event = "ObjectCreated:PutSymlink"
            return self.make_current(change, stored, origin, event, forbid_overwrite=forbid_overwrite)

    def copy(
        self,
        source: StoredObject,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        origin: Origin = NO_REQUEST,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Copy the ``source`` that :meth:`find` returned; of a symbolic link, the link itself.

        Raises:
            OssError: NoSuchBucket, NoSuchKey, InvalidObjectState or FileAlreadyExists.
        """
        if source.kind == SYMLINK:
            return self.put_symlink(
                bucket, key, source.target, attributes, origin=origin, forbid_overwrite=forbid_overwrite
            )
        _, content = self.get_range(
            source.bucket, source.key, lambda stored: (0, stored.size), version=source.version
        )
        origin = replace(origin, event="ObjectCreated:CopyObject")
        return self.put(bucket, key, content, attributes, origin=origin, forbid_overwrite=forbid_overwrite)

    def delete(self, bucket: str, key: str, *, version: str = "", origin: Origin = NO_REQUEST) -> Deletion:
        """Delete an object, or one ``version`` of it for good.

        Without ``version``, a bucket with versioning gets a new delete marker instead. A deletion of nothing
        is no error and makes no notification.
        """
        holder = self.bucket(bucket)
        with self.changing() as change:
            if version or not holder.versioning:
                removed = versions.remove(change, bucket, key, version or NULL_VERSION)
                is_marker = removed is not None and removed.is_marker
                deletion = Deletion(version=version, is_marker=is_marker)
                old = None if is_marker else removed
            else:
                old = versions.current(change.connection, bucket, key)
                marker = versions.mark_deleted(change, holder, key, old, self.clock.now())
                deletion = Deletion(version=marker, is_marker=True)
            if old is not None:
                self.notify(change, old, origin, "ObjectRemoved:DeleteObject", delta_size=-old.size)
        return deletion

    def set_object_acl(self, bucket: str, key: str, acl: str, *, version: str = "") -> StoredObject:
        """Change the ACL of an object; ``default`` is that of the bucket.

        Raises:
            OssError: NoSuchKey, or an unknown ACL.
        """
        check_acl(acl, OBJECT_ACLS)
        return self._describe(bucket, key, version, lambda old: replace(old, acl=acl))

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str], *, version: str = "") -> StoredObject:
        """Replace the tags of an object.

        Raises:
            OssError: NoSuchKey.
        """
        return self._describe(bucket, key, version, lambda old: replace(old, tags=tags))

    def restore(self, bucket: str, key: str, days: int, *, version: str = "") -> bool:
        """Restore an archived object for ``days``, and return whether this request began the restoration.

        Raises:
            OssError: NoSuchKey, OperationNotSupported, or RestoreAlreadyInProgress.
        """
        with self.changing() as change:
            stored = self.find(bucket, key, version)
            begins, restoration = next_restoration(stored, self.clock.now(), days)
            versions.rewrite(change.connection, replace(stored, restoration=restoration))
        return begins

    def make_current(
        self,
        change: Change,
        stored: StoredObject,
        origin: Origin,
        event: str,
        *,
        forbid_overwrite: bool = False,
        position: int | None = None,
    ) -> StoredObject:
        """Make ``stored`` the current version of its key, as part of ``change``, and return it as stored.

        Raises:
            OssError: FileAlreadyExists; NoSuchBucket if the bucket was deleted in the meantime.
        """
        holder = self.bucket(stored.bucket)
        old = versions.current(change.connection, stored.bucket, stored.key)
        # OSS ignores x-oss-forbid-overwrite in buckets with versioning, where nothing is overwritten.
        if old is not None and forbid_overwrite and not holder.versioning:
            raise file_already_exists(completing=stored.kind == "Multipart")
        attributes = stored.attributes
        stored = replace(
            stored,
            version=versions.supersede(change, holder, stored.key, old),
            attributes=replace(attributes, storage_class=attributes.storage_class or holder.storage_class),
        )
        versions.store(change.connection, stored)
        delta_size = stored.size - (old.size if old else 0)
        self.notify(change, stored, origin, event, delta_size=delta_size, position=position)
        return stored

    def _check_writable(self, bucket: str, key: str, attributes: Attributes) -> None:
        self.bucket(bucket)
        check_key(key)
        check_acl(attributes.acl, OBJECT_ACLS)

    def _describe(
        self, bucket: str, key: str, version: str, changed: Callable[[Attributes], Attributes]
    ) -> StoredObject:
        with self.changing() as change:
            old = self.find(bucket, key, version)
            stored = replace(old, attributes=changed(old.attributes))
            versions.rewrite(change.connection, stored)
        return stored
