"""What a change set says, and what is refused of it."""

from __future__ import annotations

from typing import Any

import pytest

from local.stages.change_set import Change, changes_of, lines_of, losses, summary

BUCKET, TABLE, FUNCTION = "ALIYUN::OSS::Bucket", "ALIYUN::OTS::Table", "ALIYUN::FC3::Function"
RETAINED = {"Photos": {"Type": BUCKET, "DeletionPolicy": "Retain"}}


def modify(kind: str, replacement: str) -> Change:
    return Change(
        action="Modify", resource="Photos", kind=kind, replacement=replacement, properties=("Name",)
    )


def test_ros_document_becomes_changes_with_the_properties_that_change() -> None:
    document: list[dict[str, Any]] = [
        {"ResourceChange": {"Action": "Add", "LogicalResourceId": "A", "ResourceType": FUNCTION}},
        {
            "ResourceChange": {
                "Action": "Modify",
                "LogicalResourceId": "B",
                "ResourceType": FUNCTION,
                "Replacement": "Conditional",
                "Scope": ["Properties"],
                "Details": [{"Target": {"Name": "Layers"}}, {"Target": {"Name": "Layers"}}, {}],
            }
        },
        {"ResourceChange": {"Action": "Remove", "LogicalResourceId": "C", "ResourceType": TABLE}},
        {},
    ]
    changes = changes_of(document)
    assert [one.sign for one in changes] == ["+", "~", "-", "?"]
    assert changes[1].properties == ("Layers",)
    assert changes[1].replaces
    assert not changes[0].replaces


@pytest.mark.parametrize("kind", [BUCKET, TABLE, "ALIYUN::OTS::InstanceV2", "ALIYUN::OTS::Instance"])
@pytest.mark.parametrize(
    ("replacement", "is_lost"), [("True", True), ("Conditional", True), ("False", False)]
)
def test_no_store_is_replaced_though_it_is_retained(kind: str, replacement: str, is_lost: bool) -> None:
    assert bool(losses([modify(kind, replacement)], RETAINED)) is is_lost


def test_a_store_may_leave_the_stack_only_if_it_stays_in_the_account() -> None:
    change = Change(action="Remove", resource="Photos", kind=BUCKET)
    assert losses([change], RETAINED) == ()
    assert len(losses([change], {"Photos": {"Type": BUCKET}})) == 1
    assert len(losses([change], {})) == 1


def test_a_function_may_be_made_anew_and_its_line_says_so_in_red() -> None:
    change = modify(FUNCTION, "True")
    assert losses([change], {}) == ()
    ((text, style),) = lines_of([change], {})
    assert "made anew" in text
    assert "red" in style


def test_the_summary_counts_each_kind_of_change() -> None:
    changes = [modify(FUNCTION, "True"), modify(FUNCTION, "False")]
    assert summary(changes) == "2 to change, 1 of them made anew."
    assert summary([]) == "No change."
