"""Faults, armed over HTTP, and how they disturb requests."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from aliyun_local.control import Controls
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.serving.wire import Fault, Front, Response
from tests.emulators.control.support import Control, Steered
from tests.emulators.direct_requests import direct_request

SHAPES = {
    "oss": ("GET", "/photos/a", "GetObject", "<Code>NoLuck</Code>"),
    "tablestore": ("POST", "/ListTable", "ListTable", "NoLuck"),
    "dashscope": ("GET", "/api/v1/fine-tunes", "ListFineTunes", '"code":"NoLuck"'),
}


@pytest.mark.parametrize("service", SHAPES)
def test_an_error_has_the_shape_of_its_service(control: Control, steered: Steered, service: str) -> None:
    method, path, operation, shape = SHAPES[service]
    fault = {"service": service, "operation": operation, "status": 507, "code": "NoLuck", "message": "no"}
    assert control("POST", "/faults", fault).status_code == 200
    short = {"tablestore": "ots"}.get(service, service)
    answer = steered.ask(short, method, path)
    assert answer.status == 507
    assert shape in answer.body.decode()
    assert steered.ask(short, method, path).status != 507


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        ("oss", 503, "QpsLimitExceeded"),
        ("tablestore", 503, "OTSServerBusy"),
        ("dashscope", 429, "Throttling.RateQuota"),
    ],
)
def test_throttling_has_the_code_of_its_service(
    control: Control, steered: Steered, service: str, status: int, code: str
) -> None:
    control("POST", "/faults", {"service": service, "kind": "throttle"})
    method, path, *_ = SHAPES[service]
    answer = steered.ask({"tablestore": "ots"}.get(service, service), method, path)
    assert answer.status == status
    assert code in answer.body.decode()


def test_a_reply_is_dropped_after_the_effect_or_before_it(control: Control, steered: Steered) -> None:
    control("POST", "/faults", {"service": "oss", "operation": "PutBucket", "kind": "drop"})
    signed = {"authorization": "OSS id:signature", "date": "Sun, 22 Nov 2026 18:00:00 GMT"}
    steered.emulators.objects.create_bucket("photos", acl="public-read-write")
    control(
        "POST", "/faults", {"service": "oss", "operation": "PutObject", "kind": "drop", "after_effect": False}
    )
    control("POST", "/faults", {"service": "oss", "operation": "PutObject", "kind": "drop"})
    assert steered.ask("oss", "PUT", "/photos/a", b"x").dropped
    assert len(steered.emulators.objects.list_objects("photos")) == 0
    assert steered.ask("oss", "PUT", "/photos/a", b"x").dropped
    assert len(steered.emulators.objects.list_objects("photos")) == 1
    assert steered.ask("oss", "PUT", "/others", headers=signed).dropped


def test_an_error_after_the_effect_hides_a_success(control: Control, steered: Steered) -> None:
    steered.emulators.objects.create_bucket("photos", acl="public-read-write")
    fault = {"service": "oss", "operation": "PutObject", "status": 500, "code": "InternalError"}
    control("POST", "/faults", {**fault, "after_effect": True})
    assert steered.ask("oss", "PUT", "/photos/a", b"x").status == 500
    assert len(steered.emulators.objects.list_objects("photos")) == 1


def test_a_delay_is_waited_for_before_the_reply(steered: Steered) -> None:
    waits: list[float] = []
    front = Front(steered.fronts["oss"].service, sleep=waits.append)
    controls = Controls(
        steered.clock,
        fronts=lambda: {"oss": front},
        behaviour=Behaviour,
        default_behaviour=Behaviour,
        oss_behaviour=OssBehaviour,
        ledger=lambda: [],
        reset=lambda: None,
    )
    controls.faults.delay("oss", seconds=2.5, times=2)
    for _ in range(3):
        assert front(direct_request("GET", "/photos/a")).status == 404
    assert waits == [2.5, 2.5]


def test_a_fault_strikes_as_often_as_it_says_or_until_it_is_removed(
    control: Control, steered: Steered
) -> None:
    fault = {"service": "oss", "status": 500, "code": "InternalError"}
    control("POST", "/faults", {**fault, "times": 2})
    assert [steered.ask("oss", "GET", "/photos/a").status for _ in range(3)] == [500, 500, 404]
    made = control("POST", "/faults", {**fault, "times": None}).json()
    assert [steered.ask("oss", "GET", "/photos/a").status for _ in range(3)] == [500] * 3
    assert control("GET", "/faults").json()["faults"] == [made]
    assert control("DELETE", f"/faults/{made['id']}").status_code == 200
    assert steered.ask("oss", "GET", "/photos/a").status == 404
    assert control("DELETE", f"/faults/{made['id']}").status_code == 404


def test_a_fault_strikes_a_large_upload_once_whether_its_head_is_refused_or_not(steered: Steered) -> None:
    front = steered.fronts["oss"]
    head = replace(
        direct_request("PUT", "/photos/a", headers={"content-length": "100000"}), expects_body=True
    )
    steered.emulators.objects.create_bucket("photos")
    steered.controls.faults.error("oss", "PutObject", status=500, code="NoLuck", times=2)
    assert [front(head).status for _ in range(3)] == [500, 500, 403]
    steered.emulators.objects.set_bucket_acl("photos", "public-read-write")
    steered.controls.faults.error("oss", "PutObject", status=500, code="NoLuck")
    steered.controls.forget_requests()
    assert front(head).admission is not None
    assert front(replace(head, expects_body=False, body=b"x" * 100_000)).status == 500
    assert [call.status for call in steered.controls.requests()] == [500]


def test_all_faults_are_removed_at_once_those_armed_by_hand_included(
    control: Control, steered: Steered
) -> None:
    steered.fronts["oss"].inject(Fault(operation="GetObject", answer=Response(status=500)))
    steered.controls.faults.throttle("dashscope")
    assert len(steered.controls.faults) == 1
    control("DELETE", "/faults")
    assert len(steered.controls.faults) == 0
    assert steered.ask("oss", "GET", "/photos/a").status == 404


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        ({}, "service"),
        ({"service": "s3", "status": 500, "code": "X"}, "the services are oss, tablestore, dashscope"),
        (
            {"service": "oss", "operation": "PutObjct", "status": 500, "code": "X"},
            "did you mean PutObject",
        ),
        ({"service": "oss", "operation": "zzz", "status": 500, "code": "X"}, "no operation 'zzz'"),
        ({"service": "oss", "status": 200, "code": "X"}, "status"),
        ({"service": "oss", "status": 500}, "code"),
        ({"service": "oss", "status": 500.5, "code": "X"}, "whole"),
        ({"service": "oss", "status": 500, "code": "X", "times": 0}, "times"),
        ({"service": "oss", "status": 500, "code": "X", "after_effect": 1}, "after_effect"),
        ({"service": "oss", "kind": "explode"}, "error, throttle, drop, delay"),
        ({"service": "oss", "kind": "delay"}, "seconds"),
        ({"service": "oss", "kind": "delay", "seconds": -1}, "seconds"),
        ({"service": "oss", "colour": "red"}, "colour"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_what_would(
    control: Control, fault: dict[str, object], hint: str
) -> None:
    answer = control("POST", "/faults", fault)
    assert answer.status_code == 400
    assert hint in answer.json()["error"]
    assert control("GET", "/faults").json()["faults"] == []


def test_faults_are_armed_and_struck_by_many_threads_exactly_as_often_as_they_say(steered: Steered) -> None:
    steered.controls.faults.error("oss", status=500, code="InternalError", times=50)
    statuses: list[int] = []

    def ask() -> None:
        for _ in range(20):
            statuses.append(steered.ask("oss", "GET", "/photos/a").status)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(500), statuses.count(404)) == (50, 110)
