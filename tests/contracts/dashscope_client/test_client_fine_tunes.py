"""``Client.fine_tunes``, the surface of the 2.x client: typed answers, and exceptions by kind of error."""

from __future__ import annotations

import asyncio

import pytest
from dashscope import AsyncClient, Client
from dashscope.v2 import errors

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from aliyun_local.serving.wire import Fault, Front
from tests.emulators.dashscope.support import API_KEY, PHOTO_URL


def created(client: Client, clock: ManualClock) -> str:
    clock.advance(1)
    return str(client.fine_tunes.create(model="facechain-finetune", training_file_ids=[PHOTO_URL]).job_id)


def test_create_answers_a_typed_job(client: Client) -> None:
    job = client.fine_tunes.create(
        model="facechain-finetune", training_file_ids=PHOTO_URL, mode="sft", hyper_parameters={"steps": 3}
    )
    assert (job.status, job.succeeded, job.finished, job.is_error) == ("PENDING", False, False, False)
    assert job.finetuned_model == f"facechain-finetune-{job.job_id}"
    assert (job.training_file_ids, job.validation_file_ids) == ([PHOTO_URL], [])
    assert (job.hyper_parameters, job.training_type) == ({"steps": 3}, "sft")
    assert (job.created_at, job.finished_at) == ("2025-09-02 09:51:02", None)
    assert (job.group, job.model_dump()["workspace_id"][:4]) == ("facechain", "llm-")
    assert job.headers["x-request-id"] == job.request_id


def test_a_name_for_the_model_is_kept_where_the_account_keeps_names(
    client: Client, behaviour: Behaviour
) -> None:
    behaviour.keep_job_name = True
    job = client.fine_tunes.create(
        model="facechain-finetune", training_file_ids=[PHOTO_URL], finetuned_model="zhang-wei"
    )
    assert job.model_dump()["model_name"] == "zhang-wei"


def test_get_answers_usage_and_times_of_a_finished_job(client: Client, clock: ManualClock) -> None:
    job_id = created(client, clock)
    clock.advance(400)
    job = client.fine_tunes.get(job_id)
    assert (job.succeeded, job.finished, job.finished_at) == (True, True, "2025-09-02 09:56:05")
    assert job.usage is not None
    assert job.usage.total_tokens == 1


def test_list_pages_through_the_jobs_and_a_canceled_one_shows_its_code(
    client: Client, clock: ManualClock
) -> None:
    first = created(client, clock)
    assert client.fine_tunes.cancel(first).status == "success"
    clock.advance(10)
    second = created(client, clock)
    page = client.fine_tunes.list(page_no=1, page_size=1)
    assert (page.page_no, page.page_size, page.total_count) == (1, 1, 2)
    assert [job.job_id for job in page.jobs] == [second]
    (canceled,) = client.fine_tunes.list(page_no=2, page_size=1).jobs
    assert (canceled.job_id, canceled.status, canceled.code) == (first, "CANCELED", "1")


def test_delete_answers_success_and_refuses_a_finished_job(client: Client, clock: ManualClock) -> None:
    assert client.fine_tunes.delete(created(client, clock)).status == "success"
    finished = created(client, clock)
    clock.advance(400)
    with pytest.raises(errors.BadRequestError) as refused:
        client.fine_tunes.delete(finished)
    assert (refused.value.code, refused.value.status_code) == ("UnsupportedOperation", 400)


def test_logs_are_one_text_without_the_first_line_unless_told_otherwise(
    client: Client, clock: ManualClock
) -> None:
    job_id = created(client, clock)
    clock.advance(400)
    everything = client.fine_tunes.logs(job_id, offset=0).content.split("\n")
    assert everything[-1] == "##FT_COMPLETE##"
    assert client.fine_tunes.logs(job_id).content.split("\n") == everything[1:]
    assert client.fine_tunes.logs(job_id, offset=1, lines=2).content.split("\n") == everything[1:3]


def test_the_event_stream_lasts_until_the_job_has_ended(client: Client, clock: ManualClock) -> None:
    job_id = created(client, clock)
    events = [str(event.output) for event in client.fine_tunes.stream_events(job_id)]
    assert "\n".join(events) == client.fine_tunes.logs(job_id, offset=0).content


def test_the_event_stream_raises_why_a_job_failed(
    client: Client, clock: ManualClock, studio: ModelStudio
) -> None:
    studio.fail_next("DataInspectionFailed", "不合适")
    with pytest.raises(errors.ContentFilterError) as failed:
        list(client.fine_tunes.stream_events(created(client, clock)))
    assert (failed.value.message, failed.value.status_code) == ("不合适", 400)


