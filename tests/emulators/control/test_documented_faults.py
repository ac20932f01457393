"""Faults with the errors of the tables: each arrives as its service would say it."""

from __future__ import annotations

import base64
import json

import pytest

from aliyun_local.control import ControlError
from aliyun_local.documented_error import IN_PART, OTHER_OPERATIONS, DocumentedError
from aliyun_local.documented_errors import SERVICES, called_operations, documented_errors
from aliyun_local.serving.wire import Response
from tests.emulators.control.support import Control, Steered
from tests.emulators.said_errors import errors_in

_API = "/api/v1"
_WITHOUT_A_DEPLOYMENT = [service for service in SERVICES if service != "ros"]
"""ROS answers beside what is deployed, which these clouds have not; see ``tests/contracts/ros``."""
_ASKED: dict[str, tuple[str, str]] = {
    "GetObject": ("GET", "/photos/a"),
    "HeadObject": ("HEAD", "/photos/a"),
    "PutObject": ("PUT", "/photos/a"),
    "CopyObject": ("PUT", "/photos/a"),
    "ListObjects": ("GET", "/photos"),
    "PostProcessTask": ("POST", "/photos/a?x-oss-process"),
    "DeleteObject": ("DELETE", "/photos/a"),
    "GetBucketVersioning": ("GET", "/photos?versioning"),
    "ListMultipartUploads": ("GET", "/photos?uploads"),
    "CreateFineTune": ("POST", f"{_API}/fine-tunes"),
    "ListFineTunes": ("GET", f"{_API}/fine-tunes"),
    "GetFineTune": ("GET", f"{_API}/fine-tunes/ft-1"),
    "CancelFineTune": ("POST", f"{_API}/fine-tunes/ft-1/cancel"),
    "DeleteFineTune": ("DELETE", f"{_API}/fine-tunes/ft-1"),
    "UploadFiles": ("POST", f"{_API}/files"),
    "ListFiles": ("GET", f"{_API}/files"),
    "GetFile": ("GET", f"{_API}/files/f-1"),
    "DeleteFile": ("DELETE", f"{_API}/files/f-1"),
    "DetectFaces": ("POST", f"{_API}/services/vision/facedetection/detect"),
    "GeneratePortraits": ("POST", f"{_API}/services/aigc/album/gen_potrait"),
    "GetTask": ("GET", f"{_API}/tasks/t-1"),
    "ListTasks": ("GET", f"{_API}/tasks"),
    OTHER_OPERATIONS: ("GET", "/photos/a"),
}
_UPLOAD = (
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.zip"\r\n\r\nx\r\n'
    b'--b\r\nContent-Disposition: form-data; name="descriptions"\r\n\r\nphotos\r\n--b--\r\n'
)


def _asked(steered: Steered, service: str, operation: str) -> Response:
    if service == "tablestore":
        operation = "ListTable" if operation == OTHER_OPERATIONS else operation
        return steered.ask("ots", "POST", f"/{operation}")
    headers = {"x-oss-copy-source": "/photos/b"} if operation == "CopyObject" else {}
    method, target = _ASKED[operation]
    return steered.ask(service, method, target, headers=headers)


@pytest.mark.parametrize("service", _WITHOUT_A_DEPLOYMENT)
def test_every_documented_error_of_a_whole_answer_arrives_as_it_is_documented(
    steered: Steered, service: str
) -> None:
    arrived = 0
    for error in documented_errors(service):
        if error.status == IN_PART or error.operation not in (*called_operations(service), OTHER_OPERATIONS):
            continue
        steered.controls.faults.documented(service, error)
        answer = _asked(steered, service, error.operation)
        assert len(steered.controls.faults) == 0, f"the request is not {error.operation}"
        if error.code:
            assert list(errors_in(service, answer)) == [(error.status, error.code, error.example)]
        else:
            assert answer.status == error.status
            assert answer.body.decode() == error.message
        arrived += 1
    assert arrived > 600


