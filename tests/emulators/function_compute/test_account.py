"""The rules for functions, triggers and layers that calls create."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.function_compute.account.models import Account
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.errors import FunctionNotFound, ResourceRefused
from aliyun_local.function_compute.running.deployed import Code, DeployedFunctions
from aliyun_local.template import Function, Resources
from tests.emulators.function_compute.support import keys_of

SOURCE = "def handler(event, context):\n    return event\n"
OF_TEMPLATE = Function(name="templates", handler="index.handler", runtime="python3.10")


def zipped(files: dict[str, str]) -> str:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return base64.b64encode(made.getvalue()).decode()


def no_object(bucket: str, key: str) -> bytes:
    raise LookupError(bucket, key)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    clock = ManualClock()
    resources = Resources(functions={"templates": OF_TEMPLATE})
    credentials = keys_of(clock).issue_sts
    deployed = DeployedFunctions(resources=resources, code=Code(folder=tmp_path), credentials=credentials)
    with FunctionCompute(deployed, clock) as compute:
        made = Account(compute, tmp_path / "data", no_object)
        yield made
        made.close()


def function(**members: Any) -> dict[str, Any]:
    code = {"zipFile": zipped({"index.py": SOURCE})}
    return {"functionName": "f", "runtime": "python3.10", "handler": "index.handler", "code": code, **members}


@pytest.mark.parametrize(
    "wrong",
    [
        {"functionName": "1f"},
        {"functionName": "x" * 65},
        {"runtime": "nodejs20"},
        {"handler": ""},
        {"memorySize": 100},
        {"memorySize": 129},
        {"timeout": 0},
        {"timeout": "3"},
        {"environmentVariables": {"A": 1}},
        {"code": {}},
        {"code": {"zipFile": "not base64"}},
        {"code": {"zipFile": base64.b64encode(b"not a zip").decode()}},
        {"code": {"zipFile": zipped({"index.py": SOURCE}), "checksum": "7"}},
        {"code": {"ossBucketName": "b", "ossObjectName": "missing"}},
        {"code": {"sourceCode": "#" * 4097}},
        {"layers": ["no ARN"]},
    ],
)
def test_a_wrong_function_is_refused_and_not_there(account: Account, wrong: dict[str, Any]) -> None:
    with pytest.raises(ResourceRefused) as caught:
        account.create_function(function(**wrong))
    assert (caught.value.status, caught.value.code) == (400, "InvalidArgument")
    assert account.find_function("f") is None


def test_the_names_of_a_zip_stay_below_its_folder(account: Account, tmp_path: Path) -> None:
    code = {"zipFile": zipped({"../../outside.py": "x", "/index.py": SOURCE})}
    account.create_function(function(code=code))
    assert [path for path in tmp_path.rglob("outside.py") if "packages" not in path.parts] == []
    assert not (tmp_path / "data" / "outside.py").exists()


def test_the_functions_of_the_template_are_its_own(account: Account) -> None:
    for change in (
        lambda: account.update_function("templates", {"timeout": 5}),
        lambda: account.delete_function("templates"),
        lambda: account.put_concurrency("templates", {"reservedConcurrency": 1}),
    ):
        with pytest.raises(ResourceRefused, match="template"):
            change()
    with pytest.raises(ResourceRefused, match="already exists"):
        account.create_function(function(functionName="templates"))
    with pytest.raises(FunctionNotFound):
        account.update_function("nobody", {})


def test_a_function_has_at_most_five_layers(account: Account) -> None:
    code = {"zipFile": zipped({"python/a.py": ""})}
    arns = [account.create_layer_version("l", {"code": code})["layerVersionArn"] for _ in range(6)]
    account.create_function(function(layers=arns[:5]))
    with pytest.raises(ResourceRefused, match="5 layers"):
        account.update_function("f", {"layers": arns})


def test_triggers_that_oss_refuses_side_by_side_are_refused(account: Account) -> None:
    account.create_function(function())
    config = {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "people/", "suffix": ""}}}
    trigger = {
        "triggerName": "a",
        "triggerType": "oss",
        "sourceArn": "acs:oss:cn-beijing:1:photos",
        "triggerConfig": config,
    }
    account.create_trigger("f", trigger)
    with pytest.raises(ResourceRefused, match="overlapping"):
        account.create_trigger("f", {**trigger, "triggerName": "b"})
    with pytest.raises(ResourceRefused, match="already exists"):
        account.create_trigger("f", trigger)
    elsewhere = {**trigger, "triggerName": "b", "sourceArn": "acs:oss:cn-beijing:1:other"}
    account.create_trigger("f", elsewhere)


@pytest.mark.parametrize(
    "wrong",
    [
        {"triggerType": "timer", "triggerConfig": {"cronExpression": "never"}},
        {"triggerType": "timer", "triggerConfig": "{"},
        {"triggerType": "oss", "sourceArn": "photos", "triggerConfig": {"events": ["x"]}},
        {"triggerType": "oss", "sourceArn": "acs:oss:cn-beijing:1:photos", "triggerConfig": {}},
        {"triggerType": "log", "triggerConfig": {}},
    ],
)
def test_a_wrong_trigger_is_refused(account: Account, wrong: dict[str, Any]) -> None:
    account.create_function(function())
    with pytest.raises(ResourceRefused) as caught:
        account.create_trigger("f", {"triggerName": "t", **wrong})
    assert caught.value.code == "InvalidArgument"


def test_an_update_keeps_what_it_does_not_name(account: Account) -> None:
    account.create_function(function(timeout=7, environmentVariables={"A": "1"}))
    changed = account.update_function("f", {"description": "d"})
    assert (changed["timeout"], changed["environmentVariables"]) == (7, {"A": "1"})
