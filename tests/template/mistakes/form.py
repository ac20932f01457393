"""Deliberate mistakes in what ROS's resource types and its language of templates do not know."""

from __future__ import annotations

from tests.template.mistakes.mistake import Mistake

FORM: dict[str, Mistake] = {
    # -- names and types that ROS knows --
    "a property's name is misspelt": Mistake(
        "      MemorySize: 512\n      DiskSize: 512\n      Timeout: 120",
        "      MemorySise: 512\n      DiskSize: 512\n      Timeout: 120",
        "classes",
        "MemorySise: unknown property",
        "ROS refuses the stack, or makes the function with the default of another size.",
    ),
    "a property of a structure is misspelt": Mistake(
        "SSEAlgorithm: AES256",
        "SseAlgoritm: AES256",
        "classes",
        "SseAlgoritm: unknown property",
        "The bucket is made without encryption.",
    ),
    "a resource type does not exist": Mistake(
        "  CollectAsync:\n    Type: ALIYUN::FC3::AsyncInvokeConfig",
        "  CollectAsync:\n    Type: ALIYUN::FC3::AsyncConfig",
        "classes",
        "unknown resource type ALIYUN::FC3::AsyncConfig",
        "ROS refuses the stack.",
    ),
    "a required property is missing": Mistake(
        "        DisplayName: No good tick for 5 minutes\n",
        "",
        "classes",
        "display_name",
        "ROS refuses the stack.",
    ),
    "a number is a word": Mistake(
        "      ShardCount: 1\n",
        "      ShardCount: one\n",
        "classes",
        "shard",
        "ROS refuses the stack.",
    ),
    "a value is none of those allowed": Mistake(
        "AccessControl: private",
        "AccessControl: secret",
        "classes",
        "accessControl",
        "ROS refuses the stack.",
    ),
    "an instance's cluster type does not exist": Mistake(
        "ClusterType: SSD", "ClusterType: NVME", "classes", "clusterType", "ROS refuses the stack."
    ),
    "a vCPU count is beyond the limit": Mistake(
        "      Cpu: 0.35\n      MemorySize: 512\n      DiskSize: 512\n      Timeout: 30",
        "      Cpu: 32\n      MemorySize: 32768\n      DiskSize: 512\n      Timeout: 30",
        "classes",
        "cpu",
        "Function Compute refuses the function after half of the stack has been made.",
    ),
    # -- the language of templates --
    "a reference leads nowhere": Mistake(
        "OSS_BUCKET: {Ref: BucketName}",
        "OSS_BUCKET: {Ref: Bucket}",
        "validator",
        "Bucket",
        "ROS refuses the stack.",
    ),
    "an attribute does not exist": Mistake(
        "Value: {'Fn::GetAtt': [StatusTrigger, UrlInternet]}",
        "Value: {'Fn::GetAtt': [StatusTrigger, Url]}",
        "own",
        "no attribute 'Url'",
        "The stack is made and then fails at its outputs.",
    ),
    "a dependency does not exist": Mistake(
        "DependsOn: [StatusConcurrency]",
        "DependsOn: [StatusConcurency]",
        "validator",
        "StatusConcurency",
        "ROS refuses the stack.",
    ),
    "a condition does not exist": Mistake(
        "    Condition: NewInstance\n",
        "    Condition: NewInstances\n",
        "own",
        "no condition is called 'NewInstances'",
        "ROS refuses the stack.",
    ),
    "a deletion policy does not exist": Mistake(
        "    Condition: NewInstance\n    DeletionPolicy: Retain\n",
        "    Condition: NewInstance\n    DeletionPolicy: Keep\n",
        "validator",
        "DeletionPolicy|Keep",
        "ROS refuses the stack.",
    ),
    "a function of the language does not exist": Mistake(
        "LINGER_SECONDS: {'Fn::Str': {Ref: LingerSeconds}}",
        "LINGER_SECONDS: {'Fn::String': {Ref: LingerSeconds}}",
        "validator",
        "Fn::String",
        "ROS refuses the stack, or hands the mapping to the function as it is.",
    ),
    "a parameter's type does not exist": Mistake(
        "  AppName:\n    Type: String\n",
        "  AppName:\n    Type: Text\n",
        "own",
        "AppName: type 'Text'",
        "ROS refuses the stack.",
    ),
    "a parameter is described in one language": Mistake(
        "      zh-cn: 北京地域的 API Key。\n",
        "",
        "own",
        "DashScopeApiKey: it has no Description in en and zh-cn",
        "Half of those who fill the form in are left to guess.",
    ),
    "a parameter is in no group of the form": Mistake(
        "          - LinkKey\n",
        "",
        "own",
        "LinkKey is to stand in one group",
        "The console shows it at the end, among nothing that it belongs to.",
    ),
}
