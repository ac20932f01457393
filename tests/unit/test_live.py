"""The parts of ``make test-live`` that need no account: what it says without one, its budget, its report."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from aliyun_local.oss.behaviour import OssBehaviour
from local.packaging import ROOT
from tests.live.__main__ import main
from tests.live.budget import MOST_CNY, Budget, OverBudget, Paid, most
from tests.live.journal import Journal, journals
from tests.live.question import Answer, Question
from tests.live.questions import QUESTIONS, steps_of
from tests.live.report import read, report, without_secrets, write
from tests.live.settings import NAMES, SECRETS, Settings

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI1", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"}


def no_wait(_: object) -> NoReturn:
    raise AssertionError("it must not wait")


@pytest.mark.parametrize(
    "environment", [{}, {"DASHSCOPE_API_KEY": " "}, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI1"}]
)
@pytest.mark.parametrize("arguments", [[], ["--pay"], ["--clean"]])
def test_without_credentials_it_is_skipped_and_says_which_variables_to_set(
    arguments: list[str], environment: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "report.json"
    assert main([*arguments, "--report", str(written)], environment, wait=no_wait, folder=tmp_path) == 0
    said = capsys.readouterr().out
    assert "skipped" in said
    for name in (*KEYS, "DASHSCOPE_API_KEY"):
        assert name in said
    assert not written.exists()


@pytest.mark.parametrize("text", ["10.01", "1000", "-1", "0", "NaN", "Infinity", "ten"])
def test_a_budget_above_ten_yuan_or_that_is_no_amount_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--pay"], {**KEYS, "LIVE_BUDGET_CNY": text}, wait=no_wait, folder=tmp_path) == 2
    assert "LIVE_BUDGET_CNY must be" in capsys.readouterr().err


def test_a_photo_that_cannot_be_read_is_told_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {**KEYS, "LIVE_PHOTO": str(tmp_path / "nothing.jpg")}
    assert main(["--pay"], environment, wait=no_wait, folder=tmp_path) == 2
    assert "nothing.jpg" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_whole_run_costs_less_than_its_budget_which_is_at_most_ten_yuan() -> None:
    assert most(steps_of(QUESTIONS)) == Decimal("7.73") <= Decimal(8) <= MOST_CNY == 10


def test_a_budget_refuses_what_is_more_than_its_rest_and_what_was_paid_before() -> None:
    budget = Budget(Decimal("5.5"))
    budget.spend(Paid.TRAINING)
    assert budget.spent == Decimal("2.55")
    with pytest.raises(OverBudget, match="is paid already, and none is paid twice"):
        budget.spend(Paid.TRAINING)
    budget.spend(Paid.PORTRAIT)
    budget.spend(Paid.SECOND_TRAINING)
    with pytest.raises(OverBudget, match=r"costs up to 2\.5 CNY, and 0\.27 CNY of the budget are left"):
        budget.spend(Paid.FAILING_TRAINING)
    budget.give_back(Paid.SECOND_TRAINING)
    budget.spend(Paid.FAILING_TRAINING)
    assert budget.rest == Decimal("0.27")


def test_no_two_questions_set_the_same_switch_and_every_name_is_used_once() -> None:
    switches = [name for question in QUESTIONS for name in question.sets]
    names = [question.name for question in QUESTIONS]
    assert len(switches) == len(set(switches))
    assert len(names) == len(set(names))
    fields = {f"oss.{field.name}" for field in dataclasses.fields(OssBehaviour)}
    assert {name for name in switches if name.startswith("oss.")} <= fields


def test_every_question_stands_in_the_documentation_with_its_price_and_its_switches() -> None:
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$",
        (ROOT / "docs/live-test.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [(name, words, cost, sets) for name, words, _, cost, sets in rows] == [
        (
            question.name,
            question.words,
            " + ".join(str(step.cny) for step in question.pays) or "–",
            ", ".join(f"`{name}`" for name in question.sets) or "–",
        )
        for question in QUESTIONS
    ]


def test_every_variable_stands_in_the_documentation() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+) \|$",
        (ROOT / "docs/live-test.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert dict(rows) == NAMES


@pytest.mark.parametrize(
    "text",
    [
        "GET https://b.oss/k?x-oss-credential=c&x-oss-signature=abc failed",
        "http://b/k?Expires=1&OSSAccessKeyId=LTAI&Signature=abc",
        "the query was x-oss-signature=abc&a=b",
        "Signature=abc",
        "the key sk-abc was refused",
    ],
)
def test_no_key_and_no_signature_is_left_in_a_text(text: str) -> None:
    assert "abc" not in without_secrets(text, ["sk-abc"])


def test_every_secret_of_the_settings_is_taken_out_of_the_report(tmp_path: Path) -> None:
    secrets = {name: f"value-of-{name}" for name in SECRETS}
    question = Question(name="a", words="A?", ask=no_wait)
    told = Answer(question=question, asked=True, seen=" ".join(secrets.values()))
    write(report([told], NOW), tmp_path / "r.json", Settings.of(secrets).secrets)
    assert "value-of" not in (tmp_path / "r.json").read_text(encoding="utf-8")
    assert read(tmp_path / "r.json")["answers"][0]["asked"] is True


def test_a_report_keeps_earlier_answers_of_what_was_not_asked_and_gathers_the_switches() -> None:
    first, second = (Question(name=name, words=f"{name}?", ask=no_wait) for name in ("one", "two"))
    seen = [
        Answer(question=first, asked=True, seen="x", switches={"oss": {"a": 1}}),
        Answer(question=second, asked=True, seen="y", switches={"dashscope": {"b": 2}}),
    ]
    earlier = report(seen, NOW)
    assert earlier["version"] == 1
    assert earlier["asked_at"] == "2026-11-28T00:00:00+00:00"
    assert earlier["switches"] == {"oss": {"a": 1}, "dashscope": {"b": 2}}
    later = report(
        [
            Answer(question=first, asked=False, seen="not asked: needs a photo"),
            Answer(question=second, asked=True, seen="z", switches={"dashscope": {"b": 3}}),
        ],
        NOW,
        earlier["answers"],
    )
    assert [entry["seen"] for entry in later["answers"]] == ["x", "z"]
    assert later["switches"] == {"oss": {"a": 1}, "dashscope": {"b": 3}}


def test_a_journal_survives_the_death_of_its_process_in_the_middle_of_a_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.jsonl")
    bucket = journal.add("bucket", "b")
    journal.add("object", "照片 1.jpg", "b")
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('{"kind": "file", "na')
    (again,) = journals(tmp_path)
    assert [(made.kind, made.name, made.place) for made in again.made] == [
        ("bucket", "b", ""),
        ("object", "照片 1.jpg", "b"),
    ]
    again.forget(again.made[1])
    (third,) = journals(tmp_path)
    assert third.made == [bucket]
    third.forget(bucket)
    assert list(tmp_path.iterdir()) == []
