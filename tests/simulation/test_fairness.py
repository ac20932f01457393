"""Nobody is held by another's trouble: a healthy person is done as soon, however many others are stuck.

The others have been tried once when the healthy person comes. Their rows are put into the table directly,
as a run would have left them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.domain.fine_tunes import FineTune
from shared.domain.job import Job, open_job
from shared.domain.object_keys import job_id, person_key, snapshot_key
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_state import Cause, failed_again
from shared.domain.trouble_kinds import Api, Kind
from tests.simulation.standing import SILENCE, Answer
from tests.simulation.story import MINUTE_MS, TRAINING_SECONDS, Story, story

QUIET_MS = TICK_MS = MINUTE_MS
DONE_WITHIN_MS = QUIET_MS + 2 * TICK_MS + int(TRAINING_SECONDS * 1000) + TICK_MS
"""The quiet time, two ticks at most to close the set and submit it, the training, a tick that sees it end."""
TRIED_MS = 2 * MINUTE_MS

NumberOfPeople = int
Put = Callable[[Story, str], None]


def _person(number: int) -> str:
    return f"stuck {number}"


def _photo(told: Story, person: str, verdict: Verdict, cause: Cause | None) -> Photo:
    now = told.cloud.kernel.now
    content = b"FACE of " + person.encode()
    stored = told.cloud.place(f"people/{person}/1.jpg", content)
    snapshot = "" if verdict is Verdict.UNPREPARED else snapshot_key(job_id(person, 1), "0" * 16)
    if snapshot:
        told.cloud.place(snapshot, content)
    return Photo(
        name="1.jpg",
        etag=stored.etag,
        size=stored.size,
        verdict=verdict,
        uploaded_at=now,
        recorded_at=now,
        snapshot=snapshot,
        retry=failed_again(None, cause, now) if cause else None,
    )


def _open(told: Story, person: str, verdict: Verdict, cause: Cause | None) -> Job:
    now = told.cloud.kernel.now
    return open_job(person, 1, now).with_photo(_photo(told, person, verdict, cause), told.cloud.rules, now)


def _queued(told: Story, person: str) -> Job:
    return _open(told, person, Verdict.USABLE, None).closed(ClosedBy.QUIET, told.cloud.kernel.now)


def open_set(verdict: Verdict, cause: Cause | None = None, **columns: Any) -> Put:
    """A set of one photo, tried once; ``columns`` are what the row says otherwise."""
    return lambda told, person: told.cloud.put_row(_open(told, person, verdict, cause), **columns)


def queued_set(**columns: Any) -> Put:
    """A set that has closed."""
    return lambda told, person: told.cloud.put_row(_queued(told, person), **columns)


def ended_job(cause: Cause) -> Put:
    """A training that has ended, whose outcome could not be written once."""

    def put(told: Story, person: str) -> None:
        now = told.cloud.kernel.now
        intent = _queued(told, person).attempting(now, expires_at=now)
        made = FineTune(
            fine_tune_id=f"ft {person}",
            status="SUCCEEDED",
            files=intent.files,
            finetuned_output=f"model of {person}",
        )
        told.cloud.put_row(intent.submitted(made, now).succeeded(made, now).held_up(cause, now))

    return put


def by_name(count: NumberOfPeople) -> tuple[str, ...]:
    return ("/stuck ",)


def by_key(count: NumberOfPeople) -> tuple[str, ...]:
    return tuple(person_key(_person(number)) for number in range(count))


@dataclass(frozen=True)
class Stuck:
    """A way to be stuck: the row of each person, and what stands in everyone's way."""

    name: str
    put: Put
    operation: str = ""
    answer: Answer = SILENCE
    about: Callable[[NumberOfPeople], tuple[str, ...]] = by_name


_THROTTLED = Answer(503, "OTSPartitionUnavailable")
STUCK = (
    Stuck(
        "their photos are archived",
        open_set(Verdict.UNPREPARED, Cause("InvalidObjectState", "simulated", Kind.OBJECT, Api.PROCESSING)),
        "oss.PostObject saveas",
        Answer(403, "InvalidObjectState"),
    ),
    Stuck(
        "they wait for an API that is refused to all of them",
        open_set(Verdict.UNCHECKED, Cause("Arrearage", "simulated", Kind.ACCOUNT, Api.FACE_CHECK)),
        "dashscope.DetectFaces",
        Answer(400, "Arrearage"),
        by_key,
    ),
    Stuck(
        "their results cannot be written",
        ended_job(Cause("AccessDenied", "simulated", Kind.UNKNOWN, Api.WRITING)),
        "oss.PutObject",
        Answer(403, "AccessDenied"),
    ),
    Stuck("their open sets cannot be read", open_set(Verdict.USABLE, state="DREAMING")),
    Stuck("their queued sets cannot be read", queued_set(state="DREAMING")),
    Stuck(
        "their open sets lie in throttled partitions", open_set(Verdict.USABLE), "ots.", _THROTTLED, by_key
    ),
    Stuck("their queued sets lie in throttled partitions", queued_set(), "ots.", _THROTTLED, by_key),
)


@pytest.mark.parametrize("count", [0, 60, 1000])
@pytest.mark.parametrize("stuck", STUCK, ids=lambda stuck: stuck.name)
def test_a_healthy_person_is_done_as_soon_however_many_are_stuck(stuck: Stuck, count: int) -> None:
    with story() as told:
        for number in range(count):
            stuck.put(told, _person(number))
        if stuck.operation and count:
            told.stand(stuck.operation, stuck.answer, about=stuck.about(count))
        told.pass_time(TRIED_MS)
        _check_healthy_person(told)


@pytest.mark.parametrize("count", [0, 18])
def test_a_healthy_person_is_done_while_the_trainings_of_others_cannot_be_asked_about(count: int) -> None:
    # DashScope keeps twenty fine-tunes at most, so no more can be asked about.
    with story(rules={"concurrent_trainings": 20}, concurrent_fine_tunes=20, training_seconds=1e6) as told:
        for number in range(count):
            told.upload(_person(number), "1.jpg")
        is_training = told.pass_time_until(lambda: told.paid() == count, at_most_ms=10 * MINUTE_MS)
        assert is_training
        told.cloud.studio.behaviour.training_seconds = TRAINING_SECONDS
        told.stand("dashscope.GetFineTune", Answer(500, "InternalError"), about=by_key(count) or "nobody")
        told.pass_time(TRIED_MS)
        _check_healthy_person(told)


def _check_healthy_person(told: Story) -> None:
    told.upload("Wu", "1.jpg")
    is_done = told.pass_time_until(lambda: told.is_trained("Wu"), at_most_ms=DONE_WITHIN_MS)
    assert is_done, told.jobs("Wu")
