"""The client's command line, ``dashscope fine-tunes`` and ``dashscope files``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dashscope.cli import files, fine_tunes
from typer import Typer
from typer.testing import CliRunner

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
from tests.emulators.dashscope.support import PHOTO_URL

pytestmark = pytest.mark.usefixtures("base_url", "held_time")


def run(app: Typer, *arguments: str) -> tuple[int, str]:
    """Return exit code and output: both streams together, without the terminal's line breaks."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, " ".join(result.output.split())


def created(studio: ModelStudio) -> str:
    return studio.create_fine_tune(model="facechain-finetune", training_file_ids=[PHOTO_URL]).job_id


def test_create_names_the_job_and_follows_it_into_its_training(studio: ModelStudio) -> None:
    code, output = run(fine_tunes.app, "create", "-m", "facechain-finetune", "-t", PHOTO_URL)
    assert code == 0, output
    (entry,) = studio.ledger()
    assert f"Create fine-tune job success, job_id: {entry.job_id}" in output
    assert "The fine-tune task is: PENDING" in output
    # Version 2.0.2 stops here: it takes its own answer for an invalid one and never asks for the stream.
    assert "Fine-tuning is RUNNING" in output


def test_get_tells_the_status_and_the_name_of_the_output(clock: ManualClock, studio: ModelStudio) -> None:
    job_id = created(studio)
    assert run(fine_tunes.app, "get", job_id) == (0, "The fine-tune task is: PENDING")
    clock.advance(400)
    code, output = run(fine_tunes.app, "get", job_id)
    assert (code, f"fine-tuned model: facechain-finetune-{job_id}" in output) == (0, True)


def test_cancel_and_delete_say_success(clock: ManualClock, studio: ModelStudio) -> None:
    job_id = created(studio)
    assert run(fine_tunes.app, "cancel", job_id)[0] == 0
    assert studio.fine_tune(job_id).status == "CANCELING"
    assert run(fine_tunes.app, "delete", job_id)[0] == 0
    code, output = run(fine_tunes.app, "delete", job_id)
    assert (code, "code: NotFound" in output) == (1, True)


def test_errors_end_with_the_exit_code_of_their_kind(behaviour: Behaviour) -> None:
    codes = {}
    for code in ("InvalidApiKey", "InvalidParameter", "Throttling", "InternalError"):
        behaviour.refused = {"*": code}
        codes[code], output = run(fine_tunes.app, "get", "x")
        assert f"code: {code}, message: " in output
    assert codes == {"InvalidApiKey": 2, "InvalidParameter": 3, "Throttling": 4, "InternalError": 1}


def test_files_are_uploaded_shown_listed_and_deleted(tmp_path: Path, studio: ModelStudio) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"messages": []}\n')
    code, output = run(files.app, "upload", "-f", str(path), "-d", "first")
    (stored,) = studio.files.page(offset=0, limit=10)[1]
    assert (code, f"file id: {stored.file_id}" in output) == (0, True)
    code, output = run(files.app, "get", stored.file_id)
    assert (code, json.loads(output)["description"]) == (0, "first")
    code, output = run(files.app, "list")
    assert (code, json.loads(output)["total"]) == (0, 1)
    run(files.app, "delete", stored.file_id)
    assert studio.files.page(offset=0, limit=10) == (0, [])
    code, output = run(files.app, "get", stored.file_id)
    assert (code, "File not found." in output) == (3, True)
