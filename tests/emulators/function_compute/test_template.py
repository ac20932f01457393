"""Reading a template: values, conditions, typed views, and messages that name the place."""

from __future__ import annotations

import json

import pytest

from aliyun_local.template import Column, Function, Template, TemplateError

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Name: {Type: String, Default: app, AllowedPattern: '[a-z]+'}
  Seconds: {Type: Number, Default: 120, MinValue: 1}
  Secret: {Type: String, NoEcho: true, MinLength: 4}
  Endpoint: {Type: String, Default: ''}
Conditions:
  Public: {'Fn::Equals': [{Ref: Endpoint}, '']}
  Private: {'Fn::Not': Public}
  Short: {'Fn::MatchPattern': ['[a-z]{1,3}', {Ref: Name}]}
Rules:
  Region:
    Assertions:
      - Assert: {'Fn::Equals': [{Ref: ALIYUN::Region}, cn-beijing]}
        AssertDescription: Make it in cn-beijing.
  Names:
    RuleCondition: {'Fn::Not': Public}
    Assertions:
      - Assert: {'Fn::Not': {'Fn::MatchPattern': ['.*(ali|ots).*', {Ref: Name}]}}
        AssertDescription: No ali, no ots.
Mappings:
  Sizes: {small: {memory: 256}}
Resources:
  Bucket:
    Type: ALIYUN::OSS::Bucket
    Properties: {BucketName: {'Fn::Join': ['-', [{Ref: Name}, photos]]}}
  Instance:
    Type: ALIYUN::OTS::InstanceV2
    Properties: {InstanceName: tables}
  Table:
    Type: ALIYUN::OTS::Table
    Properties:
      InstanceName: !GetAtt Instance.InstanceName
      TableName: jobs
      PrimaryKey: [{Name: id, Type: STRING}, {Name: revision, Type: INTEGER}]
      Columns: [{Name: lane, Type: INTEGER}]
      SecondaryIndices: [{IndexName: by_lane, PrimaryKeys: [lane], Columns: []}]
      TimeToLive: -1
  Role:
    Type: ALIYUN::RAM::Role
    Properties: {RoleName: !Sub '${Name}-Role'}
  Function:
    Type: ALIYUN::FC3::Function
    DependsOn: Table
    Properties:
      FunctionName: !Sub '${Name}-collect'
      Runtime: python3.10
      Handler: functions.collect.handler
      MemorySize: !FindInMap [Sizes, small, memory]
      Timeout: 60
      Role: !GetAtt [Role, Arn]
      EnvironmentVariables:
        SECONDS: {'Fn::Str': !Ref Seconds}
        BUCKET: !Ref Bucket
        SECRET: !Ref Secret
        LITERAL: !Sub '${!Name}'
        ENDPOINT: {'Fn::If': [Public, !Sub 'https://${Instance}.${ALIYUN::Region}.x', !Ref Endpoint]}
        ROLE: {'Fn::GetAtt': [Role, Arn]}
        NONE: {'Fn::If': [Private, 'true', {Ref: 'ALIYUN::NoValue'}]}
        SHORT: {'Fn::If': [Short, short, long]}
  Limit:
    Type: ALIYUN::FC3::ConcurrencyConfig
    Properties: {FunctionName: !GetAtt Function.FunctionName, ReservedConcurrency: 1}
  Async:
    Type: ALIYUN::FC3::AsyncInvokeConfig
    Properties: {FunctionName: !GetAtt Function.FunctionName, MaxAsyncRetryAttempts: 5}
  Upload:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: !GetAtt Function.FunctionName
      TriggerName: upload
      TriggerType: oss
      SourceArn: !Sub 'acs:oss:${ALIYUN::Region}:${ALIYUN::TenantId}:${Bucket}'
      TriggerConfig: {events: ['oss:ObjectCreated:*'], filter: {key: {prefix: people/, suffix: ''}}}
  Tick:
    Type: ALIYUN::FC3::Trigger
    Condition: Public
    Properties:
      FunctionName: !GetAtt Function.FunctionName
      TriggerName: tick
      TriggerType: timer
      TriggerConfig: {cronExpression: '@every 1m', enable: true, payload: ''}
  Http:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: !GetAtt Function.FunctionName
      TriggerName: http
      TriggerType: http
      TriggerConfig: {authType: anonymous, methods: [GET]}
Outputs:
  Url: {Value: !GetAtt Http.UrlInternet}
