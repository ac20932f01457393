"""What goes wrong during a deployment, and that nothing is lost and no secret shown by it."""

from __future__ import annotations

import stat
import threading

import pytest

from local.stages import changing, deploying, events
from local.stages.secret_values import MADE
from tests.contracts.stages.support import Operator

pytestmark = pytest.mark.timeout(600)


def deployed(operator: Operator, *arguments: str) -> None:
    run = operator.deploy("--no-smoke", *arguments)
    assert run.status == 0, run.err


def test_a_creation_that_fails_is_rolled_back_explained_and_made_by_the_next_deployment(
    operator: Operator,
) -> None:
    operator.failures.arm("SeenTable", "CREATE", code="OTSServerBusy", message="try later")
    failed = operator.deploy("--json", "--no-smoke")
    assert failed.status == 1
    assert "SeenTable (ALIYUN::OTS::Table)" in failed.document["error"]
    assert "OTSServerBusy" in failed.document["error"]
    # Retained resources are left, the tables among them incomplete; all of them are empty.
    again = operator.deploy("--json", "--no-smoke")
    assert again.status == 0, again.err
    assert "was never made whole" in again.err


def test_an_update_that_fails_leaves_the_stage_as_it_was_and_is_made_by_the_next_one(
    operator: Operator,
) -> None:
    deployed(operator)
    operator.releases(2)
    operator.failures.arm("StatusFunction", "UPDATE", code="InternalServerError")
    failed = operator.deploy("--no-smoke")
    assert (failed.status, "StatusFunction" in failed.err) == (1, True)
    assert len(operator.remembered["releases"]) == 1
    assert operator.run("smoke").status == 0
    deployed(operator)
    assert len(operator.remembered["releases"]) == 2


def test_a_stack_that_cannot_be_deleted_says_why_and_is_deleted_by_the_next_try(operator: Operator) -> None:
    deployed(operator)
    operator.failures.arm("LogProject", "DELETE", code="ProjectForbidden", message="it is in use")
    failed = operator.run("destroy", "--confirm", "dev")
    assert (failed.status, "ProjectForbidden" in failed.err) == (1, True)
    # No deployment goes on top of half a stack.
    assert operator.deploy("--no-smoke").status == 1
    assert operator.run("destroy", "--confirm", "dev").status == 0


def test_throttling_and_lost_answers_are_survived_and_make_nothing_twice(operator: Operator) -> None:
    faults = operator.cloud.controls.faults
    faults.throttle("ros", times=5)
    faults.drop("ros", "CreateChangeSet")
    faults.drop("ros", "ExecuteChangeSet")
    faults.drop("fc", "CreateLayerVersion")
    deployed(operator)
    assert len(operator.cloud.stacks.store.stacks()) == 1
    faults.drop("ros", "DeleteStack")
    assert operator.run("destroy", "--confirm", "dev").status == 0


def test_an_endless_throttling_ends_with_a_reason(operator: Operator) -> None:
    operator.cloud.controls.faults.throttle("ros", times=None)
    refused = operator.deploy("--no-smoke")
    assert (refused.status, "Throttling" in refused.err) == (2, True)


def test_an_operation_of_somebody_else_is_waited_for(operator: Operator) -> None:
    deployed(operator)
    operator.slow(0.1)
    operator.releases(2)
    other = threading.Thread(target=operator.deploy_elsewhere)
    other.start()
    operator.until_busy()
    deployed(operator, "--parameter", "LingerSeconds=60")
    other.join()
    assert operator.run("status", "--json").document["stack"]["status"] == "UPDATE_COMPLETE"


def test_changes_that_would_lose_data_are_refused_before_anything_is_done(operator: Operator) -> None:
    deployed(operator)
    for name, value, kind in (
        ("BucketName", "another-bucket", "PhotoBucket would be replaced"),
        ("InstanceName", "facesother", "TableInstance would be replaced"),
    ):
        refused = operator.deploy("--no-smoke", "--yes", "--parameter", f"{name}={value}")
        assert (refused.status, kind in refused.err) == (3, True), refused.err
    assert operator.run("diff", "--json").document["changes"] == []


def test_what_is_removed_or_made_anew_is_asked_about(operator: Operator) -> None:
    deployed(operator)
    operator.answers = ["no"]
    asked = operator.deploy(
        "--no-smoke", "--parameter", "CreateTables=off", "--parameter", "CreateInstance=off"
    )
    assert asked.status == 3
    assert "stays in the account" in asked.err
    assert operator.run("diff", "--json").document["changes"] == []


@pytest.mark.parametrize("wait", [1, 2, 5, 40])
def test_ctrl_c_at_any_wait_is_resumed_by_the_same_command(operator: Operator, wait: int) -> None:
    operator.slow(0.02)
    waits = iter(range(1, 10_000))

    def interrupt() -> None:
        if next(waits) == wait:
            raise KeyboardInterrupt

    operator.asleep = interrupt
    # The first waits are for ROS, the later ones for the smoke test.
    stopped = operator.deploy()
    operator.asleep = lambda: None
    assert stopped.status == 130
    assert "make deploy STAGE=dev" in stopped.err
    again = operator.deploy("--json", *(["--no-smoke"] if wait < 40 else []))
    assert again.status == 0, again.err
    assert len(operator.cloud.studio.ledger()) == 0


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (deploying, "values_for"),
        (deploying, "check_account"),
        (deploying, "build_code"),
        (deploying, "published"),
        (changing, "worked_out"),
        (changing, "_judge"),
        (events, "known_events"),
    ],
)
def test_ctrl_c_in_any_phase_is_resumed_by_the_same_command(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, name, interrupted)
        assert operator.deploy("--no-smoke").status == 130
    deployed(operator)


def test_ctrl_c_while_a_stage_is_removed_is_resumed_by_the_same_command(operator: Operator) -> None:
    deployed(operator)
    operator.slow(0.02)

    def interrupt() -> None:
        raise KeyboardInterrupt

    operator.asleep = interrupt
    stopped = operator.run("destroy", "--confirm", "dev")
    operator.asleep = lambda: None
    assert (stopped.status, "ROS goes on" in stopped.err) == (130, True)
    assert operator.run("destroy", "--confirm", "dev").status == 0


def test_no_secret_is_shown_or_kept_but_in_the_file_of_tokens(operator: Operator) -> None:
    assert operator.deploy("--json").status == 0
    operator.failures.arm("StatusFunction", "UPDATE", code="Failed", message="x")
    operator.releases(2)
    for arguments in (["diff"], ["deploy"], ["status"], ["doctor"], ["smoke"], ["open", "stack"], ["logs"]):
        operator.run(*arguments)
    tokens = operator.home / ".local/stages/dev.secrets"
    made = [line.partition("=")[2] for line in tokens.read_text().splitlines()]
    assert len(made) == len(MADE)
    account = operator.cloud.account
    secrets = [*made, account.dashscope_api_key, account.access_key_secret]
    files = [path for path in operator.home.rglob("*") if path.is_file() and path != tokens]
    texts = [*operator.shown, *(path.read_text() for path in files)]
    assert not [secret for secret in secrets for text in texts if secret in text]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (operator.home / ".local/stages").iterdir()}
    assert modes == {0o600}
