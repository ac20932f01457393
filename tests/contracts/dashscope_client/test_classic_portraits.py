"""Orders of portraits by the 1.x client: accepted and refused ones, and their images."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from dashscope.client.base_api import BaseApi, BaseAsyncApi
from dashscope.common.error import InvalidTask
from PIL import Image

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import ModelStudio
from tests.contracts.dashscope_client.conftest import result_of
from tests.contracts.dashscope_client.orders import PLACE, TEMPLATE, order, order_without_training
from tests.emulators.dashscope.support import PHOTO_URL, Web

pytestmark = pytest.mark.usefixtures("base_url")


def test_an_order_is_answered_with_a_pending_task(trained: str) -> None:
    response = order(trained)
    assert result_of(response)[:2] == (200, "")
    assert response.output["task_status"] == "PENDING"
    assert set(response.output) == {"task_id", "task_status"}


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


def test_single_images_may_fail_and_the_task_succeeds_all_the_same(
    trained: str, held_time: None, studio: ModelStudio
) -> None:
    studio.portraits.fail_next("InternalError.Timeout", "too slow", images=1)
    response = BaseAsyncApi.wait(order(trained))
    first, second = response.output["results"]
    assert (set(first), second) == ({"url"}, {"code": "InternalError.Timeout", "message": "too slow"})
    assert response.output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert response.usage == {"image_count": 1}


def test_portraits_without_training_take_a_template_and_photos_of_the_person(held_time: None) -> None:
    response = BaseAsyncApi.wait(order_without_training(PHOTO_URL, "https://photos/scenery.jpg"))
    (result,) = response.output["results"]
    with Image.open(io.BytesIO(requests.get(result["url"], timeout=5).content)) as image:
        assert image.size == (540, 720)


@pytest.mark.parametrize(
    ("user_url", "template", "code"),
    [
        ("https://photos/scenery.jpg", TEMPLATE, "InvalidImage.NoHumanFace"),
        ("https://photos/none.jpg", TEMPLATE, "InvalidParameter.DataInspection"),
        (PHOTO_URL, PHOTO_URL, "InvalidImageResolution"),
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
    job = studio.create_fine_tune(model="facechain-finetune", training_file_ids=[PHOTO_URL])
    refused = order(job.finetuned_output)
    assert result_of(refused)[:2] == (403, "Resource.AccessDenied")
    clock.advance(400)
    assert order(job.finetuned_output).status_code == 200
    assert order(job.job_id).code == "Resource.AccessDenied"


@pytest.mark.parametrize(
    "parameters",
    [{"style": "f_pirate"}, {"style": None}, {"n": 0}, {"n": 5}, {"n": "four"}, {"size": "1*1"}],
)
def test_a_parameter_that_is_not_on_the_page_is_refused(trained: str, parameters: dict[str, Any]) -> None:
    refused = order(trained, **parameters)
    assert result_of(refused)[:2] == (400, "InvalidParameter")


def test_a_refused_order_cannot_be_waited_for(trained: str) -> None:
    with pytest.raises(InvalidTask):
        BaseAsyncApi.wait(order(trained, n=0))


def test_a_call_that_does_not_say_it_is_asynchronous_is_denied() -> None:
    refused = BaseApi.call(**PLACE, input={"x": 1}, style="f_idcard_male", stream=False)
    assert result_of(refused) == (
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
