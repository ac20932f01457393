"""A photo set: the photos of one training, as a value; when it is complete, and which photos are trained on.

:class:`shared.domain.job.Job` holds one and keeps the life of the training around it. Every method returns a
new value. ``now`` and names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from shared.domain.photos import Photo, Verdict
from shared.domain.rules import MAX_PHOTOS, Rules

NEVER = 2**62
"""A moment that does not come: the set waits for another photo."""
MAX_RECORDED = 300
"""Photos that a row shows."""
MAX_CARRIED = 20
MAX_REMEMBERED = 50_000
UNPACKING_TAKES_MS = 120_000
"""By then the run that began to unpack a zip is dead, and the next run continues."""


class ClosedBy(str, Enum):
    """The condition that completed a set."""

    MARKER = "marker"
    COUNT = "count"
    QUIET = "quiet"


@dataclass(frozen=True, kw_only=True)
class PhotoSet:
    """The photos of one training.

    Attributes:
        photos: the photos that arrived for this set, with verdicts, in the order of recording.
        earlier: fingerprints of the names and ETags that were recorded before, so that a late or repeated
            event opens nothing. They are short: a column of a row holds at most 2 MB.
        ready_at: the marker's modification time, 0 without a marker.
        last_photo_at: when the latest photo was recorded.
    """

    photos: tuple[Photo, ...] = ()
    earlier: Mapping[str, str] = field(default_factory=dict)
    ready_at: int = 0
    last_photo_at: int = 0

    # -- its photos ----------------------------------------------------------------------------------

    @property
    def usable(self) -> tuple[Photo, ...]:
        """The photos that can be trained on."""
        return tuple(photo for photo in self.photos if photo.verdict is Verdict.USABLE)

    @property
    def new_usable(self) -> tuple[Photo, ...]:
        """The usable photos that arrived for this set: without one there is nothing to train."""
        return tuple(photo for photo in self.usable if photo.is_new)

    @property
    def unchecked(self) -> tuple[Photo, ...]:
        """The photos whose face check is still to come."""
        return tuple(photo for photo in self.photos if photo.verdict is Verdict.UNCHECKED)

    @property
    def unpacking(self) -> tuple[Photo, ...]:
        """The zips that are not unpacked to their end."""
        return tuple(photo for photo in self.photos if photo.verdict is Verdict.UNPACKING)

    @property
    def is_marked(self) -> bool:
        """Whether the marker speaks for all photos of the set: none was uploaded after it.

        The bucket's times are whole seconds; the folder is listed only after the marker's second has passed.
        """
        return bool(self.ready_at) and all(photo.uploaded_at <= self.ready_at for photo in self.photos)

    @property
    def is_crowded(self) -> bool:
        """Whether another photo would push out one that still waits for its verdict."""
        return len(self.photos) >= MAX_RECORDED and not any(map(_may_be_pushed_out, self.photos))

    @property
    def is_full(self) -> bool:
        """Whether the person has more photos than one row can remember."""
        return len(self.earlier) >= MAX_REMEMBERED

    def photo(self, name: str) -> Photo | None:
        """Return the record of the photo called ``name``, or None."""
        return next((photo for photo in self.photos if photo.name == name), None)

    def knows(self, name: str, etag: str, *, is_open: bool) -> bool:
        """Whether this very content under this name has been recorded, now or in an earlier revision.

        The latest content under the name counts: a picture that was changed and changed back is news. A zip
        is not known before it has been unpacked. ``is_open``: the set still takes photos.
        """
        recorded = self.photo(name)
        if recorded is not None and recorded.verdict is Verdict.UNPACKING:
            return False
        if recorded is not None and is_open:
            return recorded.etag == etag
        latest = self.earlier.get(fingerprint(name), recorded.etag[:8] if recorded else None)
        return latest == etag[:8]

    def has_picture(self, photo: Photo) -> bool:
        """Whether the set can already use the same picture under another name."""
        return any(
            other.etag == photo.etag and other.may_be_used and other.name != photo.name
            for other in self.photos
        )

    def arrived_at(self, name: str, modified_at: int) -> int:
        """When the upload ``name`` arrived: a file that was taken out of a zip came with the zip."""
        unpacked = (Verdict.UNPACKING, Verdict.UNPACKED)
        archives = (photo for photo in self.photos if photo.verdict in unpacked)
        return next((one.uploaded_at for one in archives if name.startswith(f"{one.name}/")), modified_at)

    # -- when it is complete ------------------------------------------------------------------------

    def completed_by(self, rules: Rules, now: int) -> ClosedBy | None:
        """Say what completes the set at ``now``, or None while it has to wait.

        An unchecked photo holds the set open while the face check is on, and so does a zip that is being
        unpacked: no unchecked photo is paid for, and no usable one is left behind. Quiet time needs
        ``min_photos`` usable photos, or no new usable one at all, in which case the set is to be rejected.
        Carried photos complete nothing: they have been trained on.
        """
        if self.unpacking or (rules.face_check and self.unchecked):
            return None
        if not any(photo.is_new for photo in self.photos):
            return None
        usable = len(self.new_usable)
        if rules.close_at and usable >= rules.close_at:
            return ClosedBy.COUNT
        if self.is_marked:
            return ClosedBy.MARKER
        is_quiet = now >= self.last_photo_at + rules.quiet_ms
        return ClosedBy.QUIET if is_quiet and (len(self.usable) >= rules.min_photos or not usable) else None

    def next_look_at(self, rules: Rules) -> int:
        """When the set is to be looked at: at once, when it will be quiet, or not before another photo."""
        if not any(photo.is_new for photo in self.photos):
            return NEVER
        if self.unpacking:
            return min(photo.recorded_at + UNPACKING_TAKES_MS for photo in self.unpacking)
        is_enough = 0 < rules.close_at <= len(self.new_usable)
        if self.is_marked or is_enough or self.unchecked:
            return self.last_photo_at
        if self.new_usable and len(self.usable) < rules.min_photos:
            return NEVER
        return self.last_photo_at + rules.quiet_ms

    def chosen(self) -> tuple[Photo, ...]:
        """Return the photos to train on: the 10 newest usable ones, those of one moment by their names.

        A new photo comes before a carried one, even when its upload is older and was found only now.
        """
        newest = sorted(self.usable, key=_newest_first)[:MAX_PHOTOS]
        return tuple(photo for photo in self.usable if photo in newest)

    # -- how it changes -----------------------------------------------------------------------------

    def with_photo(self, photo: Photo, now: int) -> PhotoSet:
        """Record ``photo`` in place of one of the same name; the quiet time starts again.

        A copy of a picture that the set already has is a duplicate, whatever its verdict was before.
        """
        if photo.may_be_used and self.has_picture(photo):
            photo = replace(photo, verdict=Verdict.DUPLICATE)
        return self._with_recorded([photo], now)

    def with_unpacked(self, archive: Photo, refused: Iterable[Photo], now: int) -> PhotoSet:
        """Record an unpacked zip and its ``refused`` entries in place of earlier records of it."""
        left = tuple(photo for photo in self.photos if photo.archive != archive.name)
        return replace(self, photos=left)._with_recorded([*refused, archive], now)

    def _with_recorded(self, news: Collection[Photo], now: int) -> PhotoSet:
        names = {photo.name for photo in news}
        photos = [*(other for other in self.photos if other.name not in names), *news]
        # The row stays small, however many files lie in the folder; the log has their verdicts.
        too_many = max(0, len(photos) - MAX_RECORDED)
        dropped = [*filter(_may_be_pushed_out, photos), *reversed(photos)][:too_many]
        return replace(
            self,
            photos=tuple(photo for photo in photos if photo not in dropped),
            earlier=_remembering(self.earlier, dropped) if dropped else self.earlier,
            last_photo_at=now,
        )

    def with_late_photo(self, photo: Photo) -> PhotoSet:
        """Record one photo too many, uploaded before the set closed with its 10.

        A newer picture under a name that the set has used stands behind the record of the trained one.
        """
        shown = len(self.photos) < MAX_RECORDED
        photos = (*self.photos, photo) if shown else self.photos
        return replace(self, photos=photos, earlier=_remembering(self.earlier, [photo]))

    def with_verdicts(self, verdicts: Mapping[str, tuple[Verdict, str]]) -> PhotoSet:
        """Fill in verdicts and their details, by the photos' names."""
        photos = tuple(
            replace(photo, verdict=verdicts[photo.name][0], detail=verdicts[photo.name][1])
            if photo.name in verdicts
            else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def with_snapshots(self, snapshots: Mapping[str, str]) -> PhotoSet:
        """Give photos other snapshots, by the photos' names."""
        photos = tuple(
            replace(photo, snapshot=snapshots.get(photo.name, photo.snapshot)) for photo in self.photos
        )
        return replace(self, photos=photos)

    def with_marker(self, modified_at: int) -> PhotoSet:
        """Note that the marker has arrived; 0 forgets it."""
        return replace(self, ready_at=modified_at)

    def without_deleted(self, present: Collection[str]) -> PhotoSet:
        """Forget the photos whose names are not ``present`` in the person's folder any more.

        Their duplicates are forgotten with them: one of these may be used now.
        """
        gone = [photo for photo in self.photos if (photo.archive or photo.name) not in present]
        contents = {photo.etag for photo in gone if photo.may_be_used}
        left = tuple(
            photo
            for photo in self.photos
            if photo not in gone and not (photo.verdict is Verdict.DUPLICATE and photo.etag in contents)
        )
        return self if left == self.photos else replace(self, photos=left)

    def closed(self) -> PhotoSet:
        """Remember all photos, and say of the usable ones that are not trained on that they are too many."""
        chosen = self.chosen()
        photos = tuple(
            replace(photo, verdict=Verdict.OVER_LIMIT)
            if photo.verdict is Verdict.USABLE and photo not in chosen
            else photo
            for photo in self.photos
        )
        return replace(self, photos=photos, earlier=_remembering(self.earlier, self.photos))

    def following(self, now: int, *, carried_from: int) -> PhotoSet:
        """Return the set of the next revision, which knows everything that has been recorded so far.

        It begins with the newest usable photos of this set, which is of revision ``carried_from``; with 0 it
        begins empty.
        """
        good = [
            replace(photo, verdict=Verdict.USABLE, from_revision=photo.from_revision or carried_from)
            for photo in self.photos
            if photo.snapshot and photo.verdict in (Verdict.USABLE, Verdict.OVER_LIMIT)
        ]
        return PhotoSet(
            photos=tuple(sorted(good, key=_newest_first)[:MAX_CARRIED]) if carried_from else (),
            earlier={**_remembering({}, self.photos), **self.earlier},
            last_photo_at=now,
        )


def fingerprint(name: str) -> str:
    """Return 12 hex digits that stand for a photo's name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _remembering(earlier: Mapping[str, str], photos: Iterable[Photo]) -> dict[str, str]:
    return {**earlier, **{fingerprint(photo.name): photo.etag[:8] for photo in photos}}


def _may_be_pushed_out(photo: Photo) -> bool:
    return not (photo.may_be_used or photo.is_pending)


def _newest_first(photo: Photo) -> tuple[bool, int, str]:
    """New photos come before carried ones, which have been trained on, however old they are."""
    return not photo.is_new, -photo.uploaded_at, photo.name
