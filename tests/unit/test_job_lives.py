"""Long random lives of a person's jobs: at every step every promise of the domain holds."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

import pytest

from shared.domain.job import Job, Reason, open_job
from shared.domain.photo_set import MAX_RECORDED, fingerprint
from shared.domain.photos import Verdict
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import JobState
from tests.unit.support import NOW, fine_tune, photo

S = JobState
WHY = Reason("code", "message")
VERDICTS = list(Verdict)[:9]


@pytest.mark.parametrize("seed", range(40))
def test_a_random_life_keeps_every_promise_at_every_step(seed: int) -> None:
    random_ = random.Random(seed)
    rules = Rules(
        min_photos=random_.choice([1, 2, 4]),
        face_check=random_.random() < 0.7,
        carry_over=random_.random() < 0.7,
    )
    now, job = NOW, open_job("li", 1, NOW)
    seen: set[str] = set()
    for _ in range(120):
        # Clocks of different machines disagree: time mostly goes forward, and sometimes back.
        now += random_.choice([1, 100, 3000, 200_000, -500])
        frozen = copy.deepcopy(job)
        after = _random_change(job, rules, now, random_)
        assert job == frozen, "a change altered the job that it was given"
        seen.update(one.name for one in after.photo_set.photos)
        if after.revision != job.revision:
            _check_next_revision(job, after, rules)
        else:
            _check_same_revision(job, after)
        _check_job(after, rules)
        job = after
    shown = {fingerprint(one.name) for one in job.photo_set.photos}
    assert {fingerprint(name) for name in seen} <= shown | set(job.photo_set.earlier)


def _random_change(job: Job, rules: Rules, now: int, random_: random.Random) -> Job:
    """One change that some workflow would make of ``job``."""
    if job.state.is_open:
        return _random_collecting(job, rules, now, random_)
    if job.state is S.QUEUED:
        return job.attempting(now, expires_at=now + 60_000)
    if job.state is S.SUBMITTING:
        choices: list[Callable[[], Job]] = [
            lambda: job.sent(now),
            lambda: job.submitted(fine_tune("PENDING", f"ft-{random_.randrange(10**6)}"), now),
            lambda: job.requeued(WHY, now, failures=random_.randrange(2)),
            lambda: job.ended(S.FAILED, WHY, now),
        ]
    elif job.state is S.TRAINING:
        seen = fine_tune("RUNNING", job.fine_tune_id, usage=1, finetuned_output="m")
        choices = [
            lambda: job.still_training(seen, now),
            lambda: job.succeeded(seen, now),
            lambda: job.retrying(seen, WHY, now),
            lambda: job.ended(S.CANCELED, WHY, now, seen),
        ]
    else:
        choices = [lambda: job.with_delivery(now), lambda: job.next_revision(rules, now)]
    return random_.choice(choices)()


def _random_collecting(job: Job, rules: Rules, now: int, random_: random.Random) -> Job:
    choice = random_.randrange(6)
    if choice <= 2:
        name = f"p{random_.randrange(30)}"
        new = photo(
            name,
            random_.choice(VERDICTS),
            etag=f"{name}-{random_.randrange(3)}",
            uploaded_at=now - random_.randrange(5000),
            snapshot=f"submissions/{job.job_id}/{random_.randrange(10**9)}.jpg",
        )
        return _closed_if_complete(job.with_photo(new, rules, now), rules, now)
    if choice == 3:
        verdicts = {
            one.name: (random_.choice([Verdict.USABLE, Verdict.NO_FACE]), "")
            for one in job.photo_set.unchecked
        }
        return job.with_photo_set(job.photo_set.with_verdicts(verdicts), rules, now)
    if choice == 4:
        marked = job.photo_set.with_marker(now - random_.randrange(3000))
        return job.with_photo_set(marked, rules, now)
    return _closed_if_complete(job, rules, now)


def _closed_if_complete(job: Job, rules: Rules, now: int) -> Job:
    """Close or reject a complete set, as the workflow does."""
    why = job.completed_by(rules, now)
    if why is None:
        return job
    return job.closed(why, now) if job.photo_set.new_usable else job.rejected(now)


def _check_next_revision(job: Job, after: Job, rules: Rules) -> None:
    assert after.revision == job.revision + 1
    photos = after.photo_set.photos
    assert all(one.from_revision for one in photos)
    assert {one.name for one in photos} <= {one.name for one in job.photo_set.photos if one.snapshot}
    assert rules.carry_over or photos == ()
    assert all(after.knows(one.name, one.etag) for one in job.photo_set.photos)
    assert set(job.photo_set.earlier) <= set(after.photo_set.earlier)


def _check_same_revision(job: Job, after: Job) -> None:
    assert after.changed_at >= job.changed_at
    if job.state.is_terminal:
        assert after.state is job.state
        assert after.delivered >= job.delivered
    if not job.state.is_open:
        assert (after.files, after.closed_at, after.closed_by) == (job.files, job.closed_at, job.closed_by)
        assert after.usage >= job.usage
        assert after.attempt >= job.attempt
        assert set(job.earlier_fine_tunes) <= set(after.earlier_fine_tunes)


def _check_job(job: Job, rules: Rules) -> None:
    photo_set = job.photo_set
    if not job.state.is_open:
        assert 1 <= len(job.files) <= MAX_PHOTOS
        assert len(set(job.files)) == len(job.files)
        assert list(job.files) == [one.snapshot for one in photo_set.usable]
        assert not (rules.face_check and photo_set.unchecked)
    if job.state is S.QUEUED:
        assert job.due_at == job.closed_at
    assert 0 <= job.counted_attempts <= job.attempt
    assert len(photo_set.photos) <= MAX_RECORDED
    assert len({one.name for one in photo_set.photos}) == len(photo_set.photos)
    assert (job.lane is None) == (job.state is S.REJECTED or (job.state.is_terminal and job.delivered))
