"""``fc2.Client.invoke_function``: now, later, with its log, and how it fails."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable

import fc2
import pytest

from tests.emulators.function_compute.support import LocalFunctions

ASYNC = {"x-fc-invocation-type": "Async"}


def failing(call: Callable[[], object]) -> fc2.FcError:
    with pytest.raises(fc2.FcError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("payload", [None, b"", "text", b"\x00\xff\xfe", "值".encode()])
def test_what_a_function_returns_comes_back_byte_for_byte(
    client: fc2.Client, payload: bytes | str | None
) -> None:
    expected = payload.encode() if isinstance(payload, str) else payload or b""
    assert client.invoke_function("any-service", "echo", payload).data == expected


def test_a_payload_may_be_a_file(client: fc2.Client) -> None:
    assert client.invoke_function("s", "echo", io.BytesIO(b"from a file")).data == b"from a file"


def test_a_result_that_is_no_text_comes_back_as_json(client: fc2.Client) -> None:
    answer = client.invoke_function("s", "echo", b"object")
    assert json.loads(answer.data) == {"a": ["echo", answer.headers["X-Fc-Request-Id"]], "b": 1}


def test_the_headers_of_an_invocation_tell_of_the_run(client: fc2.Client) -> None:
    headers = client.invoke_function("s", "echo", b"x", headers={"x-fc-trace-id": "t"}).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Fc-Invocation-Service-Version"] == "LATEST"
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]+-[0-9a-f]+", headers["X-Fc-Request-Id"])
    assert headers["X-Fc-Instance-Id"].startswith("c-")
    assert int(headers["X-Fc-Invocation-Duration"]) >= 0
    assert float(headers["X-Fc-Max-Memory-Usage"]) >= 0
    assert "X-Fc-Log-Result" not in headers


def test_the_end_of_the_log_comes_with_a_call_that_asks_for_it(client: fc2.Client) -> None:
    answer = client.invoke_function("s", "echo", b"noted", headers={"x-fc-log-type": "Tail"})
    request_id = answer.headers["X-Fc-Request-Id"]
    log = base64.b64decode(answer.headers["X-Fc-Log-Result"]).decode()
    assert log.startswith(f"FC Invoke Start RequestId: {request_id}\nrun noted 0\n")
    assert f"FC Invoke End RequestId: {request_id}\n\nDuration: " in log
    assert re.search(
        r"Duration: [\d.]+ ms, Billed Duration: \d+ ms, Memory Size: 128 MB, Max Memory Used: [\d.]+ MB", log
    )


def test_the_log_is_at_most_four_kilobytes(client: fc2.Client) -> None:
    answer = client.invoke_function("s", "echo", b"y" * 9000, headers={"x-fc-log-type": "Tail"})
    assert len(base64.b64decode(answer.headers["X-Fc-Log-Result"])) == 4096


@pytest.mark.parametrize("qualifier", [None, "LATEST"])
def test_the_latest_version_can_be_asked_for_by_name(client: fc2.Client, qualifier: str | None) -> None:
    assert client.invoke_function("s", "echo", b"x", qualifier=qualifier).data == b"x"


@pytest.mark.parametrize(
    ("qualifier", "code", "message"),
    [
        ("prod", "AliasNotFound", "alias 'prod' of service 's' does not exist"),
        ("3", "VersionNotFound", "version '3' of service 's' does not exist"),
    ],
)
def test_a_version_or_alias_that_was_not_made_is_not_found(
    client: fc2.Client, qualifier: str, code: str, message: str
) -> None:
    error = failing(lambda: client.invoke_function("s", "echo", b"x", qualifier=qualifier))
    assert (error.status_code, error.err_code) == (404, code)
    assert json.loads(error.message)["ErrorMessage"] == message


def test_an_exception_in_the_function_is_an_error_with_its_class_and_place(client: fc2.Client) -> None:
    error = failing(lambda: client.invoke_function("s", "echo", b"raise"))
    assert error.status_code == 200
    told = json.loads(error.message)
    assert (told["errorMessage"], told["errorType"]) == ("no luck", "ValueError")
    assert told["stackTrace"][-1][-1] == 'raise ValueError("no luck")'
    assert told["RequestId"] == error.request_id
    assert error.request_id.startswith("1-")


@pytest.mark.parametrize(
    ("function", "event", "message"),
    [
        ("hasty", b"sleep", r"Function timed out after 1 seconds \(maxMemoryUsage: [\d.]+MB\)"),
        ("echo", b"exit", r"Process exited unexpectedly before completing request \(duration: \d+ms, .*MB\)"),
        ("echo", b"unserialisable", "Object of type object is not JSON serializable"),
    ],
)
def test_a_run_that_comes_to_no_result_is_an_error(
    client: fc2.Client, function: str, event: bytes, message: str
) -> None:
    error = failing(lambda: client.invoke_function("s", function, event))
    assert error.status_code == 200
    assert re.fullmatch(message, json.loads(error.message)["errorMessage"])


def test_a_function_that_takes_more_memory_than_it_has_is_ended(client: fc2.Client) -> None:
    error = failing(lambda: client.invoke_function("s", "echo", b"memory"))
    found = re.fullmatch(
        r"Process exited unexpectedly .*maxMemoryUsage: ([\d.]+)MB\)",
        json.loads(error.message)["errorMessage"],
    )
    assert found
    assert float(found[1]) > 128


def test_a_function_that_is_not_there_is_an_error_of_the_services_own(client: fc2.Client) -> None:
    error = failing(lambda: client.invoke_function("s", "nobody"))
    assert (error.status_code, error.err_code) == (404, "FunctionNotFound")
    assert "'nobody' does not exist" in json.loads(error.message)["ErrorMessage"]


def test_a_function_without_a_free_instance_is_throttled(client: fc2.Client) -> None:
    error = failing(lambda: client.invoke_function("s", "closed"))
    assert (error.status_code, error.err_code) == (429, "ResourceExhausted")


def test_an_asynchronous_call_is_accepted_at_once_and_runs(
    client: fc2.Client, functions: LocalFunctions
) -> None:
    answer = client.invoke_function("s", "echo", b"later", headers=ASYNC)
    assert answer.data == b""
    assert answer.headers["X-Fc-Request-Id"].startswith("1-")
    functions.wait_idle()
    assert functions.runs("later") == ["0"]


def test_an_asynchronous_call_that_fails_is_tried_again_with_its_count(
    client: fc2.Client, functions: LocalFunctions
) -> None:
    client.invoke_function("s", "echo", b"raise", headers=ASYNC)
    functions.wait_idle()
    assert functions.runs("raise")[-3:] == ["0", "1", "2"]
    client.invoke_function("s", "echo", b"fail once", headers=ASYNC)
    functions.wait_idle()
    assert functions.runs("fail once") == ["0", "1"]


def test_an_id_is_given_to_one_asynchronous_call(client: fc2.Client, functions: LocalFunctions) -> None:
    headers = {**ASYNC, "x-fc-stateful-async-invocation-id": "only-once"}
    answer = client.invoke_function("s", "echo", b"once", headers=headers)
    assert answer.headers["X-Fc-Stateful-Async-Invocation-Id"] == "only-once"
    error = failing(lambda: client.invoke_function("s", "echo", b"once", headers=headers))
    assert (error.status_code, error.err_code) == (409, "StatefulAsyncInvocationAlreadyExists")
    functions.wait_idle()
    assert functions.runs("once") == ["0"]


def test_an_asynchronous_payload_has_its_own_limit(client: fc2.Client) -> None:
    assert len(client.invoke_function("s", "echo", bytes(128 * 1024 + 1)).data) == 128 * 1024 + 1
    error = failing(lambda: client.invoke_function("s", "echo", bytes(128 * 1024 + 1), headers=ASYNC))
    assert error.err_code == "EntityTooLarge"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-fc-invocation-type": "Sometimes"},
        {"x-fc-log-type": "Head"},
        {**ASYNC, "x-fc-stateful-async-invocation-id": "1 2"},
    ],
)
def test_a_header_with_a_value_that_is_none_of_the_services_is_refused(
    client: fc2.Client, headers: dict[str, str]
) -> None:
    error = failing(lambda: client.invoke_function("s", "echo", b"", headers=headers))
    assert (error.status_code, error.err_code) == (400, "InvalidArgument")
