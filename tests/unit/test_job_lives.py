"""Long random lives of a person's jobs: at every step every promise of the domain holds."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.completion import NEVER
from shared.domain.crowding import fits
from shared.domain.job import Job, Reason, open_job
from shared.domain.lanes import KEPT_LANE, QUEUE_LANE
from shared.domain.markers import NOTHING, Announced
from shared.domain.photos import Photo, Verdict
from shared.domain.rebasing import rebased
from shared.domain.retry_state import Cause, failed_again
from shared.domain.row_size import MAX_RECORDED
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.upload_memory import is_remembered, remembered_as
from tests.unit.support import NOW, cause, fine_tune, photo, stored

S = JobState
WHY = Reason("code", "message")
VERDICTS = [
    Verdict.USABLE,
    Verdict.UNPREPARED,
    Verdict.UNCHECKED,
    Verdict.EMPTY,
    Verdict.NOT_AN_IMAGE,
    Verdict.NO_FACE,
]
Change = Callable[[], Job]


@pytest.mark.parametrize("seed", range(40))
def test_a_random_life_keeps_every_promise_at_every_step(seed: int) -> None:
    life = Life(random.Random(seed))
    for _ in range(150):
        life.go_on()


class Life:
    """A person's newest job, and what is remembered of the uploads whose records have left the rows."""

    def __init__(self, random_: random.Random) -> None:
        self.random = random_
        self.rules = Rules(min_photos=random_.choice([1, 2, 4]), carry_over=random_.random() < 0.7)
        self.now = NOW
        self.job = open_job("li", 1, NOW)
        self.memory: dict[str, str] = {}
        self.uploads: dict[str, Photo] = {}

    def go_on(self) -> None:
        """Make one change that some workflow would make, and look at what has become of every promise."""
        # Clocks of different machines disagree: time mostly goes forward, and sometimes back.
        self.now += self.random.choice([1, 100, 3000, 200_000, -500])
        job, frozen = self.job, copy.deepcopy(self.job)
        after = self._changed()
        assert job == frozen, "a change altered the job that it was given"
        self.memory |= {one.name: remembered_as(one) for one in after.photo_set.dropped}
        self.job = replace(after, photo_set=replace(after.photo_set, dropped=()))
        if after.revision != job.revision:
            _check_next_revision(job, self.job, self.rules)
        else:
            _check_same_revision(job, self.job)
        _check_job(self.job, self.rules)
        self._check_that_nothing_is_forgotten()

    def _check_that_nothing_is_forgotten(self) -> None:
        for name, one in self.uploads.items():
            found = stored(one)
            knows = self.job.photo_set.knows(name, found)
            assert knows or (knows is None and is_remembered(self.memory.get(name), found)), name

    def _changed(self) -> Job:
        job, now = self.job, self.now
        if job.takes_photos:
            return self._collecting() if job.state is not S.QUEUED else self._queued()
        changes: list[Change] = [
            lambda: job.held_up(self._cause(), now),
            lambda: job.cleared(self.rules, now),
        ]
        if job.state is S.QUEUED:
            changes += [lambda: job.attempting(now, expires_at=now + 60_000)] * 4
        elif job.state is S.SUBMITTING:
            retry = failed_again(job.retry, self._cause(), now)
            changes += [
                lambda: job.sent(WHY, now),
                lambda: job.submitted(fine_tune("PENDING", f"ft-{self.random.randrange(10**6)}"), now),
                lambda: job.requeued(WHY, now),
                lambda: job.requeued(WHY, now, retry=retry, at_once=self.random.random() < 0.5),
                lambda: job.ended(S.FAILED, WHY, now),
            ]
        elif job.state is S.TRAINING:
            seen = fine_tune("RUNNING", job.fine_tune_id, usage=1, finetuned_output="m")
            changes += [
                lambda: job.still_training(seen, now),
                lambda: job.succeeded(seen, now),
                lambda: job.retrying(seen, WHY, now),
                lambda: job.ended(S.CANCELED, WHY, now, seen),
            ]
        else:
            changes += [
                lambda: job.with_result(now),
                lambda: job.with_delivery(now),
                lambda: job.next_revision(self.rules, now).with_photo(self._photo(), self.rules, now),
            ]
        return self.random.choice(changes)()

    def _queued(self) -> Job:
        job, now = self.job, self.now
        changes: list[Change] = [
            lambda: job.attempting(now, expires_at=now + 60_000),
            lambda: job.with_photo(self._photo(), self.rules, now),
            lambda: job.held_up(self._cause(), now),
            lambda: job.cleared(self.rules, now),
            lambda: rebased(job, self.rules, now),
        ]
        return self.random.choice(changes)()

    def _collecting(self) -> Job:
        job, now, photos = self.job, self.now, self.job.photo_set
        changes: list[Change] = [
            *[lambda: self._closed_if_complete(job.with_photo(self._photo(), self.rules, now))] * 3,
            lambda: job.with_photo_set(photos.with_judged(self._judged()), self.rules, now),
            lambda: job.with_photo_set(
                photos.with_marker(now - self.random.randrange(3000), now, self._announced()),
                self.rules,
                now,
            ),
            lambda: self._closed_if_complete(job),
            lambda: rebased(job, self.rules, now),
        ]
        if job.state is S.COLLECTING:
            changes += [lambda: job.held_up(self._cause(), now), lambda: job.cleared(self.rules, now)]
        return self.random.choice(changes)()

    def _announced(self) -> Announced:
        return self.random.choice((NOTHING, Announced(photos=2), Announced(names=("a", "b"))))

    def _closed_if_complete(self, job: Job) -> Job:
        """Close or reject a complete set, as the workflow does."""
        why = job.completed_by(self.rules, self.now)
        if why is None:
            return job
        return job.closed(why, self.now) if job.photo_set.new_usable else job.rejected(self.now)

    def _photo(self) -> Photo:
        name = f"p{self.random.randrange(30)}"
        self.uploads[name] = photo(
            name,
            self.random.choice(VERDICTS),
            etag=f"{name}-{self.random.randrange(10**6)}",
            uploaded_at=self.now - self.random.randrange(5000),
            recorded_at=self.now,
            snapshot=f"submissions/{self.job.job_id}/{self.random.randrange(10**9)}.jpg",
        )
        return self.uploads[name]

    def _judged(self) -> list[Photo]:
        verdicts = [Verdict.USABLE, Verdict.NO_FACE, Verdict.UNREADABLE]
        held = failed_again(None, self._cause(), self.now)
        return [
            replace(one, verdict=self.random.choice(verdicts))
            if self.random.random() < 0.7
            else replace(one, retry=held)
            for one in self.job.photo_set.unfinished
        ]

    def _cause(self) -> Cause:
        return cause(self.random.choice(list(Kind)), self.random.choice([None, *Api]))


