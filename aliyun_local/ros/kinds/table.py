"""Every type of resource that can be deployed, by its name.

Types without effect have the properties that name them; all others of theirs can be updated.
"""

from __future__ import annotations

from collections.abc import Mapping

from aliyun_local.ros.kinds.base import Kind
from aliyun_local.ros.kinds.functions import (
    AsynchronousKind,
    ConcurrencyKind,
    DomainKind,
    FunctionKind,
    LayerKind,
    TriggerKind,
)
from aliyun_local.ros.kinds.recorded import RoleKind
from aliyun_local.ros.kinds.stores import BucketKind, InstanceKind, LogstoreKind, TableKind

_EFFECTIVE: tuple[Kind, ...] = (
    BucketKind("ALIYUN::OSS::Bucket"),
    InstanceKind("ALIYUN::OTS::InstanceV2"),
    InstanceKind("ALIYUN::OTS::Instance"),
    TableKind("ALIYUN::OTS::Table"),
    FunctionKind("ALIYUN::FC3::Function"),
    TriggerKind("ALIYUN::FC3::Trigger"),
    ConcurrencyKind("ALIYUN::FC3::ConcurrencyConfig"),
    AsynchronousKind("ALIYUN::FC3::AsyncInvokeConfig"),
    LayerKind("ALIYUN::FC3::LayerVersion"),
    DomainKind("ALIYUN::FC3::CustomDomain"),
    RoleKind("ALIYUN::RAM::Role"),
    LogstoreKind("ALIYUN::SLS::Logstore"),
)
_RECORDED: tuple[Kind, ...] = (
    Kind("ALIYUN::RAM::ManagedPolicy", ("PolicyName",)),
    Kind("ALIYUN::RAM::AttachPolicyToRole", ("RoleName", "PolicyName")),
    Kind("ALIYUN::SLS::Project", ("Name",)),
    Kind("ALIYUN::SLS::Index", ("ProjectName", "LogstoreName")),
    Kind("ALIYUN::SLS::Alert", ("ProjectName",)),
    Kind("ALIYUN::SLS::Dashboard", ("ProjectName", "DashboardName")),
    Kind("ALIYUN::SLS::Etl"),
    Kind("ALIYUN::SLS::SavedSearch", ("Project",)),
    Kind("ALIYUN::CMS::Contact", ("ContactName",)),
    Kind("ALIYUN::CMS::ContactGroup", ("ContactGroupName",)),
    Kind("ALIYUN::CMS::MetricRuleTargets", ("RuleId",)),
    Kind("ALIYUN::CMS::ResourceMetricRule", ("RuleId",)),
    Kind("ALIYUN::CMS::ResourceMetricRules"),
    Kind("ALIYUN::CMS::GroupMetricRule", ("RuleId",)),
    Kind("ALIYUN::CMS::EventRule", ("RuleName",)),
    Kind("ALIYUN::CMS::EventRuleTargets", ("RuleName",)),
    Kind("ALIYUN::CMS::MonitorGroup", ("GroupName",)),
    Kind("ALIYUN::CMS::MonitorGroupInstances"),
    Kind("ALIYUN::CMS::SiteMonitor", ("TaskName",)),
    Kind("ALIYUN::EventBridge::EventBus", ("EventBusName",)),
    Kind("ALIYUN::EventBridge::Rule", ("EventBusName", "RuleName")),
    Kind("ALIYUN::MNS::Queue", ("QueueName",)),
    Kind("ALIYUN::MNS::Topic", ("TopicName",)),
    Kind("ALIYUN::MNS::Subscription", ("TopicName", "SubscriptionName")),
    Kind("ALIYUN::OSS::Domain", ("BucketName", "DomainName")),
    Kind("ALIYUN::OSS::BucketPolicy", ("BucketName",)),
    Kind("ALIYUN::FC3::VpcBinding", ("FunctionName", "VpcId")),
    Kind("ALIYUN::FC3::ProvisionConfig", ("FunctionName", "Qualifier")),
    Kind("ALIYUN::FC3::FunctionVersion"),
    Kind("ALIYUN::FC3::Alias", ("FunctionName", "AliasName")),
    Kind("ALIYUN::ROS::Sleep"),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (*_EFFECTIVE, *_RECORDED)}
