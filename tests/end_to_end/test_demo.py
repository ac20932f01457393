"""``python -m local demo``: what a newcomer runs first."""

from __future__ import annotations

from pathlib import Path

import pytest

from aliyun_local.samples import encoded, portrait
from local.demo import verification
from local.demo.people import File, Person
from local.demo.preparation import of_photo

from .support import photo, scenery
from .up import environment, run_local


def demo_environment(tmp_path: Path, **settings: str) -> dict[str, str]:
    return environment(tmp_path / "data", **{"LOCAL_KEPT_JOBS": "20", **settings})


@pytest.mark.timeout(150)
def test_the_demo_trains_its_people_and_ends_well(tmp_path: Path) -> None:
    # As it comes, but for the training and the timer, which are quicker.
    env = demo_environment(tmp_path)
    del env["QUIET_SECONDS"]
    run = run_local("demo", cwd=tmp_path, env=env, seconds=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""
    for person in ("林小雨", "maria", "zhang wei", "amara", "nobody"):
        assert person in run.stdout
    assert "4 fine-tunes, 4 billed" in run.stdout
    for made in (
        "HEIC, 1512 × 2016",
        "JPEG on its side, 4032 × 3024",
        "JPEG, 1536 × 2048",
        "4 taken out, 3 refused",
    ):
        assert made in run.stdout
    for refused in ("chat.zip/私密.jpg", "photo 02 (1).png", "notes.txt", "view.jpg"):
        assert refused in run.stdout
    assert "Status API: http://127.0.0.1:" in run.stdout
    assert "WRONG" not in run.stdout
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
    run = run_local("demo", "--photos", str(folder), cwd=tmp_path, env=demo_environment(tmp_path), seconds=60)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 fine-tunes, 2 billed" in run.stdout
    assert "Anna Müller" in run.stdout
    assert "王芳" in run.stdout
    assert "README" not in run.stdout


def test_the_demo_says_what_became_of_photos_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "photos" / "nobody").mkdir(parents=True)
    (tmp_path / "photos" / "nobody" / "hills.jpg").write_bytes(scenery(5))
    run = run_local("demo", "--photos", "photos", cwd=tmp_path, env=demo_environment(tmp_path), seconds=60)
    assert "REJECTED" in run.stdout
    assert "No face was found" in run.stdout
    assert run.returncode == 0, run.stdout + run.stderr


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
        ({"b.jpg": "usable"}, ["anna: a verdict on b.jpg, which nobody sent"]),
    ],
)
def test_the_demo_checks_every_verdict_by_the_files_name(
    changes: dict[str, str | None], found: list[str]
) -> None:
    verdicts = {name: verdict for name, verdict in {**AS_EXPECTED, **changes}.items() if verdict}
    assert verification.faults_of_verdicts(ANNA, verdicts) == found


def test_a_snapshot_that_lies_on_its_side_or_was_not_shrunk_is_a_fault() -> None:
    upload = File("1.jpg", encoded(portrait(1, size=(300, 400)), orientation=6))
    (good,) = of_photo(ANNA, upload, encoded(portrait(1, size=(300, 400))))
    assert good.arrived.startswith("JPEG on its side, 400 × 300, ")
    assert good.became.startswith("JPEG, 300 × 400, ")
    assert not good.fault
    for snapshot in (
        upload.content,
        encoded(portrait(1, size=(400, 300))),
        encoded(portrait(1), "PNG"),
        b"?",
    ):
        (bad,) = of_photo(ANNA, upload, snapshot)
        assert bad.fault


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
    run = run_local("demo", "--photos", "photos", cwd=tmp_path, env=demo_environment(tmp_path), seconds=30)
    assert run.returncode != 0
    assert words in run.stderr
    assert "photos" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "data").exists()


def test_the_demo_never_empties_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious.txt").write_text("keep me")
    run = run_local("demo", cwd=tmp_path, env=demo_environment(tmp_path), seconds=30)
    assert run.returncode != 0
    assert "LOCAL_DATA" in run.stderr
    assert (tmp_path / "data" / "precious.txt").read_text() == "keep me"


def test_the_demo_leaves_the_endpoints_of_a_running_stack_alone(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "endpoints.env").write_text("STATUS_URL=http://127.0.0.1:9050\n")
    (tmp_path / "photos").mkdir()
    run = run_local("demo", "--photos", "photos", cwd=tmp_path, env=demo_environment(tmp_path), seconds=30)
    assert run.returncode != 0
    assert (tmp_path / ".local" / "endpoints.env").exists()


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["demo", "--nonsense"]])
def test_a_command_that_is_none_is_answered_with_the_usage(tmp_path: Path, arguments: list[str]) -> None:
    run = run_local(*arguments, cwd=tmp_path, env=demo_environment(tmp_path), seconds=30)
    assert run.returncode == 2
    assert "usage: python -m local" in run.stderr
