"""ROS's knowledge of resource types: the property that names a resource, and attributes made from its name.

``language`` asks for both when it evaluates ``Ref`` and ``Fn::GetAtt``.
"""

from __future__ import annotations

_NAMING_PROPERTY = {
    "ALIYUN::OTS::InstanceV2": "InstanceName",
    "ALIYUN::SLS::Project": "Name",
    "ALIYUN::FC3::ConcurrencyConfig": "FunctionName",
    "ALIYUN::FC3::AsyncInvokeConfig": "FunctionName",
    "ALIYUN::FC3::LayerVersion": "LayerName",
}


def naming_property(kind: str) -> str:
    """Return the property that holds the own name of a resource of the type ``kind``."""
    return _NAMING_PROPERTY.get(kind, kind.rpartition("::")[2] + "Name")


def derived_attribute(kind: str, attribute: str, *, own: str, region: str, account: str) -> str | None:
    """Return the attribute of a resource whose own name is ``own``; None if it is not known."""
    known = {
        ("ALIYUN::RAM::Role", "Arn"): f"acs:ram::{account}:role/{own.lower()}",
        ("ALIYUN::RAM::Role", "RoleId"): own,
        ("ALIYUN::FC3::Function", "ARN"): f"acs:fc:{region}:{account}:functions/{own}",
        ("ALIYUN::FC3::Function", "FunctionId"): own,
        ("ALIYUN::FC3::LayerVersion", "LayerVersionArn"): (
            f"acs:fc:{region}:{account}:layers/{own}/versions/1"
        ),
        ("ALIYUN::FC3::LayerVersion", "Version"): "1",
        ("ALIYUN::FC3::Trigger", "TriggerId"): own,
        ("ALIYUN::FC3::Trigger", "UrlInternet"): f"https://{own}.{region}.fcapp.run",
        ("ALIYUN::FC3::Trigger", "UrlIntranet"): f"https://{own}.{region}-internal.fcapp.run",
        ("ALIYUN::OSS::Bucket", "Name"): own,
        ("ALIYUN::OSS::Bucket", "DomainName"): f"{own}.oss-{region}.aliyuncs.com",
        ("ALIYUN::OSS::Bucket", "InternalDomainName"): f"{own}.oss-{region}-internal.aliyuncs.com",
    }
    if kind.startswith("ALIYUN::OTS::Instance"):
        known[kind, "PublicEndpoint"] = f"https://{own}.{region}.ots.aliyuncs.com"
        known[kind, "PrivateEndpoint"] = f"https://{own}.{region}.ots-internal.aliyuncs.com"
    return known.get((kind, attribute))
