"""The event stream of a fine-tune on the wire, where the official client hides it."""

from __future__ import annotations

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.serving.wire import Headers, Request
from tests.emulators.dashscope.support import API_KEY, PHOTO_URL, Client, error_of


def streamed(service: DashScopeService, job_id: str) -> bytes:
    response = service.handle(
        Request(
            method="GET",
            host="127.0.0.1:1",
            raw_path=f"/api/v1/fine-tunes/{job_id}/stream",
            headers=Headers({"authorization": f"Bearer {API_KEY}"}),
        )
    )
    assert response.stream is not None
    return b"".join(response.stream)


def submitted(studio: ModelStudio) -> str:
    return studio.create_fine_tune(model="facechain-finetune", training_file_ids=[PHOTO_URL]).job_id


def test_each_line_of_the_log_is_a_frame_of_id_event_status_and_data(
    client: Client, clock: ManualClock
) -> None:
    job_id = client.created(PHOTO_URL)
    clock.advance(2)
    response = client.call("GET", f"/fine-tunes/{job_id}/stream")
    assert response.headers["content-type"] == "text/event-stream;charset=UTF-8"
    assert response.headers["x-request-id"]
    line = "2025-09-02 09:51:04,000 - INFO - data process succeeded, start to fine-tune"
    assert response.text == f"id:1\nevent:result\nstatus:200\ndata:{line}\n\n"


def test_on_a_clock_that_stands_still_the_stream_ends_with_what_there_is(client: Client) -> None:
    assert client.call("GET", f"/fine-tunes/{client.created(PHOTO_URL)}/stream").text == ""


def test_a_stream_ends_after_its_time_even_if_the_fine_tune_does_not(
    studio: ModelStudio, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.event_stream_seconds = 0
    waits: list[float] = []
    service = DashScopeService(studio, clock, api_keys=[API_KEY], wait=waits.append)
    assert streamed(service, submitted(studio)) == b""
    assert waits == []


def test_a_failure_without_details_has_no_error_frame(
    studio: ModelStudio, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.failure_details = False
    studio.fail_next("InternalError.Algo", "no luck")
    job_id = submitted(studio)
    clock.advance(400)
    service = DashScopeService(studio, clock, api_keys=[API_KEY])
    frames = streamed(service, job_id).decode().split("\n\n")
    assert frames[-2:] == ["id:3\nevent:result\nstatus:200\ndata:##FT_COMPLETE##", ""]


def test_a_stream_counts_as_looking_where_looks_move_a_fine_tune_on(
    studio: ModelStudio, behaviour: Behaviour, clock: ManualClock
) -> None:
    behaviour.progression = "reads"
    service = DashScopeService(studio, clock, api_keys=[API_KEY], wait=clock.advance)
    assert b"##FT_COMPLETE##" in streamed(service, submitted(studio))


def test_an_unknown_fine_tune_has_an_error_and_no_stream(client: Client) -> None:
    response = client.call("GET", "/fine-tunes/ft-202509020951-ffff/stream")
    assert response.headers["content-type"] == "application/json"
    assert error_of(response)[:2] == (404, "NotFound")
