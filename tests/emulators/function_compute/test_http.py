"""HTTP triggers and both generations of the invoke API, over real sockets."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any

import pytest

from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.http.responses import FunctionComputeService, HttpTriggerService
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Front, Request, Service
from aliyun_local.template import Function, HttpTrigger
from tests.emulators.function_compute.support import FUNCTION, Deploy

OPEN = HttpTrigger(name="h", function="f", auth_type="anonymous", methods=("GET", "HEAD", "POST", "DELETE"))
ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": event.decode()}
"""


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Sends requests to a service of deployed functions; each on a connection of its own."""

    def __init__(self, compute: FunctionCompute, service: Service) -> None:
        self.compute = compute
        self.server = LoopbackServer(Front(service)).start()

    def __call__(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            sent = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, sent, response.read())
        finally:
            connection.close()


class Serve:
    """Deploys a handler behind its HTTP trigger or behind the invoke APIs."""

    def __init__(self, deploy: Deploy) -> None:
        self._deploy = deploy
        self._callers: list[Caller] = []

    def trigger(self, source: str, trigger: HttpTrigger = OPEN) -> Caller:
        compute = self._deploy(source, triggers=[trigger])
        return self._caller(compute, HttpTriggerService(compute))

    def api(self, source: str, function: Function = FUNCTION) -> Caller:
        compute = self._deploy(source, function, triggers=[OPEN])
        return self._caller(compute, FunctionComputeService(compute))

    def _caller(self, compute: FunctionCompute, service: Service) -> Caller:
        self._callers.append(Caller(compute, service))
        return self._callers[-1]

    def close(self) -> None:
        for caller in self._callers:
            caller.server.close()


@pytest.fixture
def serve(deploy: Deploy) -> Iterator[Serve]:
    made = Serve(deploy)
    yield made
    made.close()


# -- HTTP trigger --------------------------------------------------------------------------------------


def test_the_event_of_a_request_has_the_documented_shape(serve: Serve) -> None:
    call = serve.trigger(ECHO)
    answer = call(
        "POST",
        "/a%2Fb/%E5%9B%BE+x?k=1&k=2&e=&q=%E5%9B%BE+y",
        "值".encode(),
        {"X-Token": "t", "User-Agent": "agent", "Connection": "close", "X-Fc-Trace": "no"},
    )
    event = answer.json()
    assert list(event) == [
        "version", "rawPath", "body", "isBase64Encoded", "headers", "queryParameters", "requestContext"
    ]  # fmt: skip
    assert event["version"] == "v1"
    assert event["rawPath"] == "/a%2Fb/%E5%9B%BE+x"
    assert (event["body"], event["isBase64Encoded"]) == ("值", False)
    assert event["queryParameters"] == {"k": "1,2", "e": "", "q": "图 y"}
    assert event["headers"]["X-Token"] == "t"
    assert not {"Connection", "X-Fc-Trace"} & set(event["headers"])
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/a/b/图+x",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "agent",
    }
    assert (context["accountId"], context["requestId"]) == ("42", answer.headers["x-fc-request-id"])
    assert (context["time"], context["timeEpoch"]) == ("2026-01-01T00:00:00Z", "1767225600000")
    assert answer.headers["content-type"] == "text/plain"


def test_a_binary_body_arrives_and_leaves_as_base64(serve: Serve) -> None:
    call = serve.trigger(
        """
        import json
        def handler(event, context):
            event = json.loads(event)
            assert event["isBase64Encoded"] is True
            return {"statusCode": 201, "headers": {}, "isBase64Encoded": True, "body": event["body"]}
        """
    )
    answer = call("POST", "/", b"\x00\xff\x89PNG")
    assert (answer.status, answer.body) == (201, b"\x00\xff\x89PNG")


def test_bytes_outside_ascii_in_the_path_are_escaped(serve: Serve) -> None:
    call = serve.trigger(ECHO)
    with socket.create_connection(("127.0.0.1", call.server.port), timeout=20) as connection:
        connection.sendall("GET /图 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    event = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert event["rawPath"] == "/%E5%9B%BE"
    assert event["requestContext"]["http"]["path"] == "/图"


def test_a_method_that_the_trigger_does_not_have_is_refused(serve: Serve) -> None:
    answer = serve.trigger(ECHO)("PUT", "/", b"x")
    assert (answer.status, answer.headers["x-fc-error-type"]) == (403, "FcCommonError")


def test_a_head_request_gets_headers_and_no_body(serve: Serve) -> None:
    answer = serve.trigger(ECHO)("HEAD", "/")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ("'plain'", b"plain"),
        ("b'\\xff'", b"\xff"),
        ("{'status': 404}", b'{\n    "status": 404\n}'),
        ("None", b"null"),
        ("[1]", b"[\n    1\n]"),
    ],
)
def test_a_result_of_another_shape_is_sent_whole_as_json(serve: Serve, result: str, body: bytes) -> None:
    answer = serve.trigger(f"def handler(event, context):\n    return {result}\n")("GET", "/")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "application/json", body)


@pytest.mark.parametrize(
    "result",
    [
        "{'statusCode': 'x'}",
        "{'statusCode': 99}",
        "{'statusCode': True}",
        "{'statusCode': 200, 'body': {}}",
        "{'statusCode': 200, 'headers': []}",
        "{'statusCode': 200, 'headers': {'A': 1}}",
        "{'statusCode': 200, 'headers': {'A': 'b\\r\\nC: d'}}",
        "{'statusCode': 200, 'headers': {'A': 'b' * 9000}}",
        "{'statusCode': 200, 'body': '*', 'isBase64Encoded': True}",
    ],
)
def test_a_result_that_cannot_be_an_answer_is_a_bad_gateway(serve: Serve, result: str) -> None:
    answer = serve.trigger(f"def handler(event, context):\n    return {result}\n")("GET", "/")
    assert (answer.status, answer.headers["x-fc-error-type"]) == (502, "UnhandledInvocationError")
    assert answer.json()["ErrorCode"] == "BadResponse"


def test_headers_that_belong_to_the_gateway_are_not_passed_on(serve: Serve) -> None:
    call = serve.trigger(
        """
        def handler(event, context):
            return {"statusCode": 304, "headers": {"ETag": '"图"', "Connection": "close", "Server": "s",
                "Content-Length": "99", "X-Fc-Mine": "m"}, "body": ""}
        """
    )
    answer = call("GET", "/")
    assert answer.status == 304
    assert answer.headers["etag"].encode("latin-1").decode() == '"图"'
    assert answer.headers["server"] != "s"
    assert "x-fc-mine" not in answer.headers


def test_a_failing_function_is_a_bad_gateway_with_the_error_type(serve: Serve) -> None:
    answer = serve.trigger("def handler(event, context):\n    raise ValueError('no')\n")("GET", "/")
    assert (answer.status, answer.headers["x-fc-error-type"]) == (502, "UnhandledInvocationError")
    assert answer.json()["errorMessage"] == "no"


def test_too_long_paths_and_headers_are_bad_requests(serve: Serve) -> None:
    call = serve.trigger(ECHO)
    assert call("GET", "/" + "a" * 4096).json()["ErrorCode"] == "InvalidArgument"
    assert call("GET", "/", headers={"A": "b" * 8192}).status == 400


def test_an_asynchronous_request_is_accepted_and_runs_later(serve: Serve) -> None:
    call = serve.trigger("def handler(event, context):\n    print('run')\n")
    answer = call("POST", "/", headers={"X-Fc-Invocation-Type": "Async"})
    assert (answer.status, answer.body) == (202, b"")
    assert call.compute.run_due() == 1


def test_a_trigger_with_authentication_lets_no_unchecked_caller_in(serve: Serve) -> None:
    assert serve.trigger(ECHO, replace(OPEN, auth_type="function"))("GET", "/").status == 403


def test_a_preflight_that_the_trigger_does_not_list_never_reaches_the_code(serve: Serve) -> None:
    preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
    call = serve.trigger("def handler(event, context):\n    print('run')\n")
    answer = call("OPTIONS", "/people", headers=preflight)
    assert (answer.status, answer.json()["ErrorCode"]) == (403, "AccessDenied")
    assert "access-control-allow-origin" not in answer.headers
    assert call.compute.logs("f") == []


def test_a_preflight_that_the_trigger_lists_is_the_function_s_to_answer(serve: Serve) -> None:
    preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
    listed = replace(OPEN, methods=("GET", "OPTIONS"))
    answer = serve.trigger(ECHO, listed)("OPTIONS", "/people", headers=preflight)
    event = answer.json()
    assert answer.status == 200
    assert event["requestContext"]["http"]["method"] == "OPTIONS"
    assert event["headers"]["Origin"] == "https://example.com"


@pytest.mark.parametrize("own", ["", "'content-disposition': 'inline'"])
def test_the_default_domain_makes_every_answer_of_a_function_an_attachment(serve: Serve, own: str) -> None:
    code = f"def handler(event, context):\n    return {{'statusCode': 200, 'headers': {{{own}}}}}\n"
    call = serve.trigger(code)
    assert call("GET", "/").headers["content-disposition"] == "attachment"
    call.compute.default_domain = False
    assert call("GET", "/").headers.get("content-disposition") == ("inline" if own else None)


# -- invoke APIs -----------------------------------------------------------------------------------------

INVOKE = ["/2016-08-15/services/s.LATEST/functions/f/invocations", "/2023-03-30/functions/f/invocations"]


@pytest.mark.parametrize("path", INVOKE)
def test_a_function_is_invoked_synchronously_with_its_log_tail(serve: Serve, path: str) -> None:
    call = serve.api("def handler(event, context):\n    print('图')\n    return event\n")
    answer = call("POST", path, b"\xff\x00", {"X-Fc-Log-Type": "Tail"})
    assert (answer.status, answer.body) == (200, b"\xff\x00")
    assert "x-fc-error-type" not in answer.headers
    log = base64.b64decode(answer.headers["x-fc-log-result"]).decode()
    assert "图\n" in log
    assert answer.headers["x-fc-request-id"] in log


@pytest.mark.parametrize("path", INVOKE)
def test_a_function_error_is_a_200_told_by_its_header(serve: Serve, path: str) -> None:
    answer = serve.api("def handler(event, context):\n    raise ValueError('no')\n")("POST", path)
    assert (answer.status, answer.headers["x-fc-error-type"]) == (200, "UnhandledInvocationError")


@pytest.mark.parametrize("path", INVOKE)
def test_an_asynchronous_invocation_is_accepted_once_an_id(serve: Serve, path: str) -> None:
    call = serve.api("def handler(event, context):\n    print('run')\n")
    headers = {"X-Fc-Invocation-Type": "Async", "X-Fc-Async-Task-Id": "one"}
    assert call("POST", path, b"", headers).status == 202
    assert call("POST", path, b"", headers).status == 409
    assert call.compute.run_due() == 1


def test_the_http_proxy_of_the_old_api_reaches_the_trigger(serve: Serve) -> None:
    call = serve.api(ECHO)
    event = call("GET", "/2016-08-15/proxy/s/f/people/%E5%9B%BE?x=1").json()
    assert (event["rawPath"], event["queryParameters"]) == ("/people/%E5%9B%BE", {"x": "1"})
    assert call("GET", "/2016-08-15/proxy/s/f").json()["rawPath"] == "/"


def test_errors_have_the_shape_of_their_generation(serve: Serve) -> None:
    call = serve.api(ECHO)
    old = call("POST", INVOKE[0].replace("/f/", "/g/"))
    assert (old.status, old.json()["ErrorCode"]) == (404, "FunctionNotFound")
    new = call("POST", INVOKE[1].replace("/f/", "/g/"))
    assert (new.status, new.json()["Code"]) == (404, "FunctionNotFound")
    assert new.json()["RequestId"] == new.headers["x-fc-request-id"]
    assert call("GET", INVOKE[1]).status == 405
    assert call("GET", "/2023-03-30/instances").json()["Code"] == "PathNotSupported"
    large = call("POST", INVOKE[1], bytes(128 * 1024 + 1), {"X-Fc-Invocation-Type": "Async"})
    assert (large.status, large.json()["Code"]) == (413, "EntityTooLarge")


def test_a_throttled_call_is_a_429(serve: Serve) -> None:
    answer = serve.api(ECHO, replace(FUNCTION, reserved_concurrency=0))("POST", INVOKE[1])
    assert (answer.status, answer.json()["Code"]) == (429, "ResourceExhausted")


def test_operations_have_names_for_faults_and_the_request_log(deploy: Deploy) -> None:
    service = FunctionComputeService(deploy(ECHO))
    paths = [*INVOKE, "/2016-08-15/proxy/s/f/x", "/%ff"]
    assert [service.operation(Request(method="POST", host="h", raw_path=path)) for path in paths] == [
        "InvokeFunction",
        "InvokeFunction",
        "InvokeHTTPTrigger",
        "Unknown",
    ]
