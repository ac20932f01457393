"""Times, lengths and the steps of a job, as people read them."""

from __future__ import annotations

import pytest

from shared.domain.words import Language
from shared.pages.timeline import steps
from shared.pages.times import clock, duration, moment, share, since
from shared.views import milliseconds

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE
NOON = "2026-11-28T12:04:59.000Z"


def test_a_moment_names_its_zone() -> None:
    assert moment(NOON, ENGLISH) == "28 Nov 12:04 UTC"
    assert moment(NOON, CHINESE) == "11月28日 12:04 UTC"
    assert clock(NOON) == "12:04 UTC"


@pytest.mark.parametrize(
    ("length_ms", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (-5, "0 s", "0 秒"),
        (999, "0 s", "0 秒"),
        (302_000, "5 min 2 s", "5 分 2 秒"),
        (300_000, "5 min", "5 分"),
        (3_602_000, "1 h", "1 小时"),
        (3_660_000, "1 h 1 min", "1 小时 1 分"),
        (90_061_000, "1 d 1 h", "1 天 1 小时"),
    ],
)
def test_a_length_has_two_units_at_most(length_ms: int, english: str, chinese: str) -> None:
    assert duration(length_ms, ENGLISH) == english
    assert duration(length_ms, CHINESE) == chinese


def test_a_wait_is_told_in_whole_minutes() -> None:
    assert since(NOON, milliseconds(NOON) + 59_000, ENGLISH) == "< 1 min"
    assert since(NOON, milliseconds(NOON) + 59_000, CHINESE) == "< 1 分"
    assert since(NOON, milliseconds(NOON) + 60_000, ENGLISH) == "1 min"
    assert since(NOON, milliseconds(NOON) + 3_719_000, ENGLISH) == "1 h 1 min"


def test_a_progress_never_claims_the_begin_or_the_end() -> None:
    begin, end = "2026-11-28T12:00:00.000Z", "2026-11-28T12:10:00.000Z"
    at = milliseconds(begin)
    assert [share(begin, end, at + minutes * 60_000) for minutes in (-1, 0, 5, 10, 60)] == [1, 1, 50, 99, 99]
    assert share(begin, None, at) is None
    assert share(None, end, at) is None
    assert share(end, begin, at) is None


def job_of(*moves: tuple[str, str] | tuple[str, str, int]) -> dict[str, object]:
    """Return a job that has come to each state at a time of one day, behind so many trainings."""
    timeline = [
        {"state": state, "at": f"2026-11-28T{at}.000Z", "behind": sum(behind)} for state, at, *behind in moves
    ]
    return {"timeline": timeline}


def test_the_steps_of_a_job_have_lengths_and_the_last_goes_on() -> None:
    found = steps(job_of(("COLLECTING", "12:00:00"), ("QUEUED", "12:04:00"), ("TRAINING", "12:13:00", 2)))
    assert [(one.state, one.length_ms, one.is_current, one.behind) for one in found] == [
        ("COLLECTING", 240_000, False, 0),
        ("QUEUED", 540_000, False, 2),
        ("TRAINING", 0, True, 0),
    ]


def test_an_end_has_no_length_and_nothing_goes_on() -> None:
    job = job_of(("REJECTED", "12:00:00"), ("COLLECTING", "13:00:00"), ("SUCCEEDED", "14:00:00"))
    assert [(one.length_ms, one.is_current) for one in steps(job)] == [
        (0, False),
        (3_600_000, False),
        (0, False),
    ]


def test_a_job_without_a_timeline_is_told_by_its_own_times() -> None:
    job: dict[str, object] = {
        "timeline": [],
        "state": "FAILED",
        "opened_at": NOON,
        "closed_at": NOON,
        "submitted_at": None,
        "ended_at": NOON,
    }
    assert [one.state for one in steps(job)] == ["COLLECTING", "QUEUED", "FAILED"]
