"""Fine-tunes over HTTP: fields, statuses, limits, lists, cancel and delete."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.serving.wire import Fault, Front
from tests.emulators.dashscope.support import Client, Web, error_of

A = "https://photos/a.jpg"
Submit = Callable[..., str]


def test_a_created_fine_tune_has_the_18_fields_of_the_published_sample_in_their_order(client: Client) -> None:
    response = client.create(A)
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
        ("training_file_ids", [A]),
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
    job_id = client.created(A)
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
    job_id = client.created(A)
    begin = clock.now()
    seen = []
    for seconds in (1.9, 0.1, 299.9, 0.1):
        clock.advance(seconds)
        seen.append(client.status(job_id))
    assert seen == ["PENDING", "RUNNING", "RUNNING", "SUCCEEDED"]

    clock.advance(1)
    client.created(A)
    later = clock.now()
    clock.advance(10_000)
    first, second = (entry.statuses for entry in studio.ledger())
    assert first == (("PENDING", begin), ("RUNNING", begin + 2), ("SUCCEEDED", begin + 302))
    assert second == (("PENDING", later), ("RUNNING", later + 2), ("SUCCEEDED", later + 302))


def test_a_forced_failure_says_code_and_message_and_is_not_billed(
    client: Client, clock: ManualClock, studio: ModelStudio
) -> None:
    studio.fail_next("InternalError.Algo", "Training failed.", after_seconds=7)
    job_id = client.created(A)
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
    after = client.created(A)
    clock.advance(302)
    assert client.status(after) == "SUCCEEDED"


def test_failure_details_can_be_withheld_and_are_then_in_the_log_only(
    client: Client, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.failure_details = False
    job_id = client.created(A)
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
    job_id = client.created(A)
    studio.set_training_seconds(job_id, 10)
    clock.advance(12)
    assert client.status(job_id) == "SUCCEEDED"


def test_immediate_progression_finishes_with_the_first_look(client: Client, behaviour: Behaviour) -> None:
    behaviour.progression = "immediate"
    response = client.create(A)
    assert response.json()["output"]["status"] == "PENDING"
    assert client.status(response.json()["output"]["job_id"]) == "SUCCEEDED"


def test_progression_by_reads_shows_each_status_as_often_as_asked(
    client: Client, behaviour: Behaviour
) -> None:
    behaviour.progression = "reads"
    behaviour.reads_per_status = 2
    job_id = client.created(A)
    seen = [client.status(job_id) for _ in range(5)]
    seen.append(client.call("GET", "/fine-tunes").json()["output"]["jobs"][0]["status"])
    assert seen == ["PENDING", "PENDING", "RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]


def test_an_unheard_of_status_can_be_shown(client: Client, behaviour: Behaviour) -> None:
    behaviour.shown_statuses = {"PENDING": "PREPARING"}
    assert client.status(client.created(A)) == "PREPARING"


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
        ({"model": "qwen-max", "training_file_ids": [A]}, (404, "ModelNotFound", "Model can not be found.")),
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
        {"training_file_ids": A},
        {"training_file_ids": {A: 1}},
        {"training_file_ids": [A, 5]},
        {"training_file_ids": [A, ""]},
        {"training_file_ids": [A] * 11},
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
    body = {"model": "facechain-finetune", "training_file_ids": [A]} | changes
    status, code, _ = error_of(client.call("POST", "/fine-tunes", json=body))
    assert (status, code) == (400, "InvalidParameter")
    assert studio.ledger() == []


def test_ten_training_files_are_taken(client: Client) -> None:
    assert len(client.job(client.created(*[A] * 10))["training_file_ids"]) == 10


def test_names_are_the_job_id_unless_the_account_keeps_those_of_the_request(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.concurrent_jobs = 2
    job_id = client.created(A, job_name="mine", hyper_parameters={"n": 1}, validation_file_ids=None)
    assert client.job(job_id)["job_name"] == job_id
    assert client.job(job_id)["hyper_parameters"] == {"n": 1}
    behaviour.keep_job_name = True
    assert client.job(client.created(A, job_name="mine"))["job_name"] == "mine"


def test_a_third_submit_within_a_second_is_throttled(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.concurrent_jobs = 9
    client.created(A)
    clock.advance(0.6)
    client.created(A)
    assert error_of(client.create(A)) == (
        429,
        "Throttling.RateQuota",
        "Requests rate limit exceeded, please try again later.",
    )
    clock.advance(0.5)
    client.created(A)


def test_a_second_job_is_refused_while_one_runs(client: Client, submit: Submit, clock: ManualClock) -> None:
    submit()
    clock.advance(10)
    assert error_of(client.create(A)) == (
        429,
        "Throttling",
        "Too many fine-tune job in running, please retry later",
    )
    clock.advance(292)
    client.created(A)


def test_a_second_job_can_queue_and_starts_in_order_when_the_slot_is_free(
    client: Client, submit: Submit, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.second_job = "queue"
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


def test_only_20_running_or_succeeded_jobs_are_allowed_and_failed_ones_do_not_count(
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
    assert error_of(client.create(A)) == studio_error
    behaviour.delete_terminal = "allow"
    newest = client.call("GET", "/fine-tunes").json()["output"]["jobs"][0]["job_id"]
    client.call("DELETE", f"/fine-tunes/{newest}")
    submit()


def test_running_jobs_count_among_those_that_are_allowed(
    client: Client, submit: Submit, behaviour: Behaviour
) -> None:
    behaviour.kept_jobs, behaviour.concurrent_jobs = 1, 5
    submit()
    assert error_of(client.create(A))[2].startswith("Only 1 fine-tune job in running or succeeded")


def test_the_list_is_newest_first_and_comes_in_pages(
    client: Client, submit: Submit, behaviour: Behaviour
) -> None:
    behaviour.concurrent_jobs = 20
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
    job_id = client.created(A)
    assert client.call("GET", f"/fine-tunes/{job_id}").status_code == 404
    clock.advance(10)
    assert client.status(job_id) == "RUNNING"
    assert client.call("GET", "/fine-tunes").json()["output"]["total"] == 0
    clock.advance(20)
    assert client.call("GET", "/fine-tunes").json()["output"]["total"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/logs")],
)
def test_an_unknown_fine_tune_is_not_found(client: Client, method: str, path: str) -> None:
    for job_id in ("ft-202509020951-ffff", "%E5%BC%A0%2F..", "%ff%00"):
        status, code, message = error_of(client.call(method, f"/fine-tunes/{job_id}{path}"))
        assert (status, code) == (404, "NotFound")
        assert re.fullmatch(r"job .+ not found\.", message, re.DOTALL)


@pytest.mark.parametrize(("after", "status"), [(0, "PENDING"), (5, "RUNNING")])
def test_a_fine_tune_that_is_still_going_can_be_canceled(
    client: Client, clock: ManualClock, studio: ModelStudio, after: float, status: str
) -> None:
    job_id = client.created(A)
    clock.advance(after)
    assert client.status(job_id) == status
    answer = client.call("POST", f"/fine-tunes/{job_id}/cancel").json()
    assert answer == {"request_id": answer["request_id"], "output": {"status": "success"}}
    assert client.status(job_id) == "CANCELING"
    assert "end_time" not in client.job(job_id)
    assert client.call("POST", f"/fine-tunes/{job_id}/cancel").status_code == 200
    clock.advance(3)
    job = client.job(job_id)
    assert (job["status"], job["code"], job["usage"]) == ("CANCELED", "1", 0)
    assert "end_time" in job
    assert "finetuned_output" not in job
    assert studio.ledger()[0].billed_trainings == 0


def test_a_canceled_training_keeps_its_slot_until_it_has_stopped(client: Client, clock: ManualClock) -> None:
    job_id = client.created(A)
    clock.advance(5)
    client.call("POST", f"/fine-tunes/{job_id}/cancel")
    clock.advance(2.9)
    assert client.create(A).status_code == 429
    clock.advance(0.1)
    assert client.create(A).status_code == 200


def test_a_finished_fine_tune_can_be_neither_canceled_nor_deleted(client: Client, clock: ManualClock) -> None:
    job_id = client.created(A)
    clock.advance(302)
    expected = (
        400,
        "UnsupportedOperation",
        "The fine-tune job can not be deleted because it is succeeded,failed or canceled",
    )
    assert error_of(client.call("DELETE", f"/fine-tunes/{job_id}")) == expected
    assert error_of(client.call("POST", f"/fine-tunes/{job_id}/cancel")) == expected
    assert client.status(job_id) == "SUCCEEDED"


@pytest.mark.parametrize(("after", "rule"), [(0, "refuse"), (5, "refuse"), (302, "allow")])
def test_a_deleted_fine_tune_is_gone_from_every_answer_but_not_from_the_ledger(
    client: Client,
    clock: ManualClock,
    studio: ModelStudio,
    behaviour: Behaviour,
    after: float,
    rule: str,
) -> None:
    behaviour.delete_terminal = rule  # type: ignore[assignment]
    job_id = client.created(A)
    clock.advance(after)
    answer = client.call("DELETE", f"/fine-tunes/{job_id}").json()
    assert answer == {"request_id": answer["request_id"], "output": {"status": "success"}}
    assert error_of(client.call("GET", f"/fine-tunes/{job_id}")) == (
        404,
        "NotFound",
        f"job {job_id} not found.",
    )
    assert client.call("GET", "/fine-tunes").json()["output"]["total"] == 0
    entry = studio.ledger()[0]
    assert (entry.job_id, entry.deleted) == (job_id, clock.now())
    assert entry.billed_trainings == (1 if after == 302 else 0)
    clock.advance(1)
    client.created(A)


def test_deleting_a_running_job_lets_the_next_in_the_queue_start_at_that_moment(
    client: Client, submit: Submit, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.second_job = "queue"
    first, second = submit(), submit()
    clock.advance(5)
    assert client.status(second) == "QUEUING"
    client.call("DELETE", f"/fine-tunes/{first}")
    deleted = clock.now()
    clock.advance(50)
    assert client.status(second) == "RUNNING"
    assert studio.ledger()[1].started == deleted


def test_logs_come_by_offset_and_line_and_end_with_the_mark_of_completion(
    client: Client, clock: ManualClock
) -> None:
    job_id = client.created(A)

    def logs(query: str = "") -> dict[str, object]:
        output: dict[str, object] = client.call("GET", f"/fine-tunes/{job_id}/logs{query}").json()["output"]
        return output

    assert logs() == {"total": 0, "logs": []}
    clock.advance(2.25)
    assert logs() == {
        "total": 1,
        "logs": ["2025-09-02 09:51:04,000 - INFO - data process succeeded, start to fine-tune"],
    }
    clock.advance(300)
    everything = logs()["logs"]
    assert isinstance(everything, list)
    assert everything[-2:] == ["2025-09-02 09:56:04,000 - INFO - training usage 1", "##FT_COMPLETE##"]
    assert logs("?offset=2&line=3") == {"total": len(everything), "logs": everything[2:5]}
    assert client.call("GET", f"/fine-tunes/{job_id}/logs?line=1001").status_code == 400


def test_a_lost_reply_leaves_a_job_that_the_list_shows(
    client: Client, front: Front, studio: ModelStudio
) -> None:
    front.inject(Fault(operation="CreateFineTune", drop=True, after_effect=True))
    with pytest.raises(requests.ConnectionError):
        client.create(A)
    (job,) = client.call("GET", "/fine-tunes").json()["output"]["jobs"]
    assert job["training_file_ids"] == [A]
    assert [entry.job_id for entry in studio.ledger()] == [job["job_id"]]


def test_a_url_must_be_reachable_at_submit_and_again_at_start(
    client: Client, clock: ManualClock, web: Web
) -> None:
    job_id = client.created(A)
    assert web.fetched == [A]
    web.expire(A)
    clock.advance(2)
    assert client.status(job_id) == "RUNNING"
    clock.advance(5)
    job = client.job(job_id)
    assert web.fetched == [A, A]
    assert (job["status"], job["code"], job["message"]) == (
        "FAILED",
        "InvalidParameter.DataInspection",
        "Don't have authorization to access the media resource during the data inspection process.",
    )


@pytest.mark.parametrize(("fetch", "downloads"), [("submit", [1, 1]), ("start", [0, 1]), ("both", [1, 2])])
def test_when_urls_are_downloaded_is_a_switch(
    client: Client, clock: ManualClock, web: Web, behaviour: Behaviour, fetch: str, downloads: list[int]
) -> None:
    behaviour.fetch = fetch  # type: ignore[assignment]
    job_id = client.created("https://photos/scenery.jpg")
    counts = [len(web.fetched)]
    clock.advance(7)
    job = client.job(job_id)
    counts.append(len(web.fetched))
    assert counts == downloads
    assert (job["status"], job["code"]) == ("FAILED", "InvalidFile.NoHuman")


def test_with_downloads_at_start_only_a_dead_url_is_found_out_late(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.fetch = "start"
    job_id = client.created("https://photos/none.jpg")
    clock.advance(7)
    assert client.job(job_id)["code"] == "InvalidParameter.DataInspection"


def test_one_usable_photo_is_enough(client: Client, clock: ManualClock) -> None:
    job_id = client.created("https://photos/scenery.jpg", "https://photos/pair.jpg", A)
    clock.advance(302)
    assert client.status(job_id) == "SUCCEEDED"


def test_two_people_in_the_only_photo_fail_the_training(client: Client, clock: ManualClock) -> None:
    job_id = client.created("https://photos/pair.jpg")
    clock.advance(7)
    assert client.job(job_id)["code"] == "InvalidFile.MultiHuman"
