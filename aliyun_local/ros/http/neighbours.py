"""What a deployer asks beside ROS: who is calling, and which services the account has switched on.

The first is the one call of another service, the Security Token Service (2015-04-01, "GetCallerIdentity"),
that deploying needs; it has the same form of calls, so it is answered at the same address. Called by
``responses``.
"""

from __future__ import annotations

from aliyun_local.ros.http.calls import Call
from aliyun_local.ros.http.documents import Document

STS_VERSION = "2015-04-01"
CALLER = "GetCallerIdentity"


def caller_identity(call: Call) -> Document:
    """Say that the account itself is calling: it has no users."""
    account = call.stacks.account_id
    return {
        "IdentityType": "Account",
        "AccountId": account,
        "PrincipalId": account,
        "UserId": account,
        "Arn": f"acs:ram::{account}:root",
    }


def get_service_provisions(call: Call) -> Document:
    """Say of each service whether it is switched on (ROS, "GetServiceProvisions")."""
    off = call.stacks.behaviour.services_off.split(",")
    names = [value for key, value in call.given.items() if key.endswith(".ServiceName")]
    return {"ServiceProvisions": [_provision(name, is_on=name not in off) for name in names]}


def _provision(name: str, *, is_on: bool) -> Document:
    if is_on:
        return {"ServiceName": name, "Status": "Enabled", "AutoEnableService": False}
    return {
        "ServiceName": name,
        "Status": "Disabled",
        "StatusReason": f"{name} is not opened.",
        "EnableURL": f"https://common-buy.aliyun.com/?commodityCode={name.lower()}",
        "AutoEnableService": False,
    }
