"""Writes a zip into the bucket, part by part, and can go on where another run has left off.

Of what is written at most a part and the piece that comes to it are in memory, however long the zip becomes.
Used by :mod:`shared.workflow.exporting`; the bytes of a zip are those of :mod:`shared.domain.zip_writing`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.exports import Progress
from shared.workflow.ports import PhotoBucket

PART_BYTES = 8 * 1024 * 1024
LEAST_PART_BYTES = 100 * 1024
"""OSS, "UploadPart": every part but the last one has at least so much."""


class ZipUpload:
    """The upload of one zip.

    Attributes:
        bytes: how long the zip is so far.
    """

    def __init__(self, bucket: PhotoBucket, key: str, upload_id: str, progress: Progress) -> None:
        self._bucket = bucket
        self._key = key
        self._upload_id = upload_id
        self._etags = list(progress.etags)
        self._rest = bytearray.fromhex(progress.rest)
        self.bytes = progress.bytes

    def write(self, content: bytes) -> None:
        """Add bytes; parts that become full are sent.

        Raises:
            Trouble: a part is refused; nothing of this run counts any more.
        """
        self._rest += content
        self.bytes += len(content)
        while len(self._rest) >= PART_BYTES:
            self._send(PART_BYTES)

    def put_down(self, progress: Progress) -> Progress:
        """Return ``progress`` with all that another run needs to go on; what makes a part is sent."""
        if len(self._rest) >= LEAST_PART_BYTES:
            self._send(len(self._rest))
        return replace(progress, bytes=self.bytes, etags=tuple(self._etags), rest=self._rest.hex())

    def complete(self) -> None:
        """Send the rest and make the object.

        Raises:
            Trouble: ``NoSuchUpload``, also where an earlier try has taken effect.
        """
        if self._rest:
            self._send(len(self._rest))
        self._bucket.complete_upload(self._key, self._upload_id, self._etags)

    def _send(self, count: int) -> None:
        with memoryview(self._rest) as rest:
            content = bytes(rest[:count])
        del self._rest[:count]
        etag = self._bucket.upload_part(self._key, self._upload_id, len(self._etags) + 1, content)
        self._etags.append(etag)
