"""The operations that the official client of each version knows and this emulator does not serve.

The page of coverage and the contract tests compare them with the routing table in ``operations``.
"""

from __future__ import annotations

VERSION_2016 = "2016-08-15"
VERSION_2023 = "2023-03-30"

REFUSED: dict[str, frozenset[str]] = {
    VERSION_2016: frozenset(
        {
            "CreateService",
            "UpdateService",
            "DeleteService",
            "CreateFunction",
            "UpdateFunction",
            "DeleteFunction",
            "GetFunctionCode",
            "CreateTrigger",
            "UpdateTrigger",
            "DeleteTrigger",
            "CreateCustomDomain",
            "UpdateCustomDomain",
            "DeleteCustomDomain",
            "GetCustomDomain",
            "ListCustomDomains",
            "PublishVersion",
            "DeleteVersion",
            "CreateAlias",
            "UpdateAlias",
            "DeleteAlias",
            "TagResource",
            "UntagResource",
            "GetResourceTags",
            "ListReservedCapacities",
            "PutOnDemandConfig",
            "GetOnDemandConfig",
            "DeleteOnDemandConfig",
            "ListOnDemandConfig",
            "PutProvisionConfig",
            "GetProvisionConfig",
            "ListProvisionConfigs",
            "PutFunctionAsyncInvokeConfig",
            "DeleteFunctionAsyncInvokeConfig",
            "InstanceExec",
        }
    ),
    VERSION_2023: frozenset(
        {
            "ChangeResourceGroup",
            "CreateAlias",
            "CreateSession",
            "CreateSnapshot",
            "CreateVpcBinding",
            "DeleteAlias",
            "DeleteFunctionVersion",
            "DeleteProvisionConfig",
            "DeleteScalingConfig",
            "DeleteSession",
            "DeleteSnapshot",
            "DeleteVpcBinding",
            "DescribeRegions",
            "DisableFunctionInvocation",
            "EnableFunctionInvocation",
            "GetProvisionConfig",
            "GetScalingConfig",
            "GetSession",
            "GetSnapshot",
            "ListProvisionConfigs",
            "ListScalingConfigs",
            "ListSessions",
            "ListSnapshots",
            "ListTagResources",
            "ListVpcBindings",
            "PauseSession",
            "PublishFunctionVersion",
            "PutProvisionConfig",
            "PutScalingConfig",
            "ResumeSession",
            "StopAsyncTask",
            "TagResources",
            "UntagResources",
            "UpdateAlias",
            "UpdateSession",
        }
    ),
}
