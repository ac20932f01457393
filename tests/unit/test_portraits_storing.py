"""Storing portraits: under their keys, as far as they are there, and told of in the result."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from shared.domain.erasure import RUNS_ARE_DEAD_MS
from shared.domain.job import Job
from shared.domain.lanes import PORTRAIT_LANE
from shared.domain.money import DAY_MS
from shared.domain.photo_set import NEVER
from shared.domain.portrait_work import with_order
from shared.domain.portraits import OrderState, Picture
from shared.domain.result_keys import (
    portrait_key,
    portraits_folder,
    result_key,
    revision_among_results,
    revision_of_portrait,
    revision_of_result,
)
from shared.domain.retry_state import TRIES_OF_AN_OBJECT, failed_again
from shared.domain.rules import Rules
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Permanent, RetryLater, Trouble
from shared.workflow.portrait_following import FORGOTTEN_MS
from shared.workflow.portrait_run import RECORD_PAUSE_MS
from shared.workflow.portrait_storing import TIME_FOR_A_PICTURE_MS, record, store
from tests.unit.memory import Memory
from tests.unit.portrait_support import (
    ON,
    PRICE,
    TASK,
    fetched,
    going,
    made,
    model,
    of,
    order,
    picture,
    ready,
    run_in,
)
from tests.unit.support import MINUTE_MS, NOW, trouble

S = OrderState
URL = "https://made.example/{}?Signature=s"
KEYS = [f"results/li/1/portraits/1-{place}.jpg" for place in range(1, 5)]
RESULT = "results/li/1.json"
GONE = Permanent("portrait_gone", "…", api=Api.PORTRAITS)
CUT_SHORT = RetryLater("portrait_not_downloaded", "…", delay_seconds=10, api=Api.PORTRAITS)
SILENT = RetryLater("no_answer", "…", delay_seconds=10, api=Api.PORTRAITS)
TOO_LARGE = Permanent("portrait_too_large", "…", api=Api.PORTRAITS)
REFUSED = AccountTrouble("AccessDenied", "…", delay_seconds=120, kind=Kind.API, api=Api.WRITING)


def stored(memory: Memory, job: Job, rules: Rules = ON, **changes: Any) -> None:
    store(memory.world(rules, **changes), memory[job], memory[job].portraits[0])


# -- all is well -----------------------------------------------------------------------------------------


def test_the_pictures_are_stored_under_keys_of_their_own_and_the_row_says_so() -> None:
    memory, job = ready()
    stored(memory, job)
    one = of(memory, job)
    assert (one.state, one.missing, one.ended_at, one.billed) == (S.SUCCEEDED, 0, NOW, 4)
    assert one.pictures == tuple(Picture(key, len(memory.contents[key])) for key in KEYS)
    assert [*memory.contents] == KEYS
    assert (memory[job].result_due_at, memory[job].lane) == (NOW, PORTRAIT_LANE)
    for place, key in enumerate(KEYS, 1):
        image = Image.open(io.BytesIO(memory.contents[key]))
        assert image.getpixel((0, 0)) == Image.open(io.BytesIO(picture(shade=place))).getpixel((0, 0))


def test_no_row_result_or_log_has_a_signed_url(caplog: pytest.LogCaptureFixture) -> None:
    memory, job = ready()
    memory.portraits.pictures[URL.format(2)] = CUT_SHORT
    run_in(memory)
    memory.portraits.pictures[URL.format(2)] = picture()
    memory.time += MINUTE_MS
    run_in(memory)
    assert of(memory, job).state is S.SUCCEEDED
    assert "Signature" not in f"{memory.rows} {memory.held} {memory.results} {caplog.text} {made()!r}"


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_a_picture_keeps_its_format(kind: str, suffix: str) -> None:
    memory, job = ready(URL.format(1))
    memory.portraits.pictures[URL.format(1)] = picture(kind)
    stored(memory, job)
    (key,) = memory.contents
    assert key == f"results/li/1/portraits/1-1.{suffix}"
    assert Image.open(io.BytesIO(memory.contents[key])).format == kind


def test_what_is_stored_is_noted_and_only_the_rest_is_fetched_again() -> None:
    memory, job = ready()
    memory.troubles[f"write {KEYS[2]}"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)
    stored(memory, job)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, [picture.key for picture in one.pictures]) == (S.STORING, KEYS[:2])
    memory.troubles.clear()
    del memory.portraits.pictures[URL.format(1)], memory.portraits.pictures[URL.format(2)]
    stored(memory, job)
    one = of(memory, job)
    assert (one.state, [picture.key for picture in one.pictures]) == (S.SUCCEEDED, KEYS)
    assert [*memory.contents] == KEYS


@pytest.mark.parametrize("place", [1, 4])
def test_a_picture_that_never_comes_costs_none_of_the_others(place: int) -> None:
    memory, job = ready()
    memory.portraits.pictures[URL.format(place)] = CUT_SHORT
    stored(memory, job)
    others = [key for key in KEYS if key != KEYS[place - 1]]
    assert [picture.key for picture in of(memory, job).pictures] == others
    memory.time = NOW + FORGOTTEN_MS
    with pytest.raises(Trouble):
        stored(memory, job)
    memory.time += 1
    stored(memory, job)
    one = of(memory, job)
    assert (one.state, [picture.key for picture in one.pictures], one.missing) == (S.SUCCEEDED, others, 1)


def test_an_invocation_that_ends_in_the_midst_keeps_what_it_has_stored() -> None:
    memory, job = ready()
    taken: list[str] = []

    def write(key: str, content: bytes) -> None:
        taken.append(key)
        memory.contents[key] = content
        memory.time += TIME_FOR_A_PICTURE_MS

    memory.write = write  # type: ignore[method-assign,assignment]
    stored(memory, job, dead_at=NOW + 2 * TIME_FOR_A_PICTURE_MS + 1)
    one = of(memory, job)
    assert (one.state, one.retry, [picture.key for picture in one.pictures]) == (S.STORING, None, taken)
    assert 0 < len(taken) < 4


def test_a_task_that_is_not_known_for_a_moment_loses_nothing_that_is_not_stored_yet() -> None:
    memory, job = ready()
    memory.portraits.pictures[URL.format(4)] = CUT_SHORT
    stored(memory, job)
    known = memory.portraits.known.pop(TASK)
    with pytest.raises(RetryLater, match="portraits_not_shown"):
        stored(memory, job)
    memory.portraits.known[TASK] = known
    memory.portraits.pictures[URL.format(4)] = picture(shade=4)
    stored(memory, job)
    assert (of(memory, job).state, len(of(memory, job).pictures)) == (S.SUCCEEDED, 4)


def test_whose_object_lies_under_a_key_is_told_by_the_key() -> None:
    assert portraits_folder("li", 3) == "results/li/3/portraits/"
    assert portrait_key("li", 3, 2, 1, "png") == "results/li/3/portraits/2-1.png"
    assert revision_of_portrait("li", "results/li/3/portraits/2-1.png") == 3
    assert revision_among_results("li", "results/li/3/portraits/2-1.png") == 3
    assert revision_among_results("li", "results/li/3.json") == 3
    for other in (
        "results/li/3/other/1.png",
        "results/li/x/portraits/1.png",
        "results/li/3",
        "results/li/3.txt",
    ):
        assert revision_among_results("li", other) == 0
    assert revision_of_result("li", "results/li/3/portraits/2-1.json") == 0
    assert revision_of_portrait("li", "results/li/1234567890/portraits/1-1.jpg") == 0


# -- some, or none ---------------------------------------------------------------------------------------


def said_to_be_gone(job: Job, tries: int) -> Job:
    """The job, of whose order a picture was said to be gone so often."""
    retry = None
    for _ in range(tries):
        retry = failed_again(retry, GONE.cause, NOW)
    return with_order(job, replace(job.portraits[0], retry=retry), NOW)


@pytest.mark.parametrize("tries", range(TRIES_OF_AN_OBJECT + 1))
@pytest.mark.parametrize("after_ms", [DAY_MS - 1, DAY_MS])
def test_a_picture_that_is_said_to_be_gone_is_asked_for_some_times_while_it_is_kept(
    tries: int, after_ms: int
) -> None:
    memory, job = ready()
    memory.rows[job.job_id] = said_to_be_gone(memory[job], tries)
    memory.portraits.pictures[URL.format(1)] = GONE
    memory.time = NOW + after_ms
    if tries < TRIES_OF_AN_OBJECT - 1 and after_ms < DAY_MS:
        stored(memory, job)
        one = of(memory, job)
        assert one.retry is not None
        assert (one.state, one.retry.cause.code, len(one.pictures)) == (S.STORING, "portrait_gone", 3)
        return
    stored(memory, job)
    assert (of(memory, job).state, of(memory, job).missing) == (S.SUCCEEDED, 1)


def test_what_was_said_of_another_step_is_no_try_to_fetch_a_picture() -> None:
    memory, job = ready()
    retry = replace(trouble(next_try_at=NOW), tries=TRIES_OF_AN_OBJECT)
    memory.rows[job.job_id] = with_order(memory[job], replace(memory[job].portraits[0], retry=retry), NOW)
    memory.portraits.pictures[URL.format(1)] = GONE
    stored(memory, job)
    assert of(memory, job).state is S.STORING


@pytest.mark.parametrize(
    "problem", [SILENT, ValueError("nobody has foreseen it")], ids=["told", "unforeseen"]
)
@pytest.mark.parametrize("after_ms", [FORGOTTEN_MS, FORGOTTEN_MS + 1])
def test_a_task_of_which_dashscope_never_tells_is_given_up_when_it_keeps_it_no_longer(
    problem: Exception, after_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, job = ready()

    def fail(task_id: str) -> None:
        raise problem

    monkeypatch.setattr(memory.portraits, "task", fail)
    memory.time = NOW + after_ms
    if after_ms == FORGOTTEN_MS:
        with pytest.raises(type(problem)):
            stored(memory, job)
        return
    stored(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.reason.code, one.billed) == (S.FAILED, "portrait_gone", 4)


@pytest.mark.parametrize("problem", [GONE, TOO_LARGE], ids=["gone", "too large"])
def test_what_is_there_is_stored_and_what_is_not_is_counted(problem: Trouble) -> None:
    memory, job = ready()
    memory.rows[job.job_id] = said_to_be_gone(memory[job], TRIES_OF_AN_OBJECT)
    memory.portraits.pictures[URL.format(2)] = problem
    memory.portraits.pictures[URL.format(4)] = b"no picture"
    stored(memory, job)
    one = of(memory, job)
    assert (one.state, one.missing, one.billed) == (S.SUCCEEDED, 2, 4)
    assert [one.key for one in one.pictures] == [KEYS[0], KEYS[2]] == [*memory.contents]


def test_a_picture_that_dashscope_has_not_made_leaves_its_place_empty() -> None:
    memory, job = ready(URL.format(1), None, URL.format(3), URL.format(4))
    stored(memory, job)
    assert [one.key for one in of(memory, job).pictures] == [KEYS[0], KEYS[2], KEYS[3]]
    assert of(memory, job).missing == 1


def test_more_pictures_than_were_asked_for_are_all_stored_and_none_is_missing() -> None:
    memory, job = ready(*map(URL.format, range(1, 6)))
    stored(memory, job)
    assert (len(of(memory, job).pictures), of(memory, job).missing) == (5, 0)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (GONE, "portrait_gone"),
        (TOO_LARGE, "portrait_too_large"),
        (b"GIF89a...", "portrait_not_labelled"),
        (picture()[:-30], "portrait_not_labelled"),
    ],
    ids=["gone", "too large", "no picture", "half a picture"],
)
def test_an_order_of_which_nothing_can_be_stored_fails_with_the_reason_and_stays_billed(
    problem: bytes | Trouble, code: str
) -> None:
    memory, job = ready()
    memory.rows[job.job_id] = said_to_be_gone(memory[job], TRIES_OF_AN_OBJECT)
    for place in range(1, 5):
        memory.portraits.pictures[URL.format(place)] = problem
    stored(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.reason.code, one.billed, memory.contents) == (S.FAILED, code, 4, {})
    assert memory[job].result_due_at == NOW


def test_what_dashscope_says_of_pictures_that_it_has_not_made_is_the_reason() -> None:
    memory, job = ready()
    memory.portraits.known[TASK] = replace(made(None, None), why=("InternalError.Algo",))
    stored(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.reason.code) == (S.FAILED, "InternalError.Algo")


@pytest.mark.parametrize("after_ms", [DAY_MS - 1, DAY_MS])
def test_what_dashscope_does_not_show_is_gone_after_a_day_and_not_before(after_ms: int) -> None:
    memory, job = ready()
    memory.portraits.known.clear()
    memory.time = NOW + after_ms
    if after_ms < DAY_MS:
        with pytest.raises(RetryLater, match="portraits_not_shown") as raised:
            stored(memory, job)
        assert raised.value.api is Api.PORTRAITS
        assert of(memory, job).state is S.STORING
        return
    stored(memory, job)
    one = of(memory, job)
    assert one.reason is not None
    assert (one.state, one.reason.code, one.billed) == (S.FAILED, "portrait_gone", 4)


def test_a_picture_that_is_cut_short_is_fetched_again_as_a_whole() -> None:
    memory, job = ready()
    memory.portraits.pictures[URL.format(3)] = CUT_SHORT
    run_in(memory)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, one.retry.cause.code) == (S.STORING, "portrait_not_downloaded")
    memory.portraits.pictures[URL.format(3)] = picture(shade=3)
    memory.time = one.retry.next_try_at
    run_in(memory)
    assert len(of(memory, job).pictures) == 4


@pytest.mark.parametrize(("left_ms", "count"), [(TIME_FOR_A_PICTURE_MS, 0), (TIME_FOR_A_PICTURE_MS + 1, 4)])
def test_a_run_that_is_about_to_end_begins_no_picture(left_ms: int, count: int) -> None:
    memory, job = ready()
    if count:
        stored(memory, job, dead_at=NOW + left_ms)
    else:
        with pytest.raises(RetryLater, match="no_time"):
            stored(memory, job, dead_at=NOW + left_ms)
    assert len(memory.contents) == count


def test_a_bucket_that_refuses_is_told_of_and_nothing_more_is_asked_for() -> None:
    memory, job = ready()
    memory.troubles[f"write {KEYS[0]}"] = REFUSED
    run_in(memory)
    waiting = model(order(), person_id="wu")
    memory.rows[waiting.job_id] = replace(waiting, version=1)
    memory.time += 1_000
    run_in(memory)
    assert memory.portraits.created == []
    assert memory.well_being.is_open(Api.WRITING)
    one = of(memory, job)
    assert one.retry is not None
    assert (one.state, one.retry.cause.code, one.billed) == (S.STORING, "AccessDenied", 4)


def test_a_bucket_that_refuses_one_object_for_good_ends_no_order() -> None:
    memory, job = ready()
    memory.troubles[f"write {KEYS[0]}"] = Permanent("ObjectNotAppendable", "…", api=Api.WRITING)
    with pytest.raises(Permanent):
        stored(memory, job)
    assert of(memory, job).state is S.STORING


@pytest.mark.parametrize("later_ms", [0, 9_999, 10_000, 59_000])
def test_no_run_sends_anything_while_pictures_that_were_made_are_in_trouble(later_ms: int) -> None:
    """They are there for a day alone, so they come first, and no more is paid for beside them."""
    memory, job = ready()
    memory.portraits.pictures[URL.format(3)] = CUT_SHORT
    run_in(memory)
    waiting, another = model(order(), person_id="wu"), memory[job].portraits[0]
    in_trouble = model(replace(another, task_id="unknown"), person_id="zhao")
    memory.rows[waiting.job_id] = replace(waiting, version=1)
    memory.rows[in_trouble.job_id] = replace(in_trouble, version=1)
    memory.time = NOW + later_ms
    run_in(memory)
    assert memory.portraits.created == []
    memory.portraits.pictures[URL.format(3)] = picture(shade=3)
    memory.portraits.known["task-new"] = going("task-new")
    memory.time += MINUTE_MS
    run_in(memory)
    assert (of(memory, job).state, len(memory.portraits.created)) == (S.SUCCEEDED, 1)


# -- the result ------------------------------------------------------------------------------------------


def test_the_result_is_written_with_the_pictures_and_once_more_when_slow_runs_are_dead() -> None:
    memory, job = ready()
    run_in(memory)
    result = json.loads(memory.results[RESULT])
    (shown,) = result["portraits"]
    assert [one["key"] for one in shown["pictures"]] == KEYS
    assert (shown["state"], shown["cost_cny"], shown["billed"]) == ("SUCCEEDED", 4 * PRICE / 100, 4)
    assert memory[job].result_due_at == NOW + RUNS_ARE_DEAD_MS
    assert memory.calls.count("deliver") == 1
    memory.time = NOW + RUNS_ARE_DEAD_MS - 1
    run_in(memory)
    assert memory.calls.count("deliver") == 1
    memory.results.clear()
    memory.time = NOW + RUNS_ARE_DEAD_MS
    run_in(memory)
    assert json.loads(memory.results[RESULT]) == result
    assert (memory[job].result_due_at, memory[job].due_at, memory[job].lane) == (0, memory[job].due_at, 12)
    run_in(memory)
    assert memory.calls.count("deliver") == 2


def test_a_result_that_cannot_be_written_is_written_later() -> None:
    memory, job = ready()
    memory.troubles["write_json"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)
    run_in(memory)
    assert (of(memory, job).state, memory[job].result_due_at) == (S.SUCCEEDED, NOW + RECORD_PAUSE_MS)
    memory.troubles.clear()
    memory.time = NOW + RECORD_PAUSE_MS
    run_in(memory)
    assert RESULT in memory.results


def test_a_result_never_names_what_is_not_there() -> None:
    memory, job = ready()
    memory.troubles[f"write {KEYS[3]}"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)
    run_in(memory)
    assert (memory.results, memory[job].result_due_at) == ({}, 0)


def test_a_written_result_stands_for_retention_again() -> None:
    memory, job = ready()
    memory.rows[job.job_id] = replace(
        memory[job], portraits=(order(S.SUCCEEDED, ended_at=NOW - RUNS_ARE_DEAD_MS),), result_due_at=NOW
    )
    record(memory.world(replace(ON, keep_snapshots_ms=0)), memory[job])
    assert (memory[job].due_at, memory[job].lane) == (NEVER, None)
    assert memory.results.keys() == {result_key("li", 1)}


def test_portraits_that_are_switched_off_are_stored_all_the_same() -> None:
    job = model(order(S.GENERATING), order(number=2))
    memory = Memory(job)
    fetched(memory, job)
    run_in(memory, Rules())
    assert (of(memory, job).state, of(memory, job, 2).state) == (S.SUCCEEDED, S.QUEUED)
    assert memory.portraits.created == []
    assert RESULT in memory.results
