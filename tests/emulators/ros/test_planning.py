"""What a template changes: order, differences, replacements, and secrets that stay hidden."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from aliyun_local.ros.errors import RosError
from aliyun_local.ros.kinds.table import KINDS
from aliyun_local.ros.state.planning import as_change, differences
from aliyun_local.ros.state.records import Resource, Source
from aliyun_local.ros.state.templates import HIDDEN, Plan, Pseudo, shown_parameters

PSEUDO = Pseudo(region="cn-beijing", account_id="42", stack_id="id", stack_name="name")


def source(resources: dict[str, Any], **more: Any) -> Source:
    parameters = more.pop("values", {})
    document = {"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources, **more}
    return Source(template=json.dumps(document), parameters=parameters)


def plan(resources: dict[str, Any], **more: Any) -> Plan:
    return Plan(source(resources, **more), PSEUDO)


def bucket(name: object, **more: object) -> dict[str, Any]:
    return {"Type": "ALIYUN::OSS::Bucket", "Properties": {"BucketName": name, **more}}


def layer(description: object) -> dict[str, Any]:
    properties = {"LayerName": "l", "Description": description}
    return {"Type": "ALIYUN::FC3::LayerVersion", "Properties": properties}


def function(layers: list[object]) -> dict[str, Any]:
    properties = {"FunctionName": "f", "Layers": layers}
    return {"Type": "ALIYUN::FC3::Function", "Properties": properties}


def there(name: str, content: dict[str, Any], **attributes: str) -> Resource:
    return Resource(
        logical_id=name,
        physical_id=name.lower(),
        kind=content["Type"],
        status="CREATE_COMPLETE",
        properties=content["Properties"],
        attributes=attributes,
        created_at=0.0,
        updated_at=0.0,
    )


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "Last"},
        {"Fn::GetAtt": ["Last", "Name"]},
        {"Fn::GetAtt": "Last.Name"},
        {"Fn::Sub": "${Last}-x"},
        {"Fn::Sub": ["${a}-${Last.Name}", {"a": "b"}]},
        {"Fn::Join": ["", ["a", {"Ref": "Last"}]]},
    ],
)
def test_a_resource_comes_after_those_that_it_refers_to(reference: object) -> None:
    assert plan({"First": bucket("bucket-a", Tag=reference), "Last": bucket("bucket-b")}).names == [
        "Last",
        "First",
    ]


def test_resources_that_a_condition_leaves_out_are_needed_by_none() -> None:
    made = plan(
        {
            "Layer": {**layer("d"), "Condition": "Never"},
            "Function": function(
                [{"Fn::If": ["Never", {"Fn::GetAtt": ["Layer", "LayerVersionArn"]}, "arn"]}]
            ),
        },
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
    )
    assert made.names == ["Function"]
    assert made.properties("Function")["Layers"] == ["arn"]


def test_circles_are_refused() -> None:
    with pytest.raises(RosError, match="Circular"):
        plan({"A": bucket("x", Tag={"Ref": "B"}), "B": bucket("y", Tag={"Ref": "A"})})


def test_nothing_differs_from_what_is_there() -> None:
    content = bucket("b", LifecycleConfiguration={"Rule": [{"Days": 90}]})
    assert differences(plan({"B": content}), {"B": there("B", content)}) == []


def test_a_step_that_failed_is_done_again() -> None:
    content = bucket("b")
    failed = Resource(**{**vars(there("B", content)), "status": "UPDATE_FAILED"})
    assert [one.action for one in differences(plan({"B": content}), {"B": failed})] == ["Modify"]


def test_a_changed_property_is_updated_or_the_resource_replaced() -> None:
    before = {"A": there("A", bucket("a", AccessControl="private")), "B": there("B", bucket("b"))}
    found = differences(plan({"A": bucket("a", AccessControl="public-read"), "B": bucket("c")}), before)
    assert [(one.logical_id, one.changed, one.replacement) for one in found] == [
        ("A", ("AccessControl",), "False"),
        ("B", ("BucketName",), "True"),
    ]


def test_another_type_replaces_the_resource() -> None:
    found = differences(plan({"A": layer("d")}), {"A": there("A", bucket("a"))})
    assert (found[0].changed[0], found[0].replacement) == ("Type", "True")


def test_what_depends_on_a_replaced_resource_changes_too() -> None:
    arn = {"Fn::GetAtt": ["Layer", "LayerVersionArn"]}
    before = {
        "Layer": there("Layer", layer("old"), LayerVersionArn="arn-of-old"),
        "Function": there("Function", function(["arn-of-old"])),
    }
    found = differences(plan({"Layer": layer("new"), "Function": function([arn])}), before)
    assert [(one.logical_id, one.replacement) for one in found] == [("Layer", "True"), ("Function", "False")]
    details = as_change(found[1], set())["ResourceChange"]["Details"]
    assert details[0]["Evaluation"] == "Dynamic"


def test_a_replacement_that_another_one_decides_is_conditional() -> None:
    before = {
        "Layer": there("Layer", layer("old"), LayerVersionArn="arn-of-old"),
        "Other": there("Other", layer("arn-of-old")),
    }
    other = layer({"Fn::GetAtt": ["Layer", "LayerVersionArn"]})
    found = differences(plan({"Layer": layer("new"), "Other": other}), before)
    assert [(one.logical_id, one.replacement) for one in found] == [
        ("Layer", "True"),
        ("Other", "Conditional"),
    ]


def test_what_the_template_no_longer_has_goes_in_the_opposite_order() -> None:
    before = {name: there(name, bucket(name.lower())) for name in ("A", "B")}
    found = differences(plan({"C": bucket("c")}), before)
    assert [(one.logical_id, one.action) for one in found] == [("C", "Add"), ("B", "Remove"), ("A", "Remove")]


def test_changes_hide_secrets_that_json_writes_in_another_way() -> None:
    secret = 'with "quotes",\na line break and \\'
    found = differences(plan({"A": bucket("a", Tags=[{"Value": secret}])}), {"A": there("A", bucket("a"))})
    [change] = as_change(found[0], {secret})["ResourceChange"]["ResourcePropertyChanges"]
    assert change["After"] == '[{"Value": "' + HIDDEN + '"}]'


def test_changes_hide_secrets_also_within_longer_texts() -> None:
    before = {"A": there("A", bucket("a", Tags=[{"Key": "k", "Value": "the-old-secret"}]))}
    found = differences(plan({"A": bucket("a", Tags=[{"Key": "k", "Value": "the-new-secret"}])}), before)
    change = as_change(found[0], {"the-old-secret", "the-new-secret"})["ResourceChange"]
    assert change["ResourcePropertyChanges"] == [
        {
            "Property": "Tags",
            "Before": '[{"Key": "k", "Value": "' + HIDDEN + '"}]',
            "After": '[{"Key": "k", "Value": "' + HIDDEN + '"}]',
        }
    ]


def test_parameters_are_shown_with_those_of_ros_and_without_secrets() -> None:
    parameters = {"Open": {"Type": "String", "Default": "d"}, "Key": {"Type": "String", "NoEcho": True}}
    shown = shown_parameters(source({"A": bucket("a")}, Parameters=parameters, values={"Key": "s"}), PSEUDO)
    assert (shown["Open"], shown["Key"], shown["ALIYUN::StackName"]) == ("d", HIDDEN, "name")


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ({"Parameters": ["Key"]}, "Parameters"),
        ({"Parameters": {"Key": "String"}}, "Parameters.Key"),
        ({"Outputs": {"Url": "x"}}, "Outputs.Url"),
        ({"Outputs": "x"}, "Outputs"),
        ({"Conditions": True}, "Conditions"),
        ({"Resources": {"A": {**bucket("a"), "Properties": ["x"]}}}, "Resources.A.Properties"),
        ({"Resources": {"A": {**bucket("a"), "DependsOn": 1}}}, "Resources.A.DependsOn"),
        ({"Resources": {"A": {**bucket("a"), "DependsOn": [["B"]]}}}, "Resources.A.DependsOn"),
        ({"Resources": {"A": bucket({"Fn::GetAtt": []})}}, "Resources.A.Properties.BucketName"),
        ({"Resources": {"A": bucket({"Fn::GetAtt": [["B"], "Name"]})}}, "Resources.A.Properties.BucketName"),
        ({"Resources": {"A": bucket({"Fn::GetAtt": ["A", {}]})}}, "Resources.A.Properties.BucketName"),
        ({"Resources": {"A": bucket({"Fn::Sub": {}})}}, "Resources.A.Properties.BucketName"),
    ],
)
def test_a_template_of_another_form_is_refused_with_its_place(section: dict[str, Any], place: str) -> None:
    with pytest.raises(RosError, match=f"^{re.escape(place)}: ") as refused:
        plan(**{"resources": section.pop("Resources", {"A": bucket("a")}), **section}).check(KINDS)
    assert refused.value.code == "StackValidationFailed"
