"""The controls over HTTP, and in Python where that is more."""

from __future__ import annotations

import json
import threading

import pytest

from aliyun_local.clock import ControlledClock, ManualClock
from aliyun_local.control import ControlError, ControlledServer, Controls
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.serving.broken_requests import REQUEST_TIMEOUT, Broken
from aliyun_local.serving.wire import Fault, Front, Headers, Request, Response
from tests.emulators.control.conftest import Ask, Steered


def test_the_root_says_which_services_and_controls_there_are(control: Ask) -> None:
    shown = control("GET", "").json()
    assert shown["services"] == ["oss", "tablestore", "dashscope"]
    assert "/_control/faults" in shown["controls"]


# --- the clock


def test_the_clock_is_read_moved_held_and_let_go(control: Ask, steered: Steered) -> None:
    assert control("GET", "/clock").json()["held"] is False
    held = control("PUT", "/clock", {"hold": 2_000_000_000}).json()
    assert held == {"now": 2_000_000_000, "held": True}
    assert control("PUT", "/clock", {"advance": 60}).json()["now"] == 2_000_000_060
    assert control("PUT", "/clock", {"set": 1_900_000_000}).json()["now"] == 1_900_000_000
    assert control("PUT", "/clock", {"release": True}).json()["held"] is False
    assert abs(steered.clock.now() - ControlledClock().now()) < 60


def test_a_clock_that_runs_goes_on_from_where_it_was_set() -> None:
    clock = ControlledClock()
    clock.set(2_000_000_000)
    first = clock.now()
    assert 2_000_000_000 <= first < 2_000_000_060
    assert not clock.is_held
    clock.hold()
    assert clock.now() == clock.now() >= first


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        {"advance": 1, "set": 2},
        {"advance": "1"},
        {"advance": True},
        {"advance": 1e300},
        {"hold": False},
        {"release": False},
        {"set": -1},
        {"jump": 1},
    ],
)
def test_the_clock_takes_nothing_else(control: Ask, body: object) -> None:
    answer = control("PUT", "/clock", body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_clock_from_outside_is_left_to_whoever_gave_it() -> None:
    controls = Controls(
        ManualClock(), fronts=dict, behaviour=Behaviour, default_behaviour=Behaviour, reset=lambda: None
    )
    with pytest.raises(ControlError, match="given by whoever started"):
        controls.clock.now()
    controls.reset()


# --- faults

SHAPES = {
    "oss": ("GET", "/photos/a", "GetObject", "<Code>NoLuck</Code>"),
    "tablestore": ("POST", "/ListTable", "ListTable", "NoLuck"),
    "dashscope": ("GET", "/api/v1/fine-tunes", "ListFineTunes", '"code":"NoLuck"'),
}


@pytest.mark.parametrize("service", SHAPES)
def test_an_error_has_the_shape_of_its_service(control: Ask, steered: Steered, service: str) -> None:
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
    control: Ask, steered: Steered, service: str, status: int, code: str
) -> None:
    control("POST", "/faults", {"service": service, "kind": "throttle"})
    method, path, *_ = SHAPES[service]
    answer = steered.ask({"tablestore": "ots"}.get(service, service), method, path)
    assert answer.status == status
    assert code in answer.body.decode()


def test_a_reply_is_dropped_after_the_effect_or_before_it(control: Ask, steered: Steered) -> None:
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
    assert steered.ask("oss", "PUT", "/others", **signed).dropped


def test_an_error_after_the_effect_hides_a_success(control: Ask, steered: Steered) -> None:
    steered.emulators.objects.create_bucket("photos", acl="public-read-write")
    fault = {"service": "oss", "operation": "PutObject", "status": 500, "code": "InternalError"}
    control("POST", "/faults", {**fault, "after_effect": True})
    assert steered.ask("oss", "PUT", "/photos/a", b"x").status == 500
    assert len(steered.emulators.objects.list_objects("photos")) == 1


def test_a_delay_is_waited_for_before_the_reply() -> None:
    waits: list[float] = []
    steered = Steered()
    front = Front(steered.fronts["oss"].service, sleep=waits.append)
    controls = Controls(
        steered.clock,
        fronts=lambda: {"oss": front},
        behaviour=Behaviour,
        default_behaviour=Behaviour,
        reset=lambda: None,
    )
    controls.faults.delay("oss", seconds=2.5, times=2)
    for _ in range(3):
        assert front(Request(method="GET", host="127.0.0.1", raw_path="/photos/a")).status == 404
    assert waits == [2.5, 2.5]
    steered.emulators.close()


