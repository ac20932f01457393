"""A local cloud inside a program: empty, or with a template, and durable where a folder is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import requests

from aliyun_local.account import Account
from aliyun_local.cloud import Application, CloudOptions, LocalCloud, PortInUse
from aliyun_local.parameters import filled_in
from aliyun_local.template import TemplateError

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Endpoint: {Type: String}
  Token: {Type: String, MinLength: 16}
Resources:
  Bucket:
    Type: ALIYUN::OSS::Bucket
    Properties: {BucketName: inbox}
  Web:
    Type: ALIYUN::FC3::Function
    Properties:
      FunctionName: web
      Handler: index.handler
      Runtime: python3.10
      EnvironmentVariables: {ENDPOINT: {Ref: Endpoint}, TOKEN: {Ref: Token}}
  Url:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: {'Fn::GetAtt': [Web, FunctionName]}
      TriggerName: url
      TriggerType: http
      TriggerConfig: '{"authType": "anonymous", "methods": ["GET"]}'
Outputs:
  Address: {Value: {'Fn::GetAtt': [Url, UrlInternet]}}
"""
CODE = """
import os
def handler(event, context):
    return {"statusCode": 200, "body": os.environ["ENDPOINT"] + " " + os.environ["TOKEN"]}
"""


@pytest.fixture
def application(tmp_path: Path) -> Application:
    folder = tmp_path / "application"
    folder.mkdir()
    (folder / "template.yml").write_text(TEMPLATE)
    (folder / "index.py").write_text(CODE)
    parameters = {"Endpoint": "{oss}/x", "Token": "{token:web}"}
    return Application(template=folder / "template.yml", code=folder, parameters=parameters)


def test_an_empty_cloud_has_endpoints_and_no_http_trigger() -> None:
    with LocalCloud(CloudOptions()) as cloud:
        assert "HTTP_TRIGGER_URL" not in cloud.endpoints
        assert requests.get(cloud.endpoints["OSS_ENDPOINT"], timeout=5).status_code == 403
        headers = {"Authorization": f"Bearer {cloud.endpoints['DASHSCOPE_API_KEY']}"}
        url = f"{cloud.endpoints['DASHSCOPE_HTTP_BASE_URL']}/fine-tunes?model=facechain-finetune"
        assert requests.get(url, headers=headers, timeout=5).json()["output"]["total"] == 0


def test_a_template_is_deployed_with_endpoints_and_tokens_filled_in(application: Application) -> None:
    with LocalCloud(CloudOptions(), application) as cloud:
        assert cloud.objects.bucket("inbox").name == "inbox"
        assert cloud.resources.outputs["Address"].startswith("http://127.0.0.1")
        answer = requests.get(cloud.endpoints["HTTP_TRIGGER_URL"], timeout=30)
        assert answer.text == f"{cloud.url('oss')}/x {cloud.account.token('web')}"


def test_keys_and_data_survive_a_restart_and_a_reset_keeps_the_keys(
    application: Application, tmp_path: Path
) -> None:
    options = CloudOptions(data=tmp_path / "data")
    with LocalCloud(options, application) as cloud:
        account = cloud.account
        cloud.objects.put("inbox", "a.txt", b"x")
    with LocalCloud(options, application) as cloud:
        assert cloud.account == account
        assert [row.key for row in cloud.objects.list_objects("inbox").rows] == ["a.txt"]
        cloud.reset()
        assert cloud.objects.list_objects("inbox").rows == []
    with LocalCloud(options, application) as cloud:
        assert cloud.account == account


def test_a_cloud_that_cannot_start_lets_go_of_its_folder_and_its_ports(tmp_path: Path) -> None:
    (tmp_path / "template.yml").write_text("Resources: {Bucket: {Type: nonsense")
    broken = Application(template=tmp_path / "template.yml", code=tmp_path)
    with pytest.raises(TemplateError):
        LocalCloud(CloudOptions(data=tmp_path / "data"), broken)
    LocalCloud(CloudOptions(data=tmp_path / "data")).start().close()


def test_a_taken_port_names_the_endpoint() -> None:
    with LocalCloud(CloudOptions()) as first:
        port = int(first.url("ots").rpartition(":")[2])
        with pytest.raises(PortInUse, match=f"port {port} of 127.0.0.1 cannot be used for ots") as problem:
            LocalCloud(CloudOptions(ports={"ots": port}))
        assert problem.value.endpoint == "ots"


def test_the_public_door_of_oss_is_an_endpoint_like_the_others(application: Application) -> None:
    with LocalCloud(CloudOptions()) as first:
        port = int(first.url("oss_public").rpartition(":")[2])
        with pytest.raises(PortInUse, match="cannot be used for oss_public"):
            LocalCloud(CloudOptions(ports={"oss_public": port}))
    parameters = {**application.parameters, "Endpoint": "{oss_public}"}
    with LocalCloud(CloudOptions(), replace(application, parameters=parameters)) as cloud:
        (function,) = cloud.resources.functions.values()
        assert function.environment["ENDPOINT"] == cloud.url("oss_public") != cloud.url("oss")


ACCOUNT = Account(access_key_id="id", access_key_secret="secret", dashscope_api_key="sk-1")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{oss}", "http://o"),
        ("{oss}/{oss}", "http://o/http://o"),
        ("{oss_public}/{oss}", "http://p/http://o"),
        ("{access_key_id} {dashscope_api_key}", "id sk-1"),
        ("{unknown} {OSS} {", "{unknown} {OSS} {"),
        ("{token:status}", ACCOUNT.token("status")),
        ("{token} {oss:status}", "{token} {oss:status}"),
        (3, 3),
    ],
)
def test_names_in_braces_are_filled_in_and_other_braces_stay(given: object, expected: object) -> None:
    assert filled_in({"A": given}, {"oss": "http://o", "oss_public": "http://p"}, ACCOUNT) == {"A": expected}


def test_a_template_with_a_number_in_an_environment_is_refused_unless_that_is_asked_for(
    application: Application,
) -> None:
    application.template.write_text(TEMPLATE.replace("TOKEN: {Ref: Token}", "TOKEN: {Ref: Token}, DAYS: 7"))
    with pytest.raises(TemplateError, match=r"EnvironmentVariables\.DAYS: function 'web' .* a number"):
        LocalCloud(CloudOptions(), application)
    with LocalCloud(CloudOptions(text_environment=False), application) as cloud:
        assert cloud.resources.functions["web"].environment["DAYS"] == "7"


@pytest.mark.parametrize("default_domain", [True, False])
def test_answers_are_attachments_at_the_default_domain_only(
    application: Application, default_domain: bool
) -> None:
    options = CloudOptions() if default_domain else CloudOptions(default_domain=False)
    with LocalCloud(options, application) as cloud:
        answer = requests.get(cloud.url("http"), timeout=30)
        refused = requests.options(cloud.url("http"), headers={"Origin": "https://a.example"}, timeout=30)
    assert answer.headers.get("Content-Disposition") == ("attachment" if default_domain else None)
    assert (refused.status_code, refused.json()["ErrorCode"]) == (403, "AccessDenied")
