"""Stacks from their creation to their deletion, driven by the official clients."""

from __future__ import annotations

import base64
import io
import json
import warnings
import zipfile
from pathlib import Path

import oss2
import pytest
import requests

from aliyun_local.cloud import CloudOptions, LocalCloud
from tests.contracts.ros.support import Deployer, template

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_ros20190910 import models
    from alibabacloud_ros20190910.client import Client

WEB = (
    "import json, os\n"
    "def handler(event, context):\n"
    "    return {'statusCode': 200, 'body': json.dumps([os.environ['COLOUR'], os.environ['KEY']])}\n"
)
COLLECT = "def handler(event, context):\n    print('got', event.decode())\n"


def bucket(name: str = "photos-of-people", **more: object) -> dict[str, object]:
    return {
        "Type": "ALIYUN::OSS::Bucket",
        "Properties": {"BucketName": name, "AccessControl": "private"},
        **more,
    }


def function(name: str, source: str, **more: object) -> dict[str, object]:
    properties = {
        "FunctionName": name,
        "Runtime": "python3.10",
        "Handler": "index.handler",
        "Code": {"SourceCode": source},
        "Timeout": 20,
        "MemorySize": 512,
        **more,
    }
    return {"Type": "ALIYUN::FC3::Function", "Properties": properties}


def buckets(cloud: LocalCloud) -> list[str]:
    return [one.name for one in cloud.objects.buckets().rows]


APPLICATION = template(
    {
        "Trigger": {
            "Type": "ALIYUN::FC3::Trigger",
            "Properties": {
                "FunctionName": {"Fn::GetAtt": ["Collect", "FunctionName"]},
                "TriggerName": "photos",
                "TriggerType": "oss",
                "InvocationRole": {"Fn::GetAtt": ["Role", "Arn"]},
                "SourceArn": {"Fn::Sub": "acs:oss:${ALIYUN::Region}:${ALIYUN::TenantId}:${Photos}"},
                "TriggerConfig": {
                    "events": ["oss:ObjectCreated:PutObject"],
                    "filter": {"key": {"prefix": "people/", "suffix": ""}},
                },
            },
        },
        "Photos": bucket(),
        "Role": {"Type": "ALIYUN::RAM::Role", "Properties": {"RoleName": "trigger"}},
        "Collect": function("collect", COLLECT),
        "Web": function(
            "web", WEB, EnvironmentVariables={"COLOUR": {"Ref": "Colour"}, "KEY": {"Ref": "Key"}}
        ),
        "Url": {
            "Type": "ALIYUN::FC3::Trigger",
            "Properties": {
                "FunctionName": {"Fn::GetAtt": ["Web", "FunctionName"]},
                "TriggerName": "http",
                "TriggerType": "http",
                "TriggerConfig": {"authType": "anonymous", "methods": ["GET"]},
            },
        },
    },
    Parameters={
        "Colour": {"Type": "String", "Default": "red"},
        "Key": {"Type": "String", "NoEcho": True},
    },
    Outputs={"Url": {"Value": {"Fn::GetAtt": ["Url", "UrlInternet"]}, "Description": "The pages"}},
)


def test_a_stack_that_was_created_answers_uploads_and_requests(cloud: LocalCloud, deployer: Deployer) -> None:
    stack_id = deployer.create("faces", APPLICATION, Key="the-secret")
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "CREATE_COMPLETE"
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in shown["Parameters"]}
    assert (parameters["Colour"], parameters["Key"]) == ("red", "******")
    assert parameters["ALIYUN::StackName"] == "faces"
    url = shown["Outputs"][0]["OutputValue"]
    assert requests.get(url, timeout=20).json() == ["red", "the-secret"]
    auth = oss2.Auth(cloud.account.access_key_id, cloud.account.access_key_secret)
    oss2.Bucket(auth, cloud.url("oss"), "photos-of-people").put_object("people/anna.jpg", b"x")
    assert cloud._deployment.wait_until_idle(30)
    assert any("people/anna.jpg" in line for line in cloud.compute.logs("collect"))