def test_a_fault_strikes_as_often_as_it_says_or_until_it_is_removed(control: Ask, steered: Steered) -> None:
    fault = {"service": "oss", "status": 500, "code": "InternalError"}
    control("POST", "/faults", {**fault, "times": 2})
    assert [steered.ask("oss", "GET", "/photos/a").status for _ in range(3)] == [500, 500, 404]
    made = control("POST", "/faults", {**fault, "times": None}).json()
    assert [steered.ask("oss", "GET", "/photos/a").status for _ in range(3)] == [500] * 3
    assert control("GET", "/faults").json()["faults"] == [made]
    assert control("DELETE", f"/faults/{made['id']}").status_code == 200
    assert steered.ask("oss", "GET", "/photos/a").status == 404
    assert control("DELETE", f"/faults/{made['id']}").status_code == 404


def test_all_faults_are_removed_at_once_those_armed_by_hand_included(control: Ask, steered: Steered) -> None:
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
    control: Ask, fault: dict[str, object], hint: str
) -> None:
    answer = control("POST", "/faults", fault)
    assert answer.status_code == 400
    assert hint in answer.json()["error"]
    assert control("GET", "/faults").json()["faults"] == []


def test_python_refuses_what_http_refuses(steered: Steered) -> None:
    with pytest.raises(ControlError, match="from 400 to 599"):
        steered.controls.faults.error("oss", status=200, code="X")
    with pytest.raises(ControlError, match="no service"):
        steered.controls.faults.throttle("s3")
    with pytest.raises(ControlError, match="times is 0"):
        steered.controls.faults.drop("oss", times=0)
    with pytest.raises(ControlError, match="seconds is -1"):
        steered.controls.faults.delay("oss", seconds=-1)
    with pytest.raises(ControlError, match="reads is 0"):
        steered.controls.transitions.after_reads(0)
    with pytest.raises(ControlError, match="pending is -1"):
        steered.controls.transitions.after_seconds(1, pending=-1)


# --- the request log


def test_the_log_names_every_request_in_order_and_nothing_that_is_secret(
    control: Ask, steered: Steered
) -> None:
    steered.clock.hold(2_000_000_000)
    steered.ask("oss", "GET", "/photos/a?Signature=s3cret", authorization="OSS s3cret-id:s3cret")
    steered.ask("dashscope", "POST", "/api/v1/fine-tunes", b"s3cret", authorization="Bearer sk-s3cret")
    steered.controls.faults.drop("oss")
    steered.ask("oss", "GET", "/photos/b")
    answer = control("GET", "/requests")
    assert [
        (call["service"], call["operation"], call["method"], call["path"], call["status"], call["at"])
        for call in answer.json()["requests"]
    ] == [
        ("oss", "GetObject", "GET", "/photos/a", 404, 2_000_000_000),
        ("dashscope", "CreateFineTune", "POST", "/api/v1/fine-tunes", 400, 2_000_000_000),
        ("oss", "GetObject", "GET", "/photos/b", 0, 2_000_000_000),
    ]
    assert "s3cret" not in answer.text


def test_the_log_is_picked_by_service_and_operation_and_emptied(control: Ask, steered: Steered) -> None:
    steered.ask("oss", "GET", "/photos/a")
    steered.ask("oss", "HEAD", "/photos/a")
    steered.ask("dashscope", "GET", "/api/v1/files")
    assert len(control("GET", "/requests?service=oss").json()["requests"]) == 2
    assert len(control("GET", "/requests?service=oss&operation=HeadObject").json()["requests"]) == 1
    assert control("GET", "/requests?service=tablestore").json() == {"requests": []}
    assert control("GET", "/requests?service=s3").status_code == 400
    assert "service and operation" in control("GET", "/requests?status=404").json()["error"]
    control("DELETE", "/requests")
    assert control("GET", "/requests").json() == {"requests": []}


def test_the_controls_themselves_are_not_in_the_log(control: Ask, steered: Steered) -> None:
    control("GET", "/clock")
    assert steered.controls.requests() == []


# --- transitions