def _check_next_revision(job: Job, after: Job, rules: Rules) -> None:
    assert after.revision == job.revision + 1
    *carried, new = after.photo_set.photos
    assert new.is_new
    assert all(one.from_revision for one in carried)
    assert {one.name for one in carried} <= {one.name for one in job.photo_set.photos if one.snapshot}
    assert rules.carry_over or not carried
    assert set(after.trainings_at) <= set(job.trainings_at)


def _check_same_revision(job: Job, after: Job) -> None:
    assert after.changed_at >= job.changed_at
    if job.state.is_terminal:
        assert after.state is job.state
        assert after.delivered >= job.delivered
    if not job.takes_photos:
        assert (after.files, after.closed_at, after.closed_by) == (job.files, job.closed_at, job.closed_by)
        assert not after.takes_photos
        assert after.place == job.place
        assert after.usage >= job.usage
        assert after.attempt >= job.attempt
        assert set(job.earlier_fine_tunes) <= set(after.earlier_fine_tunes)


def _check_job(job: Job, rules: Rules) -> None:
    photo_set = job.photo_set
    if not job.state.is_open:
        assert 1 <= len(job.files) <= MAX_PHOTOS
        assert len(set(job.files)) == len(job.files)
        assert list(job.files) == [one.snapshot for one in photo_set.usable]
        assert not photo_set.unfinished
        assert 0 < job.closed_first_at <= job.closed_at
    if job.state is S.QUEUED:
        # At its place, or behind it after trouble: nobody overtakes by having failed.
        assert job.due_at == (job.place if job.lane == QUEUE_LANE else job.retry and job.retry.next_try_at)
        assert job.due_at >= job.place
    if job.state is S.COLLECTING and photo_set.photos:
        next_look_at = photo_set.next_look_at(rules, deadline=job.deadline)
        assert job.due_at == (job.retry.next_try_at if job.retry else next_look_at)
        assert job.due_at < NEVER or job.closed_first_at == 0
    assert 0 <= job.counted_attempts <= job.attempt
    assert len(photo_set.photos) <= MAX_RECORDED
    assert fits(photo_set.photos)
    assert len({one.name for one in photo_set.photos}) == len(photo_set.photos)
    is_over = job.state is S.REJECTED or (job.state.is_terminal and job.delivered)
    assert (job.lane in (None, KEPT_LANE)) == is_over
    assert (job.lane is None) == (is_over and not 0 < job.ended_at < job.due_at < NEVER)
    assert job.is_due(NEVER) or job.due_at == NEVER or job.lane is None
