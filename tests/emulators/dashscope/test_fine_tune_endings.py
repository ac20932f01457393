"""The end of a fine-tune over HTTP: cancel, delete, and the log."""

from __future__ import annotations

import re
from typing import Literal

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.emulators.dashscope.support import PHOTO_URL, Client, Submit, error_of


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
    job_id = client.created(PHOTO_URL)
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
    job_id = client.created(PHOTO_URL)
    clock.advance(5)
    client.call("POST", f"/fine-tunes/{job_id}/cancel")
    clock.advance(2.9)
    assert client.create(PHOTO_URL).status_code == 429
    clock.advance(0.1)
    assert client.create(PHOTO_URL).status_code == 200


def test_a_finished_fine_tune_can_be_neither_canceled_nor_deleted(client: Client, clock: ManualClock) -> None:
    job_id = client.created(PHOTO_URL)
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
    rule: Literal["refuse", "allow"],
) -> None:
    behaviour.delete_terminal = rule
    job_id = client.created(PHOTO_URL)
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
    assert (entry.job_id, entry.deleted_at) == (job_id, clock.now())
    assert entry.billed_trainings == (1 if after == 302 else 0)
    clock.advance(1)
    client.created(PHOTO_URL)


def test_deleting_a_running_fine_tune_lets_the_next_in_the_queue_start_at_that_moment(
    client: Client, submit: Submit, clock: ManualClock, studio: ModelStudio, behaviour: Behaviour
) -> None:
    behaviour.second_fine_tune = "queue"
    first, second = submit(), submit()
    clock.advance(5)
    assert client.status(second) == "QUEUING"
    client.call("DELETE", f"/fine-tunes/{first}")
    deleted = clock.now()
    clock.advance(50)
    assert client.status(second) == "RUNNING"
    assert studio.ledger()[1].started_at == deleted


def test_logs_come_by_offset_and_line_and_end_with_the_mark_of_completion(
    client: Client, clock: ManualClock
) -> None:
    job_id = client.created(PHOTO_URL)

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
