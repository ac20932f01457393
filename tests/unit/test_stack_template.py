"""What ``template.yml`` promises: what a stack keeps, takes over, refuses, and derives from its region."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aliyun_local.template import Template, TemplateError
from local.packaging import ROOT
from local.stages.stores import TABLES
from shared.clients.dashscope_list import LIST_CALLS
from shared.http_api.routes import ROUTES
from shared.settings import read_settings
from shared.workflow.owning import TIME_FOR_A_PAGE_MS
from tests.stack import PARAMETERS, TEMPLATE

KEPT = ("ALIYUN::OSS::Bucket", "ALIYUN::OTS::InstanceV2", "ALIYUN::OTS::Table")


def resolve(**parameters: object) -> Any:
    return TEMPLATE.resolve({**PARAMETERS, **parameters})


def test_what_cannot_be_made_again_outlives_the_stack() -> None:
    kept = {
        name: resource["DeletionPolicy"]
        for name, resource in TEMPLATE.document["Resources"].items()
        if resource["Type"] in KEPT
    }
    assert len(kept) == 6
    assert set(kept.values()) == {"Retain"}


@pytest.mark.parametrize(
    "name",
    ["facechain", "face-2", "abc", "a" * 16, "f0o", "faces-of-people", "admi-n", "o-ts", "al-i", "a-y"],
)
def test_an_instance_name_that_tablestore_takes_is_taken(name: str) -> None:
    assert resolve(InstanceName=name).instances[0].name == name


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 17,
        "Facechain",
        "faceChain",
        "1face",
        "-face",
        "face-",
        "face_chain",
        "face.chain",
        "脸脸脸",
        "",
        "ab\n",
    ],
)
def test_an_instance_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="InstanceName"):
        resolve(InstanceName=name)


@pytest.mark.parametrize(
    "name", ["ali", "alibaba", "portrait-ali", "today", "ays", "robots", "ots", "my-taobao", "admin1"]
)
def test_an_instance_name_with_a_word_that_tablestore_keeps_to_itself_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="without ali, ay, ots, taobao and admin"):
        resolve(InstanceName=name)


def test_an_instance_name_has_to_be_chosen() -> None:
    with pytest.raises(TemplateError, match="InstanceName: a value is needed"):
        TEMPLATE.resolve({name: value for name, value in PARAMETERS.items() if name != "InstanceName"})


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Photos", "-photos", "photos-", "my_photos", "my.photos", ""]
)
def test_a_bucket_name_that_oss_refuses_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="BucketName"):
        resolve(BucketName=name)


@pytest.mark.parametrize("region", ["cn-hangzhou", "cn-beijing-1", "cn-shanghai", "ap-southeast-1"])
def test_a_stack_in_another_region_is_refused(region: str) -> None:
    with pytest.raises(TemplateError, match="Make the stack in cn-beijing"):
        TEMPLATE.resolve(PARAMETERS, {"ALIYUN::Region": region})


def test_endpoints_come_from_the_region_of_the_stack_unless_they_are_given() -> None:
    document = {name: part for name, part in TEMPLATE.document.items() if name != "Rules"}
    moved = Template(document).resolve(PARAMETERS, {"ALIYUN::Region": "cn-elsewhere"})
    environment = moved.functions["facechain-autotrain-collect"].environment
    assert environment["OSS_ENDPOINT"] == "https://oss-cn-elsewhere-internal.aliyuncs.com"
    assert environment["OSS_PUBLIC_ENDPOINT"] == "https://oss-cn-elsewhere.aliyuncs.com"
    assert environment["OTS_ENDPOINT"] == "https://facechain.cn-elsewhere.ots.aliyuncs.com"
    assert "cn-beijing" not in str(moved.properties)
    given = resolve(OssEndpoint="http://a", OssPublicEndpoint="http://b", OtsEndpoint="http://c")
    for function in given.functions.values():
        assert function.environment["OTS_ENDPOINT"] == "http://c"
        assert function.environment.get("OSS_ENDPOINT", "http://a") == "http://a"
        assert function.environment.get("OSS_PUBLIC_ENDPOINT", "http://b") == "http://b"


def test_the_functions_read_the_same_settings_where_ros_writes_numbers_with_a_decimal_point() -> None:
    numbers = {
        name
        for resource in TEMPLATE.document["Resources"].values()
        for name, value in resource["Properties"].get("EnvironmentVariables", {}).items()
        if "Fn::Str" in value
    }
    assert len(numbers) == 21
    for function in resolve().functions.values():
        written = {
            name: f"{value}.0" if name in numbers and value.isdigit() else value
            for name, value in function.environment.items()
        }
        assert read_settings(written) == read_settings(function.environment)


def test_bucket_instance_and_tables_that_are_there_are_taken_over() -> None:
    new = resolve()
    assert ([one.name for one in new.buckets], [one.name for one in new.instances]) == (
        ["photos"],
        ["facechain"],
    )
    taken = resolve(CreateBucket="off", CreateInstance="off", CreateTables="off")
    assert (taken.buckets, taken.instances, taken.tables) == ((), (), ())
    # Nothing else changes, so that functions, roles and triggers meet them as if the stack had made them.
    assert taken.functions == new.functions
    assert taken.oss_triggers == new.oss_triggers
    assert taken.outputs == new.outputs
    left = {name: one for name, one in new.properties.items() if name in taken.properties}
    assert taken.properties == left


def test_new_tables_may_be_made_in_an_instance_that_is_there() -> None:
    resources = resolve(CreateInstance="off")
    assert resources.instances == ()
    assert {table.instance for table in resources.tables} == {"facechain"}
    # The operator's commands take these over, or delete them.
    assert {table.name for table in resources.tables} == set(TABLES)


def test_old_tables_in_a_new_instance_are_refused() -> None:
    with pytest.raises(TemplateError, match="set CreateInstance to off too"):
        resolve(CreateTables="off")


def test_photos_are_encrypted_at_rest_and_snapshots_and_exports_are_not_kept_for_ever() -> None:
    bucket = resolve().properties["PhotoBucket"]
    assert bucket["ServerSideEncryptionConfiguration"] == {"SSEAlgorithm": "AES256"}
    rule, exports = bucket["LifecycleConfiguration"]["Rule"]
    assert (rule["Prefix"], rule["Expiration"], rule["Status"]) == ("submissions/", {"Days": 90}, "Enabled")
    assert (exports["Prefix"], exports["Status"]) == ("exports/", "Enabled")
    assert exports["Expiration"] == exports["AbortMultipartUpload"] == {"Days": 1}


def test_chinese_words_are_found_in_the_logs() -> None:
    index = resolve().properties["LogIndex"]
    words = index["FullTextIndex"]
    assert (words["Enable"], words["IncludeChinese"]) == (True, True)
    assert [key["Name"] for key in index["KeyIndices"]] == ["message", "functionName", "errorType"]


def test_the_trigger_lets_every_method_of_the_api_through_and_those_to_come() -> None:
    (trigger,) = resolve().http_triggers
    assert set(trigger.methods) == {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
    assert {method for route in ROUTES for method in route.methods} <= set(trigger.methods)


@pytest.mark.parametrize("count", [1, 5, 100])
def test_the_instances_of_the_status_api_are_bounded_by_a_parameter(count: int) -> None:
    assert (
        resolve(StatusInstances=count).functions["facechain-autotrain-status"].reserved_concurrency == count
    )
    assert resolve().functions["facechain-autotrain-status"].reserved_concurrency == 5


@pytest.mark.parametrize("page", ["docs/limits.md", "docs/zh-CN/limits.md"])
def test_a_tick_has_the_time_for_dashscopes_list_that_the_page_of_limits_plans_with(page: str) -> None:
    timeout_ms = 1000 * resolve().functions["facechain-autotrain-reconcile"].timeout_seconds
    for_pages_seconds = (timeout_ms - TIME_FOR_A_PAGE_MS) // 1000
    assert 80 <= for_pages_seconds < 90
    text = (ROOT / page).read_text(encoding="utf-8")
    assert re.search(rf" 80 .*{LIST_CALLS:,}.* 80,000 .*8,000", text.replace("\n", " "))


def test_the_cost_beside_that_parameter_is_its_default_times_one_instance() -> None:
    parameter = TEMPLATE.document["Parameters"]["StatusInstances"]
    count, cost = parameter["Default"], 128 * parameter["Default"]
    assert f"{count} of them {cost} CNY" in parameter["Description"]["en"]
    assert f"{count} 个约 {cost} 元" in parameter["Description"]["zh-cn"]


@pytest.mark.parametrize(
    ("trigger", "concurrency"),
    [("UploadTrigger", "Collect"), ("TickTrigger", "Reconcile"), ("StatusTrigger", "Status")],
)
def test_no_trigger_is_there_before_the_limits_of_its_function(trigger: str, concurrency: str) -> None:
    assert f"{concurrency}Concurrency" in TEMPLATE.document["Resources"][trigger]["DependsOn"]


# -- the domain of the pages -----------------------------------------------------------------------------

CERTIFICATE = {
    "StatusCertificate": "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
    "StatusPrivateKey": "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n",
}


def test_a_domain_of_one_s_own_leads_all_paths_to_status_over_https_alone() -> None:
    made = resolve(StatusDomain="faces.example.com", **CERTIFICATE)
    domain = made.properties["StatusPages"]
    assert (domain["DomainName"], domain["Protocol"]) == ("faces.example.com", "HTTPS")
    (route,) = domain["RouteConfig"]["Routes"]
    assert (route["Path"], route["FunctionName"]) == ("/*", "facechain-autotrain-status")
    assert made.outputs["PagesUrl"] == "https://faces.example.com/"


def test_without_a_domain_there_is_none() -> None:
    made = resolve()
    assert "StatusPages" not in made.properties
    assert "PagesUrl" not in made.outputs


@pytest.mark.parametrize("missing", sorted(CERTIFICATE))
def test_a_domain_without_its_certificate_is_refused_since_nobody_could_sign_in(missing: str) -> None:
    with pytest.raises(TemplateError, match="Set StatusCertificate and StatusPrivateKey"):
        resolve(StatusDomain="faces.example.com", **{**CERTIFICATE, missing: ""})


@pytest.mark.parametrize(
    "name", ["https://faces.example.com", "faces", "faces.example.com/", "*.example.com", "人.cn"]
)
def test_what_is_no_domain_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="StatusDomain"):
        resolve(StatusDomain=name, **CERTIFICATE)


# -- the code --------------------------------------------------------------------------------------------

LAYER = str(PARAMETERS["CodeLayer"])
IN_A_BUCKET = {"CodeLayer": "", "CodeBucket": "code", "CodeObject": "faces-0123.zip"}


def test_a_layer_that_is_there_is_the_code_of_all_functions() -> None:
    made = resolve()
    assert "CodeLayerVersion" not in made.properties
    assert {function.layers for function in made.functions.values()} == {(LAYER,)}


@pytest.mark.parametrize("runtime", ["python3.10", "python3.12"])
def test_a_zip_in_a_bucket_becomes_a_layer_of_the_stack_and_the_code_of_all_functions(runtime: str) -> None:
    made = resolve(**IN_A_BUCKET, Runtime=runtime)
    layer = made.properties["CodeLayerVersion"]
    assert layer["Code"] == {"OssBucketName": "code", "OssObjectName": "faces-0123.zip"}
    assert layer["CompatibleRuntime"] == [runtime]
    arn = f"acs:fc:{made.region}:{made.account_id}:layers/facechain-autotrain-code/versions/1"
    assert {function.layers for function in made.functions.values()} == {(arn,)}
    assert {function.runtime for function in made.functions.values()} == {runtime}


@pytest.mark.parametrize(
    "given",
    [
        {"CodeLayer": ""},
        {**IN_A_BUCKET, "CodeBucket": ""},
        {**IN_A_BUCKET, "CodeObject": ""},
        {**IN_A_BUCKET, "CodeLayer": LAYER},
    ],
)
def test_code_that_comes_in_no_way_or_in_two_is_refused_before_anything_is_made(
    given: dict[str, str],
) -> None:
    with pytest.raises(TemplateError, match="Set either CodeLayer, or CodeBucket and CodeObject"):
        resolve(**given)


@pytest.mark.parametrize(
    "arn", ["faces", "acs:fc:cn-beijing:1:layers/faces", "acs:fc:cn-beijing:1:functions/f"]
)
def test_what_is_no_layer_version_is_refused(arn: str) -> None:
    with pytest.raises(TemplateError, match="CodeLayer"):
        resolve(CodeLayer=arn)


def test_a_runtime_that_no_zip_is_made_for_is_refused() -> None:
    with pytest.raises(TemplateError, match="Runtime"):
        resolve(Runtime="python3.9")
