"""The reads of the client of 2023: functions and triggers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from aliyun_local.function_compute.http.api_operations import REFUSED, VERSION_2023
from aliyun_local.function_compute.http.operations import OPERATIONS
from tests.emulators.function_compute.support import ACCOUNT


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value.status_code, caught.value.code


def test_list_functions_goes_through_pages_in_order(client: Client) -> None:
    first = client.list_functions(models.ListFunctionsRequest(limit=4)).body
    second = client.list_functions(models.ListFunctionsRequest(limit=4, next_token=first.next_token)).body
    names = [function.function_name for function in [*first.functions, *second.functions]]
    assert names == ["closed", "echo", "guarded", "hasty", "tick", "web"]
    assert second.next_token is None


def test_list_functions_can_ask_for_a_generation(client: Client) -> None:
    assert client.list_functions(models.ListFunctionsRequest(fc_version="v2")).body.functions == []
    assert len(client.list_functions(models.ListFunctionsRequest(fc_version="v3")).body.functions) == 6


def test_get_function(client: Client) -> None:
    function = client.get_function("echo", models.GetFunctionRequest()).body
    assert (function.function_name, function.runtime, function.handler) == (
        "echo",
        "python3.10",
        "index.handler",
    )
    assert (function.timeout, function.memory_size, function.instance_concurrency) == (20, 128, 1)
    assert function.environment_variables == {"NAME": "值"}
    assert function.function_arn == f"acs:fc:cn-beijing:{ACCOUNT}:functions/echo"
    assert (function.state, function.last_update_status) == ("Active", "Successful")
    assert refused(lambda: client.get_function("nobody", models.GetFunctionRequest())) == (
        404,
        "FunctionNotFound",
    )


def test_list_triggers_and_get_trigger(client: Client) -> None:
    listed = client.list_triggers("echo", models.ListTriggersRequest()).body.triggers
    assert [(trigger.trigger_name, trigger.trigger_type) for trigger in listed] == [("photos", "oss")]
    trigger = client.get_trigger("tick", "tick").body
    assert json.loads(trigger.trigger_config) == {
        "cronExpression": "@every 60m",
        "enable": True,
        "payload": "p",
    }
    assert trigger.target_arn.endswith("functions/tick")
    assert refused(lambda: client.get_trigger("tick", "nothing")) == (404, "TriggerNotFound")


def test_the_url_of_an_http_trigger_reaches_it(client: Client) -> None:
    trigger = client.get_trigger("web", "h").body
    assert json.loads(trigger.trigger_config)["methods"] == ["GET", "HEAD", "POST", "DELETE"]
    answer = requests.get(trigger.http_trigger.url_internet + "x", timeout=20)
    assert answer.json()["rawPath"] == "/x"


def test_concurrency_is_the_templates(client: Client) -> None:
    assert client.get_concurrency_config("closed").body.reserved_concurrency == 0
    assert client.get_concurrency_config("echo").body.reserved_concurrency is None
    configs = client.list_concurrency_configs(models.ListConcurrencyConfigsRequest()).body.configs
    assert [config.function_arn.rpartition("/")[2] for config in configs] == ["closed"]


def test_the_asynchronous_configuration_is_the_templates(client: Client) -> None:
    config = client.get_async_invoke_config("echo", models.GetAsyncInvokeConfigRequest()).body
    assert (config.max_async_retry_attempts, config.max_async_event_age_in_seconds) == (2, 86_400)
    request = models.ListAsyncInvokeConfigsRequest(function_name="echo")
    (listed,) = client.list_async_invoke_configs(request).body.configs
    assert listed.function_arn == config.function_arn


def test_list_instances(client: Client) -> None:
    answer = client.invoke_function("tick", models.InvokeFunctionRequest(body=b"x"))
    instances = client.list_instances("tick", models.ListInstancesRequest()).body.instances
    assert answer.headers["x-fc-instance-id"] in [instance.instance_id for instance in instances]


def test_there_are_no_versions_and_aliases(client: Client) -> None:
    assert client.list_function_versions("echo", models.ListFunctionVersionsRequest()).body.versions == []
    assert client.list_aliases("echo", models.ListAliasesRequest()).body.aliases == []
    assert refused(lambda: client.get_alias("echo", "prod")) == (404, "AliasNotFound")


def test_without_an_account_nothing_can_be_created(client: Client) -> None:
    create = models.CreateFunctionRequest(
        body=models.CreateFunctionInput(function_name="new", handler="index.handler", runtime="python3.10")
    )
    assert refused(lambda: client.create_function(create)) == (403, "AccessDenied")
    assert refused(lambda: client.delete_function("echo")) == (403, "AccessDenied")


def test_every_operation_of_the_client_is_served_or_said_not_to_be(client: Client) -> None:
    known = {
        name.replace("_", "").removesuffix("withoptions")
        for name in dir(client)
        if name.endswith("with_options")
    }
    served = {operation.name for operation in OPERATIONS if operation.version == VERSION_2023}
    assert {name.lower() for name in served | REFUSED[VERSION_2023]} == known
    assert not served & REFUSED[VERSION_2023]