def test_wait_returns_a_succeeded_job_and_raises_for_the_others(
    client: Client, clock: ManualClock, studio: ModelStudio
) -> None:
    job = client.fine_tunes.wait(created(client, clock), _sleep=lambda _: clock.advance(60))
    assert job.succeeded
    studio.fail_next("InternalError", "no luck")
    with pytest.raises(errors.InternalServerError) as failed:
        client.fine_tunes.wait(created(client, clock), _sleep=lambda _: clock.advance(60))
    assert failed.value.message == "no luck"
    canceled = created(client, clock)
    client.fine_tunes.cancel(canceled)
    with pytest.raises(errors.DashScopeError, match="was canceled"):
        client.fine_tunes.wait(canceled, _sleep=clock.advance)


@pytest.mark.parametrize("method", ["get", "cancel", "delete", "logs"])
def test_an_unknown_job_raises_not_found(client: Client, method: str) -> None:
    with pytest.raises(errors.NotFoundError) as missing:
        getattr(client.fine_tunes, method)("ft-202509020951-0000")
    assert (missing.value.code, missing.value.message) == (
        "NotFound",
        "job ft-202509020951-0000 not found.",
    )
    assert missing.value.request_id


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidParameter", errors.BadRequestError),
        ("DataInspectionFailed", errors.ContentFilterError),
        ("Arrearage", errors.PermissionDeniedError),
        ("InvalidApiKey", errors.AuthenticationError),
        ("AccessDenied", errors.PermissionDeniedError),
        ("AccessDenied.Unpurchased", errors.PermissionDeniedError),
        ("ModelNotFound", errors.NotFoundError),
        ("Throttling", errors.RateLimitError),
        ("Throttling.AllocationQuota", errors.RateLimitError),
        ("PostpaidBillOverdue", errors.RateLimitError),
        ("InternalError", errors.InternalServerError),
        ("InternalError.Algo", errors.InternalServerError),
        ("ModelServingError", errors.ServiceUnavailableError),
    ],
)
def test_each_error_of_the_general_table_raises_its_kind(
    client: Client, behaviour: Behaviour, code: str, kind: type[errors.DashScopeError]
) -> None:
    behaviour.refused = {"ListFineTunes": code}
    with pytest.raises(kind) as refused:
        client.fine_tunes.list()
    assert refused.value.code == code
    assert refused.value.message
    assert refused.value.headers["x-request-id"] == refused.value.request_id
    assert "retry-after" not in refused.value.headers


def test_a_wrong_key_raises_an_authentication_error(base_url: str) -> None:
    with (
        Client(api_key="sk-wrong", base_url=base_url, max_retries=0) as client,
        pytest.raises(errors.AuthenticationError, match="Invalid API-key provided"),
    ):
        client.fine_tunes.list()


def test_without_raising_an_error_is_an_answer_that_says_so(base_url: str) -> None:
    with Client(api_key=API_KEY, base_url=base_url, max_retries=0, raise_on_error=False) as client:
        job = client.fine_tunes.get("ft-202509020951-0000")
        assert (job.is_error, job.code, job.message) == (
            True,
            "NotFound",
            "job ft-202509020951-0000 not found.",
        )


def test_a_create_whose_answer_was_lost_is_repeated_by_the_client_and_meets_its_own_job(
    base_url: str, front: Front, studio: ModelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashscope.v2.transport.http._sleep", lambda _: None)
    front.inject(Fault(operation="CreateFineTune", drop=True, after_effect=True))
    with (
        Client(api_key=API_KEY, base_url=base_url, max_retries=1) as client,
        pytest.raises(errors.RateLimitError, match="Too many fine-tune job in running"),
    ):
        client.fine_tunes.create(model="facechain-finetune", training_file_ids=[PHOTO_URL])
    assert len(studio.ledger()) == 1


def test_the_asyncio_client_does_the_same(base_url: str, clock: ManualClock) -> None:
    async def trainings() -> None:
        async with AsyncClient(api_key=API_KEY, base_url=base_url, max_retries=0) as client:
            tunes = client.fine_tunes
            job_id = (await tunes.create(model="facechain-finetune", training_file_ids=[PHOTO_URL])).job_id
            assert job_id
            assert (await tunes.get(job_id)).status == "PENDING"
            assert (await tunes.list()).total_count == 1
            events = [event.output async for event in tunes.stream_events(job_id)]
            assert events == (await tunes.logs(job_id, offset=0)).content.split("\n")
            assert (await tunes.wait(job_id)).succeeded
            clock.advance(1)
            second = (await tunes.create(model="facechain-finetune", training_file_ids=[PHOTO_URL])).job_id
            assert second
            assert (await tunes.cancel(second)).status == "success"
            assert (await tunes.delete(second)).status == "success"
            with pytest.raises(errors.NotFoundError):
                await tunes.get(second)

    asyncio.run(trainings())
