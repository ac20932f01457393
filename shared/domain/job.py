"""A job: one training of one person, and every change in the life of the training.

What is recorded of it is a :class:`shared.domain.job_record.JobRecord`, its photos are a
:class:`shared.domain.photo_set.PhotoSet`. Each method returns the changed job and checks the move against the
table of legal moves. ``version`` decides which save counts: a save succeeds only on top of the version that
was read. ``now`` and names that end in ``_at`` are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.domain.clocks import plausible_time
from shared.domain.failed_trainings import are_photos_at_fault
from shared.domain.held_back import check_may_be_trained
from shared.domain.job_record import JobRecord
from shared.domain.money import DAY_MS
from shared.domain.photo_set import NEVER, ClosedBy, PhotoSet
from shared.domain.photos import Photo
from shared.domain.reason import EARLIER_RESULT, NO_USABLE_PHOTO
from shared.domain.reason import Reason as Reason
from shared.domain.reasons import why_none_is_usable
from shared.domain.retry_state import Cause, RetryState, failed_again
from shared.domain.rules import Rules
from shared.domain.states import IllegalMove, JobState, check_move
from shared.domain.timeline import Move, with_move

if TYPE_CHECKING:
    from shared.domain.fine_tunes import FineTune

NOT_YET_RUNNING = ("", "PENDING", "QUEUING")
WHOLE_SECOND_MS = 1000
"""DashScope's times are whole seconds."""


