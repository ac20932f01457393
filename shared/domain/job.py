"""A job: one training of one person, as a value, and every change in the life of the training.

Its photos are a :class:`shared.domain.photo_set.PhotoSet`. Each method returns the changed job and checks the
move against the table of legal moves. ``version`` decides which save counts: a save succeeds only on top of
the version that was read. ``now`` and names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.domain.dashscope_errors import are_photos_at_fault
from shared.domain.object_keys import job_id, person_key
from shared.domain.photo_set import ClosedBy, PhotoSet
from shared.domain.photos import Photo
from shared.domain.reasons import why_none_is_usable
from shared.domain.rules import Rules
from shared.domain.states import IllegalMove, JobState, check_move

if TYPE_CHECKING:
    from shared.domain.fine_tunes import FineTune

WHOLE_SECOND_MS = 1000
"""DashScope's times are whole seconds."""

NO_USABLE_PHOTO = "no_usable_photo"

RUNNING_LANE = 1
DELIVERY_LANE = 2
QUEUE_LANE = 3
COLLECTING_LANE = 4


@dataclass(frozen=True)
class Reason:
    """Why a job is in its state: a word for programs, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training of one person.

    Attributes:
        photo_set: the photos of the training.
        due_at: when the job is next to be looked at; in the queue, its place.
        files: the snapshot keys that are submitted, fixed when the set closes.
        file_ids: the same files as uploaded to DashScope's file service, when it is used.
        attempt: how many submits were intended.
        attempt_expires_at: when the invocation that may send the attempt's POST is dead for certain.
        failures: attempts that failed for this job's own sake; refusals of the whole account do not count.
        earlier_fine_tunes: ids that belong to this job's failed attempts.
        delivered: the outcome is written to the bucket and nothing is left to do.
    """

    person_id: str
    revision: int
    state: JobState
    opened_at: int
    changed_at: int
    version: int = 0
    photo_set: PhotoSet = field(default_factory=PhotoSet)
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
    def training_took_ms(self) -> int | None:
        """How long the training took that made the model; None without a model."""
        if self.state is JobState.SUCCEEDED and self.ended_at > self.submitted_at:
            return self.ended_at - self.submitted_at
        return None

    @property
    def counted_attempts(self) -> int:
        """The attempts that ``MAX_ATTEMPTS`` counts, the present one included."""
        waits = self.state.is_open or self.state is JobState.QUEUED
        return self.failures + (1 if self.attempt and not waits else 0)

    @property
    def lane(self) -> int | None:
        """The part of the work in hand that the job belongs to; None when nothing is to be done."""
        if self.state is JobState.COLLECTING:
            return COLLECTING_LANE
        if self.state is JobState.QUEUED:
            return QUEUE_LANE
        if self.state in (JobState.SUBMITTING, JobState.TRAINING):
            return RUNNING_LANE
        return DELIVERY_LANE if self.state.is_terminal and not self.delivered else None

    def knows(self, name: str, etag: str) -> bool:
        """Whether this very content under this name has been recorded, now or in an earlier revision."""
        return self.photo_set.knows(name, etag, is_open=self.state.is_open)

    def completed_by(self, rules: Rules, now: int) -> ClosedBy | None:
        """Say what completes the set at ``now``; None while it has to wait, and for a set that is closed."""
        return self.photo_set.completed_by(rules, now) if self.state is JobState.COLLECTING else None

    def _moved(self, state: JobState, now: int, **changes: object) -> Job:
        check_move(self.state, state)
        return replace(self, state=state, changed_at=max(now, self.changed_at), **changes)  # type: ignore[arg-type]  # field names are checked by replace at run time

    # -- the photo set ------------------------------------------------------------------------------

    def collecting(self, photo_set: PhotoSet, rules: Rules, now: int) -> Job:
        """Take a set with another photo; a rejected set reopens, since this photo may be the usable one."""
        return self._moved(
            JobState.COLLECTING,
            now,
            photo_set=photo_set,
            due_at=photo_set.next_look_at(rules),
            closed_by="",
            reason=None,
        )

    def with_photo(self, photo: Photo, rules: Rules, now: int) -> Job:
        """Record ``photo`` in the open set."""
        return self.collecting(self.photo_set.with_photo(photo, now), rules, now)

    def with_photo_set(self, photo_set: PhotoSet, rules: Rules, now: int) -> Job:
        """Take a changed set; the state stays, and so does the place in the queue."""
        due_at = photo_set.next_look_at(rules) if self.state.is_open else self.due_at
        return self._moved(self.state, now, photo_set=photo_set, due_at=due_at)

    def closed(self, why: ClosedBy, now: int) -> Job:
        """Close the set: fix what is submitted (its chosen photos) and join the queue."""
        return self._moved(
            JobState.QUEUED,
            now,
            photo_set=self.photo_set.closed(),
            files=tuple(photo.snapshot for photo in self.photo_set.chosen()),
            closed_at=now,
            closed_by=why.value,
            due_at=now,
        )

    def rejected(self, now: int) -> Job:
        """Close the set without a training: none of its photos can be used."""
        why = Reason(NO_USABLE_PHOTO, why_none_is_usable(self.photo_set.photos))
        unmarked = self.photo_set.with_marker(0)
        return self._moved(JobState.REJECTED, now, photo_set=unmarked, closed_by="", reason=why)

    def next_revision(self, rules: Rules, now: int) -> Job:
        """Open the set that follows this closed one.

        With ``carry_over`` it begins with the newest usable photos of this one, unless DashScope failed the
        training because of them.
        """
        is_to_blame = self.state is JobState.FAILED and self.reason and are_photos_at_fault(self.reason.code)
        carried_from = self.revision if rules.carry_over and not is_to_blame else 0
        following = self.photo_set.following(now, carried_from=carried_from)
        return replace(open_job(self.person_id, self.revision + 1, now), photo_set=following)

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
        """Note that the POST has left without an answer: no run is going to send it any more."""
        return self._moved(JobState.SUBMITTING, now, attempt_expires_at=now)

    def submitted(self, fine_tune: FineTune, now: int) -> Job:
        """Own ``fine_tune``: made by our POST, or found in the list, perhaps from an earlier attempt."""
        began_at = fine_tune.created_at
        is_earlier = began_at is not None and began_at + WHOLE_SECOND_MS <= self.submitted_at
        return self._moved(
            JobState.TRAINING,
            now,
            submitted_at=began_at if is_earlier else self.submitted_at,
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
            ended_at=self._ended_at(fine_tune, now),
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
            ended_at=self._ended_at(fine_tune, now),
            reason=reason,
        )

    def _ended_at(self, fine_tune: FineTune | None, now: int) -> int:
        """When it ended by DashScope's clock, in whole seconds, but never before our own submit."""
        return max((fine_tune.ended_at if fine_tune else None) or now, self.submitted_at)

    def with_delivery(self, now: int) -> Job:
        """Note that the outcome has been written out: the job leaves the work in hand."""
        if not self.state.is_terminal:
            raise IllegalMove(f"a job in {self.state.value} has no outcome to deliver")
        return self._moved(self.state, now, delivered=True)


def open_job(person_id: str, revision: int, now: int) -> Job:
    """Return a new job of a person, with an empty set."""
    return Job(
        person_id=person_id,
        revision=revision,
        state=JobState.COLLECTING,
        opened_at=now,
        changed_at=now,
        photo_set=PhotoSet(last_photo_at=now),
    )
