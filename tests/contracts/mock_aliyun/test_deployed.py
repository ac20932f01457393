"""A template inside a mock: its stores alone, for handlers that a test calls, or everything."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from aliyun_local.mocking import MockCloud, mock_aliyun
from aliyun_local.samples import portrait
from functions import collect
from local.deployment import BUCKET_NAME, ENDPOINT_PARAMETERS, REQUIRED_PARAMETERS, TEMPLATE
from shared import assembly
from tests.emulators.dashscope.support import encoded

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import fc2
    from alibabacloud_fc20230330.client import Client
    from alibabacloud_fc20230330.models import InvokeFunctionRequest, ListFunctionsRequest
    from alibabacloud_tea_openapi.utils_models import Config

ACCOUNT = "1234567890123456"
ECHO_TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Endpoint: {Type: String}
  ApiKey: {Type: String}
Resources:
  Bucket:
    Type: ALIYUN::OSS::Bucket
    Properties: {BucketName: inbox}
  Echo:
    Type: ALIYUN::FC3::Function
    Properties:
      FunctionName: echo
      Handler: index.handler
      Runtime: python3.10
      Timeout: 20
      MemorySize: 512
      EnvironmentVariables: {ENDPOINT: {Ref: Endpoint}, API_KEY: {Ref: ApiKey}}
  Uploads:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: {'Fn::GetAtt': [Echo, FunctionName]}
      TriggerName: uploads
      TriggerType: oss
      SourceArn: acs:oss:cn-beijing:1234567890123456:inbox
      TriggerConfig: '{"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "in/", "suffix": ""}}}'
"""
CODE = """
def handler(event, context):
    print("got", event.decode())
    return event
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockCloud]:
    folder: Path = tmp_path_factory.mktemp("deployed")
    (folder / "template.yml").write_text(ECHO_TEMPLATE)
    (folder / "index.py").write_text(CODE)
    with mock_aliyun() as cloud:
        template = folder / "template.yml"
        cloud.deploy(template, code=folder, Endpoint="{dashscope}", ApiKey="{dashscope_api_key}")
        yield cloud


def test_parameters_name_addresses_that_processes_of_functions_reach(deployed: MockCloud) -> None:
    environment = deployed.function_compute.resources.functions["echo"].environment
    url = f"{environment['ENDPOINT']}/api/v1/fine-tunes"
    # By an address, as from another process: nothing intercepts it.
    assert url.startswith("http://127.0.0.1:")
    headers = {"Authorization": f"Bearer {environment['API_KEY']}"}
    assert requests.get(url, headers=headers, timeout=5).status_code == 200


def test_an_upload_by_production_host_name_fires_the_trigger(deployed: MockCloud, open_bucket: Any) -> None:
    bucket = open_bucket(name="inbox")
    bucket.put_object("in/a.txt", b"x")
    bucket.put_object("elsewhere/a.txt", b"x")
    deployed.wait_until_idle()
    lines = [line for line in deployed.function_compute.logs("echo") if line.startswith("got ")]
    events = [json.loads(line.removeprefix("got ")) for line in lines]
    assert [event["events"][0]["oss"]["object"]["key"] for event in events] == ["in/a.txt"]


def test_fc2_invokes_by_production_host_name(deployed: MockCloud) -> None:
    client = fc2.Client(
        endpoint=f"https://{ACCOUNT}.cn-beijing.fc.aliyuncs.com", accessKeyID="id", accessKeySecret="secret"
    )
    assert client.invoke_function("LATEST", "echo", payload=b"hello").data == b"hello"
    assert deployed.requests[-1].operation == "InvokeFunction"


@pytest.mark.parametrize("host", [f"{ACCOUNT}.cn-beijing.fc.aliyuncs.com", "fcv3.cn-beijing.aliyuncs.com"])
def test_the_client_of_2023_invokes_by_production_host_name(deployed: MockCloud, host: str) -> None:
    client = Client(Config(access_key_id="id", access_key_secret="secret", endpoint=host))
    answer = client.invoke_function("echo", InvokeFunctionRequest(body=b"hello"))
    assert answer.body.read() == b"hello"

    async def asynchronously() -> list[str]:
        listed = await client.list_functions_async(ListFunctionsRequest())
        return [function.function_name for function in listed.body.functions]

    assert asyncio.run(asynchronously()) == ["echo"]


def test_an_unsigned_call_of_the_api_is_refused(deployed: MockCloud) -> None:
    url = f"https://{ACCOUNT}.cn-beijing.fc.aliyuncs.com/2023-03-30/functions"
    assert requests.get(url, timeout=5).json()["Code"] == "AccessDenied"
    assert deployed.requests[-1].status == 403


def test_a_mock_has_one_deployment(deployed: MockCloud) -> None:
    with pytest.raises(RuntimeError, match="deployed already"):
        deployed.deploy(TEMPLATE)


def test_the_template_option_deploys_the_product_and_a_reset_deploys_it_again() -> None:
    parameters = {**REQUIRED_PARAMETERS, **ENDPOINT_PARAMETERS, "BucketName": "my-photos"}
    with mock_aliyun(template=TEMPLATE, parameters=parameters) as cloud:
        for _ in range(2):
            assert cloud.oss.bucket("my-photos").name == "my-photos"
            instance = cloud.resources.instances[0].name if cloud.resources else ""
            assert len(cloud.tablestore.list_tables(instance)) == 4
            assert len(cloud.function_compute.resources.functions) == 3
            cloud.oss.put("my-photos", "notes.txt", b"x")
            cloud.reset()
        assert cloud.oss.list_objects("my-photos").rows == []


def test_the_products_own_handler_runs_in_the_test_with_production_endpoints(
    mock_aliyun: MockCloud, open_bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock_aliyun.oss_behaviour.public_data_access = True
    resources = mock_aliyun.create_stores(TEMPLATE, **{**REQUIRED_PARAMETERS, "MinPhotos": 1})
    environment = next(
        function.environment for name, function in resources.functions.items() if name.endswith("collect")
    )
    assert environment["OSS_ENDPOINT"] == "https://oss-cn-beijing-internal.aliyuncs.com"
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(assembly, "_kept", {})
    given = SimpleNamespace(access_key_id="id", access_key_secret="secret", security_token=None)
    bucket = open_bucket(name=BUCKET_NAME)
    for key, content in (("1.jpg", encoded(portrait(1, size=(320, 400)))), ("_READY", b'{"photos": 1}')):
        bucket.put_object(f"people/王芳/{key}", content)
    outcomes = [
        collect.handler(event, SimpleNamespace(credentials=given)) for event in mock_aliyun.take_events()
    ]
    assert len(outcomes) == 2
    assert [entry.status for entry in mock_aliyun.dashscope.ledger()] == ["PENDING"]
