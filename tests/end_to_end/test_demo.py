"""``python -m local demo``: what a newcomer runs first."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from local.__main__ import DEMO_DEFAULTS
from local.demo import run, verification
from local.demo.people import File, Person
from local.options import read_options
from tests.real_photos import FACES, photo_of_life

from .support import photo, running_studio, scenery
from .up import environment, run_local


def demo_environment(tmp_path: Path, **settings: str) -> dict[str, str]:
    return environment(tmp_path / "data", **{"LOCAL_KEPT_JOBS": "20", **settings})


def test_the_demo_trains_its_people_and_ends_well(tmp_path: Path) -> None:
    # As it comes, but for the training and the timer, which are quicker.
    env = demo_environment(tmp_path)
    del env["QUIET_SECONDS"]
    ended = run_local("demo", cwd=tmp_path, env=env, seconds=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    for person in ("林小雨", "maria", "zhang wei", "amara", "nobody"):
        assert person in ended.stdout
    assert "4 fine-tunes, 4 billed" in ended.stdout
    assert "8 portraits, each labelled as generated" in ended.stdout
    with Image.open(tmp_path / "data" / "portraits" / "林小雨" / "1" / "1-1.jpg") as portrait:
        assert portrait.size == (768, 1024)
    for made in (
        "HEIC, 1512 × 2016",
        "JPEG on its side, 5712 × 4284",
        "JPEG, 1536 × 2048",
        "3 taken out, 2 refused, 2 other files",
    ):
        assert made in ended.stdout
    for refused in ("chat.zip/私密.jpg", "photo 02 (1).png", "notes.txt", "view.jpg"):
        assert refused in ended.stdout
    assert "5 people, 27 files, 1 training slot, 0.5 s a training" in ended.stdout
    assert "While it runs: status API http://127.0.0.1:" in ended.stdout
    assert "WRONG" not in ended.stdout
    assert f"LOCAL_DATA={tmp_path / 'data'} make up" in ended.stdout
    assert not (tmp_path / ".local" / "endpoints.env").exists()


def test_the_demo_takes_photos_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "my photos"
    for number, person in enumerate(("Anna Müller", "王芳")):
        (folder / person / "holiday").mkdir(parents=True)
        (folder / person / "one.jpg").write_bytes(photo(100 + number))
        (folder / person / "holiday" / "two.jpg").write_bytes(photo(200 + number))
        (folder / person / ".DS_Store").write_bytes(b"\0")
    (folder / "Anna Müller" / "beach.jpg").write_bytes(scenery(4))
    (folder / "README.txt").write_text("not a person")
    (folder / "_old").mkdir()
    ended = run_local(
        "demo", "--photos", str(folder), cwd=tmp_path, env=demo_environment(tmp_path), seconds=180
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 fine-tunes, 2 billed" in ended.stdout
    assert "Anna Müller" in ended.stdout
    assert "王芳" in ended.stdout
    assert "Left out: README.txt: " in ended.stdout
    assert "Left out: Anna Müller/.DS_Store, 王芳/.DS_Store: it is hidden" in ended.stdout
    assert "2 people, 5 files" in ended.stdout


def test_the_demo_judges_real_photos_right(tmp_path: Path) -> None:
    people = {
        "obama": [name for name in FACES if "obama" in name or name in ("32bit.png", "coffee.png")],
        "biden": ["biden.jpg", "t1.jpg"],
        "collins": ["astronaut.png", "chelsea.png"],
        "nobody": ["coffee.png", "chelsea.png", "rocket.jpg", "t1.jpg"],
    }
    folder = tmp_path / "people"
    for person, names in people.items():
        (folder / person).mkdir(parents=True)
        for name in names:
            (folder / person / name).symlink_to(photo_of_life(name))
    ended = run_local(
        "demo", "--photos", str(folder), cwd=tmp_path, env=demo_environment(tmp_path), seconds=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "WRONG" not in ended.stdout
    assert "3 fine-tunes, 3 billed" in ended.stdout
    not_used = ended.stdout.partition("\nNot used\n")[2].partition("\n\n")[0]
    assert not_used.splitlines() == [
        "More than one face was found. Upload a photo of this person alone.",
        "    biden: t1.jpg",
        "    nobody: t1.jpg",
        "No face was found. Upload a photo that shows the face from the front.",
        "    collins: chelsea.png",
        "    nobody: chelsea.png, coffee.png, rocket.jpg",
        "    obama: coffee.png",
    ]


def test_the_demo_says_what_became_of_photos_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "photos" / "nobody").mkdir(parents=True)
    (tmp_path / "photos" / "nobody" / "hills.jpg").write_bytes(scenery(5))
    ended = run_local("demo", "--photos", "photos", cwd=tmp_path, env=demo_environment(tmp_path), seconds=180)
    assert "REJECTED" in ended.stdout
    assert "No face was found" in ended.stdout
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_demo_that_gives_up_says_so_and_calls_nothing_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos" / "anna").mkdir(parents=True)
    (tmp_path / "photos" / "anna" / "1.jpg").write_bytes(photo(7))
    (tmp_path / "photos" / "nobody").mkdir()
    (tmp_path / "photos" / "nobody" / "hills.jpg").write_bytes(scenery(5))
    monkeypatch.chdir(tmp_path)
    # As long as the first functions may take to start on a machine that has much else to do.
    monkeypatch.setattr(run, "patience_seconds", lambda *_: 20.0)
    monkeypatch.setattr(run, "stop_on_signals", threading.Event)
    options = read_options(demo_environment(tmp_path, LOCAL_TRAINING_SECONDS="600"), DEMO_DEFAULTS)
    assert run.run_demo(options, Path("photos")) == run.GAVE_UP
    shown = " ".join(capsys.readouterr().out.split())
    assert "Gave up: nothing has changed for 20 s. anna is still TRAINING." in shown
    assert "REJECTED" in shown
    assert "WRONG" not in shown


def test_ctrl_c_stops_the_demo_with_words_and_leaves_the_data(tmp_path: Path) -> None:
    env = demo_environment(tmp_path, LOCAL_TRAINING_SECONDS="600", PYTHONUNBUFFERED="1")
    command = [sys.executable, "-m", "local", "demo"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for printed in process.stdout:
            if "COLLECTING" in printed:
                break
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors == ""
    assert "Stopped: " in output
    assert f"LOCAL_DATA={tmp_path / 'data'} make up" in output
    assert not (tmp_path / ".local" / "endpoints.env").exists()


ANNA = Person(
    "anna",
    [
        File("1.jpg", b"one", "usable"),
        File("1 (1).jpg", b"one", "duplicate"),
        File(
            "a.zip",
            b"PK",
            "unpacked",
            [File("2.jpg", b"two", "usable"), File("__MACOSX/x", b"", "system_file")],
        ),
        File("_READY", b""),
    ],
    expected="SUCCEEDED",
)
AS_EXPECTED = {
    "1.jpg": "usable",
    "1 (1).jpg": "duplicate",
    "a.zip": "unpacked",
    "a.zip/2.jpg": "usable",
    "a.zip/__MACOSX/x": "system_file",
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"1.jpg": "duplicate", "1 (1).jpg": "usable"}, []),
        ({"1.jpg": "duplicate"}, ["anna: 1.jpg is duplicate, not usable"]),
        ({"a.zip/2.jpg": "no_face"}, ["anna: a.zip/2.jpg is no_face, not usable"]),
        ({"a.zip/2.jpg": None}, ["anna: no verdict on a.zip/2.jpg"]),
        ({"b.jpg": "usable"}, ["anna: a verdict on b.jpg, which was not sent"]),
    ],
)
def test_the_demo_checks_every_verdict_by_the_files_name(
    changes: dict[str, str | None], found: list[str]
) -> None:
    verdicts = {name: verdict for name, verdict in {**AS_EXPECTED, **changes}.items() if verdict}
    assert verification.faults_of_verdicts(ANNA, verdicts) == found


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ([], "is not a folder"),
        (["photos/"], "holds no photos"),
        (["photos/anna/"], "holds no photos"),
        (["photos/anna/.hidden.jpg"], "holds no photos"),
        (["photos/lonely.jpg"], "holds no photos"),
        (["photos"], "is not a folder"),
    ],
)
def test_a_folder_without_anybody_is_refused_with_words(
    tmp_path: Path, layout: list[str], words: str
) -> None:
    for name in layout:
        path = tmp_path / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(photo(1))
    ended = run_local("demo", "--photos", "photos", cwd=tmp_path, env=demo_environment(tmp_path), seconds=120)
    assert ended.returncode != 0
    assert words in ended.stderr
    assert "photos" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data").exists()


def test_the_demo_never_empties_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious.txt").write_text("keep me")
    ended = run_local("demo", cwd=tmp_path, env=demo_environment(tmp_path), seconds=120)
    assert ended.returncode != 0
    assert "LOCAL_DATA" in ended.stderr
    assert "Drawing" not in ended.stdout, "it is said before the work, not after it"
    assert (tmp_path / "data" / "precious.txt").read_text() == "keep me"


def test_the_demo_never_empties_the_folder_of_a_running_stack(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_studio(data) as studio:
        studio.bucket.put_object("people/anna/1.jpg", photo(1))
        ended = run_local("demo", cwd=tmp_path, env=demo_environment(tmp_path), seconds=120)
        assert ended.returncode != 0
        assert "is in use by process" in ended.stderr
        assert "LOCAL_DATA" in ended.stderr
        assert studio.bucket.get_object("people/anna/1.jpg").read() == photo(1)
    # Nor later: the data is that of the stack now.
    ended = run_local("demo", cwd=tmp_path, env=demo_environment(tmp_path), seconds=120)
    assert ended.returncode != 0
    assert "holds data that is to be kept" in ended.stderr


def test_the_demo_leaves_the_endpoints_of_a_running_stack_alone(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "endpoints.env").write_text("STATUS_URL=http://127.0.0.1:9050\n")
    (tmp_path / "photos").mkdir()
    ended = run_local("demo", "--photos", "photos", cwd=tmp_path, env=demo_environment(tmp_path), seconds=120)
    assert ended.returncode != 0
    assert (tmp_path / ".local" / "endpoints.env").exists()


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["demo", "--nonsense"]])
def test_a_command_that_is_none_is_answered_with_the_usage(tmp_path: Path, arguments: list[str]) -> None:
    ended = run_local(*arguments, cwd=tmp_path, env=demo_environment(tmp_path), seconds=120)
    assert ended.returncode == 2
    assert "usage: python -m local" in ended.stderr
