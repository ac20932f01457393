"""``invoke_function`` of the client of 2023, with and without options: now, later, and how it fails."""

from __future__ import annotations

import asyncio
import base64
import io
import json

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.runtime import RuntimeOptions

from tests.emulators.function_compute.support import LocalFunctions


def invoke(
    client: Client, function: str, body: bytes, qualifier: str | None = None, **headers: str
) -> models.InvokeFunctionResponse:
    return client.invoke_function_with_options(
        function,
        models.InvokeFunctionRequest(body=body, qualifier=qualifier),
        models.InvokeFunctionHeaders(**headers),
        RuntimeOptions(),
    )


@pytest.mark.parametrize(
    ("body", "returned"),
    [(b"\x00\xff", b"\x00\xff"), ("值", "值".encode()), (io.BytesIO(b"file"), b"file"), (None, b"")],
)
def test_what_a_function_returns_comes_back_byte_for_byte(
    client: Client, body: bytes | str | io.BytesIO | None, returned: bytes
) -> None:
    answer = client.invoke_function("echo", models.InvokeFunctionRequest(body=body))
    assert (answer.status_code, answer.body.read()) == (200, returned)


def test_a_call_may_be_awaited(client: Client) -> None:
    answer = asyncio.run(client.invoke_function_async("echo", models.InvokeFunctionRequest(body=b"x")))
    assert (answer.status_code, answer.body.read()) == (200, b"x")


def test_the_headers_of_an_invocation_tell_of_the_run(client: Client) -> None:
    headers = invoke(client, "echo", b"object").headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-fc-request-id"].startswith("1-")
    assert headers["x-fc-invocation-service-version"] == "LATEST"
    assert headers["x-fc-instance-id"].startswith("c-")
    assert "x-fc-log-result" not in headers


def test_the_end_of_the_log_comes_with_a_call_that_asks_for_it(client: Client) -> None:
    headers = invoke(client, "echo", b"noted", x_fc_log_type="Tail").headers
    log = base64.b64decode(headers["x-fc-log-result"]).decode()
    assert "run noted 0\n" in log
    assert f"FC Invoke End RequestId: {headers['x-fc-request-id']}\n\nDuration: " in log


@pytest.mark.parametrize(
    ("function", "event", "message"),
    [
        ("echo", b"raise", "no luck"),
        ("echo", b"exit", "Process exited unexpectedly before completing request"),
        ("hasty", b"sleep", "Function timed out after 1 seconds"),
    ],
)
def test_a_function_that_fails_is_told_by_a_header_and_its_envelope(
    client: Client, function: str, event: bytes, message: str
) -> None:
    answer = invoke(client, function, event)
    assert (answer.status_code, answer.headers["x-fc-error-type"]) == (200, "UnhandledInvocationError")
    assert json.loads(answer.body.read())["errorMessage"].startswith(message)


def test_the_latest_version_can_be_asked_for_by_name(client: Client) -> None:
    assert invoke(client, "echo", b"x", "LATEST").body.read() == b"x"


@pytest.mark.parametrize(
    ("function", "qualifier", "status", "code", "message"),
    [
        ("nobody", None, 404, "FunctionNotFound", "function 'nobody' does not exist"),
        ("echo", "prod", 404, "AliasNotFound", "alias 'prod' of function 'echo' does not exist"),
        ("echo", "7", 404, "VersionNotFound", "version '7' of function 'echo' does not exist"),
        ("closed", None, 429, "ResourceExhausted", "the function's reserved concurrency is used up"),
    ],
)
def test_a_refused_call_is_the_clients_own_exception(
    client: Client, function: str, qualifier: str | None, status: int, code: str, message: str
) -> None:
    with pytest.raises(ClientException) as caught:
        invoke(client, function, b"", qualifier)
    error = caught.value
    assert (error.status_code, error.code) == (status, code)
    assert error.message == f"code: {status}, {message} request id: {error.request_id}"
    assert error.request_id.startswith("1-")


def test_an_asynchronous_call_is_accepted_at_once_and_runs(client: Client, functions: LocalFunctions) -> None:
    answer = invoke(client, "echo", b"later", x_fc_invocation_type="Async")
    assert (answer.status_code, answer.body.read()) == (202, b"")
    functions.wait_idle()
    assert functions.runs("later") == ["0"]


def test_an_id_is_given_to_one_asynchronous_call(client: Client, functions: LocalFunctions) -> None:
    options = {"x_fc_invocation_type": "Async", "x_fc_async_task_id": "only-once"}
    assert invoke(client, "echo", b"once", **options).headers["x-fc-async-task-id"] == "only-once"
    with pytest.raises(ClientException) as caught:
        invoke(client, "echo", b"once", **options)
    assert caught.value.status_code == 409
    functions.wait_idle()
    assert functions.runs("once") == ["0"]


def test_an_asynchronous_task_can_be_followed(client: Client, functions: LocalFunctions) -> None:
    for task_id, event in (("good", b"fine"), ("poor", b"raise")):
        invoke(client, "echo", event, x_fc_invocation_type="Async", x_fc_async_task_id=task_id)
    functions.wait_idle()
    good = client.get_async_task("echo", "good", models.GetAsyncTaskRequest()).body
    assert (good.task_id, good.status, good.already_retried_times) == ("good", "Succeeded", 0)
    poor = client.get_async_task("echo", "poor", models.GetAsyncTaskRequest(qualifier="LATEST")).body
    assert (poor.status, poor.already_retried_times, poor.task_payload) == ("Failed", 2, "raise")
    assert "no luck" in poor.task_error_message
    assert poor.request_id.startswith("1-")
    assert poor.end_time >= poor.started_time
    failed = client.list_async_tasks("echo", models.ListAsyncTasksRequest(status="Failed")).body
    assert [task.task_id for task in failed.tasks] == ["poor"]
    with pytest.raises(ClientException) as caught:
        client.get_async_task("echo", "nothing", models.GetAsyncTaskRequest())
    assert caught.value.status_code == 404


def test_what_triggers_called_for_is_no_task_of_a_callers(client: Client, functions: LocalFunctions) -> None:
    functions.compute.invoke_async("web", b"{}", invocation_id="oss:1:photos")
    functions.wait_idle()
    assert client.list_async_tasks("web", models.ListAsyncTasksRequest()).body.tasks == []


def test_tasks_are_listed_by_pages(client: Client, functions: LocalFunctions) -> None:
    for task_id in ("page-0", "other", "page-1", "page-2"):
        invoke(client, "tick", b"page", x_fc_invocation_type="Async", x_fc_async_task_id=task_id)
    functions.wait_idle()
    found: list[str] = []
    token = None
    for _ in range(2):
        page = client.list_async_tasks(
            "tick",
            models.ListAsyncTasksRequest(
                prefix="page-", limit=2, next_token=token, sort_order_by_time="asc", include_payload=True
            ),
        ).body
        found += [task.task_id for task in page.tasks]
        token = page.next_token
    assert (found, token) == (["page-0", "page-1", "page-2"], None)
