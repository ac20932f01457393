"""The 1.x client's asynchronous calls: portraits ordered, asked for, waited for, listed and canceled."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
import requests
from dashscope import ImageSynthesis, close_shared_aio_session
from dashscope.client.base_api import BaseApi, BaseAsyncAioApi, BaseAsyncApi
from dashscope.common.error import InvalidTask
from PIL import Image

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.contracts.dashscope_client.conftest import PHOTO
from tests.emulators.dashscope.support import Web

pytestmark = pytest.mark.usefixtures("base_url")

TEMPLATE = "https://photos/template.jpg"
PLACE = {"model": "facechain-generation", "task_group": "aigc", "task": "album", "function": "gen_potrait"}


def order(resource_id: str, **parameters: Any) -> Any:
    resources = [{"resource_id": resource_id, "resource_type": "facelora"}]
    given = {"style": "f_idcard_female", "size": "768*1024", "n": 2} | parameters
    return BaseAsyncApi.async_call(**PLACE, input={}, resources=resources, **given)


def order_without_training(*user_urls: str, template: str = TEMPLATE) -> Any:
    return BaseAsyncApi.async_call(
        **PLACE,
        input={"template_url": template, "user_urls": list(user_urls)},
        style="train_free_portrait_url_template",
        n=1,
    )


def test_an_order_is_answered_with_a_pending_task(trained: str) -> None:
    response = order(trained)
    assert (response.status_code, response.code) == (200, "")
    assert response.output["task_status"] == "PENDING"
    assert set(response.output) == {"task_id", "task_status"}


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


def test_the_portraits_can_be_downloaded_for_a_day_and_show_one_face(
    trained: str, clock: ManualClock, web: Web
) -> None:
    task = order(trained)
    clock.advance(30)
    urls = [result["url"] for result in BaseAsyncApi.fetch(task).output["results"]]
    contents = [requests.get(url, timeout=5).content for url in urls]
    with Image.open(io.BytesIO(contents[0])) as image:
        assert (image.format, image.size) == ("JPEG", (768, 1024))
    assert contents[0] != contents[1]
    assert requests.get(urls[0], timeout=5).content == contents[0]
    web.put("https://photos/result.jpg", contents[0])
    detected = BaseApi.call(
        model="facechain-facedetect",
        task_group="vision",
        task="facedetection",
        function="detect",
        input={"images": ["https://photos/result.jpg", "https://photos/scenery.jpg"]},
        stream=False,
    )
    assert detected.output == {"is_face": [True, False], "failed_reason": ["", "no face detected"]}
    clock.advance(86_400)
    assert requests.get(urls[0], timeout=5).status_code == 403


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
    assert (response.status_code, response.code) == (408, "WaitTaskTimeout")


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


def test_single_images_may_fail_and_the_task_succeeds_all_the_same(
    trained: str, held_time: None, studio: ModelStudio
) -> None:
    studio.portraits.fail_next("InternalError.Timeout", "too slow", images=1)
    response = BaseAsyncApi.wait(order(trained))
    first, second = response.output["results"]
    assert (set(first), second) == ({"url"}, {"code": "InternalError.Timeout", "message": "too slow"})
    assert response.output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert response.usage == {"image_count": 1}


def test_a_waiting_task_can_be_canceled_and_a_running_one_cannot(trained: str, clock: ManualClock) -> None:
    first, second = order(trained), order(trained)
    clock.advance(2)
    assert [BaseAsyncApi.fetch(task).output["task_status"] for task in (first, second)] == [
        "RUNNING",
        "PENDING",
    ]
    for known in (first, "1111"):
        refused = BaseAsyncApi.cancel(known)
        assert (refused.status_code, refused.code, refused.message) == (
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
    assert (first.scheduled, first.ended) == (first.submitted + 2, first.submitted + 22)
    assert (second.scheduled, second.ended) == (first.ended, first.submitted + 42)


def test_list_is_flat_and_newest_first_and_takes_filters(trained: str, clock: ManualClock) -> None:
    tasks = []
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
    for nothing in ({"model_name": "wanx-v1"}, {"region": "cn-shanghai"}, {"api_key_id": "7"}):
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


def test_portraits_without_training_take_a_template_and_photos_of_the_person(held_time: None) -> None:
    response = BaseAsyncApi.wait(order_without_training(PHOTO, "https://photos/scenery.jpg"))
    (result,) = response.output["results"]
    with Image.open(io.BytesIO(requests.get(result["url"], timeout=5).content)) as image:
        assert image.size == (540, 720)


@pytest.mark.parametrize(
    ("user_url", "template", "code"),
    [
        ("https://photos/scenery.jpg", TEMPLATE, "InvalidImage.NoHumanFace"),
        ("https://photos/none.jpg", TEMPLATE, "InvalidParameter.DataInspection"),
        (PHOTO, PHOTO, "InvalidImageResolution"),
    ],
)
def test_pictures_that_cannot_be_used_make_the_task_fail(
    held_time: None, user_url: str, template: str, code: str
) -> None:
    output = BaseAsyncApi.wait(order_without_training(user_url, template=template)).output
    assert (output["task_status"], output["code"]) == ("FAILED", code)


def test_a_template_may_be_combined_with_a_trained_person(trained: str, held_time: None) -> None:
    response = BaseAsyncApi.wait(
        BaseAsyncApi.async_call(
            **PLACE,
            input={"template_url": TEMPLATE},
            resources=[{"resource_id": trained, "resource_type": "facelora"}],
            style="portrait_url_template",
            n=1,
            skin_retouch=True,
        )
    )
    assert response.output["task_status"] == "SUCCEEDED"


def test_only_what_a_fine_tune_has_finished_can_be_shown(studio: ModelStudio, clock: ManualClock) -> None:
    job = studio.create_fine_tune(model="facechain-finetune", training_file_ids=[PHOTO])
    refused = order(job.finetuned_output)
    assert (refused.status_code, refused.code) == (403, "Resource.AccessDenied")
    clock.advance(400)
    assert order(job.finetuned_output).status_code == 200
    assert order(job.job_id).code == "Resource.AccessDenied"


@pytest.mark.parametrize(
    "parameters",
    [{"style": "f_pirate"}, {"style": None}, {"n": 0}, {"n": 5}, {"n": "four"}, {"size": "1*1"}],
)
def test_a_parameter_that_is_not_on_the_page_is_refused(trained: str, parameters: dict[str, Any]) -> None:
    refused = order(trained, **parameters)
    assert (refused.status_code, refused.code) == (400, "InvalidParameter")


def test_a_refused_order_cannot_be_waited_for(trained: str) -> None:
    with pytest.raises(InvalidTask):
        BaseAsyncApi.wait(order(trained, n=0))


def test_a_call_that_does_not_say_it_is_asynchronous_is_denied() -> None:
    refused = BaseApi.call(**PLACE, input={"x": 1}, style="f_idcard_male", stream=False)
    assert (refused.status_code, refused.code, refused.message) == (
        403,
        "AccessDenied",
        "current user api does not support synchronous calls.",
    )


def test_a_third_order_in_a_second_and_a_21st_question_are_throttled(trained: str) -> None:
    task = order(trained)
    order(trained)
    assert order(trained).code == "Throttling.RateQuota"
    answers = [BaseAsyncApi.fetch(task) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].code == "Throttling.RateQuota"


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
