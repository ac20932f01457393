"""The place in the queue, and when a training is likely to end."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.clocks import CLOCKS_DIFFER_MS
from shared.domain.job import Job, Reason
from shared.domain.rules import Rules
from shared.domain.slot import LONGEST_HALT_MS, Slot
from shared.domain.states import JobState
from tests.unit.http_api.support import Api, at, document
from tests.unit.support import MINUTE_MS, NOW, job_in

S = JobState
LOW, HIGH = 200_000, 400_000


def standing(
    job: Job, *, ahead: int = 0, places: int = 1, now: int = NOW, language: str = "en", **slot: Any
) -> dict[str, Any]:
    api = Api(job)
    api.jobs.ahead = ahead
    api.rules = Rules(concurrent_trainings=places)
    api.held = Slot(**{"durations_ms": (LOW, HIGH), **slot})
    api.now = now
    return document(api.call("/people/li", headers={"Accept-Language": language}))


def minutes(earliest: int, latest: int) -> dict[str, str]:
    """A range of milliseconds after NOW, widened to whole minutes."""
    return {
        "earliest": at(NOW + earliest // MINUTE_MS * MINUTE_MS),
        "latest": at(NOW - (-latest // MINUTE_MS) * MINUTE_MS),
    }


def test_a_queued_person_sees_the_position_and_how_many_run() -> None:
    queue = standing(job_in(S.QUEUED), ahead=4, places=2, holders=("x-1", "y-1"))["queue"]
    assert queue == {
        "position": 5,
        "running": 2,
        "places": 2,
        "waiting_because": None,
        "waiting_until": None,
        "paused": None,
    }


def test_a_queued_person_sees_why_the_queue_waits_and_until_when() -> None:
    trouble = Reason("Arrearage", "Access denied, please make sure your account is in good standing.")
    queue = standing(job_in(S.QUEUED), halted_until=NOW + 60_000, trouble=trouble)["queue"]
    assert queue["waiting_because"] == {"code": trouble.code, "message": trouble.message}
    assert queue["waiting_until"] == at(NOW + 60_000)


def test_a_trouble_that_is_over_is_not_shown() -> None:
    queue = standing(job_in(S.QUEUED), halted_until=NOW, trouble=Reason("Throttling", "…"))["queue"]
    assert (queue["waiting_because"], queue["waiting_until"]) == (None, None)


@pytest.mark.parametrize("state", [state for state in S if state is not S.QUEUED])
def test_only_a_queued_job_has_a_place_in_the_queue(state: JobState) -> None:
    api = Api(job_in(state))
    assert document(api.call("/people/li"))["queue"] is None
    assert api.jobs.asked == [("latest", "li")]


@pytest.mark.parametrize(
    ("ahead", "places", "holders", "halted_until", "earliest", "latest"),
    [
        # No training runs and no job is before us: one training from now.
        (0, 1, 0, 0, LOW, HIGH),
        # One runs, and may end at once or have all before it.
        (0, 1, 1, 0, LOW, 2 * HIGH),
        (1, 1, 1, 0, 2 * LOW, 3 * HIGH),
        (4, 1, 1, 0, 5 * LOW, 6 * HIGH),
        # Two places: two at a time.
        (0, 2, 1, 0, LOW, HIGH),
        (0, 2, 2, 0, LOW, 2 * HIGH),
        (4, 2, 2, 0, 3 * LOW, 4 * HIGH),
        # A closed queue starts later.
        (0, 1, 0, NOW + 50_000, 50_000 + LOW, 50_000 + HIGH),
    ],
)
def test_the_eta_of_a_queued_job_is_a_range_of_rounds(
    ahead: int, places: int, holders: int, halted_until: int, earliest: int, latest: int
) -> None:
    eta = standing(
        job_in(S.QUEUED),
        ahead=ahead,
        places=places,
        holders=tuple(f"h{number}-1" for number in range(holders)),
        halted_until=halted_until,
    )["eta"]
    assert eta == minutes(earliest, latest)


def test_a_halt_that_no_right_clock_has_written_puts_off_no_eta() -> None:
    far = NOW + LONGEST_HALT_MS + CLOCKS_DIFFER_MS + 1
    assert standing(job_in(S.QUEUED), halted_until=far)["eta"] == minutes(LOW, HIGH)


def test_an_eta_is_in_whole_minutes_the_range_widened_and_never_narrowed() -> None:
    assert standing(job_in(S.QUEUED))["eta"] == {
        "earliest": "2026-01-01T00:03:00.000Z",
        "latest": "2026-01-01T00:07:00.000Z",
    }
    exact = standing(job_in(S.QUEUED), durations_ms=(3 * MINUTE_MS, 7 * MINUTE_MS))["eta"]
    assert exact == {"earliest": "2026-01-01T00:03:00.000Z", "latest": "2026-01-01T00:07:00.000Z"}
    later = standing(job_in(S.QUEUED), durations_ms=(3 * MINUTE_MS, 7 * MINUTE_MS), now=NOW + 1)["eta"]
    assert later == {"earliest": "2026-01-01T00:03:00.000Z", "latest": "2026-01-01T00:08:00.000Z"}


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
@pytest.mark.parametrize(
    ("passed", "earliest", "latest"),
    [
        (0, "2026-01-01T00:03:00.000Z", "2026-01-01T00:07:00.000Z"),
        (LOW - MINUTE_MS, "2026-01-01T00:03:00.000Z", "2026-01-01T00:07:00.000Z"),
        # Less than a minute away: it may end at any moment.
        (LOW - MINUTE_MS + 1, None, "2026-01-01T00:07:00.000Z"),
        (7 * MINUTE_MS, None, "2026-01-01T00:07:00.000Z"),
        # It takes longer than the account's trainings so far: its end is unknown.
        (7 * MINUTE_MS + 1, None, None),
    ],
)
def test_the_eta_of_a_running_job_counts_from_its_submit_and_leaves_out_an_end_that_has_passed(
    state: JobState, passed: int, earliest: str | None, latest: str | None
) -> None:
    eta = standing(job_in(state), now=NOW + passed)["eta"]
    assert eta == {"earliest": earliest, "latest": latest}


@pytest.mark.parametrize("state", [S.QUEUED, S.SUBMITTING, S.TRAINING])
@pytest.mark.parametrize("durations", [(), (3_000, 8_000), (33_000, 95_000), (LOW, HIGH)])
def test_no_end_of_an_eta_is_ever_in_the_past(state: JobState, durations: tuple[int, ...]) -> None:
    for now in range(NOW, NOW + 10 * MINUTE_MS, 7_777):
        eta = standing(job_in(state), now=now, durations_ms=durations)["eta"]
        ends = [end for end in (eta["earliest"], eta["latest"]) if end]
        assert [end for end in ends if end < at(now)] == []
        assert ends == sorted(ends)


@pytest.mark.parametrize("state", [S.COLLECTING, S.REJECTED, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_job_that_waits_for_no_training_has_no_eta(state: JobState) -> None:
    assert standing(job_in(state))["eta"] is None


def test_a_queued_persons_document_keeps_its_tag_while_nothing_happens() -> None:
    api = Api(job_in(S.QUEUED))
    api.held = Slot(durations_ms=(LOW, HIGH))
    first = api.call("/people/li").headers["ETag"]
    # 00:00:00 and 00:06:40 at first, so both ends keep their minutes for twenty seconds.
    for passed in (1, 1000, 20_000):
        api.now = NOW + passed
        assert api.call("/people/li").headers["ETag"] == first
    api.now = NOW + MINUTE_MS
    assert api.call("/people/li").headers["ETag"] != first


def test_a_queued_persons_document_changes_once_a_minute_even_when_trainings_are_short() -> None:
    api = Api(job_in(S.QUEUED))
    api.held = Slot(durations_ms=(10_000,))
    assert len(tags_over(api, minutes_=5)) == 6


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
def test_a_running_persons_document_changes_only_when_an_end_comes_near_or_passes(state: JobState) -> None:
    api = Api(job_in(state, attempt_expires_at=NOW))
    api.held = Slot(durations_ms=(LOW, HIGH))
    changes = tags_over(api, minutes_=20)
    expected = [0, LOW - MINUTE_MS + 1000, 7 * MINUTE_MS + 1000]
    if state is S.SUBMITTING:
        # The outcome of the submit is due.
        expected.append(api.rules.listing_delay_ms + 1000)
    assert changes == sorted(expected)


def tags_over(api: Api, *, minutes_: int) -> list[int]:
    """When the document's tag changes, in milliseconds, asked every second."""
    changes, last = [], ""
    for passed in range(0, minutes_ * MINUTE_MS + 1, 1000):
        api.now = NOW + passed
        tag = api.call("/people/li").headers["ETag"]
        if tag != last:
            changes.append(passed)
        last = tag
    return changes


