"""Change sets: shown first, carried out on demand, driven by the official clients."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from aliyun_local.cloud import LocalCloud
from tests.contracts.ros.support import Deployer, given, template
from tests.contracts.ros.test_stacks import APPLICATION, bucket, buckets

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alibabacloud_ros20190910 import models
    from alibabacloud_ros20190910.client import Client


def change_set(deployer: Deployer, name: str, content: object, **more: object) -> str:
    body = json.dumps(content)
    answer = deployer.call("CreateChangeSet", ChangeSetName=name, TemplateBody=body, **more)
    return str(answer["ChangeSetId"])


def changes(deployer: Deployer, change_set_id: str) -> dict[str, dict[str, Any]]:
    shown = deployer.call("GetChangeSet", ChangeSetId=change_set_id)["Changes"]
    return {one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"] for one in shown}


def execute(deployer: Deployer, change_set_id: str) -> None:
    deployer.call("ExecuteChangeSet", ChangeSetId=change_set_id)
    assert deployer.cloud.stacks.wait_until_idle(30)


def test_a_new_stack_waits_for_the_execution_of_its_change_set(cloud: LocalCloud, deployer: Deployer) -> None:
    made = change_set(
        deployer, "first", template({"One": bucket("bucket-one")}), ChangeSetType="CREATE", StackName="s"
    )
    shown = deployer.call("GetChangeSet", ChangeSetId=made)
    stack_id = shown["StackId"]
    assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert deployer.status(stack_id) == "REVIEW_IN_PROGRESS"
    assert changes(deployer, made)["One"]["Action"] == "Add"
    assert buckets(cloud) == []
    execute(deployer, made)
    assert deployer.status(stack_id) == "CREATE_COMPLETE"
    assert buckets(cloud) == ["bucket-one"]
    assert deployer.refused("ExecuteChangeSet", ChangeSetId=made) == (400, "NotSupported")


def test_a_stack_that_waits_can_be_deleted(deployer: Deployer) -> None:
    made = change_set(deployer, "first", template({"One": bucket()}), ChangeSetType="CREATE", StackName="s")
    stack_id = deployer.call("GetChangeSet", ChangeSetId=made)["StackId"]
    deployer.delete(stack_id)
    assert deployer.refused("GetStack", StackId=stack_id) == (404, "StackNotFound")
    assert deployer.refused("GetChangeSet", ChangeSetId=made) == (404, "ChangeSetNotFound")


def test_the_changes_of_an_update_are_shown_and_then_made(cloud: LocalCloud, deployer: Deployer) -> None:
    before = template(
        {"Kept": bucket("bucket-kept"), "Moved": bucket("bucket-here"), "Gone": bucket("bucket-gone")}
    )
    stack_id = deployer.create("s", before)
    opened = {"BucketName": "bucket-kept", "AccessControl": "public-read"}
    after = template(
        {
            "Kept": {"Type": "ALIYUN::OSS::Bucket", "Properties": opened},
            "Moved": bucket("bucket-there"),
            "New": bucket("bucket-new"),
        }
    )
    made = change_set(deployer, "c", after, StackId=stack_id, ReplacementOption="Enabled")
    shown = changes(deployer, made)
    assert {name: one["Action"] for name, one in shown.items()} == {
        "Kept": "Modify",
        "Moved": "Modify",
        "New": "Add",
        "Gone": "Remove",
    }
    assert (shown["Kept"]["Replacement"], shown["Moved"]["Replacement"]) == ("False", "True")
    assert shown["Kept"]["ResourcePropertyChanges"] == [
        {"Property": "AccessControl", "Before": "private", "After": "public-read"}
    ]
    assert shown["Moved"]["Details"][0]["Target"]["RequiresRecreation"] == "Always"
    assert shown["Gone"]["PhysicalResourceId"] == "bucket-gone"
    assert buckets(cloud) == ["bucket-gone", "bucket-here", "bucket-kept"]
    execute(deployer, made)
    assert deployer.status(stack_id) == "UPDATE_COMPLETE"
    assert buckets(cloud) == ["bucket-kept", "bucket-new", "bucket-there"]


def test_secrets_are_not_shown(deployer: Deployer) -> None:
    stack_id = deployer.create("s", APPLICATION, Key="the-old-secret")
    made = change_set(deployer, "c", APPLICATION, StackId=stack_id, **given({"Key": "the-new-secret"}))
    answer = json.dumps(deployer.call("GetChangeSet", ChangeSetId=made, ShowTemplate=True))
    assert list(changes(deployer, made)) == ["Web"]
    assert "secret" not in answer
    assert "******" in answer


@pytest.mark.parametrize(
    ("status", "execution"), [("CREATE_FAILED", "UNAVAILABLE"), ("CREATE_COMPLETE", "AVAILABLE")]
)
def test_a_change_set_without_changes(
    cloud: LocalCloud, deployer: Deployer, status: str, execution: str
) -> None:
    cloud.controls.switches.set({"ros": {"empty_change_set": status}})
    stack_id = deployer.create("s", template({"One": bucket()}))
    made = change_set(deployer, "c", template({"One": bucket()}), StackId=stack_id)
    shown = deployer.call("GetChangeSet", ChangeSetId=made)
    assert (shown["Status"], shown["ExecutionStatus"], shown["Changes"]) == (status, execution, [])
    assert deployer.refused("ExecuteChangeSet", ChangeSetId=made) == (400, "NotSupported")


def test_a_change_set_is_obsolete_when_its_stack_has_changed(deployer: Deployer) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    old = change_set(deployer, "old", template({"Two": bucket("bucket-two")}), StackId=stack_id)
    deployer.update(stack_id, template({"Three": bucket("bucket-three")}))
    assert deployer.call("GetChangeSet", ChangeSetId=old)["ExecutionStatus"] == "OBSOLETE"
    assert deployer.refused("ExecuteChangeSet", ChangeSetId=old) == (400, "NotSupported")


def test_the_official_client_lists_and_deletes_change_sets(deployer: Deployer, client: Client) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    request = models.CreateChangeSetRequest(
        region_id="cn-beijing",
        stack_id=stack_id,
        change_set_name="c",
        change_set_type="UPDATE",
        template_body=json.dumps(template({"Two": bucket("bucket-two")})),
    )
    made = client.create_change_set(request).body.change_set_id
    listing = models.ListChangeSetsRequest(region_id="cn-beijing", stack_id=stack_id)
    listed = client.list_change_sets(listing).body.change_sets
    assert [(one.change_set_name, one.execution_status) for one in listed] == [("c", "AVAILABLE")]
    same = {"StackId": stack_id, "TemplateBody": json.dumps(template({"X": bucket()})), "ChangeSetName": "c"}
    assert deployer.refused("CreateChangeSet", **same) == (409, "ChangeSetExists")
    client.delete_change_set(models.DeleteChangeSetRequest(region_id="cn-beijing", change_set_id=made))
    assert client.list_change_sets(listing).body.change_sets == []
