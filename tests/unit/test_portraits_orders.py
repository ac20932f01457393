"""Orders of portraits: each change, each change that is not legal, and how often anything is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.portraits import FAILURES_ALLOWED, LOST_ALLOWED, OrderState, Picture, PortraitOrder
from shared.domain.trouble_kinds import Api
from tests.unit.portrait_support import FOUR, PRICE, TASK, WHY, order
from tests.unit.support import MINUTE_MS, NOW, cause, few_examples, trouble

S = OrderState
Change = Callable[[PortraitOrder], PortraitOrder]

CHANGES: dict[str, tuple[Change, S, S]] = {
    "attempting": (lambda one: one.attempting(NOW, expires_at=NOW + 1, price_fen=18), S.QUEUED, S.SUBMITTING),
    "sent": (lambda one: one.sent(WHY, NOW), S.SUBMITTING, S.SUBMITTING),
    "submitted": (lambda one: one.submitted(TASK), S.SUBMITTING, S.GENERATING),
    "requeued": (lambda one: one.requeued(WHY, None), S.SUBMITTING, S.QUEUED),
    "unanswered": (lambda one: one.unanswered(billed=0, reason=WHY, now=NOW), S.SUBMITTING, S.QUEUED),
    "made": (lambda one: one.made(4), S.GENERATING, S.STORING),
    "cleared": (lambda one: one.cleared(), S.GENERATING, S.GENERATING),
    "failed": (lambda one: one.failed(WHY, NOW, is_worth_another=True), S.GENERATING, S.QUEUED),
    "stored": (lambda one: one.stored((), 0, NOW), S.STORING, S.SUCCEEDED),
}


@pytest.mark.parametrize(("change", "before", "after"), CHANGES.values(), ids=CHANGES)
def test_an_order_goes_from_state_to_state_as_told_and_from_no_other_state(
    change: Change, before: S, after: S
) -> None:
    assert change(order(before)).state is after
    for other in set(S) - {before}:
        with pytest.raises(ValueError, match=f"an order cannot go from {other.value} to"):
            change(order(other))


def test_the_states_are_stored_and_shown_by_their_names() -> None:
    assert [state.value for state in S] == [state.name for state in S]


@pytest.mark.parametrize("state", S)
def test_which_states_are_an_end_and_which_are_at_dashscope(state: S) -> None:
    assert state.is_terminal is (state in (S.SUCCEEDED, S.FAILED, S.CANCELED))
    assert state.is_at_dashscope is (state in (S.SUBMITTING, S.GENERATING))


def test_an_intent_counts_the_attempt_and_keeps_its_time_its_price_and_no_earlier_task() -> None:
    queued = order(task_id="task-0", reason=WHY, attempt=1, retry=trouble())
    intended = queued.attempting(NOW, expires_at=NOW + 7, price_fen=20)
    assert (intended.attempt, intended.attempt_expires_at, intended.submitted_at) == (2, NOW + 7, NOW)
    assert (intended.price_fen, intended.task_id, intended.reason) == (20, "", None)
    assert intended.retry == queued.retry, "a refusal has to be counted behind those before it"


@pytest.mark.parametrize(("expires_in_ms", "expected"), [(5, NOW), (-5, NOW - 5)])
def test_once_the_post_has_left_nobody_waits_for_its_run(expires_in_ms: int, expected: int) -> None:
    intended = order(S.SUBMITTING, attempt_expires_at=NOW + expires_in_ms)
    left = intended.sent(WHY, NOW)
    assert (left.attempt_expires_at, left.reason, left.state) == (expected, WHY, S.SUBMITTING)


def test_a_task_that_is_owned_ends_the_trouble_before_it() -> None:
    own = order(S.SUBMITTING, retry=trouble(), reason=WHY).submitted(TASK)
    assert (own.task_id, own.retry, own.reason) == (TASK, None, None)


def test_an_order_that_was_refused_waits_with_the_reason() -> None:
    refused = order(S.SUBMITTING).requeued(WHY, trouble())
    assert (refused.reason, refused.retry, refused.billed) == (WHY, trouble(), 0)


def test_an_order_is_asked_for_once_more_after_a_lost_answer_and_never_a_third_time() -> None:
    again = order(S.SUBMITTING, retry=trouble()).unanswered(billed=0, reason=WHY, now=NOW)
    assert (again.state, again.lost, again.billed, again.retry) == (S.QUEUED, 1, 0, None)
    second = again.attempting(NOW, expires_at=NOW, price_fen=18)
    end = second.unanswered(billed=4, reason=WHY, now=NOW + 1)
    assert (end.state, end.lost, end.billed) == (S.FAILED, 2, 4)
    assert (end.reason, end.ended_at, end.attempt) == (WHY, NOW + 1, LOST_ALLOWED)


@pytest.mark.parametrize("billed", [0, 4])
def test_what_a_lost_attempt_may_have_cost_is_counted_beside_what_was_billed_before(billed: int) -> None:
    lost = order(S.SUBMITTING, billed=4).unanswered(billed=billed, reason=WHY, now=NOW)
    assert lost.billed == 4 + billed
    assert lost.cost_fen == PRICE * (4 + billed)


def test_pictures_that_were_made_are_billed_beside_those_before() -> None:
    done = order(S.GENERATING, billed=4, retry=trouble(), reason=WHY).made(3)
    assert (done.billed, done.cost_fen, done.retry, done.reason) == (7, 7 * PRICE, None, None)


def test_a_failed_task_bills_nothing_and_is_worth_one_more() -> None:
    again = order(S.GENERATING, retry=trouble()).failed(WHY, NOW, is_worth_another=True)
    assert (again.state, again.failures, again.billed, again.reason) == (S.QUEUED, 1, 0, WHY)
    assert (again.task_id, again.retry) == (TASK, None)
    second = again.attempting(NOW, expires_at=NOW, price_fen=18).submitted("task-2")
    end = second.failed(WHY, NOW + 1, is_worth_another=True)
    assert (end.state, end.failures, end.attempt) == (S.FAILED, 2, FAILURES_ALLOWED)
    assert (end.billed, end.ended_at, end.reason) == (0, NOW + 1, WHY)


def test_a_failure_that_is_nobodys_but_the_orders_ends_it_at_once() -> None:
    end = order(S.GENERATING).failed(WHY, NOW, is_worth_another=False)
    assert (end.state, end.failures, end.billed, end.ended_at) == (S.FAILED, 1, 0, NOW)


def test_a_task_that_is_given_up_counts_as_billed() -> None:
    end = order(S.GENERATING, billed=1).given_up(WHY, NOW)
    assert (end.state, end.billed, end.reason, end.ended_at) == (S.FAILED, 5, WHY, NOW)


def test_the_end_has_the_pictures_and_says_how_many_are_missing() -> None:
    pictures = (Picture("results/li/1/portraits/1-1.jpg", 7),)
    end = order(S.STORING, retry=trouble(), reason=WHY).stored(pictures, 3, NOW + 1)
    assert (end.pictures, end.missing, end.ended_at) == (pictures, 3, NOW + 1)
    assert (end.retry, end.reason, end.billed) == (None, None, 4)


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELED])
def test_an_end_without_pictures_says_why_and_when(state: S) -> None:
    end = order(retry=trouble()).ended(state, NOW, reason=WHY)
    assert (end.state, end.reason, end.ended_at, end.retry) == (state, WHY, NOW, None)


def test_trouble_is_tried_again_after_a_pause_that_grows() -> None:
    once = order(S.STORING).held_up(cause(api=Api.WRITING), NOW)
    twice = once.held_up(cause(api=Api.WRITING), NOW + MINUTE_MS)
    assert once.retry is not None
    assert twice.retry is not None
    assert (once.retry.tries, twice.retry.tries, once.state) == (1, 2, S.STORING)
    assert twice.retry.next_try_at - NOW - MINUTE_MS > once.retry.next_try_at - NOW
    assert order().is_due(NOW)
    assert not once.is_due(once.retry.next_try_at - 1)
    assert once.is_due(once.retry.next_try_at)


def test_what_an_order_costs_is_what_was_billed_at_the_price_of_its_submit() -> None:
    assert order().cost_fen == 0
    assert replace(order(), billed=3, price_fen=20).cost_fen == 60


@few_examples
@given(st.lists(st.sampled_from(["lost", "lost and billed", "failed", "made"]), min_size=6, max_size=6))
def test_whatever_becomes_of_its_attempts_an_order_costs_no_more_than_twice_its_price(
    outcomes: list[str],
) -> None:
    one = order()
    for outcome in outcomes:
        if one.state is not S.QUEUED:
            break
        one = one.attempting(NOW, expires_at=NOW, price_fen=PRICE)
        if outcome.startswith("lost"):
            one = one.unanswered(billed=4 if "billed" in outcome else 0, reason=WHY, now=NOW)
        elif outcome == "failed":
            one = one.submitted(TASK).failed(WHY, NOW, is_worth_another=True)
        else:
            one = one.submitted(TASK).made(FOUR.pictures)
    assert one.cost_fen <= 2 * 4 * PRICE
    assert one.attempt <= LOST_ALLOWED + FAILURES_ALLOWED - 1
    assert one.state in (S.FAILED, S.STORING)
