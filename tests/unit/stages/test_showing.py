"""What is shown: no secret, one document, and answers that were typed."""

from __future__ import annotations

import io
import json
import re

import pytest

from local.packaging import ROOT
from local.stages.calls import _flat
from local.stages.errors import EXIT_STATUSES, Refused, ServiceError, StageError, without_secrets
from local.stages.output import Output
from local.stages.runs import seconds_of
from local.stages.secret_values import ask_for_key
from local.stages.stage_file import Release, Stage, read_stage, write_stage
from local.stages.standing import lines_of


@pytest.mark.parametrize(
    "text",
    [
        "key sk-0123456789abcdef0123 refused",
        "https://b.oss/x?OSSAccessKeyId=LTAIsecret1&Signature=secret2%3D",
        "GET /?SecurityToken=secret3&Action=GetStack",
    ],
)
def test_keys_and_signatures_do_not_come_through(text: str) -> None:
    shown = without_secrets(text)
    assert not re.search(r"secret\d|89abcdef0123", shown)
    assert "89abcdef0123" not in str(StageError(text))


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("InvalidAccessKeyId.NotFound", "", "ALIBABA_CLOUD_PROFILE"),
        ("NoPermission", "The user lacks ram:PassRole", "ram:PassRole"),
        ("Forbidden.RAM", "", "policies"),
        ("Throttling.User", "", "minute"),
        ("BucketAlreadyExists", "", "BucketName"),
    ],
)
def test_an_error_of_a_service_says_what_to_do(code: str, message: str, remedy: str) -> None:
    assert remedy in str(ServiceError("ROS", code, message))


def test_the_result_is_one_document_and_everything_else_goes_elsewhere() -> None:
    out, err = io.StringIO(), io.StringIO()
    output = Output(as_json=True, out=out, err=err)
    output.step("Working")
    output.table("T", ("a",), [("[b]x[/b]",)])
    output.result({"a": "照片"}, ["lines"])
    assert json.loads(out.getvalue()) == {"a": "照片"}
    assert "Working" in err.getvalue()
    assert "[b]x[/b]" in err.getvalue()


def test_only_the_wanted_word_goes_on_and_nobody_is_not_a_yes() -> None:
    Output(ask=lambda _: " yes ").confirm("Sure?")
    Output(assume_yes=True).confirm("Sure?")
    with pytest.raises(Refused):
        Output(ask=lambda _: "y").confirm("Sure?")
    with pytest.raises(Refused):
        Output(assume_yes=True, ask=lambda _: "yes").confirm("Sure?", wanted="dev", yes_is_enough=False)


def test_an_input_that_ends_is_a_no() -> None:
    def end(_: str) -> str:
        raise EOFError

    with pytest.raises(Refused, match="nothing was changed"):
        Output(ask=end).confirm("Sure?")
    with pytest.raises(StageError, match="no API key"):
        ask_for_key(end, is_terminal=True)


def test_a_stage_stands_in_one_column_and_what_is_in_the_way_below_it() -> None:
    document: dict[str, object] = {
        "stage": "dev",
        "account": "1",
        "stack": {"status": "UPDATE_FAILED", "reason": "why", "updated_at": "9Z", "progress_percent": None},
        "functions": [{"name": "dev-status", "state": "Active"}],
        "release": "a.zip",
        "outputs": {"LogStoreName": "logs"},
        "queue": {"running": 1, "places": 1, "waiting": 2},
        "blocked_by": [{"code": "arrears", "message": "A bill is open.", "remedy": "Pay it."}],
    }
    assert lines_of(document) == [
        "Stage dev in account 1",
        "  stack         UPDATE_FAILED since 9Z",
        "                why",
        "  code          a.zip",
        "  function      dev-status: Active",
        "  LogStoreName  logs",
        "  training      1 of 1; 2 wait",
        "  in the way    arrears: A bill is open.",
        "                Pay it.",
    ]
    assert lines_of({**document, "unreachable": "no answer"})[-1] == "  work          no answer"
    free = lines_of({**document, "blocked_by": []})
    assert free[-1] == "  in the way    nothing: the last run of the timer was a good one"


def test_nested_parameters_are_counted_from_one_as_rpc_calls_have_them() -> None:
    given = {"Parameters": [{"ParameterKey": "A", "ParameterValue": "1"}], "Flag": True, "None": None}
    assert _flat(given) == {
        "Parameters.1.ParameterKey": "A",
        "Parameters.1.ParameterValue": "1",
        "Flag": "true",
    }


def test_a_stage_is_read_as_it_was_written_and_a_damaged_file_is_not_overwritten(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    stage = Stage(name="dev", account_id="1", releases=(Release(layer="l", package="p", at=1),))
    path = write_stage(stage, folder)
    assert read_stage("dev", folder) == stage
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{")
    with pytest.raises(StageError, match="Move it away"):
        read_stage("dev", folder)


def test_durations_are_a_number_and_a_unit() -> None:
    assert [seconds_of(text) for text in ("30s", "15m", "2h", "3d")] == [30, 900, 7200, 259_200]


def test_the_page_about_deploying_has_every_command_and_every_exit_status() -> None:
    page = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
    commands = (
        "deploy",
        "diff",
        "status",
        "logs",
        "smoke",
        "rollback",
        "destroy",
        "erase",
        "export",
        "doctor",
        "cost",
        "open",
    )
    for command in commands:
        assert f"make {command}" in page, command
    for status, text in EXIT_STATUSES.items():
        assert f"| {status} | {text} |" in page