@pytest.mark.parametrize("kept", [None, 0, 19, 20])
@pytest.mark.parametrize("state", list(S))
def test_a_persons_document_shows_how_near_the_account_is_to_its_cap(
    state: JobState, kept: int | None
) -> None:
    api = Api(job_in(state))
    api.rules = Rules(kept_fine_tunes=25)
    api.held = Slot(kept=kept)
    assert document(api.call("/people/li"))["account"] == {
        "fine_tunes_kept": kept,
        "fine_tunes_allowed": 25,
    }


def test_a_full_account_is_a_reason_that_the_queue_waits() -> None:
    full = Reason("fine_tunes_full", "The account keeps 20 running or succeeded fine-tunes …")
    shown = standing(job_in(S.QUEUED), kept=20, halted_until=NOW + MINUTE_MS, trouble=full)
    assert shown["account"] == {"fine_tunes_kept": 20, "fine_tunes_allowed": 20}
    assert shown["queue"]["waiting_because"] == {"code": full.code, "message": full.message}


def test_a_reason_of_our_own_is_told_in_chinese_and_dashscopes_words_stay() -> None:
    for code, message, shown in (
        ("submit_lost", "The last submit did not reach DashScope; it is sent again.", "没有到达"),
        ("Arrearage", "Access denied.", "Access denied."),
    ):
        trouble = Reason(code, message)
        queue = standing(job_in(S.QUEUED), halted_until=NOW + MINUTE_MS, trouble=trouble, language="zh")[
            "queue"
        ]
        assert queue["waiting_because"]["code"] == code
        assert shown in queue["waiting_because"]["message"]


def test_a_queued_job_that_holds_the_place_does_not_wait_for_itself() -> None:
    job = job_in(S.QUEUED)
    assert standing(job, holders=(job.job_id,))["eta"] == minutes(LOW, HIGH)
    # Another's place counts all the same.
    assert standing(job, holders=("other-1", job.job_id))["eta"] == minutes(LOW, 2 * HIGH)
