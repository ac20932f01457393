"""Objects that are written part by part, over many runs, and handed out: of ``photo_bucket``, for exports.

OSS, "Multipart upload": a part has at least 100 KB but for the last, an upload 10,000 parts. A part that is
sent again takes the place of the one before. What is neither completed nor aborted stays and is in no listing
of objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from shared.domain.trouble_kinds import Api
from shared.errors import Trouble
from shared.workflow.bucket_port import StartedUpload

PAGE = 100
GONE = "NoSuchUpload"

_T = TypeVar("_T")


class _Part(NamedTuple):
    """A part, as oss2 wants to be told of it."""

    part_number: int
    etag: str
    size: None = None
    part_crc: None = None


class MultipartBucket:
    """A bucket that takes objects in parts; its user makes the calls of oss2."""

    _bucket: Any
    _public: Any

    def _call(self, api: Api, do: Callable[[], _T]) -> _T:
        raise NotImplementedError

    def begin_upload(self, key: str, content_type: str) -> str:
        """Begin an object; returns the id of its upload."""
        headers = {"Content-Type": content_type}
        begun = self._call(Api.WRITING, lambda: self._bucket.init_multipart_upload(key, headers=headers))
        return str(begun.upload_id)

    def upload_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """Upload a part, from 1 on; returns its ETag. May be repeated.

        Raises:
            Trouble: of the code ``NoSuchUpload``: it is completed, or aborted.
        """
        sent = self._call(Api.WRITING, lambda: self._bucket.upload_part(key, upload_id, number, content))
        return str(sent.etag)

    def complete_upload(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        """Make the object of its parts.

        Raises:
            Trouble: ``NoSuchUpload``, also where an earlier try has taken effect; ``InvalidPart``: a part is
                not the one that was sent.
        """
        parts = [_Part(number, etag) for number, etag in enumerate(etags, 1)]
        self._call(Api.WRITING, lambda: self._bucket.complete_multipart_upload(key, upload_id, parts))

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Remove an upload with its parts; one that is not there is none."""
        try:
            self._call(Api.WRITING, lambda: self._bucket.abort_multipart_upload(key, upload_id))
        except Trouble as trouble:
            if trouble.code != GONE:
                raise

    def uploads_page(
        self, prefix: str, after: StartedUpload | None
    ) -> tuple[list[StartedUpload], StartedUpload | None]:
        """Return a page of uploads that go on, and what the next page comes after (None: the end)."""
        page = self._call(
            Api.LISTING,
            lambda: self._bucket.list_multipart_uploads(
                prefix=prefix,
                key_marker=after.key if after else "",
                upload_id_marker=after.upload_id if after else "",
                max_uploads=PAGE,
            ),
        )
        found = [
            StartedUpload(one.key, one.upload_id, int(one.initiation_date) * 1000) for one in page.upload_list
        ]
        if not page.is_truncated:
            return found, None
        return found, StartedUpload(page.next_key_marker, page.next_upload_id_marker, 0)

    def outside_url(self, key: str, seconds: int, disposition: str) -> str:
        """Return a URL by which anybody gets the object for so long; empty: nobody outside gets any.

        Accounts that have OSS since 2025-03-20 are refused their public endpoint (OSS, "Access OSS through a
        custom domain name"), so that is asked first. Never log, store or show it.
        """
        if self._public.endpoint == self._bucket.endpoint:
            # No other is set: this is the one inside the region, which nobody outside reaches.
            return ""
        try:
            self._call(Api.READING, lambda: self._public.head_object(key))
        except Trouble:
            return ""
        asked = {"response-content-disposition": disposition}
        return str(self._public.sign_url("GET", key, seconds, params=asked, slash_safe=True))
