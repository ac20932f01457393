"""Fine-tunes over HTTP: the fields of an answer, the statuses, refused requests."""

from __future__ import annotations

import re

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.emulators.dashscope.support import PHOTO_URL, Client, error_of


def test_a_created_fine_tune_has_the_18_fields_of_the_published_sample_in_their_order(client: Client) -> None:
    response = client.create(PHOTO_URL)
    body = response.json()
    job_id = body["output"]["job_id"]
    assert response.status_code == 200
    assert response.headers["x-request-id"] == body["request_id"]
    assert re.fullmatch(r"ft-202509020951-[0-9a-f]{4}", job_id)
    assert list(body["output"].items()) == [
        ("job_id", job_id),
        ("job_name", job_id),
        ("status", "PENDING"),
        ("finetuned_output", f"facechain-finetune-{job_id}"),
        ("model", "facechain-finetune"),
        ("base_model", "facechain-finetune"),
        ("training_file_ids", [PHOTO_URL]),
        ("validation_file_ids", []),
        ("hyper_parameters", {}),
        ("training_type", "sft"),
        ("create_time", "2025-09-02 09:51:02"),
        ("workspace_id", body["output"]["workspace_id"]),
        ("user_identity", body["output"]["user_identity"]),
        ("modifier", body["output"]["user_identity"]),
        ("creator", body["output"]["user_identity"]),
        ("group", "facechain"),
        ("model_name", job_id),
        ("max_output_cnt", 1),
    ]


def test_a_succeeded_fine_tune_has_the_21_fields_of_the_published_sample_in_their_order(
    client: Client, clock: ManualClock
) -> None:
    job_id = client.created(PHOTO_URL)
    clock.advance(302)
    job = client.job(job_id)
    assert " ".join(job) == (
        "job_id job_name status finetuned_output model base_model training_file_ids validation_file_ids"
        " hyper_parameters training_type create_time workspace_id user_identity modifier creator end_time"
        " group usage model_name max_output_cnt output_cnt"
    )
    assert (job["status"], job["end_time"], job["usage"], job["output_cnt"]) == (
        "SUCCEEDED",
        "2025-09-02 09:56:04",
        1,
        1,
    )


def test_statuses_follow_the_clock_and_their_times_do_not_depend_on_who_looks(
    client: Client, clock: ManualClock, studio: ModelStudio
) -> None:
    job_id = client.created(PHOTO_URL)
    begin = clock.now()
    seen = []
    for seconds in (1.9, 0.1, 299.9, 0.1):
        clock.advance(seconds)
        seen.append(client.status(job_id))
    assert seen == ["PENDING", "RUNNING", "RUNNING", "SUCCEEDED"]

    clock.advance(1)
    client.created(PHOTO_URL)
    later = clock.now()
    clock.advance(10_000)
    first, second = (entry.statuses for entry in studio.ledger())
    assert first == (("PENDING", begin), ("RUNNING", begin + 2), ("SUCCEEDED", begin + 302))
    assert second == (("PENDING", later), ("RUNNING", later + 2), ("SUCCEEDED", later + 302))


def test_a_forced_failure_says_code_and_message_and_is_not_billed(
    client: Client, clock: ManualClock, studio: ModelStudio
) -> None:
    studio.fail_next("InternalError.Algo", "Training failed.", after_seconds=7)
    job_id = client.created(PHOTO_URL)
    clock.advance(8.9)
    assert client.status(job_id) == "RUNNING"
    clock.advance(0.1)
    job = client.job(job_id)
    assert (job["status"], job["code"], job["message"]) == (
        "FAILED",
        "InternalError.Algo",
        "Training failed.",
    )
    assert (job["usage"], job["output_cnt"], job["end_time"]) == (0, 0, "2025-09-02 09:51:11")
    assert studio.ledger()[0].billed_trainings == 0
    clock.advance(1)
    after = client.created(PHOTO_URL)
    clock.advance(302)
    assert client.status(after) == "SUCCEEDED"


