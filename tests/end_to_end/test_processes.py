"""The stack as processes: killed at bad moments, started again, stopped, and started where it must not be."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .support import Studio, eventually, photo
from .up import Up, environment, free_ports, run_local

Start = Callable[..., Up]


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Start]:
    made: list[Up] = []

    def make(**settings: str) -> Up:
        made.append(Up(tmp_path, **settings))
        return made[-1]

    yield make
    for up in made:
        up.close()


def trained_once(studio: Studio, person: str, *, photos: int) -> dict[str, Any]:
    document = studio.wait_until_trained(person, seconds=90)
    (job,) = document["revisions"]
    assert job["usable_count"] == photos
    assert studio.fine_tunes_of(job["job_id"]) == [job["fine_tune_id"]]
    assert studio.result(person)["finetuned_output"] == job["finetuned_output"]
    return document


def test_killed_right_after_uploads_were_accepted_it_trains_everybody_once(prepare: Start) -> None:
    up = prepare(QUIET_SECONDS="2", **free_ports())
    studio = up.start()
    for person in ("anna", "bao"):
        studio.upload_portraits(person, 101, 102)
    up.kill()
    studio = up.start()
    assert studio.bucket.get_object("people/anna/101.jpg").read() == photo(101)
    for person in ("anna", "bao"):
        trained_once(studio, person, photos=2)


def test_killed_while_one_is_trained_and_others_wait_it_loses_nobody(prepare: Start) -> None:
    up = prepare(LOCAL_TRAINING_SECONDS="2", **free_ports())
    studio = up.start()
    studio.upload_portraits("finished", 111)
    studio.mark_ready("finished")
    finished = trained_once(studio, "finished", photos=1)
    people = ("chen", "dora", "emil")
    for number, person in enumerate(people):
        studio.upload_portraits(person, 112 + number)
        studio.mark_ready(person)
    eventually(lambda: sorted(map(studio.state, people)) == ["QUEUED", "QUEUED", "TRAINING"])
    before = {person: studio.document(person)["current"] for person in people}
    up.kill()
    studio = up.start()
    assert studio.document("finished")["current"]["fine_tune_id"] == finished["current"]["fine_tune_id"]
    for person, job in before.items():
        document = trained_once(studio, person, photos=1)
        if job["fine_tune_id"]:
            assert document["current"]["fine_tune_id"] == job["fine_tune_id"]
    assert len(studio.ledger()) == 4
    up.kill()
    studio = up.start()
    for person in ("finished", *people):
        trained_once(studio, person, photos=1)
    assert len(studio.ledger()) == 4


def test_killed_again_and_again_during_uploads_it_keeps_every_photo_it_accepted(prepare: Start) -> None:
    up = prepare(QUIET_SECONDS="6", **free_ports())
    for number in range(3):
        studio = up.start()
        studio.upload_portraits("persistent", 121 + number)
        up.kill()
    studio = up.start()
    document = trained_once(studio, "persistent", photos=3)
    assert {entry["name"] for entry in document["current"]["photos"]} == {"121.jpg", "122.jpg", "123.jpg"}


def _functions_of(up: Up) -> set[int]:
    """Return ids of the processes below ``up``: instances, and what they were forked off."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {up.pid}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return {process for process in found - {up.pid} if _runs_a_function(process)}


