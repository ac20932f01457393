"""What a deployer meets when things go wrong: failing resources, busy stacks, throttling, lost answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from aliyun_local.clock import ControlledClock
from aliyun_local.cloud import CloudOptions, LocalCloud
from aliyun_local.documented_error import OTHER_OPERATIONS
from aliyun_local.documented_errors import documented_errors
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.ros.errors import RosError
from aliyun_local.ros.http.api_operations import REFUSED
from aliyun_local.ros.http.operations import OPERATIONS
from aliyun_local.ros.kinds.stores import BucketKind
from aliyun_local.ros.state.records import Stack
from aliyun_local.ros.state.templates import Plan
from tests.contracts.ros.support import Deployer, template
from tests.contracts.ros.test_stacks import APPLICATION, bucket, buckets

THREE = template(
    {
        "One": bucket("bucket-one"),
        "Two": bucket("bucket-two", DependsOn="One"),
        "Three": bucket("bucket-three", DependsOn="Two"),
    }
)

FUNCTION = {"FunctionName": "f", "Runtime": "python3.10", "Handler": "index.handler"}


def control(cloud: LocalCloud, method: str, path: str, body: object = None) -> requests.Response:
    return requests.request(method, f"{cloud.url('ros')}/_control/{path}", json=body, timeout=20)


def test_a_resource_fails_as_often_as_it_is_told_to(cloud: LocalCloud, deployer: Deployer) -> None:
    failure = {
        "resource": "Two",
        "action": "CREATE",
        "code": "QuotaExceeded",
        "message": "no more",
        "times": 1,
    }
    assert control(cloud, "POST", "resource-failures", failure).status_code == 200
    stack_id = deployer.create("s", THREE)
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert "QuotaExceeded: no more" in shown["StatusReason"]
    assert buckets(cloud) == []
    deployer.delete(stack_id)
    assert deployer.status(deployer.create("s", THREE)) == "CREATE_COMPLETE"


def test_a_failed_update_goes_back_to_what_was(cloud: LocalCloud, deployer: Deployer) -> None:
    stack_id = deployer.create("faces", APPLICATION, Key="k")
    cloud.controls.resource_failures.arm("ALIYUN::FC3::Function", "UPDATE", code="InternalServerError")
    deployer.update(stack_id, APPLICATION, Key="k", Colour="blue")
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "ROLLBACK_COMPLETE"
    assert "InternalServerError" in shown["StatusReason"]
    assert cloud.compute.function("web").environment["COLOUR"] == "red"
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in shown["Parameters"]}
    assert parameters["Colour"] == "red"
    deployer.update(stack_id, APPLICATION, Key="k", Colour="blue")
    assert deployer.status(stack_id) == "UPDATE_COMPLETE"


def test_a_rollback_can_fail_too(cloud: LocalCloud, deployer: Deployer) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    cloud.controls.resource_failures.arm("*", code="ServiceUnavailable", times=None)
    opened = {"BucketName": "bucket-one", "AccessControl": "public-read"}
    deployer.update(stack_id, template({"One": {"Type": "ALIYUN::OSS::Bucket", "Properties": opened}}))
    assert deployer.status(stack_id) == "ROLLBACK_FAILED"
    assert control(cloud, "DELETE", "resource-failures").json() == {"resource_failures": []}
    deployer.delete(stack_id)
    assert buckets(cloud) == []


def test_a_wrong_failure_is_refused_with_what_it_may_be(cloud: LocalCloud) -> None:
    answer = control(cloud, "POST", "resource-failures", {"resource": "X", "code": "C", "action": "STOP"})
    assert (answer.status_code, "CREATE, UPDATE, DELETE" in answer.json()["error"]) == (400, True)


@pytest.fixture
def slow(tmp_path: Path) -> Callable[[], LocalCloud]:
    """A cloud whose resources take a minute each, on a clock that stands still."""

    def make() -> LocalCloud:
        clock = ControlledClock()
        clock.hold(1_767_225_600)
        options = CloudOptions(data=tmp_path / "data", ros_behaviour=RosBehaviour(resource_seconds=60))
        return LocalCloud(options, clock=clock)

    return make


def test_a_stack_takes_one_operation_at_a_time(slow: Callable[[], LocalCloud]) -> None:
    with slow() as cloud:
        deployer = Deployer(cloud)
        body = json.dumps(THREE)
        stack_id = deployer.call("CreateStack", StackName="s", TemplateBody=body)["StackId"]
        assert deployer.status(stack_id) == "CREATE_IN_PROGRESS"
        assert deployer.refused("DeleteStack", StackId=stack_id) == (409, "ActionInProgress")
        assert deployer.refused("UpdateStack", StackId=stack_id, TemplateBody=body) == (
            409,
            "ActionInProgress",
        )
        assert deployer.refused("CancelUpdateStack", StackId=stack_id) == (400, "NotSupported")


def test_an_operation_that_a_restart_interrupts_goes_on(slow: Callable[[], LocalCloud]) -> None:
    with slow() as cloud:
        call = {"StackName": "s", "TemplateBody": json.dumps(THREE)}
        stack_id = Deployer(cloud).call("CreateStack", **call)["StackId"]
    with slow() as cloud:
        deployer = Deployer(cloud)
        assert deployer.status(stack_id) == "CREATE_IN_PROGRESS"
        cloud.stacks.behaviour.resource_seconds = 0
        cloud.controls.clock.advance(3600)
        assert cloud.stacks.wait_until_idle(20)
        assert deployer.status(stack_id) == "CREATE_COMPLETE"
        assert buckets(cloud) == ["bucket-one", "bucket-three", "bucket-two"]


def test_what_a_killed_service_had_made_already_is_not_taken_for_anothers(
    slow: Callable[[], LocalCloud],
) -> None:
    with slow() as cloud:
        call = {"StackName": "s", "TemplateBody": json.dumps(template({"One": bucket("bucket-one")}))}
        stack_id = Deployer(cloud).call("CreateStack", **call)["StackId"]
    with slow() as cloud:
        cloud.objects.create_bucket("bucket-one")
        assert Deployer(cloud).resources(stack_id) == {"One": "CREATE_IN_PROGRESS"}
        cloud.controls.clock.advance(3600)
        assert cloud.stacks.wait_until_idle(20)
        assert Deployer(cloud).status(stack_id) == "CREATE_COMPLETE"


def test_a_cancelled_update_is_rolled_back(slow: Callable[[], LocalCloud]) -> None:
    with slow() as cloud:
        deployer = Deployer(cloud)
        cloud.stacks.behaviour.resource_seconds = 0
        stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
        cloud.stacks.behaviour.resource_seconds = 60
        deployer.call("UpdateStack", StackId=stack_id, TemplateBody=json.dumps(THREE))
        deployer.call("CancelUpdateStack", StackId=stack_id)
        cloud.stacks.behaviour.resource_seconds = 0
        cloud.controls.clock.advance(60)
        assert cloud.stacks.wait_until_idle(20)
        assert deployer.status(stack_id) == "ROLLBACK_COMPLETE"
        assert buckets(cloud) == ["bucket-one"]


def test_what_is_said_of_a_stack_does_not_undo_the_end_of_its_operation(
    slow: Callable[[], LocalCloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow() as cloud:
        deployer = Deployer(cloud)
        cloud.stacks.behaviour.resource_seconds = 0
        stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
        cloud.stacks.behaviour.resource_seconds = 60
        deployer.call("UpdateStack", StackId=stack_id, TemplateBody=json.dumps(THREE))
        read = cloud.stacks.stack

        def read_just_before_the_end(name: str) -> Stack:
            found = read(name)
            cloud.stacks.behaviour.resource_seconds = 0
            cloud.controls.clock.advance(60)
            assert cloud.stacks.wait_until_idle(20)
            return found

        monkeypatch.setattr(cloud.stacks, "stack", read_just_before_the_end)
        cloud.stacks.protect(stack_id, True)
        with pytest.raises(RosError, match="Cancelling"):
            cloud.stacks.cancel(stack_id)
        monkeypatch.undo()
        shown = deployer.call("GetStack", StackId=stack_id)
        assert (shown["Status"], shown["DeletionProtection"]) == ("UPDATE_COMPLETE", "Enabled")


def test_a_mistake_of_the_emulator_fails_the_resource_and_leaves_no_stack_busy(
    cloud: LocalCloud, deployer: Deployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(BucketKind, "create", mistaken)
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert "InternalError: ZeroDivisionError in the emulator" in shown["StatusReason"]
    monkeypatch.undo()
    monkeypatch.setattr(Plan, "outputs", mistaken)
    stack_id = deployer.create("t", template({"One": bucket("bucket-one")}))
    assert deployer.status(stack_id) == "CREATE_FAILED"
    deployer.delete(stack_id)
    assert buckets(cloud) == []


@pytest.mark.parametrize(
    ("kind", "properties", "code"),
    [
        ("ALIYUN::FC3::Trigger", {"TriggerName": "t", "TriggerType": "http"}, "FunctionNotFound"),
        ("ALIYUN::FC3::Function", {**FUNCTION, "Code": "x"}, "InvalidArgument"),
        ("ALIYUN::FC3::LayerVersion", {"Code": {"SourceCode": "x"}}, "InvalidArgument"),
        ("ALIYUN::OSS::Bucket", {}, "InvalidBucketName"),
        ("ALIYUN::OTS::Table", {}, "InvalidParameter"),
    ],
)
def test_a_resource_without_its_properties_fails_in_the_words_of_its_service(
    deployer: Deployer, kind: str, properties: dict[str, object], code: str
) -> None:
    stack_id = deployer.create("s", template({"One": {"Type": kind, "Properties": properties}}))
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert f"{code}: " in shown["StatusReason"]


def test_a_role_that_has_not_spread_yet_fails_the_trigger(cloud: LocalCloud, deployer: Deployer) -> None:
    cloud.controls.switches.set({"ros": {"role_propagation_seconds": 30}})
    stack_id = deployer.create("s", APPLICATION, Key="k")
    shown = deployer.call("GetStack", StackId=stack_id)
    assert shown["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert "AccessDenied" in shown["StatusReason"]


def test_throttled_calls_are_told_so_and_lost_answers_leave_their_effect(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    control(cloud, "POST", "faults", {"service": "ros", "operation": "GetStack", "kind": "throttle"})
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    assert deployer.refused("GetStack", StackId=stack_id) == (400, "Throttling.User")
    assert deployer.status(stack_id) == "CREATE_COMPLETE"
    cloud.controls.faults.drop("ros", "CreateStack")
    body = json.dumps(template({"Two": bucket("bucket-two")}))
    with pytest.raises(Exception, match=r"RemoteDisconnected|Connection aborted|Max retries"):
        deployer.call("CreateStack", StackName="t", TemplateBody=body)
    assert cloud.stacks.wait_until_idle(20)
    assert deployer.refused("CreateStack", StackName="t", TemplateBody=body) == (409, "StackExists")
    assert cloud.controls.requests("ros", "CreateStack")[-1].status == 409


def test_every_documented_error_arrives_at_the_client_as_it_is_documented(
    cloud: LocalCloud, deployer: Deployer
) -> None:
    table = documented_errors("ros")
    assert len(table) > 300
    for error in table:
        action = "DescribeRegions" if error.operation == OTHER_OPERATIONS else error.operation
        cloud.controls.faults.documented("ros", error)
        problem = deployer.problem(action)
        assert (problem.status_code, problem.code) == (error.status, error.code)
        assert error.example in problem.message
        assert len(cloud.controls.faults) == 0


def test_a_protected_stack_is_not_deleted(deployer: Deployer) -> None:
    stack_id = deployer.create("s", template({"One": bucket("bucket-one")}))
    deployer.call("SetDeletionProtection", StackId=stack_id, DeletionProtection="Enabled")
    assert deployer.refused("DeleteStack", StackId=stack_id) == (400, "NotSupported")
    deployer.call("SetDeletionProtection", StackId=stack_id, DeletionProtection="Disabled")
    deployer.delete(stack_id)


def test_operations_that_are_not_served_are_not_found(deployer: Deployer) -> None:
    assert deployer.refused("SignalResource") == (404, "InvalidAction.NotFound")
    assert not REFUSED & OPERATIONS.keys()
