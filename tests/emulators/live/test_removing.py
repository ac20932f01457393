"""What a live run has made is removed: after errors, after Ctrl-C, and by a later run after its death."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import requests

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.samples import encoded, portrait
from tests.emulators.live.support import Account, account, question
from tests.live import pictures
from tests.live.budget import Budget, Paid
from tests.live.journal import Journal
from tests.live.question import NotAsked, Seen
from tests.live.run import Run
from tests.live.settings import Settings
from tests.live.trainings import Trainings


def make_things(run: Run) -> Seen:
    run.put_data("照片 1+1.jpg", pictures.faceless())
    run.store_file("a.jpg", pictures.faceless())
    return Seen("made")


def fail(_: Run) -> Seen:
    raise requests.ConnectionError("http://host/a?x-oss-signature=secret")


def interrupt(_: Run) -> Seen:
    raise KeyboardInterrupt


def portrait_file() -> bytes:
    return encoded(portrait(1, size=(320, 400)))


class Died(BaseException):
    """The end of a process."""


def die(_: Run) -> Seen:
    raise Died


def dead_run(cloud: Account) -> Run:
    """Return a run that has not removed anything and never will."""
    return Run(
        run_id="20260101000000-dead",
        settings=Settings.of(cloud.environment),
        budget=Budget(Decimal(10)),
        journal=Journal(cloud.journals / "20260101000000-dead.jsonl"),
        wait=cloud.cloud.controls.clock.advance,
    )


def test_an_error_in_a_question_keeps_nobody_from_the_next_and_everything_is_removed(tmp_path: Path) -> None:
    questions = (question("makes", make_things), question("fails", fail), question("goes on", make_things))
    with account(tmp_path) as cloud:
        asked = cloud.ask(questions=questions)
        assert cloud.left() == []
    assert asked.status == 1
    # A foreign error's text may hold a signed URL, and stays out.
    assert [answer["seen"] for answer in asked.report["answers"]] == [
        "made",
        "not answered: ConnectionError",
        "made",
    ]


def test_after_ctrl_c_everything_is_removed_and_the_answers_so_far_are_reported(tmp_path: Path) -> None:
    questions = (question("makes", make_things), question("ends", interrupt), question("later", make_things))
    with account(tmp_path) as cloud:
        asked = cloud.ask(questions=questions)
        assert cloud.left() == []
    assert asked.status == 130
    assert [answer["seen"] for answer in asked.report["answers"]] == ["made"]


def test_a_crash_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    with account(tmp_path) as cloud:
        with pytest.raises(Died):
            cloud.ask(questions=(question("makes", make_things), question("dies", die)))
        assert cloud.left() == []


def test_clean_removes_what_a_run_has_left_whose_process_was_killed(tmp_path: Path) -> None:
    with account(tmp_path, Behaviour(training_seconds=600)) as cloud:
        run = dead_run(cloud)
        make_things(run)
        Trainings(run)._submitted(Paid.TRAINING, [run.store_file("b.jpg", pictures.faceless())])
        run.close()
        assert len(cloud.left()) == 6  # a bucket, an object, two files, a fine-tune, a journal
        assert cloud.command("--clean") == 0
        assert cloud.left() == []


def test_a_fine_tune_whose_submit_had_no_answer_is_found_by_its_file_and_ended(tmp_path: Path) -> None:
    with account(tmp_path, Behaviour(training_seconds=600)) as cloud:
        cloud.cloud.controls.faults.drop("dashscope", "CreateFineTune")
        run = dead_run(cloud)
        with pytest.raises(requests.RequestException):
            Trainings(run)._submitted(Paid.TRAINING, [run.store_file("b.jpg", pictures.faceless())])
        run.close()
        assert [entry.status for entry in cloud.cloud.studio.ledger()] == ["PENDING"]
        assert cloud.command("--clean") == 0
        assert [entry.status for entry in cloud.cloud.studio.ledger()] == ["CANCELED"]
        assert cloud.left() == []


def test_a_fine_tune_whose_submit_was_answered_by_an_error_of_the_service_is_ended_too(
    tmp_path: Path,
) -> None:
    with account(tmp_path, Behaviour(training_seconds=600)) as cloud:
        cloud.cloud.controls.faults.error(
            "dashscope", "CreateFineTune", status=500, code="InternalError", after_effect=True
        )
        run = dead_run(cloud)
        reply = Trainings(run)._submitted(Paid.TRAINING, [run.store_file("b.jpg", pictures.faceless())])
        assert str(reply) == "500 InternalError"
        run.close()
        assert cloud.command("--clean") == 0
        assert [entry.status for entry in cloud.cloud.studio.ledger()] == ["CANCELED"]
        assert cloud.left() == []


def test_a_run_without_a_budget_cannot_pay(tmp_path: Path) -> None:
    with account(tmp_path) as cloud:
        run = dead_run(cloud)
        run.budget = None
        with pytest.raises(NotAsked, match="needs PAY=1"):
            Trainings(run)._submitted(Paid.TRAINING, ["file"])
        run.close()
        assert cloud.cloud.studio.ledger() == []


def test_what_cannot_be_removed_now_stays_in_the_journal_for_the_next_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with account(tmp_path) as cloud:
        cloud.cloud.controls.faults.error(
            "oss", "DeleteBucket", status=503, code="ServiceUnavailable", message="later", times=None
        )
        asked = cloud.ask(questions=(question("makes", make_things),))
        assert asked.status == 1
        assert "left behind: bucket facechain-live-" in capsys.readouterr().out
        assert len(cloud.left()) == 2  # the bucket and the journal
        cloud.cloud.controls.faults.clear()
        assert cloud.command("--clean") == 0
        assert cloud.left() == []


def test_a_paid_training_is_not_given_up_for_a_read_without_an_answer(tmp_path: Path) -> None:
    with account(tmp_path, Behaviour(training_seconds=60)) as cloud:
        run = dead_run(cloud)
        reply = Trainings(run)._submitted(Paid.TRAINING, [run.store_file("b.jpg", portrait_file())])
        cloud.cloud.controls.faults.drop("dashscope", "GetFineTune", times=3)
        assert Trainings(run)._awaited(reply, []).status == "SUCCEEDED"
        run.close()


def test_a_training_beyond_the_budget_is_not_made(tmp_path: Path) -> None:
    with account(tmp_path, Behaviour(training_seconds=20), OssBehaviour(public_data_access=True)) as cloud:
        cloud.more = {"LIVE_BUDGET_CNY": "2.60"}
        asked = cloud.ask("--pay")
        paid = sum(entry.billed_trainings for entry in cloud.cloud.studio.ledger())
        assert len(cloud.cloud.studio.ledger()) == 1
    assert paid <= 1
    assert asked.seen("fetch-time").startswith("At the submit and at the start")
    assert asked.seen("delete-succeeded") == (
        "not asked: a training costs up to 2.5 CNY, and 0.05 CNY of the budget are left"
    )
    assert asked.status == 0
