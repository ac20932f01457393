"""The state of OSS: buckets, objects, multipart uploads and the outbox of notifications; knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aliyun_local.oss.addressing import check_key
from aliyun_local.oss.errors import OssError, file_already_exists, position_not_equal_to_length
from aliyun_local.oss.state import versions
from aliyun_local.oss.state.archive import restoration
from aliyun_local.oss.state.buckets import check_acl
from aliyun_local.oss.state.checksums import crc64, md5_etag
from aliyun_local.oss.state.configurations import Configurations
from aliyun_local.oss.state.multipart import MultipartUploads
from aliyun_local.oss.state.objects import (
    NULL_VERSION,
    OBJECT_ACLS,
    SYMLINK,
    Attributes,
    Origin,
    StoredObject,
)
from aliyun_local.oss.state.readers import Readers
from aliyun_local.oss.state.versions import Deletion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aliyun_local.clock import Clock
    from aliyun_local.oss.state.transactions import Change


class ObjectStore(Readers):
    """Everything that one account keeps in OSS, in one region."""

    def __init__(self, data: Path | None, clock: Clock) -> None:
        """Open or create the state under the folder ``data`` (None: in memory)."""
        super().__init__(data, clock)
        self.uploads = MultipartUploads(self)
        self.configurations = Configurations(self)

    def put(
        self,
        bucket: str,
        key: str,
        content: bytes,
        attributes: Attributes | None = None,
        *,
        origin: Origin | None = None,
        event: str = "ObjectCreated:PutObject",
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Write an object, in place of what has the same key.

        Raises:
            OssError: NoSuchBucket, InvalidObjectName, or FileAlreadyExists with ``forbid_overwrite``.
        """
        self.bucket(bucket)
        check_key(key)
        attributes = attributes or Attributes()
        check_acl(attributes.acl, OBJECT_ACLS)
        blob_id, etag, crc = self.keep(content)
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=len(content),
            etag=etag,
            crc=crc,
            kind="Normal",
            modified=self.clock.now(),
            attributes=attributes,
            segments=((blob_id, len(content)),),
        )
        with self.changing(blob_id) as change:
            return self.replace(change, stored, origin or Origin(), event, forbid_overwrite=forbid_overwrite)

    def append(
        self,
        bucket: str,
        key: str,
        content: bytes,
        position: int,
        attributes: Attributes | None = None,
        *,
        origin: Origin | None = None,
    ) -> StoredObject:
        """Append to an appendable object, or begin one at position 0; appending makes no new version.

        Raises:
            OssError: PositionNotEqualToLength or ObjectNotAppendable, both 409.
        """
        self.bucket(bucket)
        check_key(key)
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
                modified=self.clock.now(),
                attributes=old.attributes if old else attributes or Attributes(),
                segments=(*old.segments, (blob_id, len(content))) if old else ((blob_id, len(content)),),
                version=old.version if old else NULL_VERSION,
            )
            if old is None:
                return self.replace(change, stored, origin or Origin(), event, position=position)
            versions.store(change.connection, stored)
            self.notify(change, stored, origin or Origin(), event, delta=size - old.size, position=position)
        return stored

    def put_symlink(
        self,
        bucket: str,
        key: str,
        target: str,
        attributes: Attributes | None = None,
        *,
        origin: Origin | None = None,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Write a symbolic link to the key ``target`` of the same bucket, whether that exists or not.

        Raises:
            OssError: NoSuchBucket, InvalidObjectName, or FileAlreadyExists with ``forbid_overwrite``.
        """
        self.bucket(bucket)
        check_key(key)
        check_key(target)
        attributes = attributes or Attributes()
        check_acl(attributes.acl, OBJECT_ACLS)
        stored = StoredObject(
            bucket=bucket,
            key=key,
            size=0,
            etag=md5_etag(target.encode()),
            crc=0,
            kind=SYMLINK,
            modified=self.clock.now(),
            attributes=attributes,
            target=target,
        )
        event = "ObjectCreated:PutSymlink"
        with self.changing() as change:
            return self.replace(change, stored, origin or Origin(), event, forbid_overwrite=forbid_overwrite)

    def copy(
        self,
        source: StoredObject,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        origin: Origin | None = None,
        forbid_overwrite: bool = False,
    ) -> StoredObject:
        """Copy what :meth:`find` gave; of a symbolic link the link is copied.

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
        return self.put(
            bucket,
            key,
            content,
            attributes,
            origin=origin,
            event="ObjectCreated:CopyObject",
            forbid_overwrite=forbid_overwrite,
        )

    def delete(
        self,
        bucket: str,
        key: str,
        *,
        version: str = "",
        origin: Origin | None = None,
        event: str = "ObjectRemoved:DeleteObject",
    ) -> Deletion:
        """Delete an object, or one ``version`` for good; deleting nothing is no error and no event.

        Where the bucket has versioning, an object is only hidden behind a new delete marker.
        """
        holder = self.bucket(bucket)
        with self.changing() as change:
            old = versions.current(change.connection, bucket, key)
            if version or not holder.versioning:
                removed = versions.remove(change, bucket, key, version or NULL_VERSION)
                deletion = Deletion(
                    existed=removed is not None,
                    version=version,
                    is_marker=removed is not None and removed.is_marker,
                )
                old = None if deletion.is_marker else removed
            else:
                marker = versions.mark_deleted(change, holder, key, old, self.clock.now())
                deletion = Deletion(existed=old is not None, version=marker, is_marker=True)
            if old is not None:
                self.notify(change, old, origin or Origin(), event, delta=-old.size)
        return deletion

    # What is said about an object

    def set_object_acl(self, bucket: str, key: str, acl: str, *, version: str = "") -> StoredObject:
        """Change who may use one object without signing; ``default`` follows the bucket.

        Raises:
            OssError: NoSuchKey, or an ACL that is none.
        """
        check_acl(acl, OBJECT_ACLS)
        return self._describe(bucket, key, version, lambda old: replace(old.attributes, acl=acl))

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str], *, version: str = "") -> StoredObject:
        """Replace the tags of an object.

        Raises:
            OssError: NoSuchKey.
        """
        return self._describe(bucket, key, version, lambda old: replace(old.attributes, tags=tags))

    def restore(self, bucket: str, key: str, days: int, *, version: str = "") -> bool:
        """Ask for an archived object and return whether this request began to restore it.

        Raises:
            OssError: NoSuchKey, OperationNotSupported, or RestoreAlreadyInProgress.
        """
        with self.changing() as change:
            stored = self.find(bucket, key, version)
            begins, period = restoration(stored, self.clock.now(), days)
            versions.rewrite(change.connection, replace(stored, restored=period))
        return begins

    # For the parts of the state that stand in modules of their own

    def replace(
        self,
        change: Change,
        stored: StoredObject,
        origin: Origin,
        event: str,
        *,
        forbid_overwrite: bool = False,
        position: int | None = None,
    ) -> StoredObject:
        """Make ``stored`` the current version of its key inside ``change``; returns it as it is kept.

        Raises:
            OssError: FileAlreadyExists; NoSuchBucket when the bucket went away meanwhile.
        """
        holder = self.bucket(stored.bucket)
        old = versions.current(change.connection, stored.bucket, stored.key)
        # Where nothing is ever overwritten, OSS does not look at x-oss-forbid-overwrite.
        if old is not None and forbid_overwrite and not holder.versioning:
            raise file_already_exists(completing=stored.kind == "Multipart")
        attributes = stored.attributes
        stored = replace(
            stored,
            version=versions.make_way(change, holder, stored.key, old),
            attributes=replace(attributes, storage_class=attributes.storage_class or holder.storage_class),
        )
        versions.store(change.connection, stored)
        delta = stored.size - (old.size if old else 0)
        self.notify(change, stored, origin, event, delta=delta, position=position)
        return stored

    def _describe(
        self, bucket: str, key: str, version: str, attributes: Callable[[StoredObject], Attributes]
    ) -> StoredObject:
        with self.changing() as change:
            old = self.find(bucket, key, version)
            stored = replace(old, attributes=attributes(old))
            versions.rewrite(change.connection, stored)
        return stored
