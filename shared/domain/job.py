"""A job: one training of one person, as a value, and every change that can happen to it.

Each method returns the changed job and checks the move against the table of legal moves. Who may
save it is settled by ``version``: a save succeeds only on top of the version that was read.
Times are milliseconds since the epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.domain.dashscope_errors import are_photos_at_fault
from shared.domain.object_keys import job_id, person_key
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import why_none_is_usable
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import IllegalMove, JobState, check_move

if TYPE_CHECKING:
    from shared.domain.fine_tunes import FineTune

FOREVER = 2**62
WHOLE_SECOND = 1000
"""Milliseconds: DashScope's times are whole seconds."""
MAX_RECORDED = 300
MAX_CARRIED = 20
MAX_REMEMBERED = 50_000
UNPACKING_TAKES = 120_000
"""Milliseconds. Whoever began to unpack a zip is dead by then, and the next one goes on."""

NO_USABLE_PHOTO = "no_usable_photo"

RUNNING_LANE = 1
DELIVERY_LANE = 2
QUEUE_LANE = 3
COLLECTING_LANE = 4


@dataclass(frozen=True)
class Reason:
    """Why a job stands where it stands: a word for programs, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training of one person.

    Attributes:
        photos: what arrived for this set, with verdicts, in the order of recording.
        earlier: fingerprints of names and ETags of what was recorded before, so that an event that comes late
            or twice opens nothing; short, since a row holds at most 2 MB in a column.
        ready: the marker's modification time in milliseconds, 0 without a marker.
        files: what is submitted, fixed when the set closes: snapshot keys.
        file_ids: the same as uploaded to DashScope's file service, when that is used.
        attempt_expires_at: when the invocation that may send the attempt's POST is dead for certain.
        failures: attempts that failed for this job's own sake; refusals of the whole account do not count.
        earlier_fine_tunes: ids that this job's failed attempts own.
        delivered: the outcome is written to the bucket and nothing is left to do.
    """

    person_id: str
    revision: int
    state: JobState
    opened_at: int
    changed_at: int
    version: int = 0
    photos: tuple[Photo, ...] = ()
    earlier: Mapping[str, str] = field(default_factory=dict)
    last_photo_at: int = 0
    ready: int = 0
    closed_at: int = 0
    closed_by: str = ""
    due_at: int = 0
    files: tuple[str, ...] = ()
    file_ids: tuple[str, ...] = ()
    attempt: int = 0
    failures: int = 0
    attempt_expires_at: int = 0
    submitted_at: int = 0
    ended_at: int = 0
    fine_tune_id: str = ""
    fine_tune_status: str = ""
    finetuned_output: str = ""
    earlier_fine_tunes: tuple[str, ...] = ()
    usage: int = 0
    reason: Reason | None = None
    delivered: bool = False

    @property
    def job_id(self) -> str:
        """The job's public id."""
        return job_id(self.person_id, self.revision)

    @property
    def person_key(self) -> str:
        """The partition that the job lives in."""
        return person_key(self.person_id)

    @property
    def training_took(self) -> int | None:
        """How long the training took that made the model, in milliseconds; None without a model."""
        if self.state is JobState.SUCCEEDED and self.ended_at > self.submitted_at:
            return self.ended_at - self.submitted_at
        return None

    @property
    def usable(self) -> tuple[Photo, ...]:
        """The photos that can be trained on."""
        return tuple(photo for photo in self.photos if photo.verdict is Verdict.USABLE)

    @property
    def new_usable(self) -> tuple[Photo, ...]:
        """Those of them that arrived for this set: without any there is nothing to train."""
        return tuple(photo for photo in self.usable if photo.is_new)

    @property
    def unchecked(self) -> tuple[Photo, ...]:
        """The photos whose face check is still to come."""
        return tuple(photo for photo in self.photos if photo.verdict is Verdict.UNCHECKED)

    @property
    def unpacking(self) -> tuple[Photo, ...]:
        """The zips whose photos are not all there yet."""
        return tuple(photo for photo in self.photos if photo.verdict is Verdict.UNPACKING)

    @property
    def is_marked(self) -> bool:
        """Whether the marker speaks for all photos of the set: none was uploaded after it.

        The bucket's times are whole seconds; whoever looks waits the marker's second out before listing.
        """
        return bool(self.ready) and all(photo.uploaded_at <= self.ready for photo in self.photos)

    @property
    def lane(self) -> int | None:
        """Which part of the work in hand the job belongs to; None when nothing is to be done."""
        if self.state is JobState.COLLECTING:
            return COLLECTING_LANE
        if self.state is JobState.QUEUED:
            return QUEUE_LANE
        if self.state in (JobState.SUBMITTING, JobState.TRAINING):
            return RUNNING_LANE
        return DELIVERY_LANE if self.state.is_terminal and not self.delivered else None

    def photo(self, name: str) -> Photo | None:
        """The record of the photo called ``name`` in this set, or None."""
        return next((photo for photo in self.photos if photo.name == name), None)

    def knows(self, name: str, etag: str) -> bool:
        """Whether this very content under this name has been recorded, now or in an earlier revision.

        What counts is the latest content that was recorded under the name: a picture that was changed and
        changed back is news. A zip is not known before it has been unpacked.
        """
        recorded = self.photo(name)
        if recorded is not None and recorded.verdict is Verdict.UNPACKING:
            return False
        if recorded is not None and self.state.is_open:
            return recorded.etag == etag
        latest = self.earlier.get(fingerprint(name), recorded.etag[:8] if recorded else None)
        return latest == etag[:8]

    @property
    def is_crowded(self) -> bool:
        """Whether another photo would push out one that still waits for its verdict."""
        return len(self.photos) >= MAX_RECORDED and not any(
            _may_be_pushed_out(photo) for photo in self.photos
        )

    @property
    def is_full(self) -> bool:
        """Whether the person has more photos than one row can remember."""
        return len(self.earlier) >= MAX_REMEMBERED

    def _moved(self, state: JobState, now: int, **changes: object) -> Job:
        check_move(self.state, state)
        return replace(self, state=state, changed_at=max(now, self.changed_at), **changes)  # type: ignore[arg-type]  # field names are checked by replace at run time

    # -- the photo set ------------------------------------------------------------------------------

    def with_photo(self, photo: Photo, rules: Rules, now: int) -> Job:
        """Record ``photo`` (in place of one of the same name) and start the quiet time anew.

        A rejected set reopens: the new photo may be the one that was missing. A copy of a picture that the
        set has already is a duplicate, whatever was thought of it before.
        """
        if photo.may_be_used and any(
            other.etag == photo.etag and other.may_be_used and other.name != photo.name
            for other in self.photos
        ):
            photo = replace(photo, verdict=Verdict.DUPLICATE)
        return self._with_recorded([photo], rules, now)

    def with_unpacked(self, archive: Photo, refused: Iterable[Photo], rules: Rules, now: int) -> Job:
        """Record that a zip has been unpacked and what of it was ``refused``, in place of earlier records."""
        left = tuple(photo for photo in self.photos if photo.archive != archive.name)
        return replace(self, photos=left)._with_recorded([*refused, archive], rules, now)

    def _with_recorded(self, news: Collection[Photo], rules: Rules, now: int) -> Job:
        names = {photo.name for photo in news}
        photos = [*(other for other in self.photos if other.name not in names), *news]
        # Keeps the row small whatever is dropped into a folder; the log has the verdicts.
        too_many = max(0, len(photos) - MAX_RECORDED)
        dropped = [*filter(_may_be_pushed_out, photos), *reversed(photos)][:too_many]
        changed = self._moved(
            JobState.COLLECTING,
            now,
            photos=tuple(photo for photo in photos if photo not in dropped),
            earlier=_remembering(self.earlier, dropped) if dropped else self.earlier,
            last_photo_at=now,
            closed_by="",
            reason=None,
        )
        return replace(changed, due_at=changed.next_look(rules))

    def arrived_at(self, name: str, modified_at: int) -> int:
        """When the upload ``name`` arrived: what has been taken out of a zip came when the zip did."""
        archive = next(
            (
                photo
                for photo in self.photos
                if photo.verdict in (Verdict.UNPACKING, Verdict.UNPACKED)
                and name.startswith(f"{photo.name}/")
            ),
            None,
        )
        return archive.uploaded_at if archive else modified_at

    def with_verdicts(self, verdicts: Mapping[str, tuple[Verdict, str]], rules: Rules, now: int) -> Job:
        """Fill in verdicts and their details by photo name, once a postponed face check has been made."""
        photos = tuple(
            replace(photo, verdict=verdicts[photo.name][0], detail=verdicts[photo.name][1])
            if photo.name in verdicts
            else photo
            for photo in self.photos
        )
        changed = self._moved(self.state, now, photos=photos)
        return replace(changed, due_at=changed.next_look(rules))

    def with_late_photo(self, photo: Photo, now: int) -> Job:
        """Record a photo that was uploaded before the set closed with its 10 and is one too many.

        A newer picture under a name that the set has used stands behind the record of what is trained.
        """
        shown = len(self.photos) < MAX_RECORDED
        photos = (*self.photos, photo) if shown else self.photos
        return self._moved(self.state, now, photos=photos, earlier=_remembering(self.earlier, [photo]))

    def with_marker(self, modified_at: int, now: int) -> Job:
        """Note that the marker arrived: the set closes as soon as the folder has been looked through."""
        return self._moved(self.state, now, ready=modified_at, due_at=now)

    def next_look(self, rules: Rules) -> int:
        """When a collecting set wants to be looked at: at once, when quiet, or not before a new photo."""
        if not any(photo.is_new for photo in self.photos):
            return FOREVER
        if self.unpacking:
            return min(photo.recorded_at + UNPACKING_TAKES for photo in self.unpacking)
        is_enough = 0 < rules.close_at <= len(self.new_usable)
        if self.is_marked or is_enough or self.unchecked:
            return self.last_photo_at
        if self.new_usable and len(self.usable) < rules.min_photos:
            return FOREVER
        return self.last_photo_at + rules.quiet

    def chosen(self) -> tuple[Photo, ...]:
        """The photos to train on: the 10 newest usable ones, those of one moment by their names.

        A new photo comes before a carried one even when its upload is older and was only found now.
        """
        newest = sorted(self.usable, key=_newest_first)[:MAX_PHOTOS]
        return tuple(photo for photo in self.usable if photo in newest)

    def without_deleted(self, present: Collection[str], rules: Rules, now: int) -> Job:
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
        if left == self.photos:
            return self
        changed = self._moved(self.state, now, photos=left)
        return replace(changed, due_at=changed.next_look(rules))

    def with_snapshots(self, snapshots: Mapping[str, str], now: int) -> Job:
        """Give carried photos their own snapshots, by name."""
        photos = tuple(
            replace(photo, snapshot=snapshots.get(photo.name, photo.snapshot)) for photo in self.photos
        )
        return self._moved(self.state, now, photos=photos)

    def closed(self, why: str, now: int) -> Job:
        """Close the set: fix what is submitted (its chosen photos) and join the queue."""
        chosen = self.chosen()
        over = {photo.name for photo in self.usable} - {photo.name for photo in chosen}
        photos = tuple(
            replace(photo, verdict=Verdict.OVER_LIMIT) if photo.name in over else photo
            for photo in self.photos
        )
        return self._moved(
            JobState.QUEUED,
            now,
            photos=photos,
            earlier=_remembering(self.earlier, self.photos),
            files=tuple(photo.snapshot for photo in chosen),
            closed_at=now,
            closed_by=why,
            due_at=now,
        )

    def rejected(self, now: int) -> Job:
        """Close the set without a training: none of its photos can be used."""
        why = Reason(NO_USABLE_PHOTO, why_none_is_usable(self.photos))
        return self._moved(JobState.REJECTED, now, closed_by="", ready=0, reason=why)

    def next_revision(self, rules: Rules, now: int) -> Job:
        """Open the set that follows this closed one, knowing all that has been recorded so far.

        With ``carry_over`` it begins with the newest usable photos of this one, unless these are what
        DashScope failed the training for.
        """
        earlier = {**_remembering({}, self.photos), **self.earlier}
        following = open_job(self.person_id, self.revision + 1, now, earlier=earlier)
        return replace(following, photos=self._to_carry_over()) if rules.carry_over else following

    def _to_carry_over(self) -> tuple[Photo, ...]:
        if self.state is JobState.FAILED and self.reason and are_photos_at_fault(self.reason.code):
            return ()
        good = [
            replace(photo, verdict=Verdict.USABLE, from_revision=photo.from_revision or self.revision)
            for photo in self.photos
            if photo.snapshot and photo.verdict in (Verdict.USABLE, Verdict.OVER_LIMIT)
        ]
        return tuple(sorted(good, key=_newest_first)[:MAX_CARRIED])

    # -- the submit ---------------------------------------------------------------------------------

    def attempting(self, now: int, *, expires_at: int, file_ids: tuple[str, ...] = ()) -> Job:
        """Write down the intent to submit. Only the invocation that saves this may send the POST."""
        return self._moved(
            JobState.SUBMITTING,
            now,
            attempt=self.attempt + 1,
            attempt_expires_at=expires_at,
            submitted_at=now,
            file_ids=file_ids,
            reason=None,
        )

    def sent(self, now: int) -> Job:
        """Note that the POST has left without an answer: nobody is going to send it any more."""
        return self._moved(JobState.SUBMITTING, now, attempt_expires_at=now)

    def submitted(self, fine_tune: FineTune, now: int) -> Job:
        """Own ``fine_tune``, made by our POST or, perhaps by an earlier attempt, found in the list."""
        began = fine_tune.created_at
        earlier = began is not None and began + WHOLE_SECOND <= self.submitted_at
        return self._moved(
            JobState.TRAINING,
            now,
            submitted_at=began if earlier else self.submitted_at,
            fine_tune_id=fine_tune.fine_tune_id,
            fine_tune_status=fine_tune.status,
        )

    def requeued(self, reason: Reason, now: int, *, failures: int = 0) -> Job:
        """Go back to the old place in the queue: the attempt is known to have created nothing."""
        return self._moved(
            JobState.QUEUED, now, due_at=self.closed_at, reason=reason, failures=self.failures + failures
        )

    # -- the outcome --------------------------------------------------------------------------------

    def still_training(self, fine_tune: FineTune, now: int) -> Job:
        """Note DashScope's present status."""
        return self._moved(JobState.TRAINING, now, fine_tune_status=fine_tune.status)

    def succeeded(self, fine_tune: FineTune, now: int) -> Job:
        """Keep the model's name: the training is done."""
        return self._moved(
            JobState.SUCCEEDED,
            now,
            fine_tune_status=fine_tune.status,
            finetuned_output=fine_tune.finetuned_output,
            usage=self.usage + fine_tune.usage,
            ended_at=self._end(fine_tune, now),
            reason=None,
        )

    def retrying(self, fine_tune: FineTune, reason: Reason, now: int) -> Job:
        """Queue again after a failure of DashScope's own; the failed fine-tune stays ours."""
        return self._moved(
            JobState.QUEUED,
            now,
            due_at=self.closed_at,
            failures=self.failures + 1,
            fine_tune_id="",
            fine_tune_status="",
            earlier_fine_tunes=(*self.earlier_fine_tunes, fine_tune.fine_tune_id),
            usage=self.usage + fine_tune.usage,
            reason=reason,
        )

    def ended(self, state: JobState, reason: Reason, now: int, fine_tune: FineTune | None = None) -> Job:
        """End without a model: ``state`` is FAILED or CANCELED and ``reason`` says why."""
        return self._moved(
            state,
            now,
            fine_tune_status=fine_tune.status if fine_tune else self.fine_tune_status,
            usage=self.usage + (fine_tune.usage if fine_tune else 0),
            ended_at=self._end(fine_tune, now),
            reason=reason,
        )

    def _end(self, fine_tune: FineTune | None, now: int) -> int:
        """When it ended: DashScope's word, in whole seconds, but never before our own submit."""
        return max((fine_tune.ended_at if fine_tune else None) or now, self.submitted_at)

    def with_delivery(self, now: int) -> Job:
        """Note that the outcome has been written out: the job leaves the work in hand."""
        if not self.state.is_terminal:
            raise IllegalMove(f"a job in {self.state.value} has no outcome to deliver")
        return self._moved(self.state, now, delivered=True)


def _may_be_pushed_out(photo: Photo) -> bool:
    return not (photo.may_be_used or photo.is_pending)


def _newest_first(photo: Photo) -> tuple[bool, int, str]:
    """New photos come before those of earlier revisions, which have been trained on, however old they are."""
    return not photo.is_new, -photo.uploaded_at, photo.name


def fingerprint(name: str) -> str:
    """Return 12 hex digits that stand for a photo's name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _remembering(earlier: Mapping[str, str], photos: Iterable[Photo]) -> dict[str, str]:
    return {**earlier, **{fingerprint(photo.name): photo.etag[:8] for photo in photos}}


def open_job(person_id: str, revision: int, now: int, *, earlier: Mapping[str, str] | None = None) -> Job:
    """A new, empty job of a person."""
    return Job(
        person_id=person_id,
        revision=revision,
        state=JobState.COLLECTING,
        opened_at=now,
        changed_at=now,
        last_photo_at=now,
        earlier=dict(earlier or {}),
    )