def test_failure_details_can_be_withheld_and_are_then_in_the_log_only(
    client: Client, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.failure_details = False
    job_id = client.created(PHOTO_URL)
    studio.fail(job_id, "InternalError.Algo", "no luck")
    clock.advance(302)
    job = client.job(job_id)
    assert job["status"] == "FAILED"
    assert not {"code", "message"} & set(job)
    assert any(
        "InternalError.Algo: no luck" in line
        for line in client.call("GET", f"/fine-tunes/{job_id}/logs").json()["output"]["logs"]
    )


def test_the_training_time_of_one_fine_tune_can_be_set(
    client: Client, clock: ManualClock, studio: ModelStudio
) -> None:
    job_id = client.created(PHOTO_URL)
    studio.set_training_seconds(job_id, 10)
    clock.advance(12)
    assert client.status(job_id) == "SUCCEEDED"


def test_immediate_progression_finishes_with_the_first_look(client: Client, behaviour: Behaviour) -> None:
    behaviour.progression = "immediate"
    response = client.create(PHOTO_URL)
    assert response.json()["output"]["status"] == "PENDING"
    assert client.status(response.json()["output"]["job_id"]) == "SUCCEEDED"


def test_progression_by_reads_shows_each_status_as_often_as_asked(
    client: Client, behaviour: Behaviour
) -> None:
    behaviour.progression = "reads"
    behaviour.reads_per_status = 2
    job_id = client.created(PHOTO_URL)
    seen = [client.status(job_id) for _ in range(5)]
    seen.append(client.call("GET", "/fine-tunes").json()["output"]["jobs"][0]["status"])
    assert seen == ["PENDING", "PENDING", "RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]


def test_an_unheard_of_status_can_be_shown(client: Client, behaviour: Behaviour) -> None:
    behaviour.shown_statuses = {"PENDING": "PREPARING"}
    assert client.status(client.created(PHOTO_URL)) == "PREPARING"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"model": "facechain-finetune"}, (400, "InvalidParameter", "Missing training files.")),
        (
            {"model": "facechain-finetune", "training_file_ids": []},
            (400, "InvalidParameter", "Missing training files."),
        ),
        (
            {"model": "facechain-finetune", "training_file_ids": None},
            (400, "InvalidParameter", "Missing training files."),
        ),
        (
            {"model": "qwen-max", "training_file_ids": [PHOTO_URL]},
            (404, "ModelNotFound", "Model can not be found."),
        ),
        (
            {"model": "facechain-finetune", "training_file_ids": ["8f2f8b1e-0000-4000-8000-000000000000"]},
            (400, "InvalidParameter", "File not found."),
        ),
        (
            {"model": "facechain-finetune", "training_file_ids": ["https://photos/none.jpg"]},
            (
                400,
                "InvalidParameter.DataInspection",
                "Unable to download the media resource during the data inspection process.",
            ),
        ),
    ],
)
def test_a_submit_that_is_not_in_order_is_refused(
    client: Client, studio: ModelStudio, body: dict[str, object], error: tuple[int, str, str]
) -> None:
    assert error_of(client.call("POST", "/fine-tunes", json=body)) == error
    assert studio.ledger() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"training_file_ids": PHOTO_URL},
        {"training_file_ids": {PHOTO_URL: 1}},
        {"training_file_ids": [PHOTO_URL, 5]},
        {"training_file_ids": [PHOTO_URL, ""]},
        {"training_file_ids": [PHOTO_URL] * 11},
        {"model": None},
        {"model": ["facechain-finetune"]},
        {"hyper_parameters": []},
        {"hyper_parameters": {"a": {"b": 1}}},
        {"job_name": 7},
        {"validation_file_ids": "x"},
        {"finetuned_output": "mine"},
    ],
)
def test_a_field_of_the_wrong_type_is_an_invalid_parameter(
    client: Client, studio: ModelStudio, changes: dict[str, object]
) -> None:
    body = {"model": "facechain-finetune", "training_file_ids": [PHOTO_URL]} | changes
    status, code, _ = error_of(client.call("POST", "/fine-tunes", json=body))
    assert (status, code) == (400, "InvalidParameter")
    assert studio.ledger() == []


def test_names_are_the_job_id_unless_the_account_keeps_those_of_the_request(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.concurrent_fine_tunes = 2
    job_id = client.created(PHOTO_URL, job_name="mine", hyper_parameters={"n": 1}, validation_file_ids=None)
    assert client.job(job_id)["job_name"] == job_id
    assert client.job(job_id)["hyper_parameters"] == {"n": 1}
    behaviour.keep_job_name = True
    assert client.job(client.created(PHOTO_URL, job_name="mine"))["job_name"] == "mine"