def test_an_error_of_which_only_the_code_is_given_is_completed_from_the_table(
    control: Control, steered: Steered
) -> None:
    fault = {"service": "oss", "operation": "GetObject", "code": "InvalidObjectState"}
    made = control("POST", "/faults", fault).json()
    assert (made["status"], made["message"]) == (403, "The operation is not valid for the object's state")
    assert b"<Code>InvalidObjectState</Code>" in steered.ask("oss", "GET", "/photos/a").body
    damaged = {"service": "oss", "operation": "PostProcessTask", "code": "ImageDamage", "status": 400}
    assert control("POST", "/faults", damaged).json()["message"] == "The image file may be damaged."
    only_twenty = "Only 20 fine-tune job in running or succeeded allowed per user."
    throttled = {"service": "dashscope", "code": "Throttling", "message": only_twenty}
    assert control("POST", "/faults", throttled).json()["status"] == 429


def test_an_undocumented_error_needs_its_status_and_has_its_code_for_a_message(
    control: Control, steered: Steered
) -> None:
    fault = {"service": "oss", "operation": "GetObject", "code": "NoLuck"}
    refused = control("POST", "/faults", fault)
    assert refused.status_code == 400
    assert "give its status" in refused.json()["error"]
    assert control("POST", "/faults", {**fault, "status": 507}).json()["message"] == "NoLuck"
    with pytest.raises(ControlError, match="give its status"):
        steered.controls.faults.error("dashscope", "GetFineTune", code="NoSuchKey")


def test_an_error_without_a_code_is_a_page_of_the_gateway(control: Control, steered: Steered) -> None:
    fault = {"service": "dashscope", "operation": "GetFineTune", "code": "", "status": 502}
    control("POST", "/faults", fault)
    answer = steered.ask("dashscope", "GET", f"{_API}/fine-tunes/ft-1")
    assert answer.status == 502
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.body.startswith(b"<html>")


def test_every_file_of_an_upload_fails_while_the_answer_is_a_success(steered: Steered) -> None:
    too_many = next(error for error in documented_errors("dashscope") if error.code == "BadRequest.TooMany")
    steered.controls.faults.documented("dashscope", too_many)
    headers = {"content-type": "multipart/form-data; boundary=b", "authorization": "Bearer sk-any"}
    answers = [steered.ask("dashscope", "POST", f"{_API}/files", _UPLOAD, headers=headers) for _ in range(2)]
    data = [json.loads(answer.body)["data"] for answer in answers]
    assert [answer.status for answer in answers] == [200, 200]
    assert data[0]["uploaded_files"] == []
    failed = {"name": "a.zip", "code": "BadRequest.TooMany", "message": too_many.example}
    assert data[0]["failed_uploads"] == [failed]
    assert [file["name"] for file in data[1]["uploaded_files"]] == ["a.zip"]


def test_a_failure_in_part_is_shown_with_the_documented_message(control: Control) -> None:
    fault = {"service": "tablestore", "operation": "BatchGetRow", "status": 200, "code": "OTSServerBusy"}
    made = control("POST", "/faults", {**fault, "after_effect": True}).json()
    assert (made["status"], made["message"]) == (200, "Server is busy.")
    assert made["after_effect"] is True
    page = control("POST", "/faults", {"service": "oss", "code": "", "status": 502}).json()
    assert (page["status"], page["code"]) == (502, "")


def test_a_failure_in_part_is_refused_where_answers_have_no_parts(steered: Steered) -> None:
    for service, operation in (("dashscope", "GetFineTune"), ("tablestore", "GetRow"), ("oss", "GetObject")):
        with pytest.raises(ControlError, match="status is 200"):
            steered.controls.faults.error(service, operation, status=200, code="OTSServerBusy")
    with pytest.raises(ControlError, match="after_effect"):
        steered.controls.faults.error(
            "dashscope", "UploadFiles", status=200, code="BadRequest.TooMany", after_effect=True
        )


def test_a_head_request_is_refused_with_the_error_in_a_header(steered: Steered) -> None:
    error = DocumentedError("HeadObject", 404, "NoSuchKey", "The specified key does not exist.", "")
    steered.controls.faults.documented("oss", error)
    described = base64.b64decode(steered.ask("oss", "HEAD", "/photos/a").headers["x-oss-err"])
    assert b"<Code>NoSuchKey</Code>" in described
