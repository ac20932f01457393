"""A job: one training of one person, as a value, and every change in the life of the training.

Its photos are a :class:`shared.domain.photo_set.PhotoSet`. Each method returns the changed job and checks the
move against the table of legal moves. ``version`` decides which save counts: a save succeeds only on top of
the version that was read. ``now`` and names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.domain.failed_trainings import are_photos_at_fault
from shared.domain.fine_tunes import FineTune, plausible_time
from shared.domain.lanes import (
    ASIDE_LANE,
    COLLECTING_LANE,
    DELIVERY_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANE_OF,
)
from shared.domain.object_keys import job_id, person_key
from shared.domain.photo_set import NEVER, ClosedBy, PhotoSet
from shared.domain.photos import Photo
from shared.domain.reasons import why_none_is_usable
from shared.domain.retry_state import LONGEST_PAUSE_MS, Cause, RetryState, failed_again
from shared.domain.rules import Rules
from shared.domain.states import IllegalMove, JobState, check_move

NOT_YET_RUNNING = ("", "PENDING", "QUEUING")
WHOLE_SECOND_MS = 1000
"""DashScope's times are whole seconds."""

NO_USABLE_PHOTO = "no_usable_photo"
REOPENS_FOR_MS = 600_000
"""A set that photos join while it is queued closes again at the latest so long after it closed first."""
CLOCKS_DIFFER_MS = 300_000
RUN_LASTS_MS = 900_000
"""Longer than Function Compute lets any of the functions run."""
DAY_MS = 86_400_000
BEIJING_MS = 8 * 3_600_000


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
        closed_first_at: when the set closed first, which is its place in the queue.
        due_at: when the job is next to be looked at; in the queue, its place.
        retry: how the tries of the job's present step have gone, None while all is well.
        files: the snapshot keys that are submitted, fixed when the set closes.
        earlier_files: snapshot keys that earlier attempts of this job were sent with.
        file_ids: the same files as uploaded to DashScope's file service, when it is used.
        attempt: how many submits were intended.
        attempt_expires_at: when the invocation that may send the attempt's POST is dead for certain.
        failures: attempts that failed for this job's own sake; refusals of the whole account do not count.
        earlier_fine_tunes: ids that belong to this job's failed attempts.
        key_id: stands for the API key that the attempt was sent with.
        account: stands for the account that the fine-tune belongs to, as far as DashScope tells.
        running_since: when DashScope was first seen to train, 0 while it only queues.
        is_proved_new: whether the bucket has been asked for earlier results of the person; without it nothing
            is paid for.
        trainings_at: when fine-tunes of this person were made in the last day, oldest first.
        result_at: when the result object was written.
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
    closed_first_at: int = 0
    closed_by: str = ""
    due_at: int = 0
    retry: RetryState | None = None
    files: tuple[str, ...] = ()
    earlier_files: tuple[str, ...] = ()
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
    key_id: str = ""
    account: str = ""
    running_since: int = 0
    is_proved_new: bool = True
    trainings_at: tuple[int, ...] = ()
    usage: int = 0
    reason: Reason | None = None
    result_at: int = 0
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
    def takes_photos(self) -> bool:
        """Whether a new photo belongs to this job: also while it is queued and nothing was ever sent for it."""
        return self.state.is_open or (self.state is JobState.QUEUED and not self.attempt)

    @property
    def trouble(self) -> RetryState | None:
        """What holds the job up: the trouble of its present step, or that of its photos."""
        if self.retry is not None:
            return self.retry
        return self.photo_set.retry if self.state is JobState.COLLECTING else None

    @property
    def lane(self) -> int | None:
        """The part of the work in hand that the job belongs to; None when nothing is to be done."""
        if self.state in (JobState.SUBMITTING, JobState.TRAINING):
            return RUNNING_LANE
        if self.state is JobState.REJECTED or (self.state.is_terminal and self.delivered):
            return None
        trouble = self.trouble
        if self.state is JobState.QUEUED and self.due_at == self.place:
            return QUEUE_LANE
        if trouble is not None:
            api = trouble.waits_for
            return WAITING_LANE_OF.get(api, ASIDE_LANE) if api else ASIDE_LANE
        return COLLECTING_LANE if self.state is JobState.COLLECTING else DELIVERY_LANE

    @property
    def place(self) -> int:
        """The place in the queue: first closed, first trained."""
        return self.closed_first_at or self.closed_at

    @property
    def deadline(self) -> int:
        """By when a set that was closed before closes again."""
        return self.closed_first_at + REOPENS_FOR_MS if self.closed_first_at else NEVER

    def completed_by(self, rules: Rules, now: int) -> ClosedBy | None:
        """Say what completes the set at ``now``; None while it has to wait, and for a set that is closed."""
        if self.state is not JobState.COLLECTING:
            return None
        return self.photo_set.completed_by(rules, now, deadline=self.deadline)

    def trainings_today(self, now: int) -> int:
        """How many fine-tunes of the person were made on this day in Beijing."""
        today = (now + BEIJING_MS) // DAY_MS
        return sum((made_at + BEIJING_MS) // DAY_MS == today for made_at in self.trainings_at)

    def _moved(self, state: JobState, now: int, **changes: object) -> Job:
        check_move(self.state, state)
        if state is not self.state:
            # Another step begins, and nothing has gone wrong with it yet.
            changes.setdefault("retry", None)
        return replace(self, state=state, changed_at=max(now, self.changed_at), **changes)  # type: ignore[arg-type]  # field names are checked by replace at run time

    def _due_when(self, rules: Rules, photo_set: PhotoSet) -> int:
        return photo_set.next_look_at(rules, deadline=self.deadline)

    # -- trouble ------------------------------------------------------------------------------------

    def held_up(self, cause: Cause, now: int, *, until: int | None = None) -> Job:
        """Note that the present step has failed: it is tried again after a pause, behind what can be done.

        ``until``: the next try is then, and not after the usual pause.
        """
        retry = failed_again(self.retry, cause, now)
        if until is not None:
            retry = replace(retry, next_try_at=until)
        return self._moved(self.state, now, retry=retry, due_at=retry.next_try_at)

    def cleared(self, rules: Rules, now: int) -> Job:
        """Note that the present step works again."""
        if self.retry is None:
            return self
        is_collecting = self.state is JobState.COLLECTING
        due_at = self._due_when(rules, self.photo_set) if is_collecting else self.due_at
        if self.state is JobState.QUEUED:
            due_at = self.place
        return self._moved(self.state, now, retry=None, due_at=due_at)

    def rebased(self, rules: Rules, now: int) -> Job:
        """Return the job with moments by these settings and by this clock; itself when they are so already.

        A moment further ahead than clocks differ was written by one that ran ahead: it is taken for now.
        """
        latest = now + CLOCKS_DIFFER_MS
        if self.changed_at <= latest:
            job = self
        else:
            job = replace(
                self,
                changed_at=now,
                submitted_at=min(self.submitted_at, now),
                closed_at=min(self.closed_at, now),
                closed_first_at=min(self.closed_first_at, now),
                attempt_expires_at=min(self.attempt_expires_at, now + RUN_LASTS_MS),
            )
        if job.state is not JobState.COLLECTING:
            return job
        photo_set = job.photo_set
        if photo_set.last_photo_at > latest:
            photo_set = replace(photo_set, last_photo_at=now)
        if job.retry is not None and job.retry.next_try_at > now + 2 * LONGEST_PAUSE_MS:
            job = replace(job, retry=replace(job.retry, next_try_at=now))
        due_at = job.retry.next_try_at if job.retry else job._due_when(rules, photo_set)
        return replace(job, photo_set=photo_set, due_at=due_at)

    # -- the photo set ------------------------------------------------------------------------------

    def collecting(self, photo_set: PhotoSet, rules: Rules, now: int) -> Job:
        """Take a set with another photo; a set that was rejected or is queued opens again.

        The photo may be the usable one, or belong to the delivery that is queued: its place stays.
        """
        photo_set = photo_set.reopened() if self.state is JobState.QUEUED else photo_set
        return self._moved(
            JobState.COLLECTING,
            now,
            photo_set=photo_set,
            due_at=self._due_when(rules, photo_set),
            retry=None,
            files=(),
            closed_by="",
            reason=None,
        )

    def with_photo(self, photo: Photo, rules: Rules, now: int) -> Job:
        """Record ``photo`` in the set; one that cannot be used does not open a set that is queued."""
        photo_set = self.photo_set.with_photo(photo, now)
        if self.state is JobState.QUEUED and not photo_set.is_waiting_for(photo.name):
            return self.with_photo_set(photo_set, rules, now)
        return self.collecting(photo_set, rules, now)

    def with_photo_set(self, photo_set: PhotoSet, rules: Rules, now: int) -> Job:
        """Take a changed set; the state stays, and so does the place in the queue."""
        due_at = self.due_at
        if self.state.is_open:
            due_at = self.retry.next_try_at if self.retry else self._due_when(rules, photo_set)
        return self._moved(self.state, now, photo_set=photo_set, due_at=due_at)

    def closed(self, why: ClosedBy, now: int) -> Job:
        """Close the set: fix what is submitted (its chosen photos) and join the queue, at its old place."""
        place = min(self.closed_first_at or now, now)
        return self._moved(
            JobState.QUEUED,
            now,
            photo_set=self.photo_set.closed(),
            files=tuple(photo.snapshot for photo in self.photo_set.chosen()),
            closed_at=now,
            closed_first_at=place,
            closed_by=why.value,
            due_at=place,
        )

    def rejected(self, now: int) -> Job:
        """Close the set without a training: none of its photos can be used."""
        why = Reason(NO_USABLE_PHOTO, why_none_is_usable(self.photo_set.photos))
        unmarked = self.photo_set.without_marker()
        return self._moved(
            JobState.REJECTED, now, photo_set=unmarked, closed_by="", closed_first_at=0, reason=why
        )

    def given_way(self, now: int) -> Job:
        """Leave the person to the row that has been made from an earlier result: it knows these photos."""
        why = Reason(
            "earlier_result", "The bucket has an earlier result of this person; nothing is paid for again."
        )
        return self._moved(JobState.REJECTED, now, closed_by="", closed_first_at=0, reason=why)

    def next_revision(self, rules: Rules, now: int) -> Job:
        """Open the set that follows this closed one.

        With ``carry_over`` it begins with the newest usable photos of this one, unless DashScope failed the
        training because of them.
        """
        is_to_blame = self.state is JobState.FAILED and self.reason and are_photos_at_fault(self.reason.code)
        carried_from = self.revision if rules.carry_over and not is_to_blame else 0
        following = self.photo_set.following(now, carried_from=carried_from)
        opened = open_job(self.person_id, self.revision + 1, now)
        return replace(opened, photo_set=following, trainings_at=self._trainings_since(now - DAY_MS))

    # -- the submit ---------------------------------------------------------------------------------

    def with_files(self, photo_set: PhotoSet, now: int) -> Job:
        """Take snapshots in the place of lost ones, before an attempt is sent with them."""
        files = tuple(photo.snapshot for photo in photo_set.usable)
        gone = tuple(key for key in self.files if key not in files)
        return self._moved(
            JobState.QUEUED,
            now,
            photo_set=photo_set,
            files=files,
            file_ids=(),
            earlier_files=(*self.earlier_files, *gone) if self.attempt else self.earlier_files,
        )

    def attempting(
        self, now: int, *, expires_at: int, file_ids: tuple[str, ...] = (), key_id: str = ""
    ) -> Job:
        """Write down the intent to submit. Only the invocation that saves this may send the POST."""
        return self._moved(
            JobState.SUBMITTING,
            now,
            attempt=self.attempt + 1,
            attempt_expires_at=expires_at,
            submitted_at=now,
            file_ids=file_ids,
            key_id=key_id,
            # The tries of the submit go on: they are forgotten once it has been accepted.
            retry=replace(self.retry, next_try_at=now) if self.retry else None,
            due_at=now,
            reason=None,
        )

    def sent(self, why: Reason, now: int) -> Job:
        """Note that the POST has left without an answer: no run is going to send it any more."""
        return self._moved(JobState.SUBMITTING, now, attempt_expires_at=now, reason=why)

    def submitted(self, fine_tune: FineTune, now: int) -> Job:
        """Own ``fine_tune``: made by our POST, or found in the list, perhaps from an earlier attempt."""
        began_at = fine_tune.created_at or 0
        is_earlier = self.place <= began_at <= self.submitted_at - WHOLE_SECOND_MS
        return self._moved(
            JobState.TRAINING,
            now,
            submitted_at=began_at if is_earlier else self.submitted_at,
            fine_tune_id=fine_tune.fine_tune_id,
            fine_tune_status=fine_tune.status,
            account=fine_tune.account,
            running_since=0,
            due_at=now,
            trainings_at=(*self._trainings_since(now - DAY_MS), now),
        )

    def requeued(
        self, reason: Reason, now: int, *, retry: RetryState | None = None, at_once: bool = False
    ) -> Job:
        """Go back to the queue: the attempt is known to have created nothing.

        To the old place, ``at_once`` or without ``retry``; else behind those who have had no trouble.
        """
        steps_aside = retry is not None and not at_once and retry.next_try_at > now
        return self._moved(
            JobState.QUEUED,
            now,
            due_at=retry.next_try_at if retry and steps_aside else self.place,
            retry=retry,
            reason=reason,
        )

    # -- the outcome --------------------------------------------------------------------------------

    def still_training(self, fine_tune: FineTune, now: int) -> Job:
        """Note DashScope's present status, and since when it trains and does not only queue."""
        is_running = fine_tune.status not in NOT_YET_RUNNING
        return self._moved(
            JobState.TRAINING,
            now,
            fine_tune_status=fine_tune.status,
            running_since=self.running_since or (now if is_running else 0),
        )

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
            due_at=self.place,
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

    def _trainings_since(self, moment: int) -> tuple[int, ...]:
        return tuple(made_at for made_at in self.trainings_at if made_at > moment)

    def _ended_at(self, fine_tune: FineTune | None, now: int) -> int:
        """When it ended by DashScope's clock, in whole seconds, but never before our own submit."""
        ended_at = plausible_time(fine_tune.ended_at if fine_tune else None, self.submitted_at, now)
        return max(ended_at or now, self.submitted_at)

    def with_result(self, now: int) -> Job:
        """Note that the result has been written to the bucket."""
        return self._moved(self.state, now, result_at=now, retry=None)

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
