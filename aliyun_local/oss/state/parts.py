"""The values of multipart uploads: uploads, their parts, and the choice of parts that completes one.

:mod:`aliyun_local.oss.state.multipart` reads and writes them; the handlers show them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state.objects import Attributes, StoredObject

MIN_PART_BYTES = 100 * 1024
MAX_PART_NUMBER = 10_000


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An upload that is neither completed nor aborted. ``started_at`` is in seconds since the epoch."""

    id: str
    bucket: str
    key: str
    started_at: float
    attributes: Attributes

    def row(self) -> tuple[object, ...]:
        """Return the values of the database row."""
        return (self.id, self.bucket, self.key, self.started_at, json.dumps(asdict(self.attributes)))

    @classmethod
    def from_row(cls, row: tuple[str, str, str, float, str]) -> Upload:
        """Return the upload in a database row."""
        attributes = Attributes(**json.loads(row[4]))
        return cls(id=row[0], bucket=row[1], key=row[2], started_at=row[3], attributes=attributes)

    def described(self, part: Part | None = None) -> StoredObject:
        """Return the object that a notification about this upload, or a part of it, describes."""
        return StoredObject(
            bucket=self.bucket,
            key=self.key,
            size=part.size if part else 0,
            etag=part.etag if part else "",
            crc=0,
            kind="Multipart",
            modified_at=self.started_at,
            attributes=self.attributes,
        )


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an upload. ``modified_at`` is in seconds since the epoch, ``size`` in bytes."""

    number: int
    blob_id: str
    size: int
    etag: str
    modified_at: float
    crc: int

    @classmethod
    def from_row(cls, row: tuple[int, str, int, str, float, str]) -> Part:
        """Return the part in a database row."""
        return cls(
            number=row[0], blob_id=row[1], size=row[2], etag=row[3], modified_at=row[4], crc=int(row[5])
        )


def choose_parts(parts: Sequence[Part], wanted: Sequence[tuple[int, str]] | None) -> list[Part]:
    """Return the parts with the numbers and ETags in ``wanted``, all of them for None.

    Raises:
        OssError: InvalidPartOrder, InvalidPart or EntityTooSmall.
    """
    chosen = list(parts) if wanted is None else _named(parts, wanted)
    if not chosen:
        raise OssError(400, "InvalidPart", "An upload cannot be completed without parts.")
    if any(part.size < MIN_PART_BYTES for part in chosen[:-1]):
        raise OssError(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size."
        )
    return chosen


def _named(parts: Sequence[Part], wanted: Sequence[tuple[int, str]]) -> list[Part]:
    numbers = [number for number, _ in wanted]
    if numbers != sorted(set(numbers)):
        raise OssError(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    by_number = {part.number: part for part in parts}
    chosen = []
    for number, etag in wanted:
        part = by_number.get(number)
        if part is None or part.etag != etag.strip().strip('"').upper():
            message = "One or more of the specified parts could not be found or the ETag did not match."
            raise OssError(400, "InvalidPart", message, PartNumber=str(number))
        chosen.append(part)
    return chosen
