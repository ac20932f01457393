"""Caps on what is spent, and ``TRAININGS``: why nobody, or not this person, is submitted now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.administration import NotPossible
from shared.domain.approval import NOT_APPROVED, approved, is_set_aside, waits_for_approval, withheld
from shared.domain.caps import Cap, cap_of_person, caps_of_all, may_go, what_holds, what_holds_all
from shared.domain.job import Job
from shared.domain.lanes import ASIDE_LANE, QUEUE_LANE
from shared.domain.money import next_day, next_month
from shared.domain.photo_set import NEVER
from shared.domain.rules import Rules, Trainings
from shared.domain.slot import Slot
from shared.domain.spending import Reserved, Spending
from shared.domain.states import JobState as S
from tests.unit.support import MINUTE_MS, NOW, RULES, job_in, photo

MIDNIGHT = NOW + 16 * 60 * MINUTE_MS
APPROVE = Rules(trainings=Trainings.APPROVE)


def spent(fen: int, *, day: str = "2026-01-01") -> Slot:
    return Slot(taken_at=NOW - 5, spending=Spending(taken_at=NOW - 5).with_billed(1, fen, day))


@pytest.mark.parametrize(
    ("rules", "code", "until"),
    [
        (Rules(max_fen_per_day=749), "day_cap", next_day(NOW)),
        (Rules(max_fen_per_month=749), "month_cap", next_month(NOW)),
        (Rules(max_fen_in_all=749), "total_cap", 0),
        (Rules(max_fen_per_day=749, max_fen_per_month=749), "month_cap", next_month(NOW)),
        (Rules(max_fen_per_day=749, max_fen_in_all=749), "total_cap", 0),
        # Larger than the whole cap: no other day helps.
        (Rules(max_fen_per_day=249), "day_cap", 0),
    ],
)
def test_the_queue_waits_at_a_cap_with_the_reason_and_the_time_it_goes_on(
    rules: Rules, code: str, until: int
) -> None:
    held = what_holds_all(spent(500), rules, NOW)
    assert held is not None
    assert (held.cause.code, held.until, held.since) == (code, until, NOW - 5)


@pytest.mark.parametrize(
    "rules",
    [
        RULES,
        Rules(max_fen_per_day=750),
        Rules(max_fen_per_month=750),
        Rules(max_fen_in_all=750),
        Rules(max_fen_per_day=749, training_price_fen=249),
    ],
)
def test_a_training_that_fits_under_every_cap_goes(rules: Rules) -> None:
    assert what_holds_all(spent(500), rules, NOW) is None


def test_the_spending_of_another_day_or_month_is_under_the_cap_of_that() -> None:
    rules = Rules(max_fen_per_day=250, max_fen_per_month=500)
    assert what_holds_all(spent(250, day="2025-12-31"), rules, NOW) is None
    held = what_holds_all(spent(500, day="2026-01-02"), rules, NOW)
    assert held is not None
    assert held.cause.code == "month_cap"


def test_before_midnight_there_has_to_be_room_on_both_days() -> None:
    rules = Rules(max_fen_per_day=250)
    of_tomorrow = spent(250, day="2026-01-02")
    assert what_holds_all(of_tomorrow, rules, MIDNIGHT - 2 * MINUTE_MS) is None
    assert what_holds_all(of_tomorrow, rules, MIDNIGHT - 1) is not None


def test_what_is_on_its_way_counts_and_a_job_is_not_held_by_its_own_reservation() -> None:
    job, other = job_in(S.QUEUED), job_in(S.QUEUED, "other")
    ledger = Spending().with_reserved(job.job_id, Reserved(at=NOW, fen=250))
    slot = Slot(holders=(job.job_id,), spending=ledger)
    rules = Rules(max_fen_in_all=250)
    assert what_holds(other, slot, rules, NOW) is not None
    assert what_holds(job, slot, rules, NOW) is None
    assert (may_go(job, slot, rules, NOW), may_go(other, slot, rules, NOW)) == (True, False)


def test_a_job_is_held_by_the_price_of_its_first_submit() -> None:
    rules = Rules(max_fen_in_all=300)
    assert what_holds(job_in(S.QUEUED, price_fen=301), Slot(), rules, NOW) is not None
    assert what_holds(job_in(S.QUEUED, price_fen=300), Slot(), rules, NOW) is None
    assert what_holds(job_in(S.TRAINING, price_fen=301), Slot(), rules, NOW) is None


def test_each_cap_says_how_much_is_left_of_it() -> None:
    rules = Rules(max_fen_per_day=600, max_fen_in_all=400)
    caps = caps_of_all(spent(500).spending or Spending(), rules, NOW)
    assert [(cap.code, cap.left_fen) for cap in caps] == [("total_cap", 0), ("day_cap", 100)]
    assert caps_of_all(Spending(), RULES, NOW) == []


def test_the_cap_of_a_person_is_reached_by_what_is_spent_for_that_person() -> None:
    job, rules = job_in(S.QUEUED), Rules(max_fen_per_person=750)
    assert cap_of_person(500, rules, job) is None
    assert cap_of_person(501, rules, job) == Cap("person_cap", 750, 501)
    assert cap_of_person(10**9, RULES, job) is None


def test_with_trainings_off_nobody_goes() -> None:
    held = what_holds_all(Slot(), Rules(trainings=Trainings.OFF), NOW)
    assert held is not None
    assert (held.cause.code, held.until) == ("trainings_off", 0)


# -- approval -------------------------------------------------------------------------------------------


def test_a_closed_set_stands_aside_for_ever_until_somebody_approves_it() -> None:
    job = withheld(job_in(S.QUEUED), APPROVE, NOW)
    assert (job.lane, job.due_at, is_set_aside(job), may_go(job, Slot(), APPROVE, NOW)) == (
        ASIDE_LANE,
        NEVER,
        True,
        False,
    )
    assert withheld(job, APPROVE, NOW + 1) is job
    back = approved(job, NOW, NOW + 5)
    assert (back.lane, back.due_at, back.approved_at, back.retry) == (QUEUE_LANE, job.place, NOW + 5, None)
    assert may_go(back, Slot(), APPROVE, NOW)


@pytest.mark.parametrize("trainings", [Trainings.ON, Trainings.OFF])
def test_nobody_stands_aside_where_no_word_is_needed(trainings: Trainings) -> None:
    job = job_in(S.QUEUED)
    assert withheld(job, Rules(trainings=trainings), NOW) is job


@pytest.mark.parametrize(
    ("job", "code"),
    [
        (job_in(S.COLLECTING), "not_queued"),
        (job_in(S.TRAINING), "not_queued"),
        (job_in(S.QUEUED, approved_at=3), "approved_already"),
        (job_in(S.QUEUED, closed_at=NOW + 1), "set_changed"),
    ],
)
def test_only_the_set_that_was_looked_at_is_approved(job: Job, code: str) -> None:
    with pytest.raises(NotPossible, match=code):
        approved(job, NOW, NOW)


def test_a_set_that_opens_again_needs_the_word_again() -> None:
    job = approved(withheld(job_in(S.QUEUED), APPROVE, NOW), NOW, NOW)
    opened = job.with_photo(photo("b.jpg"), APPROVE, NOW + 1)
    assert (opened.state, opened.approved_at) == (S.COLLECTING, 0)
    closed = opened.closed(opened.completed_by(APPROVE, NOW + 10**7) or pytest.fail("open"), NOW + 10**7)
    assert waits_for_approval(closed, APPROVE)


def test_a_training_that_dashscope_has_failed_is_made_again_on_the_same_word() -> None:
    job = replace(job_in(S.QUEUED), approved_at=NOW, attempt=1, failures=1)
    assert not waits_for_approval(job, APPROVE)
    assert NOT_APPROVED.code == "not_approved"
