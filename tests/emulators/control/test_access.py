"""Which requests reach the controls, and which are refused or passed on to the service."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aliyun_local.control import CONTROL_PATH, ControlledServer
from aliyun_local.serving.broken_requests import REQUEST_TIMEOUT
from aliyun_local.serving.wire import Headers, Request
from tests.emulators.control.support import Steered

LOCAL = Request(
    method="GET",
    host="127.0.0.1:9010",
    raw_path=f"{CONTROL_PATH}/clock",
    headers=Headers({"content-type": "application/json"}),
)


def change_of(body: str) -> Request:
    """Return a request that sets the clock."""
    return replace(LOCAL, method="PUT", body=body.encode())


def test_a_reset_that_did_not_come_whole_resets_nothing(served: ControlledServer, steered: Steered) -> None:
    answer = served(replace(LOCAL, method="POST", raw_path=f"{CONTROL_PATH}/reset", defect=REQUEST_TIMEOUT))
    assert (answer.status, steered.resets) == (408, 0)


def test_only_callers_on_this_machine_are_let_in(served: ControlledServer) -> None:
    for here in (LOCAL, replace(LOCAL, host="localhost", remote_address="127.0.0.9")):
        assert served(here).status == 200
    assert served(replace(LOCAL, host="[::1]:9010", remote_address="::1")).status == 200
    refused = served(replace(LOCAL, remote_address="192.168.1.7"))
    assert (refused.status, "same machine" in refused.body.decode()) == (403, True)


@pytest.mark.parametrize(
    "host", ["evil.example.com", "photos.oss-cn-beijing.aliyuncs.com", "", "192.168.1.7"]
)
def test_by_another_host_name_the_path_is_the_services(served: ControlledServer, host: str) -> None:
    assert b"<Error>" in served(replace(LOCAL, host=host)).body


def test_a_path_that_only_begins_like_the_controls_is_the_services(served: ControlledServer) -> None:
    assert b"<Error>" in served(replace(LOCAL, raw_path=f"{CONTROL_PATH}led")).body


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_change_that_a_web_page_could_send_is_refused(served: ControlledServer, kind: str) -> None:
    answer = served(replace(change_of('{"advance": 1}'), headers=Headers({"content-type": kind})))
    assert answer.status == 415
    assert "Content-Type: application/json" in answer.body.decode()


@pytest.mark.parametrize(
    "body", ["{", "[1]", "null", '"x"', "[" * 50_000, '{"a": \ud800}'.replace("\ud800", "?")]
)
def test_what_is_no_json_object_is_refused(served: ControlledServer, body: str) -> None:
    answer = served(change_of(body))
    assert answer.status == 400
    assert "error" in json.loads(answer.body)


def test_too_much_is_refused(served: ControlledServer) -> None:
    assert served(change_of(" " * 70_000)).status == 413
    admission = served(replace(LOCAL, method="PUT", expects_body=True)).admission
    assert admission is not None
    assert admission.most_bytes < 70_000


def test_an_upload_callback_is_refused(served: ControlledServer, steered: Steered) -> None:
    headers = Headers({"content-type": "application/json", "x-oss-tag": "CALLBACK"})
    for method, path in (("POST", "reset"), ("GET", "clock")):
        request = replace(LOCAL, method=method, raw_path=f"{CONTROL_PATH}/{path}", headers=headers)
        assert served(request).status == 403
    assert steered.resets == 0


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
    answer = served(replace(LOCAL, method=method, raw_path=path))
    assert answer.status == status
    assert json.loads(answer.body)["error"]
