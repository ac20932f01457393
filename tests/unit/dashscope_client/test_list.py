"""The list of fine-tunes: what is proof that it is complete, and what is not."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import responses

from shared.clients.dashscope import PAGE_SIZE, DashScope
from shared.clients.dashscope_list import (
    LIST_CALLS,
    LIST_ROUNDS,
    LIST_SECONDS,
    NEAR_THE_LIMIT,
    NEWEST_CALLS,
)
from shared.clients.retries import TRIES, Retries
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NotFound, RetryLater
from tests.unit.dashscope_client.support import ABSENT, API_KEY, BASE, ID, PENDING, Ledger, answer


@pytest.mark.parametrize(
    ("count", "pages"), [(0, [1]), (1, [1]), (99, [1]), (100, [1]), (101, [1, 2]), (250, [1, 2, 3])]
)
def test_the_list_is_read_to_its_last_page_and_no_further(
    wire: responses.RequestsMock, client: DashScope, count: int, pages: list[int]
) -> None:
    ledger = Ledger(wire, count)
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.entries
    assert ledger.pages == pages


def test_fine_tunes_that_appear_while_the_list_is_read_hide_none(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)

    def one_more(number: int) -> None:
        if number in (1, 2):
            ledger.entries.insert(0, f"ft-new-{number}")

    ledger.before_call = one_more
    assert {one.fine_tune_id for one in client.fine_tunes()} >= {f"ft-{number:04}" for number in range(250)}


def test_a_list_that_is_reshuffled_between_pages_is_read_again(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)

    def reverse(number: int) -> None:
        if number == 1:
            ledger.entries.reverse()

    ledger.before_call = reverse
    assert {one.fine_tune_id for one in client.fine_tunes()} == set(ledger.entries)
    assert len(ledger.pages) == 6


def test_a_page_that_keeps_failing_fails_the_list(wire: responses.RequestsMock, client: DashScope) -> None:
    first = {"total": 150, "jobs": [{"job_id": f"ft-{number}"} for number in range(PAGE_SIZE)]}
    wire.get(f"{BASE}/fine-tunes", json=answer(first))
    wire.get(f"{BASE}/fine-tunes", status=500)
    with pytest.raises(RetryLater):
        client.fine_tunes()
    assert len(wire.calls) == 1 + TRIES


def test_a_round_whose_pages_disagree_about_the_total_is_read_again(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)
    totals = iter([249, 250, 250])
    ledger.total = lambda: next(totals, 250)
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.entries
    assert ledger.pages == [1, 2, 3, 1, 2, 3]


def test_a_list_whose_total_changes_in_every_round_is_never_taken_for_complete(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 150)
    ledger.before_call = lambda number: ledger.entries.insert(0, f"ft-new-{number}")
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "list_incomplete"
    # One entry more with each page: a round takes a third page to learn that it has missed nothing.
    assert len(ledger.pages) <= 3 * LIST_ROUNDS


def test_a_fine_tune_that_slips_past_because_another_was_deleted_is_read_after_all(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)

    def delete(number: int) -> None:
        if number == 1:
            del ledger.entries[5]

    ledger.before_call = delete
    assert {one.fine_tune_id for one in client.fine_tunes()} >= set(ledger.entries)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_appears_and_goes_while_the_list_is_read_what_stays_is_in_it(
    wire: responses.RequestsMock, client: DashScope, seed: int
) -> None:
    random_ = random.Random(seed)
    ledger = Ledger(wire, random_.randrange(90, 320))
    stayed = set(ledger.entries)

    def change(number: int) -> None:
        # The list is shown newest first; anything may be deleted.
        for _ in range(random_.choice([0, 0, 0, 1, 2])):
            ledger.entries.insert(0, f"ft-new-{number}-{random_.randrange(10**9)}")
        for _ in range(random_.choice([0, 0, 0, 1, 2])):
            stayed.discard(ledger.entries.pop(random_.randrange(len(ledger.entries))))

    ledger.before_call = change
    try:
        listed = {one.fine_tune_id for one in client.fine_tunes()}
    except RetryLater:
        return
    assert listed >= stayed


# -- totals that do not fit -------------------------------------------------------------------------


@pytest.mark.parametrize("total", [30, "30", 30.0])
def test_a_right_total_is_one_call_as_a_number_or_as_text(
    wire: responses.RequestsMock, client: DashScope, total: Any
) -> None:
    ledger = Ledger(wire, 30)
    ledger.total = lambda: total
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.entries
    assert ledger.pages == [1]


UNFIT = [29, 31, 0, 150, -1, None, True, "many", "", [30], 30.5, ABSENT]


@pytest.mark.parametrize("total", UNFIT, ids=str)
@pytest.mark.parametrize("clamps", [False, True])
def test_a_list_whose_total_does_not_fit_is_believed_when_two_rounds_show_the_same(
    wire: responses.RequestsMock, client: DashScope, total: Any, clamps: bool
) -> None:
    ledger = Ledger(wire, 30)
    ledger.total, ledger.clamps = lambda: total, clamps
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.entries
    # Each round reads on until a page brings nothing new.
    assert ledger.pages == [1, 2, 1, 2]


@pytest.mark.parametrize("total", ["right", "text", "one too many", "absent"])
@pytest.mark.parametrize("clamps", [False, True])
def test_a_server_that_gives_smaller_pages_than_asked_for_is_read_to_its_end(
    wire: responses.RequestsMock, client: DashScope, total: str, clamps: bool
) -> None:
    ledger = Ledger(wire, 35)
    ledger.largest_page, ledger.clamps = 10, clamps
    ledger.total = lambda: {"right": 35, "text": "35", "one too many": 36, "absent": ABSENT}[total]
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.entries
    assert ledger.pages == ([1, 2, 3, 4] if total in ("right", "text") else [1, 2, 3, 4, 5] * 2)


def test_two_rounds_that_differ_are_not_proof_and_a_third_decides(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 30)
    ledger.total = lambda: ABSENT
    ledger.before_call = lambda number: ledger.entries.insert(0, "ft-new") if number == 2 else None
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.entries
    assert ledger.pages == [1, 2] * 3


def test_a_list_that_differs_in_every_round_is_never_believed(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 30)
    ledger.total = lambda: 1000
    ledger.before_call = lambda number: ledger.entries.insert(0, f"ft-new-{number}")
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert (raised.value.code, raised.value.api) == ("list_incomplete", Api.TRAINING)
    assert len(ledger.pages) <= 3 * LIST_ROUNDS


@pytest.mark.parametrize("total", [1, "250"])
def test_a_list_that_shows_nothing_of_what_it_counts_is_never_believed(
    wire: responses.RequestsMock, client: DashScope, total: Any
) -> None:
    ledger = Ledger(wire, 0)
    ledger.total = lambda: total
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "list_incomplete"
    assert ledger.pages == [1] * LIST_ROUNDS == [1, 1, 1]


@pytest.mark.parametrize("total", [ABSENT, None, "many", -1])
def test_an_empty_list_without_a_total_is_empty_in_two_rounds(
    wire: responses.RequestsMock, client: DashScope, total: Any
) -> None:
    ledger = Ledger(wire, 0)
    ledger.total = lambda: total
    assert list(client.fine_tunes()) == []
    assert ledger.pages == [1, 1]


@pytest.mark.parametrize("output", [{"total": 0}, {"total": 0, "jobs": None}, {"total": "0", "jobs": None}])
def test_a_list_that_says_that_it_has_nothing_needs_no_jobs(
    wire: responses.RequestsMock, client: DashScope, output: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/fine-tunes", json=answer(output))
    assert list(client.fine_tunes()) == []


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"page_no": 1},
        {"jobs": None},
        {"total": None, "jobs": None},
        {"total": 3},
        {"total": 3, "jobs": None},
        {"total": 1, "jobs": {"job_id": "ft-1"}},
        {"total": 1, "jobs": "none"},
        {"total": 0, "jobs": 5},
        None,
        [],
    ],
    ids=str,
)
def test_an_answer_without_a_list_is_no_list(
    wire: responses.RequestsMock, client: DashScope, output: Any
) -> None:
    wire.get(f"{BASE}/fine-tunes", json=answer(output))
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert (raised.value.code, raised.value.api) == ("unreadable_answer", Api.TRAINING)
    assert len(wire.calls) == 1


# -- foreign entries --------------------------------------------------------------------------------

FOREIGN: list[Any] = [
    None,
    7,
    [],
    {},
    {"status": "RUNNING"},
    {"job_id": None, "model": "qwen3-14b"},
    {"job_id": 7, "model": "qwen3-14b"},
    {"job_id": "", "model": "qwen3-14b", "training_file_ids": 5},
    {"job_id": ["ft-1"], "model": ["facechain-finetune"]},
]


def test_entries_without_an_id_are_skipped_and_counted(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, [PENDING, *FOREIGN, {"job_id": "ft-2"}])
    assert [one.fine_tune_id for one in client.fine_tunes()] == [ID, "ft-2"]
    assert ledger.pages == [1]


def test_foreign_entries_on_many_pages_hide_nothing(wire: responses.RequestsMock, client: DashScope) -> None:
    entries = [{"status": "RUNNING", "n": n} if n % 3 else f"ft-{n}" for n in range(45)]
    ledger = Ledger(wire, entries)
    ledger.largest_page = 10
    assert [one.fine_tune_id for one in client.fine_tunes()] == [f"ft-{n}" for n in range(0, 45, 3)]
    assert ledger.pages == [1, 2, 3, 4, 5]


def test_entries_that_cannot_be_told_apart_cost_a_second_round(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, [{}, {}, "ft-1"])
    assert [one.fine_tune_id for one in client.fine_tunes()] == ["ft-1"]
    assert ledger.pages == [1, 2, 1, 2]


def test_a_fine_tune_of_another_model_keeps_its_model(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    Ledger(wire, [{"job_id": "ft-1", "model": "qwen3-14b", "usage": {}, "training_file_ids": None}, PENDING])
    assert [one.model for one in client.fine_tunes()] == ["qwen3-14b", "facechain-finetune"]


def test_an_entry_of_our_model_without_an_id_is_kept_but_cannot_be_asked_for(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    Ledger(wire, [{**PENDING, "job_id": None}])
    (nameless,) = client.fine_tunes()
    assert (nameless.fine_tune_id, nameless.model) == ("", "facechain-finetune")
    for call in (client.fine_tune, client.cancel_fine_tune, client.delete_fine_tune):
        with pytest.raises(NotFound):
            call(nameless.fine_tune_id)
    assert len(wire.calls) == 1


# -- bounds -----------------------------------------------------------------------------------------


def test_the_number_of_calls_is_bounded(wire: responses.RequestsMock, client: DashScope) -> None:
    ledger = Ledger(wire, LIST_CALLS + 1)
    ledger.largest_page = 1
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "list_too_long"
    assert len(ledger.pages) == LIST_CALLS


@pytest.mark.parametrize("within", [LIST_SECONDS, 80])
def test_no_page_is_asked_for_after_the_time_is_up(wire: responses.RequestsMock, within: int) -> None:
    seconds = [0.0]
    client = DashScope(BASE, API_KEY, retries=Retries(sleep=lambda _: None, now=lambda: seconds[0]))
    ledger = Ledger(wire, 50)
    ledger.largest_page = 1

    def slow(_: int) -> None:
        seconds[0] += 6

    ledger.before_call = slow
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes(within_seconds=within)
    assert (raised.value.code, raised.value.kind) == ("list_too_long", Kind.PERSON)
    assert f"{within} seconds" in raised.value.message
    assert len(ledger.pages) == within // 6 + 1


def test_a_list_that_soon_has_too_many_pages_is_read_and_warned_of(
    wire: responses.RequestsMock, client: DashScope, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger(wire, round(LIST_CALLS * NEAR_THE_LIMIT))
    ledger.largest_page = 1
    assert len(list(client.fine_tunes())) == len(ledger.entries)
    assert "list_nearly_too_long" in caplog.text
    caplog.clear()
    ledger.entries.pop()
    assert len(list(client.fine_tunes())) == len(ledger.entries)
    assert "list_nearly_too_long" not in caplog.text


# -- the newest part ----------------------------------------------------------------------------------


def _ledger_of_days(wire: responses.RequestsMock, days: int) -> Ledger:
    days_ago = [
        f"{datetime(2026, 1, days, 12) - timedelta(days=ago):%Y-%m-%d %H:%M:%S}" for ago in range(days)
    ]
    ledger = Ledger(wire, [{"job_id": f"ft-{made_at}", "create_time": made_at} for made_at in days_ago])
    ledger.largest_page = 3
    return ledger


def _beijing(day: int) -> int:
    return int(datetime(2026, 1, day, tzinfo=timezone(timedelta(hours=8))).timestamp() * 1000)


def test_the_newest_part_ends_with_the_first_page_that_is_older_as_a_whole(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = _ledger_of_days(wire, 30)
    newest = client.newest_fine_tunes(_beijing(26))
    assert (newest.is_whole, newest.is_reached) == (False, True)
    # Three a page: of the 30th to the 28th, the 27th to the 25th, and the 24th to the 22nd, which are older.
    assert [one.fine_tune_id for one in newest.fine_tunes] == [one["job_id"] for one in ledger.entries[:9]]
    assert ledger.pages == [1, 2, 3]


def test_what_was_made_within_the_hour_before_is_not_older(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = _ledger_of_days(wire, 30)
    noon, half_an_hour = 12 * 3_600_000, 1_800_000
    client.newest_fine_tunes(_beijing(30) + noon + half_an_hour)
    assert ledger.pages == [1, 2]


def test_a_short_list_is_read_whole_in_passing(wire: responses.RequestsMock, client: DashScope) -> None:
    _ledger_of_days(wire, 3)
    newest = client.newest_fine_tunes(_beijing(30))
    assert (len(newest.fine_tunes), newest.is_whole, newest.is_reached) == (3, True, True)


def test_a_list_that_tells_no_times_is_read_on_to_its_bound(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 10 * NEWEST_CALLS)
    ledger.largest_page = 1
    newest = client.newest_fine_tunes(_beijing(30))
    assert (newest.is_whole, newest.is_reached) == (False, False)
    assert len(ledger.pages) == NEWEST_CALLS


def test_an_id_is_quoted_in_the_path(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.get(f"{BASE}/fine-tunes/..%2Ffiles%3Fa", json=answer(PENDING))
    assert client.fine_tune("../files?a").fine_tune_id == ID