def test_transitions_are_read_and_changed(control: Ask, steered: Steered) -> None:
    behaviour = steered.emulators.studio.behaviour
    assert control("GET", "/transitions").json()["progression"] == "seconds"
    assert control("PUT", "/transitions", {"progression": "immediate"}).json() == {"progression": "immediate"}
    assert behaviour.progression == "immediate"
    shown = control("PUT", "/transitions", {"progression": "reads", "reads": 3}).json()
    assert shown == {"progression": "reads", "reads": 3}
    assert (behaviour.progression, behaviour.reads_per_status) == ("reads", 3)
    shown = control("PUT", "/transitions", {"progression": "seconds", "seconds": 7, "pending": 1}).json()
    assert shown == {"progression": "seconds", "seconds": 7, "pending": 1}
    assert (behaviour.training_seconds, behaviour.task_seconds, behaviour.pending_seconds) == (7, 7, 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"progression": "never"},
        {"progression": 5},
        {"progression": "reads", "reads": 0},
        {"progression": "seconds"},
        {"progression": "seconds", "seconds": -1},
    ],
)
def test_transitions_take_nothing_else(control: Ask, body: object) -> None:
    assert control("PUT", "/transitions", body).status_code == 400


# --- reset


def test_a_reset_makes_everything_as_it_was(control: Ask, steered: Steered) -> None:
    steered.emulators.objects.create_bucket("photos")
    steered.ask("oss", "GET", "/photos/a")
    steered.controls.faults.throttle("oss", times=None)
    steered.controls.transitions.immediate()
    steered.clock.hold(2_000_000_000)
    assert control("POST", "/reset", {}).json() == {"reset": True}
    assert steered.resets == 1
    assert steered.ask("oss", "GET", "/photos/a").status == 404
    assert not steered.clock.is_held
    assert control("GET", "/transitions").json()["progression"] == "seconds"
    assert len(steered.controls.requests()) == 1


# --- who is let in, and what is not JSON


def asked(served: ControlledServer, broken: Broken | None = None, **changes: str) -> Response:
    request = Request(
        method=changes.get("method", "GET"),
        host=changes.get("host", "127.0.0.1:9010"),
        raw_path=changes.get("path", "/_control/clock"),
        headers=Headers({"content-type": changes.get("kind", "application/json")}),
        body=changes.get("body", "").encode(),
        remote_address=changes.get("remote", "127.0.0.1"),
        broken=broken,
    )
    return served(request)


def test_a_reset_that_did_not_come_whole_resets_nothing(served: ControlledServer, steered: Steered) -> None:
    answer = asked(served, REQUEST_TIMEOUT, method="POST", path="/_control/reset")
    assert (answer.status, steered.resets) == (408, 0)


def test_only_callers_on_this_machine_are_let_in(served: ControlledServer) -> None:
    assert asked(served).status == asked(served, host="localhost", remote="127.0.0.9").status == 200
    assert asked(served, host="[::1]:9010", remote="::1").status == 200
    refused = asked(served, remote="192.168.1.7")
    assert (refused.status, "same machine" in refused.body.decode()) == (403, True)


@pytest.mark.parametrize(
    "host", ["evil.example.com", "photos.oss-cn-beijing.aliyuncs.com", "", "192.168.1.7"]
)
def test_by_another_host_name_the_path_is_the_services(served: ControlledServer, host: str) -> None:
    assert b"<Error>" in asked(served, host=host).body


def test_a_path_that_only_begins_like_the_controls_is_the_services(served: ControlledServer) -> None:
    assert b"<Error>" in asked(served, path="/_controlled").body


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_change_that_a_web_page_could_send_is_refused(served: ControlledServer, kind: str) -> None:
    answer = asked(served, method="PUT", kind=kind, body='{"advance": 1}')
    assert answer.status == 415
    assert "Content-Type: application/json" in answer.body.decode()


@pytest.mark.parametrize(
    "body", ["{", "[1]", "null", '"x"', "[" * 50_000, '{"a": \ud800}'.replace("\ud800", "?")]
)
def test_what_is_no_json_object_is_refused(served: ControlledServer, body: str) -> None:
    answer = asked(served, method="PUT", body=body)
    assert answer.status == 400
    assert "error" in json.loads(answer.body)


def test_too_much_is_refused(served: ControlledServer) -> None:
    assert asked(served, method="PUT", body=" " * 70_000).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_control/nothing", 404),
        ("GET", "/_control/clock/now", 404),
        ("POST", "/_control/clock", 405),
        ("GET", "/_control/reset", 405),
        ("GET", "/_control/faults/1", 405),
        ("DELETE", "/_control/faults/one", 404),
    ],
)
def test_other_paths_and_methods_are_refused_with_what_there_is(
    served: ControlledServer, method: str, path: str, status: int
) -> None:
    answer = asked(served, method=method, path=path)
    assert answer.status == status
    assert json.loads(answer.body)["error"]


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
