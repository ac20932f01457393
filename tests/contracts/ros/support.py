"""Calls of ROS by the generic client, with their parameters in the body of the request."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any

from aliyun_local.cloud import LocalCloud

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_tea_openapi.client import Client
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
    from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
    from darabonba.runtime import RuntimeOptions

WAIT_SECONDS = 30.0


class Deployer:
    """Calls operations of the API of 2019-09-10."""

    def __init__(self, cloud: LocalCloud, **options: str) -> None:
        self.cloud = cloud
        self._client = Client(
            Config(
                access_key_id=cloud.account.access_key_id,
                access_key_secret=cloud.account.access_key_secret,
                endpoint=cloud.url("ros").removeprefix("http://"),
                protocol="http",
                **options,
            )
        )

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        params = Params(
            action=action,
            version="2019-09-10",
            protocol="http",
            method="POST",
            auth_type="AK",
            style="RPC",
            pathname="/",
            req_body_type="formData",
            body_type="json",
        )
        body = flat({"RegionId": "cn-beijing", **parameters})
        answer = self._client.call_api(params, OpenApiRequest(body=body), RuntimeOptions(autoretry=False))
        content: dict[str, Any] = answer["body"]
        return content

    def refused(self, action: str, **parameters: object) -> tuple[int, str]:
        problem = self.problem(action, **parameters)
        return problem.status_code, problem.code

    def problem(self, action: str, **parameters: object) -> AlibabaCloudException:
        try:
            self.call(action, **parameters)
        except AlibabaCloudException as problem:
            return problem
        raise AssertionError(f"{action} was not refused")

    def create(self, name: str, template: object, **parameters: object) -> str:
        answer = self.call("CreateStack", StackName=name, TemplateBody=text(template), **given(parameters))
        assert self.cloud.stacks.wait_until_idle(WAIT_SECONDS)
        return str(answer["StackId"])

    def update(self, stack_id: str, template: object, **parameters: object) -> None:
        self.call("UpdateStack", StackId=stack_id, TemplateBody=text(template), **given(parameters))
        assert self.cloud.stacks.wait_until_idle(WAIT_SECONDS)

    def delete(self, stack_id: str, **more: object) -> None:
        self.call("DeleteStack", StackId=stack_id, **more)
        assert self.cloud.stacks.wait_until_idle(WAIT_SECONDS)

    def status(self, stack_id: str) -> str:
        return str(self.call("GetStack", StackId=stack_id)["Status"])

    def resources(self, stack_id: str) -> dict[str, str]:
        listed = self.call("ListStackResources", StackId=stack_id)["Resources"]
        return {one["LogicalResourceId"]: one["Status"] for one in listed}

    def events(self, stack_id: str) -> list[tuple[str, str]]:
        found = self.call("ListStackEvents", StackId=stack_id, PageSize=50)["Events"]
        return [(one["LogicalResourceId"], one["Status"]) for one in reversed(found)]


def given(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return template parameters as a call has them."""
    return {"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]}


def text(template: object) -> str:
    return template if isinstance(template, str) else json.dumps(template)


def template(resources: Mapping[str, object], **sections: object) -> dict[str, object]:
    return {"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources, **sections}


def flat(parameters: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Return lists and objects as numbered and dotted names, as RPC calls have them."""
    found: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            members = {str(number): member for number, member in enumerate(value, 1)}
            found |= flat(members, f"{prefix}{name}.")
        elif isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
