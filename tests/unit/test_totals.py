"""What all trainings have come to: each job counts once, whatever is repeated, and the row stays small."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.control_rows import Document
from shared.domain.job import Job, Reason
from shared.domain.money import DAYS, MONTHS, beijing_day
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Verdict
from shared.domain.states import JobState as S
from shared.domain.totals import (
    HOUR_MS,
    HOURS,
    RECENT,
    REMEMBERED_JOBS,
    ROW,
    Totals,
)
from shared.errors import Conflict, Permanent, RetryLater
from shared.workflow.training import deliver
from tests.unit.memory import Memory
from tests.unit.support import NOW, job_in, photo

DAY_MS = 24 * HOUR_MS


def ended(person: str = "li", state: S = S.SUCCEEDED, **changes: Any) -> Job:
    known = {"submitted_at": NOW, "ended_at": NOW + 300_000, "usage": 1, **changes}
    return job_in(state, person, **known)


def totals_in(memory: Memory) -> Totals:
    return Totals.from_value(memory.documents.get(ROW, Document()).value)


# -- what is counted --------------------------------------------------------------------------------


def test_a_job_is_counted_by_its_result_its_photos_its_cost_and_its_time() -> None:
    photos = (
        photo("a"),
        photo("b", Verdict.NO_FACE),
        photo("c", Verdict.VIDEO),
        photo("d", from_revision=1),
    )
    job = ended(photo_set=PhotoSet(photos=photos), usage=2)
    totals = Totals().with_job(job).with_job(ended("boris", S.FAILED, usage=0))
    assert totals.results == {"SUCCEEDED": 1, "FAILED": 1}
    assert totals.faces == {"usable": 2, "no_face": 1}
    assert (totals.billed, totals.days, totals.months) == (2, {"2026-01-01": 2}, {"2026-01": 2})
    assert totals.busy_total_ms == 600_000
    assert [one["person_id"] for one in totals.recent] == ["boris", "li"]


def test_a_job_that_is_counted_again_changes_nothing() -> None:
    totals = Totals().with_job(ended())
    assert totals.with_job(replace(ended(), usage=9)) is totals


def test_a_day_begins_at_midnight_in_beijing() -> None:
    assert beijing_day(NOW) == "2026-01-01"
    assert beijing_day(NOW + 16 * HOUR_MS - 1) == "2026-01-01"
    assert beijing_day(NOW + 16 * HOUR_MS) == "2026-01-02"


def test_a_training_is_busy_time_of_each_hour_that_it_lasted() -> None:
    begin = NOW + HOUR_MS // 2
    totals = Totals().with_job(ended(submitted_at=begin, ended_at=begin + 2 * HOUR_MS))
    assert list(totals.busy_ms.values()) == [HOUR_MS // 2, HOUR_MS, HOUR_MS // 2]
    assert totals.busy_since(NOW - DAY_MS, NOW + 3 * HOUR_MS) == 2 * HOUR_MS
    assert totals.busy_since(NOW + HOUR_MS, NOW + 3 * HOUR_MS) == HOUR_MS + HOUR_MS // 2
    assert totals.busy_since(NOW + 9 * HOUR_MS, NOW + 10 * HOUR_MS) == 0


def test_a_training_of_days_takes_no_more_hours_than_are_remembered() -> None:
    totals = Totals().with_job(ended(submitted_at=NOW, ended_at=NOW + 4 * DAY_MS))
    assert len(totals.busy_ms) == HOURS
    assert totals.busy_total_ms == 4 * DAY_MS


def test_a_job_that_was_never_submitted_takes_no_time() -> None:
    totals = Totals().with_job(ended(state=S.FAILED, submitted_at=0))
    assert (totals.busy_ms, totals.busy_total_ms) == ({}, 0)


def test_years_of_trainings_keep_the_row_small() -> None:
    totals = Totals()
    words = Reason("training_failed", "照" * 4000)
    for number in range(800):
        at = NOW + number * DAY_MS
        job = ended(
            "李" * 42, S.FAILED, revision=number + 1, submitted_at=at, ended_at=at + 60_000, reason=words
        )
        totals = totals.with_job(job)
    assert (len(totals.days), len(totals.months)) == (DAYS, MONTHS)
    assert (len(totals.counted), len(totals.recent)) == (REMEMBERED_JOBS, RECENT)
    assert totals.billed == 800
    assert len(json.dumps(totals.as_value(), ensure_ascii=False).encode()) < 40_000


def test_totals_come_back_from_their_row() -> None:
    totals = Totals().with_job(ended()).with_job(ended("boris", S.FAILED, reason=Reason("c", "m")))
    assert Totals.from_value(json.loads(json.dumps(totals.as_value()))) == totals


@pytest.mark.parametrize(
    "value", [{}, {"billed": "x", "days": 5, "recent": [1], "counted": "ab", "busy_ms": {"x": 1}}]
)
def test_what_makes_no_sense_in_the_row_begins_anew(value: dict[str, Any]) -> None:
    assert Totals.from_value(value) == Totals()


# -- once for each job, however the delivery goes ------------------------------------------------------


def test_a_delivery_counts_the_job_and_one_that_is_repeated_does_not_count_it_twice() -> None:
    memory = Memory(job := ended())
    world = memory.world()
    deliver(world, memory[job])
    memory.rows[job.job_id] = replace(memory[job], delivered=False)
    deliver(world, memory[job])
    assert totals_in(memory).results == {"SUCCEEDED": 1}
    assert memory[job].delivered


def test_a_run_that_dies_between_the_count_and_the_save_leaves_a_job_that_is_counted_once() -> None:
    memory = Memory(job := ended())
    memory.troubles["save"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        deliver(memory.world(), memory[job])
    assert totals_in(memory).results == {"SUCCEEDED": 1}
    memory.troubles.clear()
    deliver(memory.world(), memory[job])
    assert (totals_in(memory).results, memory[job].delivered) == ({"SUCCEEDED": 1}, True)


@pytest.mark.parametrize("operation", ["read_json", "save_json"])
def test_a_job_that_cannot_be_counted_now_stays_in_hand_and_is_counted_later(operation: str) -> None:
    memory = Memory(job := ended())
    memory.troubles[f"{operation} {ROW}"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        deliver(memory.world(), memory[job])
    assert not memory[job].delivered
    memory.troubles.clear()
    deliver(memory.world(), memory[job])
    assert (totals_in(memory).results, memory[job].delivered) == ({"SUCCEEDED": 1}, True)


def test_a_row_that_cannot_be_read_at_all_holds_nobody_up() -> None:
    memory = Memory(job := ended())
    memory.troubles[f"read_json {ROW}"] = Permanent("unreadable_row", "…")
    assert deliver(memory.world(), memory[job]).delivered


def test_a_count_that_another_run_has_overtaken_is_made_on_top_of_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, other = Memory(job := ended()), ended("boris")
    save, overtaken = memory.save_json, iter([True])

    def raced(name: str, before: Document, value: Any) -> Document:
        if next(overtaken, False):
            save(ROW, before, Totals().with_job(other).as_value())
            raise Conflict("another run has written it")
        return save(name, before, value)

    monkeypatch.setattr(memory, "save_json", raced)
    deliver(memory.world(), memory[job])
    assert totals_in(memory).counted == (other.job_id, job.job_id)
