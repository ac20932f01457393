"""The versions of objects, in a bucket that keeps what is deleted. A part of ``photo_bucket``, for erasures.

OSS, "Versioning": a plain delete puts a delete marker on top, and everything below it stays until it is
deleted by its version's id. A bucket whose versioning is suspended keeps the versions that it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from shared.domain.trouble_kinds import Api
from shared.workflow.ports import Version

PAGE = 100

_T = TypeVar("_T")


class VersionedBucket:
    """A bucket that may keep versions; its user makes the calls of oss2."""

    _bucket: Any

    def _call(self, api: Api, do: Callable[[], _T]) -> _T:
        raise NotImplementedError

    def is_versioned(self) -> bool:
        """Whether the bucket keeps what is deleted, or has kept it (OSS, "GetBucketVersioning")."""
        return bool(self._call(Api.LISTING, lambda: self._bucket.get_bucket_versioning()).status)

    def versions_page(self, prefix: str, after: Version | None) -> tuple[list[Version], Version | None]:
        """Return a page of versions, and what the next page comes after (None: the end)."""
        page = self._call(
            Api.LISTING,
            lambda: self._bucket.list_object_versions(
                prefix=prefix,
                key_marker=after.key if after else "",
                versionid_marker=after.version_id if after else "",
                max_keys=PAGE,
            ),
        )
        # A mark of a deletion has no content.
        entries = [(one, one.etag) for one in page.versions] + [(one, "") for one in page.delete_marker]
        found = [
            Version(one.key, one.versionid, int(one.last_modified) * 1000, etag) for one, etag in entries
        ]
        if not page.is_truncated:
            return found, None
        return found, Version(page.next_key_marker, page.next_versionid_marker, 0)

    def delete_version(self, version: Version) -> None:
        """Delete a version for good; one that is not there is none."""
        params = {"versionId": version.version_id}
        self._call(Api.WRITING, lambda: self._bucket.delete_object(version.key, params=params))
