"""The answers about portrait tasks over HTTP, as documented and recorded: submit, poll, list, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.pictures.portraits import PRESET_STYLES
from tests.emulators.dashscope.support import PHOTO_URL, START, Client, error_of

PATH = "/services/aigc/album/gen_potrait"
ASYNC = {"X-DashScope-Async": "enable"}
BEGINNING = "20250902100000"
"""Nine minutes after ``START``, in Beijing: the moment of the first order."""
Order = Callable[..., str]


@pytest.fixture
def resource(client: Client, clock: ManualClock) -> str:
    """The output of a fine-tune that succeeded; the clock then shows ``BEGINNING``."""
    job_id = client.created(PHOTO_URL)
    clock.advance(START + 538 - clock.now())
    return str(client.job(job_id)["finetuned_output"])


def body_of(resource: str, **parameters: Any) -> dict[str, Any]:
    return {
        "model": "facechain-generation",
        "parameters": {"style": "f_idcard_female", "size": "768*1024", "n": 2} | parameters,
        "resources": [{"resource_id": resource, "resource_type": "facelora"}],
    }


@pytest.fixture
def order(client: Client, resource: str) -> Order:
    def order(**parameters: Any) -> str:
        response = client.call("POST", PATH, json=body_of(resource, **parameters), headers=ASYNC)
        assert response.status_code == 200, response.text
        assert response.json()["output"] == {
            "task_id": response.json()["output"]["task_id"],
            "task_status": "PENDING",
        }
        return str(response.json()["output"]["task_id"])

    return order


def output_of(client: Client, task_id: str) -> dict[str, Any]:
    response = client.call("GET", f"/tasks/{task_id}")
    assert response.status_code == 200
    output: dict[str, Any] = response.json()["output"]
    return output


def listed(client: Client, query: str = "") -> list[str]:
    response = client.call("GET", f"/tasks?{query}")
    assert response.status_code == 200, response.text
    assert response.json()["total"] == len(response.json()["data"])
    return [entry["task_id"] for entry in response.json()["data"]]


def test_a_task_without_a_number_has_four_pictures_and_every_style_of_the_page_is_taken(
    client: Client, clock: ManualClock, resource: str, order: Order
) -> None:
    for style in PRESET_STYLES:
        clock.advance(20)
        order(style=style)
    body = body_of(resource)
    body["parameters"] = {"style": "f_business_male"}
    clock.advance(1)
    response = client.call("POST", PATH, json=body, headers=ASYNC)
    clock.advance(40)
    output = output_of(client, response.json()["output"]["task_id"])
    assert output["task_metrics"] == {"TOTAL": 4, "SUCCEEDED": 4, "FAILED": 0}
    assert [set(result) for result in output["results"]] == [{"url"}] * 4


@pytest.mark.parametrize(
    ("changes", "headers", "error"),
    [
        ({}, {}, (403, "AccessDenied", "current user api does not support synchronous calls.")),
        (
            {"resources": [{"resource_id": "facechain-finetune-ft-202509020951-0000"}]},
            ASYNC,
            (400, "InvalidParameter", None),
        ),
        (
            {
                "resources": [
                    {
                        "resource_id": "facechain-finetune-ft-202509020951-0000",
                        "resource_type": "facelora",
                    }
                ]
            },
            ASYNC,
            (403, "Resource.AccessDenied", None),
        ),
        ({"resources": []}, ASYNC, (400, "InvalidParameter", None)),
        ({"model": "facechain"}, ASYNC, (404, "ModelNotFound", None)),
    ],
)
def test_an_order_of_somebody_else_or_without_its_header_is_refused(
    client: Client,
    resource: str,
    changes: dict[str, Any],
    headers: dict[str, str],
    error: tuple[int, str, str | None],
) -> None:
    response = client.call("POST", PATH, json=body_of(resource) | changes, headers=headers)
    status, code, message = error_of(response)
    assert (status, code, message if error[2] else None) == error


@pytest.mark.parametrize(
    "parameters",
    [{"n": 0}, {"n": 5}, {"n": -1}, {"n": 2.0}, {"style": "f_pirate"}, {"style": ""}, {"size": "1024*768"}],
)
def test_a_number_a_style_or_a_size_that_is_not_on_the_page_is_refused(
    client: Client, resource: str, parameters: dict[str, Any]
) -> None:
    response = client.call("POST", PATH, json=body_of(resource, **parameters), headers=ASYNC)
    assert error_of(response)[:2] == (400, "InvalidParameter")


def test_two_orders_are_taken_in_a_second_and_one_runs(
    client: Client, clock: ManualClock, resource: str, order: Order
) -> None:
    tasks = [order(), order()]
    third = client.call("POST", PATH, json=body_of(resource), headers=ASYNC)
    assert error_of(third)[:2] == (429, "Throttling.RateQuota")
    clock.advance(1)
    assert [output_of(client, task)["task_status"] for task in tasks] == ["RUNNING", "PENDING"]
    clock.advance(15)
    assert [output_of(client, task)["task_status"] for task in tasks] == ["SUCCEEDED", "RUNNING"]


def test_of_a_task_that_succeeds_in_part_the_failed_pictures_are_told_and_not_billed(
    client: Client, clock: ManualClock, studio: ModelStudio, order: Order
) -> None:
    studio.portraits.fail_next("InternalError.Algo", "inference error.", images=3)
    task_id = order(n=4)
    clock.advance(30)
    body = client.call("GET", f"/tasks/{task_id}").json()
    output = body["output"]
    assert output["task_status"] == "SUCCEEDED"
    assert output["task_metrics"] == {"TOTAL": 4, "SUCCEEDED": 1, "FAILED": 3}
    assert set(output["results"][0]) == {"url"}
    assert output["results"][1:] == [{"code": "InternalError.Algo", "message": "inference error."}] * 3
    assert body["usage"] == {"image_count": 1}
    assert "code" not in output


def test_a_task_that_runs_for_three_hours_fails_of_its_time(
    client: Client, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour, order: Order
) -> None:
    behaviour.task_seconds = 10_801
    studio.portraits.fail_next("InternalError.Algo", "inference error.", images=1)
    task_id = order()
    clock.advance(1 + 10_799)
    assert output_of(client, task_id)["task_status"] == "RUNNING"
    clock.advance(1)
    body = client.call("GET", f"/tasks/{task_id}").json()
    output = body["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InternalError.Timeout")
    assert output["scheduled_time"] == "2025-09-02 10:00:01.000"
    assert output["end_time"] == "2025-09-02 13:00:01.000"
    assert output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 2}
    assert "results" not in output
    assert "usage" not in body


def test_a_task_of_just_three_hours_succeeds_and_waiting_does_not_count(
    client: Client, clock: ManualClock, behaviour: Behaviour, order: Order
) -> None:
    behaviour.task_seconds = 10_800
    first, second = order(), order()
    clock.advance(1 + 2 * 10_800)
    assert [output_of(client, task)["task_status"] for task in (first, second)] == ["SUCCEEDED"] * 2


def test_a_failure_that_was_meant_for_a_task_stays_its_reason_where_it_is_cut_off(
    client: Client, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour, order: Order
) -> None:
    behaviour.task_seconds = 20_000
    studio.portraits.fail_next("InternalError.Algo", "inference error.")
    task_id = order()
    clock.advance(10_801)
    assert output_of(client, task_id)["code"] == "InternalError.Algo"


def test_time_cuts_off_no_task_that_ends_at_once(client: Client, behaviour: Behaviour, order: Order) -> None:
    behaviour.task_seconds, behaviour.progression = 20_000, "immediate"
    assert output_of(client, order())["task_status"] == "SUCCEEDED"


def test_a_day_after_its_end_a_task_is_unknown_and_not_listed(
    client: Client, clock: ManualClock, order: Order
) -> None:
    task_id = order()
    clock.advance(16 + 86_399)
    assert output_of(client, task_id)["task_status"] == "SUCCEEDED"
    assert listed(client) == [task_id]
    clock.advance(1)
    assert output_of(client, task_id) == {"task_id": task_id, "task_status": "UNKNOWN"}
    assert listed(client) == []


def test_the_list_takes_times_in_beijing_a_model_and_a_status(
    client: Client, clock: ManualClock, order: Order
) -> None:
    first = order()
    clock.advance(60)
    second = order()
    clock.advance(2)
    minute_later = "20250902100100"
    for query, found in (
        ("", [second, first]),
        (f"start_time={BEGINNING}", [second, first]),
        (f"start_time={minute_later}", [second]),
        ("start_time=20250902100101", []),
        (f"end_time={BEGINNING}", [first]),
        ("end_time=20250902100059", [first]),
        (f"start_time={BEGINNING}&end_time={minute_later}", [second, first]),
        ("start_time=20250902020000&end_time=20250902030000", []),
        ("model_name=facechain-generation", [second, first]),
        ("model_name=wanx-v1", []),
        ("status=SUCCEEDED", [first]),
        ("status=RUNNING", [second]),
        ("status=PENDING", []),
        ("status=CANCELED&model_name=facechain-generation", []),
        ("region=cn-hangzhou", []),
    ):
        clock.advance(0.2)
        assert listed(client, query) == found, query


def test_an_entry_of_the_list_tells_milliseconds_and_no_results(
    client: Client, clock: ManualClock, order: Order
) -> None:
    task_id = order()
    clock.advance(20)
    body = client.call("GET", "/tasks").json()
    (entry,) = body["data"]
    assert {name: body[name] for name in ("total", "total_page", "page_no", "page_size")} == {
        "total": 1,
        "total_page": 1,
        "page_no": 1,
        "page_size": 10,
    }
    begun = int((START + 538) * 1000)
    assert entry["task_id"] == task_id
    assert (entry["gmt_create"], entry["start_time"], entry["end_time"]) == (
        begun,
        begun + 1_000,
        begun + 16_000,
    )
    assert (entry["status"], entry["region"], entry["model_name"]) == (
        "SUCCEEDED",
        "cn-beijing",
        "facechain-generation",
    )
    assert "results" not in entry
    assert "output" not in body


def test_the_list_may_lag_behind_a_submit_while_the_task_itself_can_be_asked_for(
    client: Client, clock: ManualClock, behaviour: Behaviour, order: Order
) -> None:
    assert Behaviour().task_list_lag_seconds == 0
    behaviour.task_list_lag_seconds = 5
    first = order()
    clock.advance(3)
    second = order()
    assert output_of(client, second)["task_status"] == "PENDING"
    for seconds, found in ((0, []), (1.9, []), (0.1, [first]), (2.9, [first]), (0.1, [second, first])):
        clock.advance(seconds)
        assert listed(client) == found
        assert listed(client, "end_time=20250903000000") == found


def test_a_waiting_task_can_be_canceled_once_and_no_other_can(
    client: Client, clock: ManualClock, order: Order
) -> None:
    first, second = order(), order()
    clock.advance(1)
    canceled = client.call("POST", f"/tasks/{second}/cancel")
    assert (canceled.status_code, set(canceled.json())) == (200, {"request_id"})
    output = output_of(client, second)
    assert output["task_status"] == "CANCELED"
    assert "results" not in output
    for refused in (first, second, "1111"):
        assert error_of(client.call("POST", f"/tasks/{refused}/cancel")) == (
            400,
            "UnsupportedOperation",
            "Failed to cancel the task, please confirm if the task is in PENDING status.",
        )


def test_polls_and_lists_share_the_limit_of_questions(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.task_queries_per_second = 2
    assert client.call("GET", "/tasks/1111").status_code == 200
    assert client.call("GET", "/tasks").status_code == 200
    for path in ("/tasks/1111", "/tasks"):
        assert error_of(client.call("GET", path))[:2] == (429, "Throttling.RateQuota")
    clock.advance(1)
    assert client.call("GET", "/tasks/1111").status_code == 200
