"""A photo set: the photos of one training, as a value; when it is complete, and which photos are trained on.

:class:`shared.domain.job.Job` holds one and keeps the life of the training around it. Every method returns a
new value. ``now`` and names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from shared.domain.photos import JUDGED_AGAIN, Photo, Stored, Verdict
from shared.domain.retry_state import RetryState
from shared.domain.row_size import MAX_PHOTOS_BYTES, bytes_of
from shared.domain.rules import MAX_PHOTOS, Rules

NEVER = 2**62
"""A moment that does not come: the set waits for another photo."""
MAX_RECORDED = 300
"""Photos that a row shows."""
MAX_CARRIED = 20
MARKER_TRAVELS_MS = 600_000
"""A marker that overtook its photos speaks for those that arrive so soon after it, once they have rested."""
RESTS_AFTER_MARKER_MS = 60_000
UNPACKING_TAKES_MS = 120_000
"""By then the run that began to unpack a zip is dead, and the next run continues."""


class ClosedBy(str, Enum):
    """The condition that completed a set."""

    MARKER = "marker"
    COUNT = "count"
    QUIET = "quiet"
    DEADLINE = "deadline"


@dataclass(frozen=True, kw_only=True)
class PhotoSet:
    """The photos of one training.

    Attributes:
        photos: the photos that arrived for this set, with verdicts, in the order of recording.
        has_history: whether uploads are remembered elsewhere too, so that a late or repeated event opens
            nothing: those of earlier revisions, and those that the row has no room for.
        dropped: photos that are to be remembered elsewhere before the set is saved without them.
        ready_at: the marker's modification time, 0 without a marker.
        marker_used_at: the modification time of the latest marker that belongs to an earlier set.
        last_photo_at: when the latest photo was recorded.
    """

    photos: tuple[Photo, ...] = ()
    has_history: bool = False
    dropped: tuple[Photo, ...] = ()
    ready_at: int = 0
    marker_used_at: int = 0
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
    def unfinished(self) -> tuple[Photo, ...]:
        """The photos whose preparation or face check is still to come."""
        return tuple(photo for photo in self.photos if photo.is_unfinished)

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
    def is_overtaken_by_marker(self) -> bool:
        """Whether the marker came a little before the photos that it belongs to."""
        arrived = [photo.uploaded_at for photo in self.photos if photo.is_new]
        return bool(self.ready_at and arrived) and 0 < max(arrived) - self.ready_at <= MARKER_TRAVELS_MS

    @property
    def is_crowded(self) -> bool:
        """Whether another photo would push out one that still waits for its verdict."""
        return _is_too_large(self.photos) and not any(map(_may_be_pushed_out, self.photos))

    def photo(self, name: str) -> Photo | None:
        """Return the latest record of the photo called ``name``, or None."""
        return next((photo for photo in reversed(self.photos) if photo.name == name), None)

    def is_waiting_for(self, name: str) -> bool:
        """Whether the photo called ``name`` is usable or may yet turn out to be, or is a zip to be unpacked."""
        recorded = self.photo(name)
        return recorded is not None and (recorded.may_be_used or recorded.is_pending)

    def knows(self, name: str, stored: Stored) -> bool | None:
        """Whether this very content under this name is recorded here; None: the memory elsewhere may know.

        The latest content under the name counts: a picture that was changed and changed back is news. A zip
        is not known before it has been unpacked.
        """
        recorded = self.photo(name)
        if recorded is None:
            return None if self.has_history else False
        return recorded.verdict is not Verdict.UNPACKING and recorded.stands_for(stored)

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

    def completed_by(self, rules: Rules, now: int, *, deadline: int = NEVER) -> ClosedBy | None:
        """Say what completes the set at ``now``, or None while it has to wait.

        A photo without its last word holds the set open, and so does a zip that is being unpacked: no
        unchecked photo is paid for, and no usable one is left behind. Quiet time needs ``min_photos`` usable
        photos, or no new usable one at all, in which case the set is to be rejected. Carried photos complete
        nothing: they have been trained on. ``deadline``: a set that was closed before closes again by then.
        """
        if self.unpacking or self.unfinished or not any(photo.is_new for photo in self.photos):
            return None
        usable = len(self.new_usable)
        if rules.close_at and usable >= rules.close_at:
            return ClosedBy.COUNT
        rested_ms = now - min(self.last_photo_at, now)
        if self.is_marked or (self.is_overtaken_by_marker and rested_ms >= RESTS_AFTER_MARKER_MS):
            return ClosedBy.MARKER
        if now >= deadline:
            return ClosedBy.DEADLINE
        is_enough = len(self.usable) >= rules.min_photos or not usable
        return ClosedBy.QUIET if rested_ms >= rules.quiet_ms and is_enough else None

    def next_look_at(self, rules: Rules, *, deadline: int = NEVER) -> int:
        """When the set is to be looked at: at once, when it will be quiet, or not before another photo."""
        if not any(photo.is_new for photo in self.photos):
            return NEVER
        if self.unpacking:
            return min(_goes_on_at(zipped) for zipped in self.unpacking)
        if self.unfinished:
            return min(photo.retry.next_try_at if photo.retry else 0 for photo in self.unfinished)
        is_enough = 0 < rules.close_at <= len(self.new_usable)
        if self.is_marked or is_enough:
            return self.last_photo_at
        if self.is_overtaken_by_marker:
            return self.last_photo_at + min(RESTS_AFTER_MARKER_MS, rules.quiet_ms)
        if self.new_usable and len(self.usable) < rules.min_photos:
            return deadline
        return min(self.last_photo_at + rules.quiet_ms, deadline)

    @property
    def retry(self) -> RetryState | None:
        """What the set waits for: the trouble of the unfinished photo that is tried first; None without one.

        A photo that has not been tried at all needs no wait.
        """
        tries = [photo.retry for photo in self.unfinished]
        if self.unpacking or not all(tries):
            return None
        return min((one for one in tries if one), key=lambda one: one.next_try_at, default=None)

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
        dropped: list[Photo] = []
        candidates = iter([*filter(_may_be_pushed_out, photos), *reversed(photos)])
        while _is_too_large(photos):
            last = next(candidates)
            if last in photos:
                photos.remove(last)
                dropped.append(last)
        return replace(
            self,
            photos=tuple(photos),
            has_history=self.has_history or bool(dropped),
            dropped=(*self.dropped, *dropped),
            last_photo_at=now,
        )

    def with_late_photo(self, photo: Photo) -> PhotoSet:
        """Record one photo too many, uploaded before the set closed with its 10.

        A newer picture under a name that the set has used stands behind the record of the trained one.
        """
        if _is_too_large((*self.photos, photo)):
            return replace(self, has_history=True, dropped=(*self.dropped, photo))
        return replace(self, photos=(*self.photos, photo))

    def with_judged(self, judged: Iterable[Photo]) -> PhotoSet:
        """Put ``judged`` in the place of the unfinished photos of the same names and contents."""
        news = {(photo.name, photo.etag): photo for photo in judged}
        photos = tuple(
            news.get((photo.name, photo.etag), photo) if photo.is_unfinished else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def with_snapshots(self, snapshots: Mapping[str, str]) -> PhotoSet:
        """Give photos other snapshots, by the photos' names."""
        photos = tuple(
            replace(photo, snapshot=snapshots.get(photo.name, photo.snapshot)) for photo in self.photos
        )
        return replace(self, photos=photos)

    def without_snapshots(self, lost: Collection[Photo]) -> PhotoSet:
        """Have the photos whose snapshots are ``lost`` prepared again."""
        photos = tuple(
            replace(photo, snapshot="", verdict=Verdict.UNPREPARED, retry=None) if photo in lost else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def with_marker(self, modified_at: int) -> PhotoSet:
        """Note that the marker has arrived."""
        return replace(self, ready_at=modified_at)

    def without_marker(self) -> PhotoSet:
        """Take the marker as used: it speaks for no photo that comes later."""
        return replace(self, ready_at=0, marker_used_at=max(self.ready_at, self.marker_used_at))

    def is_new_marker(self, modified_at: int) -> bool:
        """Whether a marker of that time has not been noted yet and may belong to this set."""
        return bool(self.photos) and modified_at > max(self.ready_at, self.marker_used_at)

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
        """Say of the usable photos that are not trained on that they are too many."""
        chosen = self.chosen()
        photos = tuple(
            replace(photo, verdict=Verdict.OVER_LIMIT)
            if photo.verdict is Verdict.USABLE and photo not in chosen
            else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def reopened(self) -> PhotoSet:
        """Choose anew: a set that was closed and not yet submitted takes more photos."""
        photos = tuple(
            replace(photo, verdict=Verdict.USABLE)
            if photo.verdict is Verdict.OVER_LIMIT and photo.snapshot
            else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def following(self, now: int, *, carried_from: int) -> PhotoSet:
        """Return the set of the next revision; everything recorded so far is to be remembered elsewhere.

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
            has_history=True,
            dropped=self.photos,
            marker_used_at=max(self.ready_at, self.marker_used_at),
            last_photo_at=now,
        )


def remembered_as(photo: Photo) -> str:
    """Return what is remembered of ``photo``: its content, and of a refused one also which upload it was."""
    return f"{photo.etag}@{photo.uploaded_at}" if photo.verdict in JUDGED_AGAIN else photo.etag


def is_remembered(memory: str | None, stored: Stored) -> bool:
    """Whether ``memory``, the latest of an object's name, is of ``stored``."""
    etag, _, uploaded_at = (memory or "").partition("@")
    return etag == stored.etag and (not uploaded_at or stored.modified_at <= int(uploaded_at))


def _is_too_large(photos: Collection[Photo]) -> bool:
    return len(photos) > MAX_RECORDED or bytes_of(photos) > MAX_PHOTOS_BYTES


def _goes_on_at(zipped: Photo) -> int:
    """When the next run may go on with a zip."""
    by_then = zipped.recorded_at + UNPACKING_TAKES_MS
    return max(by_then, zipped.retry.next_try_at) if zipped.retry else by_then


def _may_be_pushed_out(photo: Photo) -> bool:
    return not (photo.may_be_used or photo.is_pending)


def _newest_first(photo: Photo) -> tuple[bool, int, str]:
    """New photos come before carried ones, which have been trained on, however old they are."""
    return not photo.is_new, -photo.uploaded_at, photo.name
