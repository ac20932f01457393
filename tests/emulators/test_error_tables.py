"""The tables of documented errors: complete for what the emulators say, and right in what clients rely on."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from aliyun_local.control.services import OPERATIONS, THROTTLING
from aliyun_local.documented_error import IN_PART, OTHER_OPERATIONS, DocumentedError
from aliyun_local.documented_errors import (
    SERVICES,
    called_operations,
    documented_errors,
    errors_of_operation,
)
from aliyun_local.oss.http.configuration_responses import CONFIGURATIONS
from tests.emulators.raised_errors import VARIES, Raised, raised_in
from tests.emulators.said_errors import Said


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_in_the_source_of_an_emulator_is_in_its_table(service: str) -> None:
    table = documented_errors(service)
    raised = list(raised_in(service))
    assert len(raised) > (10 if service == "ros" else 30)
    assert [error for error in raised if not any(_is(documented, error) for documented in table)] == []


def _is(documented: DocumentedError, raised: Raised) -> bool:
    status = documented.status if raised.status is None else raised.status
    if raised.message is None:
        return (documented.status, documented.code) == (status, raised.code)
    if documented.is_said_by(status, raised.code, raised.message.replace(VARIES, "7")):
        return True
    fixed = ".*".join(map(re.escape, raised.message.split(VARIES)))
    example = re.fullmatch(fixed, documented.example)
    return example is not None and documented.is_said_by(status, raised.code, documented.example)


def test_the_errors_of_missing_configurations_are_in_the_table() -> None:
    missing = [one.missing for one in CONFIGURATIONS if one.missing[0]]
    assert len(missing) > 3
    assert all(Said("oss", "GetBucketPolicy", 404, *error).is_documented for error in missing)


@pytest.mark.parametrize("service", SERVICES)
def test_throttling_is_a_documented_error_of_every_operation(service: str) -> None:
    throttled = THROTTLING[service]
    for operation in (*called_operations(service), OTHER_OPERATIONS):
        assert Said(service, operation, throttled.status, throttled.code, throttled.message).is_documented


@pytest.mark.parametrize("service", SERVICES)
def test_a_table_has_whole_rows_of_operations_that_exist_and_none_of_them_twice(service: str) -> None:
    table = documented_errors(service)
    assert {error.operation for error in table} <= OPERATIONS[service] | {OTHER_OPERATIONS}
    assert set(called_operations(service)) <= {error.operation for error in table}
    for error in table:
        assert error.message, error
        assert error.source, error
        assert error.status in (IN_PART, 203, 304) or 400 <= error.status <= 599, error
        assert error.is_said_by(error.status, error.code, error.example)
    said = Counter((error.operation, error.status, error.code, error.message) for error in table)
    assert [row for row, count in said.items() if count > 1] == []


def test_an_error_is_recognised_by_status_code_and_message_together() -> None:
    error = DocumentedError("GetFineTune", 404, "NotFound", "job {job_id} of {user=1} not found.", "a page")
    assert error.example == "job job_id of 1 not found."
    assert error.is_said_by(404, "NotFound", "job ft-1 of 23 not found")
    assert not error.is_said_by(400, "NotFound", "job ft-1 of 1 not found.")
    assert not error.is_said_by(404, "Missing", "job ft-1 of 1 not found.")
    assert not error.is_said_by(404, "NotFound", "file ft-1 of 1 not found.")


def test_an_operation_that_is_called_has_errors_of_its_own_only() -> None:
    assert not Said("oss", "GetObject", 409, "BucketNotEmpty", _NOT_EMPTY).is_documented
    assert Said("oss", "DeleteBucket", 409, "BucketNotEmpty", _NOT_EMPTY).is_documented


_NOT_EMPTY = "The bucket you tried to delete is not empty."
_RELIED_ON = [
    ("oss", "GetObject", 404, "NoSuchKey", "The specified key does not exist."),
    ("oss", "HeadObject", 404, "NoSuchBucket", "The specified bucket does not exist."),
    ("oss", "GetObject", 403, "AccessDenied", "This request is forbidden by kms."),
    ("oss", "PutObject", 403, "AccessDenied", "Access denied by bucket policy."),
    ("oss", "GetObject", 403, "AccessDenied", "Access denied by authorizer's policy."),
    ("oss", "GetObject", 403, "InvalidObjectState", "The operation is not valid for the object's state"),
    ("oss", "PostProcessTask", 404, "SymlinkTargetNotExist", "The symlink target object does not exist"),
    ("oss", "ListObjects", 403, "SecurityTokenExpired", "The security token you provided has expired."),
    ("oss", "DeleteObject", 403, "InvalidSecurityToken", "The security token you provided is invalid."),
    ("oss", "DeleteObject", 403, "UserDisable", "UserDisable"),
    ("oss", "CopyObject", 412, "PreconditionFailed", "At least one of the pre-conditions you specified did"),
    ("oss", "GetObject", 400, "PublicEndpointForbidden", "Not allowed using the OSS public endpoint, please"),
    ("oss", "GetObject", 503, "DownloadTrafficRateLimitExceeded", "Please reduce your download request"),
    ("oss", "PutObject", 400, "RequestTimeout", "Your socket connection to the server was not read from"),
    ("oss", "PostProcessTask", 503, "CpuLimitExceeded", "Please reduce your request rate"),
    ("oss", "PostProcessTask", 400, "BadRequest", "Picture exceed the maximum allowable rotation range"),
    ("oss", "PostProcessTask", 400, "ImageDamage", "The image file may be damaged."),
    ("oss", "PostProcessTask", 403, "ImageDamage", "The image file may be damaged."),
    ("oss", "PostProcessTask", 500, "InternalError", "We encountered an internal error. Please try again."),
    ("tablestore", "BatchGetRow", IN_PART, "OTSServerBusy", "Server is busy."),
    ("tablestore", "BatchGetRow", 503, "OTSServerBusy", "Server is busy."),
    ("tablestore", "PutRow", 503, "OTSTimeout", "Operation timeout."),
    ("tablestore", "GetRange", 403, "OTSAuthFailed", "Request denied by instance ACL policies."),
    ("tablestore", "DeleteRow", 403, "OTSConditionCheckFail", "Condition check failed."),
    ("tablestore", "GetRow", 403, "OTSQuotaExhausted", "Too frequent table operations."),
    ("dashscope", "CreateFineTune", 429, "Throttling", "Only 20 fine-tune job in running or succeeded"),
    ("dashscope", "CreateFineTune", 429, "Throttling", "Too many fine-tune job in running, please retry"),
    ("dashscope", "CreateFineTune", 400, "InvalidParameter", "File not found."),
    ("dashscope", "CreateFineTune", 400, "InvalidParameter", "Model not exist."),
    ("dashscope", "DeleteFile", 400, "InvalidParameter", "File not found."),
    ("dashscope", "GetFineTune", 404, "NotFound", "job ft-"),
    ("dashscope", "GetFineTune", IN_PART, "InvalidImageResolution", "The input image resolution is too"),
    ("dashscope", "GeneratePortraits", 403, "Resource.AccessDenied", "Access to the resource is denied."),
    ("dashscope", "GetTask", IN_PART, "InvalidImage.NoHumanFace", "No human face detected."),
    ("dashscope", "UploadFiles", IN_PART, "BadRequest.TooMany", "Out of number, <100> of <100> files"),
    ("dashscope", "ListFineTunes", 401, "NOT AUTHORIZED", "Access denied: Either you are not authorized"),
    ("dashscope", "DetectFaces", 502, "", "<html>"),
]


@pytest.mark.parametrize(("service", "operation", "status", "code", "beginning"), _RELIED_ON)
def test_an_error_that_clients_must_tell_apart_is_in_the_table(
    service: str, operation: str, status: int, code: str, beginning: str
) -> None:
    rows = [
        error
        for error in errors_of_operation(service, operation)
        if (error.operation, error.status, error.code) == (operation, status, code)
    ]
    assert any(error.example.startswith(beginning) for error in rows)
