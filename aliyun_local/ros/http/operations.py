"""The routing table: every operation of the API of 2019-09-10 that is served, by its name.

``responses`` finds operations in it, the page of coverage lists them. ``api_operations`` names the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aliyun_local.ros.http import change_set_calls, neighbours, reading_calls, stack_calls
from aliyun_local.ros.http.calls import Call
from aliyun_local.ros.http.documents import Document

VERSION = "2019-09-10"
OPERATIONS: Mapping[str, Callable[[Call], Document]] = {
    "CancelUpdateStack": stack_calls.cancel_update_stack,
    "ContinueCreateStack": stack_calls.continue_create_stack,
    "CreateChangeSet": change_set_calls.create_change_set,
    "CreateStack": stack_calls.create_stack,
    "DeleteChangeSet": change_set_calls.delete_change_set,
    "DeleteStack": stack_calls.delete_stack,
    "DescribeRegions": reading_calls.describe_regions,
    "ExecuteChangeSet": change_set_calls.execute_change_set,
    "GetChangeSet": change_set_calls.get_change_set,
    "GetServiceProvisions": neighbours.get_service_provisions,
    "GetStack": reading_calls.get_stack,
    "GetStackResource": reading_calls.get_stack_resource,
    "GetTemplate": reading_calls.get_template,
    "ListChangeSets": change_set_calls.list_change_sets,
    "ListStackEvents": reading_calls.list_stack_events,
    "ListStackResources": reading_calls.list_stack_resources,
    "ListStacks": reading_calls.list_stacks,
    "PreviewStack": stack_calls.preview_stack,
    "SetDeletionProtection": stack_calls.set_deletion_protection,
    "UpdateStack": stack_calls.update_stack,
    "ValidateTemplate": reading_calls.validate_template,
}
