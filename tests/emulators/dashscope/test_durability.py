"""The account without HTTP: its state after a restart or a kill, and many callers at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

import aliyun_local
from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account import fine_tune_ledger
from aliyun_local.dashscope.account.files import StoredFile
from aliyun_local.dashscope.account.models import FINE_TUNE_MODEL, Behaviour, ModelStudio
from aliyun_local.dashscope.account.records import OtherVersionError
from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.dashscope.pictures.fetching import Fetched
from tests.emulators.dashscope.support import PHOTO_URL, Web

ROOT = Path(aliyun_local.__file__).parents[1]


def submitted(studio: ModelStudio) -> str:
    return studio.create_fine_tune(model=FINE_TUNE_MODEL, training_file_ids=[PHOTO_URL]).job_id


def test_a_restart_keeps_fine_tunes_files_and_the_ledger(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web, photo: bytes
) -> None:
    behaviour.delete_terminal = "allow"
    studio = ModelStudio(tmp_path / "new" / "folder", clock, behaviour, web.fetch)
    studio.fail_next("InternalError.Algo", "no luck", after_seconds=50)
    first = submitted(studio)
    clock.advance(100)
    studio.delete_fine_tune(first)
    second = submitted(studio)
    clock.advance(1)
    studio.set_training_seconds(second, 1000)
    file = studio.files.add(name="a.jpg", content=photo, description="d", purpose=None, at=clock.now())
    assert isinstance(file, StoredFile)
    before = studio.ledger()
    studio.close()

    clock.advance(500)
    again = ModelStudio(tmp_path / "new" / "folder", clock, behaviour, web.fetch)
    assert again.fine_tune(second).status == "RUNNING"
    assert again.ledger()[0] == before[0]
    assert (before[0].status, before[0].code, before[0].deleted_at is not None) == (
        "FAILED",
        "InternalError.Algo",
        True,
    )
    assert again.files.get(file.file_id) == file
    assert again.files.read(file.file_id) == photo
    clock.advance(501)
    assert again.fine_tune(second).ended_at == again.ledger()[1].created_at + 1002
    again.close()


def test_a_data_folder_of_another_version_is_refused_with_a_remedy(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    ModelStudio(tmp_path, clock, behaviour, web.fetch).close()
    with closing(sqlite3.connect(tmp_path / "dashscope.sqlite3")) as connection:
        connection.execute("ALTER TABLE tasks RENAME COLUMN ended_at TO ended")
    with pytest.raises(OtherVersionError, match="table tasks of this data folder; use another data folder"):
        ModelStudio(tmp_path, clock, behaviour, web.fetch)


def test_bytes_that_a_kill_left_without_a_row_are_swept_away(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    studio = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    kept = studio.files.add(name="a", content=b"kept", description="", purpose=None, at=clock.now())
    assert isinstance(kept, StoredFile)
    studio.close()
    (tmp_path / "files" / "00000000-0000-4000-8000-000000000000").write_bytes(b"half")
    ModelStudio(tmp_path, clock, behaviour, web.fetch).close()
    assert [path.name for path in (tmp_path / "files").iterdir()] == [kept.file_id]


def test_a_kill_during_the_answer_leaves_the_job(tmp_path: Path, clock: ManualClock, web: Web) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account import fine_tune_ledger
from aliyun_local.dashscope.account.models import Behaviour, ModelStudio
studio = ModelStudio(Path(sys.argv[1]), ManualClock(), Behaviour(fetch="start"), lambda url: 1 / 0)
studio.create_fine_tune(model="facechain-finetune", training_file_ids=["https://photos/a.jpg"])
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == -9
    studio = ModelStudio(tmp_path, clock, Behaviour(), web.fetch)
    assert [entry.training_file_ids for entry in studio.ledger()] == [(PHOTO_URL,)]
    studio.close()


def test_of_many_submits_at_once_one_gets_the_only_slot(
    clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    behaviour.submits_per_second = 100
    studio = ModelStudio(None, clock, behaviour, web.fetch)
    together = threading.Barrier(8)

    def try_to_submit(_: int) -> str:
        together.wait(5)
        try:
            return submitted(studio)
        except ServiceError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        results = sorted(pool.map(try_to_submit, range(8)))
    assert results[:7] == ["Throttling"] * 7
    assert [entry.job_id for entry in studio.ledger()] == results[7:]
    studio.close()


def test_a_slot_that_is_taken_during_the_downloads_of_a_submit_is_taken(
    clock: ManualClock, behaviour: Behaviour, photo: bytes
) -> None:
    studio: ModelStudio
    others: list[str] = []

    def submit_meanwhile(url: str) -> Fetched:
        if not others:
            others.append("begun")
            others.append(submitted(studio))
        return Fetched(content=photo, content_type="image/jpeg")

    studio = ModelStudio(None, clock, behaviour, submit_meanwhile)
    with pytest.raises(ServiceError, match="Too many fine-tune job"):
        submitted(studio)
    assert [entry.job_id for entry in studio.ledger()] == others[1:]
    studio.close()


def test_a_slow_download_holds_up_nobody_else_and_starts_the_training_once(
    clock: ManualClock, behaviour: Behaviour, photo: bytes
) -> None:
    behaviour.fetch = "start"
    entered, release = threading.Event(), threading.Event()
    downloads: list[str] = []

    def slow(url: str) -> Fetched:
        downloads.append(url)
        entered.set()
        release.wait(10)
        return Fetched(content=photo, content_type="image/jpeg")

    studio = ModelStudio(None, clock, behaviour, slow)
    job_id = submitted(studio)
    begin = clock.now()
    clock.advance(60)
    waiting = threading.Thread(target=studio.tick)
    waiting.start()
    assert entered.wait(10)
    assert studio.fine_tune(job_id).status == "PENDING"
    release.set()
    waiting.join(10)
    job = studio.fine_tune(job_id)
    assert (job.status, job.started_at, downloads) == ("RUNNING", begin + 2, [PHOTO_URL])
    studio.close()


def test_a_cancel_during_the_download_is_not_undone_by_it(
    clock: ManualClock, behaviour: Behaviour, photo: bytes
) -> None:
    behaviour.fetch = "start"
    studio: ModelStudio

    def cancel_meanwhile(url: str) -> Fetched:
        studio.cancel_fine_tune(studio.fine_tunes(page_no=1, page_size=1, model=None)[1][0].job_id)
        return Fetched(content=photo, content_type="image/jpeg")

    studio = ModelStudio(None, clock, behaviour, cancel_meanwhile)
    job_id = submitted(studio)
    clock.advance(2)
    assert studio.fine_tune(job_id).status == "CANCELING"
    clock.advance(3)
    assert studio.fine_tune(job_id).status == "CANCELED"
    studio.close()


def test_a_seed_makes_ids_repeatable_and_a_restart_does_not_repeat_them(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    behaviour.concurrent_fine_tunes = 5
    ids = []
    for data in (None, tmp_path, tmp_path):
        studio = ModelStudio(data, clock, behaviour, web.fetch, random_seed=3)
        ids.append(submitted(studio))
        studio.close()
    assert ids[0] == ids[1]
    assert ids[1] != ids[2]


@pytest.mark.parametrize("progression", ["time", "reads", "immediate"])
def test_a_restart_may_change_what_moves_fine_tunes_on(
    tmp_path: Path, clock: ManualClock, web: Web, progression: Literal["time", "reads", "immediate"]
) -> None:
    studio = ModelStudio(tmp_path, clock, Behaviour(progression="reads"), web.fetch)
    job_id = submitted(studio)
    studio.close()
    clock.advance(1000)
    other = Behaviour(progression=progression)
    again = ModelStudio(tmp_path, clock, other, web.fetch)
    assert again.fine_tune(job_id).status == ("PENDING" if progression == "reads" else "SUCCEEDED")
    again.close()


def test_a_page_of_a_long_list_reads_no_row_that_it_does_not_show(tmp_path: Path) -> None:
    studio = ModelStudio(tmp_path, ManualClock(), Behaviour(), Web().fetch)
    asked: list[str] = []
    with studio._database.reading() as connection:
        connection.set_trace_callback(asked.append)
        for model in (None, FINE_TUNE_MODEL):
            fine_tune_ledger.page(connection, offset=1000, limit=10, model=model, created_until=1e12)
        fine_tune_ledger.count_succeeded(connection)
        connection.set_trace_callback(None)
        plans = [
            [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")] for query in list(asked)
        ]
    studio.close()
    scans = [step for steps in plans for step in steps if step.startswith("SCAN")]
    assert len(asked) == 5
    # The constant row is the sum of three counts.
    assert [step for step in scans if "INDEX" not in step and step != "SCAN CONSTANT ROW"] == []
