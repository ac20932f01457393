"""Limits of fine-tunes over HTTP: rates, slots, the cap, and the pages of the list."""

from __future__ import annotations

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.emulators.dashscope.support import PHOTO_URL, Client, Submit, error_of


@pytest.mark.parametrize("submits_per_second", [1, 2])
def test_one_submit_more_within_a_second_is_throttled(
    client: Client, clock: ManualClock, behaviour: Behaviour, submits_per_second: int
) -> None:
    assert Behaviour().submits_per_second == 1
    behaviour.concurrent_fine_tunes = 9
    behaviour.submits_per_second = submits_per_second
    for _ in range(submits_per_second):
        client.created(PHOTO_URL)
        clock.advance(0.45)
    assert error_of(client.create(PHOTO_URL)) == (
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
    )
    clock.advance(0.6)
    client.created(PHOTO_URL)


def test_a_second_fine_tune_is_refused_while_one_runs(
    client: Client, submit: Submit, clock: ManualClock
) -> None:
    submit()
    clock.advance(10)
    assert error_of(client.create(PHOTO_URL)) == (
        429,
        "Throttling",
        "Too many fine-tune job in running, please retry later",
    )
    clock.advance(292)
    client.created(PHOTO_URL)


def test_a_second_fine_tune_can_queue_and_starts_in_order_when_the_slot_is_free(
    client: Client, submit: Submit, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.second_fine_tune = "queue"
    begin = clock.now() + 1
    jobs = [submit(), submit(), submit()]
    clock.advance(10)
    assert [client.status(job) for job in jobs] == ["RUNNING", "QUEUING", "QUEUING"]
    clock.advance(290)
    assert [client.status(job) for job in jobs] == ["SUCCEEDED", "RUNNING", "QUEUING"]
    clock.advance(10_000)
    statuses = [entry.statuses for entry in studio.ledger()]
    assert statuses[1][-2:] == (("RUNNING", begin + 302), ("SUCCEEDED", begin + 602))
    assert statuses[2][-2:] == (("RUNNING", begin + 602), ("SUCCEEDED", begin + 902))


def test_only_20_running_or_succeeded_fine_tunes_are_allowed_and_failed_ones_do_not_count(
    client: Client, submit: Submit, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.progression = "immediate"
    studio.fail_next("InternalError.Algo", "no luck")
    for _ in range(21):
        submit()
    studio_error = (
        429,
        "Throttling",
        "Only 20 fine-tune job in running or succeeded allowed per user.",
    )
    assert error_of(client.create(PHOTO_URL)) == studio_error
    behaviour.delete_terminal = "allow"
    newest = client.call("GET", "/fine-tunes").json()["output"]["jobs"][0]["job_id"]
    client.call("DELETE", f"/fine-tunes/{newest}")
    submit()


def test_running_fine_tunes_count_among_those_that_are_allowed(
    client: Client, submit: Submit, behaviour: Behaviour
) -> None:
    behaviour.kept_fine_tunes, behaviour.concurrent_fine_tunes = 1, 5
    submit()
    assert error_of(client.create(PHOTO_URL))[2].startswith("Only 1 fine-tune job in running or succeeded")


def test_the_list_is_newest_first_and_comes_in_pages(
    client: Client, submit: Submit, behaviour: Behaviour
) -> None:
    behaviour.concurrent_fine_tunes = 20
    jobs = [submit() for _ in range(12)][::-1]

    def page(**query: object) -> tuple[dict[str, object], list[str]]:
        output = client.call("GET", "/fine-tunes", params=query).json()["output"]
        return {k: output[k] for k in output if k != "jobs"}, [job["job_id"] for job in output["jobs"]]

    assert page() == ({"page_no": 1, "page_size": 10, "total": 12}, jobs[:10])
    assert page(page_no=2) == ({"page_no": 2, "page_size": 10, "total": 12}, jobs[10:])
    assert page(page_no=3, page_size=5) == ({"page_no": 3, "page_size": 5, "total": 12}, jobs[10:])
    assert page(page_no=99, page_size=100)[1] == []
    assert page(model="facechain-finetune")[0]["total"] == 12
    assert page(model="qwen3-14b") == ({"page_no": 1, "page_size": 10, "total": 0}, [])


@pytest.mark.parametrize(
    "query", ["page_no=0", "page_no=x", "page_size=0", "page_size=101", "page_no=9" + "9" * 40, "page_no=-1"]
)
def test_a_page_that_cannot_be_is_an_invalid_parameter(client: Client, query: str) -> None:
    for path in ("/fine-tunes", "/files"):
        assert error_of(client.call("GET", f"{path}?{query}"))[:2] == (400, "InvalidParameter")


def test_lists_and_single_answers_can_lag_behind(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.list_lag_seconds = 30
    behaviour.get_lag_seconds = 10
    job_id = client.created(PHOTO_URL)
    assert client.call("GET", f"/fine-tunes/{job_id}").status_code == 404
    clock.advance(10)
    assert client.status(job_id) == "RUNNING"
    assert client.call("GET", "/fine-tunes").json()["output"]["total"] == 0
    clock.advance(20)
    assert client.call("GET", "/fine-tunes").json()["output"]["total"] == 1
