"""The bucket as the workflow works with it, as a protocol; :mod:`shared.workflow.ports` has the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    # For the types alone.
    from shared.domain.photos import Stored


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a listing."""

    key: str
    stored: Stored


class Version(NamedTuple):
    """A version of an object, or the mark of its deletion, which has no ETag, in a bucket that keeps them."""

    key: str
    version_id: str
    modified_at: int
    etag: str = ""


class StartedUpload(NamedTuple):
    """An object that is being written part by part, and when that began."""

    key: str
    upload_id: str
    started_at: int


class PhotoBucket(Protocol):
    """The bucket."""

    @property
    def name(self) -> str:
        """The bucket's name."""

    def stored(self, key: str) -> Stored | None:
        """Return what the bucket has under ``key`` now, or None."""

    def prepare(self, key: str, snapshot: str, etag: str = "") -> int:
        """Have OSS write the upright, shrunken JPEG of ``key`` to ``snapshot``; returns its size in bytes.

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more, or it is a link by now.
            Permanent: it cannot be read as a picture.
        """

    def bitmap(self, key: str, width: int, height: int) -> bytes:
        """Return the picture under ``key``, squeezed to so many pixels, as an uncompressed bitmap (BMP)."""

    def turn(self, key: str, degrees: int, target: str) -> None:
        """Have OSS write the picture under ``key``, turned clockwise by ``degrees``, to ``target``."""

    def processed(self, key: str, instructions: str, most_bytes: int) -> bytes:
        """Return what OSS makes of the picture under ``key``; raises Permanent if it cannot."""

    def copy(self, key: str, target: str) -> None:
        """Copy an object inside the bucket; raises NotFound, for a link as well."""

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        """Return a page of objects behind the key ``after`` and the next ``after`` (empty: the end)."""

    def list_folders(self, prefix: str, after: str, count: int) -> tuple[list[str], str]:
        """As :meth:`list_page`, of folders right below ``prefix``, named with it and with their slash."""

    def signed_url(self, key: str) -> str:
        """Return a URL that anyone can read ``key`` with for a while. Never log, store or show it."""

    def read(self, key: str, max_bytes: int = ...) -> bytes:
        """Return an object's bytes as they are stored.

        Raises:
            NotFound: there is no such object, or it is a link.
            Permanent: it is longer than ``max_bytes``.
        """

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        """Return up to ``count`` bytes, as they are stored, from ``start`` on.

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more, or it is a link.
        """

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        """Write an object; ``taken_from`` is the mark of the zip that it was taken out of."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is none."""

    def write_json(self, key: str, text: str) -> None:
        """Write a JSON document."""

    def is_versioned(self) -> bool:
        """Whether the bucket keeps what is deleted."""

    def versions_page(self, prefix: str, after: Version | None) -> tuple[list[Version], Version | None]:
        """Return a page of versions, and what the next page comes after (None: the end)."""

    def delete_version(self, version: Version) -> None:
        """Delete a version for good."""

    def begin_upload(self, key: str, content_type: str) -> str:
        """Begin an object that is written part by part; returns the id of its upload."""

    def upload_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """Upload a part, from 1 on, in the place of an earlier one; returns its ETag."""

    def complete_upload(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        """Make the object of its parts."""

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Remove an upload with its parts; one that is not there is none."""

    def uploads_page(
        self, prefix: str, after: StartedUpload | None
    ) -> tuple[list[StartedUpload], StartedUpload | None]:
        """Return a page of uploads that go on, and what the next page comes after (None: the end)."""