"""
SECRET = {"Secret": "hunter2"}


def changed(old: str, new: str) -> Template:
    assert old in TEMPLATE
    return Template.from_text(TEMPLATE.replace(old, new, 1))


def test_functions_come_with_environment_limits_and_retries() -> None:
    resources = Template.from_text(TEMPLATE).resolve(SECRET, {"ALIYUN::TenantId": "42"})
    function = resources.functions["app-collect"]
    assert (function.handler, function.timeout_seconds, function.memory_mb) == (
        "functions.collect.handler",
        60,
        256,
    )
    assert function.environment == {
        "SECONDS": "120",
        "BUCKET": "app-photos",
        "SECRET": "hunter2",
        "LITERAL": "${Name}",
        "ENDPOINT": "https://tables.cn-beijing.x",
        "ROLE": "acs:ram::42:role/app-role",
        "SHORT": "short",
    }
    assert function.reserved_concurrency == 1
    assert (function.asynchronous.max_retries, function.asynchronous.max_age_seconds) == (5, 86_400)


def test_triggers_buckets_and_tables_are_typed() -> None:
    resources = Template.from_text(TEMPLATE).resolve(SECRET)
    (oss,), (timer,), (http,) = resources.oss_triggers, resources.timer_triggers, resources.http_triggers
    assert (oss.bucket, oss.prefix, oss.suffix, oss.function) == ("app-photos", "people/", "", "app-collect")
    assert (timer.cron, timer.enabled, timer.payload) == ("@every 1m", True, "")
    assert (http.auth_type, http.methods) == ("anonymous", ("GET",))
    assert [bucket.name for bucket in resources.buckets] == ["app-photos"]
    assert [instance.name for instance in resources.instances] == ["tables"]
    (table,) = resources.tables
    assert table.primary_key == (Column(name="id", type="STRING"), Column(name="revision", type="INTEGER"))
    assert table.columns == (Column(name="lane", type="INTEGER"),)
    assert (table.indexes[0].name, table.indexes[0].primary_key) == ("by_lane", ("lane",))


def test_parameters_and_conditions_choose() -> None:
    resources = Template.from_text(TEMPLATE).resolve({**SECRET, "Endpoint": "http://here", "Seconds": "7"})
    environment = resources.functions["app-collect"].environment
    assert (environment["ENDPOINT"], environment["SECONDS"], environment["NONE"]) == (
        "http://here",
        "7",
        "true",
    )
    assert resources.timer_triggers == ()


def test_a_rule_that_is_broken_refuses_the_deployment_with_its_description() -> None:
    template = Template.from_text(TEMPLATE)
    with pytest.raises(TemplateError, match=r"Rules.Region: Make it in cn-beijing\."):
        template.resolve(SECRET, {"ALIYUN::Region": "cn-hangzhou"})


def test_a_rule_with_a_condition_is_checked_where_the_condition_holds() -> None:
    template = Template.from_text(TEMPLATE)
    template.resolve({**SECRET, "Name": "bots"})
    with pytest.raises(TemplateError, match=r"Rules.Names: No ali, no ots\."):
        template.resolve({**SECRET, "Name": "bots", "Endpoint": "http://here"})


def test_a_pattern_matches_the_whole_value() -> None:
    environment = Template.from_text(TEMPLATE).resolve({**SECRET, "Name": "longer"}).functions
    assert environment["longer-collect"].environment["SHORT"] == "long"


def test_attributes_that_only_a_deployment_knows_can_be_given() -> None:
    template = Template.from_text(TEMPLATE)
    resources = template.resolve(SECRET, attributes={"Http.UrlInternet": "http://127.0.0.1:1"})
    assert resources.outputs == {"Url": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("value", "kind", "becomes"),
    [
        ("!Ref Seconds", "a number", "120"),
        ("1.5", "a number", "1.5"),
        ("true", "a boolean", "true"),
        ("{'Fn::If': [Public, !Ref Seconds, '']}", "a number", "120"),
        ("[a]", "a list", '["a"]'),
    ],
)
def test_an_environment_variable_that_is_no_text_is_refused_by_its_name(
    value: str, kind: str, becomes: str
) -> None:
    template = changed("SECONDS: {'Fn::Str': !Ref Seconds}", f"SECONDS: {value}")
    message = f"Function.*EnvironmentVariables.SECONDS: function 'app-collect' .* this is {kind}"
    with pytest.raises(TemplateError, match=message):
        template.resolve(SECRET)
    friendly = template.resolve(SECRET, text_environment=False)
    assert friendly.functions["app-collect"].environment["SECONDS"] == becomes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "!Ref Seconds",
            "!Ref Name",
            "Function.*EnvironmentVariables.SECONDS: Fn::Str takes a number, not 'app'",
        ),
        ("!Ref Seconds", "true", "SECONDS: Fn::Str takes a number, not True"),
        ("['[a-z]{1,3}', {Ref: Name}]", "['[a-z]{1,3}']", "Short: Fn::MatchPattern"),
        ("ALIYUN::Region}, cn-beijing", "ALIYUN::Regio}, cn-beijing", "Rules.Region: Ref to unknown"),
        ("!Ref Bucket", "!Ref Buckets", "Function.*EnvironmentVariables.BUCKET: Ref to unknown 'Buckets'"),
        ("${Name}-collect", "${Nme}-collect", "Function.*FunctionName: Ref to unknown 'Nme'"),
        ("[Role, Arn]", "[Roles, Arn]", "Function.*Role: Fn::GetAtt of unknown resource 'Roles'"),
        ("[Role, Arn]", "[Role, Urn]", "Role .*has no attribute 'Urn'"),
        ("[Public, !Sub", "[Publik, !Sub", "ENDPOINT: no condition is called 'Publik'"),
        ("'Fn::Not': Public", "'Fn::Not': Private", "Conditions.Private: refers to itself"),
        ("DependsOn: Table", "DependsOn: Tables", "Function.DependsOn: no resource"),
        ("Timeout: 60", "Timeout: abc", "Timeout: 'abc' should be a number"),
        ("Timeout: 60", "Timeout: 86401", "Timeout: 86401 is outside"),
        ("Handler: functions.collect.handler", "Memory: 1", "Handler: required but missing"),
        ("TriggerType: timer", "TriggerType: timr", "TriggerType: 'timr' has no local counterpart"),
        ("small, memory", "large, memory", "Fn::FindInMap finds no 'large'"),
        ("'acs:oss:", "'acs:ots:", "SourceArn: .* is not acs:oss"),
        ("[{Name: id, Type: STRING}", "[{Name: id}", r"PrimaryKey\[0\]: Name and Type are needed"),
        ("!Sub '${Name}-Role'", "{'Fn::Shout': x}", "RoleName: Fn::Shout is not known"),
        ("!GetAtt Function.FunctionName, Res", "other, Res", "Limit.*the template has no function 'other'"),
        ("{BucketName: {", "{BucketName: {Ref: Bucket}, X: {", "Bucket.*refers to itself"),
    ],
)
def test_a_mistake_is_named_with_its_resource_and_property(old: str, new: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        changed(old, new).resolve(SECRET)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "Parameters.Secret: a value is needed"),
        ({**SECRET, "Nme": "x"}, "Parameters.Nme: the template has no such parameter"),
        ({**SECRET, "Seconds": "x"}, "Parameters.Seconds: 'x' is not a number"),
        ({**SECRET, "Seconds": 0}, "Parameters.Seconds: 0 is outside"),
        ({**SECRET, "Name": "A1"}, "Parameters.Name: 'A1' does not match"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        Template.from_text(TEMPLATE).resolve(parameters)


def test_a_secret_parameter_is_not_shown_in_the_message() -> None:
    with pytest.raises(TemplateError) as caught:
        Template.from_text(TEMPLATE).resolve({"Secret": "abc"})
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "Resources: 1", "Resources: {A: 1}", "Resources: {A: {}}", ""]
)
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        Template.from_text(text)


@pytest.mark.parametrize(
    ("events", "prefix", "suffix", "refused"),
    [
        ("oss:ObjectCreated:PutObject", "people/a", "", True),
        ("oss:ObjectCreated:*", "", "jpg", True),
        ("oss:ObjectRemoved:DeleteObject", "people/", "", False),
        ("oss:ObjectCreated:PutObject", "results/", "", False),
    ],
)
def test_triggers_that_oss_would_not_take_side_by_side_are_refused(
    events: str, prefix: str, suffix: str, refused: bool
) -> None:
    key = {"prefix": prefix, "suffix": suffix}
    second = f"""
  Second:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: !GetAtt Function.FunctionName
      TriggerName: second
      TriggerType: oss
      SourceArn: !Sub 'acs:oss:cn-beijing:42:${{Bucket}}'
      TriggerConfig: '{{"events": ["{events}"], "filter": {{"key": {json.dumps(key)}}}}}'