def _runs_a_function(process: int) -> bool:
    try:
        return b"function_compute/scripts/" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_no_process_of_a_function_outlives_the_cloud(prepare: Start, how: str) -> None:
    up = prepare()
    studio = up.start()
    studio.upload_portraits("quick", 131)
    studio.wait_for("quick", "COLLECTING")
    processes = _functions_of(up)
    assert len(processes) >= 3
    if how == "killed":
        up.kill()
    else:
        assert up.interrupt() == 0
    eventually(lambda: not any(map(_runs_a_function, processes)), 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_in_good_order(prepare: Start, number: signal.Signals) -> None:
    up = prepare()
    studio = up.start()
    assert stat.S_IMODE(up.endpoints_file.stat().st_mode) == 0o600
    studio.upload_portraits("half way", 141)
    assert up.interrupt(number) == 0
    assert not up.endpoints_file.exists()
    output = up.output.read_text()
    assert "Stopping." in output
    assert "Traceback" not in output


def test_every_endpoint_is_named_and_answers_and_shells_can_read_the_file(prepare: Start) -> None:
    up = prepare()
    studio = up.start()
    printed = subprocess.run(
        ["sh", "-c", f". '{up.endpoints_file}' && echo \"$STATUS_URL $OSS_BUCKET\""],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.split() == [studio.endpoints["STATUS_URL"], studio.endpoints["OSS_BUCKET"]]
    assert set(studio.endpoints) == {
        "OSS_ENDPOINT",
        "OSS_PUBLIC_ENDPOINT",
        "OSS_REGION",
        "OSS_BUCKET",
        "OTS_ENDPOINT",
        "OTS_INSTANCE",
        "DASHSCOPE_HTTP_BASE_URL",
        "DASHSCOPE_API_KEY",
        "FC_ENDPOINT",
        "ROS_ENDPOINT",
        "SLS_ENDPOINT",
        "FC_COLLECT",
        "FC_RECONCILE",
        "FC_STATUS",
        "STATUS_URL",
        "STATUS_TOKEN",
        "ADMIN_TOKEN",
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    }
    assert studio.bucket.list_objects().object_list == []
    assert studio.ledger() == []
    assert studio.rows("jobs", "person_key", "revision") == []
    assert studio.get("/healthz").status_code == 200
    assert studio.get("/queue/probe", method="POST").status_code == 403
    accepted = studio.get("/queue/probe", method="POST", token=studio.endpoints["ADMIN_TOKEN"])
    assert accepted.status_code == 202
    assert studio.invoke("nobody", b"").status_code == 404


def test_a_second_one_on_the_same_data_is_refused_and_leaves_the_first_alone(prepare: Start) -> None:
    up = prepare()
    studio = up.start()
    second = run_local("up", cwd=up.folder, env=up.environment)
    assert second.returncode != 0
    assert re.search(r"is in use by process \d+ \(.* up, since 20", second.stderr)
    assert "LOCAL_DATA" in second.stderr
    assert "Traceback" not in second.stderr
    assert studio.get("/healthz").status_code == 200
    assert up.endpoints_file.exists(), "the refused one took the running one's endpoints.env away"


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = run_local("up", cwd=tmp_path, env=environment(tmp_path / "data", LOCAL_PORT_STATUS=str(port)))
    assert run.returncode != 0
    assert "Traceback" not in run.stderr
    assert str(port) in run.stderr, run.stderr
    assert "LOCAL_PORT_STATUS" in run.stderr, run.stderr
    assert not (tmp_path / ".local" / "endpoints.env").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOCAL_PORT_OSS", "many"),
        ("LOCAL_PORT_OSS", "90.5"),
        ("LOCAL_TICK_SECONDS", "0"),
        ("LOCAL_TRAINING_SECONDS", "nan"),
        ("QUIET_SECONDS", "soon"),
        ("MIN_PHOTOS", "1.5"),
        ("FACE_CHECK", "maybe"),
        ("CONCURRENT_TRAININGS", "0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_before_anything_starts(
    tmp_path: Path, name: str, value: str
) -> None:
    run = _started_or_refused(tmp_path, environment(tmp_path / "data", **{name: value}))
    assert run.returncode == 2, run.stdout + run.stderr
    assert name in run.stderr
    assert value in run.stderr
    assert "Traceback" not in run.stderr


def _started_or_refused(folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return run_local("up", cwd=folder, env=env)
    except subprocess.TimeoutExpired as running:
        pytest.fail(f"it started: {(running.stdout or b'')[:60]!r}")


def test_a_data_folder_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = run_local("up", cwd=tmp_path, env=environment(tmp_path / "file"))
    assert run.returncode != 0
    assert "Traceback" not in run.stderr
    assert str(tmp_path / "file") in run.stderr
    assert not (tmp_path / ".local" / "endpoints.env").exists()
