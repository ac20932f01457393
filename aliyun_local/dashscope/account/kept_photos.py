"""The photos of fine-tunes, kept from the start of the training on, for the portraits of the trained person.

A training's URLs end and its uploaded files are deleted, and portraits are asked for later. ``scheduling``
and ``submission`` hand the photos over, ``portrait_studio`` reads them, and a fine-tune that is deleted,
fails or is canceled takes its photos along.

The files are kept as they came and decoded when a portrait is looked at, so that a training costs the same
with and without them. Nobody asks for portraits in most simulations, and these keep the account in memory:
there the photos are references to bytes that have been read anyway, of the newest fine-tunes, and few. With a
data folder they are files in it, of more fine-tunes than an account may have with photos of a usual size.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from aliyun_local.dashscope.pictures.inspection import MAX_IMAGE_BYTES
from aliyun_local.private_files import make_private_folder, open_private

PHOTOS_EACH = 4
"""Photos that are kept of one fine-tune: a portrait task has at most four pictures."""
MOST_BYTES_IN_MEMORY = 8 * 1024**2
MOST_BYTES_ON_DISK = 256 * 1024**2


class KeptPhotos:
    """The photos of the newest fine-tunes, by the fine-tune's ``sequence``. Any thread may call it."""

    def __init__(self, folder: Path | None, known: Collection[int], *, most_bytes: int | None = None) -> None:
        """Keep photos in ``folder`` (None: in memory).

        Args:
            folder: Made if it is missing. Photos in it of other fine-tunes than the ``known`` are removed.
            known: The fine-tunes that exist.
            most_bytes: Of all photos together; beyond it the oldest fine-tunes lose theirs. None is
                :data:`MOST_BYTES_ON_DISK` or :data:`MOST_BYTES_IN_MEMORY`.
        """
        self._folder = folder
        self._most_bytes = most_bytes or (MOST_BYTES_IN_MEMORY if folder is None else MOST_BYTES_ON_DISK)
        self._lock = threading.Lock()
        self._contents: dict[int, tuple[bytes, ...]] = {}
        # Fine-tunes in the order in which their photos came, and the bytes of each.
        self._sizes: dict[int, int] = {}
        self._total = 0
        if folder is not None:
            make_private_folder(folder)
            self._take_up(folder, known)

    def keep(self, sequence: int, photos: Sequence[bytes]) -> None:
        """Keep the first of the ``photos`` of a fine-tune, in place of those that it has had."""
        kept = tuple(photo for photo in photos if len(photo) <= MAX_IMAGE_BYTES)[:PHOTOS_EACH]
        with self._lock:
            self._remove(sequence)
            if not kept:
                return
            self._count(sequence, sum(map(len, kept)))
            if self._folder is None:
                self._contents[sequence] = kept
            else:
                for number, photo in enumerate(kept):
                    with open_private(self._folder / f"{sequence}-{number}", "wb") as file:
                        file.write(photo)
            while self._total > self._most_bytes:
                self._remove(next(iter(self._sizes)))

    def of(self, sequence: int) -> list[bytes]:
        """Return the photos of a fine-tune; none if it has had none, or they were too old to keep."""
        with self._lock:
            if self._folder is None:
                return list(self._contents.get(sequence, ()))
            photos = []
            for path in self._paths(sequence):
                with suppress(FileNotFoundError):
                    photos.append(path.read_bytes())
            return photos

    def remove(self, sequence: int) -> None:
        """Remove the photos of a fine-tune, if there are some."""
        with self._lock:
            self._remove(sequence)

    def _remove(self, sequence: int) -> None:
        size = self._sizes.pop(sequence, None)
        if size is None:
            return
        self._total -= size
        self._contents.pop(sequence, None)
        for path in self._paths(sequence):
            path.unlink(missing_ok=True)

    def _paths(self, sequence: int) -> list[Path]:
        return [] if self._folder is None else sorted(self._folder.glob(f"{sequence}-*"))

    def _count(self, sequence: int, size: int) -> None:
        self._sizes[sequence] = self._sizes.get(sequence, 0) + size
        self._total += size

    def _take_up(self, folder: Path, known: Collection[int]) -> None:
        """Count the photos that are there already; remove those that a kill has left without a fine-tune."""
        found = []
        for path in folder.iterdir():
            sequence = path.name.partition("-")[0]
            if sequence.isascii() and sequence.isdigit() and int(sequence) in known:
                found.append((int(sequence), path.stat().st_size))
            else:
                path.unlink()
        for number, size in sorted(found):
            self._count(number, size)
