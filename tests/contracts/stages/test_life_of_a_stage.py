"""Whole lives of a stage on the local cloud: deployed, tried, upgraded, rolled back, removed."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from local.stages.smoke import drawn_portrait
from tests.contracts.stages.support import Operator

pytestmark = pytest.mark.timeout(900)


def test_a_stage_is_deployed_tried_upgraded_rolled_back_and_removed(operator: Operator) -> None:
    first = operator.deploy("--json")
    assert first.status == 0, first.err
    assert {one["state"] for one in first.document["smoke"]} == {"ok"}
    assert {one["action"] for one in first.document["changes"]} == {"Add"}
    assert len(operator.cloud.studio.ledger()) == 0
    assert operator.remembered["outputs"]["StatusUrl"] == first.document["outputs"]["StatusUrl"]

    again = operator.deploy("--json", "--no-smoke")
    assert (again.status, again.document["changes"]) == (0, [])
    assert "the code is there already" in again.err

    operator.releases(2)
    told = operator.run("diff", "--json")
    changed = {(one["resource"], one["action"], *one["properties"]) for one in told.document["changes"]}
    functions = ("CollectFunction", "ReconcileFunction", "StatusFunction")
    assert {(name, "Modify", "Layers") for name in functions} <= changed
    assert operator.run("status", "--json").document["release"] == first.document["release"]["package"]

    second = operator.deploy("--json")
    assert second.status == 0, second.err
    assert second.document["release"]["layer"].endswith("/versions/2")
    assert operator.run("doctor", "--json").status == 0
    standing = operator.run("status", "--json").document
    assert standing["release"] == second.document["release"]["package"]
    assert (standing["blocked_by"], standing["queue"]["waiting"]) == ([], 0)

    back = operator.run("rollback", "--json")
    assert (back.status, back.document["release"]["layer"]) == (0, first.document["release"]["layer"]), (
        back.err
    )

    operator.answers = ["staging"]
    assert operator.run("destroy").status == 3
    operator.answers = ["dev"]
    gone = operator.run("destroy", "--json")
    assert gone.status == 0, gone.err
    assert any("bucket" in one["what"] for one in gone.document["left"])
    assert operator.run("status").status == 2
    assert not list((operator.home / ".local/stages").glob("dev*"))


def test_a_stage_that_was_removed_takes_its_data_over_when_it_is_deployed_again(operator: Operator) -> None:
    assert operator.deploy("--no-smoke").status == 0
    assert operator.run("destroy", "--confirm", "dev").status == 0
    again = operator.deploy("--json", "--no-smoke")
    assert again.status == 0, again.err
    assert "taken over from an earlier stack: bucket" in again.err
    added = {one["kind"] for one in again.document["changes"]}
    assert not {"ALIYUN::OSS::Bucket", "ALIYUN::OTS::InstanceV2", "ALIYUN::OTS::Table"} & added


def test_everything_goes_when_each_is_told_to(operator: Operator) -> None:
    assert operator.deploy().status == 0
    bucket = operator.remembered["parameters"]["BucketName"]
    gone = operator.run("destroy", "--bucket", "--tables", "--models", "--confirm", "dev", "--json")
    assert gone.status == 0, gone.err
    assert [one["what"].split()[1] for one in gone.document["left"]] == ["empty"]
    assert bucket not in json.dumps(gone.document["left"])


def test_the_way_back_is_found_though_the_file_of_the_stage_is_lost(operator: Operator) -> None:
    first = operator.deploy("--json", "--no-smoke")
    operator.releases(2)
    assert operator.deploy("--no-smoke").status == 0
    (operator.home / ".local/stages/dev.json").unlink()
    back = operator.run("rollback", "--json", "--no-smoke")
    assert (back.status, back.document["release"]["layer"]) == (0, first.document["release"]["layer"])
    assert operator.run("rollback", "--to", "7").status == 2


def test_one_training_is_paid_when_it_is_said_and_answered(operator: Operator) -> None:
    operator.cloud.studio.behaviour.training_seconds = 1.0
    assert operator.deploy("--no-smoke").status == 0
    operator.answers = ["no"]
    assert operator.run("smoke", "--train").status == 3
    assert operator.cloud.studio.ledger() == []
    operator.answers = ["yes"]
    paid = operator.run("smoke", "--train", "--json")
    assert paid.status == 0, paid.err
    assert len(operator.cloud.studio.ledger()) == 1
    assert paid.document["smoke"][-1]["name"] == "training"


def test_the_commands_that_a_deployment_prints_train_somebody_and_export_no_token(operator: Operator) -> None:
    operator.cloud.studio.behaviour.training_seconds = 1.0
    done = operator.deploy("--no-smoke")
    printed = [line.strip() for line in done.out.splitlines() if line.startswith(("  . ", "  curl "))]
    load, *calls = printed
    assert [call.split()[1] for call in calls] == ["-T", "-X", "-H"]
    (operator.home / "photo.jpg").write_bytes(drawn_portrait())
    sh(operator, "\n".join((load, *(f"{call} -sSf" for call in calls[:2]))))
    assert "ADMIN_TOKEN" not in sh(operator, f"{load}\nenv")
    ends = time.monotonic() + 60
    while '"state": "SUCCEEDED"' not in sh(operator, f"{load}\n{calls[2]} -sS"):
        assert time.monotonic() < ends
        time.sleep(0.5)


def sh(operator: Operator, script: str) -> str:
    run = subprocess.run(
        ["sh", "-ec", script], cwd=operator.home, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout


def test_what_a_stage_logs_is_found_by_person_run_and_trouble(operator: Operator) -> None:
    assert operator.deploy("--json").status == 0
    found = operator.run("logs", "--person", "facechain-smoke-test", "--json", "--since", "1h")
    lines = [json.loads(line) for line in found.out.splitlines()]
    assert {line["function"].rpartition("-")[2] for line in lines} >= {"collect"}
    run = lines[0]["request_id"]
    whole = operator.run("logs", "--request-id", run)
    assert len(whole.out.splitlines()) >= 1
    # What the client of Tablestore says of a codec that it lacks here is a warning.
    errors = operator.run("logs", "--errors").out.splitlines()
    assert errors
    assert all("coder not available" in line for line in errors)
    assert operator.run("logs", "--since", "yesterday").status == 2
