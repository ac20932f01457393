"""The controls over HTTP: clock, request log, transitions and reset; in Python where that differs."""

from __future__ import annotations

import pytest

from aliyun_local.clock import ControlledClock, ManualClock
from aliyun_local.control import ControlError, Controls
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from tests.emulators.control.support import Control, Steered


def test_the_root_says_which_services_and_controls_there_are(control: Control) -> None:
    shown = control("GET", "").json()
    assert shown["services"] == ["oss", "tablestore", "dashscope", "sls"]
    assert "/_control/faults" in shown["controls"]


def test_the_clock_is_read_moved_held_and_let_go(control: Control, steered: Steered) -> None:
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
def test_the_clock_takes_nothing_else(control: Control, body: object) -> None:
    answer = control("PUT", "/clock", body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_clock_from_outside_is_left_to_whoever_gave_it() -> None:
    controls = Controls(
        ManualClock(),
        fronts=dict,
        behaviour=Behaviour,
        default_behaviour=Behaviour,
        oss_behaviour=OssBehaviour,
        ledger=lambda: [],
        reset=lambda: None,
    )
    with pytest.raises(ControlError, match="given to this cloud when it was started"):
        controls.clock.now()
    controls.reset()


def test_the_log_names_every_request_in_order_and_nothing_that_is_secret(
    control: Control, steered: Steered
) -> None:
    steered.clock.hold(2_000_000_000)
    steered.ask("oss", "GET", "/photos/a?Signature=s3cret", headers={"authorization": "OSS s3cret-id:s3cret"})
    steered.ask("dashscope", "POST", "/api/v1/fine-tunes", b"s3cret", {"authorization": "Bearer sk-s3cret"})
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


def test_the_log_is_picked_by_service_and_operation_and_emptied(control: Control, steered: Steered) -> None:
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


def test_the_controls_themselves_are_not_in_the_log(control: Control, steered: Steered) -> None:
    control("GET", "/clock")
    assert steered.controls.requests() == []


def test_transitions_are_read_and_changed(control: Control, steered: Steered) -> None:
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
def test_transitions_take_nothing_else(control: Control, body: object) -> None:
    assert control("PUT", "/transitions", body).status_code == 400


def test_a_reset_makes_everything_as_it_was(control: Control, steered: Steered) -> None:
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
    with pytest.raises(ControlError, match="pending_seconds is -1"):
        steered.controls.transitions.after_seconds(1, pending_seconds=-1)
