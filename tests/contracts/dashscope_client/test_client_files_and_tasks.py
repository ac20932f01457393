"""``Client.files`` and the tasks of ``Client.images.jobs``: the rest of the 2.x surface."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from dashscope import AsyncClient, Client
from dashscope.v2 import errors
from dashscope.v2.resources._jobs import AsyncJobs, Job, Jobs

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.emulators.dashscope.support import API_KEY, PHOTO_URL

# The client has no class for portraits; `Jobs` is the base that its own classes are made of.
SERVICE = "aigc/album/gen_potrait"


def ordered(client: Client, resource_id: str) -> Job:
    return Jobs(client, SERVICE).create(
        model="facechain-generation",
        input={},
        parameters={"style": "f_idcard_female", "size": "768*1024", "n": 2},
        resources=[{"resource_id": resource_id, "resource_type": "facelora"}],
    )


def test_a_file_is_uploaded_shown_listed_and_deleted(client: Client, upload: Path, photo: bytes) -> None:
    file = client.files.upload(file_path=str(upload), purpose="custom", description="in the park")
    assert (file.name, file.is_error) == ("a.jpg", False)
    assert file.file_id
    shown = client.files.get(file.file_id)
    fields = shown.model_dump()
    assert (shown.file_id, shown.size, fields["description"]) == (file.file_id, len(photo), "in the park")
    assert httpx.get(fields["url"]).content == photo
    page = client.files.list(page_no=1, page_size=5)
    assert (page.page_no, page.page_size, page.total_count) == (1, 5, 1)
    assert [listed.file_id for listed in page.files] == [file.file_id]
    deleted = client.files.delete(file.file_id)
    assert (deleted.deleted, deleted.headers["x-request-id"]) == (True, deleted.request_id)


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_missing_file_raises_not_found_with_the_status_that_came(client: Client, method: str) -> None:
    with pytest.raises(errors.NotFoundError) as missing:
        getattr(client.files, method)("00000000-0000-4000-8000-000000000000")
    assert (missing.value.code, missing.value.status_code, missing.value.message) == (
        "InvalidParameter",
        400,
        "File not found.",
    )


def test_a_task_is_ordered_fetched_and_its_images_downloaded(
    client: Client, trained: str, clock: ManualClock
) -> None:
    task = ordered(client, trained)
    assert (task.status, task.finished) == ("PENDING", False)
    clock.advance(30)
    done = client.images.jobs.fetch(task.task_id)
    assert (done.succeeded, done.submitted_at, done.finished_at) == (
        True,
        "2025-09-02 09:57:42.000",
        "2025-09-02 09:58:04.000",
    )
    assert done.usage is not None
    assert done.usage.model_dump()["image_count"] == 2
    assert len(done.image_urls) == 2
    assert httpx.get(done.image_urls[0]).headers["content-type"] == "image/jpeg"


def test_wait_returns_a_task_that_succeeded_and_raises_for_one_that_failed(
    client: Client, trained: str, clock: ManualClock, studio: ModelStudio
) -> None:
    task = client.images.jobs.wait(ordered(client, trained), _sleep=clock.advance)
    assert task.succeeded
    studio.portraits.fail_next("InternalError", "no luck")
    with pytest.raises(errors.InternalServerError, match="no luck"):
        client.images.jobs.wait(ordered(client, trained), _sleep=clock.advance)


def test_an_unknown_task_is_unknown_and_not_an_error(client: Client) -> None:
    task = client.images.jobs.wait("1111")
    assert (task.task_id, task.status, task.finished, task.is_error) == ("1111", "UNKNOWN", True, False)


def test_a_waiting_task_is_canceled_and_a_finished_one_is_not(
    client: Client, trained: str, clock: ManualClock
) -> None:
    first, second = ordered(client, trained), ordered(client, trained)
    assert not client.images.jobs.cancel(second.task_id).is_error
    with pytest.raises(errors.DashScopeError, match="was canceled"):
        client.images.jobs.wait(second.task_id)
    clock.advance(30)
    with pytest.raises(errors.BadRequestError, match="PENDING"):
        client.images.jobs.cancel(first.task_id)


def test_list_answers_typed_tasks(client: Client, trained: str, clock: ManualClock) -> None:
    first = ordered(client, trained)
    clock.advance(30)
    second = ordered(client, trained)
    page = client.images.jobs.list(page_size=5, model_name="facechain-generation")
    assert (page.page_no, page.page_size, page.total) == (1, 5, 2)
    assert [(task.task_id, task.status) for task in page.tasks] == [
        (second.task_id, "PENDING"),
        (first.task_id, "SUCCEEDED"),
    ]
    assert client.images.jobs.list(status="FAILED").total == 0


def test_a_resource_that_is_not_trained_raises_permission_denied(client: Client) -> None:
    with pytest.raises(errors.PermissionDeniedError) as denied:
        ordered(client, "facechain-finetune-ft-202509020951-0000")
    assert denied.value.code == "Resource.AccessDenied"


def test_the_asyncio_client_does_the_same(
    base_url: str, upload: Path, trained: str, behaviour: Behaviour
) -> None:
    behaviour.progression = "immediate"

    async def calls() -> None:
        async with AsyncClient(api_key=API_KEY, base_url=base_url, max_retries=0) as client:
            file_id = (await client.files.upload(file_path=str(upload), purpose="custom")).file_id
            assert file_id
            assert (await client.files.get(file_id)).name == "a.jpg"
            assert (await client.files.list()).total_count == 1
            assert (await client.files.delete(file_id)).deleted
            with pytest.raises(errors.NotFoundError):
                await client.files.get(file_id)
            task = await AsyncJobs(client, SERVICE).create(
                model="facechain-generation",
                input={"template_url": PHOTO_URL},
                parameters={"style": "f_idcard_male", "n": 1},
                resources=[{"resource_id": trained, "resource_type": "facelora"}],
            )
            assert (await client.images.jobs.wait(task.task_id)).succeeded
            assert (await client.images.jobs.fetch(task.task_id)).image_urls
            assert (await client.images.jobs.list()).total == 1
            with pytest.raises(errors.BadRequestError):
                await client.images.jobs.cancel(task.task_id)

    asyncio.run(calls())
