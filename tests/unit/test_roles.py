"""What the functions' roles allow in Tablestore: this stack's tables, and to write no more than is needed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from aliyun_local.template import Template
from local.packaging import ROOT

PARAMETERS = {
    "BucketName": "photos",
    "InstanceName": "facechain",
    "CodeBucket": "c",
    "CodeObject": "c",
    "DashScopeApiKey": "sk-1",
    "StatusToken": "t" * 16,
}
RESOURCES = Template.from_file(ROOT / "template.yml").resolve(PARAMETERS)
TABLES = [table.name for table in RESOURCES.tables]
INDEXES = [index.name for table in RESOURCES.tables for index in table.indexes]
READS = ("GetRow", "GetRange", "BatchGetRow")
WRITES = ("PutRow", "UpdateRow", "DeleteRow", "BatchWriteRow")


def allows(role: str, action: str, table: str, instance: str = "facechain") -> bool:
    """Whether the role may do this to a table, by RAM's rules for names."""
    arn = f"acs:ots:cn-beijing:1000000000000000:instance/{instance}/table/{table}"
    statements: list[dict[str, Any]] = [
        statement
        for policy in RESOURCES.properties[role]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    return any(
        f"ots:{action}" in statement["Action"] and any(fnmatchcase(arn, one) for one in statement["Resource"])
        for statement in statements
        if statement["Effect"] == "Allow"
    )


@pytest.mark.parametrize("table", [*TABLES, *INDEXES])
@pytest.mark.parametrize("role", ["FunctionRole", "StatusRole"])
def test_every_function_reads_every_table(role: str, table: str) -> None:
    assert all(allows(role, action, table) for action in READS)


@pytest.mark.parametrize("table", TABLES)
def test_the_function_that_the_internet_reaches_writes_requests_and_nothing_else(table: str) -> None:
    written = [action for action in WRITES if allows("StatusRole", action, table)]
    assert written == (["PutRow"] if table == "requests" else [])


@pytest.mark.parametrize("table", TABLES)
def test_the_other_functions_write_whole_rows(table: str) -> None:
    written = [action for action in WRITES if allows("FunctionRole", action, table)]
    assert written == ["PutRow", "DeleteRow", "BatchWriteRow"]


@pytest.mark.parametrize("role", ["FunctionRole", "StatusRole"])
@pytest.mark.parametrize("instance", ["facechain2", "facechain-prod", "facechain-test"])
def test_no_function_reaches_the_tables_of_another_stack(role: str, instance: str) -> None:
    assert not any(allows(role, action, "jobs", instance) for action in (*READS, *WRITES))
    assert not any(allows(role, "PutRow", "requests", instance) for _ in WRITES)


@pytest.mark.parametrize("token", ["", "a" * 16, "a" * 64])
def test_the_admin_token_is_none_or_long_and_reaches_one_function_alone(token: str) -> None:
    resources = Template.from_file(ROOT / "template.yml").resolve({**PARAMETERS, "AdminToken": token})
    given = {name: function.environment.get("ADMIN_TOKEN") for name, function in resources.functions.items()}
    assert {name.rpartition("-")[2]: value for name, value in given.items()} == {
        "collect": None,
        "reconcile": None,
        "status": token,
    }


def test_a_short_admin_token_is_refused() -> None:
    with pytest.raises(ValueError, match="AdminToken"):
        Template.from_file(ROOT / "template.yml").resolve({**PARAMETERS, "AdminToken": "short"})