def test_resources_are_made_after_those_that_they_need(deployer: Deployer) -> None:
    stack_id = deployer.create("faces", APPLICATION, Key="k")
    events = deployer.events(stack_id)
    made = [name for name, status in events if status == "CREATE_COMPLETE"]
    assert events[0] == ("faces", "CREATE_IN_PROGRESS")
    assert events[-1] == ("faces", "CREATE_COMPLETE")
    for needed in ("Photos", "Role", "Collect"):
        assert made.index(needed) < made.index("Trigger")


def test_the_official_client_creates_reads_and_deletes(cloud: LocalCloud, client: Client) -> None:
    body = json.dumps(template({"Photos": bucket()}))
    request = models.CreateStackRequest(
        region_id="cn-beijing",
        stack_name="small",
        template_body=body,
        tags=[models.CreateStackRequestTags(key="k", value="v")],
    )
    stack_id = client.create_stack(request).body.stack_id
    assert cloud.stacks.wait_until_idle(20)
    shown = client.get_stack(models.GetStackRequest(region_id="cn-beijing", stack_id=stack_id)).body
    assert (shown.stack_name, shown.status) == ("small", "CREATE_COMPLETE")
    assert [(tag.key, tag.value) for tag in shown.tags] == [("k", "v")]
    listed = client.list_stacks(models.ListStacksRequest(region_id="cn-beijing", stack_name=["sm*"])).body
    assert [(one.stack_id, one.status) for one in listed.stacks] == [(stack_id, "CREATE_COMPLETE")]
    resource = client.get_stack_resource(
        models.GetStackResourceRequest(
            region_id="cn-beijing", stack_id=stack_id, logical_resource_id="Photos"
        )
    ).body
    assert (resource.physical_resource_id, resource.resource_type) == (
        "photos-of-people",
        "ALIYUN::OSS::Bucket",
    )
    found = client.get_template(models.GetTemplateRequest(region_id="cn-beijing", stack_id=stack_id)).body
    assert found.template_body == body
    client.delete_stack(models.DeleteStackRequest(region_id="cn-beijing", stack_id=stack_id))
    assert cloud.stacks.wait_until_idle(20)
    assert client.list_stacks(models.ListStacksRequest(region_id="cn-beijing")).body.stacks == []


@pytest.mark.parametrize("options", [{}, {"signature_algorithm": "v2"}], ids=["ACS3", "version 1"])
def test_both_signatures_are_checked(cloud: LocalCloud, options: dict[str, str]) -> None:
    assert Deployer(cloud, **options).call("ListStacks")["TotalCount"] == 0
    cloud.keys.add(cloud.account.access_key_id, "another secret")
    assert Deployer(cloud, **options).refused("ListStacks") == (400, "SignatureDoesNotMatch")


def test_unknown_keys_and_unsigned_calls_are_refused(cloud: LocalCloud) -> None:
    cloud.keys._secrets.clear()
    assert Deployer(cloud).refused("ListStacks") == (404, "InvalidAccessKeyId.NotFound")
    unsigned = requests.post(cloud.url("ros"), {"Action": "ListStacks", "Version": "2019-09-10"}, timeout=20)
    assert (unsigned.status_code, unsigned.json()["Code"]) == (400, "MissingAccessKeyId")
    assert set(unsigned.json()) == {"Code", "Message", "RequestId", "HostId"}


def test_an_update_changes_what_has_changed_and_nothing_else(deployer: Deployer) -> None:
    stack_id = deployer.create("faces", APPLICATION, Key="k")
    deployer.update(stack_id, APPLICATION, Key="k", Colour="blue")
    assert deployer.status(stack_id) == "UPDATE_COMPLETE"
    updated = [name for name, status in deployer.events(stack_id) if status == "UPDATE_COMPLETE"]
    assert updated == ["Web", "faces"]
    url = deployer.call("GetStack", StackId=stack_id)["Outputs"][0]["OutputValue"]
    assert requests.get(url, timeout=20).json() == ["blue", "k"]


