"""``dashscope.FineTunes``, the surface of the 1.x client: nothing raises, everything is in the answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dashscope.api_entities.dashscope_response import DashScopeAPIResponse
from dashscope.files import Files
from dashscope.finetune.finetunes import FineTunes

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.serving.wire import Front
from tests.contracts.dashscope_client.conftest import result_of
from tests.emulators.dashscope.support import PHOTO_URL

pytestmark = pytest.mark.usefixtures("base_url")


def created(clock: ManualClock) -> str:
    clock.advance(1)
    response = FineTunes.call(model="facechain-finetune", training_file_ids=[PHOTO_URL])
    assert response.status_code == 200, response
    return str(response.output.job_id)


def test_call_answers_the_new_job_as_attributes(front: Front) -> None:
    response = FineTunes.call(
        model="facechain-finetune", training_file_ids=PHOTO_URL, mode="sft", hyper_parameters={"steps": 3}
    )
    assert result_of(response) == (200, None, "")
    output = response.output
    assert output.job_id.startswith("ft-202509020951-")
    assert (output.job_name, output["model_name"]) == (output.job_id, output.job_id)
    assert output.finetuned_output == f"facechain-finetune-{output.job_id}"
    assert (output.status, output.model, output.base_model) == (
        "PENDING",
        "facechain-finetune",
        "facechain-finetune",
    )
    assert (output.training_file_ids, output.validation_file_ids) == ([PHOTO_URL], [])
    assert output.hyper_parameters == {"steps": 3}
    assert (output.training_type, output.create_time) == ("sft", "2025-09-02 09:51:02")
    assert output.user_identity == output.modifier == output.creator
    assert (output.group, output["max_output_cnt"]) == ("facechain", 1)
    assert output["workspace_id"].startswith("llm-")
    assert response.request_id
    assert front.log[-1].operation == "CreateFineTune"


def test_a_name_for_the_output_is_refused_because_the_service_gives_it() -> None:
    response = FineTunes.call(
        model="facechain-finetune", training_file_ids=[PHOTO_URL], finetuned_output="my-model"
    )
    output: object = response.output
    assert (*result_of(response)[:2], output) == (400, "InvalidParameter", None)


@pytest.mark.parametrize(
    ("model", "files", "error"),
    [
        ("facechain-finetune", [], (400, "InvalidParameter", "Missing training files.")),
        ("no-such-model", [PHOTO_URL], (404, "ModelNotFound", "Model can not be found.")),
        (
            "facechain-finetune",
            ["https://photos/none.jpg"],
            (
                400,
                "InvalidParameter.DataInspection",
                "Unable to download the media resource during the data inspection process.",
            ),
        ),
        ("facechain-finetune", ["a-file-id"], (400, "InvalidParameter", "File not found.")),
    ],
)
def test_what_is_wrong_with_a_call_is_in_code_and_message(
    model: str, files: list[str], error: tuple[int, str, str]
) -> None:
    response = FineTunes.call(model=model, training_file_ids=files)
    assert result_of(response) == error
    assert response.request_id


def test_a_second_training_a_third_submit_and_a_21st_model_are_refused_each_in_its_own_words(
    clock: ManualClock, behaviour: Behaviour
) -> None:
    def refusal() -> tuple[int, str | None, str | None]:
        response = FineTunes.call(model="facechain-finetune", training_file_ids=[PHOTO_URL])
        return result_of(response)

    FineTunes.call(model="facechain-finetune", training_file_ids=[PHOTO_URL])
    assert refusal() == (429, "Throttling", "Too many fine-tune job in running, please retry later")
    assert refusal() == (
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
    )
    clock.advance(400)
    for _ in range(19):
        created(clock)
        clock.advance(400)
    assert refusal() == (
        429,
        "Throttling",
        "Only 20 fine-tune job in running or succeeded allowed per user.",
    )


def test_get_shows_the_job_until_it_has_succeeded(clock: ManualClock) -> None:
    job_id = created(clock)
    clock.advance(3)
    assert FineTunes.get(job_id).output.status == "RUNNING"
    clock.advance(300)
    output = FineTunes.get(job_id).output
    assert (output.status, output.end_time, output.usage, output["output_cnt"]) == (
        "SUCCEEDED",
        "2025-09-02 09:56:05",
        1,
        1,
    )


def test_get_of_a_failed_job_has_its_code_and_message_inside_of_the_output(
    clock: ManualClock, studio: ModelStudio
) -> None:
    studio.fail_next("InternalError.Algo", "Training failed.")
    job_id = created(clock)
    clock.advance(400)
    response = FineTunes.get(job_id)
    assert result_of(response)[:2] == (200, None)
    assert (response.output.status, response.output["code"], response.output["message"]) == (
        "FAILED",
        "InternalError.Algo",
        "Training failed.",
    )


def test_list_pages_through_the_jobs_newest_first(clock: ManualClock) -> None:
    jobs: list[str] = []
    for _ in range(3):
        jobs.insert(0, created(clock))
        clock.advance(400)
    first, second = FineTunes.list(page_no=1, page_size=2), FineTunes.list(page_no=2, page_size=2)
    assert (first.output.page_no, first.output.page_size, first.output.total) == (1, 2, 3)
    assert [job.job_id for job in first.output.jobs + second.output.jobs] == jobs
    assert [job.job_id for job in FineTunes.list().output.jobs] == jobs
    assert FineTunes.list(page_size=101).code == "InvalidParameter"


def test_cancel_ends_a_running_job(clock: ManualClock) -> None:
    job_id = created(clock)
    clock.advance(5)
    response = FineTunes.cancel(job_id)
    assert (response.status_code, response.output.status) == (200, "success")
    assert FineTunes.get(job_id).output.status == "CANCELING"
    clock.advance(3)
    assert FineTunes.get(job_id).output.status == "CANCELED"


def test_delete_removes_a_running_job_and_refuses_a_finished_one(clock: ManualClock) -> None:
    job_id = created(clock)
    response = FineTunes.delete(job_id)
    assert (response.status_code, response.output.status) == (200, "success")
    assert FineTunes.get(job_id).status_code == 404
    finished = created(clock)
    clock.advance(400)
    response = FineTunes.delete(finished)
    assert result_of(response) == (
        400,
        "UnsupportedOperation",
        "The fine-tune job can not be deleted because it is succeeded,failed or canceled",
    )


def test_logs_skip_the_first_line_unless_told_otherwise(clock: ManualClock) -> None:
    job_id = created(clock)
    clock.advance(400)
    everything = FineTunes.logs(job_id, offset=0).output
    assert everything["logs"][0].endswith("INFO - data process succeeded, start to fine-tune")
    assert everything["logs"][-1] == "##FT_COMPLETE##"
    assert everything["total"] == len(everything["logs"])
    assert FineTunes.logs(job_id).output["logs"] == everything["logs"][1:]
    assert FineTunes.logs(job_id, offset=2, line=1).output["logs"] == everything["logs"][2:3]


def test_the_event_stream_of_a_new_job_lasts_until_it_has_succeeded(clock: ManualClock) -> None:
    job_id = created(clock)
    events = list(FineTunes.stream_events(job_id))
    assert {event.status_code for event in events} == {200}
    assert [event.output for event in events] == FineTunes.logs(job_id, offset=0).output["logs"]
    assert FineTunes.get(job_id).output.status == "SUCCEEDED"


def test_the_event_stream_of_a_job_that_fails_ends_with_an_error(
    clock: ManualClock, studio: ModelStudio
) -> None:
    studio.fail_next("InternalError.Algo", "no luck\nat all")
    job_id = created(clock)
    events = list(FineTunes.stream_events(job_id))
    assert [event.status_code for event in events] == [200, 200, 200, 500]
    assert "InternalError.Algo: no luck at all" in events[1].output


def test_wait_returns_the_job_when_it_has_ended(clock: ManualClock, held_time: None) -> None:
    job_id = created(clock)
    response = FineTunes.wait(job_id)
    assert response.output.status == "SUCCEEDED"
    FineTunes.cancel(second := created(clock))
    assert FineTunes.wait(second).output.status == "CANCELED"


@pytest.mark.parametrize("ask", [FineTunes.get, FineTunes.cancel, FineTunes.delete, FineTunes.logs])
def test_an_unknown_job_is_not_found(ask: Callable[[str], DashScopeAPIResponse]) -> None:
    response = ask("ft-202509020951-0000")
    assert (response.status_code, response.code, response.message, response.output) == (
        404,
        "NotFound",
        "job ft-202509020951-0000 not found.",
        None,
    )


def test_wait_and_the_event_stream_tell_of_an_unknown_job_at_once() -> None:
    assert FineTunes.wait("ft-202509020951-0000").code == "NotFound"
    (event,) = FineTunes.stream_events("ft-202509020951-0000")
    assert result_of(event)[:2] == (404, "NotFound")


def test_a_wrong_key_is_an_answer_and_not_an_exception() -> None:
    response = FineTunes.list(api_key="sk-wrong")
    assert result_of(response) == (
        401,
        "InvalidApiKey",
        "Invalid API-key provided.",
    )


def test_an_account_in_debt_is_told_so_at_every_call(behaviour: Behaviour) -> None:
    behaviour.refused = {"*": "Arrearage"}
    for response in (FineTunes.list(), FineTunes.get("x"), Files.list()):
        assert result_of(response) == (
            400,
            "Arrearage",
            "Access denied, please make sure your account is in good standing.",
        )
