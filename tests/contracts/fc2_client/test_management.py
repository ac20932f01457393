"""The reads of ``fc2``: services, functions and triggers."""

from __future__ import annotations

import json
from collections.abc import Callable

import fc2
import pytest
import requests

from aliyun_local.function_compute.http.api_operations import REFUSED, VERSION_2016
from aliyun_local.function_compute.http.operations import OPERATIONS
from tests.emulators.function_compute.support import LocalFunctions


def names(answer: fc2.client.FcHttpResponse, kind: str, field: str) -> list[str]:
    return [item[field] for item in answer.data[kind]]


def test_get_account_settings(client: fc2.Client) -> None:
    assert client.get_account_settings().data["availableAZs"]


def test_list_services_and_get_service(client: fc2.Client) -> None:
    (name,) = names(client.list_services(), "services", "serviceName")
    answer = client.get_service(name)
    assert answer.data["serviceName"] == name
    assert answer.data["serviceId"]
    assert answer.data["createdTime"].endswith("Z")
    assert answer.headers["Etag"]
    assert client.list_services(prefix="x").data == {"services": []}


def test_get_function(client: fc2.Client) -> None:
    answer = client.get_function("s", "echo", qualifier="LATEST")
    function = answer.data
    assert (function["functionName"], function["runtime"]) == ("echo", "python3.10")
    assert (function["handler"], function["timeout"], function["memorySize"]) == ("index.handler", 20, 128)
    assert function["environmentVariables"] == {"NAME": "值"}
    assert function["codeSize"] > 0
    assert int(function["codeChecksum"]) > 0
    assert answer.headers["etag"] == client.get_function("any", "echo").headers["etag"]
    with pytest.raises(fc2.FcError) as caught:
        client.get_function("s", "nobody")
    assert (caught.value.status_code, caught.value.err_code) == (404, "FunctionNotFound")


def test_list_functions_goes_through_pages_in_order(client: fc2.Client) -> None:
    first = client.list_functions("s", limit=4)
    assert names(first, "functions", "functionName") == ["closed", "echo", "guarded", "hasty"]
    second = client.list_functions("s", limit=4, nextToken=first.data["nextToken"])
    assert names(second, "functions", "functionName") == ["tick", "web"]
    assert "nextToken" not in second.data


def test_list_functions_takes_a_prefix_and_a_start(client: fc2.Client) -> None:
    assert names(client.list_functions("s", prefix="e"), "functions", "functionName") == ["echo"]
    started = client.list_functions("s", startKey="h", limit=1)
    assert names(started, "functions", "functionName") == ["hasty"]
    token = started.data["nextToken"]
    onward = client.list_functions("s", startKey="a", nextToken=token, limit=1)
    assert names(onward, "functions", "functionName") == ["tick"]
    assert client.list_functions("s", prefix="x", nextToken=token).data == {"functions": []}


@pytest.mark.parametrize("options", [{"limit": 101}, {"limit": "x"}, {"limit": -1}, {"nextToken": "?"}])
def test_paging_that_makes_no_sense_is_refused(client: fc2.Client, options: dict[str, object]) -> None:
    with pytest.raises(fc2.FcError) as caught:
        client.list_functions("s", **options)
    assert (caught.value.status_code, caught.value.err_code) == (400, "InvalidArgument")


def test_list_triggers_and_get_trigger(client: fc2.Client) -> None:
    assert names(client.list_triggers("s", "echo"), "triggers", "triggerName") == ["photos"]
    trigger = client.get_trigger("s", "echo", "photos").data
    assert trigger["triggerType"] == "oss"
    assert trigger["triggerConfig"] == {
        "events": ["oss:ObjectCreated:PutObject"],
        "filter": {"key": {"prefix": "people/", "suffix": ""}},
    }
    timer = client.get_trigger("s", "tick", "tick").data["triggerConfig"]
    assert timer == {"cronExpression": "@every 60m", "enable": True, "payload": "p"}
    with pytest.raises(fc2.FcError) as caught:
        client.get_trigger("s", "echo", "nothing")
    assert (caught.value.status_code, caught.value.err_code) == (404, "TriggerNotFound")


def test_the_url_of_an_http_trigger_reaches_it(client: fc2.Client) -> None:
    trigger = client.get_trigger("s", "web", "h").data
    assert trigger["triggerConfig"]["authType"] == "anonymous"
    assert requests.get(trigger["urlInternet"] + "x", timeout=20).json()["rawPath"] == "/x"


def test_there_are_no_versions_and_aliases(client: fc2.Client) -> None:
    assert client.list_versions("s").data["versions"] == []
    assert client.list_aliases("s").data == {"aliases": []}
    with pytest.raises(fc2.FcError) as caught:
        client.get_alias("s", "prod")
    assert (caught.value.status_code, caught.value.err_code) == (404, "AliasNotFound")


def test_the_asynchronous_configuration_is_the_templates(client: fc2.Client) -> None:
    config = client.get_function_async_invoke_config("s", "LATEST", "echo").data
    assert (config["maxAsyncRetryAttempts"], config["maxAsyncEventAgeInSeconds"]) == (2, 86_400)
    listed = client.list_function_async_invoke_configs("s", "echo").data["configs"]
    assert [entry["function"] for entry in listed] == ["echo"]


def test_list_instances(client: fc2.Client) -> None:
    instance_id = client.invoke_function("s", "tick", b"x").headers["X-Fc-Instance-Id"]
    listed = client.list_instances("s", "LATEST", "tick").data["instances"]
    assert [entry["instanceId"] for entry in listed] == [instance_id]


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda client: client.create_service("new"), 405, "MethodNotAllowed"),
        (lambda client: client.delete_function("s", "echo"), 405, "MethodNotAllowed"),
        (lambda client: client.list_custom_domains(), 400, "PathNotSupported"),
    ],
)
def test_what_is_the_templates_to_change_is_refused_in_the_services_words(
    client: fc2.Client, call: Callable[[fc2.Client], object], status: int, code: str
) -> None:
    with pytest.raises(fc2.FcError) as caught:
        call(client)
    assert (caught.value.status_code, caught.value.err_code) == (status, code)
    assert "is not supported" in json.loads(caught.value.message)["ErrorMessage"]


def test_reads_are_for_signed_callers_only(functions: LocalFunctions) -> None:
    answer = requests.get(f"{functions.api.url}/2016-08-15/services/s/functions/echo", timeout=20)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (403, "AccessDenied")


def test_every_operation_of_the_client_is_served_or_said_not_to_be(client: fc2.Client) -> None:
    methods = {name for name in dir(type(client)) if not name.startswith("_")}
    # One opens a connection for another, and one has the name of what it does.
    known = {
        "".join(word.capitalize() for word in name.split("_"))
        for name in methods - {"websocket", "do_http_request"}
    } | {"InvokeHTTPTrigger"}
    served = {operation.name for operation in OPERATIONS if operation.version == VERSION_2016}
    assert served | REFUSED[VERSION_2016] == known
    assert not served & REFUSED[VERSION_2016]