def test_an_update_without_a_change_is_refused_and_its_dry_run_is_not(deployer: Deployer) -> None:
    stack_id = deployer.create("faces", APPLICATION, Key="k")
    same = {"StackId": stack_id, "TemplateBody": json.dumps(APPLICATION), "UsePreviousParameters": True}
    assert deployer.refused("UpdateStack", **same) == (400, "NotSupported")
    assert deployer.call("UpdateStack", **same, DryRun=True)["StackId"] == stack_id
    assert deployer.status(stack_id) == "CREATE_COMPLETE"


def test_what_the_template_no_longer_has_goes_and_what_is_new_comes(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one"), "Two": bucket("bucket-two")}))
    deployer.update(stack_id, template({"Two": bucket("bucket-two"), "Three": bucket("bucket-three")}))
    assert deployer.resources(stack_id) == {"Two": "CREATE_COMPLETE", "Three": "CREATE_COMPLETE"}
    assert buckets(cloud) == ["bucket-three", "bucket-two"]


def test_a_property_that_cannot_be_updated_fails_the_update_unless_replacement_is_allowed(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    stack_id = deployer.create("s", template({"Photos": bucket("bucket-one")}))
    deployer.update(stack_id, template({"Photos": bucket("bucket-two")}))
    assert deployer.status(stack_id) == "ROLLBACK_COMPLETE"
    assert "BucketName" in deployer.call("GetStack", StackId=stack_id)["StatusReason"]
    assert buckets(cloud) == ["bucket-one"]
    body = json.dumps(template({"Photos": bucket("bucket-two")}))
    deployer.call("UpdateStack", StackId=stack_id, TemplateBody=body, ReplacementOption="Enabled")
    assert cloud.stacks.wait_until_idle(20)
    assert deployer.status(stack_id) == "UPDATE_COMPLETE"
    assert buckets(cloud) == ["bucket-two"]


def test_names_that_are_taken_fail_the_creation_which_is_rolled_back(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    cloud.objects.create_bucket("bucket-two")
    stack_id = deployer.create(
        "s", template({"One": bucket("bucket-one"), "Two": bucket("bucket-two", DependsOn="One")})
    )
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert "BucketAlreadyExists" in shown["StatusReason"]
    assert ("Two", "CREATE_FAILED") in deployer.events(stack_id)
    assert buckets(cloud) == ["bucket-two"]
    assert deployer.refused(
        "UpdateStack", StackId=stack_id, TemplateBody=json.dumps(template({"One": bucket("bucket-x")}))
    ) == (400, "NotSupported")
    deployer.delete(stack_id)
    assert deployer.refused("GetStack", StackId=stack_id) == (404, "StackNotFound")
    assert buckets(cloud) == ["bucket-two"]


def test_without_rollback_a_failed_creation_stays_as_it_is(cloud: LocalCloud, deployer: Deployer) -> None:
    cloud.objects.create_bucket("bucket-two")
    body = json.dumps(template({"One": bucket("bucket-one"), "Two": bucket("bucket-two", DependsOn="One")}))
    stack_id = deployer.call("CreateStack", StackName="s", TemplateBody=body, DisableRollback=True)["StackId"]
    assert cloud.stacks.wait_until_idle(20)
    assert deployer.status(stack_id) == "CREATE_FAILED"
    assert deployer.resources(stack_id) == {"One": "CREATE_COMPLETE", "Two": "CREATE_FAILED"}


@pytest.mark.parametrize("keeps", [True, False])
def test_a_retained_resource_may_stay_when_a_creation_is_rolled_back(
    cloud: LocalCloud, deployer: Deployer, keeps: bool
) -> None:
    cloud.controls.switches.set({"ros": {"keeps_retained_on_rollback": keeps}})
    cloud.objects.create_bucket("bucket-two")
    resources = {
        "One": bucket("bucket-one", DeletionPolicy="Retain"),
        "Two": bucket("bucket-two", DependsOn="One"),
    }
    stack_id = deployer.create("s", template(resources))
    assert deployer.status(stack_id) == "CREATE_ROLLBACK_COMPLETE"
    names = buckets(cloud)
    assert names == (["bucket-one", "bucket-two"] if keeps else ["bucket-two"])


def test_a_bucket_with_content_is_not_deleted_and_the_deletion_can_be_tried_again(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one"), "Two": bucket("bucket-two")}))
    cloud.objects.put("bucket-one", "key", b"x")
    deployer.delete(stack_id)
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "DELETE_FAILED"
    assert "BucketNotEmpty" in shown["StatusReason"]
    assert deployer.resources(stack_id) == {"One": "DELETE_FAILED"}
    deployer.delete(stack_id, RetainResources=["One"])
    assert deployer.refused("GetStack", StackId=stack_id) == (404, "StackNotFound")
    assert buckets(cloud) == ["bucket-one"]


def test_retained_resources_outlive_their_stack(cloud: LocalCloud, deployer: Deployer) -> None:
    resources = {"Kept": bucket("bucket-kept", DeletionPolicy="Retain"), "Gone": bucket("bucket-gone")}
    stack_id = deployer.create("s", template(resources))
    deployer.delete(stack_id)
    assert buckets(cloud) == ["bucket-kept"]
    stack_id = deployer.create("s", template({"Gone": bucket("bucket-gone")}))
    deployer.delete(stack_id, RetainAllResources=True)
    assert buckets(cloud) == ["bucket-gone", "bucket-kept"]


def test_what_a_resource_needs_stays_where_that_cannot_be_deleted(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    resources = {"Needed": bucket("bucket-needed"), "Full": bucket("bucket-full", DependsOn="Needed")}
    stack_id = deployer.create("s", template(resources))
    cloud.objects.put("bucket-full", "key", b"x")
    deployer.delete(stack_id)
    assert deployer.resources(stack_id) == {"Needed": "CREATE_COMPLETE", "Full": "DELETE_FAILED"}
    assert buckets(cloud) == ["bucket-full", "bucket-needed"]


def test_a_resource_stays_by_the_policy_that_the_last_update_gave_it(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    deployer.update(stack_id, template({"One": bucket("bucket-one", DeletionPolicy="Retain")}))
    assert deployer.status(stack_id) == "UPDATE_COMPLETE"
    deployer.delete(stack_id)
    assert buckets(cloud) == ["bucket-one"]


def test_tables_are_made_in_their_instance_and_bar_its_deletion(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    resources = {
        "Instance": {"Type": "ALIYUN::OTS::InstanceV2", "Properties": {"InstanceName": "faces"}},
        "Jobs": {
            "Type": "ALIYUN::OTS::Table",
            "DependsOn": ["Instance"],
            "DeletionPolicy": "Retain",
            "Properties": {
                "InstanceName": "faces",
                "TableName": "jobs",
                "PrimaryKey": [{"Name": "id", "Type": "STRING"}],
                "TimeToLive": -1,
            },
        },
    }
    stack_id = deployer.create("s", template(resources))
    assert cloud.tables.list_tables("faces") == ["jobs"]
    deployer.delete(stack_id)
    assert deployer.resources(stack_id) == {"Instance": "DELETE_FAILED"}
    assert cloud.tables.list_tables("faces") == ["jobs"]


def test_a_layer_of_a_stack_is_replaced_when_its_code_changes(cloud: LocalCloud, deployer: Deployer) -> None:
    def layered(text: str) -> dict[str, object]:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(zipfile.ZipInfo("python/shade.py"), f"NAME = {text!r}")
        source = "def handler(event, context):\n    import shade\n    return shade.NAME\n"
        return template(
            {
                "Layer": {
                    "Type": "ALIYUN::FC3::LayerVersion",
                    "Properties": {
                        "LayerName": "shades",
                        "Code": {"ZipFile": base64.b64encode(made.getvalue()).decode()},
                    },
                },
                "Function": function("shade", source, Layers=[{"Fn::GetAtt": ["Layer", "LayerVersionArn"]}]),
            }
        )

    stack_id = deployer.create("s", layered("first"))
    assert cloud.compute.invoke("shade", b"").body == b"first"
    body = json.dumps(layered("second"))
    deployer.call("UpdateStack", StackId=stack_id, TemplateBody=body, ReplacementOption="Enabled")
    assert cloud.stacks.wait_until_idle(20)
    assert deployer.status(stack_id) == "UPDATE_COMPLETE"
    assert cloud.compute.invoke("shade", b"").body == b"second"


def test_two_stacks_have_two_names_and_their_resources_too(deployer: Deployer) -> None:
    deployer.create("s", APPLICATION, Key="k")
    assert deployer.refused("CreateStack", StackName="s", TemplateBody=json.dumps(APPLICATION)) == (
        409,
        "StackExists",
    )
    other = deployer.create("t", template({"Role": APPLICATION["Resources"]["Role"]}))  # type: ignore[index]
    assert deployer.status(other) == "CREATE_ROLLBACK_COMPLETE"


def test_wrong_templates_and_parameters_are_refused_before_anything_is_made(deployer: Deployer) -> None:
    wrong = [
        template({"X": {"Type": "ALIYUN::ECS::Instance"}}),
        template({"X": bucket(DependsOn="Nothing")}),
        template({"X": bucket("${Nothing}", DependsOn=["Y"]), "Y": bucket("bucket-y", DependsOn="X")}),
        template({"X": {"Type": "ALIYUN::OSS::Bucket", "Properties": {"BucketName": {"Ref": "Nothing"}}}}),
        {"Resources": {"X": bucket()}},
        "]",
    ]
    for one in wrong:
        body = one if isinstance(one, str) else json.dumps(one)
        assert deployer.refused("CreateStack", StackName="s", TemplateBody=body) == (
            400,
            "StackValidationFailed",
        )
    assert deployer.refused("CreateStack", StackName="s", TemplateBody=json.dumps(APPLICATION)) == (
        400,
        "StackValidationFailed",
    ), "Key has no default"
    assert deployer.refused("CreateStack", StackName="s") == (400, "MissingParameter")
    assert deployer.refused("CreateStack", StackName="-", TemplateBody="{}") == (400, "InvalidParameter")
    assert deployer.refused("CreateStack", StackName="s", TemplateBody="x" * 524_289) == (
        400,
        "InvalidTemplate",
    )
    assert deployer.call("ListStacks")["TotalCount"] == 0


def test_validate_template_returns_the_parameters(deployer: Deployer) -> None:
    checked = deployer.call("ValidateTemplate", TemplateBody=json.dumps(APPLICATION))
    assert [one["ParameterKey"] for one in checked["Parameters"]] == ["Colour", "Key"]
    assert checked["Outputs"] == [{"OutputKey": "Url"}]
    assert deployer.refused("ValidateTemplate", TemplateBody="[]") == (400, "StackValidationFailed")


def test_a_repeated_call_with_its_token_creates_one_stack(cloud: LocalCloud, deployer: Deployer) -> None:
    body = json.dumps(template({"One": bucket("bucket-one")}))
    call = {"StackName": "s", "TemplateBody": body, "ClientToken": "token"}
    first, second = (deployer.call("CreateStack", **call)["StackId"] for _ in range(2))
    assert first == second
    assert deployer.refused("CreateStack", **{**call, "StackName": "t"}) == (
        400,
        "InvalidIdempotenceParameter",
    )
    assert cloud.stacks.wait_until_idle(20)


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    options = CloudOptions(data=tmp_path / "data")
    with LocalCloud(options) as cloud:
        stack_id = Deployer(cloud).create("faces", APPLICATION, Key="k")
        url = Deployer(cloud).call("GetStack", StackId=stack_id)["Outputs"][0]["OutputValue"]
    with LocalCloud(options) as cloud:
        assert Deployer(cloud).status(stack_id) == "CREATE_COMPLETE"
        assert requests.get(url, timeout=20).json() == ["red", "k"]
        Deployer(cloud).delete(stack_id)
        assert list(cloud.compute.resources.functions) == []
