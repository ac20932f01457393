"""What the roles of the template allow: what the code calls, on this stack's resources, and no more.

``PERMISSIONS`` has a line with a reason for each right. One test holds it against the template's policies,
another against the calls of the SDKs in ``shared/clients``.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any

import pytest

from aliyun_local.template import TemplateError
from local.packaging import ROOT
from tests.stack import PARAMETERS, TEMPLATE

APP = {**PARAMETERS, "AppName": "faces", "KeepFailedEvents": "on"}
RESOURCES = TEMPLATE.resolve(APP)
TABLES = [table.name for table in RESOURCES.tables]
INDEXES = [index.name for table in RESOURCES.tables for index in table.indexes]
READS = ("GetRow", "GetRange", "BatchGetRow")
WRITES = ("PutRow", "UpdateRow", "DeleteRow", "BatchWriteRow")
ACCOUNT = "1000000000000000"
OTS = f"acs:ots:cn-beijing:{ACCOUNT}:instance/facechain/table"
OSS = f"acs:oss:*:{ACCOUNT}:photos"
LOGS = f"acs:log:cn-beijing:{ACCOUNT}:project/faces-{ACCOUNT}/logstore/functions"
AUDIT = f"acs:log:cn-beijing:{ACCOUNT}:project/faces-{ACCOUNT}/logstore/audit"
FAILED = f"acs:mns:cn-beijing:{ACCOUNT}:/queues/faces-failed-events/messages"
COLLECT = f"acs:fc:cn-beijing:{ACCOUNT}:functions/faces-collect"

PERMISSIONS: dict[str, dict[str, dict[str, str]]] = {
    "CollectRole": {
        "oss:ListObjects": {OSS: "the photos of a set, entries of a zip, earlier results"},
        "oss:GetObject": {
            f"{OSS}/people/*": "HEAD before an upload is recorded; zips; the source of image processing",
            f"{OSS}/submissions/*": "a snapshot's header and pixels; URLs for DashScope have this right",
            f"{OSS}/results/*": "a person's earlier models, where the rows are lost",
        },
        "oss:PostProcessTask": {
            f"{OSS}/people/*": "OSS makes the snapshot of a photo",
            f"{OSS}/submissions/*": "snapshots that lie on their side",
        },
        "oss:PutObject": {
            f"{OSS}/people/*": "photos taken out of a zip",
            f"{OSS}/submissions/*": "snapshots: saved by OSS, copied for the next revision, cleaned",
        },
        "oss:DeleteObject": {
            f"{OSS}/submissions/*": "a snapshot that has been cleaned elsewhere; turned ones without a face"
        },
        "ots:GetRow": {
            f"{OTS}/jobs": "whether a write without an answer took effect",
            f"{OTS}/control": "slot and health, read again before they are written",
            f"{OTS}/requests": "whether the bell is rung, where consent is withdrawn",
        },
        "ots:BatchGetRow": {
            f"{OTS}/jobs": "the jobs beside the one that has just closed",
            f"{OTS}/seen": "whether names have been uploaded before",
        },
        "ots:GetRange": {
            f"{OTS}/jobs": "a person's revisions",
            f"{OTS}/jobs_in_hand": "the head of the queue, once a set has closed",
            f"{OTS}/seen": "a person's uploads, where many names are asked for",
        },
        "ots:PutRow": {
            f"{OTS}/jobs": "each move of a job",
            f"{OTS}/control": "the slot, once a set has closed; health; uploads that belong to nobody; "
            "how many have consented",
            f"{OTS}/requests": "the erasure of whoever withdraws consent",
        },
        "ots:BatchWriteRow": {f"{OTS}/seen": "what has been uploaded, many names at once"},
        "log:PostLogStoreLogs": {LOGS: "the platform writes the function's log with its role"},
        "mns:SendMessage": {
            FAILED: "with `KeepFailedEvents`: the platform keeps an event whose last try has failed"
        },
    },
    "ReconcileRole": {
        "oss:ListObjects": {OSS: "the sweep, the photos of a set, entries of a zip, earlier results"},
        "oss:GetObject": {
            f"{OSS}/people/*": "HEAD before an upload is recorded; zips; the source of image processing",
            f"{OSS}/submissions/*": "a snapshot's header and pixels; URLs for DashScope have this right",
            f"{OSS}/results/*": "a person's earlier models, where the rows are lost",
            f"{OSS}/templates/*": "templates of portraits, whose URLs for DashScope have this right",
            f"{OSS}/exports/*": "how far an export has come",
        },
        "oss:PostProcessTask": {
            f"{OSS}/people/*": "OSS makes the snapshot of a photo",
            f"{OSS}/submissions/*": "snapshots that lie on their side; the probe, with a picture of its own",
        },
        "oss:PutObject": {
            f"{OSS}/people/*": "photos taken out of a zip",
            f"{OSS}/submissions/*": "snapshots: saved by OSS, copied for the next revision, cleaned",
            f"{OSS}/results/*": "the result of a training",
            f"{OSS}/exports/*": "an export, in parts, and how far it has come",
        },
        "oss:DeleteObject": {
            f"{OSS}/people/*": "a photo that an administrator wants deleted; whoever is erased",
            f"{OSS}/submissions/*": "a snapshot that has been cleaned elsewhere; turned ones without a face; "
            "whoever is erased",
            f"{OSS}/results/*": "whoever is erased",
            f"{OSS}/exports/*": "an export, a day after it was made; whoever is erased",
        },
        "oss:AbortMultipartUpload": {f"{OSS}/exports/*": "an export that is not made to its end"},
        "oss:ListMultipartUploads": {OSS: "exports that are not made to their end"},
        "oss:GetBucketVersioning": {OSS: "whether the bucket keeps versions of whoever is erased"},
        "oss:ListObjectVersions": {OSS: "versions of whoever is erased"},
        "oss:DeleteObjectVersion": {
            f"{OSS}/people/*": "the same",
            f"{OSS}/submissions/*": "the same",
            f"{OSS}/results/*": "the same",
            f"{OSS}/exports/*": "the same",
        },
        "ots:GetRow": {
            f"{OTS}/jobs": "whether a write without an answer took effect",
            f"{OTS}/control": "slot and health, read again before they are written",
            f"{OTS}/requests": "whether somebody asks for something",
        },
        "ots:BatchGetRow": {
            f"{OTS}/jobs": "the jobs of a tick",
            f"{OTS}/control": "all that a tick starts from, in one call",
            f"{OTS}/requests": "whether somebody asks for something, in the same call",
            f"{OTS}/seen": "whether names have been uploaded before",
        },
        "ots:GetRange": {
            f"{OTS}/jobs": "a person's revisions",
            f"{OTS}/jobs_in_hand": "the work in hand",
            f"{OTS}/requests": "what is asked for",
            f"{OTS}/seen": "a person's uploads, where many names are asked for",
        },
        "ots:PutRow": {
            f"{OTS}/jobs": "each move of a job",
            f"{OTS}/control": "slot, health, sweep, how many have consented",
            f"{OTS}/requests": "the outcome of a request",
        },
        "ots:BatchWriteRow": {
            f"{OTS}/seen": "what has been uploaded, many names at once; whoever is erased",
            f"{OTS}/requests": "what was asked for about whoever is erased",
        },
        "ots:DeleteRow": {
            f"{OTS}/jobs": "whoever is erased",
            f"{OTS}/control": "the share links of whoever is erased",
        },
        "log:PostLogStoreLogs": {
            LOGS: "the platform writes the function's log with its role",
            AUDIT: "who has asked for what, once the outcome is known",
        },
    },
    "StatusRole": {
        "oss:GetObject": {
            f"{OSS}/people/*": "small pictures of the photos, which OSS makes for the pages; "
            "a person's consent",
            f"{OSS}/results/*/portraits/*": "portraits, on the pages",
            f"{OSS}/exports/*": "an export is handed out; its signed URL has this right",
        },
        "oss:PutObject": {
            f"{OSS}/people/*": "photos that are uploaded over HTTP, and their marker; "
            "consents that are given there"
        },
        "ots:GetRow": {
            f"{OTS}/control": "trouble, and uploads that belong to nobody",
            f"{OTS}/requests": "the outcome of a request",
        },
        "ots:BatchGetRow": {
            f"{OTS}/jobs": "the jobs of a page",
            f"{OTS}/control": "the slot and what blocks the queue",
            f"{OTS}/requests": "whether a request waits",
        },
        "ots:GetRange": {
            f"{OTS}/jobs": "a person's revisions",
            f"{OTS}/jobs_in_hand": "the queue, and a job's place in it",
            f"{OTS}/jobs_by_state": "the pages of all jobs, and of people by state",
            f"{OTS}/jobs_by_name": "the pages of people by name",
        },
        "ots:PutRow": {f"{OTS}/requests": "a request of an operator is written down; a tick carries it out"},
        "log:PostLogStoreLogs": {LOGS: "as above", AUDIT: "who looks at pictures, before they are shown"},
        "log:GetLogStoreLogs": {AUDIT: "`GET /audit`, for administrators"},
    },
    "TriggerRole": {"fc:InvokeFunction": {COLLECT: "OSS hands an upload on", f"{COLLECT}/*": "its versions"}},
}

ACTION_OF_CALL = {
    "head_object": "oss:GetObject",
    "get_object": "oss:GetObject",
    "process_object": "oss:PostProcessTask",
    "copy_object": "oss:PutObject",
    "put_object": "oss:PutObject",
    "delete_object": "oss:DeleteObject",
    "get_bucket_versioning": "oss:GetBucketVersioning",
    "list_object_versions": "oss:ListObjectVersions",
    "list_objects": "oss:ListObjects",
    "init_multipart_upload": "oss:PutObject",
    "upload_part": "oss:PutObject",
    "complete_multipart_upload": "oss:PutObject",
    "abort_multipart_upload": "oss:AbortMultipartUpload",
    "list_multipart_uploads": "oss:ListMultipartUploads",
    "sign_url": "oss:GetObject",
    "get_row": "ots:GetRow",
    "get_range": "ots:GetRange",
    "batch_get_row": "ots:BatchGetRow",
    "put_row": "ots:PutRow",
    "delete_row": "ots:DeleteRow",
    "batch_write_row": "ots:BatchWriteRow",
}
"""OSS, "RAM policies", and Tablestore, "Custom policies": the right that each call of an SDK needs."""
OF_ERASURES = {
    *("oss:GetBucketVersioning", "oss:ListObjectVersions", "ots:DeleteRow"),
    *("oss:AbortMultipartUpload", "oss:ListMultipartUploads"),
}
"""What ``reconcile`` alone does, for whoever is erased, and for exports."""


def permission_rows() -> list[str]:
    """The table of docs/template.md: resources that an action has for one reason stand in one row."""
    rows = []
    for role, actions in PERMISSIONS.items():
        for action, reasons in actions.items():
            for reason in dict.fromkeys(reasons.values()):
                named = [arn.split(":", 4)[4] for arn, why in reasons.items() if why == reason]
                shown = ", ".join(f"`{_shown(name)}`" for name in named)
                rows.append(f"| {role} | `{action}` | {shown} | {reason} |")
    return rows


def _shown(resource: str) -> str:
    shortened = resource.removeprefix("instance/facechain/").replace("photos", "BucketName")
    return shortened.replace("faces", "AppName").replace(ACCOUNT, "account")


def test_the_documentation_has_each_right_with_its_reason() -> None:
    page = (ROOT / "docs" / "template.md").read_text(encoding="utf-8")
    roles = tuple(f"| {role} " for role in PERMISSIONS)
    assert [line for line in page.splitlines() if line.startswith(roles)] == permission_rows()


def statements(role: str, resources: Any = RESOURCES) -> list[dict[str, Any]]:
    return [
        statement
        for policy in resources.properties[role]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def allows(role: str, action: str, table: str, instance: str = "facechain") -> bool:
    """Whether the role may do this to a table, by RAM's rules for names."""
    arn = f"acs:ots:cn-beijing:{ACCOUNT}:instance/{instance}/table/{table}"
    return any(
        f"ots:{action}" in statement["Action"] and any(fnmatchcase(arn, one) for one in statement["Resource"])
        for statement in statements(role)
        if statement["Effect"] == "Allow"
    )