Outputs:
"""
    template = changed("\nOutputs:\n", second)
    if refused:
        with pytest.raises(TemplateError, match=r"Second.*OSS refuses it beside trigger 'upload'"):
            template.resolve(SECRET)
    else:
        assert len(template.resolve(SECRET).oss_triggers) == 2


# -- code that stands in the template ---------------------------------------------------------------------

RUNTIME = "      Runtime: python3.10\n"


def function_of(template: Template) -> Function:
    return template.resolve(SECRET).functions["app-collect"]


def test_a_source_and_layers_are_read_and_a_zip_goes_before_the_source() -> None:
    code = "      Layers: [l]\n      Code: {SourceCode: 'x = 1', OssBucketName: b, OssObjectName: o}\n"
    function = function_of(changed(RUNTIME, RUNTIME + code))
    assert (function.source_code, function.layers) == ("x = 1", ("l",))
    zipped = function_of(changed(RUNTIME, RUNTIME + code.replace("OssBucketName: b", "ZipFile: UEs=")))
    assert zipped.source_code is None
    assert function_of(Template.from_text(TEMPLATE)).source_code is None


def test_a_source_that_ros_refuses_for_its_length_is_refused() -> None:
    too_long = f"      Code: {{SourceCode: {'x' * 4097}}}\n"
    with pytest.raises(TemplateError, match="SourceCode: more than 4096 characters"):
        function_of(changed(RUNTIME, RUNTIME + too_long))