@dataclass(frozen=True, kw_only=True)
class Job(JobRecord):
    """A job, and how it changes."""

    def _moved(self, state: JobState, now: int, behind: int = 0, **changes: object) -> Job:
        check_move(self.state, state)
        if state is not self.state:
            # Another step begins, and nothing has gone wrong with it yet.
            changes.setdefault("retry", None)
            changes["moves"] = with_move(self.moves, Move(state.value, now, behind))
        return replace(self, state=state, changed_at=max(now, self.changed_at), **changes)  # type: ignore[arg-type]  # field names are checked by replace at run time

    # -- trouble ------------------------------------------------------------------------------------

    def held_up(self, cause: Cause, now: int, *, until: int | None = None) -> Job:
        """Note that the present step has failed; the next try is at ``until``, or after the usual pause."""
        retry = failed_again(self.retry, cause, now)
        if until is not None:
            retry = replace(retry, next_try_at=until)
        return self._moved(self.state, now, retry=retry, due_at=retry.next_try_at)

    def cleared(self, rules: Rules, now: int) -> Job:
        """Note that the present step works again; a queued job is back at its place."""
        if self.retry is None:
            return self
        due_at = self.place if self.state is JobState.QUEUED else self.due_at
        if self.state is JobState.COLLECTING:
            due_at = self.next_look_at(rules, self.photo_set)
        return self._moved(self.state, now, retry=None, due_at=due_at)

    # -- the photo set ------------------------------------------------------------------------------

    def collecting(self, photo_set: PhotoSet, rules: Rules, now: int) -> Job:
        """Take a set with another photo; one that was rejected or is queued opens again and keeps its place.

        Raises IllegalMove when an attempt was ever intended: a fine-tune of this set may exist.
        """
        if not self.takes_photos:
            raise IllegalMove(f"a job in {self.state.value} after {self.attempt} attempts takes no photos")
        photo_set = photo_set.reopened() if self.state is JobState.QUEUED else photo_set
        return self._moved(
            JobState.COLLECTING,
            now,
            photo_set=photo_set,
            due_at=self.next_look_at(rules, photo_set),
            retry=None,
            files=(),
            closed_at=0,
            closed_by="",
            approved_at=0,
            reason=None,
        )

    def with_photo(self, photo: Photo, rules: Rules, now: int) -> Job:
        """Record ``photo`` in the set.

        One that cannot be used does not open a set that is queued, unless it takes the place of one that can.
        Raises IllegalMove like :meth:`collecting`.
        """
        replaced = self.photo_set.photo(photo.name)
        photo_set = self.photo_set.with_photo(photo, now)
        is_news = photo_set.is_waiting_for(photo.name) or (replaced is not None and replaced.may_be_used)
        if self.state is JobState.QUEUED and self.takes_photos and not is_news:
            return self.with_photo_set(photo_set, rules, now)
        return self.collecting(photo_set, rules, now)

    def with_photo_set(self, photo_set: PhotoSet, rules: Rules, now: int) -> Job:
        """Take a changed set; the state stays, and the place in the queue while a new photo is left."""
        if not self.state.is_open:
            return self._moved(self.state, now, photo_set=photo_set)
        has_place = any(photo.is_new for photo in photo_set.photos)
        job = replace(self, closed_first_at=self.closed_first_at if has_place else 0)
        due_at = self.retry.next_try_at if self.retry else job.next_look_at(rules, photo_set)
        return job._moved(self.state, now, photo_set=photo_set, due_at=due_at)

    def with_lease(self, until: int, rules: Rules, now: int) -> Job:
        """Lease the open set to one run, or with 0 to none; a tick looks at it when the lease has run out."""
        leased = replace(self, leased_until=until)
        return leased._moved(self.state, now, due_at=leased.next_look_at(rules, self.photo_set))

    def closed(self, why: ClosedBy, now: int) -> Job:
        """Close the set: fix what is submitted (its chosen photos) and join the queue, at its old place."""
        place = min(self.closed_first_at or now, now)
        return self._moved(
            JobState.QUEUED,
            now,
            photo_set=replace(self.photo_set.closed(), train_asked_at=0),
            leased_until=0,
            files=tuple(photo.snapshot for photo in self.photo_set.chosen()),
            closed_at=now,
            closed_first_at=place,
            closed_by=why.value,
            due_at=self.moved_to or place,
        )

    def rejected(self, now: int) -> Job:
        """Close the set without a training: none of its photos can be used."""
        why = Reason(NO_USABLE_PHOTO, why_none_is_usable(self.photo_set.photos))
        unmarked = self.photo_set.without_marker()
        free = replace(self, leased_until=0, closed_first_at=0)
        return free._moved(JobState.REJECTED, now, photo_set=unmarked, reason=why)

    def given_way(self, now: int, why: Reason = EARLIER_RESULT) -> Job:
        """Leave the person to another row, which knows these photos."""
        return self._moved(JobState.REJECTED, now, closed_first_at=0, reason=why)

    def next_revision(self, rules: Rules, now: int) -> Job:
        """Open the set that follows this closed one.

        With ``carry_over`` it begins with the newest usable photos of this one, unless DashScope failed the
        training because of them.
        """
        is_to_blame = self.state is JobState.FAILED and self.reason and are_photos_at_fault(self.reason.code)
        carries = rules.carry_over and not (is_to_blame or self.photos_removed_at)
        is_final = self.state.is_terminal and self.spent_through == self.revision - 1
        return replace(
            open_job(self.person_id, self.revision + 1, now),
            photo_set=self.photo_set.following(now, carried_from=self.revision if carries else 0),
            folders=self.folders,
            consent=self.consent,
            starts_after=self.starts_after,
            trainings_at=self.trainings_since(now - DAY_MS),
            spent_before_fen=self.spent_before_fen + (self.cost_fen if is_final else 0),
            spent_through=self.revision if is_final else self.spent_through,
        )

    # -- the submit ---------------------------------------------------------------------------------

    def with_files(self, photo_set: PhotoSet, now: int) -> Job:
        """Take snapshots in the place of lost ones, before an attempt is sent with them."""
        files = tuple(photo.snapshot for photo in photo_set.usable)
        gone = tuple(key for key in self.files if key not in files)
        named = (*gone, *filter(None, self.file_ids))
        return self._moved(
            JobState.QUEUED,
            now,
            photo_set=photo_set,
            files=files,
            file_ids=(),
            earlier_files=(*self.earlier_files, *(named if self.attempt else ())),
        )

    def attempting(
        self, now: int, *, expires_at: int, file_ids: tuple[str, ...] = (), key_id: str = "", behind: int = 0
    ) -> Job:
        """Write down the intent to submit. Only the invocation that saves this may send the POST."""
        check_may_be_trained(self.person_id)
        replaced = tuple(name for name in self.file_ids if name not in file_ids)
        return self._moved(
            *(JobState.SUBMITTING, now, behind),
            attempt=self.attempt + 1,
            attempt_expires_at=expires_at,
            submitted_at=now,
            earlier_files=(*self.earlier_files, *replaced),
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
            made_at=plausible_time(began_at, self.place, now) or self.submitted_at,
            trainings_at=(*self.trainings_since(now - DAY_MS), now),
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
            ended_at=self.end_of(fine_tune, now),
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
            ended_at=self.end_of(fine_tune, now),
            reason=reason,
        )

    def with_result(self, now: int) -> Job:
        """Note that the result has been written to the bucket."""
        return self._moved(self.state, now, result_at=now, retry=None)

    def with_delivery(self, now: int) -> Job:
        """Note that the outcome has been written out: the job leaves the work in hand."""
        if not self.state.is_terminal:
            raise IllegalMove(f"a job in {self.state.value} has no outcome to deliver")
        return self._moved(self.state, now, delivered=True, retry=None, due_at=NEVER)


def open_job(person_id: str, revision: int, now: int) -> Job:
    """Return a new job of a person, with an empty set."""
    empty, state = PhotoSet(last_photo_at=now), JobState.COLLECTING
    job = Job(person_id=person_id, revision=revision, state=state, opened_at=now, changed_at=now)
    return replace(job, photo_set=empty, moves=(Move(state.value, now),))
