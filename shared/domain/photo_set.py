"""A photo set: the photos of one training, as a value; how it takes photos, and which are trained on.

:class:`shared.domain.job.Job` holds one and keeps the life of the training around it;
:mod:`shared.domain.completion` says when it is complete. Every method returns a new value. ``now`` and names
that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain import completion
from shared.domain.completion import NEVER as NEVER
from shared.domain.completion import UNPACKING_TAKES_MS as UNPACKING_TAKES_MS
from shared.domain.completion import ClosedBy as ClosedBy
from shared.domain.copies import (
    NOT_ITS_FAULT,
    as_duplicate,
    original_of,
    with_copies_of,
    without_copies_of,
)
from shared.domain.crowding import MAX_CARRIED, fits, is_crowded, leaving, newest_first
from shared.domain.markers import NOTHING, Announced
from shared.domain.photos import Photo, Stored, Verdict, mark_on_record
from shared.domain.retry_state import RetryState
from shared.domain.row_size import MAX_RECORDED as MAX_RECORDED
from shared.domain.rules import MAX_PHOTOS, Rules


@dataclass(frozen=True, kw_only=True)
class PhotoSet:
    """The photos of one training.

    Attributes:
        photos: the photos that arrived for this set, with verdicts, in the order of recording.
        has_history: whether uploads are remembered elsewhere too, so that a late or repeated event opens
            nothing: those of earlier revisions, and those that the row has no room for.
        dropped: photos that are to be remembered elsewhere before the set is saved without them.
        ready_at: the marker's modification time, 0 without a marker.
        marker_noted_at: when the marker was noted; ``marker_photos`` and ``marker_names`` are what it says.
        marker_used_at: the modification time of the latest marker that belongs to an earlier set.
        last_photo_at: when the latest photo was recorded.
        train_asked_at: when an administrator asked for the training of what is there; 0: nobody has.
    """

    photos: tuple[Photo, ...] = ()
    has_history: bool = False
    dropped: tuple[Photo, ...] = ()
    ready_at: int = 0
    marker_noted_at: int = 0
    marker_photos: int = 0
    marker_names: tuple[str, ...] = ()
    marker_used_at: int = 0
    last_photo_at: int = 0
    train_asked_at: int = 0

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
    def is_crowded(self) -> bool:
        """Whether another photo finds no room; see :func:`shared.domain.crowding.is_crowded`."""
        return is_crowded(self.photos)

    def photo(self, name: str) -> Photo | None:
        """Return the latest record of the photo called ``name``, or None."""
        return next((photo for photo in reversed(self.photos) if photo.name == name), None)

    def is_waiting_for(self, name: str) -> bool:
        """Whether the photo called ``name`` is usable, or the last word on it is still to come."""
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

    def arrived_at(self, name: str, modified_at: int) -> int:
        """When the upload ``name`` arrived: a file that was taken out of a zip came with the zip."""
        unpacked = (Verdict.UNPACKING, Verdict.UNPACKED)
        archives = (photo for photo in self.photos if photo.verdict in unpacked)
        return next((one.uploaded_at for one in archives if name.startswith(f"{one.name}/")), modified_at)

    # -- when it is complete ------------------------------------------------------------------------

    @property
    def announced(self) -> Announced:
        """The photos that the marker speaks for."""
        return Announced(photos=self.marker_photos, names=self.marker_names)

    def completed_by(self, rules: Rules, now: int, *, deadline: int = NEVER) -> ClosedBy | None:
        """Say what completes the set at ``now``; see :func:`shared.domain.completion.completed_by`."""
        return completion.completed_by(self, rules, now, deadline=deadline)

    def next_look_at(self, rules: Rules, *, deadline: int = NEVER) -> int:
        """When to look at it next; see :func:`shared.domain.completion.next_look_at`."""
        return completion.next_look_at(self, rules, deadline=deadline)

    @property
    def retry(self) -> RetryState | None:
        """What the set waits for: the trouble of the photo or zip that is tried first; None without one.

        What has not been tried at all, or goes on well, needs no wait.
        """
        tries = [photo.retry for photo in (*self.unfinished, *self.unpacking)]
        if not all(tries):
            return None
        return min((one for one in tries if one), key=lambda one: one.next_try_at, default=None)

    def chosen(self) -> tuple[Photo, ...]:
        """Return the photos to train on, at most 10; see :mod:`shared.domain.choosing`."""
        if len(self.usable) <= MAX_PHOTOS:
            return self.usable
        # Imported here and below: few sets have more photos than a training takes.
        from shared.domain.choosing import choose

        chosen = choose(self.usable).chosen
        return tuple(photo for photo in self.usable if photo in chosen)

    # -- how it changes -----------------------------------------------------------------------------

    def with_photo(self, photo: Photo, now: int) -> PhotoSet:
        """Record ``photo`` in place of one of the same name; the quiet time starts again.

        A copy of a picture that the set already has is a duplicate, whatever its verdict was before.
        """
        if photo.may_be_used and (original := original_of(self.photos, photo.name, photo)):
            photo = as_duplicate(photo, original.name)
        return self._with_recorded([photo], now)

    def with_resent(self, name: str, stored: Stored) -> PhotoSet:
        """Note that the same bytes lie under ``name`` with another ETag: they were sent in another way."""
        recorded = self.photo(name)
        photos = tuple(
            replace(photo, etag=stored.etag, crc64=stored.crc64, taken_from=mark_on_record(name, stored))
            if photo is recorded
            else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def with_unpacked(self, archive: Photo, refused: Iterable[Photo], now: int) -> PhotoSet:
        """Record an unpacked zip and its ``refused`` entries in place of earlier records of it."""
        left = tuple(photo for photo in self.photos if photo.archive != archive.name)
        return replace(self, photos=left)._with_recorded([*refused, archive], now)

    def _with_recorded(self, news: Collection[Photo], now: int) -> PhotoSet:
        names = {photo.name for photo in news}
        replaced = [photo for photo in self.photos if photo.name in names]
        photos = [*(photo for photo in self.photos if photo.name not in names), *news]
        fitting = self._with_room_for(photos)
        return replace(fitting, photos=with_copies_of(replaced, fitting.photos), last_photo_at=now)

    def _with_room_for(self, photos: Sequence[Photo]) -> PhotoSet:
        """Return the set with those of ``photos`` that fit into a row; the others are dropped."""
        gone = leaving(photos)
        return replace(
            self,
            photos=tuple(photo for photo in photos if photo not in gone),
            has_history=self.has_history or bool(gone),
            dropped=(*self.dropped, *gone),
        )

    def with_late_photo(self, photo: Photo) -> PhotoSet:
        """Record a photo that opens no other set: one too many, or a copy of one that the set has.

        A newer picture under a name that the set has used stands behind the record of the trained one.
        """
        if not fits((*self.photos, photo)):
            return replace(self, has_history=True, dropped=(*self.dropped, photo))
        return replace(self, photos=(*self.photos, photo))

    def with_judged(self, judged: Iterable[Photo]) -> PhotoSet:
        """Put ``judged`` in the place of the unfinished photos of the same names and contents.

        Where one could not be judged for the object's sake, a copy of the picture takes its place.
        """
        news = {(photo.name, photo.etag): photo for photo in judged}
        photos = [
            news.get((photo.name, photo.etag), photo) if photo.is_unfinished else photo
            for photo in self.photos
        ]
        failed = [photo for photo in news.values() if photo.verdict in NOT_ITS_FAULT]
        return replace(self, photos=with_copies_of(failed, photos))

    def with_snapshots(self, snapshots: Mapping[str, str]) -> PhotoSet:
        """Give photos other snapshots, by the photos' names."""
        photos = tuple(replace(one, snapshot=snapshots.get(one.name, one.snapshot)) for one in self.photos)
        return replace(self, photos=photos)

    def with_hashes(self, hashes: Mapping[Photo, str]) -> PhotoSet:
        """Give photos their difference hashes."""
        photos = tuple(replace(photo, dhash=hashes.get(photo, photo.dhash)) for photo in self.photos)
        return replace(self, photos=photos)

    def without_snapshots(self, lost: Collection[Photo]) -> PhotoSet:
        """Have the photos whose snapshots are ``lost`` prepared again."""
        photos = tuple(
            replace(photo, snapshot="", verdict=Verdict.UNPREPARED, retry=None) if photo in lost else photo
            for photo in self.photos
        )
        return replace(self, photos=photos)

    def with_marker(self, modified_at: int, now: int, announced: Announced = NOTHING) -> PhotoSet:
        """Note that the marker has arrived, and which photos it speaks for."""
        noted = replace(self, ready_at=modified_at, marker_noted_at=now)
        return replace(noted, marker_photos=announced.photos, marker_names=announced.names)

    def without_marker(self) -> PhotoSet:
        """Take the marker as used: it speaks for no photo that comes later."""
        used_at = max(self.ready_at, self.marker_used_at)
        return replace(self.with_marker(0, 0), marker_used_at=used_at, train_asked_at=0)

    def is_new_marker(self, modified_at: int) -> bool:
        """Whether a marker of that time has not been noted yet and may belong to this set."""
        return bool(self.photos) and modified_at > max(self.ready_at, self.marker_used_at)

    def without_deleted(self, present: Collection[str]) -> PhotoSet:
        """Forget the photos whose names are not ``present`` now, and their copies: one may be used now."""
        gone = [photo for photo in self.photos if (photo.archive or photo.name) not in present]
        left = without_copies_of(gone, [photo for photo in self.photos if photo not in gone])
        if left == self.photos:
            return self
        # Whoever has asked for the training has asked for what was there.
        asked_at = self.train_asked_at if any(photo.is_new for photo in left) else 0
        return replace(self, photos=left, train_asked_at=asked_at)

    def with_left_out(self, names: Collection[str]) -> PhotoSet:
        """Leave out the photos called ``names``, whose zip has gone; copies of them take their places."""
        gone = [photo for photo in self.photos if photo.name in names]
        photos = [
            replace(photo, verdict=Verdict.LEFT_OUT, detail="", snapshot="", retry=None)
            if photo.name in names
            else photo
            for photo in self.photos
        ]
        return replace(self, photos=with_copies_of(gone, photos))

    def closed(self) -> PhotoSet:
        """Say of the usable photos that are not trained on why; the words may need room in the row."""
        if len(self.usable) <= MAX_PHOTOS:
            return self
        from shared.domain.choosing import with_choice

        return self._with_room_for(with_choice(self.photos))

    def reopened(self) -> PhotoSet:
        """Choose anew: a set that was closed and not yet submitted takes more photos.

        Its marker has had the photos that it named, and speaks for no number of others.
        """
        photos = tuple(photo.chosen_anew() if photo.is_left_over else photo for photo in self.photos)
        return replace(self, photos=photos, marker_photos=0, marker_names=())

    def following(self, now: int, *, carried_from: int) -> PhotoSet:
        """Return the set of the next revision; everything recorded so far is to be remembered elsewhere.

        It begins with the newest usable photos of this set, which is of revision ``carried_from``; with 0 it
        begins empty.
        """
        good = [
            replace(photo.chosen_anew(), from_revision=photo.from_revision or carried_from)
            for photo in self.photos
            if photo.snapshot and (photo.verdict is Verdict.USABLE or photo.is_left_over)
        ]
        return PhotoSet(
            photos=tuple(sorted(good, key=newest_first)[:MAX_CARRIED]) if carried_from else (),
            has_history=True,
            dropped=(*self.dropped, *self.photos),
            marker_used_at=max(self.ready_at, self.marker_used_at),
            last_photo_at=now,
        )
