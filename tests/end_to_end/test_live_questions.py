"""The live questions about a deployed stack, put to the stack on the local cloud."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path

from tests.live import function_compute_questions
from tests.live.__main__ import main

from .support import LocalStudio

HAS_CLIENT = importlib.util.find_spec("alibabacloud_fc20230330") is not None


def a_moment(seconds: float) -> None:
    time.sleep(min(seconds, 0.2))


def test_every_question_about_a_stack_is_answered_and_the_person_is_erased(
    studio: LocalStudio, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    known = function_compute_questions.QUESTIONS
    endpoints = dict(studio.endpoints)
    status = main(
        ["--report", str(report)], endpoints, wait=a_moment, folder=tmp_path / "journals", known=known
    )
    answers = json.loads(report.read_text(encoding="utf-8"))["answers"]
    seen = {answer["name"]: answer["seen"] for answer in answers}
    assert status == 0, seen
    of_environment = {
        "number-to-environment": "Yes: every value is a string, and that of a number is its digits.",
        "yaml-anchors": "Yes: they have the same environment.",
    }
    assert {name: text for name, text in seen.items() if not text.startswith("not asked")} == {
        "trigger-authorization": "Yes.",
        "trigger-if-none-match": "Yes: the answer is 304.",
        "trigger-head": "Yes: 200 without a body.",
        "trigger-options": seen["trigger-options"],
        "trigger-disposition": "No.",
        "event-key-encoding": "They arrive as they are, and the role may save pictures.",
        **(of_environment if HAS_CLIENT else {}),
    }
    assert list((tmp_path / "journals").glob("*")) == []
    bucket = studio.endpoints["OSS_BUCKET"]
    keys = [row.key for row in studio.cloud.objects.list_objects(bucket, prefix="people/live-test").rows]
    assert keys == []
    shown = studio.get("/jobs?limit=100").json()["jobs"]
    assert not [job for job in shown if job["person_id"].startswith("live-test")]
