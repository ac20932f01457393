"""What is recorded of a job, as a value, and what follows from it: its lane, its place, what it waits for.

:class:`shared.domain.job.Job` has the changes. ``now`` and names that end in ``_at`` are milliseconds since
the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.domain.clocks import has_come, plausible_time
from shared.domain.held_back import is_held_back
from shared.domain.lanes import (
    ASIDE_LANE,
    COLLECTING_LANE,
    DELIVERY_LANE,
    KEPT_LANE,
    QUEUE_LANE,
    RUNNING_LANE,
    WAITING_LANE_OF,
)
from shared.domain.money import BEIJING_MS, DAY_MS, LIST_PRICE_FEN
from shared.domain.object_keys import job_id, person_key
from shared.domain.photo_set import NEVER, ClosedBy, PhotoSet
from shared.domain.reason import Reason
from shared.domain.retry_state import RetryState
from shared.domain.rules import Rules
from shared.domain.spending import Billed
from shared.domain.states import JobState
from shared.domain.timeline import Move

if TYPE_CHECKING:
    from shared.domain.consent import Consent
    from shared.domain.fine_tunes import FineTune
    from shared.domain.messages import Message
    from shared.domain.portraits import PortraitOrder

REOPENS_FOR_MS = 600_000
"""A set that photos join while it is queued closes again at the latest so long after it closed first."""
LEASE_MS = 45_000
"""So long a run may record the photos of all others: for a look at the folder and a save."""


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """One training of one person, as it is stored.

    Attributes:
        photo_set: the photos of the training.
        closed_first_at: when the set closed first, which is its place in the queue.
        leased_until: by then the run is surely dead that records the set's photos for all; 0: there is none.
        due_at: when the job is next to be looked at; in the queue, its place.
        retry: how the tries of the job's present step have gone, None while all is well.
        files: the snapshot keys that are submitted, fixed when the set closes.
        earlier_files: snapshot keys and file ids that earlier attempts of this job were sent with.
        file_ids: the same files as uploaded to DashScope's file service, when it is used.
        attempt: how many submits were intended.
        attempt_expires_at: when the invocation that may send the attempt's POST is dead for certain.
        failures: attempts that failed for this job's own sake; refusals of the whole account do not count.
        earlier_fine_tunes: ids that belong to this job's failed attempts.
        key_id: stands for the API key that the attempt was sent with.
        account: stands for the account that the fine-tune belongs to, as far as DashScope tells.
        running_since: when DashScope was first seen to train, 0 while it only queues.
        is_proved_new: whether the bucket has been asked for earlier results; before, nothing is paid for.
        folders: the person's folders in other spellings, as far as met; the first ``MAX_FOLDERS``.
        trainings_at: when fine-tunes of this person were made in the last day, oldest first.
        price_fen: the price of a training when the job was first submitted; 0: it was not noted.
        made_at: when its latest fine-tune was made, by DashScope's clock where that tells.
        spent_before_fen: what earlier revisions have cost, as far as ``spent_through``.
        spent_through: up to this revision all have ended, and are in ``spent_before_fen``; 0: none is.
        consent: what was read of the person's consent last; None: it was never asked for.
        approved_at: when an administrator has let the closed set be trained; 0: nobody has.
        traceparent: the trace of the upload that opened the set; :mod:`shared.tracing`.
        messages: what is told of the job, of very many the latest; none while nobody wants to be told.
        moves: the states that the job has come to, with the times; of very many the first and the latest.
        moved_to: the place in the queue that an administrator has given the job; 0: its own one.
        cancel_asked_at: when an administrator asked for the job to be cancelled; 0: nobody has.
        cancel_sent_at: when DashScope was last asked to cancel the fine-tune.
        answered: ids of the latest administrators' requests that have changed the job.
        model_released_at: when the fine-tune was deleted at DashScope, by a request or in its time.
        snapshots_removed_at: when the snapshots were removed in their time; 0: they were not.
        photos_removed_at: the same of its uploads; those of later sets stay.
        starts_after: up to this moment everything under this name was an erased person's; 0: nobody was.
        erasing_since: when the erasure of the person met this row, which is on its way out; 0: it has not.
        result_at: when the result object was written.
        delivered: the outcome is written to the bucket and nothing of the training is left to do.
        portraits: what was asked for of the model, oldest first (:mod:`shared.domain.portraits`).
        portrait_fen: what these have cost.
        result_due_at: when the result is written again, since portraits have come; 0: it is as it is to be.
        unknown: columns that newer code has added, which stay with the row (:mod:`shared.domain.formats`).
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
    leased_until: int = 0
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
    folders: tuple[str, ...] = ()
    trainings_at: tuple[int, ...] = ()
    usage: int = 0
    price_fen: int = 0
    made_at: int = 0
    spent_before_fen: int = 0
    spent_through: int = 0
    consent: Consent | None = None
    approved_at: int = 0
    traceparent: str = ""
    messages: tuple[Message, ...] = ()
    moves: tuple[Move, ...] = ()
    moved_to: int = 0
    cancel_asked_at: int = 0
    cancel_sent_at: int = 0
    model_released_at: int = 0
    snapshots_removed_at: int = 0
    photos_removed_at: int = 0
    answered: tuple[str, ...] = ()
    reason: Reason | None = None
    starts_after: int = 0
    erasing_since: int = 0
    result_at: int = 0
    delivered: bool = False
    portraits: tuple[PortraitOrder, ...] = ()
    portrait_fen: int = 0
    result_due_at: int = 0
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def job_id(self) -> str:
        """The job's public id."""
        return job_id(self.person_id, self.revision)

    @property
    def person_key(self) -> str:
        """The partition that the job lives in."""
        return person_key(self.person_id)

    def has_met(self, folder: str) -> bool:
        """Whether uploads in the person's folder of this spelling have been met before."""
        return folder in (self.person_id, *self.folders)

    @property
    def all_file_ids(self) -> tuple[str, ...]:
        """The files of all attempts in DashScope's file service; a snapshot's key has folders, an id none."""
        return (*self.file_ids, *(name for name in self.earlier_files if "/" not in name))

    @property
    def billed(self) -> Billed:
        """What DashScope has billed for the job's fine-tunes so far."""
        return Billed(self.usage, self.made_at)

    @property
    def cost_fen(self) -> int:
        """The same at the list price of its first submit."""
        return self.cost_of(self.usage)

    def cost_of(self, trainings: int) -> int:
        """Return what so many trainings of the job cost, in fen."""
        return trainings * (self.price_fen or LIST_PRICE_FEN)

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
        """Whether a new photo belongs to this job: also while it is queued, before the first attempt."""
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
            if self.portraits:
                # Imported here: most jobs have none.
                from shared.domain.portrait_work import lane_of

                if lane := lane_of(self):
                    return lane
            return KEPT_LANE if 0 < self.ended_at < self.due_at < NEVER and not self.erasing_since else None
        trouble = self.trouble
        if trouble is not None and not self._is_at_its_place:
            api = trouble.waits_for
            return WAITING_LANE_OF.get(api, ASIDE_LANE) if api else ASIDE_LANE
        if self.state is JobState.QUEUED:
            return QUEUE_LANE
        return COLLECTING_LANE if self.state is JobState.COLLECTING else DELIVERY_LANE

    def is_due(self, now: int) -> bool:
        """Whether its next step may be taken: the look is due, or the pause after the last trouble is over.

        What waits for an API is due once that works: whoever asks has left out what waits for a refused one.
        """
        trouble = self.trouble
        if trouble is None or self._is_at_its_place:
            return self.state is not JobState.COLLECTING or self.due_at <= now
        return trouble.waits_for is not None or trouble.is_due(now)

    @property
    def place(self) -> int:
        """The place in the queue: first closed, first trained, unless an administrator has moved it."""
        return self.moved_to or self.closed_first_at or self.closed_at

    @property
    def turn(self) -> int:
        """When its turn comes among the jobs that may be submitted: at its place, or behind its last trouble.

        Trouble of everybody costs nobody a place.
        """
        waits_for_all = self.retry is not None and self.retry.waits_for is not None
        return self.place if waits_for_all else self.due_at

    @property
    def _is_at_its_place(self) -> bool:
        return self.state is JobState.QUEUED and self.due_at == self.place

    @property
    def deadline(self) -> int:
        """By when a set that was closed before closes again."""
        return self.closed_first_at + REOPENS_FOR_MS if self.closed_first_at else NEVER

    def is_leased(self, now: int) -> bool:
        """Whether a run may be at work that records the set's photos for all others."""
        is_taken = self.state is JobState.COLLECTING and self.leased_until > 0
        return is_taken and not has_come(self.leased_until, now, longest_ms=LEASE_MS)

    def completed_by(self, rules: Rules, now: int) -> ClosedBy | None:
        """Say what completes the set at ``now``; None while it has to wait, and for a set that is closed.

        Nothing ever completes the set of whoever is held back. While it is leased, other runs have left
        photos in the folder to the one that has the lease.
        """
        if self.state is not JobState.COLLECTING or self.is_leased(now) or is_held_back(self.person_id):
            return None
        return self.photo_set.completed_by(rules, now, deadline=self.deadline)

    def next_look_at(self, rules: Rules, photo_set: PhotoSet) -> int:
        """When the open set is to be looked at if it becomes ``photo_set``."""
        if self.leased_until:
            return self.leased_until
        if is_held_back(self.person_id) and not photo_set.unpacking and not photo_set.unfinished:
            return NEVER
        return photo_set.next_look_at(rules, deadline=self.deadline)

    def trainings_since(self, moment: int) -> tuple[int, ...]:
        """When fine-tunes of the person were made after ``moment``, as far as is recorded."""
        return tuple(made_at for made_at in self.trainings_at if made_at > moment)

    def end_of(self, fine_tune: FineTune | None, now: int) -> int:
        """When it ended by DashScope's clock, in whole seconds, but never before our own submit."""
        ended_at = plausible_time(fine_tune.ended_at if fine_tune else None, self.submitted_at, now)
        return max(ended_at or now, self.submitted_at)

    def trainings_today(self, now: int) -> int:
        """How many fine-tunes of the person were made on this day in Beijing."""
        today = (now + BEIJING_MS) // DAY_MS
        return sum((made_at + BEIJING_MS) // DAY_MS == today for made_at in self.trainings_at)
