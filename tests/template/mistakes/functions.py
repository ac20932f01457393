"""Deliberate mistakes in functions, their environment, and what calls them."""

from __future__ import annotations

from tests.template.mistakes.mistake import Mistake

FUNCTIONS: dict[str, Mistake] = {
    # -- environment --
    "a number reaches the environment as one": Mistake(
        "SWEEP_SECONDS: {'Fn::Str': {Ref: SweepSeconds}}",
        "SWEEP_SECONDS: {Ref: SweepSeconds}",
        "own",
        "SWEEP_SECONDS.* strings",
        "The environment is a map of strings; no document promises that ROS converts a number.",
    ),
    "a number stands in the environment": Mistake(
        "OTS_INSTANCE: {Ref: InstanceName}\n        LOG_ENDPOINT",
        "OTS_INSTANCE: 12\n        LOG_ENDPOINT",
        "own",
        "OTS_INSTANCE.* strings",
        "Function Compute takes strings alone.",
    ),
    "a variable is no setting": Mistake(
        "        KEPT_FINE_TUNES: {'Fn::Str': {Ref: KeptFineTunes}}\n        DELETE",
        "        KEEP_FINE_TUNES: {'Fn::Str': {Ref: KeptFineTunes}}\n        DELETE",
        "own",
        "KEEP_FINE_TUNES is no setting",
        "The operator sets a number that nothing reads.",
    ),
    "a setting without which nothing works is missing": Mistake(
        "        DASHSCOPE_API_KEY: {Ref: DashScopeApiKey}\n",
        "",
        "own",
        "set DASHSCOPE_API_KEY",
        "Every run ends at once.",
    ),
    "a default is none that the code takes": Mistake(
        "    Default: 20\n    MinValue: 1\n    MaxValue: 100000",
        "    Default: 0\n    MinValue: 0\n    MaxValue: 100000",
        "own",
        "KEPT_FINE_TUNES is '0'",
        "Every run ends at once.",
    ),
    # -- functions --
    "a handler is no file": Mistake(
        "from functions.reconcile import handler",
        "from functions.reconciler import handler",
        "own",
        "the zip has no functions/reconciler.py",
        "The stack is made and no run ever begins.",
    ),
    "a handler is no function of its file": Mistake(
        "from functions.status import handler",
        "from functions.__init__ import handler",
        "own",
        "defines no function handler",
        "The stack is made and every request is answered with an error.",
    ),
    "a handler is of no file": Mistake(
        "Handler: index.handler\n      Code:\n        SourceCode: |\n          import sys\n"
        "          sys.path.insert(0, '/opt/python')\n          from functions.status",
        "Handler: status.handler\n      Code:\n        SourceCode: |\n          import sys\n"
        "          sys.path.insert(0, '/opt/python')\n          from functions.status",
        "own",
        "the code of a function is index.py alone",
        "The stack is made and every request is answered with an error.",
    ),
    "a source is no Python": Mistake(
        "          from functions.reconcile import handler\n",
        "          from functions.reconcile import\n",
        "own",
        "the zip has no handler.py",
        "The stack is made and no run ever begins.",
    ),
    "a function has no layer": Mistake(
        "      Layers: *code-layers\n",
        "",
        "own",
        "Layers: without one",
        "The stack is made and no run ever begins.",
    ),
    "the layer is not put first": Mistake(
        "          sys.path.insert(0, '/opt/python')\n",
        "",
        "own",
        "/opt/python is not put first",
        "If the runtime's own libraries come first, its oss2 signs with V1, which new buckets refuse.",
    ),
    "the layer is one word": Mistake(
        "Layers: &code-layers\n        - Fn::If: [LayerFromBucket, "
        "{'Fn::GetAtt': [CodeLayerVersion, LayerVersionArn]}, {Ref: CodeLayer}]",
        "Layers: &code-layers\n        - [{Ref: 'ALIYUN::Region'}]",
        "models",
        "layers",
        "Function Compute refuses the function.",
    ),
    "the layer's zip is misspelt": Mistake(
        "      Code: {OssBucketName: {Ref: CodeBucket}, OssObjectName: {Ref: CodeObject}}",
        "      Code: {OssBucket: {Ref: CodeBucket}, OssObjectName: {Ref: CodeObject}}",
        "classes",
        "OssBucket",
        "ROS refuses the stack.",
    ),
    "memory and vCPUs do not go together": Mistake(
        "      MemorySize: 512\n      DiskSize: 512\n      Timeout: 60",
        "      MemorySize: 2048\n      DiskSize: 512\n      Timeout: 60",
        "own",
        "the ratio of GB to vCPUs must be from 1 to 4",
        "Function Compute refuses the function after half of the stack has been made.",
    ),
    "memory is no step of 64 MB": Mistake(
        "      MemorySize: 512\n      DiskSize: 512\n      Timeout: 60",
        "      MemorySize: 500\n      DiskSize: 512\n      Timeout: 60",
        "own",
        "MemorySize 500 is not a step",
        "Function Compute refuses the function.",
    ),
    "a time-out is beyond the service's limit": Mistake(
        "Timeout: 120",
        "Timeout: 90000",
        "own",
        "Timeout: 90000 is outside 1..86400",
        "Function Compute refuses the function.",
    ),
    "a time-out is longer than the code counts on": Mistake(
        "Timeout: 120",
        "Timeout: 600",
        "own",
        "the code counts on 120 seconds",
        "A run may still unpack a zip when the next one takes it for dead.",
    ),
    "a function has no bound": Mistake(
        "[ReconcileFunction, FunctionName]}\n      ReservedConcurrency: 1\n",
        "[CollectFunction, FunctionName]}\n      ReservedConcurrency: 1\n",
        "own",
        "ReconcileFunction: nothing bounds how many instances",
        "Ticks overlap by the hundred.",
    ),
    "a retry count is beyond the limit": Mistake(
        "MaxAsyncRetryAttempts: 8",
        "MaxAsyncRetryAttempts: 9",
        "own",
        "MaxAsyncRetryAttempts: 9 is outside 0..8",
        "ROS refuses the stack.",
    ),
    # -- triggers --
    "the uploads' prefix is missing": Mistake(
        "key: {prefix: people/, suffix: ''}",
        "key: {prefix: '', suffix: ''}",
        "own",
        "calls it again, without end",
        "Each snapshot that the function writes calls the function.",
    ),
    "the uploads' prefix is misspelt as a field": Mistake(
        "key: {prefix: people/, suffix: ''}",
        "key: {prefx: people/, suffix: ''}",
        "models",
        "prefx: unknown to the API",
        "The filter is left out, and each snapshot calls the function.",
    ),
    "the uploads' events are all of them": Mistake(
        "          - oss:ObjectCreated:PutObject\n",
        "          - oss:ObjectCreated:*\n",
        "own",
        "events are not",
        "Each part of a large upload calls the function before the object is there.",
    ),
    "one way of uploading is left out": Mistake(
        "          - oss:ObjectCreated:PostObject\n",
        "",
        "own",
        "events are not",
        "Photos from a browser's form wait for the sweep.",
    ),
    "OSS has no role": Mistake(
        "      InvocationRole: {'Fn::GetAtt': [TriggerRole, Arn]}\n",
        "",
        "own",
        "OSS has no role",
        "Function Compute refuses the trigger.",
    ),
    "the trigger listens to another bucket": Mistake(
        "      SourceArn: {'Fn::Sub': 'acs:oss:${ALIYUN::Region}:${ALIYUN::TenantId}:${BucketName}'}",
        "      SourceArn: {'Fn::Sub': 'acs:oss:${ALIYUN::Region}:${ALIYUN::TenantId}:code-of-faces'}",
        "own",
        "it listens to code-of-faces",
        "No upload is ever seen but by the sweep.",
    ),
    "the cron expression has five fields": Mistake(
        "cronExpression: '@every 1m'",
        "cronExpression: '*/1 * * * *'",
        "own",
        "cron",
        "Function Compute wants six, seconds first, and refuses the trigger.",
    ),
    "the cron expression is another interval": Mistake(
        "cronExpression: '@every 1m'",
        "cronExpression: '@every 5m'",
        "own",
        "the code counts on a tick every 60 seconds",
        "All that the code says about waiting is wrong by five.",
    ),
    "the timer's expression has another name": Mistake(
        "cronExpression: '@every 1m'",
        "cron: '@every 1m'",
        "own",
        "cronExpression: required but missing",
        "Function Compute refuses the trigger.",
    ),
    "the timer is off": Mistake(
        "enable: true", "enable: false", "own", "switched off", "Nothing is ever trained."
    ),
    "a method is missing": Mistake(
        "methods: [GET, HEAD, POST, PUT, DELETE, OPTIONS]",
        "methods: [GET, HEAD, POST, PUT, DELETE]",
        "own",
        "OPTIONS is missing; the platform answers 403",
        "No page of another site can use the API, whatever the code answers.",
    ),
    "the methods are one word": Mistake(
        "methods: [GET, HEAD, POST, PUT, DELETE, OPTIONS]",
        "methods: [[GET, HEAD, POST, PUT, DELETE, OPTIONS]]",
        "models",
        "methods",
        "Function Compute refuses the trigger.",
    ),
    "a switch of the HTTP trigger is a word": Mistake(
        "disableURLInternet: false",
        "disableURLInternet: never",
        "models",
        "disable_urlinternet",
        "Function Compute refuses the trigger.",
    ),
    "the platform checks tokens itself": Mistake(
        "authType: anonymous",
        "authType: function",
        "own",
        "lets no bearer token through",
        "Every reader is refused before the code can look at the token.",
    ),
    "the public URL comes before its limit": Mistake(
        "    DependsOn: [StatusConcurrency]\n",
        "",
        "own",
        "calls may come before the limit",
        "The bill has no bound until the limit is there, and for good if it fails.",
    ),
}
