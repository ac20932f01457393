"""Faults that are limited to objects, rows, fine-tunes or URLs, or to a span of time."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import pytest

from aliyun_local.control import ControlError, Target
from aliyun_local.control.services import NAMES
from aliyun_local.tablestore.codec.plainbuffer import encode_primary_key
from aliyun_local.tablestore.codec.row_messages import (
    BatchGetRowRequest,
    Condition,
    DeleteRowRequest,
    Direction,
    GetRangeRequest,
    GetRowRequest,
    PutRowRequest,
    TableInBatchGetRowRequest,
    UpdateRowRequest,
)
from aliyun_local.tablestore.codec.values import AnyValue, RowExistence, Special
from tests.emulators.control.support import Control, Steered
from tests.emulators.direct_requests import direct_request

NO_LUCK = 507
_SHORT = {name: short for short, name in NAMES.items()}


def _is_struck(
    steered: Steered,
    on: Target,
    service: str,
    method: str,
    target: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
) -> bool:
    armed = steered.controls.faults.error(service, status=NO_LUCK, code="NoLuck", on=on)
    request = direct_request(method, target, body=body, headers=headers, host=host)
    answer = steered.fronts[_SHORT[service]](request)
    armed.remove()
    return answer.status == NO_LUCK


def _saving(key: str, bucket: str = "") -> bytes:
    encoded = [base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in (key, bucket)]
    save = f"sys/saveas,o_{encoded[0]}" + (f",b_{encoded[1]}" if bucket else "")
    return f"x-oss-process=image/resize,w_9|{save}".encode()


_FORM = (
    b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n%s\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="1.jpg"\r\n\r\nx\r\n--b--\r\n'
)
_DELETE = b"<Delete><Object><Key>a</Key></Object><Object><Key>people/lin/1.jpg</Key></Object></Delete>"
_OF_A_FORM = {"content-type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("method", "target", "body", "headers"),
    [
        ("GET", "/photos/people/lin/1.jpg", b"", {}),
        ("HEAD", "/photos/people/lin/1.jpg", b"", {}),
        ("PUT", "/photos/people%2Flin%2F1.jpg?acl", b"", {}),
        ("PUT", "/photos/copy", b"", {"x-oss-copy-source": "/photos/people/lin/1.jpg?versionId=CAEQ"}),
        ("POST", "/photos/a?x-oss-process", _saving("people/lin/1.jpg"), {}),
        ("POST", "/photos/?delete", _DELETE, {}),
        ("POST", "/photos", _FORM % b"people/lin/${filename}", _OF_A_FORM),
    ],
)
def test_a_fault_of_an_object_strikes_every_request_about_it(
    steered: Steered, method: str, target: str, body: bytes, headers: dict[str, str]
) -> None:
    for on in (
        Target(key="people/lin/1.jpg"),
        Target(prefix="people/lin/"),
        Target(bucket="photos", key="people/lin/1.jpg"),
    ):
        assert _is_struck(steered, on, "oss", method, target, body, headers)
    for on in (
        Target(key="people/lin/1"),
        Target(prefix="people/li/"),
        Target(bucket="others", key="people/lin/1.jpg"),
    ):
        assert not _is_struck(steered, on, "oss", method, target, body, headers)


def test_a_fault_of_an_object_follows_it_to_a_host_and_a_bucket_of_its_own(steered: Steered) -> None:
    host = "photos.oss-cn-beijing.aliyuncs.com"
    assert _is_struck(steered, Target(bucket="photos", key="a"), "oss", "GET", "/a", host=host)
    saved = _saving("a", "others")
    assert _is_struck(steered, Target(bucket="others"), "oss", "POST", "/photos/b?x-oss-process", saved)


@pytest.mark.parametrize(
    ("prefix", "is_struck"), [("people/lin/", True), ("people/lin/2", True), ("people/", False), ("", False)]
)
def test_a_fault_of_a_prefix_strikes_its_listings(steered: Steered, prefix: str, is_struck: bool) -> None:
    target = f"/photos?prefix={prefix}"
    assert _is_struck(steered, Target(prefix="people/lin/"), "oss", "GET", target) is is_struck
    assert not _is_struck(steered, Target(key="people/lin/"), "oss", "GET", target)


def _key(*values: AnyValue) -> bytes:
    return encode_primary_key([(f"PK{index}", value) for index, value in enumerate(values)])


_ANY = Condition(row_existence=RowExistence.IGNORE)
_REQUESTS = {
    "GetRow": GetRowRequest(table_name="jobs", primary_key=_key("lin", 1)),
    "PutRow": PutRowRequest(table_name="jobs", row=_key("lin", 1), condition=_ANY),
    "UpdateRow": UpdateRowRequest(table_name="jobs", row_change=_key("lin", 1), condition=_ANY),
    "DeleteRow": DeleteRowRequest(table_name="jobs", primary_key=_key("lin", 1), condition=_ANY),
    "BatchGetRow": BatchGetRowRequest(
        tables=[TableInBatchGetRowRequest(table_name="jobs", primary_key=[_key("wang", 1), _key("lin", 1)])]
    ),
}


@pytest.mark.parametrize("operation", _REQUESTS)
def test_a_fault_of_a_partition_key_strikes_the_rows_that_have_it(steered: Steered, operation: str) -> None:
    body = _REQUESTS[operation].encode()
    for on in (
        Target(partition_key="lin"),
        Target(table="jobs"),
        Target(table="jobs", partition_key="lin"),
    ):
        assert _is_struck(steered, on, "tablestore", "POST", f"/{operation}", body)
    for on in (
        Target(partition_key="li"),
        Target(partition_key=1),
        Target(partition_key=b"lin"),
        Target(table="others", partition_key="lin"),
    ):
        assert not _is_struck(steered, on, "tablestore", "POST", f"/{operation}", body)


@pytest.mark.parametrize(
    ("start", "end", "direction", "is_struck"),
    [
        (("lin", Special.INF_MIN), ("lin", Special.INF_MAX), Direction.FORWARD, True),
        (("lin", Special.INF_MAX), ("lin", Special.INF_MIN), Direction.BACKWARD, True),
        ((Special.INF_MIN,), (Special.INF_MAX,), Direction.FORWARD, True),
        ((Special.INF_MAX,), (Special.INF_MIN,), Direction.BACKWARD, True),
        (("m",), (Special.INF_MIN,), Direction.BACKWARD, True),
        (("m",), ("z",), Direction.FORWARD, False),
        (("a",), ("l",), Direction.FORWARD, False),
    ],
)
def test_a_fault_of_a_partition_key_strikes_ranges_that_may_hold_it(
    steered: Steered,
    start: Sequence[AnyValue],
    end: Sequence[AnyValue],
    direction: Direction,
    is_struck: bool,
) -> None:
    request = GetRangeRequest(
        table_name="jobs",
        direction=direction,
        inclusive_start_primary_key=_key(*start),
        exclusive_end_primary_key=_key(*end),
    )
    on = Target(partition_key="lin")
    assert _is_struck(steered, on, "tablestore", "POST", "/GetRange", request.encode()) is is_struck


def test_a_fault_of_a_fine_tune_strikes_what_is_asked_of_it(steered: Steered) -> None:
    on, path = Target(fine_tune_id="ft-1"), "/api/v1/fine-tunes"
    for method, target in (
        ("GET", "/ft-1"),
        ("DELETE", "/ft-1"),
        ("POST", "/ft-1/cancel"),
        ("GET", "/ft-1/logs"),
    ):
        assert _is_struck(steered, on, "dashscope", method, path + target)
    for method, target in (("GET", "/ft-11"), ("GET", ""), ("POST", "")):
        assert not _is_struck(steered, on, "dashscope", method, path + target)
    assert not _is_struck(steered, on, "dashscope", "GET", "/api/v1/files/ft-1")


def test_a_fault_of_a_url_strikes_calls_that_name_it_anywhere(steered: Steered) -> None:
    on, as_json = Target(url_part="/people/lin/"), {"content-type": "application/json; charset=utf-8"}
    body = {"input": {"images": [{"url": "https://b.oss-cn-beijing.aliyuncs.com/people/lin/1.jpg?x=1"}]}}
    detect = "/api/v1/services/vision/facedetection/detect"
    asked = json.dumps(body).replace("/", "\\/").encode()
    assert _is_struck(steered, on, "dashscope", "POST", detect, asked, as_json)
    others = json.dumps(body).replace("lin", "wang").encode()
    assert not _is_struck(steered, on, "dashscope", "POST", detect, others, as_json)
    assert not _is_struck(steered, on, "dashscope", "POST", detect, b"{", as_json)
    assert _is_struck(steered, Target(url_part="f-1"), "dashscope", "GET", "/api/v1/files/f-1")
    assert _is_struck(steered, Target(url_part="lin"), "dashscope", "GET", "/api/v1/files?name=%6cin")


def test_a_fault_strikes_only_its_target_over_http_and_says_so(control: Control, steered: Steered) -> None:
    fault = {"service": "oss", "operation": "GetObject", "code": "NoSuchKey", "key": "a", "times": None}
    made = control("POST", "/faults", {**fault, "message": "gone"}).json()
    assert made["key"] == "a"
    assert "prefix" not in made
    assert control("GET", "/faults").json()["faults"] == [made]
    said = [b"gone" in steered.ask("oss", "GET", f"/photos/{key}").body for key in ("a", "b", "a")]
    assert said == [True, False, True]
    rows = {"service": "tablestore", "kind": "throttle", "partition_key": 7, "table": "jobs"}
    assert control("POST", "/faults", rows).json()["partition_key"] == 7
    for kind in ("drop", "delay"):
        about = {"service": "dashscope", "kind": kind, "seconds": 1, "fine_tune_id": "ft-1"}
        assert control("POST", "/faults", about).json()["fine_tune_id"] == "ft-1"


def test_a_target_of_bytes_is_shown_in_hexadecimal() -> None:
    assert Target(table="jobs", partition_key=b"\x01\xff").as_json() == {
        "table": "jobs",
        "partition_key": "01ff",
    }


def test_a_fault_ends_when_its_time_is_over(control: Control, steered: Steered) -> None:
    control("PUT", "/clock", {"hold": 1_800_000_000})
    fault = {"service": "oss", "operation": "GetObject", "code": "InternalError", "for_seconds": 60}
    made = control("POST", "/faults", fault).json()
    assert made["until"] == 1_800_000_060
    assert made["times"] is None
    assert [steered.ask("oss", "GET", "/photos/a").status for _ in range(3)] == [500] * 3
    control("PUT", "/clock", {"advance": 59})
    assert steered.ask("oss", "GET", "/photos/a").status == 500
    control("PUT", "/clock", {"advance": 1})
    assert control("GET", "/faults").json()["faults"] == []
    assert steered.ask("oss", "GET", "/photos/a").status == 404


def test_of_two_faults_the_one_whose_target_is_meant_strikes(steered: Steered) -> None:
    faults = steered.controls.faults
    faults.error("oss", "GetObject", code="InternalError", on=Target(key="b"))
    faults.error("oss", "GetObject", code="NoSuchKey", message="gone")
    answers = [steered.ask("oss", "GET", f"/photos/{key}") for key in ("a", "a", "b", "b")]
    assert [answer.status for answer in answers] == [404, 404, 500, 404]
    assert b"gone" in answers[0].body


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        ({"service": "oss", "fine_tune_id": "ft-1"}, "limited by bucket, key, prefix"),
        ({"service": "tablestore", "key": "a"}, "limited by table, partition_key"),
        ({"service": "dashscope", "prefix": "a"}, "limited by fine_tune_id, url_part"),
        ({"service": "oss", "key": 1}, "key must be text"),
        ({"service": "tablestore", "partition_key": 1.5}, "partition_key must be text or a whole number"),
        ({"service": "tablestore", "partition_key": True}, "partition_key must be"),
        ({"service": "tablestore", "partition_key": 2**63}, "partition_key must be"),
        ({"service": "oss", "for_seconds": 0}, "for_seconds"),
        ({"service": "oss", "for_seconds": 5, "times": 2}, "not both"),
    ],
)
def test_a_target_or_a_time_that_makes_no_sense_is_refused(
    control: Control, fault: dict[str, object], hint: str
) -> None:
    answer = control("POST", "/faults", {**fault, "kind": "throttle"})
    assert answer.status_code == 400
    assert hint in answer.json()["error"]
    assert control("GET", "/faults").json()["faults"] == []


def test_python_refuses_a_time_together_with_a_count(steered: Steered) -> None:
    with pytest.raises(ControlError, match="not both"):
        steered.controls.faults.throttle("oss", times=2, for_seconds=5)
    with pytest.raises(ControlError, match="up to"):
        steered.controls.faults.throttle("oss", for_seconds=-1)