@pytest.mark.parametrize("role", PERMISSIONS)
def test_each_right_of_a_role_has_a_reason_and_none_is_missing(role: str) -> None:
    given: defaultdict[str, set[str]] = defaultdict(set)
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            given[action] |= set(statement["Resource"])
    assert dict(given) == {action: set(reasons) for action, reasons in PERMISSIONS[role].items()}
    assert all(reason for reasons in PERMISSIONS[role].values() for reason in reasons.values())


def test_the_rights_are_those_of_the_calls_in_the_code() -> None:
    called = set()
    for path in sorted((ROOT / "shared" / "clients").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
                if (
                    owner in ("_bucket", "_public", "_client", "client", "bucket")
                    and node.attr in ACTION_OF_CALL
                ):
                    called.add(ACTION_OF_CALL[node.attr])
    of_the_platform = {"log:PostLogStoreLogs", "mns:SendMessage"}
    # A version is deleted by the call that deletes an object, with its id.
    assert called | {"oss:DeleteObjectVersion"} == set(PERMISSIONS["ReconcileRole"]) - of_the_platform
    assert called - OF_ERASURES == set(PERMISSIONS["CollectRole"]) - of_the_platform


@pytest.mark.parametrize("role", PERMISSIONS)
def test_no_right_is_for_any_action_or_any_resource(role: str) -> None:
    for statement in statements(role):
        assert not [action for action in statement["Action"] if "*" in action]
        for arn in statement["Resource"]:
            assert "*" not in arn.split(":", 4)[4] or arn.endswith("/*"), (
                "a name that only begins so is not ours"
            )


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("role", ["CollectRole", "ReconcileRole", "StatusRole"])
def test_an_index_is_read_by_ranges_alone_and_only_where_it_is_needed(role: str, index: str) -> None:
    allowed = {action for action in (*READS, *WRITES) if allows(role, action, index)}
    assert allowed == ({"GetRange"} if index == "jobs_in_hand" or role == "StatusRole" else set())


@pytest.mark.parametrize("table", TABLES)
def test_the_function_that_the_internet_reaches_writes_requests_and_nothing_else(table: str) -> None:
    written = [action for action in WRITES if allows("StatusRole", action, table)]
    assert written == (["PutRow"] if table == "requests" else [])


@pytest.mark.parametrize("table", TABLES)
def test_the_other_functions_write_whole_rows_and_one_alone_deletes_any(table: str) -> None:
    written = [action for action in WRITES if allows("ReconcileRole", action, table)]
    deleted = {"jobs": "DeleteRow", "control": "DeleteRow", "requests": "BatchWriteRow"}
    whole = ["BatchWriteRow"] if table == "seen" else ["PutRow"]
    assert written == [*whole, *([deleted[table]] if table in deleted else [])]
    written_by_collect = [action for action in WRITES if allows("CollectRole", action, table)]
    assert written_by_collect == whole


def test_the_audit_is_appended_to_by_two_functions_and_changed_by_none() -> None:
    on_audit = {
        role: {
            action
            for statement in statements(role)
            for action in statement["Action"]
            if any(fnmatchcase(AUDIT, one) for one in statement["Resource"])
        }
        for role in PERMISSIONS
    }
    assert on_audit == {
        "CollectRole": set(),
        "ReconcileRole": {"log:PostLogStoreLogs"},
        "StatusRole": {"log:PostLogStoreLogs", "log:GetLogStoreLogs"},
        "TriggerRole": set(),
    }


def test_no_function_takes_the_role_of_another() -> None:
    functions = ("CollectFunction", "ReconcileFunction", "StatusFunction")
    roles = [RESOURCES.properties[name]["Role"] for name in functions]
    assert roles == [f"acs:ram::{ACCOUNT}:role/faces-{name}" for name in ("collect", "reconcile", "status")]


def test_uploads_delete_no_photo_and_write_no_result() -> None:
    granted = {
        (action, resource.rpartition(":")[2])
        for statement in statements("CollectRole")
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    assert not granted & {("oss:DeleteObject", "photos/people/*"), ("oss:PutObject", "photos/results/*")}


@pytest.mark.parametrize("action", [*READS, *WRITES])
def test_uploads_may_ask_for_an_erasure_and_see_nothing_of_what_others_have_asked_for(action: str) -> None:
    # The bell is read by its key before it is rung; nobody can list the ids of requests with that.
    assert allows("CollectRole", action, "requests") == (action in ("GetRow", "PutRow"))


def test_without_the_queue_nobody_may_send_to_it() -> None:
    kept_nowhere = TEMPLATE.resolve({**APP, "KeepFailedEvents": "off"})
    assert not any("mns" in str(statement) for statement in statements("CollectRole", kept_nowhere))
    assert "DestinationConfig" not in kept_nowhere.properties["CollectAsync"]


@pytest.mark.parametrize("role", ["CollectRole", "ReconcileRole", "StatusRole"])
@pytest.mark.parametrize("instance", ["facechain2", "facechain-prod", "facechain-test"])
def test_no_function_reaches_the_tables_of_another_stack(role: str, instance: str) -> None:
    assert not any(allows(role, action, "jobs", instance) for action in (*READS, *WRITES))
    assert not any(allows(role, "PutRow", "requests", instance) for _ in WRITES)


@pytest.mark.parametrize("role", ["CollectRole", "ReconcileRole", "StatusRole"])
def test_no_function_reaches_a_table_of_others_in_an_instance_that_is_shared(role: str) -> None:
    assert not any(allows(role, action, "patients") for action in (*READS, *WRITES))


@pytest.mark.parametrize("name", ["faces-collect-billing", "faces-collector", "faces-reconcile"])
def test_the_trigger_calls_no_function_of_the_same_beginning(name: str) -> None:
    arn = f"acs:fc:cn-beijing:{ACCOUNT}:functions/{name}"
    allowed = [one for statement in statements("TriggerRole") for one in statement["Resource"]]
    assert not any(fnmatchcase(arn, one) for one in allowed)
    assert any(fnmatchcase(COLLECT, one) for one in allowed)


def test_the_trigger_may_be_bound_to_its_bucket_and_account() -> None:
    def trust(switch: str) -> Any:
        resources = TEMPLATE.resolve({**APP, "TriggerConditions": switch})
        return resources.properties["TriggerRole"]["AssumeRolePolicyDocument"]["Statement"][0]

    assert "Condition" not in trust("off")
    assert trust("on")["Condition"] == {
        "StringEquals": {
            "acs:SourceAccount": ACCOUNT,
            "acs:SourceArn": f"acs:oss:cn-beijing:{ACCOUNT}:photos",
        }
    }


@pytest.mark.parametrize("token", ["", "a" * 16, "a" * 64])
def test_the_admin_token_is_none_or_long_and_reaches_one_function_alone(token: str) -> None:
    resources = TEMPLATE.resolve({**APP, "AdminToken": token})
    given = {name: function.environment.get("ADMIN_TOKEN") for name, function in resources.functions.items()}
    assert {name.rpartition("-")[2]: value for name, value in given.items()} == {
        "collect": None,
        "reconcile": None,
        "status": token,
    }


def test_a_short_admin_token_is_refused() -> None:
    with pytest.raises(TemplateError, match="AdminToken"):
        TEMPLATE.resolve({**APP, "AdminToken": "short"})
