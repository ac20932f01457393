"""The 1.x client's asynchronous tasks: fetched, waited for, listed and canceled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from dashscope.aigc.image_synthesis import ImageSynthesis
from dashscope.api_entities.aio_session import close_shared_aio_session
from dashscope.client.base_api import BaseAsyncAioApi, BaseAsyncApi

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.contracts.dashscope_client.conftest import result_of
from tests.contracts.dashscope_client.orders import PLACE, order

pytestmark = pytest.mark.usefixtures("base_url")


def test_fetch_shows_every_status_with_the_fields_of_the_samples(trained: str, clock: ManualClock) -> None:
    task = order(trained)
    pending = BaseAsyncApi.fetch(task).output
    clock.advance(2)
    running = BaseAsyncApi.fetch(task).output
    clock.advance(20)
    response = BaseAsyncApi.fetch(task.output["task_id"])
    succeeded = response.output
    assert [pending["task_status"], running["task_status"], succeeded["task_status"]] == [
        "PENDING",
        "RUNNING",
        "SUCCEEDED",
    ]
    assert list(running) == ["task_id", "task_status", "submit_time", "scheduled_time", "task_metrics"]
    assert list(succeeded) == [
        "task_id",
        "task_status",
        "submit_time",
        "scheduled_time",
        "end_time",
        "results",
        "task_metrics",
    ]
    assert (succeeded["submit_time"], succeeded["end_time"]) == (
        "2025-09-02 09:57:42.000",
        "2025-09-02 09:58:04.000",
    )
    assert running["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 0}
    assert succeeded["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}
    assert response.usage == {"image_count": 2}


def test_after_a_day_a_task_is_unknown_as_is_one_that_never_was(trained: str, clock: ManualClock) -> None:
    task_id = order(trained).output["task_id"]
    clock.advance(22 + 86_400)
    for unknown in (task_id, "1111"):
        response = BaseAsyncApi.fetch(unknown)
        assert response.status_code == 200
        assert response.output == {"task_id": unknown, "task_status": "UNKNOWN"}
    assert BaseAsyncApi.list().output["total"] == 0


def test_call_waits_for_the_result(trained: str, held_time: None) -> None:
    resources = [{"resource_id": trained, "resource_type": "facelora"}]
    response = BaseAsyncApi.call(**PLACE, input={}, resources=resources, style="f_business_male")
    assert response.output["task_status"] == "SUCCEEDED"
    assert len(response.output["results"]) == 4


def test_wait_gives_up_after_its_own_time(trained: str, held_time: None) -> None:
    response = BaseAsyncApi.wait(order(trained), wait_timeout=5)
    assert result_of(response)[:2] == (408, "WaitTaskTimeout")


def test_wait_ends_with_the_reason_of_a_failed_task(
    trained: str, held_time: None, studio: ModelStudio
) -> None:
    studio.portraits.fail_next("InternalError.Algo", "no luck")
    response = BaseAsyncApi.wait(order(trained))
    assert response.status_code == 200
    output = response.output
    assert (output["task_status"], output["code"], output["message"]) == (
        "FAILED",
        "InternalError.Algo",
        "no luck",
    )
    assert output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 2}
    assert "results" not in output


def test_a_waiting_task_can_be_canceled_and_a_running_one_cannot(trained: str, clock: ManualClock) -> None:
    first, second = order(trained), order(trained)
    clock.advance(2)
    assert [BaseAsyncApi.fetch(task).output["task_status"] for task in (first, second)] == [
        "RUNNING",
        "PENDING",
    ]
    for known in (first, "1111"):
        refused = BaseAsyncApi.cancel(known)
        assert result_of(refused) == (
            400,
            "UnsupportedOperation",
            "Failed to cancel the task, please confirm if the task is in PENDING status.",
        )
    assert BaseAsyncApi.cancel(second).status_code == 200
    assert BaseAsyncApi.wait(second).output["task_status"] == "CANCELED"


def test_a_task_that_waited_starts_when_the_one_before_it_ends(
    trained: str, clock: ManualClock, studio: ModelStudio
) -> None:
    order(trained)
    order(trained)
    clock.advance(1000)
    first, second = studio.portraits.ledger()
    assert (first.scheduled_at, first.ended_at) == (first.submitted_at + 2, first.submitted_at + 22)
    assert (second.scheduled_at, second.ended_at) == (first.ended_at, first.submitted_at + 42)


def test_list_is_flat_and_newest_first_and_takes_filters(trained: str, clock: ManualClock) -> None:
    tasks: list[str] = []
    for _ in range(3):
        tasks.insert(0, order(trained).output["task_id"])
        clock.advance(30)
    order(trained)
    page = ImageSynthesis.list(page_size=3, page_no=2).output
    assert {name: page[name] for name in ("total", "total_page", "page_no", "page_size")} == {
        "total": 4,
        "total_page": 2,
        "page_no": 2,
        "page_size": 3,
    }
    assert [task["task_id"] for task in page["data"]] == tasks[2:]
    done = BaseAsyncApi.list(
        status="SUCCEEDED", model_name="facechain-generation", region="cn-beijing"
    ).output
    assert [task["task_id"] for task in done["data"]] == tasks
    shown = done["data"][0]
    assert shown["end_time"] - shown["start_time"] == 20_000
    assert shown["start_time"] - shown["gmt_create"] == 2000
    during = BaseAsyncApi.list(start_time="20250902095812", end_time="20250902095842").output
    assert [task["task_id"] for task in during["data"]] == tasks[:2]
    filters: list[dict[str, Any]] = [
        {"model_name": "wanx-v1"},
        {"region": "cn-shanghai"},
        {"api_key_id": "7"},
    ]
    for nothing in filters:
        assert ImageSynthesis.list(**nothing).output["data"] == []
    assert ImageSynthesis.list(start_time="yesterday").code == "InvalidParameter"


def test_image_synthesis_reads_and_cancels_the_same_tasks(trained: str, clock: ManualClock) -> None:
    first, second = (order(trained).output["task_id"] for _ in range(2))
    assert ImageSynthesis.cancel(second).status_code == 200
    clock.advance(30)
    finished = ImageSynthesis.wait(first)
    assert len(finished.output.results) == 2
    assert finished.output.task_status == "SUCCEEDED"
    assert ImageSynthesis.fetch(second).output.task_status == "CANCELED"


def test_progression_by_reads_and_at_once_hold_for_tasks_too(trained: str, behaviour: Behaviour) -> None:
    behaviour.progression = "reads"
    task = order(trained)
    assert [BaseAsyncApi.fetch(task).output["task_status"] for _ in range(4)] == [
        "PENDING",
        "RUNNING",
        "SUCCEEDED",
        "SUCCEEDED",
    ]
    behaviour.progression = "immediate"
    assert BaseAsyncApi.fetch(order(trained)).output["task_status"] == "SUCCEEDED"


def test_the_asyncio_calls_do_the_same(trained: str, behaviour: Behaviour) -> None:
    behaviour.progression = "immediate"

    async def portraits() -> None:
        resources = [{"resource_id": trained, "resource_type": "facelora"}]
        task = await BaseAsyncAioApi.async_call(
            **PLACE, input={}, resources=resources, style="f_idcard_male", n=1
        )
        fetched = await BaseAsyncAioApi.fetch(task)
        waited = await BaseAsyncAioApi.wait(task)
        assert fetched.output["task_status"] == waited.output["task_status"] == "SUCCEEDED"
        assert (await BaseAsyncAioApi.list()).output["total"] == 1
        assert (await BaseAsyncAioApi.cancel(task)).code == "UnsupportedOperation"
        await close_shared_aio_session()

    asyncio.run(portraits())
