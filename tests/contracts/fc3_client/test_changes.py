"""Functions, triggers, limits and layers that the client of 2023 creates, changes and deletes on a cloud."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import oss2
import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

from aliyun_local.cloud import CloudOptions, LocalCloud

WEB = """
import json, os, sys
def handler(event, context):
    import shade
    return {"statusCode": 200, "body": json.dumps([shade.NAME, os.environ.get("COLOUR")])}
"""
ECHO = "def handler(event, context):\n    print('got', event.decode())\n    return event\n"


def zipped(**files: str) -> str:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return base64.b64encode(made.getvalue()).decode()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(CloudOptions(data=tmp_path / "data")) as running:
        yield running


@pytest.fixture
def client(cloud: LocalCloud) -> Client:
    return client_of(cloud)


def client_of(cloud: LocalCloud) -> Client:
    return Client(
        Config(
            access_key_id=cloud.account.access_key_id,
            access_key_secret=cloud.account.access_key_secret,
            endpoint=cloud.url("fc").removeprefix("http://"),
            protocol="http",
        )
    )


def create(client: Client, name: str, source: str, **settings: object) -> models.Function:
    given = {"runtime": "python3.10", "handler": "index.handler", "timeout": 20, **settings}
    code = models.InputCodeLocation(zip_file=zipped(index=source))
    body = models.CreateFunctionInput(function_name=name, code=code, **given)
    return client.create_function(models.CreateFunctionRequest(body=body)).body


def publish(client: Client, name: str, **files: str) -> models.Layer:
    code = models.InputCodeLocation(zip_file=zipped(**files))
    body = models.CreateLayerVersionInput(code=code, compatible_runtime=["python3.10"], description="d")
    return client.create_layer_version(name, models.CreateLayerVersionRequest(body=body)).body


def add_trigger(client: Client, function: str, kind: str, config: object, **more: str) -> models.Trigger:
    body = models.CreateTriggerInput(
        trigger_name=kind, trigger_type=kind, trigger_config=json.dumps(config), **more
    )
    return client.create_trigger(function, models.CreateTriggerRequest(body=body)).body


def invoke(client: Client, name: str, event: str = "hello") -> str:
    request = models.InvokeFunctionRequest(body=io.BytesIO(event.encode()))
    return str(client.invoke_function(name, request).body.read().decode())


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value.status_code, caught.value.code


def test_a_function_runs_from_its_creation_to_its_deletion(client: Client) -> None:
    made = create(client, "echo", ECHO)
    assert (made.function_name, made.state, made.memory_size) == ("echo", "Active", 512)
    assert made.function_arn.endswith(":functions/echo")
    assert invoke(client, "echo") == "hello"
    assert refused(lambda: create(client, "echo", ECHO)) == (409, "FunctionAlreadyExists")
    client.delete_function("echo")
    assert refused(lambda: client.get_function("echo", models.GetFunctionRequest())) == (
        404,
        "FunctionNotFound",
    )


def test_new_code_runs_with_the_next_invocation(client: Client) -> None:
    create(client, "echo", ECHO)
    assert invoke(client, "echo") == "hello"
    code = models.InputCodeLocation(zip_file=zipped(index="def handler(event, context):\n    return 'new'\n"))
    body = models.UpdateFunctionInput(code=code, description="newer")
    changed = client.update_function("echo", models.UpdateFunctionRequest(body=body)).body
    assert (changed.description, changed.timeout) == ("newer", 20)
    assert invoke(client, "echo") == "new"


def test_the_code_of_a_function_can_be_fetched(client: Client) -> None:
    made = create(client, "echo", ECHO)
    found = client.get_function_code("echo", models.GetFunctionCodeRequest()).body
    assert found.checksum == made.code_checksum
    with zipfile.ZipFile(io.BytesIO(requests.get(found.url, timeout=20).content)) as archive:
        assert archive.read("index.py").decode() == ECHO


def test_code_comes_from_a_bucket(cloud: LocalCloud, client: Client) -> None:
    auth = oss2.Auth(cloud.account.access_key_id, cloud.account.access_key_secret)
    bucket = oss2.Bucket(auth, cloud.url("oss"), "code-of-functions")
    bucket.create_bucket()
    bucket.put_object("f.zip", base64.b64decode(zipped(index=ECHO)))
    code = models.InputCodeLocation(oss_bucket_name="code-of-functions", oss_object_name="f.zip")
    body = models.CreateFunctionInput(
        function_name="stored", runtime="python3.10", handler="index.handler", code=code
    )
    client.create_function(models.CreateFunctionRequest(body=body))
    assert invoke(client, "stored") == "hello"
    body.function_name, code.oss_object_name = "missing", "nothing.zip"
    assert refused(lambda: client.create_function(models.CreateFunctionRequest(body=body))) == (
        400,
        "InvalidArgument",
    )


def test_a_layer_is_found_by_the_functions_that_have_it(client: Client) -> None:
    first = publish(client, "shades", python__shade="NAME = 'first'")
    second = publish(client, "shades", python__shade="NAME = 'second'")
    assert (first.version, second.version) == (1, 2)
    create(client, "web", WEB, layers=[first.layer_version_arn])
    assert json.loads(json.loads(invoke(client, "web"))["body"]) == ["first", None]
    body = models.UpdateFunctionInput(
        layers=[second.layer_version_arn], environment_variables={"COLOUR": "red"}
    )
    changed = client.update_function("web", models.UpdateFunctionRequest(body=body)).body
    assert [layer.arn for layer in changed.layers] == [second.layer_version_arn]
    assert json.loads(json.loads(invoke(client, "web"))["body"]) == ["second", "red"]


def test_of_two_layers_the_first_one_goes_before_the_other(client: Client) -> None:
    layers = [
        publish(client, name, python__shade=f"NAME = {name!r}").layer_version_arn for name in ("a", "b")
    ]
    create(client, "web", WEB, layers=layers)
    assert json.loads(json.loads(invoke(client, "web"))["body"])[0] == "a"


def test_versions_of_layers_are_listed_read_and_deleted(client: Client) -> None:
    arns = [publish(client, "shades", python__shade=f"NAME = {n}").layer_version_arn for n in range(3)]
    create(client, "web", WEB, layers=[arns[2]])
    listed = client.list_layer_versions("shades", models.ListLayerVersionsRequest(limit=2)).body
    assert ([one.version for one in listed.layers], listed.next_version) == ([3, 2], 1)
    assert [one.version for one in client.list_layers(models.ListLayersRequest()).body.layers] == [3]
    assert client.get_layer_version_by_arn(arns[1]).body.version == 2
    assert client.get_layer_version("shades", "2").body.description == "d"
    client.put_layer_acl("shades", models.PutLayerACLRequest(acl="1"))
    assert client.get_layer_version("shades", "2").body.acl == "1"
    client.delete_layer_version("shades", "3")
    assert refused(lambda: client.get_layer_version("shades", "3")) == (404, "LayerVersionNotFound")
    assert json.loads(json.loads(invoke(client, "web"))["body"])[0] == 2, "a function keeps its layer"
    assert publish(client, "shades", python__shade="").version == 4, "no number comes twice"


def test_an_upload_runs_the_function_of_a_created_trigger(cloud: LocalCloud, client: Client) -> None:
    auth = oss2.Auth(cloud.account.access_key_id, cloud.account.access_key_secret)
    bucket = oss2.Bucket(auth, cloud.url("oss"), "photos-of-people")
    bucket.create_bucket()
    create(client, "echo", ECHO)
    config = {
        "events": ["oss:ObjectCreated:PutObject"],
        "filter": {"key": {"prefix": "people/", "suffix": ""}},
    }
    arn = f"acs:oss:cn-beijing:{cloud.functions._owner.account_id}:photos-of-people"
    add_trigger(client, "echo", "oss", config, source_arn=arn)
    bucket.put_object("people/anna.jpg", b"x")
    assert cloud._deployment.wait_until_idle(30)
    assert any("people/anna.jpg" in line for line in cloud.compute.logs("echo"))
    assert refused(lambda: client.delete_function("echo")) == (409, "FunctionNotEmpty")


def test_the_url_of_a_created_http_trigger_answers(client: Client) -> None:
    layer = publish(client, "shades", python__shade="NAME = 'web'")
    create(client, "web", WEB, layers=[layer.layer_version_arn])
    made = add_trigger(client, "web", "http", {"authType": "anonymous", "methods": ["GET"]})
    url = made.http_trigger.url_internet
    assert requests.get(url + "x", timeout=20).json() == ["web", None]
    body = models.UpdateTriggerInput(trigger_config=json.dumps({"authType": "anonymous", "methods": ["PUT"]}))
    client.update_trigger("web", "http", models.UpdateTriggerRequest(body=body))
    assert requests.get(url, timeout=20).status_code == 403
    assert requests.put(url, timeout=20).status_code == 200
    client.delete_trigger("web", "http")
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_limits_take_effect(cloud: LocalCloud, client: Client) -> None:
    create(client, "echo", ECHO)
    body = models.PutConcurrencyInput(reserved_concurrency=0)
    client.put_concurrency_config("echo", models.PutConcurrencyConfigRequest(body=body))
    assert refused(lambda: invoke(client, "echo")) == (429, "ResourceExhausted")
    client.delete_concurrency_config("echo")
    assert invoke(client, "echo") == "hello"
    retries = models.PutAsyncInvokeConfigInput(max_async_retry_attempts=1, max_async_event_age_in_seconds=60)
    client.put_async_invoke_config("echo", models.PutAsyncInvokeConfigRequest(body=retries))
    assert cloud.compute.function("echo").asynchronous.max_retries == 1
    client.delete_async_invoke_config("echo", models.DeleteAsyncInvokeConfigRequest())
    assert cloud.compute.function("echo").asynchronous.max_retries == 3


def test_a_custom_domain_is_recorded_without_its_private_key(cloud: LocalCloud, client: Client) -> None:
    certificate = models.CertConfig(cert_name="c", certificate="PEM", private_key="SECRET")
    body = models.CreateCustomDomainInput(
        domain_name="faces.example.com", protocol="HTTPS", cert_config=certificate
    )
    client.create_custom_domain(models.CreateCustomDomainRequest(body=body))
    assert client.get_custom_domain("faces.example.com").body.protocol == "HTTPS"
    listed = client.list_custom_domains(models.ListCustomDomainsRequest()).body.custom_domains
    assert [domain.domain_name for domain in listed] == ["faces.example.com"]
    client.update_custom_domain(
        "faces.example.com",
        models.UpdateCustomDomainRequest(body=models.UpdateCustomDomainInput(protocol="HTTP,HTTPS")),
    )
    stored = b"".join(path.read_bytes() for path in cloud._folder.path.rglob("account.sqlite*"))
    assert b"SECRET" not in stored
    client.delete_custom_domain("faces.example.com")
    assert refused(lambda: client.get_custom_domain("faces.example.com")) == (404, "DomainNameNotFound")


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    options = CloudOptions(data=tmp_path / "data")
    with LocalCloud(options) as cloud:
        client = client_of(cloud)
        layer = publish(client, "shades", python__shade="NAME = 'kept'")
        create(client, "web", WEB, layers=[layer.layer_version_arn])
        made = add_trigger(client, "web", "http", {"authType": "anonymous", "methods": ["GET"]})
    with LocalCloud(options) as cloud:
        assert requests.get(made.http_trigger.url_internet, timeout=20).json() == ["kept", None]
