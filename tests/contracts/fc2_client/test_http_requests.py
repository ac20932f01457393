"""``fc2.Client.do_http_request``: through the proxy path to HTTP triggers, open and guarded."""

from __future__ import annotations

from collections.abc import Callable

import fc2
import pytest
import requests

from tests.emulators.function_compute.support import LocalFunctions


def test_method_path_query_headers_and_body_arrive(client: fc2.Client) -> None:
    answer = client.do_http_request(
        "POST", "s", "web", "/a/b", headers={"X-Token": "t"}, params={"k": "v", "q": ["1", "2"]}, body=b"body"
    )
    event = answer.json()
    assert (answer.status_code, answer.headers["X-Mine"]) == (200, "yes")
    assert (event["rawPath"], event["queryParameters"]) == ("/a/b", {"k": "v", "q": "1,2"})
    assert (event["body"], event["isBase64Encoded"]) == ("body", False)
    assert event["headers"]["X-Token"] == "t"
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["requestId"] == answer.headers["X-Fc-Request-Id"]


@pytest.mark.parametrize(("asked", "seen"), [("", "/"), ("/", "/"), ("/%E5%9B%BE/x%20y", "/%E5%9B%BE/x%20y")])
def test_the_path_is_the_functions_own(client: fc2.Client, asked: str, seen: str) -> None:
    assert client.do_http_request("GET", "s.LATEST", "web", asked).json()["rawPath"] == seen


def test_the_status_is_the_functions_own(client: fc2.Client) -> None:
    assert client.do_http_request("GET", "s", "web", "/", params={"status": "404"}).status_code == 404


def test_a_head_request_has_no_body(client: fc2.Client) -> None:
    answer = client.do_http_request("HEAD", "s", "web", "/")
    assert (answer.status_code, answer.content, answer.headers["X-Mine"]) == (200, b"", "yes")


@pytest.mark.parametrize("query", ["raise", "bad"])
def test_a_failing_function_is_a_bad_gateway(client: fc2.Client, query: str) -> None:
    answer = client.do_http_request("POST", "s", "web", "/", params={query: "1"})
    assert (answer.status_code, answer.headers["X-Fc-Error-Type"]) == (502, "UnhandledInvocationError")


def test_a_request_may_be_asynchronous(client: fc2.Client, functions: LocalFunctions) -> None:
    answer = client.do_http_request("POST", "s", "web", "/", headers={"x-fc-invocation-type": "Async"})
    assert (answer.status_code, answer.content) == (202, b"")
    functions.wait_idle()


@pytest.mark.parametrize(
    ("function", "status", "code"), [("nobody", 404, "FunctionNotFound"), ("echo", 404, "TriggerNotFound")]
)
def test_a_function_without_a_trigger_is_not_found(
    client: fc2.Client, function: str, status: int, code: str
) -> None:
    answer = client.do_http_request("GET", "s", function, "/")
    assert (answer.status_code, answer.json()["ErrorCode"]) == (status, code)


def test_a_method_that_the_trigger_does_not_have_is_refused(client: fc2.Client) -> None:
    answer = client.do_http_request("PUT", "s", "web", "/")
    assert (answer.status_code, answer.json()["ErrorCode"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"params": {"b": "2", "a": "x y", "图": "值"}},
        {"params": {"a": ["2", "1"]}},
        {"path": "/%E5%9B%BE/x%20y", "headers": {"x-fc-trace-id": "t"}, "body": b"b", "method": "POST"},
    ],
)
def test_a_guarded_trigger_lets_a_signed_request_in(client: fc2.Client, options: dict[str, object]) -> None:
    method, path = options.pop("method", "GET"), options.pop("path", "/")
    answer = client.do_http_request(method, "s", "guarded", path, **options)
    assert answer.status_code == 200, answer.text


def test_a_guarded_trigger_keeps_others_out(
    connect: Callable[..., fc2.Client], functions: LocalFunctions
) -> None:
    wrong = connect(secret="another").do_http_request("GET", "s", "guarded", "/")
    assert (wrong.status_code, wrong.json()["ErrorCode"]) == (403, "SignatureNotMatch")
    for url in (f"{functions.api.url}/2016-08-15/proxy/s/guarded/", functions.trigger.url):
        unsigned = requests.get(url, timeout=20)
        assert (unsigned.status_code, unsigned.json()["ErrorCode"]) == (403, "AccessDenied")


def test_an_open_trigger_asks_nobody(connect: Callable[..., fc2.Client], functions: LocalFunctions) -> None:
    assert connect("LTAIstranger").do_http_request("GET", "s", "web", "/").status_code == 200
    assert requests.get(f"{functions.api.url}/2016-08-15/proxy/s/web/x", timeout=20).status_code == 200
